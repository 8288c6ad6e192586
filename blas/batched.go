package blas

import "github.com/lanewise/lanewise/asm"

// GemmBatched computes count products of one shape, as [Gemm] does:
//
//	C_i = alpha·op(A_i)·op(B_i) + beta·C_i      i = 0, 1, … count−1
//
// A_i begins at a[i·strideA], likewise B_i and C_i. With a stride of 0 all
// products share an operand. The results have the bits of a loop of Gemm;
// threads share the products and, if there are fewer of them, their parts.
//
// GemmBatched panics where Gemm does, if count or a stride is negative, if a
// slice is too short for the last product, and if C's share elements with each
// other; they may lie in each other's gaps, as blocks of columns of one matrix
// do.
func GemmBatched[T Float](tA, tB Transpose, m, n, k int, alpha T, a []T, lda, strideA int, b []T, ldb, strideB int, beta T, c []T, ldc, strideC, count int) {
	s := checkShape(tA, tB, m, n, k, lda, ldb, ldc)
	switch {
	case strideA < 0:
		panic(badStrideA)
	case strideB < 0:
		panic(badStrideB)
	case strideC < 0:
		panic(badStrideC)
	case count < 0:
		panic(countLT0)
	}
	if m == 0 || n == 0 || count == 0 {
		return
	}
	switch {
	case !holdsBatch(len(a), s.rowsA, s.colsA, lda, strideA, count):
		panic(shortA)
	case !holdsBatch(len(b), s.rowsB, s.colsB, ldb, strideB, count):
		panic(shortB)
	case !holdsBatch(len(c), m, n, ldc, strideC, count):
		panic(shortC)
	}
	if batchOverlaps(m, n, ldc, strideC, count) {
		panic(badOverlap)
	}
	if alpha == 0 || k == 0 {
		for i := range count {
			scale(m, n, beta, c[i*strideC:], ldc)
		}
		return
	}
	g := product[T]{
		tA: tA != NoTrans, tB: tB != NoTrans, m: m, n: n, k: k,
		alpha: alpha, a: a, lda: lda, b: b, ldb: ldb, beta: beta, c: c, ldc: ldc,
	}
	kernels := asm.For[T]()
	if count == 1 {
		g.run(kernels)
		return
	}
	by := pathFor(kernels, &g)
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	ws.grid = gridTask[T]{
		kernels: kernels, path: by, plan: planFor(kernels, &g), g: g, grid: grid{m, n}, ws: ws,
		strideA: strideA, strideB: strideB, strideC: strideC, count: count, each: 1,
	}
	grain := grainBy[T](by)
	t := threadsFor(g.work()*float64(count), grain)
	switch {
	case t == 1:
		defer func() { ws.grid = gridTask[T]{} }()
		ws.grid.whole()
		return
	case count < 4*t:
		// Too few for threads to end together: each is cut as well.
		if parts := min((4*t+count-1)/count, int(g.work()/grain)); parts > 1 {
			ws.grid.grid = by.gridFor(m, n, kernels.MR, kernels.NR, parts)
		}
	default:
		// A piece is worth claiming.
		ws.grid.each = max(1, min(int(grain/g.work()), count/(4*t)))
	}
	ws.grid.start(t)
}

// holdsBatch reports whether n elements are enough for count matrices as in
// holds, at distances of stride.
func holdsBatch(n, rows, cols, ld, stride, count int) bool {
	if rows == 0 || cols == 0 {
		return true
	}
	if !holds(n, rows, cols, ld) {
		return false
	}
	rest := n - ((rows-1)*ld + cols)
	return stride == 0 || rest/stride >= count-1
}

// batchOverlaps reports whether some of count matrices m×n share elements. The
// d-th after another begins d·stride elements behind it: in row d·stride/ld of
// it, or the gap behind that, and may reach the next row.
func batchOverlaps(m, n, ld, stride, count int) bool {
	size := (m-1)*ld + n
	for d := 1; d < count && d*stride < size; d++ {
		row, col := d*stride/ld, d*stride%ld
		if row < m && col < n || row+1 < m && ld-col < n {
			return true
		}
	}
	return false
}
