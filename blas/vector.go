package blas

// The least number of elements that a thread is worth: sharing a call takes half
// a microsecond.
const (
	vectorGrain = 1 << 15 // of functions that compute for 0.2 ns and more on each
	streamGrain = 1 << 17 // of those that hardly do more than read them
)

// vectorTask is an element-wise function or a reduction by threads. One of the kernels, or
// rowSums, is set.
type vectorTask[T Float] struct {
	unary  func(n int, dst, src *T)
	binary func(n int, dst, x, y *T)
	scaled func(n int, alpha T, x, y *T)
	total  func(n int, x *T) T
	dot    func(n int, x, y *T) T
	index  func(n int, x *T) int
	grad   gradientSums[T]
	adam   adamStep[T] // with its operands

	rowSums bool // of whole rows

	// The operands of those functions; of sums and reductions, x is the matrix or vector and
	// dst what units, which are rows or parts of them, come to.
	dst, x, y   []T
	alpha       T
	m, n        int
	ldd, ldx    int
	ldy         int // of grad's y
	sums        []T // of grad: those of each row's blocks
	units, each int // how many units of work there are, and how many a piece has
}

// runVector runs a task of so many units by t threads. unit is the number of
// elements in each.
func runVector[T Float](s vectorTask[T], ws *workspace[T], units, unit, t int) {
	// A piece is at least a kernel call's worth, so that claiming it is cheap,
	// and there are four a thread, so that they end together.
	s.units = units
	s.each = max((units+4*t-1)/(4*t), (chunk+unit-1)/unit)
	if s.unary != nil || s.binary != nil || s.scaled != nil || s.adam.kernel != nil {
		s.each = roundUp(s.each, minColumns) // no line is written by two
	}
	defer func() { ws.vector = vectorTask[T]{} }()
	ws.vector = s
	workers.run(&ws.vector, (units+s.each-1)/s.each, t, float64(units)*float64(unit) < patient*vectorGrain)
}

func (s *vectorTask[T]) run(piece int, _ *worker) {
	s.span(piece*s.each, min(piece*s.each+s.each, s.units))
}

func (s *vectorTask[T]) whole() { s.span(0, s.units) }

// span does the units from i to j.
func (s *vectorTask[T]) span(i, j int) {
	switch {
	case s.unary != nil:
		unarySpan(s.unary, s.dst[i:j], s.x[i:j])
	case s.binary != nil:
		binarySpan(s.binary, s.dst[i:j], s.x[i:j], s.y[i:j])
	case s.scaled != nil:
		scaledSpan(s.scaled, s.alpha, s.x[i:j], s.dst[i:j])
	case s.grad != nil:
		s.gradientSpan(i, j)
	case s.adam.kernel != nil:
		s.adam.span(i, j)
	case s.rowSums:
		rowSums(j-i, s.n, s.x[i*s.ldx:], s.ldx, s.dst[i:j])
	default:
		s.reduceSpan(i, j)
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

func scaledSpan[T Float](kernel func(n int, alpha T, x, y *T), alpha T, x, y []T) {
	for i := 0; i < len(x); i += chunk {
		preemptible()
		kernel(min(chunk, len(x)-i), alpha, &x[i], &y[i])
	}
}

// reduceSpan sets dst[u] to what each part u of a row comes to: rows are cut into chunks.
func (s *vectorTask[T]) reduceSpan(from, to int) {
	parts := (s.n + chunk - 1) / chunk
	for u := from; u < to; u++ {
		preemptible()
		j := u % parts * chunk
		at, n := u/parts*s.ldx+j, min(chunk, s.n-j)
		switch {
		case s.total != nil:
			s.dst[u] = s.total(n, &s.x[at])
		case s.dot != nil:
			s.dst[u] = s.dot(n, &s.x[at], &s.y[at])
		case s.index != nil:
			s.dst[u] = T(s.index(n, &s.x[at])) // exact: a chunk is short
		}
	}
}
