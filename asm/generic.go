package asm

import (
	"math"
	"runtime"
	"unsafe"
)

// The tile of the generic level: six sums, two b, an a and a product are fewer
// than the sixteen floating-point registers that most machines have, which is
// what keeps the compiler from spilling sums. 4×2 and 3×3 do and are slower.
const (
	genericMR = 3
	genericNR = 2
)

// generic returns the level of pure-Go kernels. Products that are added to
// something are wrapped as T(x*y), which keeps compilers from fusing them: the
// bits are the same on every architecture.
func generic() *Level {
	l := &Level{Name: "generic", F32: genericKernels[float32](), F64: genericKernels[float64]()}
	l.F32.Exp, l.F64.Exp = overSlices1(expGeneric32), overSlices1(expGeneric64)
	l.F32.Sigmoid, l.F64.Sigmoid = overSlices1(sigmoidGeneric32), overSlices1(sigmoidGeneric64)
	l.F32.Tanh, l.F64.Tanh = apply[float32](tanhOf), apply[float64](tanhOf)
	l.F32.SiLU, l.F64.SiLU = apply[float32](siluOf), apply[float64](siluOf)
	l.F32.Log, l.F64.Log = apply[float32](logOf), apply[float64](logOf)
	return l
}

func genericKernels[T Float]() Kernels[T] {
	return Kernels[T]{
		MR:             genericMR,
		NR:             genericNR,
		Gemm:           gemmGeneric[T],
		GemmTransposed: gemmTransposedGeneric[T],
		Dots:           dotsGeneric[T],
		DotsInTurn:     dotsGeneric[T],
		Combine:        combineGeneric[T],
		Ger:            gerGeneric[T],
		Thin:           thinGeneric[T],
		PackAT:         packAlong[T](genericMR),
		PackB:          packAlong[T](genericNR),
		Transpose:      transposeGeneric[T],
		Prefetch:       func(k int, x *T, ldx, ahead int) {},
		Gather:         gatherGeneric[T],
		GatherT:        gatherTGeneric[T],
		BlockSums:      blockSumsGeneric[T],
		Sum:            sumGeneric[T],
		Asum:           asumGeneric[T],
		Squares:        squaresGeneric[T],
		Dot:            dotGeneric[T],
		ColSums:        colSumsGeneric[T],
		MaxIndex:       maxIndexGeneric[T],
		MaxAbsIndex:    maxAbsIndexGeneric[T],
		SigmoidGrad:    sigmoidGradGeneric[T],
		TanhGrad:       tanhGradGeneric[T],
		ReLUGrad:       reluGradGeneric[T],
		ReLU:           reluGeneric[T],

		SigmoidGradSums: gradSumsGeneric(sigmoidGradGeneric[T]),
		TanhGradSums:    gradSumsGeneric(tanhGradGeneric[T]),
		ReLUGradSums:    gradSumsGeneric(reluGradGeneric[T]),
		Axpy:            axpyGeneric[T],
		Adam:            adamGeneric[T],
		Scal:            scalGeneric[T],
		Add:             addGeneric[T],
		Mul:             mulGeneric[T],
		Rotate:          rotateGeneric[T],
		Ceiling:         ceilingGeneric[T],
		Load:            loadGeneric[T],
		Softmax:         softmaxGeneric[T],
		LogSumExp:       logSumExpGeneric[T],

		CrossEntropy:        crossEntropyGeneric[T],
		CrossEntropyClasses: crossEntropyClassesGeneric[T],
		BinaryCrossEntropy:  binaryCrossEntropyGeneric[T],
	}
}

// at returns the element i places behind p.
func at[T Float](p *T, i int) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(p), i*int(unsafe.Sizeof(*p))))
}

// overSlices1 gives a function of slices the signature of a kernel.
func overSlices1[T Float](f func(dst, src []T)) func(n int, dst, src *T) {
	return func(n int, dst, src *T) { f(unsafe.Slice(dst, n), unsafe.Slice(src, n)) }
}

func gemmGeneric[T Float](m, n, k int, a *T, tsa, rsa, csa int, b *T, ldb int, beta T, c *T, ldc int) {
	for i := 0; i < m && n > 0; i += genericMR {
		if m-i >= genericMR && n == genericNR {
			gemmTile(k, a, rsa, csa, b, ldb, beta, c, ldc)
		} else {
			gemmEdge(min(m-i, genericMR), n, k, a, rsa, csa, b, ldb, beta, c, ldc, 1)
		}
		if i+genericMR < m {
			c = at(c, genericMR*ldc)
			if k > 0 {
				a = at(a, tsa)
			}
		}
	}
}

// gemmTile is the micro-kernel for a whole tile, its sums in registers.
func gemmTile[T Float](k int, a *T, rsa, csa int, b *T, ldb int, beta T, c *T, ldc int) {
	c0 := (*[genericNR]T)(unsafe.Pointer(c))
	c1 := (*[genericNR]T)(unsafe.Pointer(at(c, ldc)))
	c2 := (*[genericNR]T)(unsafe.Pointer(at(c, 2*ldc)))
	var c00, c01, c10, c11, c20, c21 T
	if beta != 0 {
		c00, c01 = beta*c0[0], beta*c0[1]
		c10, c11 = beta*c1[0], beta*c1[1]
		c20, c21 = beta*c2[0], beta*c2[1]
	}
	// Offsets from the first elements, so that no pointer ever stands behind
	// an operand's end.
	a0, a1, a2 := unsafe.Pointer(a), unsafe.Pointer(at(a, rsa)), unsafe.Pointer(at(a, 2*rsa))
	size := int(unsafe.Sizeof(*a))
	pa, pb := 0, 0
	stepA, stepB := csa*size, ldb*size
	for ; k > 1; k -= 2 { // two steps a turn: a tenth faster in float32

		row := (*[genericNR]T)(unsafe.Add(unsafe.Pointer(b), pb))
		b0, b1 := row[0], row[1]
		x := *(*T)(unsafe.Add(a0, pa))
		c00 += T(x * b0)
		c01 += T(x * b1)
		y := *(*T)(unsafe.Add(a1, pa))
		c10 += T(y * b0)
		c11 += T(y * b1)
		z := *(*T)(unsafe.Add(a2, pa))
		c20 += T(z * b0)
		c21 += T(z * b1)
		pa += stepA
		pb += stepB
		row = (*[genericNR]T)(unsafe.Add(unsafe.Pointer(b), pb))
		b0, b1 = row[0], row[1]
		x = *(*T)(unsafe.Add(a0, pa))
		c00 += T(x * b0)
		c01 += T(x * b1)
		y = *(*T)(unsafe.Add(a1, pa))
		c10 += T(y * b0)
		c11 += T(y * b1)
		z = *(*T)(unsafe.Add(a2, pa))
		c20 += T(z * b0)
		c21 += T(z * b1)
		pa += stepA
		pb += stepB
	}
	if k > 0 {
		row := (*[genericNR]T)(unsafe.Add(unsafe.Pointer(b), pb))
		b0, b1 := row[0], row[1]
		x := *(*T)(unsafe.Add(a0, pa))
		c00 += T(x * b0)
		c01 += T(x * b1)
		y := *(*T)(unsafe.Add(a1, pa))
		c10 += T(y * b0)
		c11 += T(y * b1)
		z := *(*T)(unsafe.Add(a2, pa))
		c20 += T(z * b0)
		c21 += T(z * b1)
	}
	c0[0], c0[1] = c00, c01
	c1[0], c1[1] = c10, c11
	c2[0], c2[1] = c20, c21
}

// gemmEdge is gemmTile for a tile of m ≤ MR rows and n ≤ NR columns, the element of
// row i and column j at c[i*rsc+j*csc]. In place of those that the tile lacks stand its
// last ones again: the same numbers are computed, and stored, twice. (For whole tiles
// the offsets cost registers.)
func gemmEdge[T Float](m, n, k int, a *T, rsa, csa int, b *T, ldb int, beta T, c *T, rsc, csc int) {
	i1, i2, j1 := min(1, m-1), min(2, m-1), n-1
	c0, c1, c2 := c, at(c, i1*rsc), at(c, i2*rsc)
	var c00, c01, c10, c11, c20, c21 T
	if beta != 0 {
		c00, c01 = beta**c0, beta**at(c0, j1*csc)
		c10, c11 = beta**c1, beta**at(c1, j1*csc)
		c20, c21 = beta**c2, beta**at(c2, j1*csc)
	}
	for p := range k {
		row, column := at(b, p*ldb), at(a, p*csa)
		b0, b1 := *row, *at(row, j1)
		x := *column
		c00 += T(x * b0)
		c01 += T(x * b1)
		y := *at(column, i1*rsa)
		c10 += T(y * b0)
		c11 += T(y * b1)
		z := *at(column, i2*rsa)
		c20 += T(z * b0)
		c21 += T(z * b1)
	}
	*c0, *at(c0, j1*csc) = c00, c01
	*c1, *at(c1, j1*csc) = c10, c11
	*c2, *at(c2, j1*csc) = c20, c21
}

func gemmTransposedGeneric[T Float](m, n, k int, a *T, rsa, csa int, b *T, ldb int, beta T, c *T, ldc int) {
	for j := 0; j < n; j += genericNR {
		for i := 0; i < m; i += genericMR {
			ai, bj := a, b
			if k > 0 {
				ai, bj = at(a, i*rsa), at(b, j)
			}
			gemmEdge(min(m-i, genericMR), min(n-j, genericNR), k, ai, rsa, csa, bj, ldb, beta, at(c, j*ldc+i), 1, ldc)
		}
	}
}

func dotsGeneric[T Float](m, n, k int, a *T, lda int, x *T, ldx int, alpha, beta T, y *T, incy, ldy int) {
	for i := range m {
		for j := range n {
			yij := at(y, i*incy+j*ldy)
			sum := T(alpha * dotLanes(unsafe.Slice(at(a, i*lda), k), unsafe.Slice(at(x, j*ldx), k)))
			if beta != 0 {
				sum += T(beta * *yij)
			}
			*yij = sum
		}
	}
}

// dotLanes is a sum of Dots.
func dotLanes[T Float](row, other []T) T {
	lanes := DotLanes[T]()
	var all [32]T
	sums := all[:lanes]
	for len(row) >= lanes {
		for l := range sums {
			sums[l] += T(row[l] * other[l])
		}
		row, other = row[lanes:], other[lanes:]
	}
	if len(row) > 0 {
		for l := range sums {
			var product T
			if l < len(row) {
				product = T(row[l] * other[l])
			}
			sums[l] += product
		}
	}
	for half := lanes / 2; half > 0; half /= 2 {
		for l := range half {
			sums[l] += sums[l+half]
		}
	}
	return sums[0]
}

func combineGeneric[T Float](n, k int, x *T, incx int, b *T, ldb int, beta T, y *T) {
	out := unsafe.Slice(y, n)
	if beta == 0 {
		clear(out)
	} else {
		for j := range out {
			out[j] *= beta
		}
	}
	for p := range k {
		xp := *at(x, p*incx)
		for j, v := range unsafe.Slice(at(b, p*ldb), n) {
			out[j] += T(xp * v)
		}
	}
}

func gerGeneric[T Float](m, n int, alpha T, x *T, incx int, y *T, a *T, lda int) {
	for i := range m {
		axi := T(alpha * *at(x, i*incx))
		row := unsafe.Slice(at(a, i*lda), n)
		for j, v := range unsafe.Slice(y, n) {
			row[j] += T(axi * v)
		}
	}
}

func thinGeneric[T Float](m, n, k int, a *T, lda int, b *T, ldb int, alpha, beta T, c *T, ldc int) {
	for i := range m {
		row := unsafe.Slice(at(a, i*lda), k)
		for j := range n {
			var s0, s1, s2, s3 T
			for p := 0; p < k; p += 4 {
				s0 += T(row[p] * *at(b, p*ldb+j))
				s1 += T(row[p+1] * *at(b, (p+1)*ldb+j))
				s2 += T(row[p+2] * *at(b, (p+2)*ldb+j))
				s3 += T(row[p+3] * *at(b, (p+3)*ldb+j))
			}
			cij, sum := at(c, i*ldc+j), T(alpha*((s0+s2)+(s1+s3)))
			if beta != 0 {
				sum += T(beta * *cij)
			}
			*cij = sum
		}
	}
}

// packAlong returns the packer of panels of width from rows that run along the
// panel: dst[p*width+i] = alpha*x[p*ldx+i].
func packAlong[T Float](width int) func(r, k int, alpha T, x *T, ldx int, dst *T) {
	return func(r, k int, alpha T, x *T, ldx int, dst *T) {
		out := unsafe.Slice(dst, width*k)
		for p := range k {
			for i, v := range unsafe.Slice(at(x, p*ldx), r) {
				out[p*width+i] = alpha * v
			}
		}
	}
}

func transposeGeneric[T Float](r, k int, alpha T, x *T, ldx int, dst *T, ldd int) {
	for i := range r {
		for p, v := range unsafe.Slice(at(x, i*ldx), k) {
			*at(dst, p*ldd+i) = alpha * v
		}
	}
}

func gatherTGeneric[T Float](m, n int, dst *T, ldd int, src *T, lds int, index *int) {
	for i, row := range unsafe.Slice(index, m) {
		for p, v := range unsafe.Slice(at(src, row*lds), n) {
			*at(dst, p*ldd+i) = v
		}
	}
}

func blockSumsGeneric[T Float](m, n int, x *T, ldx int, sums *T, lds int) {
	for i := range m {
		row := unsafe.Slice(at(x, i*ldx), n)
		for j := 0; j < n; j += SumBlock {
			*at(sums, i*lds+j/SumBlock) = blockSum(row[j:min(j+SumBlock, n)])
		}
	}
}

func blockSum[T Float](block []T) T {
	var lanes [SumLanes]T
	for ; len(block) >= SumLanes; block = block[SumLanes:] {
		for l, v := range block[:SumLanes] {
			lanes[l] += v
		}
	}
	for l, v := range block {
		lanes[l] += v
	}
	return addLanes(&lanes)
}

// addLanes adds the lanes by halves. A sum of zero is +0.
func addLanes[T Float](lanes *[SumLanes]T) T {
	for half := SumLanes / 2; half > 0; half /= 2 {
		for l := range half {
			lanes[l] += lanes[l+half]
		}
	}
	return lanes[0] + 0
}

func sumGeneric[T Float](n int, x *T) T {
	var tree SumTree[T]
	for b, v := 0, unsafe.Slice(x, n); b < n; b += SumBlock {
		tree.Add(blockSum(v[b:min(b+SumBlock, n)]))
	}
	return tree.Sum()
}

func asumGeneric[T Float](n int, x *T) T {
	var tree SumTree[T]
	var block [SumBlock]T
	for b, v := 0, unsafe.Slice(x, n); b < n; b += SumBlock {
		w := copy(block[:], v[b:])
		for i, v := range block[:w] {
			block[i] = T(math.Abs(float64(v)))
		}
		tree.Add(blockSum(block[:w]))
	}
	return tree.Sum()
}

func squaresGeneric[T Float](n int, x *T) T { return dotGeneric(n, x, x) }

func dotGeneric[T Float](n int, x, y *T) T {
	var tree SumTree[T]
	var block [SumBlock]T
	xs, ys := unsafe.Slice(x, n), unsafe.Slice(y, n)
	for b := 0; b < n; b += SumBlock {
		w := min(SumBlock, n-b)
		for i, v := range xs[b : b+w] {
			block[i] = v * ys[b+i]
		}
		tree.Add(blockSum(block[:w]))
	}
	return tree.Sum()
}

func colSumsGeneric[T Float](m, n int, x *T, ldx int, sums *T) {
	out := unsafe.Slice(sums, n)
	for i := range m {
		for j, v := range unsafe.Slice(at(x, i*ldx), n) {
			out[j] += v
		}
	}
}

func maxIndexGeneric[T Float](n int, x *T) int {
	best, v := 0, unsafe.Slice(x, n)
	for i, w := range v {
		if !(w <= v[best]) {
			best = i
			if w != w {
				break
			}
		}
	}
	return best
}

func maxAbsIndexGeneric[T Float](n int, x *T) int {
	best, most := 0, T(-1)
	for i, w := range unsafe.Slice(x, n) {
		if w < 0 {
			w = -w
		}
		if !(w <= most) {
			best, most = i, w
			if w != w {
				break
			}
		}
	}
	return best
}

// SumTree adds the sums of blocks pairwise as they come: partial[l] is the sum
// of 2^l blocks where bit l of count is set. The tree splits at the largest power
// of two below the number of blocks.
type SumTree[T Float] struct {
	count   uint
	partial [64]T
}

// Add adds the next block's sum.
func (t *SumTree[T]) Add(s T) {
	l := 0
	for ; t.count>>l&1 == 1; l++ {
		s = t.partial[l] + s
	}
	t.partial[l] = s
	t.count++
}

// Sum returns the sum of the blocks so far, 0 of none.
func (t *SumTree[T]) Sum() T {
	var s T
	first := true
	for l := 0; t.count>>l != 0; l++ {
		if t.count>>l&1 == 0 {
			continue
		}
		if first {
			s, first = t.partial[l], false
		} else {
			s = t.partial[l] + s
		}
	}
	return s
}

// sigmoidGradGeneric rounds a² once more than the assembly levels, which
// subtract it from a by a fused multiply-add.
func sigmoidGradGeneric[T Float](n int, dz, da, a *T) {
	out, grad := unsafe.Slice(dz, n), unsafe.Slice(da, n)
	for i, v := range unsafe.Slice(a, n) {
		out[i] = grad[i] * (v - T(v*v))
	}
}

func tanhGradGeneric[T Float](n int, dz, da, a *T) {
	out, grad := unsafe.Slice(dz, n), unsafe.Slice(da, n)
	for i, v := range unsafe.Slice(a, n) {
		out[i] = grad[i] * (1 - T(v*v))
	}
}

func reluGradGeneric[T Float](n int, dz, da, a *T) {
	out, grad := unsafe.Slice(dz, n), unsafe.Slice(da, n)
	for i, v := range unsafe.Slice(a, n) {
		d := grad[i]
		if !(v > 0) {
			d = 0
		}
		out[i] = d
	}
}

// gradSumsGeneric sums each row while it is in the cache.
func gradSumsGeneric[T Float](grad func(n int, dz, da, a *T)) func(m, n int, dz *T, lddz int, da *T, ldda int, a *T, lda int, sums *T, lds int) {
	return func(m, n int, dz *T, lddz int, da *T, ldda int, a *T, lda int, sums *T, lds int) {
		for i := range m {
			row := at(dz, i*lddz)
			grad(n, row, at(da, i*ldda), at(a, i*lda))
			blockSumsGeneric(1, n, row, n, at(sums, i*lds), lds)
		}
	}
}

func axpyGeneric[T Float](n int, alpha T, x, y *T) {
	out := unsafe.Slice(y, n)
	for i, v := range unsafe.Slice(x, n) {
		out[i] += T(alpha * v)
	}
}

func scalGeneric[T Float](n int, alpha T, x, y *T) {
	out := unsafe.Slice(y, n)
	for i, v := range unsafe.Slice(x, n) {
		out[i] = alpha * v
	}
}

func addGeneric[T Float](n int, dst, x, y *T) {
	out, other := unsafe.Slice(dst, n), unsafe.Slice(y, n)
	for i, v := range unsafe.Slice(x, n) {
		out[i] = v + other[i]
	}
}

func mulGeneric[T Float](n int, dst, x, y *T) {
	out, other := unsafe.Slice(dst, n), unsafe.Slice(y, n)
	for i, v := range unsafe.Slice(x, n) {
		out[i] = v * other[i]
	}
}

func adamGeneric[T Float](n int, b1, c1, b2, c2, step, epsilon T, grad, m, v, x *T) {
	mean, square, out := unsafe.Slice(m, n), unsafe.Slice(v, n), unsafe.Slice(x, n)
	for i, g := range unsafe.Slice(grad, n) {
		mean[i] = T(b1*mean[i]) + T(c1*g)
		square[i] = T(b2*square[i]) + T(c2*T(g*g))
		root := T(math.Sqrt(float64(square[i]))) // rounded right for float32, too
		out[i] -= T(step*mean[i]) / (root + epsilon)
	}
}

func gatherGeneric[T Float](from, to int, rows, next *[]T, dst *T, ldd int, trans *T, ldt int) {
	for i, row := range unsafe.Slice(rows, GatherRows[T]()) {
		copy(unsafe.Slice(at(dst, i*ldd), to)[from:], row[from:to])
		for p := from; p < to; p++ {
			*at(trans, p*ldt+i) = row[p]
		}
	}
}

func rotateGeneric[T Float](n, k int, cs *T, x *T, ldx int) {
	for i := range k {
		c, s := *at(cs, 2*i), *at(cs, 2*i+1)
		row, next := unsafe.Slice(at(x, i*ldx), n), unsafe.Slice(at(x, (i+1)*ldx), n)
		for j, v := range row {
			w := next[j]
			row[j] = T(c*v) + T(s*w)
			next[j] = T(c*w) - T(s*v)
		}
	}
}

func ceilingGeneric[T Float](rounds int) (flops int) {
	var s0, s1, s2, s3, s4, s5, s6, s7 T
	x, y := T(rounds), T(1)
	for range rounds {
		s0 += T(x * y)
		s1 += T(x * y)
		s2 += T(x * y)
		s3 += T(x * y)
		s4 += T(x * y)
		s5 += T(x * y)
		s6 += T(x * y)
		s7 += T(x * y)
		x, y = y, x
	}
	runtime.KeepAlive(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7)
	return 16 * rounds
}

func loadGeneric[T Float](n int, x *T) {
	var w0, w1, w2, w3 uint64
	words := unsafe.Slice((*uint64)(unsafe.Pointer(x)), n*int(unsafe.Sizeof(*x))/8)
	for ; len(words) >= 4; words = words[4:] {
		w0, w1, w2, w3 = w0|words[0], w1|words[1], w2|words[2], w3|words[3]
	}
	runtime.KeepAlive(w0 | w1 | w2 | w3)
}
