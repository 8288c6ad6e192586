package blas

import "github.com/lanewise/lanewise/asm"

// GatherSamples copies N samples, slices of k elements that lie anywhere, to the
// rows of an N×k matrix and to the columns of a k×N matrix, in one pass:
//
//	rows[j*ldr+f] = columns[f*ldc+j] = samples[j][f]
//
// The samples of next are those to be gathered next, if that is known, and may be
// nil: they are asked for, so that the next call finds them in the cache.
//
// k is the length of the first sample. GatherSamples panics if another one, of
// samples or next, is shorter, if ldr is smaller than k or ldc smaller than N, or
// 1, if a matrix is too short, and if the matrices overlap. They must not share
// elements with the samples.
func GatherSamples[T Float](samples, next [][]T, rows []T, ldr int, columns []T, ldc int) {
	n := len(samples)
	if n == 0 {
		return
	}
	k := len(samples[0])
	switch {
	case ldr < max(1, k):
		panic(badLdRows)
	case ldc < max(1, n):
		panic(badLdColumns)
	case !holds(len(rows), n, k, ldr):
		panic(shortRows)
	case !holds(len(columns), k, n, ldc):
		panic(shortColumns)
	}
	for _, list := range [2][][]T{samples, next} {
		for _, s := range list {
			if len(s) < k {
				panic(shortSample)
			}
		}
	}
	if k == 0 {
		return
	}
	if overlaps(rows[:(n-1)*ldr+k], columns[:(k-1)*ldc+n]) {
		panic(badOverlap)
	}
	s := gatherTask[T]{
		kernel: asm.For[T]().Gather, samples: samples, next: next, k: k, rows: rows, ldr: ldr, columns: columns, ldc: ldc,
		groups: (n + asm.GatherRows - 1) / asm.GatherRows,
	}
	if t := min(threadsFor(float64(n)*float64(k), gatherGrain), s.groups); t > 1 {
		ws := getWorkspace[T](0, 0)
		defer putWorkspace(ws)
		// A piece a thread: gridFor cuts the columns of a batch's product likewise, and
		// a thread then multiplies the samples that it has gathered. Lines that another
		// processor has written are slow to come.
		s.each = (s.groups + t - 1) / t
		defer func() { ws.gather = gatherTask[T]{} }()
		ws.gather = s
		workers.run(&ws.gather, (s.groups+s.each-1)/s.each, t, n*k < patient*gatherGrain)
		return
	}
	s.whole()
}

// gatherGrain is the least number of elements that a thread is worth: each is read from
// memory and written twice.
const gatherGrain = 1 << 14

// gatherTask is a call of GatherSamples, by threads.
type gatherTask[T Float] struct {
	kernel        func(from, to int, rows, next *[]T, dst *T, ldd int, trans *T, ldt int)
	samples, next [][]T
	k             int
	rows          []T
	ldr           int
	columns       []T
	ldc           int
	groups, each  int // how many groups of GatherRows samples there are, and in a piece
}

func (g *gatherTask[T]) run(piece int, _ *worker) {
	g.span(piece*g.each, min(piece*g.each+g.each, g.groups))
}

func (g *gatherTask[T]) whole() { g.span(0, g.groups) }

// span gathers the groups from i to end. What follows the last one is the group of
// the next call that span will begin with then.
func (g *gatherTask[T]) span(i, end int) {
	const group = asm.GatherRows
	var next [][]T
	if len(g.next) >= i*group+group {
		next = g.next[i*group:]
	}
	for ; i < end; i++ {
		preemptible()
		after := next
		if i+1 < end {
			after = g.samples[(i+1)*group:]
		}
		g.group(i*group, after)
	}
}

// group gathers the samples from first on, as many as a group has. Those of next are
// gathered next, if they are a group.
func (g *gatherTask[T]) group(first int, next [][]T) {
	const group = asm.GatherRows
	samples := g.samples[first:]
	if len(samples) < group {
		for j, s := range samples {
			copy(g.rows[(first+j)*g.ldr:][:g.k], s)
			for f, v := range s[:g.k] {
				g.columns[f*g.ldc+first+j] = v
			}
		}
		return
	}
	if len(next) < group {
		next = samples
	}
	for f := 0; f < g.k; f += chunk / group {
		g.kernel(f, min(f+chunk/group, g.k), &samples[0], &next[0], &g.rows[first*g.ldr], g.ldr, &g.columns[first], g.ldc)
	}
}
