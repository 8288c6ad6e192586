package blas

import (
	"math"

	"github.com/lanewise/lanewise/asm"
)

// gemmGrain is the least number of multiply-adds that a thread is worth: a call
// of twice as many is no slower with two threads than with one.
const gemmGrain = 64 * 64 * 64

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

// gridTask is a product cut into pieces.
type gridTask[T Float] struct {
	kernels *asm.Kernels[T]
	plan    plan
	g       product[T]
	grid    grid
	ws      *workspace[T] // the caller's
}

// multiplyGrid computes a product by at most t threads.
func multiplyGrid[T Float](kernels *asm.Kernels[T], p plan, g *product[T], t int, ws *workspace[T]) {
	ws.grid = gridTask[T]{kernels: kernels, plan: p, g: *g, grid: gridFor(g.m, g.n, kernels.MR, kernels.NR, t), ws: ws}
	ws.grid.start(t)
}

// start runs the task, which is its workspace's, by at most t threads.
func (s *gridTask[T]) start(t int) {
	ws := s.ws
	defer func() { ws.grid = gridTask[T]{} }()
	pieces := s.grid.down(s.g.m) * s.grid.across(s.g.n)
	work := float64(s.g.m) * float64(s.g.n) * float64(s.g.k)
	workers.run(s, pieces, t, work < patient*gemmGrain)
}

func (s *gridTask[T]) run(piece int, w *worker) {
	ws := s.ws
	if w != nil {
		ws = workspaceOf[T](w)
	}
	down := s.grid.down(s.g.m)
	i0, j0 := piece%down*s.grid.rows, piece/down*s.grid.cols
	g := s.g.part(i0, j0, min(s.grid.rows, s.g.m-i0), min(s.grid.cols, s.g.n-j0))
	multiplyBlocks(s.kernels, s.plan, &g, ws)
}

func (s *gridTask[T]) whole() { multiplyBlocks(s.kernels, s.plan, &s.g, s.ws) }
