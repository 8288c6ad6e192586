package blas

import "github.com/lanewise/lanewise/asm"

// Packed is an operand of matrix products, copied in the order in which they
// read it: for weights that many products share. [PackA] and [PackB] make it, and
// [PackSamples] of a batch; [GemmPacked] and [GemmPackedEpilogue] use it, any number of
// times and from any number of goroutines.
//
// It keeps the kernels of the level in use when it was made, and as much memory
// as its matrix takes, rounded up to whole panels.
type Packed[T Float] struct {
	kernels *asm.Kernels[T]
	isA     bool
	trans   bool // as which it was given: that decides on the order of operations
	extent  int  // m of a packed A, n of a packed B
	k       int
	kc      int
	width   int // of a panel
	across  int // extent, rounded up to panels
	data    []T // for each k block its panels
}

// PackA copies op(A), an m×k matrix, as the first operand of products. See
// [Gemm] for tA and lda; PackA panics as Gemm does.
func PackA[T Float](tA Transpose, m, k int, a []T, lda int) *Packed[T] {
	rows, cols := opShape(tA, m, k)
	switch {
	case m < 0:
		panic(mLT0)
	case k < 0:
		panic(kLT0)
	case lda < max(1, cols):
		panic(badLdA)
	case !holds(len(a), rows, cols, lda):
		panic(shortA)
	}
	kernels := asm.For[T]()
	return pack(kernels, blocksFor(kernels, 0, k).kc, true, &product[T]{tA: tA != NoTrans, m: m, k: k, alpha: 1, a: a, lda: lda})
}

// PackB copies op(B), a k×n matrix, as the second operand of products. See
// [Gemm] for tB and ldb; PackB panics as Gemm does.
func PackB[T Float](tB Transpose, k, n int, b []T, ldb int) *Packed[T] {
	rows, cols := opShape(tB, k, n)
	switch {
	case n < 0:
		panic(nLT0)
	case k < 0:
		panic(kLT0)
	case ldb < max(1, cols):
		panic(badLdB)
	case !holds(len(b), rows, cols, ldb):
		panic(shortB)
	}
	kernels := asm.For[T]()
	return pack(kernels, blocksFor(kernels, 0, k).kc, false, &product[T]{tB: tB != NoTrans, n: n, k: k, b: b, ldb: ldb})
}

// shape makes p a matrix of k steps, in blocks of at most kc, and so many rows or columns; its
// elements are to be written. It keeps p's memory if that is large enough.
func (p *Packed[T]) shape(kernels *asm.Kernels[T], kc int, isA, trans bool, extent, k int) {
	*p = Packed[T]{kernels: kernels, isA: isA, trans: trans, extent: extent, k: k, width: kernels.NR, data: p.data}
	if isA {
		p.width = kernels.MR
	}
	p.across = roundUp(extent, p.width)
	if extent > 0 && k > 0 {
		p.kc = blockSize(k, kc, 1)
		p.data = grow(p.data, p.across*k)
	}
}

// pack packs g's A or B in k blocks of at most kc.
func pack[T Float](kernels *asm.Kernels[T], kc int, isA bool, g *product[T]) *Packed[T] {
	p := new(Packed[T])
	if isA {
		p.shape(kernels, kc, true, g.tA, g.m, g.k)
	} else {
		p.shape(kernels, kc, false, g.tB, g.n, g.k)
	}
	if p.extent == 0 {
		return p
	}
	for pc := 0; pc < p.k; pc += p.kc {
		kb := min(p.kc, p.k-pc)
		if isA {
			packA(kernels, g, 0, pc, p.extent, kb, p.data[pc*p.across:])
		} else {
			packB(kernels, g, pc, 0, kb, p.extent, p.data[pc*p.across:])
		}
	}
	return p
}

// panels returns the address of the panel that begins at row or column i, in
// the k block of kb steps that begins at pc.
func (p *Packed[T]) panels(pc, i, kb int) *T { return ptr(p.data, pc*p.across+i*kb) }

// GemmPacked computes, with P the packed operand,
//
//	C = P·op(B) + beta·C      if P was made by PackA: it is m×k, op(B) k×x, C m×x
//	C = op(A)·P + beta·C      if P was made by PackB: it is k×n, op(A) x×k, C x×n
//
// t says how other, which is A or B with row stride ldo, is read. The result has
// the bits of [Gemm] with alpha = 1 at the level that P was packed at.
//
// GemmPacked panics where Gemm does, and if p is nil or was not made by PackA, PackB
// or PackSamples.
func GemmPacked[T Float](t Transpose, x int, p *Packed[T], other []T, ldo int, beta T, c []T, ldc int) {
	g, s := p.product(t, x, other, ldo, beta, c, ldc)
	if g.m == 0 || g.n == 0 {
		return
	}
	g.checkLengths(s)
	if g.k == 0 {
		scale(g.m, g.n, beta, c, ldc)
		return
	}
	g.run(p.kernels)
}

// GemmPackedEpilogue is [GemmPacked] with an epilogue: it has the bits of
// [GemmEpilogue] with alpha = 1 at the level that P was packed at, and panics where
// one of them does.
func GemmPackedEpilogue[T Float](t Transpose, x int, p *Packed[T], other []T, ldo int, beta T, c []T, ldc int, ep Epilogue[T]) {
	g, s := p.product(t, x, other, ldo, beta, c, ldc)
	ep.check(g.n)
	if g.m == 0 {
		return
	}
	if g.n == 0 {
		ep.ofNothing(g.m)
		return
	}
	g.checkLengths(s)
	e := ep.of(g.m, g.n, c, ldc)
	multiplyEpilogue(p.kernels, p.plan(planFor(p.kernels, &g)), &g, e, threadsFor(g.work(), grainBy[T](byBlocks)))
}

// product returns the product of p and other, after all checks but those of lengths, and
// the shape of what is stored.
func (p *Packed[T]) product(t Transpose, x int, other []T, ldo int, beta T, c []T, ldc int) (g product[T], s shape) {
	if p == nil || p.kernels == nil {
		panic(badPacked)
	}
	g = product[T]{k: p.k, alpha: 1, beta: beta, c: c, ldc: ldc}
	if p.isA {
		s.rowsB, s.colsB = opShape(t, p.k, x)
		g.m, g.n, g.pa, g.tA, g.tB, g.b, g.ldb = p.extent, x, p, p.trans, t != NoTrans, other, ldo
	} else {
		s.rowsA, s.colsA = opShape(t, x, p.k)
		g.m, g.n, g.pb, g.tB, g.tA, g.a, g.lda = x, p.extent, p, p.trans, t != NoTrans, other, ldo
	}
	switch {
	case g.m < 0:
		panic(mLT0)
	case g.n < 0:
		panic(nLT0)
	case !p.isA && ldo < max(1, s.colsA):
		panic(badLdA)
	case p.isA && ldo < max(1, s.colsB):
		panic(badLdB)
	case ldc < max(1, g.n):
		panic(badLdC)
	}
	return g, s
}

// plan returns how to multiply by p, of how its matrix would be: in the k blocks that it was
// packed in.
func (p *Packed[T]) plan(how plan) plan {
	how.kc = p.kc
	if p.isA {
		how.packA = false
	} else {
		how.packB = false
	}
	return how
}

// multiply computes g, whose operand p is.
func (p *Packed[T]) multiply(g *product[T]) {
	switch {
	case g.order() == chain:
		multiply(p.kernels, p.plan(planFor(p.kernels, g)), g)
	case g.order() == fours && !p.isA:
		p.multiplyFours(g)
	default:
		p.multiplyRows(g)
	}
}

// multiplyFours multiplies by a B of few columns in the order of that name, whose
// kernel reads rows of columns: panels become that again.
func (p *Packed[T]) multiplyFours(g *product[T]) {
	ws := getWorkspace[T](g.n*p.k, 0)
	defer putWorkspace(ws)
	for pc := 0; pc < p.k; pc += p.kc {
		kb := min(p.kc, p.k-pc)
		for j := 0; j < g.n; j += p.width {
			panel := p.data[pc*p.across+j*kb:]
			for s := range kb {
				copy(ws.a[(pc+s)*g.n+j:][:min(p.width, g.n-j)], panel[s*p.width:])
			}
		}
	}
	h := *g
	h.pb, h.b, h.ldb = nil, ws.a, g.n
	h.run(p.kernels)
}

// multiplyRows computes a product in the other orders, whose kernels read rows of
// k elements: panels become that again, one at a time.
func (p *Packed[T]) multiplyRows(g *product[T]) {
	ws := getWorkspace[T](min(p.extent, p.width)*p.k, 0)
	defer putWorkspace(ws)
	for i := 0; i < p.extent; i += p.width {
		lines := min(p.width, p.extent-i)
		for pc := 0; pc < p.k; pc += p.kc {
			kb := min(p.kc, p.k-pc)
			panel := p.data[pc*p.across+i*kb:]
			for l := range lines {
				line := ws.a[l*p.k+pc:][:kb]
				for s := range line {
					line[s] = panel[s*p.width+l]
				}
			}
		}
		h := *g
		if p.isA {
			h.pa, h.tA, h.a, h.lda, h.m, h.c = nil, false, ws.a, p.k, lines, g.c[i*g.ldc:]
		} else {
			h.pb, h.tB, h.b, h.ldb, h.n, h.c = nil, true, ws.a, p.k, lines, g.c[i:]
		}
		if g.order() == fours {
			multiplyThin(p.kernels, &h) // even if one row is left
		} else {
			h.run(p.kernels)
		}
	}
}
