package blas

import "github.com/lanewise/lanewise/asm"

const (
	// dotBlock is how many products of a row are summed in lanes before the sum
	// is added to C. It belongs to the order of operations. A block of the
	// vector, or of a few rows, stays in L1.
	dotBlock = 1024
	// dotRows and combineColumns bound the work of one kernel call.
	dotRows        = 256
	combineColumns = 4096
	// fewChains is how many rows of Gemm's tile are too few to keep the multipliers busy,
	// and fewProducts how many products of a column are too few for a strip.
	fewChains, fewProducts = 2, 12
	// swapBlock is about how many elements of C are computed transposed at a time.
	swapBlock = 1 << 14
)

type dotsKernel[T Float] = func(m, n, k int, a *T, lda int, x *T, ldx int, alpha, beta T, y *T, incy, ldy int)

// multiplyDots computes y = alpha·A·x + beta·y for m rows of k elements, in the
// lanes order.
func multiplyDots[T Float](kernels *asm.Kernels[T], m, k int, alpha T, a []T, lda int, x []T, incx int, beta T, y []T, incy int) {
	if incx != 1 {
		ws := getWorkspace[T](k, 0)
		defer putWorkspace(ws)
		x = gather(ws.a, 1, k, x, incx)
	}
	dots, group := dotsFor(kernels, m, k)
	for first := 0; first < m; first += group {
		end, beta := min(first+group, m), beta
		for p := 0; p < k; p += dotBlock {
			kb := min(dotBlock, k-p)
			for i := first; i < end; i += dotRows {
				preemptible()
				dots(min(dotRows, end-i), 1, kb, ptr(a, i*lda+p), lda, ptr(x, p), 0, alpha, beta, ptr(y, i*incy), incy, 0)
			}
			beta = 1
		}
	}
}

// multiplyFew computes a product of rows with few rows, A·Bᵀ, in the lanes order: some
// rows of the larger operand, which stay in L1, times those of the smaller one.
func multiplyFew[T Float](kernels *asm.Kernels[T], g *product[T]) {
	// Y = alpha·M·Xᵀ + beta·Y, m the rows of M.
	m, n, a, lda, x, ldx, incy, ldy := g.m, g.n, g.a, g.lda, g.b, g.ldb, g.ldc, 1
	if g.m < g.n {
		m, n, a, lda, x, ldx, incy, ldy = g.n, g.m, g.b, g.ldb, g.a, g.lda, 1, g.ldc
	}
	p := planForFew(kernels, m, n, g.k)
	var ws *workspace[T]
	pitch := roundUp(min(dotBlock, g.k), asm.DotLanes[T]())
	if p.group == m && alignsFew(kernels, m, x, ldx) {
		ws = getWorkspace[T](n*pitch, 0)
		defer putWorkspace(ws)
	}
	for first := 0; first < m; first += p.group {
		end, beta := min(first+p.group, m), g.beta
		for pc := 0; pc < g.k; pc += dotBlock {
			kb := min(dotBlock, g.k-pc)
			x, ldx := x[pc:], ldx
			if ws != nil {
				for j := range n {
					copy(ws.a[j*pitch:], x[j*ldx:][:kb])
				}
				x, ldx = ws.a, pitch
			}
			for i := first; i < end; i += p.rows {
				preemptible()
				for j := 0; j < n; j += p.others {
					p.dots(min(p.rows, end-i), min(p.others, n-j), kb, ptr(a, i*lda+pc), lda, ptr(x, j*ldx), ldx, g.alpha, beta, ptr(g.c, i*incy+j*ldy), incy, ldy)
				}
			}
			beta = 1
		}
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

// multiplySwapped computes a product with alpha 1 as its transpose Cᵀ =
// op(B)ᵀ·op(A)ᵀ, some columns or rows of C at a time, and transposes that. A
// chain has the same bits, for x·y is y·x.
func multiplySwapped[T Float](kernels *asm.Kernels[T], g *product[T]) {
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	rows, cols := g.m, g.n
	if rows < cols {
		cols = min(cols, roundUp(max(1, swapBlock/rows), kernels.MR))
	} else {
		rows = min(rows, roundUp(max(1, swapBlock/cols), kernels.NR))
	}
	ws.c = grow(ws.c, rows*cols)
	for i := 0; i < g.m; i += rows {
		for j := 0; j < g.n; j += cols {
			if rows == g.m && cols == g.n {
				multiplySwappedBlock(kernels, g, ws)
			} else {
				h := g.part(i, j, min(rows, g.m-i), min(cols, g.n-j))
				multiplySwappedBlock(kernels, &h, ws)
			}
		}
	}
}

func multiplySwappedBlock[T Float](kernels *asm.Kernels[T], g *product[T], ws *workspace[T]) {
	s := product[T]{
		tA: !g.tB, tB: !g.tA, m: g.n, n: g.m, k: g.k,
		alpha: 1, a: g.b, lda: g.ldb, b: g.a, ldb: g.lda, beta: g.beta, c: ws.c, ldc: g.m,
	}
	if g.beta != 0 {
		kernels.Transpose(g.m, g.n, 1, ptr(g.c, 0), g.ldc, ptr(s.c, 0), s.ldc)
	}
	switch {
	case !isSmall[T](s.m, s.n, s.k):
		multiplyBlocks(kernels, planFor(kernels, &s), &s, ws)
	case s.tB:
		multiplyBlockT(kernels, ws, s.tA, s.m, s.n, s.k, s.a, s.lda, s.b, s.ldb, s.beta, s.c, s.ldc)
	default:
		multiplyBlock(kernels, s.tA, s.m, s.n, s.k, s.a, s.lda, s.b, s.ldb, s.beta, s.c, s.ldc)
	}
	preemptible()
	kernels.Transpose(s.m, s.n, 1, ptr(s.c, 0), s.ldc, ptr(g.c, 0), g.ldc)
}

// multiplyRow computes y = alpha·x·B + beta·y for a row of k elements and a matrix
// of n columns, in the chain order.
func multiplyRow[T Float](kernels *asm.Kernels[T], n, k int, alpha T, x []T, incx int, b []T, ldb int, beta T, y []T, incy int) {
	if alpha == 1 && incy == 1 {
		combine(kernels, n, k, x, incx, b, ldb, beta, y)
		return
	}
	ws := getWorkspace[T](k, n)
	if alpha != 1 {
		x, incx = gather(ws.a, alpha, k, x, incx), 1
	}
	out := y
	if incy != 1 {
		y = ws.b[:n]
		if beta != 0 {
			gather(y, 1, n, out, incy)
		}
	}
	combine(kernels, n, k, x, incx, b, ldb, beta, y)
	if incy != 1 {
		for j, v := range y {
			out[j*incy] = v
		}
	}
	putWorkspace(ws)
}

// combine runs Combine over blocks.
func combine[T Float](kernels *asm.Kernels[T], n, k int, x []T, incx int, b []T, ldb int, beta T, y []T) {
	rows := rowsTogether[T](k, n, 32)
	for p := 0; p < k; p += rows {
		for j := 0; j < n; j += combineColumns {
			preemptible()
			kernels.Combine(min(combineColumns, n-j), min(rows, k-p), ptr(x, p*incx), incx, ptr(b, p*ldb+j), ldb, beta, ptr(y, j))
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
