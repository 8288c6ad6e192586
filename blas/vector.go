package blas

import "github.com/lanewise/lanewise/asm"

// The least number of elements that a thread is worth: sharing a call takes half
// a microsecond.
const (
	vectorGrain = 1 << 15 // of functions that compute for 0.2 ns and more on each
	streamGrain = 1 << 17 // of those that hardly do more than read them
)

// vectorTask is an element-wise function, softmax or row sums by threads. One of
// the kernels is set.
type vectorTask[T Float] struct {
	unary   func(n int, dst, src *T)
	binary  func(n int, dst, x, y *T)
	axpy    func(n int, alpha T, x, y *T)
	softmax func(m, n int, dst *T, ldd int, src *T, lds int)
	sums    func(m, n int, x *T, ldx int, sums *T, lds int)

	// The operands of those functions; for sums, x is the matrix and dst what
	// unitsOf's units sum to.
	dst, x, y   []T
	alpha       T
	m, n        int
	ldd, ldx    int
	units, each int // how many units of work there are, and how many a piece has
	ws          *workspace[T]
}

// runVector runs a task of so many units by t threads. unit is the number of
// elements in each.
func runVector[T Float](s vectorTask[T], ws *workspace[T], units, unit, t int) {
	// A piece is at least a kernel call's worth, so that claiming it is cheap,
	// and there are four a thread, so that they end together.
	s.units, s.ws = units, ws
	s.each = max((units+4*t-1)/(4*t), (chunk+unit-1)/unit)
	if s.sums == nil {
		s.each = roundUp(s.each, minColumns) // no line is written by two
	}
	defer func() { ws.vector = vectorTask[T]{} }()
	ws.vector = s
	workers.run(&ws.vector, (units+s.each-1)/s.each, t, float64(units)*float64(unit) < patient*vectorGrain)
}

func (s *vectorTask[T]) run(piece int, w *worker) {
	ws := s.ws
	if w != nil {
		ws = workspaceOf[T](w)
	}
	s.span(piece*s.each, min(piece*s.each+s.each, s.units), ws)
}

func (s *vectorTask[T]) whole() { s.span(0, s.units, s.ws) }

// span does the units from i to j.
func (s *vectorTask[T]) span(i, j int, ws *workspace[T]) {
	switch {
	case s.unary != nil:
		unarySpan(s.unary, s.dst[i:j], s.x[i:j])
	case s.binary != nil:
		binarySpan(s.binary, s.dst[i:j], s.x[i:j], s.y[i:j])
	case s.axpy != nil:
		axpySpan(s.axpy, s.alpha, s.x[i:j], s.dst[i:j])
	case s.softmax != nil:
		softmaxSpan(s.softmax, s.m, j-i, s.dst[i:], s.ldd, s.x[i:], s.ldx)
	case s.sums != nil:
		sumsSpan(s.sums, s.m, s.n, s.x, s.ldx, s.dst, i, j, ws)
	}
}

func unarySpan[T Float](kernel func(n int, dst, src *T), dst, src []T) {
	for i := 0; i < len(dst); i += chunk {
		preemptible()
		kernel(min(chunk, len(dst)-i), &dst[i], &src[i])
	}
}

func binarySpan[T Float](kernel func(n int, dst, x, y *T), dst, x, y []T) {
	for i := 0; i < len(dst); i += chunk {
		preemptible()
		kernel(min(chunk, len(dst)-i), &dst[i], &x[i], &y[i])
	}
}

func axpySpan[T Float](kernel func(n int, alpha T, x, y *T), alpha T, x, y []T) {
	for i := 0; i < len(x); i += chunk {
		preemptible()
		kernel(min(chunk, len(x)-i), alpha, &x[i], &y[i])
	}
}

func softmaxSpan[T Float](kernel func(m, n int, dst *T, ldd int, src *T, lds int), m, n int, dst []T, ldd int, src []T, lds int) {
	width := max(minColumns, chunk/m&^(minColumns-1))
	for j := 0; j < n; j += width {
		preemptible()
		kernel(m, min(width, n-j), &dst[j], ldd, &src[j], lds)
	}
}

// unitsOf returns the units that row sums of an m×n matrix are cut into, each at
// most a chunk: groups of rows, or parts of rows, whose sums are then added.
func unitsOf(m, n int) (units, rows, parts int) {
	if n <= asm.SumBlock {
		rows = max(1, chunk/n)
		return (m + rows - 1) / rows, rows, 1
	}
	parts = (n + chunk - 1) / chunk
	return m * parts, 1, parts
}

// sumsSpan sets dst[u] to the sum of each unit u that is a part of a row, and
// dst[i] to that of each row i of a group.
func sumsSpan[T Float](kernel func(m, n int, x *T, ldx int, sums *T, lds int), m, n int, a []T, lda int, dst []T, from, to int, ws *workspace[T]) {
	_, rows, parts := unitsOf(m, n)
	if n <= asm.SumBlock {
		for i := from * rows; i < min(to*rows, m); i += rows {
			preemptible()
			kernel(min(rows, m-i), n, &a[i*lda], lda, &dst[i], 1)
		}
		return
	}
	const blocks = chunk / asm.SumBlock
	ws.a = grow(ws.a, blocks)
	for u := from; u < to; u++ {
		preemptible()
		i, j := u/parts, u%parts*chunk
		part := a[i*lda+j : i*lda+min(j+chunk, n)]
		kernel(1, len(part), &part[0], len(part), &ws.a[0], blocks)
		dst[u] = sumOf(ws.a[:(len(part)+asm.SumBlock-1)/asm.SumBlock])
	}
}
