package asm

import "unsafe"

// Float is a type that the kernels compute in.
type Float interface{ float32 | float64 }

// Kernels is the table of one level's kernels for one type. Every field is
// set: a level starts as a copy of the level below it and replaces what it
// does better.
//
// The kernels trust their arguments: whoever calls has checked the shapes. A
// pointer whose count is zero is not followed. Strides count elements. The
// package comment draws the panels.
type Kernels[T Float] struct {
	// MR and NR are the rows and columns of the tile of C that Gemm keeps in
	// registers, and the widths of the panels that PackAT and PackB write.
	MR, NR int

	// Gemm updates a strip of m rows and n ≤ NR columns of C,
	//
	//	c[i*ldc+j] = beta*c[i*ldc+j] + Σ_p A(i,p) * b[p*ldb+j]
	//
	// summed in the order p = 0, 1, … k−1 from beta*c on (from 0, without
	// reading c, if beta is 0), each step one fused multiply-add (at the
	// generic level a rounded product and a rounded sum). Row i of A stands
	// in tile t = i/MR as its row r = i%MR: A(i,p) = a[t*tsa+r*rsa+p*csa],
	// where tsa must be MR*rsa if m > MR is no multiple of MR.
	Gemm func(m, n, k int, a *T, tsa, rsa, csa int, b *T, ldb int, beta T, c *T, ldc int)
	// GemmTransposed is Gemm for a C that is transposed, with the same order of
	// operations, and n ≤ NR columns or, if m ≤ 2, at most 2·NR:
	//
	//	c[j*ldc+i] = beta*c[j*ldc+i] + Σ_p a[i*rsa+p*csa] * b[p*ldb+j]
	GemmTransposed func(m, n, k int, a *T, rsa, csa int, b *T, ldb int, beta T, c *T, ldc int)

	// Dots multiplies m rows of A with n vectors by sums in lanes:
	//
	//	y[i*incy+j*ldy] = alpha*Σ_p a[i*lda+p]*x[j*ldx+p] + beta*y[i*incy+j*ldy]
	//
	// Product p is added to lane p%DotLanes, in the order of p from +0 on, each
	// by one fused multiply-add (at the generic level a rounded product and a
	// rounded sum); if k is no multiple of DotLanes, +0 is added to the lanes
	// that the last products leave out. The lanes are added by halves, as in
	// BlockSums. The sum is multiplied with alpha, and beta*y added, each
	// rounded (without reading y if beta is 0).
	Dots func(m, n, k int, a *T, lda int, x *T, ldx int, alpha, beta T, y *T, incy, ldy int)
	// DotsInTurn is Dots by one row and one vector at a time: memory is read from
	// one end to the other.
	DotsInTurn func(m, n, k int, a *T, lda int, x *T, ldx int, alpha, beta T, y *T, incy, ldy int)
	// Combine is Gemm for one row: with the same order of operations,
	//
	//	y[j] = beta*y[j] + Σ_p x[p*incx]*b[p*ldb+j]
	Combine func(n, k int, x *T, incx int, b *T, ldb int, beta T, y *T)
	// Ger adds a product of vectors to an m×n matrix:
	//
	//	a[i*lda+j] = fma(alpha*x[i*incx], y[j], a[i*lda+j])
	//
	// alpha*x[i*incx] is rounded. At the generic level so is the product of that.
	Ger func(m, n int, alpha T, x *T, incx int, y *T, a *T, lda int)
	// Thin multiplies m rows of A with n ≤ 4 columns of B by sums in four chains,
	// for k a multiple of four:
	//
	//	c[i*ldc+j] = alpha*Σ_p a[i*lda+p]*b[p*ldb+j] + beta*c[i*ldc+j]
	//
	// Product p is added to chain p%4, in the order of p from +0 on, each by one
	// fused multiply-add (at the generic level a rounded product and a rounded
	// sum). Chains 0 and 2 are added, 1 and 3, and both sums; the rest is as in
	// Dots.
	Thin func(m, n, k int, a *T, lda int, b *T, ldb int, alpha, beta T, c *T, ldc int)
	// PackAT copies k rows of r ≤ MR elements, x[p*ldx+i], as one panel
	// dst[p*MR+i] = alpha*x[p*ldx+i]. The elements r ≤ i < MR of each step,
	// which Gemm does not read, become anything.
	PackAT func(r, k int, alpha T, x *T, ldx int, dst *T)
	// PackB is PackAT for panels of NR columns.
	PackB func(r, k int, alpha T, x *T, ldx int, dst *T)
	// Transpose sets dst[p*ldd+i] = alpha*x[i*ldx+p] for r rows of k elements: it
	// packs what PackAT and PackB would find transposed. It writes nothing else.
	Transpose func(r, k int, alpha T, x *T, ldx int, dst *T, ldd int)
	// Prefetch asks for NR columns of k rows, x[p*ldx+ahead : ], to be in the cache
	// soon. They may lie outside of x. At the generic level it does nothing.
	Prefetch func(k int, x *T, ldx, ahead int)

	// Gather copies the columns from … to−1 of GatherRows[T]() rows, which lie anywhere,
	// to a matrix and to a transposed one:
	//
	//	dst[i*ldd+p] = trans[p*ldt+i] = rows[i][p]
	//
	// rows and next point to the first of so many slices. The rows of next, which
	// are the ones gathered next or any others, are asked for, so that they will be
	// in the cache; they must be as long, too.
	Gather func(from, to int, rows, next *[]T, dst *T, ldd int, trans *T, ldt int)
	// GatherT transposes m rows of n elements that an index names:
	//
	//	dst[p*ldd+i] = src[index[i]*lds+p]
	GatherT func(m, n int, dst *T, ldd int, src *T, lds int, index *int)

	// BlockSums sums each of m rows of n elements in blocks of SumBlock
	// columns, the last one shorter: sums[i*lds+b] is the sum of
	// x[i*ldx+b*SumBlock : …]. Within a block element j goes to lane
	// j%SumLanes; a lane starts from +0 and adds its elements in order; the
	// lanes are added by halves: lane l += lane l+32, then l+16, 8, 4, 2, 1.
	// The same bits at every level.
	BlockSums func(m, n int, x *T, ldx int, sums *T, lds int)
	// Sum returns the sum of x's n elements. Their blocks are summed as in
	// BlockSums, and the blocks' sums added as a binary tree that splits at the
	// largest power of two below their number. Of no elements it is 0. The same
	// bits at every level.
	Sum func(n int, x *T) T
	// Asum is Sum of magnitudes, |x[i]|. The same bits at every level.
	Asum func(n int, x *T) T
	// Squares is Sum of squares: each is added to its lane by one fused
	// multiply-add (at the generic level a rounded product and a rounded sum).
	Squares func(n int, x *T) T
	// Dot is Squares of products x[i]*y[i]. A block's sum that is zero is +0.
	Dot func(n int, x, y *T) T

	// ColSums adds m rows of n elements to sums, one after another:
	//
	//	sums[j] = sums[j] + x[j] + x[ldx+j] + …
	//
	// The same bits at every level.
	ColSums func(m, n int, x *T, ldx int, sums *T)
	// MaxIndex returns the index of the first of n > 0 elements that none
	// exceeds, or of the first NaN. −0 and +0 are equal.
	MaxIndex func(n int, x *T) int
	// MaxAbsIndex is MaxIndex of magnitudes, |x[i]|.
	MaxAbsIndex func(n int, x *T) int

	// Exp sets dst[i] = e^src[i]; dst may be src.
	Exp func(n int, dst, src *T)
	// Sigmoid sets dst[i] = 1/(1+e^−src[i]); dst may be src.
	Sigmoid func(n int, dst, src *T)
	// Tanh sets dst[i] = tanh src[i]; dst may be src.
	Tanh func(n int, dst, src *T)
	// SiLU sets dst[i] = src[i]/(1+e^−src[i]); dst may be src.
	SiLU func(n int, dst, src *T)
	// ReLU sets dst[i] to src[i], or to 0 if that is negative: −0 and NaN are
	// their own. dst may be src. The same bits at every level.
	ReLU func(n int, dst, src *T)
	// Log sets dst[i] = log src[i], the natural logarithm; dst may be src.
	Log func(n int, dst, src *T)
	// SigmoidGrad sets dz[i] = da[i]*(a[i]−a[i]²); dz may be da or a.
	SigmoidGrad func(n int, dz, da, a *T)
	// TanhGrad sets dz[i] = da[i]*(1−a[i]²); dz may be da or a.
	TanhGrad func(n int, dz, da, a *T)
	// ReLUGrad sets dz[i] to da[i] where a[i] > 0 and to 0 elsewhere; dz may be da
	// or a. The same bits at every level.
	ReLUGrad func(n int, dz, da, a *T)
	// SigmoidGradSums, TanhGradSums and ReLUGradSums set m rows of n elements of dz
	// as those kernels do, dz[i*lddz+j] from da[i*ldda+j] and a[i*lda+j], and sums to
	// what BlockSums sets it to for dz. dz may be da or a with the same stride.
	SigmoidGradSums, TanhGradSums, ReLUGradSums func(m, n int, dz *T, lddz int, da *T, ldda int, a *T, lda int, sums *T, lds int)
	// Axpy sets y[i] += alpha*x[i].
	Axpy func(n int, alpha T, x, y *T)
	// Scal sets y[i] = alpha*x[i]; y may be x.
	Scal func(n int, alpha T, x, y *T)
	// Add sets dst[i] = x[i]+y[i]; dst may be x or y.
	Add func(n int, dst, x, y *T)
	// Mul sets dst[i] = x[i]*y[i]; dst may be x or y.
	Mul func(n int, dst, x, y *T)
	// Adam sets
	//
	//	m[i] = b1*m[i] + c1*grad[i]
	//	v[i] = b2*v[i] + c2*(grad[i]*grad[i])
	//	x[i] = x[i] − step*m[i]/(√v[i] + epsilon)
	//
	// each operation rounded. The same bits at every level.
	Adam func(n int, b1, c1, b2, c2, step, epsilon T, grad, m, v, x *T)
	// Softmax sets, down each of n columns of m rows,
	//
	//	dst[i*ldd+j] = e^(src[i*lds+j] − max_j) / Σ_i e^(src[i*lds+j] − max_j)
	//
	// the sum taken in the order i = 0, 1, … m−1; dst may be src with
	// ldd = lds. A column with a NaN, a +Inf or nothing but −Inf becomes NaN.
	Softmax func(m, n int, dst *T, ldd int, src *T, lds int)
	// LogSumExp sets tops[j] = max_i src[i*lds+j], less what is NaN, and sums[j]
	// to the sum that Softmax divides by.
	LogSumExp func(m, n int, src *T, lds int, tops, sums *T)
	// CrossEntropy is Softmax of z less y,
	//
	//	dz[i*lddz+j] = e^(z[i*ldz+j] − max_j)/sums[j] − y[i*ldy+j]
	//
	// and sums[j] as in LogSumExp; losses[j] = −Σ_i y[i*ldy+j]*(z[i*ldz+j] − max_j)
	// over the labels y that are not 0, added in the order of i from 0 on, each by
	// one fused multiply-add (at the generic level a rounded product and a rounded
	// sum). dz may be z with lddz = ldz.
	CrossEntropy func(m, n int, z *T, ldz int, y *T, ldy int, dz *T, lddz int, sums, losses *T)
	// CrossEntropyClasses is CrossEntropy with labels of 1 in row i of the columns
	// where classes[j] is Class(i), and of 0 elsewhere.
	CrossEntropyClasses func(m, n int, z *T, ldz int, classes *T, dz *T, lddz int, sums, losses *T)
	// BinaryCrossEntropy sets dz = σ(z) − y, element by element of m×n matrices,
	// and
	//
	//	losses[j] = Σ_i (max(z, 0) − z*y) + log(1 + e^−|z|)
	//
	// in the order of i from 0 on, max(z, 0) − z*y one fused multiply-add (at
	// the generic level a rounded product and a rounded difference). dz may be z
	// with lddz = ldz.
	BinaryCrossEntropy func(m, n int, z *T, ldz int, y *T, ldy int, dz *T, lddz int, losses *T)

	// Rotate applies k plane rotations down rows of n ≤ NR elements, the i-th to
	// rows i and i+1: with c = cs[2*i] and s = cs[2*i+1],
	//
	//	x[i*ldx+j], x[(i+1)*ldx+j] = c*x[i*ldx+j] + s*x[(i+1)*ldx+j], c*x[(i+1)*ldx+j] − s*x[i*ldx+j]
	//
	// in the order i = 0, 1, … k−1, the product with c rounded and the other one
	// fused with the sum (at the generic level rounded, too). ldx may be negative.
	Rotate func(n, k int, cs *T, x *T, ldx int)

	// Ceiling runs multiply-adds on registers alone and returns how many
	// operations they were, two each. Its rate is what Gemm's can come near.
	Ceiling func(rounds int) (flops int)
	// Load reads n elements, less what is no multiple of a few vectors, and does
	// nothing with them. No reduction can be faster.
	Load func(n int, x *T)
}

const (
	// SumBlock is the number of columns that BlockSums adds to one sum.
	SumBlock = 256
	// SumLanes is the number of partial sums in a block.
	SumLanes = 64
)

// GatherRows returns how many rows Gather takes: as many as a line of 64 bytes of the
// transposed matrix has elements.
func GatherRows[T Float]() int { return 64 / int(unsafe.Sizeof(T(0))) }

// DotLanes returns the number of lanes that Dots sums in: 128 bytes of them.
func DotLanes[T Float]() int { return 128 / int(unsafe.Sizeof(T(0))) }
