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
	g := gatherTask[T]{asm.For[T]().Gather, samples, next, k, rows, ldr, columns, ldc}
	pieces := (n + asm.GatherRows - 1) / asm.GatherRows
	for i := range pieces {
		g.run(i)
	}
}

// gatherTask is a call of GatherSamples; a piece of it is a group of samples.
type gatherTask[T Float] struct {
	kernel        func(from, to int, rows, next *[]T, dst *T, ldd int, trans *T, ldt int)
	samples, next [][]T
	k             int
	rows          []T
	ldr           int
	columns       []T
	ldc           int
}

func (g *gatherTask[T]) run(piece int) {
	const group = asm.GatherRows
	first := piece * group
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
	// What follows this group: the next one, or the beginning of what is next.
	next := samples
	switch {
	case len(samples) >= 2*group:
		next = samples[group:]
	case len(g.next) >= group:
		next = g.next
	}
	for f := 0; f < g.k; f += chunk / group {
		g.kernel(f, min(f+chunk/group, g.k), &samples[0], &next[0], &g.rows[first*g.ldr], g.ldr, &g.columns[first], g.ldc)
	}
}
