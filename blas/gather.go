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
	k := checkSamples(samples, next, rows, ldr)
	switch {
	case ldc < max(1, n):
		panic(badLdColumns)
	case !holds(len(columns), k, n, ldc):
		panic(shortColumns)
	case k == 0:
		return
	case overlaps(rows[:(n-1)*ldr+k], columns[:(k-1)*ldc+n]):
		panic(badOverlap)
	}
	gatherTask[T]{
		samples: samples, next: next, k: k, rows: rows, ldr: ldr,
		columns: columns, width: ldc, across: ldc, kc: k,
	}.start(asm.For[T]())
}

// PackSamples is [GatherSamples] with the k×N matrix packed, as [PackB] would with
// NoTrans, for products with a matrix that is not transposed: each reads p's panels in
// order. p, which may be new(Packed[T]) and whose memory is used again, must not be in
// use elsewhere.
//
// PackSamples panics as GatherSamples does, and if p is nil.
func PackSamples[T Float](p *Packed[T], samples, next [][]T, rows []T, ldr int) {
	n, k := len(samples), 0
	if n > 0 {
		k = checkSamples(samples, next, rows, ldr)
	}
	if p == nil {
		panic(badPacked)
	}
	kernels := asm.For[T]()
	p.shape(kernels, samplesKC(kernels, n, k), false, false, n, k)
	if n == 0 || k == 0 {
		return
	}
	if n < p.across { // columns that are none
		for pc := 0; pc < k; pc += p.kc {
			kb := min(p.kc, k-pc)
			clear(p.data[pc*p.across+(p.across-p.width)*kb:][:p.width*kb])
		}
	}
	gatherTask[T]{
		samples: samples, next: next, k: k, rows: rows, ldr: ldr,
		columns: p.data, width: p.width, across: p.across, kc: p.kc,
	}.start(kernels)
}

// checkSamples checks what samples become rows of, and returns the length of the first one.
func checkSamples[T Float](samples, next [][]T, rows []T, ldr int) (k int) {
	k = len(samples[0])
	switch {
	case ldr < max(1, k):
		panic(badLdRows)
	case !holds(len(rows), len(samples), k, ldr):
		panic(shortRows)
	}
	for _, list := range [2][][]T{samples, next} {
		for _, s := range list {
			if len(s) < k {
				panic(shortSample)
			}
		}
	}
	return k
}

// gatherGrain is the least number of elements that a thread is worth: each is read from
// memory and written twice.
const gatherGrain = 1 << 14

// gatherTask copies samples both as rows and as columns, by threads. Columns lie in panels,
// of width each and of across together, for each block of kc features: those of a matrix are
// one panel.
type gatherTask[T Float] struct {
	kernel            func(from, to int, rows, next *[]T, dst *T, ldd int, trans *T, ldt int)
	samples, next     [][]T
	k                 int
	rows              []T
	ldr               int
	columns           []T
	width, across, kc int
	group             int // of how many samples the kernel is
	groups, each      int // how many groups there are, and in a piece
}

func (g gatherTask[T]) start(kernels *asm.Kernels[T]) {
	n := len(g.samples)
	g.kernel, g.group = kernels.Gather, asm.GatherRows[T]()
	g.groups = (n + g.group - 1) / g.group
	if t := min(threadsFor(float64(n)*float64(g.k), gatherGrain), g.groups); t > 1 {
		ws := getWorkspace[T](0, 0)
		defer putWorkspace(ws)
		// A piece a thread: gridFor cuts the columns of a batch's product likewise, and
		// a thread then multiplies the samples that it has gathered. Lines that another
		// processor has written are slow to come.
		g.each = (g.groups + t - 1) / t
		defer func() { ws.gather = gatherTask[T]{} }()
		ws.gather = g
		workers.run(&ws.gather, (g.groups+g.each-1)/g.each, t, n*g.k < patient*gatherGrain)
		return
	}
	g.whole()
}

func (g *gatherTask[T]) run(piece int, _ *worker) {
	g.span(piece*g.each, min(piece*g.each+g.each, g.groups))
}

func (g *gatherTask[T]) whole() { g.span(0, g.groups) }

// span gathers the groups from i to end. What follows the last one is the group of
// the next call that span will begin with then.
func (g *gatherTask[T]) span(i, end int) {
	var next [][]T
	if len(g.next) >= (i+1)*g.group {
		next = g.next[i*g.group:]
	}
	for ; i < end; i++ {
		preemptible()
		first := i * g.group
		after := next
		if i+1 < end {
			after = g.samples[first+g.group:]
		}
		if last := first + g.group; last <= len(g.samples) && first%g.width+g.group <= g.width {
			g.together(first, after)
		} else {
			g.apart(first, min(last, len(g.samples)))
		}
	}
}

// together gathers the group from first on by the kernel, which asks for the group that is
// gathered next, if that is one.
func (g *gatherTask[T]) together(first int, next [][]T) {
	if len(next) < g.group {
		next = g.samples[first:]
	}
	for pc := 0; pc < g.k; pc += g.kc {
		end := min(pc+g.kc, g.k)
		for f := pc; f < end; f += chunk / g.group {
			g.kernel(f, min(f+chunk/g.group, end), &g.samples[first], &next[0],
				&g.rows[first*g.ldr], g.ldr, &g.columns[g.column(first, pc)], g.width)
		}
	}
}

// apart gathers samples one after another.
func (g *gatherTask[T]) apart(first, end int) {
	for j := first; j < end; j++ {
		copy(g.rows[j*g.ldr:][:g.k], g.samples[j])
		for pc := 0; pc < g.k; pc += g.kc {
			at := g.column(j, pc)
			for f := pc; f < min(pc+g.kc, g.k); f++ {
				g.columns[at+f*g.width] = g.samples[j][f]
			}
		}
	}
}

// column returns where column j of the features from pc on is: feature f stands at so much
// + f·width.
func (g *gatherTask[T]) column(j, pc int) int {
	return pc*(g.across-g.width) + j/g.width*g.width*min(g.kc, g.k-pc) + j%g.width
}
