package blas

import (
	"math"
	"unsafe"

	"github.com/lanewise/lanewise/asm"
)

// Activation is a function that an epilogue applies to each element.
type Activation uint8

// The activations.
const (
	ActNone    Activation = iota // the identity
	ActSigmoid                   // σ, as [Sigmoid] computes it; its gradient is [SigmoidGrad]'s
	ActTanh                      // [Tanh]; its gradient is [TanhGrad]'s
	ActReLU                      // [ReLU]; its gradient is [ReLUGrad]'s
	ActSiLU                      // [SiLU], as Act only: its gradient isn't a function of its value
	activations
)

// activation returns an activation's kernels.
func activation[T Float](kernels *asm.Kernels[T], a Activation) (value func(n int, dst, src *T), grad func(n int, dz, da, a *T)) {
	switch a {
	case ActSigmoid:
		return kernels.Sigmoid, kernels.SigmoidGrad
	case ActTanh:
		return kernels.Tanh, kernels.TanhGrad
	case ActReLU:
		return kernels.ReLU, kernels.ReLUGrad
	case ActSiLU:
		return kernels.SiLU, nil
	}
	return nil, nil
}

// Epilogue is what becomes of a product's result C, an m×n matrix, in
// [GemmEpilogue]. Each part that is not its zero value adds a step.
type Epilogue[T Float] struct {
	Bias []T        // m elements: one for each row of C, added before the product
	Act  Activation // C = act(C)

	// C = C ⊙ act′, the gradient with respect to the activation's argument,
	// given C with respect to its value. Act and Grad together panic.
	Grad Activation
	// The m×n matrix of that activation's values, row stride LdAux. It is read
	// with Grad only.
	Aux   []T
	LdAux int

	Sums []T // m elements: the sums of C's rows, overwritten
}

// GemmEpilogue computes what [Gemm] does and goes on with C's elements while they
// are in the cache. Every result has the bits of these steps, those of them that
// ep names:
//
//	c_ij = beta·c_ij + bias_i          (beta·c_ij is rounded; with beta 0, bias_i)
//	C    = alpha·op(A)·op(B) + C       Gemm, with beta = 1 if there was a bias
//	C    = act(C)                      Act: Sigmoid, Tanh, ReLU or SiLU
//	C    = C ⊙ act′                    Grad: SigmoidGrad, TanhGrad or ReLUGrad, of C and Aux
//	sums_i = Σ_j c_ij                  RowSums
//
// The zero value of ep is Gemm. If alpha or k is 0 the steps are the same.
//
// GemmEpilogue panics where Gemm does, and if Act or Grad is none of its
// constants or both are given; with Grad, if LdAux is smaller than n, or 1, if
// Aux is nil or too short or overlaps C inexactly; if Bias or Sums is too short
// but not nil, if Bias overlaps C, and if Sums overlaps C, Bias or Aux.
func GemmEpilogue[T Float](tA, tB Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int, ep Epilogue[T]) {
	s := checkShape(tA, tB, m, n, k, lda, ldb, ldc)
	ep.check(n)
	if m == 0 {
		return
	}
	if n == 0 {
		ep.ofNothing(m)
		return
	}
	g := product[T]{
		tA: tA != NoTrans, tB: tB != NoTrans, m: m, n: n, k: k,
		alpha: alpha, a: a, lda: lda, b: b, ldb: ldb, beta: beta, c: c, ldc: ldc,
	}
	g.checkLengths(s)
	e := ep.of(m, n, c, ldc)
	kernels := asm.For[T]()
	if alpha == 0 || k == 0 {
		g.k = 0
	}
	multiplyEpilogue(kernels, planFor(kernels, &g), &g, e, threadsFor(g.work(), grainBy[T](byBlocks)))
}

// check panics if ep is not an epilogue of n columns, whatever its slices are.
func (ep *Epilogue[T]) check(n int) {
	switch {
	case ep.Act >= activations:
		panic(badAct)
	case ep.Grad >= activations || ep.Grad == ActSiLU:
		panic(badGrad)
	case ep.Act != ActNone && ep.Grad != ActNone:
		panic(actAndGrad)
	case ep.Grad != ActNone && ep.LdAux < max(1, n):
		panic(badLdAux)
	}
}

// ofNothing does what there is of m rows without columns.
func (ep *Epilogue[T]) ofNothing(m int) {
	if ep.Sums == nil {
		return
	}
	if len(ep.Sums) < m {
		panic(shortSums)
	}
	clear(ep.Sums[:m])
}

// of returns the epilogue of a C of m rows and n columns, after checks of ep's slices.
func (ep *Epilogue[T]) of(m, n int, c []T, ldc int) epilogue[T] {
	switch {
	case ep.Bias != nil && len(ep.Bias) < m:
		panic(shortBias)
	case ep.Grad != ActNone && ep.Aux == nil:
		panic(noAux)
	case ep.Grad != ActNone && !holds(len(ep.Aux), m, n, ep.LdAux):
		panic(shortAux)
	case ep.Sums != nil && len(ep.Sums) < m:
		panic(shortSums)
	}
	c = c[:(m-1)*ldc+n]
	e := epilogue[T]{Epilogue: *ep}
	if ep.Bias != nil {
		e.Bias = ep.Bias[:m]
	}
	if ep.Grad != ActNone {
		e.Aux = ep.Aux[:(m-1)*ep.LdAux+n]
	} else {
		e.Aux = nil
	}
	if ep.Sums != nil {
		e.Sums = ep.Sums[:m]
	}
	if overlaps(e.Bias, c) || overlapsInexactly(e.Aux, c) || (len(e.Aux) > 0 && &e.Aux[0] == &c[0] && ep.LdAux != ldc && m > 1) ||
		overlaps(e.Sums, c) || overlaps(e.Sums, e.Bias) || overlaps(e.Sums, e.Aux) {
		panic(badOverlap)
	}
	return e
}

// multiplyEpilogue computes a product and its epilogue by t threads.
func multiplyEpilogue[T Float](kernels *asm.Kernels[T], p plan, g *product[T], e epilogue[T], t int) {
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	defer func() { ws.epilogue = epilogue[T]{} }()
	ws.epilogue = e
	g.ep = &ws.epilogue
	g.ep.begin(ws, g.n)
	if g.k == 0 || g.order() != chain {
		g.ep.apart(kernels, ws, g)
	} else {
		multiplyIn(kernels, p, g, t, ws)
	}
	g.ep.end(g.m)
}

// overlaps reports whether x and y share elements.
func overlaps[T Float](x, y []T) bool {
	return overlapsInexactly(x, y) || len(x) > 0 && len(y) > 0 && &x[0] == &y[0]
}

// epilogue is an Epilogue under way.
type epilogue[T Float] struct {
	Epilogue[T]
	minusZero bool // among the biases
	// partial holds the sums of each row's blocks of columns, as many as parts:
	// Sums itself if that is one.
	partial []T
	parts   int
}

// hotBytes is how much of C a step of the epilogue takes: so much that vectors
// are long, and so little that it is still in the cache nearest to the core.
var hotBytes = cacheL1

// begin prepares for a C of n columns.
func (e *epilogue[T]) begin(ws *workspace[T], n int) {
	for _, v := range e.Bias {
		if v == 0 && math.Signbit(float64(v)) {
			e.minusZero = true
			break
		}
	}
	if e.Sums != nil {
		e.partial, e.parts = e.Sums, (n+asm.SumBlock-1)/asm.SumBlock
		if e.parts > 1 {
			ws.sums = grow(ws.sums, len(e.Sums)*e.parts)
			e.partial = ws.sums
		}
	}
}

// end adds the sums of blocks.
func (e *epilogue[T]) end(m int) {
	if e.parts > 1 {
		for i := range m {
			e.Sums[i] = sumOf(e.partial[i*e.parts:][:e.parts])
		}
	}
}

func (e *epilogue[T]) biased() bool { return e != nil && e.Bias != nil }
func (e *epilogue[T]) summed() bool { return e != nil && e.Sums != nil }

// apart does all steps one after another.
func (e *epilogue[T]) apart(kernels *asm.Kernels[T], ws *workspace[T], g *product[T]) {
	plain := *g
	plain.ep = nil
	if e.biased() {
		rows := roundUp(max(1, chunk/kernels.NR), kernels.MR)
		for i := 0; i < g.m; i += rows {
			for j := 0; j < g.n; j += kernels.NR {
				e.addBias(kernels, ws, g, i, j, min(rows, g.m-i), min(kernels.NR, g.n-j))
			}
		}
		plain.beta = 1
	}
	if g.k == 0 {
		scale(g.m, g.n, plain.beta, g.c, g.ldc)
	} else {
		plain.run(kernels)
	}
	rows := max(1, chunk/g.n)
	for i := 0; i < g.m; i += rows {
		e.activate(kernels, g, i, 0, min(rows, g.m-i), g.n)
		e.addUp(kernels, g, i, 0, min(rows, g.m-i), g.n)
	}
}

// addBias sets c = beta·c + bias in m rows from i on and n ≤ NR columns from j on,
// as a product of the biases and a row of ones. That starts from +0 where beta
// is 0 and would lose the sign of a zero.
func (e *epilogue[T]) addBias(kernels *asm.Kernels[T], ws *workspace[T], g *product[T], i, j, m, n int) {
	mr, nr := kernels.MR, kernels.NR
	for len(ws.ones) < nr {
		ws.ones = append(ws.ones, 1)
	}
	bias := e.Bias[g.i0+i:][:m]
	kernels.Gemm(m, n, 1, &bias[0], mr, 1, 1, &ws.ones[0], nr, g.beta, ptr(g.c, i*g.ldc+j), g.ldc)
	if e.minusZero && g.beta == 0 {
		for r, v := range bias {
			if v != 0 {
				continue
			}
			row := g.c[(i+r)*g.ldc+j:][:n]
			for l := range row {
				row[l] = v
			}
		}
	}
}

// activate applies the activation, or its gradient, to m rows from i on and n
// columns from j on.
func (e *epilogue[T]) activate(kernels *asm.Kernels[T], g *product[T], i, j, m, n int) {
	// Rows without a gap between them are one vector.
	whole := n == g.ldc && (e.Grad == ActNone || n == e.LdAux)
	if whole {
		m, n = 1, m*n
	}
	value, _ := activation(kernels, e.Act)
	_, grad := activation(kernels, e.Grad)
	for r := i; r < i+m; r++ {
		c := g.c[r*g.ldc+j:][:n]
		switch {
		case value != nil:
			unarySpan(value, c, c)
		case grad != nil:
			binarySpan(grad, c, c, e.Aux[(g.i0+r)*e.LdAux+g.j0+j:][:n])
		}
	}
}

// addUp sums the blocks of columns from j, a multiple of SumBlock, on.
func (e *epilogue[T]) addUp(kernels *asm.Kernels[T], g *product[T], i, j, m, n int) {
	if !e.summed() || n == 0 {
		return
	}
	for l := 0; l < n; l += chunk {
		w := min(chunk, n-l)
		rows := max(1, chunk/w)
		for r := i; r < i+m; r += rows {
			kernels.BlockSums(min(rows, i+m-r), w, &g.c[r*g.ldc+j+l], g.ldc,
				&e.partial[(g.i0+r)*e.parts+(g.j0+j+l)/asm.SumBlock], e.parts)
		}
	}
}

// hotBlock is a block of C whose last k block is being added, from left to right.
type hotBlock[T Float] struct {
	i, j, m, n        int
	activated, summed int // columns that have been
}

// finish goes on with the epilogue once the columns before ready have their
// products: with all columns that make up hotBytes, and the last ones.
func (h *hotBlock[T]) finish(kernels *asm.Kernels[T], g *product[T], ready int) {
	size := int(unsafe.Sizeof(T(0)))
	if ready < h.n && (ready-h.activated)*h.m*size < hotBytes {
		return
	}
	g.ep.activate(kernels, g, h.i, h.j+h.activated, h.m, ready-h.activated)
	h.activated = ready
	if ready < h.n {
		ready = ready / asm.SumBlock * asm.SumBlock
	}
	g.ep.addUp(kernels, g, h.i, h.j+h.summed, h.m, ready-h.summed)
	h.summed = ready
}
