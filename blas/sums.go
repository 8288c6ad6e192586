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
	if overlapsInexactly(a, sums) || &a[0] == &sums[0] {
		panic(badOverlap)
	}
	kernel := asm.For[T]().BlockSums
	if n <= asm.SumBlock {
		rows := max(1, chunk/n)
		for i := 0; i < m; i += rows {
			kernel(min(rows, m-i), n, &a[i*lda], lda, &sums[i], 1)
		}
		return
	}
	const blocks = chunk / asm.SumBlock
	ws := getWorkspace[T](blocks, 0)
	defer putWorkspace(ws)
	for i := range sums {
		row := a[i*lda : i*lda+n]
		var tree sumTree[T]
		for len(row) > 0 {
			part := row[:min(chunk, len(row))]
			row = row[len(part):]
			kernel(1, len(part), &part[0], len(part), &ws.a[0], blocks)
			for _, s := range ws.a[:(len(part)+asm.SumBlock-1)/asm.SumBlock] {
				tree.add(s)
			}
		}
		sums[i] = tree.sum()
	}
}

// sumTree adds the sums of blocks pairwise as they come: partial[l] is the sum
// of 2^l blocks where bit l of count is set.
type sumTree[T Float] struct {
	count   uint
	partial [64]T
}

func (t *sumTree[T]) add(s T) {
	l := 0
	for ; t.count>>l&1 == 1; l++ {
		s = t.partial[l] + s
	}
	t.partial[l] = s
	t.count++
}

func (t *sumTree[T]) sum() T {
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
