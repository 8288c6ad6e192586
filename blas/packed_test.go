package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/internal/ref"
)

// checkPacked packs each operand in turn and compares with Gemm, whole and by
// threads.
func checkPacked[T Float](t *testing.T, bl blocks, op [2]Transpose, m, n, k, pad int, beta T, next func() T) {
	t.Helper()
	rows, cols := opShape(op[0], m, k)
	a := newOperand(rows, cols, pad, next)
	rows, cols = opShape(op[1], k, n)
	b := newOperand(rows, cols, pad, next)
	c := newOperand(m, n, pad, next)
	if beta == 0 {
		for i := range c.data {
			c.data[i] = ref.Payload[T]()
		}
	}
	want := c.clone()
	Gemm(op[0], op[1], m, n, k, 1, a.data, a.ld, b.data, b.ld, beta, want.data, want.ld)
	for _, isA := range []bool{true, false} {
		var p *Packed[T]
		if isA {
			p = PackA(op[0], m, k, a.data, a.ld)
		} else {
			p = PackB(op[1], k, n, b.data, b.ld)
		}
		got := c.clone()
		g := product[T]{
			tA: op[0] != NoTrans, tB: op[1] != NoTrans, m: m, n: n, k: k,
			alpha: 1, a: a.data, lda: a.ld, b: b.data, ldb: b.ld, beta: beta, c: got.data, ldc: got.ld,
		}
		what := fmt.Sprintf("op=%c%c m=%d n=%d k=%d pad=%d beta=%v blocks=%v, packed A: %v", op[0], op[1], m, n, k, pad, beta, bl, isA)
		switch {
		case bl == blocks{} || m == 0 || n == 0 || k == 0 || g.order() != chain:
			if isA {
				GemmPacked(op[1], n, p, b.data, b.ld, beta, got.data, got.ld)
			} else {
				GemmPacked(op[0], m, p, a.data, a.ld, beta, got.data, got.ld)
			}
		default:
			p = pack(p.kernels, bl.kc, isA, &g)
			if isA {
				g.pa, g.a = p, nil
			} else {
				g.pb, g.b = p, nil
			}
			multiply(p.kernels, p.plan(plan{blocks: bl, packA: true, packB: true}), &g)
			byThreads := c.clone()
			g.c = byThreads.data
			ws := getWorkspace[T](0, 0)
			multiplyGrid(p.kernels, plan{blocks: blocks{bl.mc, p.kc, bl.nc}, packA: m%2 == 0, packB: op[1] != NoTrans}, &g, 3, ws)
			putWorkspace(ws)
			checkSame(t, what+", by threads", byThreads.data, want.data)
		}
		checkSame(t, what, got.data, want.data)
		if err := got.checkGaps(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// TestPackedLattice meets the edges of panels and of blocks, which are tiny.
func TestPackedLattice(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, packedLattice[float32], packedLattice[float64])
	})
}

func packedLattice[T Float](t *testing.T) {
	kernels := asm.For[T]()
	mr, nr := kernels.MR, kernels.NR
	next := normals[T](rand.New(rand.NewPCG(67, 1)))
	ms := lattice(0, 1, mr-1, mr, mr+1, 2*mr+1, 4*mr+1)
	ns := lattice(0, 1, nr-1, nr, nr+1, 2*nr+1, 4*nr+1)
	ks := []int{0, 1, 7, 8, 9, 19}
	if testing.Short() {
		ms, ns, ks = lattice(1, mr+1, 4*mr+1), lattice(1, nr+1, 4*nr+1), []int{0, 1, 19}
	}
	SetThreads(3)
	defer SetThreads(0)
	count := 0
	for _, m := range ms {
		for _, n := range ns {
			for _, k := range ks {
				for _, bl := range []blocks{{}, {mc: 2 * mr, kc: 8, nc: 2 * nr}, {mc: mr, kc: 3, nc: 4 * nr}} {
					count++
					checkPacked(t, bl, transposes[count%4], m, n, k, count/4%3, []T{0, 1, -0.5}[count%3], next)
				}
			}
		}
	}
	if !testing.Short() {
		checkPacked(t, blocks{}, transposes[1], 300, 170, 1100, 1, 0.5, next)
	}
}

// TestPackedOrders meets the shapes that are not chains.
func TestPackedOrders(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, packedOrders[float32], packedOrders[float64])
	})
}

func packedOrders[T Float](t *testing.T) {
	next := normals[T](rand.New(rand.NewPCG(68, 1)))
	ks := []int{127, 128, 131, 1030}
	if testing.Short() {
		ks = ks[2:3]
	}
	for _, op := range transposes {
		for _, m := range []int{1, 2, 4, 5, 9} {
			for _, n := range []int{1, 3, 4, 5, 9} {
				for _, k := range ks {
					checkPacked(t, blocks{}, op, m, n, k, (m+n)%3, []T{0, 1, -0.5}[(m+k)%3], next)
				}
			}
		}
	}
}

// A packed operand stays with the level that it was packed at.
func TestPackedKeepsItsLevel(t *testing.T) {
	const n = 50
	next := normals[float32](rand.New(rand.NewPCG(71, 1)))
	a, b := newOperand(n, n, 0, next), newOperand(n, n, 0, next)
	want, got := make([]float32, n*n), make([]float32, n*n)
	for _, level := range asm.Levels() {
		restore, err := asm.Use(level)
		if err != nil {
			t.Fatal(err)
		}
		p := PackB(Trans, n, n, b.data, n)
		Gemm(NoTrans, Trans, n, n, n, 1, a.data, n, b.data, n, 0, want, n)
		restore()
		GemmPacked(NoTrans, n, p, a.data, n, 0, got, n)
		checkSame(t, "packed at "+level, got, want)
	}
}

// Packing copies: what becomes of the matrix does not matter, and many may read
// the copy.
func TestPackedIsShared(t *testing.T) {
	const m, n, k = 60, 40, 90
	next := normals[float64](rand.New(rand.NewPCG(73, 1)))
	a, b := newOperand(m, k, 0, next), newOperand(k, n, 0, next)
	want := make([]float64, m*n)
	Gemm(NoTrans, NoTrans, m, n, k, 1, a.data, k, b.data, n, 0, want, n)
	p := PackA(NoTrans, m, k, a.data, k)
	clear(a.data)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			got := make([]float64, m*n)
			for range 10 {
				GemmPacked(NoTrans, n, p, b.data, n, 0, got, n)
				for i, v := range want {
					if got[i] != v {
						t.Errorf("element %d is %v, want %v", i, got[i], v)
						return
					}
				}
			}
		})
	}
	all.Wait()
}

func TestPackedPanics(t *testing.T) {
	x := make([]float32, 12) // 3×4 and 4×3
	c := make([]float32, 9)
	packedA, packedB := PackA(NoTrans, 3, 4, x, 4), PackB(NoTrans, 4, 3, x, 3)
	for _, test := range []struct {
		name string
		call func()
		want any
	}{
		{"PackA, transpose", func() { PackA('x', -1, 4, x, 4) }, badTranspose},
		{"PackA, m", func() { PackA(NoTrans, -1, -1, x, 0) }, mLT0},
		{"PackA, k", func() { PackA(NoTrans, 3, -1, x, 0) }, kLT0},
		{"PackA, lda", func() { PackA(NoTrans, 3, 4, x[:1], 3) }, badLdA},
		{"PackA, lda of Aᵀ", func() { PackA(Trans, 3, 4, x[:1], 2) }, badLdA},
		{"PackA, short", func() { PackA(NoTrans, 3, 4, x[:11], 4) }, shortA},
		{"PackA, lda that wraps", func() { PackA(NoTrans, 3, 4, x, math.MaxInt) }, shortA},
		{"PackB, transpose", func() { PackB(0, -1, 4, x, 4) }, badTranspose},
		{"PackB, n", func() { PackB(NoTrans, -1, -1, x, 0) }, nLT0},
		{"PackB, k", func() { PackB(NoTrans, -1, 3, x, 0) }, kLT0},
		{"PackB, ldb", func() { PackB(NoTrans, 4, 3, x[:1], 2) }, badLdB},
		{"PackB, short", func() { PackB(NoTrans, 4, 3, x[:11], 3) }, shortB},
		{"nil", func() { GemmPacked[float32]('x', -1, nil, x, 3, 0, c, 3) }, badPacked},
		{"zero value", func() { GemmPacked(NoTrans, 3, new(Packed[float32]), x, 3, 0, c, 3) }, badPacked},
		{"transpose", func() { GemmPacked('x', -1, packedA, x, 3, 0, c, 3) }, badTranspose},
		{"n", func() { GemmPacked(NoTrans, -1, packedA, x, 0, 0, c, 0) }, nLT0},
		{"m", func() { GemmPacked(NoTrans, -1, packedB, x, 0, 0, c, 0) }, mLT0},
		{"ldb", func() { GemmPacked(NoTrans, 3, packedA, x, 2, 0, c, 2) }, badLdB},
		{"lda", func() { GemmPacked(NoTrans, 3, packedB, x, 3, 0, c, 2) }, badLdA},
		{"ldc", func() { GemmPacked(NoTrans, 3, packedA, x[:1], 3, 0, c, 2) }, badLdC},
		{"short b", func() { GemmPacked(NoTrans, 3, packedA, x[:11], 3, 0, c[:1], 3) }, shortB},
		{"short a", func() { GemmPacked(Trans, 3, packedB, x[:11], 3, 0, c[:1], 3) }, shortA},
		{"short c", func() { GemmPacked(NoTrans, 3, packedB, x, 4, 0, c[:8], 3) }, shortC},
		{"epilogue, nil", func() { GemmPackedEpilogue(NoTrans, 3, nil, x, 4, 0, c, 3, Epilogue[float32]{}) }, badPacked},
		{"epilogue, ldc before Act", func() { GemmPackedEpilogue(NoTrans, 3, packedA, x, 3, 0, c, 2, Epilogue[float32]{Act: activations}) }, badLdC},
		{"Act before c", func() {
			GemmPackedEpilogue(NoTrans, 3, packedA, x, 3, 0, c[:1], 3, Epilogue[float32]{Act: activations})
		}, badAct},
		{"short c before bias", func() { GemmPackedEpilogue(NoTrans, 3, packedB, x, 4, 0, c[:8], 3, Epilogue[float32]{Bias: x[:2]}) }, shortC},
		{"short bias", func() { GemmPackedEpilogue(NoTrans, 3, packedB, x, 4, 0, c, 3, Epilogue[float32]{Bias: x[:2]}) }, shortBias},
		{"sums over C", func() { GemmPackedEpilogue(NoTrans, 3, packedB, x, 4, 0, c, 3, Epilogue[float32]{Sums: c}) }, badOverlap},
		{"epilogue of no columns", func() { GemmPackedEpilogue(NoTrans, 0, packedA, nil, 1, 0, nil, 1, Epilogue[float32]{Sums: x[:2]}) }, shortSums},
		{"packed A", func() { GemmPacked(NoTrans, 3, packedA, x, 3, 0, c, 3) }, nil},
		{"packed B", func() { GemmPacked(NoTrans, 3, packedB, x, 4, 0, c, 3) }, nil},
		{"nothing", func() { GemmPacked(NoTrans, 0, packedA, nil, 1, 0, nil, 1) }, nil},
	} {
		for i := range c {
			c[i] = 7
		}
		got := func() (recovered any) {
			defer func() { recovered = recover() }()
			test.call()
			return nil
		}()
		if got != test.want {
			t.Errorf("%s: panic %v, want %v", test.name, got, test.want)
		}
		for i, v := range c {
			if test.want != nil && v != 7 {
				t.Errorf("%s: c[%d] was written", test.name, i)
			}
		}
	}
}

func TestPackedAllocatesNothing(t *testing.T) {
	const n = 70
	a, b, c := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
	p := PackA(NoTrans, n, n, a, n)
	if got := testing.AllocsPerRun(10, func() { GemmPacked(Trans, n, p, b, n, 0, c, n) }); got != 0 {
		t.Errorf("%v allocations a call", got)
	}
}
