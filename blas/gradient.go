package blas

import "github.com/lanewise/lanewise/asm"

// SigmoidGrad sets dz[i] = da[i]·(a[i] − a[i]²): the gradient with respect to
// z of a = σ(z), given the gradient da with respect to a.
//
// The difference is one fused multiply-add, fma(−a, a, a), and so correctly
// rounded (at the generic level a² is rounded first); then one product. The
// slices must have the same length; dz may be da or a, and SigmoidGrad panics
// if it overlaps them otherwise.
func SigmoidGrad[T Float](dz, da, a []T) { binary(asm.For[T]().SigmoidGrad, dz, da, a) }

// TanhGrad sets dz[i] = da[i]·(1 − a[i]²): the gradient with respect to z of
// a = tanh(z), given the gradient da with respect to a.
//
// The difference is one fused multiply-add, and so correctly rounded (at the
// generic level a² is rounded first); then one product. Lengths and overlap are
// as for [SigmoidGrad].
func TanhGrad[T Float](dz, da, a []T) { binary(asm.For[T]().TanhGrad, dz, da, a) }

// ReLUGrad sets dz[i] to da[i] where a[i] > 0 and to 0 elsewhere: the gradient
// with respect to z of a = ReLU(z), given the gradient da with respect to a.
//
// The bits are the same at every level. Lengths and overlap are as for
// [SigmoidGrad].
func ReLUGrad[T Float](dz, da, a []T) { binary(asm.For[T]().ReLUGrad, dz, da, a) }

// SigmoidGradSums does [SigmoidGrad] for the rows of m×n matrices and [RowSums] of
// the result in one pass:
//
//	dz_ij = da_ij·(a_ij − a_ij²),  sums[i] = Σ_j dz_ij
//
// with the bits of the two. If dz is a layer's gradient with respect to its
// logits, a column a sample, the sums are that with respect to its biases.
//
// dz may be da or a with the same leading dimension. SigmoidGradSums panics if it
// overlaps them otherwise, if a dimension is negative, if a leading dimension is
// smaller than n, or 1, if a slice is too short, and if sums overlaps another.
func SigmoidGradSums[T Float](m, n int, dz []T, lddz int, da []T, ldda int, a []T, lda int, sums []T) {
	gradSums(asm.For[T]().SigmoidGradSums, m, n, dz, lddz, da, ldda, a, lda, sums)
}

// TanhGradSums is [SigmoidGradSums] with [TanhGrad].
func TanhGradSums[T Float](m, n int, dz []T, lddz int, da []T, ldda int, a []T, lda int, sums []T) {
	gradSums(asm.For[T]().TanhGradSums, m, n, dz, lddz, da, ldda, a, lda, sums)
}

// ReLUGradSums is [SigmoidGradSums] with [ReLUGrad].
func ReLUGradSums[T Float](m, n int, dz []T, lddz int, da []T, ldda int, a []T, lda int, sums []T) {
	gradSums(asm.For[T]().ReLUGradSums, m, n, dz, lddz, da, ldda, a, lda, sums)
}

// gradientSums is a kernel of gradients and the sums of their blocks.
type gradientSums[T Float] func(m, n int, dz *T, lddz int, da *T, ldda int, a *T, lda int, sums *T, lds int)

func gradSums[T Float](kernel gradientSums[T], m, n int, dz []T, lddz int, da []T, ldda int, a []T, lda int, sums []T) {
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case lddz < max(1, n):
		panic(badLdDz)
	case ldda < max(1, n):
		panic(badLdDa)
	case lda < max(1, n):
		panic(badLdA)
	}
	if m == 0 {
		return
	}
	switch {
	case !holds(len(dz), m, n, lddz):
		panic(shortDz)
	case !holds(len(da), m, n, ldda):
		panic(shortDa)
	case !holds(len(a), m, n, lda):
		panic(shortA)
	case len(sums) < m:
		panic(shortSums)
	}
	sums = sums[:m]
	if n == 0 {
		clear(sums)
		return
	}
	dz, da, a = dz[:(m-1)*lddz+n], da[:(m-1)*ldda+n], a[:(m-1)*lda+n]
	if overlapsInexactly(dz, da) || &dz[0] == &da[0] && lddz != ldda && m > 1 ||
		overlapsInexactly(dz, a) || &dz[0] == &a[0] && lddz != lda && m > 1 ||
		overlaps(sums, dz) || overlaps(sums, da) || overlaps(sums, a) {
		panic(badOverlap)
	}
	task := vectorTask[T]{grad: kernel, m: m, n: n, dst: dz, ldd: lddz, x: da, ldx: ldda, y: a, ldy: lda, sums: sums}
	units, rows, blocks := gradientUnits(m, n)
	t := threadsFor(float64(m)*float64(n), streamGrain)
	if t == 1 && blocks == 1 {
		task.gradientSpan(0, units)
		return
	}
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	if blocks > 1 {
		ws.sums = grow(ws.sums, m*blocks)
		task.sums = ws.sums
	}
	if t == 1 {
		task.gradientSpan(0, units)
	} else {
		runVector(task, ws, units, rows*min(n, chunk), t)
	}
	if blocks > 1 {
		for i := range sums {
			sums[i] = sumOf(ws.sums[i*blocks:][:blocks])
		}
	}
}

// gradientUnits returns the units that a matrix is cut into, each about a chunk:
// groups of rows, or parts of rows; and how many blocks of sums a row has.
func gradientUnits(m, n int) (units, rows, blocks int) {
	blocks = (n + asm.SumBlock - 1) / asm.SumBlock
	if n <= chunk {
		rows = max(1, chunk/n)
		return (m + rows - 1) / rows, rows, blocks
	}
	return m * ((n + chunk - 1) / chunk), 1, blocks
}

// gradientSpan does the units from i to j.
func (s *vectorTask[T]) gradientSpan(i, j int) {
	_, rows, blocks := gradientUnits(s.m, s.n)
	parts := (s.n + chunk - 1) / chunk
	for u := i; u < j; u++ {
		preemptible()
		r, c := u/parts*rows, u%parts*chunk
		s.grad(min(rows, s.m-r), min(chunk, s.n-c), &s.dst[r*s.ldd+c], s.ldd, &s.x[r*s.ldx+c], s.ldx, &s.y[r*s.ldy+c], s.ldy,
			&s.sums[r*blocks+c/asm.SumBlock], blocks)
	}
}
