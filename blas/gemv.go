package blas

import "github.com/lanewise/lanewise/asm"

const (
	// dotBlock is how many products of a row are summed in lanes before the sum
	// is added to C. It belongs to the order of operations. A block of the
	// vector, or of a few rows, stays in L1.
	dotBlock = 1024
	// dotRows and combineColumns bound the work of one kernel call.
	dotRows        = 256
	combineRows    = 128
	combineColumns = 4096
	// swapBlock is how many rows of A a strip of a few columns goes down: enough
	// for what starting costs, and soon the strip beside them reads their pages.
	swapBlock = 256
)

// multiplyDots computes y = alpha·A·x + beta·y for m rows of k elements, in the
// lanes order.
func multiplyDots[T Float](kernels *asm.Kernels[T], m, k int, alpha T, a []T, lda int, x []T, incx int, beta T, y []T, incy int) {
	if incx != 1 {
		ws := getWorkspace[T](k, 0)
		defer putWorkspace(ws)
		x = gather(ws.a, 1, k, x, incx)
	}
	for p := 0; p < k; p += dotBlock {
		kb := min(dotBlock, k-p)
		for i := 0; i < m; i += dotRows {
			preemptible()
			kernels.Dots(min(dotRows, m-i), kb, ptr(a, i*lda+p), lda, ptr(x, p), alpha, beta, ptr(y, i*incy), incy)
		}
		beta = 1
	}
}

// multiplyFew computes a product of rows with few rows, A·Bᵀ, in the lanes order:
// a block of some rows of one operand, which stays in L1, times each row of the
// smaller one.
func multiplyFew[T Float](kernels *asm.Kernels[T], g *product[T]) {
	const rows = 8
	beta := g.beta
	for p := 0; p < g.k; p += dotBlock {
		kb := min(dotBlock, g.k-p)
		if g.m < g.n {
			for j := 0; j < g.n; j += rows {
				preemptible()
				for i := range g.m {
					kernels.Dots(min(rows, g.n-j), kb, ptr(g.b, j*g.ldb+p), g.ldb, ptr(g.a, i*g.lda+p), g.alpha, beta, ptr(g.c, i*g.ldc+j), 1)
				}
			}
		} else {
			for i := 0; i < g.m; i += rows {
				preemptible()
				for j := range g.n {
					kernels.Dots(min(rows, g.m-i), kb, ptr(g.a, i*g.lda+p), g.lda, ptr(g.b, j*g.ldb+p), g.alpha, beta, ptr(g.c, i*g.ldc+j), g.ldc)
				}
			}
		}
		beta = 1
	}
}

// multiplyThin computes a product of few rows with few columns, A·B, in chains of
// four: block by block, and the last one to three products as a chain of C.
func multiplyThin[T Float](kernels *asm.Kernels[T], g *product[T]) {
	beta, whole := g.beta, g.k&^3
	for p := 0; p < whole; p += dotBlock {
		preemptible()
		kernels.Thin(g.m, g.n, min(dotBlock, whole-p), ptr(g.a, p), g.lda, ptr(g.b, p*g.ldb), g.ldb, g.alpha, beta, ptr(g.c, 0), g.ldc)
		beta = 1
	}
	if whole < g.k {
		rest := *g
		rest.k, rest.a, rest.b, rest.beta = g.k-whole, g.a[whole:], g.b[whole*g.ldb:], 1
		multiply(kernels, planFor(kernels, &rest), &rest)
	}
}

// multiplySwapped computes a product of few columns, A transposed and alpha 1, as
// its transpose Cᵀ = op(B)ᵀ·A, whose rows are long: vectors run along them. A chain
// has the same bits, for x·y is y·x.
func multiplySwapped[T Float](kernels *asm.Kernels[T], g *product[T]) {
	ws := getWorkspace[T](0, g.n*g.m)
	defer putWorkspace(ws)
	out := ws.b[:g.n*g.m]
	if g.beta != 0 {
		for i := range g.m {
			for j, v := range g.c[i*g.ldc : i*g.ldc+g.n] {
				out[j*g.m+i] = v
			}
		}
	}
	rsa, csa := 1, g.ldb
	if g.tB {
		rsa, csa = g.ldb, 1
	}
	nr := kernels.NR
	for p, beta := 0, g.beta; p < g.k; p, beta = p+swapBlock, 1 {
		for i := 0; i < g.m; i += nr {
			preemptible()
			kernels.Gemm(g.n, min(nr, g.m-i), min(swapBlock, g.k-p), ptr(g.b, p*csa), kernels.MR*rsa, rsa, csa,
				ptr(g.a, p*g.lda+i), g.lda, beta, ptr(out, i), g.m)
		}
	}
	for i := range g.m {
		row := g.c[i*g.ldc : i*g.ldc+g.n]
		for j := range row {
			row[j] = out[j*g.m+i]
		}
	}
}

// multiplyRow computes y = alpha·x·B + beta·y for a row of k elements and a matrix
// of n columns, in the chain order.
func multiplyRow[T Float](kernels *asm.Kernels[T], n, k int, alpha T, x []T, incx int, b []T, ldb int, beta T, y []T, incy int) {
	if alpha != 1 || incy != 1 {
		ws := getWorkspace[T](k, n)
		defer putWorkspace(ws)
		if alpha != 1 {
			x, incx = gather(ws.a, alpha, k, x, incx), 1
		}
		if incy != 1 {
			out := y
			if beta != 0 {
				gather(ws.b, 1, n, y, incy)
			}
			y = ws.b[:n]
			defer func() {
				for j, v := range y {
					out[j*incy] = v
				}
			}()
		}
	}
	for p := 0; p < k; p += combineRows {
		for j := 0; j < n; j += combineColumns {
			preemptible()
			kernels.Combine(min(combineColumns, n-j), min(combineRows, k-p), ptr(x, p*incx), incx, ptr(b, p*ldb+j), ldb, beta, ptr(y, j))
		}
		beta = 1
	}
}

// gather sets dst[i] = alpha·x[i·incx] for n elements and returns them.
func gather[T Float](dst []T, alpha T, n int, x []T, incx int) []T {
	dst = dst[:n]
	for i := range dst {
		dst[i] = alpha * x[i*incx]
	}
	return dst
}
