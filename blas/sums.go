package blas

import "github.com/lanewise/lanewise/asm"

// RowSums sets sums[i] = Σ_j a_ij for the m rows of an m×n matrix: its sum
// along axis 1.
//
// Each row is summed in blocks of 256 columns. In a block element j is added to
// lane j mod 64, which starts from 0; the lanes are then added by halves. The
// sums of blocks are added as a binary tree that splits at the largest power of
// two below their number. The bits are the same at every level and on every
// architecture. With u = 2⁻²⁴ or 2⁻⁵³ the error of a row is at most
// γ_j·Σ|a_ij| where j = 10 + ⌈log₂⌈n/256⌉⌉: an element meets at most four sums
// in its lane, six in the block's tree and the rest in the tree of blocks.
//
// RowSums overwrites sums. It panics if a dimension is negative, if lda is
// smaller than n, or 1, if a slice is too short, and if sums overlaps a.
func RowSums[T Float](m, n int, a []T, lda int, sums []T) {
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case lda < max(1, n):
		panic(badLdA)
	}
	if m == 0 {
		return
	}
	switch {
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
	a = a[:(m-1)*lda+n]
	if overlaps(a, sums) {
		panic(badOverlap)
	}
	kernels := asm.For[T]()
	units, rows, parts := unitsOf(m, n)
	t := threadsFor(float64(m)*float64(n), streamGrain)
	task := vectorTask[T]{m: m, n: n, x: a, ldx: lda, dst: sums}
	if n <= asm.SumBlock {
		task.rows = kernels.BlockSums
	} else {
		task.total = kernels.Sum
	}
	if t == 1 && parts == 1 {
		task.reduceSpan(0, units)
		return
	}
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	if parts > 1 {
		ws.sums = grow(ws.sums, units)
		task.dst = ws.sums
	}
	if t == 1 {
		task.reduceSpan(0, units)
	} else {
		runVector(task, ws, units, rows*min(n, chunk), t)
	}
	if parts > 1 {
		for i := range sums {
			sums[i] = sumOf(ws.sums[i*parts:][:parts])
		}
	}
}

// sumOf adds the sums of blocks, or of runs of blocks of one length, a power of
// two: the tree of the whole row is that of its runs' trees.
func sumOf[T Float](blocks []T) T {
	var tree asm.SumTree[T]
	for _, s := range blocks {
		tree.Add(s)
	}
	return tree.Sum()
}
