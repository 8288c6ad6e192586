package blas

import (
	"unsafe"

	"github.com/lanewise/lanewise/asm"
)

// GatherRows copies rows of an m×n matrix in the order of an index: row i of dst,
// len(index)×n, is row index[i] of src.
//
// It panics if a dimension is negative, if a leading dimension is smaller than n,
// or 1, if a slice is too short, if an index is not in 0 … m−1, and if dst
// overlaps src.
func GatherRows[T Float](m, n int, dst []T, ldd int, src []T, lds int, index []int) {
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case ldd < max(1, n):
		panic(badLdDst)
	}
	gatherRows(gatherRowsTask[T]{m: m, n: n, ldd: ldd, lds: lds, index: index}, len(index), n, dst, src)
}

// GatherRowsTrans is [GatherRows] with a transposed result, n×len(index): row
// index[j] of src becomes column j of dst. It makes a mini-batch, whose samples
// are columns, of a data set whose samples are rows.
//
// It panics as GatherRows does; the leading dimension of dst must not be smaller
// than len(index), or 1.
func GatherRowsTrans[T Float](m, n int, dst []T, ldd int, src []T, lds int, index []int) {
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case ldd < max(1, len(index)):
		panic(badLdDst)
	}
	gatherRows(gatherRowsTask[T]{trans: true, m: m, n: n, ldd: ldd, lds: lds, index: index}, n, len(index), dst, src)
}

// gatherRows checks the other operands of s, whose result has so many rows and columns.
func gatherRows[T Float](s gatherRowsTask[T], rows, cols int, dst, src []T) {
	if s.lds < max(1, s.n) {
		panic(badLdSrc)
	}
	if rows == 0 || cols == 0 {
		return
	}
	switch {
	case !holds(len(dst), rows, cols, s.ldd):
		panic(shortDst)
	case !holds(len(src), s.m, s.n, s.lds):
		panic(shortSrc)
	}
	for _, i := range s.index {
		if uint(i) >= uint(s.m) {
			panic(badIndex)
		}
	}
	s.dst, s.src = dst[:(rows-1)*s.ldd+cols], src[:(s.m-1)*s.lds+s.n]
	if overlaps(s.dst, s.src) {
		panic(badOverlap)
	}
	if t := threadsFor(float64(rows)*float64(cols), streamGrain); t > 1 {
		ws := getWorkspace[T](0, 0)
		defer putWorkspace(ws)
		// Whole lines of dst, four pieces a thread, so that they end together.
		s.each = roundUp((rows+4*t-1)/(4*t), minColumns)
		defer func() { ws.rows = gatherRowsTask[T]{} }()
		ws.rows = s
		workers.run(&ws.rows, (rows+s.each-1)/s.each, t, rows*cols < patient*vectorGrain)
		return
	}
	s.rows(0, rows)
}

// gatherRowsTask is rows to gather, by threads.
type gatherRowsTask[T Float] struct {
	trans    bool
	m, n     int
	dst, src []T
	ldd, lds int
	index    []int
	each     int // rows of dst in a piece
}

func (s *gatherRowsTask[T]) run(piece int, _ *worker) {
	s.rows(piece*s.each, min(piece*s.each+s.each, s.count()))
}

func (s *gatherRowsTask[T]) whole() { s.rows(0, s.count()) }

// count returns the rows of dst.
func (s *gatherRowsTask[T]) count() int {
	if s.trans {
		return s.n
	}
	return len(s.index)
}

// rows gathers the rows of dst between from and to.
func (s *gatherRowsTask[T]) rows(from, to int) {
	if !s.trans {
		for i := from; i < to; i++ {
			at := s.index[i] * s.lds
			copy(s.dst[i*s.ldd:][:s.n], s.src[at:])
		}
		return
	}
	// Each line of dst is written by several groups of rows: as many steps at
	// a time as stay in half of L1, but whole lines of src, if they can.
	kernel := asm.For[T]().GatherT
	columns := min(len(s.index), chunk)
	steps := max(cacheL1/2/int(unsafe.Sizeof(T(0)))/columns&^(minColumns-1), minColumns)
	for p := from; p < to; p += steps {
		for j := 0; j < len(s.index); j += columns {
			preemptible()
			kernel(min(columns, len(s.index)-j), min(steps, to-p), &s.dst[p*s.ldd+j], s.ldd, &s.src[p], s.lds, &s.index[j])
		}
	}
}
