package blas

import (
	"math"
	"unsafe"

	"github.com/lanewise/lanewise/asm"
)

// The least number of multiply-adds of float32, of float64 half, that a thread is
// worth: so many that it takes some microseconds. Sharing a product takes half a one, and
// what one has just written has to come to the other. On Zen 4, of one L3, two threads
// gain from 65³ on, with operands that both hold, and a network's steps too. On Intel's
// servers, whose L2 is big, a line takes longer, and such a step gains at many times that.
var gemmGrain = gemmGrainOf(bigL2)

func gemmGrainOf(bigL2 bool) float64 {
	if bigL2 {
		return 100 * 100 * 100
	}
	return 70 * 70 * 70
}

// vectorProductGrain is that of products with vectors, which take as long as reading the
// matrix does.
const vectorProductGrain = 3 << 14

// grainBy returns the grain of products that take a path.
func grainBy[T Float](by path) float64 {
	grain := gemmGrain
	switch by {
	case byRows, byRowsOfB, byRow, byColumn:
		grain = vectorProductGrain
	case byFewRows, bySwapping: // of few rows or columns a product takes twice as long
		grain /= 2
	}
	return grain * 4 / float64(unsafe.Sizeof(T(0)))
}

// grid cuts C into pieces of rows×cols, the last ones of each direction smaller.
// k is never cut: every element stays one chain.
type grid struct{ rows, cols int }

func (s grid) down(m int) int   { return (m + s.rows - 1) / s.rows }
func (s grid) across(n int) int { return (n + s.cols - 1) / s.cols }

// What a grid costs, in multiply-adds.
const (
	// packCost is the price of packing an element.
	packCost = 8
	// tailCost is the part of a piece by which threads, whose processors are
	// never quite alike, end at different times.
	tailCost = 0.125
)

// gridFor chooses the grid for t threads: that of the least
//
//	⌈pieces/t⌉ · (rows·cols + packCost·(rows + cols)) + tailCost·rows·cols
//
// so that threads end together, with pieces near to squares, which pack least.
// It tries one to four pieces a thread. Rows are cut at multiples of mr and
// columns at multiples of nr.
func gridFor(m, n, mr, nr, t int) grid {
	best, least := grid{m, n}, math.Inf(1)
	for pieces := t; pieces <= 4*t; pieces += t {
		ideal := min(int(math.Sqrt(float64(pieces)*float64(m)/float64(n))), pieces)
		last := 0
		for down := max(1, ideal/2); down <= min(2*ideal+1, pieces); down++ {
			s := grid{rows: roundUp((m+down-1)/down, mr)}
			if s.rows == last {
				continue
			}
			last = s.rows
			across := max(1, pieces/s.down(m))
			s.cols = roundUp((n+across-1)/across, nr)
			rounds := (s.down(m)*s.across(n) + t - 1) / t
			rows, cols := float64(min(s.rows, m)), float64(min(s.cols, n))
			cost := float64(rounds)*(rows*cols+packCost*(rows+cols)) + tailCost*rows*cols
			if cost < least {
				best, least = s, cost
			}
		}
	}
	return best
}

// gridFor chooses the grid for t threads of a product by this path: gridFor's, or
// for vectors and few rows the long side alone is cut, at whole steps of the
// kernels, into one to four pieces a thread.
func (by path) gridFor(m, n, mr, nr, t int) grid {
	unit := 0
	switch by {
	case byBlocks, byBlock, byBlockT, byColumns:
		return gridFor(m, n, mr, nr, t)
	case byThin: // all of it is one step
		return grid{m, n}
	case byRows, byRowsOfB, byFewRows:
		unit = 48 // both 3 and 8 rows go side by side; and no line of C is written by two
	case byRow, byColumn, bySwapping:
		unit = 4 * nr
	}
	size := max(m, n)
	pieces := t * max(1, min(4, size/(8*unit*t)))
	strip := roundUp((size+pieces-1)/pieces, unit)
	if m > n {
		return grid{strip, n}
	}
	return grid{m, strip}
}

// gridTask is count products of one shape, each cut by the same grid.
type gridTask[T Float] struct {
	kernels *asm.Kernels[T]
	path    path
	plan    plan       // if the path is byBlocks
	g       product[T] // the first of them
	grid    grid
	ws      *workspace[T] // the caller's

	// The other products' distances from the first, and how many there are: one
	// piece has each of them if they are small.
	strideA, strideB, strideC int
	count, each               int
}

// multiplyGrid computes a product by at most t threads.
func multiplyGrid[T Float](kernels *asm.Kernels[T], p plan, g *product[T], t int, ws *workspace[T]) {
	nr := kernels.NR
	if g.ep.summed() {
		nr = asm.SumBlock
	}
	ws.grid = gridTask[T]{kernels: kernels, plan: p, g: *g, grid: gridFor(g.m, g.n, kernels.MR, nr, t), ws: ws, count: 1, each: 1}
	ws.grid.start(t)
}

// start runs the task, which is its workspace's, by at most t threads.
func (s *gridTask[T]) start(t int) {
	ws := s.ws
	defer func() { ws.grid = gridTask[T]{} }()
	pieces := s.grid.down(s.g.m) * s.grid.across(s.g.n) * ((s.count + s.each - 1) / s.each)
	workers.run(s, pieces, t, s.g.work()*float64(s.count) < patient*grainBy[T](s.path))
}

func (s *gridTask[T]) run(piece int, w *worker) {
	ws := s.ws
	if w != nil {
		ws = workspaceOf[T](w)
	}
	down, across := s.grid.down(s.g.m), s.grid.across(s.g.n)
	cell, group := piece%(down*across), piece/(down*across)
	i0, j0 := cell%down*s.grid.rows, cell/down*s.grid.cols
	for i := group * s.each; i < min(group*s.each+s.each, s.count); i++ {
		g := s.item(i)
		if down*across > 1 {
			g = g.part(i0, j0, min(s.grid.rows, s.g.m-i0), min(s.grid.cols, s.g.n-j0))
		}
		s.one(&g, ws)
	}
}

// one computes one product, or a part of it.
func (s *gridTask[T]) one(g *product[T], ws *workspace[T]) {
	if s.path == byBlocks {
		multiplyBlocks(s.kernels, s.plan, g, ws)
	} else {
		g.direct(s.kernels, s.path)
	}
}

func (s *gridTask[T]) whole() {
	for i := range s.count {
		g := s.item(i)
		s.one(&g, s.ws)
	}
}

// item returns the product number i.
func (s *gridTask[T]) item(i int) product[T] {
	g := s.g
	if i > 0 {
		g.a, g.b, g.c = g.a[i*s.strideA:], g.b[i*s.strideB:], g.c[i*s.strideC:]
	}
	return g
}
