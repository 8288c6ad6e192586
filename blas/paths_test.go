package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/lanewise/lanewise/asm"
)

// question is a choice between two ways to compute a product that a condition in
// paths.go or grid.go makes, and shapes on both sides of its borders.
type question struct {
	name   string // of the condition
	ways   [2]string
	shapes []questionShape
	// choose changes a choice to one of the ways.
	choose func(c *choice, way int)
}

type questionShape struct {
	op      string
	m, n, k int
}

// choice is how one product is computed.
type choice struct {
	by      path
	plan    plan
	threads int
	far     bool // a matrix that meets a vector or few rows is read as if from memory
	rowwise bool // few steps, a row of C at a time
}

// either returns a question's choose: way 1 is what set makes of a choice, way 0
// what unset does.
func either(unset, set func(c *choice)) func(c *choice, way int) {
	return func(c *choice, way int) {
		if way == 0 {
			unset(c)
		} else {
			set(c)
		}
	}
}

// except leaves the path as the table has it, or tiles and blocks where that is by.
func except(by path) func(c *choice) {
	return func(c *choice) {
		if c.by == by {
			c.by = byBlocks
		}
	}
}

func toPath(by path) func(c *choice) { return func(c *choice) { c.by = by } }

// questions has all conditions, in the order of the tables.
var questions = []question{
	{
		"rows of A times a vector in lanes", [2]string{"by tiles", "in lanes"},
		[]questionShape{{"NN", 500, 1, 8}, {"NN", 500, 1, 9}, {"NN", 30, 1, 9}, {"NN", 1000, 1, 1000}},
		either(except(byRows), toPath(byRows)),
	},
	{
		"few rows of A and B in lanes", [2]string{"by tiles", "in lanes"},
		[]questionShape{{"NT", 3, 200, 127}, {"NT", 3, 200, 128}, {"NT", 4, 200, 128}, {"NT", 200, 3, 128}, {"NT", 8, 8, 127}, {"NT", 8, 8, 128}, {"NT", 9, 9, 128}},
		either(except(byFewRows), toPath(byFewRows)),
	},
	{
		"few steps", [2]string{"by tiles", "row by row"},
		[]questionShape{{"NN", 8, 200, 3}, {"NN", 12, 100, 4}, {"NN", 12, 320, 4}, {"TN", 8, 200, 3}, {"NT", 9, 323, 3}, {"NT", 34, 774, 3}, {"TN", 274, 1097, 2}, {"NN", 1118, 219, 2}, {"NN", 1000, 1000, 2}, {"NN", 1000, 1000, 4}},
		either(func(c *choice) { c.rowwise = false }, func(c *choice) { c.rowwise = true }),
	},
	{
		"few rows times few columns in four chains", [2]string{"by tiles", "in four chains"},
		[]questionShape{{"NN", 4, 4, 127}, {"NN", 4, 4, 128}, {"NN", 2, 2, 128}, {"NN", 4, 4, 10000}},
		either(except(byThin), toPath(byThin)),
	},
	{
		"a row times B by its own kernel", [2]string{"by tiles", "by its own"},
		[]questionShape{{"NN", 1, 8, 9}, {"NN", 1, 500, 100}, {"NN", 1, 2000, 2000}},
		either(except(byRow), toPath(byRow)),
	},
	{
		"a matrix times a vector from memory", [2]string{"as from caches", "as from memory"},
		[]questionShape{{"NN", 700, 1, 700}, {"NN", 1000, 1, 1000}, {"NN", 4000, 1, 500}, {"NN", 2000, 1, 2000}, {"NN", 8000, 1, 1000}, {"NN", 20000, 1, 400}, {"NN", 1000, 1, 8000},
			{"NN", 1, 1000, 1000}, {"NN", 1, 4000, 500}, {"NN", 1, 2000, 2000}, {"NN", 1, 8000, 1000}, {"NN", 1, 1000, 8000}, {"NN", 1, 400, 20000}, {"NN", 1, 100, 80000}},
		either(func(c *choice) { c.far = false }, func(c *choice) { c.far = true }),
	},
	{
		"rows from memory times few others", [2]string{"as from caches", "as from memory"},
		[]questionShape{{"NT", 2, 3000, 3000}, {"NT", 3, 3000, 3000}, {"NT", 4, 3000, 3000}, {"NT", 8, 3000, 3000}, {"NT", 2, 20000, 300}, {"NT", 3, 20000, 300}, {"NT", 2, 10000, 1000}, {"NT", 3, 10000, 1000},
			{"NT", 2, 40000, 150}, {"NT", 2, 500, 20000}, {"NT", 3, 2000, 2000}, {"NT", 3, 1000, 1000}},
		either(func(c *choice) { c.far = false }, func(c *choice) { c.far = true }),
	},
	{
		"few rows times a B from memory", [2]string{"in long blocks", "few steps at a time"},
		[]questionShape{{"NN", 2, 3000, 3000}, {"NN", 4, 3000, 3000}, {"NN", 8, 3000, 3000}, {"NN", 12, 3000, 3000}, {"NN", 16, 3000, 3000}, {"NN", 24, 3000, 3000}, {"NN", 32, 3000, 3000},
			{"NN", 48, 3000, 3000}, {"NN", 64, 3000, 3000}, {"NN", 16, 8000, 1000}, {"NN", 32, 8000, 1000}, {"NN", 4, 2000, 1000}, {"NN", 4, 1500, 1500},
			{"NN", 8, 500, 20000}, {"NN", 32, 500, 20000}, {"NN", 4, 300, 30000}, {"NN", 12, 300, 30000}, {"NN", 32, 300, 30000}, {"NN", 8, 200, 50000}, {"NN", 16, 200, 50000}, {"NN", 8, 100, 80000},
			{"NN", 16, 100, 80000}, {"NN", 8, 384, 24000}, {"NN", 16, 384, 24000}},
		either(func(c *choice) {
			if c.plan.ahead > 0 {
				c.plan.kc, c.plan.ahead = 1024, 0
			}
		}, func(c *choice) {
			if c.plan.ahead == 0 {
				c.plan.kc, c.plan.ahead, c.plan.packB = 12, 64, false
			}
		}),
	},
	{
		"few rows times a B from memory whose rows share sets", [2]string{"in long blocks", "few steps at a time"},
		[]questionShape{{"NN", 2, 4096, 2048}, {"NN", 4, 4096, 2048}, {"NN", 8, 4096, 2048}, {"NN", 10, 4096, 2048}, {"NN", 11, 4096, 2048}, {"NN", 16, 4096, 2048}, {"NN", 8, 2048, 4096}},
		either(func(c *choice) {
			if c.plan.kc <= 12 {
				c.plan.kc = 1024
			}
		}, func(c *choice) { c.plan.kc = min(c.plan.kc, 12) }),
	},
	{
		"packing B from memory", [2]string{"as it is", "packed"},
		[]questionShape{{"NN", 8, 4096, 2048}, {"NN", 12, 4096, 2048}, {"NN", 16, 4096, 2048}, {"NN", 24, 4096, 2048}, {"NN", 32, 4096, 2048}, {"NN", 64, 4096, 2048},
			{"NN", 48, 3000, 3000}, {"NN", 64, 3000, 3000}, {"NN", 100, 3000, 3000}, {"NN", 200, 3000, 3000}, {"NN", 64, 8000, 1000}, {"NN", 200, 8000, 1000},
			{"NN", 64, 500, 20000}, {"NN", 200, 500, 20000}, {"NN", 64, 300, 30000}, {"NN", 200, 300, 30000}, {"NN", 64, 150, 80000}, {"NN", 64, 384, 24000}, {"NN", 200, 384, 24000}},
		either(func(c *choice) { c.plan.packB = false }, func(c *choice) {
			if !c.plan.packB {
				c.plan.packB, c.plan.kc, c.plan.ahead = true, max(c.plan.kc, 256), 0
			}
		}),
	},
	{
		"few columns of a transposed A from memory as their transpose", [2]string{"as they are", "swapped"},
		[]questionShape{{"TN", 3000, 2, 3000}, {"TN", 3000, 4, 3000}, {"TN", 3000, 8, 3000}, {"TN", 3000, 16, 3000}, {"TN", 3000, 24, 3000}, {"TN", 3000, 32, 3000}, {"TN", 3000, 48, 3000}, {"TN", 3000, 64, 3000},
			{"TN", 2000, 4, 1000}, {"TN", 900, 4, 6000}, {"TN", 500, 8, 20000}, {"TN", 500, 24, 20000}, {"TN", 500, 48, 20000}, {"TN", 300, 8, 30000}, {"TN", 300, 16, 30000}, {"TN", 300, 24, 30000},
			{"TN", 200, 4, 50000}, {"TN", 200, 8, 50000}, {"TN", 200, 10, 50000}, {"TN", 200, 16, 50000}, {"TN", 200, 32, 50000}, {"TN", 200, 48, 50000}, {"TN", 150, 8, 80000}, {"TN", 150, 48, 80000}},
		either(except(bySwapping), toPath(bySwapping)),
	},
	{
		"few columns of a transposed A as their transpose", [2]string{"as they are", "swapped"},
		[]questionShape{{"TN", 500, 2, 100}, {"TN", 500, 4, 100}, {"TN", 500, 5, 100}, {"TN", 500, 8, 100}, {"TN", 500, 12, 100}, {"TN", 500, 16, 100}, {"TN", 2000, 8, 2000},
			{"TN", 1000, 8, 1000}, {"TN", 1000, 32, 1000}, {"TN", 1000, 64, 1000}, {"TN", 600, 24, 600}, {"TN", 500, 22, 300}, {"TN", 500, 8, 500}, {"TN", 149, 24, 1226}},
		either(except(bySwapping), toPath(bySwapping)),
	},
	{
		"few columns of a transposed B as their transpose", [2]string{"as they are", "swapped"},
		[]questionShape{{"NT", 16, 8, 500}, {"NT", 30, 6, 500}, {"NT", 42, 8, 764}, {"NT", 80, 6, 189}, {"NT", 72, 9, 560}, {"NT", 100, 8, 300}, {"NT", 200, 8, 500}, {"NT", 64, 12, 256},
			{"NT", 64, 16, 784}, {"NT", 500, 4, 100}, {"NT", 1000, 8, 1000}, {"NT", 8, 55, 145}, {"NT", 12, 67, 85}},
		either(except(bySwapping), toPath(bySwapping)),
	},
	{
		"few columns of a transposed A by columns", [2]string{"swapped", "by columns"},
		[]questionShape{{"TN", 500, 2, 100}, {"TN", 500, 6, 100}, {"TN", 500, 7, 100}, {"TN", 1417, 4, 315}, {"TT", 1417, 4, 315}, {"TN", 34, 2, 854}, {"TN", 28, 4, 525},
			{"TT", 1147, 2, 48}, {"TN", 5, 5, 2886}, {"TN", 14, 2, 10125}, {"TT", 1300, 6, 1300}, {"TN", 1000, 8, 1000}},
		either(func(c *choice) {
			if c.by == byColumns {
				c.by = bySwapping
			}
		}, toPath(byColumns)),
	},
	{
		"a small product with a transposed A by columns", [2]string{"by rows", "by columns"},
		[]questionShape{{"TN", 8, 3, 100}, {"TN", 16, 3, 100}, {"TN", 16, 8, 100}, {"TN", 35, 5, 52}, {"TN", 57, 5, 18}, {"TN", 99, 30, 3}, {"TN", 100, 3, 8}, {"TN", 100, 3, 16}, {"TN", 100, 8, 8},
			{"TN", 138, 2, 10}, {"TN", 310, 2, 8}, {"TN", 500, 2, 5}, {"TN", 4, 4, 4}, {"TN", 8, 8, 8}, {"TN", 16, 16, 16}, {"TN", 32, 32, 32}, {"TN", 64, 64, 64}, {"TN", 8, 60, 20}},
		either(func(c *choice) {
			if c.by == byColumns {
				c.by = byBlock
			}
		}, toPath(byColumns)),
	},
	{
		"a small product with both transposed by columns", [2]string{"by rows", "by columns"},
		[]questionShape{{"TT", 3, 4, 7}, {"TT", 5, 148, 3}, {"TT", 15, 3, 1}, {"TT", 2, 12, 9}, {"TT", 2, 9, 26}, {"TT", 108, 5, 8}, {"TT", 179, 8, 25}, {"TT", 55, 20, 38}, {"TT", 25, 33, 17},
			{"TT", 8, 8, 8}, {"TT", 16, 16, 16}, {"TT", 32, 32, 32}, {"TT", 64, 64, 64}},
		either(func(c *choice) {
			if c.by == byColumns {
				c.by = byBlockT
			}
		}, toPath(byColumns)),
	},
	{
		"a small product as one block", [2]string{"by blocks", "as one"},
		[]questionShape{{"NN", 8, 8, 8}, {"NN", 64, 64, 127}, {"NN", 64, 64, 129}, {"TN", 89, 89, 90}, {"TN", 100, 100, 91}},
		either(except(byBlock), toPath(byBlock)),
	},
	{
		"a small product with a transposed B as one block", [2]string{"by blocks", "as one"},
		[]questionShape{{"NT", 16, 16, 16}, {"TT", 64, 64, 127}, {"TT", 64, 64, 129}},
		either(except(byBlockT), toPath(byBlockT)),
	},
	{
		"A packed", [2]string{"where it lies", "packed"},
		[]questionShape{
			{"NN", 300, 300, 300}, {"NN", 255, 256, 256}, {"NN", 256, 127, 256}, {"NN", 256, 128, 256}, {"NN", 512, 512, 512},
			{"TN", 300, 300, 300}, {"TN", 1000, 128, 500}, {"TN", 1024, 128, 500}, {"TN", 1024, 1024, 512},
			{"NN", 1024, 1024, 1024}, {"NN", 1000, 1000, 1024}, {"NN", 512, 200, 2048}, {"TN", 500, 500, 500}, {"TN", 1000, 256, 256}, {"TN", 1024, 64, 8}, {"TN", 512, 64, 8}, {"TT", 512, 100, 8},
		},
		either(func(c *choice) { c.plan.packA = false }, func(c *choice) { c.plan.packA = true }),
	},
	{
		"B packed", [2]string{"where it lies", "packed"},
		[]questionShape{
			{"NN", 320, 31, 256}, {"NN", 320, 33, 256}, {"NN", 23, 1024, 512}, {"NN", 24, 1024, 512}, {"NN", 319, 300, 300}, {"NN", 320, 300, 300}, {"NN", 320, 320, 320}, {"NN", 512, 128, 784}, {"NN", 600, 192, 500},
			{"NN", 400, 128, 250}, {"NN", 400, 128, 260}, {"NN", 245, 245, 245}, {"NN", 319, 301, 301}, {"NN", 64, 1000, 1000},
			{"NN", 48, 1024, 512}, {"NN", 64, 1024, 512}, {"NN", 96, 1024, 512}, {"NN", 128, 1024, 512}, {"NN", 192, 1024, 512}, {"NN", 256, 1024, 512},
			{"NN", 100, 301, 301}, {"NN", 150, 301, 301}, {"NN", 200, 301, 301}, {"NN", 200, 500, 300}, {"NN", 150, 500, 300},
			{"NN", 32, 2001, 300}, {"NN", 40, 2001, 300}, {"NN", 60, 2001, 300}, {"NN", 96, 1040, 512}, {"NN", 150, 800, 800}, {"NN", 200, 704, 301},
			{"NN", 1000, 1024, 2}, {"NN", 1000, 1024, 4}, {"NN", 1000, 1024, 8}, {"NN", 200, 1024, 4}, {"NN", 1000, 512, 4}, {"NN", 1000, 512, 8}, {"NN", 1000, 1000, 4},
		},
		either(func(c *choice) { c.plan.packB = false }, func(c *choice) { c.plan.packB = true }),
	},
	{
		"KC of a B that lies", [2]string{"of the caches", "1024"},
		[]questionShape{{"NN", 128, 300, 1500}, {"NN", 129, 300, 1500}, {"NN", 64, 128, 784}, {"NN", 100, 100, 1024}, {"NN", 64, 512, 784}, {"NN", 32, 256, 784}},
		either(func(c *choice) { c.plan.kc = min(c.plan.kc, 512) }, func(c *choice) { c.plan.kc = 1024 }),
	},
	{
		"KC of blocks", [2]string{"512", "1024"},
		[]questionShape{{"NN", 500, 500, 700}, {"NN", 700, 700, 700}, {"NN", 1441, 1336, 600}, {"NN", 300, 300, 760}, {"NN", 1000, 1000, 1000}, {"NN", 1024, 1024, 1024}, {"NN", 2048, 2048, 2048},
			{"NT", 1000, 1000, 1000}, {"TN", 1000, 1000, 1000}, {"TN", 1024, 1024, 1024}, {"NN", 300, 1000, 1000}},
		either(func(c *choice) { c.plan.kc = min(c.plan.kc, 512) }, func(c *choice) { c.plan.kc = max(c.plan.kc, 1024) }),
	},
	{
		"KC of one strip", [2]string{"512", "all of k"},
		[]questionShape{{"NN", 1000, 8, 1000}, {"NN", 2000, 8, 2000}, {"NN", 4000, 8, 1000}, {"NN", 4000, 16, 1000}, {"NT", 4000, 8, 1000}, {"NN", 2000, 4, 2000}},
		either(func(c *choice) { c.plan.kc = min(c.plan.kc, 512) }, func(c *choice) { c.plan.kc = max(c.plan.kc, 2000) }),
	},
	{
		"KC and MC of few columns where L2 is big", [2]string{"of the caches", "1024 and 64"},
		[]questionShape{{"NN", 2000, 24, 2000}, {"NN", 2000, 64, 2000}, {"NN", 2000, 128, 2000}, {"NN", 1000, 64, 1000}, {"NN", 1000, 40, 600}, {"NN", 3000, 64, 512}, {"NN", 512, 128, 784},
			{"NN", 300, 50, 700}, {"NN", 500, 24, 1500}, {"NN", 1000, 200, 1000}, {"NT", 600, 64, 600}},
		either(func(c *choice) {
			if c.plan.mc == 64 || c.plan.mc == 60 { // of MR = 8 and 6
				c.plan.kc, c.plan.mc = 256, 32
			}
		}, func(c *choice) {
			if c.plan.mc != 64 && c.plan.mc != 60 {
				c.plan.kc, c.plan.mc = 1024, 64
			}
		}),
	},
	{
		"MC of few steps", [2]string{"less", "128"},
		[]questionShape{{"NN", 1000, 1000, 2}, {"NN", 1000, 1000, 4}, {"NN", 1000, 992, 8}, {"NN", 1000, 1000, 16}, {"TN", 500, 800, 8}, {"NT", 1500, 600, 6}, {"NN", 200, 400, 8},
			{"NN", 1000, 1004, 4}, {"NN", 1000, 1024, 4}},
		either(func(c *choice) {
			if c.plan.mc >= 126 {
				c.plan.mc = 32
			}
		}, func(c *choice) {
			if c.plan.mc < 126 {
				c.plan.mc = 128
			}
		}),
	},
	{
		"KC of columns of pages", [2]string{"of the caches", "48 or less"},
		[]questionShape{{"NN", 2, 1024, 1024}, {"NN", 8, 1024, 1024}, {"NN", 16, 1024, 1024}, {"NN", 48, 1024, 1024}, {"NN", 40, 1024, 100}, {"NN", 40, 1024, 200}, {"TN", 16, 1024, 1024},
			{"TN", 1024, 64, 1024}, {"TN", 1024, 32, 1024}, {"TN", 784, 32, 512}, {"TN", 784, 64, 512}, {"TN", 512, 32, 512}, {"NN", 32, 1000, 1000}, {"NN", 64, 784, 784}, {"NN", 60, 1200, 300}},
		either(func(c *choice) {
			if c.plan.kc <= 48 {
				c.plan.kc = 512
			}
		}, func(c *choice) { c.plan.kc = min(c.plan.kc, 48) }),
	},
	{
		"two threads", [2]string{"one", "two"},
		[]questionShape{
			{"NN", 64, 64, 64}, {"NN", 90, 90, 90}, {"NN", 100, 100, 100}, {"NN", 101, 101, 101}, {"NN", 128, 128, 128}, {"NN", 160, 160, 160}, {"NT", 101, 101, 101}, {"NT", 128, 128, 128},
			{"NN", 200, 1, 200}, {"NN", 300, 1, 300}, {"NN", 362, 1, 362}, {"NN", 512, 1, 512}, {"NN", 1, 300, 300}, {"NN", 1, 362, 362}, {"NN", 1, 512, 512},
			{"NT", 3, 700, 400}, {"NT", 3, 900, 400}, {"TN", 800, 3, 400}, {"TN", 1000, 3, 400},
		},
		either(func(c *choice) { c.threads = 1 }, func(c *choice) { c.threads = 2 }),
	},
}

// BenchmarkPaths computes each question's products in both ways, in turn, and
// reports how long each takes. Its names say which way the tables choose, so a
// ratio below 1 asks for another condition; compare's command paths tells.
func BenchmarkPaths(b *testing.B) {
	for _, level := range asm.Levels()[1:] {
		restore, err := asm.Use(level)
		if err != nil {
			b.Fatal(err)
		}
		for _, q := range questions {
			for _, s := range q.shapes {
				benchmarkPaths[float32](b, q, s)
				benchmarkPaths[float64](b, q, s)
			}
		}
		restore()
	}
}

func benchmarkPaths[T Float](b *testing.B, q question, s questionShape) {
	kernels := asm.For[T]()
	rowsA, lda := opShape(Transpose(s.op[0]), s.m, s.k)
	rowsB, ldb := opShape(Transpose(s.op[1]), s.k, s.n)
	g := product[T]{tA: s.op[0] == 'T', tB: s.op[1] == 'T', m: s.m, n: s.n, k: s.k, alpha: 1, lda: lda, ldb: ldb, ldc: s.n}
	chosen := choice{by: pathFor(kernels, &g), plan: planFor(kernels, &g)}
	chosen.plan.kc = min(chosen.plan.kc, s.k) // more is the same
	chosen.far = chosen.by == byFewRows && fewFarRows[T](max(s.m, s.n), s.k) || chosen.by == byRows && dotsFar(kernels, s.m, s.k) || chosen.by == byRow && rowsTogether[T](s.k, s.n, 32) < 32
	chosen.rowwise = isRowwise(kernels, s.m, s.n, s.k)
	if chosen.threads = 1; q.name == "two threads" {
		if Threads() < 2 {
			return
		}
		chosen.threads = min(2, threadsFor(g.work(), grainBy[T](chosen.by)))
	}
	var ways [2]choice
	which := -1
	for i := range ways {
		ways[i] = chosen
		q.choose(&ways[i], i)
		ways[i].plan.kc = min(ways[i].plan.kc, s.k)
		if ways[i] == chosen {
			which = i
		}
	}
	if which < 0 {
		b.Fatalf("%s %v: %+v is neither way", q.name, s, chosen)
	}
	run := func(c choice, reps int) time.Duration {
		SetThreads(c.threads)
		defer SetThreads(0)
		if c.far != chosen.far {
			defer func(size int, full, small bool) { fromMemory, fullWidth, smallL2 = size, full, small }(fromMemory, fullWidth, smallL2)
			if fromMemory, fullWidth, smallL2 = 0, false, false; !c.far {
				fromMemory = math.MaxInt / 4
			}
		}
		by := (*product[T]).by
		if c.rowwise != chosen.rowwise { // by the tables with that rule, or without
			defer func(small bool) { smallL2 = small }(smallL2)
			smallL2 = c.rowwise
			by = func(g *product[T], kernels *asm.Kernels[T], _ choice) { g.run(kernels) }
		}
		start := time.Now()
		for range reps {
			h := g
			by(&h, kernels, c)
		}
		return time.Since(start)
	}
	name := fmt.Sprintf("rule=%s/m=%d/n=%d/k=%d/op=%s/type=%s/level=%s/chosen=%s/other=%s",
		q.name, s.m, s.n, s.k, s.op, typeName[T](), Level(), q.ways[which], q.ways[1-which])
	name = strings.ReplaceAll(name, " ", "_")
	b.Run(name, func(b *testing.B) {
		next := normals[T](rand.New(rand.NewPCG(73, 1)))
		g.a, g.b, g.c = newOperand(rowsA, lda, 0, next).data, newOperand(rowsB, ldb, 0, next).data, make([]T, s.m*s.n)
		reps := 1
		for run(chosen, reps) < time.Millisecond {
			reps *= 2
		}
		run(ways[1-which], 1)
		var took [2]time.Duration
		for b.Loop() {
			took[0] += run(ways[which], reps)
			took[1] += run(ways[1-which], reps)
		}
		b.ReportMetric(float64(took[0].Nanoseconds())/float64(b.N*reps), "chosen-ns")
		b.ReportMetric(float64(took[1].Nanoseconds())/float64(b.N*reps), "other-ns")
		b.ReportMetric(0, "ns/op") // of both together says nothing
	})
}

func typeName[T Float]() string { return fmt.Sprintf("f%d", 8*unsafe.Sizeof(T(0))) }

// by computes the product as c says.
func (g *product[T]) by(kernels *asm.Kernels[T], c choice) {
	switch {
	case c.by == byBlocks && c.threads > 1:
		ws := getWorkspace[T](0, 0)
		multiplyGrid(kernels, c.plan, g, c.threads, ws)
		putWorkspace(ws)
	case c.by == byBlocks:
		ws := getWorkspace[T](0, 0)
		multiplyBlocks(kernels, c.plan, g, ws)
		putWorkspace(ws)
	case c.threads > 1:
		g.share(kernels, c.by, c.threads)
	default:
		g.direct(kernels, c.by)
	}
}
