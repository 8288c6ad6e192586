package blas

import (
	"math/bits"

	"github.com/lanewise/lanewise/asm"
)

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
	t := threadsFor(float64(m)*float64(n), streamGrain)
	if n <= chunk && t == 1 {
		rowSums(m, n, a, lda, sums)
		return
	}
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	if n <= chunk {
		runVector(vectorTask[T]{rowSums: true, n: n, x: a, ldx: lda, dst: sums}, ws, m, n, t)
		return
	}
	parts := (n + chunk - 1) / chunk
	ws.sums = grow(ws.sums, m*parts)
	task := vectorTask[T]{total: asm.For[T]().Sum, n: n, x: a, ldx: lda, dst: ws.sums}
	if t == 1 {
		task.reduceSpan(0, m*parts)
	} else {
		runVector(task, ws, m*parts, chunk, t)
	}
	for i := range sums {
		sums[i] = sumOf(ws.sums[i*parts:][:parts])
	}
}

// rowSums is RowSums for rows of at most a chunk, without threads.
func rowSums[T Float](m, n int, a []T, lda int, sums []T) {
	kernels := asm.For[T]()
	if n > asm.SumBlock {
		for i := range m {
			preemptible()
			sums[i] = kernels.Sum(n, &a[i*lda])
		}
		return
	}
	rows := m // of a call
	if m*n > chunk {
		rows = chunk / n
	}
	for i := 0; i < m; i += rows {
		preemptible()
		kernels.BlockSums(min(rows, m-i), n, &a[i*lda], lda, &sums[i], 1)
	}
}

// The blocks of a column's sum, and how many columns of one a kernel call adds, whose sums
// are not far from L1.
const (
	columnBlock    = 256
	columnSumWidth = 4096
)

// ColSums sets sums[j] = Σ_i a_ij for the n columns of an m×n matrix: its sum along
// axis 0.
//
// Each column is summed in blocks of 256 rows, whose elements are added to +0 in the
// order of the rows. The sums of blocks are added as those of [RowSums] are. The
// bits are the same at every level and on every architecture. The error of a
// column is at most γ_j·Σ|a_ij|, j = min(m, 256) + ⌈log₂⌈m/256⌉⌉.
//
// ColSums overwrites sums. It panics if a dimension is negative, if lda is smaller
// than n, or 1, if a slice is too short, and if sums overlaps a.
func ColSums[T Float](m, n int, a []T, lda int, sums []T) {
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case lda < max(1, n):
		panic(badLdA)
	}
	if n == 0 {
		return
	}
	switch {
	case !holds(len(a), m, n, lda):
		panic(shortA)
	case len(sums) < n:
		panic(shortSums)
	}
	sums = sums[:n]
	if m == 0 {
		clear(sums)
		return
	}
	a = a[:(m-1)*lda+n]
	if overlaps(a, sums) {
		panic(badOverlap)
	}
	s := columnsTask[T]{colSums: asm.For[T]().ColSums, m: m, z: a, ldz: lda, losses: sums}
	runColumns(s, n, streamGrain)
}

// columnSums sums the columns from i to end.
func (s *columnsTask[T]) columnSums(i, end int, ws *workspace[T]) {
	add := asm.For[T]().Add
	if s.m > columnBlock {
		ws.a = grow(ws.a, bits.Len(uint((s.m-1)/columnBlock+1))*columnSumWidth)
	}
	rows := rowsTogether[T](s.m, end-i, 16)
	for ; i < end; i += columnSumWidth {
		n := min(columnSumWidth, end-i)
		sums := s.losses[i : i+n]
		// partial l holds the sums of 2^l blocks where bit l of count is set.
		partial := func(l int) *T { return &ws.a[l*columnSumWidth] }
		count := 0
		for first := 0; first < s.m; first += columnBlock {
			last := min(first+columnBlock, s.m)
			clear(sums)
			for r := first; r < last; r += rows {
				preemptible()
				s.colSums(min(rows, last-r), n, &s.z[r*s.ldz+i], s.ldz, &sums[0])
			}
			if s.m <= columnBlock {
				break
			}
			l := 0
			for ; count>>l&1 == 1; l++ {
				add(n, &sums[0], partial(l), &sums[0])
			}
			copy(ws.a[l*columnSumWidth:], sums)
			count++
		}
		for l, begun := 0, false; count>>l != 0; l++ {
			switch {
			case count>>l&1 == 0:
			case !begun:
				copy(sums, ws.a[l*columnSumWidth:])
				begun = true
			default:
				add(n, &sums[0], partial(l), &sums[0])
			}
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
