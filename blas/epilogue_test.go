package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/internal/ref"
)

// plainEpilogue does the steps of GemmEpilogue's comment one after another.
func plainEpilogue[T Float](tA, tB Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int, ep Epilogue[T]) {
	if ep.Bias != nil {
		for i := range m {
			for j := range n {
				if beta == 0 {
					c[i*ldc+j] = ep.Bias[i]
				} else {
					c[i*ldc+j] = T(beta*c[i*ldc+j]) + ep.Bias[i]
				}
			}
		}
		beta = 1
	}
	Gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	for i := range m {
		if n == 0 {
			break
		}
		row := c[i*ldc:][:n]
		switch ep.Act {
		case ActSigmoid:
			Sigmoid(row, row)
		case ActTanh:
			Tanh(row, row)
		case ActReLU:
			ReLU(row, row)
		case ActSiLU:
			SiLU(row, row)
		}
		if ep.Grad != ActNone {
			aux := ep.Aux[i*ep.LdAux:][:n]
			switch ep.Grad {
			case ActSigmoid:
				SigmoidGrad(row, row, aux)
			case ActTanh:
				TanhGrad(row, row, aux)
			case ActReLU:
				ReLUGrad(row, row, aux)
			}
		}
	}
	if ep.Sums != nil {
		RowSums(m, n, c, ldc, ep.Sums)
	}
}

// The parts of an epilogue, as bits.
const (
	withBias = 1 << iota
	withSums
	withAct
	withGrad // in place of the activation
	allParts = withBias | withSums | withGrad
)

// checkEpilogue compares one call, by the plan and the number of threads given,
// or through GemmEpilogue itself if threads is 0, with the steps one by one.
func checkEpilogue[T Float](t *testing.T, p plan, threads int, op [2]Transpose, m, n, k, pad int, alpha, beta T, parts int, next func() T) {
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
	aux := newOperand(m, n, (pad+1)%3, next)
	var ep Epilogue[T]
	behind := ref.Payload[T]()
	if parts&withBias != 0 {
		ep.Bias = newOperand(1, m, 0, next).data
		if ep.Bias == nil {
			ep.Bias = []T{}
		}
	}
	if parts&withSums != 0 {
		ep.Sums = slices.Repeat([]T{behind}, m+2)
	}
	act := []Activation{ActSigmoid, ActTanh, ActReLU, ActSiLU}[(m+n+k+pad)%4]
	if parts&withGrad != 0 && act == ActSiLU {
		act = ActTanh
	}
	if parts&withGrad != 0 {
		ep.Grad, ep.Aux, ep.LdAux = act, aux.data, aux.ld
	} else if parts&withAct != 0 {
		ep.Act = act
	}
	want, wantEp := c.clone(), ep
	if ep.Sums != nil {
		wantEp.Sums = slices.Clone(ep.Sums)
	}
	plainEpilogue(op[0], op[1], m, n, k, alpha, a.data, a.ld, b.data, b.ld, beta, want.data, want.ld, wantEp)

	what := fmt.Sprintf("op=%c%c m=%d n=%d k=%d pad=%d alpha=%v beta=%v parts=%b plan=%v threads=%d",
		op[0], op[1], m, n, k, pad, alpha, beta, parts, p, threads)
	got := c.clone()
	beforeAux := aux.clone()
	if threads == 0 || m == 0 || n == 0 {
		GemmEpilogue(op[0], op[1], m, n, k, alpha, a.data, a.ld, b.data, b.ld, beta, got.data, got.ld, ep)
	} else {
		p.packA = p.packA || alpha != 1
		p.packB = p.packB || op[1] != NoTrans
		g := product[T]{
			tA: op[0] != NoTrans, tB: op[1] != NoTrans, m: m, n: n, k: k,
			alpha: alpha, a: a.data, lda: a.ld, b: b.data, ldb: b.ld, beta: beta, c: got.data, ldc: got.ld,
		}
		if alpha == 0 {
			g.k = 0
		}
		e := epilogue[T]{Epilogue: ep}
		if e.Sums != nil {
			e.Sums = e.Sums[:m]
		}
		multiplyEpilogue(asm.For[T](), p, &g, e, threads)
	}
	checkSame(t, what, got.data, want.data)
	if err := got.checkGaps(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	checkSame(t, what+", sums", ep.Sums, wantEp.Sums)
	if threads == 0 && alpha == 1 {
		packed := c.clone()
		GemmPackedEpilogue(op[1], n, PackA(op[0], m, k, a.data, a.ld), b.data, b.ld, beta, packed.data, packed.ld, ep)
		checkSame(t, what+", packed A", packed.data, want.data)
		checkSame(t, what+", packed A, sums", ep.Sums, wantEp.Sums)
		packed = c.clone()
		GemmPackedEpilogue(op[0], m, PackB(op[1], k, n, b.data, b.ld), a.data, a.ld, beta, packed.data, packed.ld, ep)
		checkSame(t, what+", packed B", packed.data, want.data)
		checkSame(t, what+", packed B, sums", ep.Sums, wantEp.Sums)
	}
	checkSame(t, what+", aux", aux.data, beforeAux.data)
}

// TestEpilogueLattice meets the edges of tiles, of blocks, which are tiny, and of
// pieces, with all parts of the epilogue that go together.
func TestEpilogueLattice(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, epilogueLattice[float32], epilogueLattice[float64])
	})
}

func epilogueLattice[T Float](t *testing.T) {
	kernels := asm.For[T]()
	mr, nr := kernels.MR, kernels.NR
	defer func(before int) { hotBytes = before }(hotBytes)
	rng := rand.New(rand.NewPCG(47, 1))
	next := normals[T](rng)
	withZeros := func() T {
		switch rng.IntN(6) {
		case 0:
			return 0
		case 1:
			return T(math.Copysign(0, -1))
		}
		return next()
	}
	ms := lattice(0, 1, 2, mr-1, mr, mr+1, 2*mr+1, 4*mr+1)
	ns := lattice(0, 1, nr-1, nr, nr+1, 2*nr+1, 4*nr+1, 255, 256, 257, 513, 600)
	ks := []int{0, 1, 3, 8, 9, 19}
	if testing.Short() {
		ms, ns, ks = lattice(1, mr+1, 4*mr+1), lattice(1, nr+1, 257, 600), []int{0, 1, 19}
	}
	alphas, betas := []T{1, 0.7, 1, 0, 1, 0.7}, []T{0, 1, 0.5, 0}
	count := 0
	for _, m := range ms {
		for _, n := range ns {
			for _, k := range ks {
				for parts := range 1 << 4 {
					if testing.Short() && parts%3 != count%3 || parts&withAct != 0 && parts&withGrad != 0 {
						continue
					}
					count++
					hotBytes = []int{1, 3 * mr * nr * 8, 1 << 20}[count%3]
					op, pad := transposes[rng.IntN(4)], rng.IntN(3)
					p := plan{
						blocks: blocks{mc: 2 * mr, kc: 8, nc: 2 * nr},
						packA:  rng.IntN(2) == 0, packB: rng.IntN(2) == 0,
					}
					if rng.IntN(2) == 0 {
						p.nc = 4 * 256
					}
					threads := []int{0, 1, 2, 5}[rng.IntN(4)]
					if threads > 1 {
						SetThreads(threads)
					}
					checkEpilogue(t, p, threads, op, m, n, k, pad, alphas[rng.IntN(6)], betas[rng.IntN(4)], parts,
						[]func() T{next, withZeros}[rng.IntN(2)])
					SetThreads(0)
				}
			}
		}
	}
}

// TestEpilogueBlocks has shapes of several of the machine's own blocks, by
// several threads.
func TestEpilogueBlocks(t *testing.T) {
	shapes := [][3]int{{64, 128, 784}, {300, 1030, 70}, {5, 4500, 40}, {530, 40, 600}}
	if testing.Short() {
		shapes = shapes[:1]
	}
	onLevels(t, func(t *testing.T) {
		onTypes(t,
			func(t *testing.T) { epilogueBlocks[float32](t, shapes) },
			func(t *testing.T) { epilogueBlocks[float64](t, shapes) })
	})
}

func epilogueBlocks[T Float](t *testing.T, shapes [][3]int) {
	next := normals[T](rand.New(rand.NewPCG(53, 1)))
	for i, s := range shapes {
		for _, threads := range []int{1, 4} {
			withThreads(threads, 3, func() {
				for _, parts := range []int{withBias | withAct, allParts, withSums} {
					checkEpilogue(t, plan{}, 0, transposes[i], s[0], s[1], s[2], i%2, 1, 0.5, parts, next)
				}
			})
		}
	}
}

// TestEpilogueSpecialValues puts NaN, infinities and others into all operands.
func TestEpilogueSpecialValues(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, epilogueSpecials[float32], epilogueSpecials[float64])
	})
}

func epilogueSpecials[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(59, 1))
	specials := ref.Specials[T]()
	kernels := asm.For[T]()
	for range 300 {
		checkEpilogue(t, plan{}, 0, transposes[rng.IntN(4)], 1+rng.IntN(2*kernels.MR), 1+rng.IntN(2*kernels.NR), rng.IntN(4), rng.IntN(3),
			specials[rng.IntN(len(specials))], []T{0, 1, specials[rng.IntN(len(specials))]}[rng.IntN(3)], rng.IntN(allParts+1),
			func() T {
				if rng.IntN(3) == 0 {
					return specials[rng.IntN(len(specials))]
				}
				return T(rng.NormFloat64())
			})
	}
}

func TestEpiloguePanics(t *testing.T) {
	onTypes(t, epiloguePanics[float32], epiloguePanics[float64])
}

func epiloguePanics[T Float](t *testing.T) {
	type ep = Epilogue[T]
	for _, test := range []struct {
		name     string
		tA       Transpose
		m, n, k  int
		lda, ldc int
		lenC     int
		ep       func(x []T) ep
		want     any
	}{
		{name: "transpose first", tA: 'x', m: -1, n: 3, k: 2, lda: 2, ldc: 3, ep: func([]T) ep { return ep{Act: 9} }, want: badTranspose},
		{name: "m before Act", m: -1, n: 3, k: 2, lda: 2, ldc: 3, ep: func([]T) ep { return ep{Act: 9} }, want: mLT0},
		{name: "ldc before Act", m: 2, n: 3, k: 2, lda: 2, ldc: 2, ep: func([]T) ep { return ep{Act: 9} }, want: badLdC},
		{name: "Act", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func([]T) ep { return ep{Act: activations} }, want: badAct},
		{name: "Act of nothing", m: 0, n: 0, k: 0, lda: 1, ldc: 1, ep: func([]T) ep { return ep{Act: 255, Grad: 255} }, want: badAct},
		{name: "Grad", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func([]T) ep { return ep{Act: ActSigmoid, Grad: activations} }, want: badGrad},
		{name: "Grad that is none", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func([]T) ep { return ep{Grad: ActSiLU} }, want: badGrad},
		{name: "Act and Grad", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func([]T) ep { return ep{Act: ActSigmoid, Grad: ActSigmoid} }, want: actAndGrad},
		{name: "LdAux", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func([]T) ep { return ep{Grad: ActSigmoid, LdAux: 2} }, want: badLdAux},
		{name: "LdAux of nothing", m: 0, n: 0, k: 0, lda: 1, ldc: 1, ep: func([]T) ep { return ep{Grad: ActSigmoid} }, want: badLdAux},
		{name: "short c before Bias", m: 2, n: 3, k: 2, lda: 2, ldc: 3, lenC: 5, ep: func([]T) ep { return ep{Bias: []T{}} }, want: shortC},
		{name: "short Bias", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Bias: x[20:21], Sums: []T{}} }, want: shortBias},
		{name: "empty Bias", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func([]T) ep { return ep{Bias: []T{}} }, want: shortBias},
		{name: "no Aux", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func([]T) ep { return ep{Grad: ActSigmoid, LdAux: 3} }, want: noAux},
		{name: "short Aux", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Grad: ActSigmoid, Aux: x[20:25], LdAux: 3} }, want: shortAux},
		{name: "LdAux that wraps", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Grad: ActSigmoid, Aux: x[20:26], LdAux: math.MaxInt} }, want: shortAux},
		{name: "short Sums", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Sums: x[20:21]} }, want: shortSums},
		{name: "short Sums of no columns", m: 2, n: 0, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Sums: x[20:21]} }, want: shortSums},
		{name: "Bias in C", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Bias: x[13:15]} }, want: badOverlap},
		{name: "Bias is C", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Bias: x[10:12]} }, want: badOverlap},
		{name: "Aux over C", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Grad: ActSigmoid, Aux: x[11:17], LdAux: 3} }, want: badOverlap},
		{name: "Aux is C of another stride", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Grad: ActSigmoid, Aux: x[10:17], LdAux: 4} }, want: badOverlap},
		{name: "Sums over C", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Sums: x[15:17]} }, want: badOverlap},
		{name: "Sums is Bias", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Bias: x[20:22], Sums: x[20:22]} }, want: badOverlap},
		{name: "Sums over Aux", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Grad: ActSigmoid, Aux: x[20:26], LdAux: 3, Sums: x[25:27]} }, want: badOverlap},
		{name: "all right", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep {
			return ep{Bias: x[16:18], Grad: ActSigmoid, Aux: x[20:26], LdAux: 3, Sums: x[26:28]}
		}},
		{name: "Aux is C", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Grad: ActSigmoid, Aux: x[10:16], LdAux: 3} }},
		{name: "Aux without Grad", m: 2, n: 3, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Aux: x[11:12]} }},
		{name: "no columns, nil Aux", m: 2, n: 0, k: 2, lda: 2, ldc: 3, ep: func(x []T) ep { return ep{Grad: ActSigmoid, LdAux: 1, Bias: []T{}} }},
	} {
		x := make([]T, 64)
		for i := range x {
			x[i] = T(i)
		}
		before := slices.Clone(x)
		if test.tA == 0 {
			test.tA = NoTrans
		}
		c := x[10:16]
		if test.lenC > 0 {
			c = c[:test.lenC]
		}
		got := func() (recovered any) {
			defer func() { recovered = recover() }()
			GemmEpilogue(test.tA, NoTrans, test.m, test.n, test.k, 1, x[:4], test.lda, x[4:10], 3, 0, c, test.ldc, test.ep(x))
			return nil
		}()
		if got != test.want {
			t.Errorf("%s: panic %v, want %v", test.name, got, test.want)
		}
		if test.want != nil {
			checkSame(t, test.name, x, before)
		}
	}
}

// With no columns the sums are those of nothing.
func TestEpilogueEmpty(t *testing.T) {
	sums := []float64{1, 2, 3}
	GemmEpilogue(NoTrans, NoTrans, 2, 0, 5, 1, nil, 5, nil, 1, 0, nil, 1, Epilogue[float64]{Sums: sums})
	checkSame(t, "n=0", sums, []float64{0, 0, 3})
	GemmEpilogue(NoTrans, NoTrans, 0, 2, 5, 1, nil, 5, nil, 2, 0, nil, 2, Epilogue[float64]{Sums: sums})
	checkSame(t, "m=0", sums, []float64{0, 0, 3})
}

func TestEpilogueAllocatesNothing(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		const m, n, k = 40, 300, 50
		a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
		ep := Epilogue[float32]{Bias: make([]float32, m), Grad: ActSigmoid, Aux: make([]float32, m*n), LdAux: n, Sums: make([]float32, m)}
		if got := testing.AllocsPerRun(10, func() {
			GemmEpilogue(NoTrans, NoTrans, m, n, k, 1, a, k, b, n, 0, c, n, ep)
		}); got != 0 {
			t.Errorf("%v allocations a call", got)
		}
	})
}
