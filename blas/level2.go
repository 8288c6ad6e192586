package blas

import (
	"unsafe"

	"github.com/lanewise/lanewise/asm"
)

// Sizes of the blocks that Symv reads a matrix in, which belong to its order of
// operations: such a block stays in L1 while it is used twice.
const (
	symvRows    = 8
	symvColumns = 512
)

// gerColumns is the length of rows up to which they are faster a part at a time, if they
// do not lie at the same place in pages: loads would wait for stores.
const gerColumns = 256

// Gemv computes
//
//	y = alpha·A·x + beta·y       if tA = NoTrans
//	y = alpha·Aᵀ·x + beta·y      if tA = Trans
//
// for an m×n matrix A. Element i of a vector is x[i·incX], or, if incX is negative,
// x[(i−n+1)·incX] of n elements: the last one comes first.
//
// The order is that of [Gemm]: sums in lanes where rows of A meet x, whatever their
// length, and chains that start from beta·y and take fma(alpha·x_p, a_pj, y) if A
// is transposed. The error has the bound of Gemm. If alpha is 0, a and x are not
// read. No zero is skipped. Of a matrix without rows or columns y is left as it is, as BLAS
// has it.
//
// Gemv panics if tA is none of the constants, if a dimension is negative, if lda is
// smaller than n, or 1, if an increment is 0, and if a slice is too short. y must
// not share elements with a or x.
func Gemv[T Float](tA Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) {
	rows, cols := opShape(tA, m, n) // of op(A)
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case lda < max(1, n):
		panic(badLdA)
	case incX == 0:
		panic(zeroIncX)
	case incY == 0:
		panic(zeroIncY)
	case m == 0 || n == 0:
		return
	case !holdsVector(len(x), cols, incX):
		panic(shortX)
	case !holdsVector(len(y), rows, incY):
		panic(shortY)
	case !holds(len(a), m, n, lda):
		panic(shortA)
	}
	if alpha == 0 {
		scale(rows, 1, beta, y, max(incY, -incY))
		return
	}
	kernels := asm.For[T]()
	if incX > 0 && incY > 0 {
		multiplyVector(kernels, tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	ws := getWorkspace[T](cols, rows)
	defer putWorkspace(ws)
	x = unitVector(ws.a, cols, x, incX)
	out := unitVector(ws.b, rows, y, incY)
	multiplyVector(kernels, tA, m, n, alpha, a, lda, x, 1, beta, out, 1)
	if incY != 1 {
		scatter(rows, y, incY, out)
	}
}

// multiplyVector is Gemv for positive increments: a product of the matrix and a column, or
// of a row and the matrix.
func multiplyVector[T Float](kernels *asm.Kernels[T], tA Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) {
	switch { // one call of a kernel
	case tA == NoTrans && incX == 1 && isDots[T](m, n):
		kernels.Dots(m, 1, n, &a[0], lda, &x[0], 0, alpha, beta, &y[0], incY, 0)
		return
	case tA != NoTrans && incY == 1 && alpha == 1 && isRow[T](true, n, m):
		kernels.Combine(n, m, &x[0], incX, &a[0], lda, beta, &y[0])
		return
	}
	t := threadsFor(float64(m)*float64(n), grainBy[T](byRows))
	switch {
	case t > 1 && tA == NoTrans:
		g := product[T]{m: m, n: 1, k: n, alpha: alpha, a: a, lda: lda, b: x, ldb: incX, beta: beta, c: y, ldc: incY}
		g.share(kernels, byRows, t)
	case t > 1 && incY == 1: // a row of C has no gaps
		g := product[T]{tA: true, m: 1, n: n, k: m, alpha: alpha, a: x, lda: incX, b: a, ldb: lda, beta: beta, c: y, ldc: n}
		g.share(kernels, byRow, t)
	case tA == NoTrans:
		multiplyDots(kernels, m, n, alpha, a, lda, x, incX, beta, y, incY)
	default:
		multiplyRow(kernels, n, m, alpha, x, incX, a, lda, beta, y, incY)
	}
}

// Ger computes A = alpha·x·yᵀ + A for an m×n matrix A. Vectors are as in [Gemv].
//
// Each element is fma(alpha·x_i, y_j, a_ij), at the generic level a rounded product
// and a rounded sum. If alpha is 0, nothing is read or written. No zero is skipped.
//
// Ger panics where Gemv does. A must not share elements with x or y.
func Ger[T Float](m, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int) {
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case lda < max(1, n):
		panic(badLdA)
	case incX == 0:
		panic(zeroIncX)
	case incY == 0:
		panic(zeroIncY)
	case m == 0 || n == 0:
		return
	case !holdsVector(len(x), m, incX):
		panic(shortX)
	case !holdsVector(len(y), n, incY):
		panic(shortY)
	case !holds(len(a), m, n, lda):
		panic(shortA)
	}
	if alpha == 0 {
		return
	}
	kernels := asm.For[T]()
	if incY != 1 {
		ws := getWorkspace[T](n, 0)
		defer putWorkspace(ws)
		y = unitVector(ws.a, n, y, incY)
	}
	at := firstOf(m, incX)
	if n <= gerColumns && !conflicts(lda*int(unsafe.Sizeof(alpha)), l1Period/2) {
		for i, rows := 0, max(1, chunk/n); i < m; i += rows {
			preemptible()
			kernels.Ger(min(rows, m-i), n, alpha, ptr(x, at+i*incX), incX, ptr(y, 0), ptr(a, i*lda), lda)
		}
		return
	}
	for i := range m {
		for j := 0; j < n; j += chunk {
			preemptible()
			kernels.Axpy(min(chunk, n-j), alpha*x[at], ptr(y, j), ptr(a, i*lda+j))
		}
		at += incX
	}
}

// Symv computes y = alpha·A·x + beta·y for a symmetric n×n matrix A, of which one
// triangle is read. Vectors are as in [Gemv].
//
// y starts from beta·y (from 0, without reading y, if beta is 0). Then blocks of 8
// rows take turns: the square on the diagonal enters y's chains, fma(alpha·x_p, a_pj,
// y_j) in the order of p; then, up to 512 columns at a time, what stands beside it in
// the triangle, first as rows, sums in lanes as [Gemm] has them, of which alpha times
// is added to y, and then as columns, in chains again. If alpha is 0, a and x are
// not read. No zero is skipped.
//
// The error has the bound of Gemm. Symv panics if uplo is none of the constants and
// where Gemv does.
func Symv[T Float](uplo Uplo, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) {
	uplo.check()
	switch {
	case n < 0:
		panic(nLT0)
	case lda < max(1, n):
		panic(badLdA)
	case incX == 0:
		panic(zeroIncX)
	case incY == 0:
		panic(zeroIncY)
	case n == 0:
		return
	case !holds(len(a), n, n, lda):
		panic(shortA)
	case !holdsVector(len(x), n, incX):
		panic(shortX)
	case !holdsVector(len(y), n, incY):
		panic(shortY)
	}
	if alpha == 0 {
		scale(n, 1, beta, y, max(incY, -incY))
		return
	}
	ws := getWorkspace[T](2*n+symvRows*symvRows, n)
	defer putWorkspace(ws)
	square, scaled := ws.a[:symvRows*symvRows], ws.a[symvRows*symvRows:][:n]
	x = unitVector(ws.a[symvRows*symvRows+n:], n, x, incX)
	for i, v := range x {
		scaled[i] = alpha * v
	}
	out := unitVector(ws.b, n, y, incY)
	scale(1, n, beta, out, n)
	kernels := asm.For[T]()
	for i := 0; i < n; i += symvRows {
		rows := min(symvRows, n-i)
		expand(kernels, uplo, square, rows, i, rows, i, rows, a, lda)
		kernels.Combine(rows, rows, ptr(scaled, i), 1, ptr(square, 0), rows, 1, ptr(out, i))
		from, to := 0, i
		if uplo == Upper {
			from, to = i+rows, n
		}
		for j := from; j < to; j += symvColumns {
			columns := min(symvColumns, to-j)
			kernels.Dots(rows, 1, columns, ptr(a, i*lda+j), lda, ptr(x, j), 0, alpha, 1, ptr(out, i), 1, 0)
			kernels.Combine(columns, rows, ptr(scaled, i), 1, ptr(a, i*lda+j), lda, 1, ptr(out, j))
		}
	}
	if incY != 1 {
		scatter(n, y, incY, out)
	}
}

// holdsVector reports whether length elements are enough for n, inc apart.
func holdsVector(length, n, inc int) bool {
	if inc < 0 {
		inc = -inc // of the least int itself, which no slice is enough for
	}
	return inc > 0 && length > 0 && (length-1)/inc >= n-1 || n == 1 && length > 0
}

// firstOf returns where the first of n elements stands.
func firstOf(n, inc int) int {
	if inc < 0 {
		return (1 - n) * inc
	}
	return 0
}

// unitVector returns the n elements of a vector side by side: where they lie, if
// they do, or copied to scratch.
func unitVector[T Float](scratch []T, n int, x []T, inc int) []T {
	if inc == 1 {
		return x[:n]
	}
	scratch = scratch[:n]
	at := firstOf(n, inc)
	for i := range scratch {
		scratch[i] = x[at]
		at += inc
	}
	return scratch
}

// scatter stores n elements inc apart.
func scatter[T Float](n int, y []T, inc int, from []T) {
	at := firstOf(n, inc)
	for _, v := range from[:n] {
		y[at] = v
		at += inc
	}
}
