package blas

import (
	"cmp"
	"unsafe"

	"github.com/lanewise/lanewise/asm"
)

// Sgemm is [Gemm] for float32.
func Sgemm(tA, tB Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	Gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Dgemm is [Gemm] for float64.
func Dgemm(tA, tB Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	Gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Gemm computes
//
//	C = alpha·op(A)·op(B) + beta·C
//
// where op(A) is m×k, op(B) is k×n and C is m×n. With tA = NoTrans, op(A) = A
// and a holds an m×k matrix; with Trans, op(A) = Aᵀ and a holds a k×m matrix;
// likewise b holds k×n or n×k.
//
// Each element is one chain: it starts from beta·c (from 0, without reading c,
// if beta is 0) and takes fma(alpha·a_ip, b_pj, c) for p = 0, 1, … k−1. At the
// generic level each step is a rounded product and a rounded sum. If alpha or
// k is 0, a and b are not read. No zero is skipped: 0·NaN is NaN.
//
// Where rows of a matrix meet a vector (n = 1 and tA = NoTrans, or m = 1 and
// tB = Trans) and k > 8, and where rows meet few rows (tA = NoTrans and tB =
// Trans, m or n ≤ 3 or both ≤ 8) and k ≥ 128, each block of 1,024 products is
// summed in lanes instead: product p goes to lane p mod L, L = 32 for float32
// and 16 for float64, zeros go to the lanes that a last step lacks, and the
// lanes are added by halves. alpha times that sum is added to beta·c, or to what
// the blocks before gave, each rounded.
//
// Where few rows meet few columns (tA = tB = NoTrans, 1 < m ≤ 4, n ≤ 4) and k ≥
// 128, each block of 1,024 products is summed in four chains: product p goes to
// chain p mod 4, chains 0 and 2 are added, 1 and 3, and both sums; alpha times
// that is added as with lanes. What k lacks to a multiple of four continues C's
// chain.
//
// The error of each element is at most γ_(k+2)·(|alpha|·|A|·|B| + |beta|·|C|)
// with γ_j = j·u/(1 − j·u), u = 2⁻²⁴ or 2⁻⁵³ (N. J. Higham, Accuracy and
// Stability of Numerical Algorithms, 2nd ed., section 3.1).
//
// Gemm panics if tA or tB is none of the constants, if a dimension is negative,
// if a leading dimension is smaller than its matrix has columns, or 1, and if
// a slice is too short. C must not share elements with A or B.
func Gemm[T Float](tA, tB Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	s := checkShape(tA, tB, m, n, k, lda, ldb, ldc)
	if m == 0 || n == 0 {
		return
	}
	switch {
	case !holds(len(a), s.rowsA, s.colsA, lda):
		panic(shortA)
	case !holds(len(b), s.rowsB, s.colsB, ldb):
		panic(shortB)
	case !holds(len(c), m, n, ldc):
		panic(shortC)
	}
	if alpha == 0 || k == 0 {
		scale(m, n, beta, c, ldc)
		return
	}
	kernels := asm.For[T]()
	if n == 1 && tB != NoTrans && k <= 8 { // a column, elements apart by one
		tB, ldb = NoTrans, 1
	}
	transA, transB := tA != NoTrans, tB != NoTrans
	rsa, csa := lda, 1 // from one row of op(A) to the next, and from one p
	if transA {
		rsa, csa = 1, lda
	}
	// Filling a record takes longer than the smallest products: these are what
	// pathFor would choose for them, or the same in fewer steps.
	if m == 1 && alpha == 1 && !transB && isRow[T](transA, n, k) {
		kernels.Combine(n, k, &a[0], csa, &b[0], ldb, beta, &c[0])
		return
	}
	order := orderOf(transA, transB, m, n, k)
	switch {
	case order == lanes && n == 1 && !transA && (transB || ldb == 1) && isDots[T](m, k):
		kernels.Dots(m, 1, k, &a[0], lda, &b[0], 0, alpha, beta, &c[0], ldc, 0)
		return
	case order == lanes && m == 1 && transB && (!transA || lda == 1) && isDots[T](n, k):
		kernels.Dots(n, 1, k, &b[0], ldb, &a[0], 0, alpha, beta, &c[0], 1, 0)
		return
	case order == lanes && n == 1 && !transA && isDots[T](m, k): // of a column
		multiplyDots(kernels, m, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	case order == lanes && m == 1 && transB && isDots[T](n, k):
		multiplyDots(kernels, n, k, alpha, b, ldb, a, lda, beta, c, 1)
		return
	}
	swapped := false
	if alpha == 1 && order == chain && isSmall[T](m, n, k) {
		rowwise := isRowwise(kernels, m, n, k)
		swapped = transB && !transA && !rowwise && swaps(kernels, transA, transB, m, n, k)
		switch {
		case transA && (transB || !rowwise) && columnsSooner(kernels, transB, m, n, k, lda, ldc):
			multiplyColumns(kernels, transB, m, n, k, a, lda, b, ldb, beta, c, ldc)
			return
		case n == 1 && transA && !isShort(m, k): // byColumn, which run finds
		case transA && crowdsA(kernels, n, k, lda): // byBlocks
		case !swapped && !transB && n <= kernels.NR && !crowds(kernels, m, k, ldb, ldc):
			kernels.Gemm(m, n, k, &a[0], kernels.MR*rsa, rsa, csa, &b[0], ldb, beta, &c[0], ldc)
			return
		case !swapped && !transB:
			multiplyBlock(kernels, transA, m, n, k, a, lda, b, ldb, beta, c, ldc)
			return
		case !swapped:
			ws := getWorkspace[T](0, 0)
			multiplyBlockT(kernels, ws, transA, m, n, k, a, lda, b, ldb, beta, c, ldc)
			putWorkspace(ws)
			return
		}
	}
	g := product[T]{
		tA: transA, tB: transB, m: m, n: n, k: k,
		alpha: alpha, a: a, lda: lda, b: b, ldb: ldb, beta: beta, c: c, ldc: ldc,
	}
	if swapped {
		g.direct(kernels, bySwapping)
	} else {
		g.run(kernels)
	}
}

// shape is how the operands of a product are stored: A has rowsA rows, and so on.
type shape struct{ rowsA, colsA, rowsB, colsB int }

// checkShape panics if the dimensions and strides are not those of a product.
func checkShape(tA, tB Transpose, m, n, k, lda, ldb, ldc int) (s shape) {
	s.rowsA, s.colsA = opShape(tA, m, k)
	s.rowsB, s.colsB = opShape(tB, k, n)
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case k < 0:
		panic(kLT0)
	case lda < max(1, s.colsA):
		panic(badLdA)
	case ldb < max(1, s.colsB):
		panic(badLdB)
	case ldc < max(1, n):
		panic(badLdC)
	}
	return s
}

// opShape returns the rows and columns of the stored matrix X whose op(X) is
// rows×cols.
func opShape(t Transpose, rows, cols int) (int, int) {
	switch t {
	case NoTrans:
		return rows, cols
	case Trans, ConjTrans:
		return cols, rows
	}
	panic(badTranspose)
}

// scale sets C = beta·C.
func scale[T Float](m, n int, beta T, c []T, ldc int) {
	if beta == 1 {
		return
	}
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if beta == 0 {
			clear(row)
			continue
		}
		for j := range row {
			row[j] *= beta
		}
	}
}

// product is one checked call of Gemm with something to do, or a part of one:
// the rows from i0 and columns from j0 on of the call's C.
type product[T Float] struct {
	tA, tB  bool
	m, n, k int
	alpha   T
	a       []T
	lda     int
	b       []T
	ldb     int
	beta    T
	c       []T
	ldc     int

	i0, j0 int
	pa, pb *Packed[T]   // in place of a or b, unless nil
	ep     *epilogue[T] // what else becomes of C, unless nil
}

// checkLengths panics if a slice is too short for what is stored in it.
func (g *product[T]) checkLengths(s shape) {
	switch {
	case g.pa == nil && !holds(len(g.a), s.rowsA, s.colsA, g.lda):
		panic(shortA)
	case g.pb == nil && !holds(len(g.b), s.rowsB, s.colsB, g.ldb):
		panic(shortB)
	case !holds(len(g.c), g.m, g.n, g.ldc):
		panic(shortC)
	}
}

// work returns the number of multiply-adds.
func (g *product[T]) work() float64 { return float64(g.m) * float64(g.n) * float64(g.k) }

// run computes the product by as many threads as it is worth.
func (g *product[T]) run(kernels *asm.Kernels[T]) {
	if p := cmp.Or(g.pa, g.pb); p != nil {
		p.multiply(g)
		return
	}
	by := pathFor(kernels, g)
	if by == byBlocks {
		multiply(kernels, planFor(kernels, g), g)
		return
	}
	t := threadsFor(g.work(), grainBy[T](by))
	if t == 1 {
		g.direct(kernels, by)
		return
	}
	g.share(kernels, by, t)
}

// share computes the product by a path other than byBlocks and t threads.
func (g *product[T]) share(kernels *asm.Kernels[T], by path, t int) {
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	ws.grid = gridTask[T]{kernels: kernels, path: by, g: *g, grid: by.gridFor(g.m, g.n, kernels.MR, kernels.NR, t), ws: ws, count: 1, each: 1}
	ws.grid.start(t)
}

// along returns how many rows of A are read along them where they lie, or by its packing on a
// small L2, which wants the same blocks then.
func (g *product[T]) along(packsA bool) int {
	if g.tA || packsA && !smallL2 {
		return 0
	}
	return g.m
}

// order returns the order of operations of the whole product.
func (g *product[T]) order() order { return orderOf(g.tA, g.tB, g.m, g.n, g.k) }

// direct computes the product on the caller's thread by a path other than
// byBlocks: that of the product or, if this is a part of one, of the whole.
func (g *product[T]) direct(kernels *asm.Kernels[T], by path) {
	incA, incB := 1, g.ldb // from one p to the next
	if g.tA {
		incA = g.lda
	}
	if g.tB {
		incB = 1
	}
	switch by {
	case byRows:
		multiplyDots(kernels, g.m, g.k, g.alpha, g.a, g.lda, g.b, incB, g.beta, g.c, g.ldc)
	case byRowsOfB:
		multiplyDots(kernels, g.n, g.k, g.alpha, g.b, g.ldb, g.a, incA, g.beta, g.c, 1)
	case byFewRows:
		multiplyFew(kernels, g)
	case byThin:
		multiplyThin(kernels, g)
	case byRow:
		multiplyRow(kernels, g.n, g.k, g.alpha, g.a, incA, g.b, g.ldb, g.beta, g.c, 1)
	case byColumn:
		multiplyRow(kernels, g.m, g.k, 1, g.b, incB, g.a, g.lda, g.beta, g.c, g.ldc)
	case bySwapping:
		multiplySwapped(kernels, g)
	case byBlockT:
		ws := getWorkspace[T](0, 0)
		multiplyBlockT(kernels, ws, g.tA, g.m, g.n, g.k, g.a, g.lda, g.b, g.ldb, g.beta, g.c, g.ldc)
		putWorkspace(ws)
	case byColumns:
		multiplyColumns(kernels, g.tB, g.m, g.n, g.k, g.a, g.lda, g.b, g.ldb, g.beta, g.c, g.ldc)
	case byBlock:
		multiplyBlock(kernels, g.tA, g.m, g.n, g.k, g.a, g.lda, g.b, g.ldb, g.beta, g.c, g.ldc)
	}
}

// part returns m rows from i0 on and n columns from j0 on of C.
func (g product[T]) part(i0, j0, m, n int) product[T] {
	if g.pa == nil {
		if g.tA {
			g.a = g.a[i0:]
		} else {
			g.a = g.a[i0*g.lda:]
		}
	}
	if g.pb == nil {
		if g.tB {
			g.b = g.b[j0*g.ldb:]
		} else {
			g.b = g.b[j0:]
		}
	}
	g.c = g.c[i0*g.ldc+j0:]
	g.m, g.n = m, n
	g.i0 += i0
	g.j0 += j0
	return g
}

// multiply computes a product by as many threads as it is worth.
func multiply[T Float](kernels *asm.Kernels[T], p plan, g *product[T]) {
	t := threadsFor(g.work(), grainBy[T](byBlocks))
	if !p.packA && !p.packB && t == 1 {
		multiplyBlocks(kernels, p, g, nil)
		return
	}
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	multiplyIn(kernels, p, g, t, ws)
}

// multiplyIn computes a product by t threads.
func multiplyIn[T Float](kernels *asm.Kernels[T], p plan, g *product[T], t int, ws *workspace[T]) {
	if t > 1 {
		multiplyGrid(kernels, p, g, t, ws)
	} else {
		multiplyBlocks(kernels, p, g, ws)
	}
}

// multiplyBlocks runs loops round the micro-kernel: over k blocks of KC, column
// blocks of NC and row blocks of MC, then over slivers of NR columns; the kernel
// walks down the tiles of MR rows. If A is packed, slab elements of it are at
// once.
//
//	for oc: for pc: [pack A(oc, pc)] for jc: [pack B(pc, jc)] for ic: for jr: kernel
//
// Blocks continue the chains in C, so their sizes move no bit. ws may be nil if
// nothing is packed and there is no epilogue.
func multiplyBlocks[T Float](kernels *asm.Kernels[T], p plan, g *product[T], ws *workspace[T]) {
	mr, nr := kernels.MR, kernels.NR
	mc := blockSize(g.m, p.mc, mr)
	kc := blockSize(g.k, p.kc, 1)
	unit := nr
	if g.ep.summed() {
		unit = asm.SumBlock
	}
	nc := blockSize(g.n, p.nc, unit)
	packsA, packsB := p.packA && g.pa == nil, p.packB && g.pb == nil
	rows := g.m
	if packsA {
		rows = blockSize(g.m, slab/kc, mc)
		ws.a = grow(ws.a, rows*kc)
	}
	if packsB {
		ws.b = grow(ws.b, kc*roundUp(nc, nr))
	}
	for oc := 0; oc < g.m; oc += rows {
		ob := min(rows, g.m-oc)
		for pc := 0; pc < g.k; pc += kc {
			kb := min(kc, g.k-pc)
			beta := g.beta
			if pc > 0 || g.ep.biased() {
				beta = 1
			}
			if packsA {
				packA(kernels, g, oc, pc, ob, kb, ws.a)
			}
			for jc := 0; jc < g.n; jc += nc {
				nb := min(nc, g.n-jc)
				if packsB {
					packB(kernels, g, pc, jc, kb, nb, ws.b)
				}
				for ic := oc; ic < oc+ob; ic += mc {
					mb := min(mc, oc+ob-ic)
					var a *T
					var tsa, rsa, csa int
					// Packed panels stand MR rows apart: what does not fill one
					// is a strip of its own.
					whole := mb
					if packsA || g.pa != nil {
						whole -= mb % mr
					}
					switch {
					case g.pa != nil:
						a, tsa, rsa, csa = g.pa.panels(pc, g.i0+ic, kb), mr*kb, 1, mr
					case packsA:
						a, tsa, rsa, csa = ptr(ws.a, (ic-oc)*kb), mr*kb, 1, mr
					case g.tA:
						a, tsa, rsa, csa = ptr(g.a, pc*g.lda+ic), mr, 1, g.lda
					default:
						a, tsa, rsa, csa = ptr(g.a, ic*g.lda+pc), mr*g.lda, g.lda, 1
					}
					hot := hotBlock[T]{i: ic, j: jc, m: mb, n: nb}
					for jr := 0; jr < nb; jr += nr {
						preemptible()
						w := min(nr, nb-jr)
						b, ldb := (*T)(nil), nr
						switch {
						case g.pb != nil:
							b = g.pb.panels(pc, g.j0+jc+jr, kb)
						case packsB:
							b = ptr(ws.b, jr*kb)
						default:
							b, ldb = ptr(g.b, pc*g.ldb+jc+jr), g.ldb
							if p.ahead > 0 && ic == oc {
								kernels.Prefetch(kb, b, ldb, p.ahead)
							}
						}
						if pc == 0 && g.ep.biased() {
							g.ep.addBias(kernels, ws, g, ic, jc+jr, mb, w)
						}
						if whole > 0 {
							kernels.Gemm(whole, w, kb, a, tsa, rsa, csa, b, ldb, beta, ptr(g.c, ic*g.ldc+jc+jr), g.ldc)
						}
						if whole < mb {
							var last *T
							if packsA {
								last = ptr(ws.a, (ic-oc+whole)*kb)
							} else {
								last = g.pa.panels(pc, g.i0+ic+whole, kb)
							}
							kernels.Gemm(mb-whole, w, kb, last, 0, 1, mr, b, ldb,
								beta, ptr(g.c, (ic+whole)*g.ldc+jc+jr), g.ldc)
						}
						if g.ep != nil && pc+kb == g.k {
							hot.finish(kernels, g, jr+w)
						}
					}
				}
			}
		}
	}
}

// multiplyBlock is multiplyBlocks for a small product, or a rowwise one, with alpha = 1
// and a B that is not transposed. It takes what Gemm does, to need no record.
func multiplyBlock[T Float](kernels *asm.Kernels[T], tA bool, m, n, k int, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	mr, nr := kernels.MR, kernels.NR
	rsa, csa := lda, 1
	if tA {
		rsa, csa = 1, lda
	}
	if (m <= fewChains || m <= 5 && m*k <= fewProducts) && n > 2*nr || isRowwise(kernels, m, n, k) { // Combine holds more of a row's chains at once
		for i := range m {
			if i%8 == 7 {
				preemptible()
			}
			kernels.Combine(n, k, &a[i*rsa], csa, &b[0], ldb, beta, &c[i*ldc])
		}
		return
	}
	if crowds(kernels, m, k, ldb, ldc) {
		ws := getWorkspace[T](0, nr*k)
		for j := 0; j < n; j += nr {
			w := min(nr, n-j)
			kernels.PackB(w, k, 1, &b[j], ldb, &ws.b[0])
			kernels.Gemm(m, w, k, &a[0], mr*rsa, rsa, csa, &ws.b[0], nr, beta, &c[j], ldc)
		}
		putWorkspace(ws)
		return
	}
	for j := 0; j < n; j += nr {
		kernels.Gemm(m, min(nr, n-j), k, &a[0], mr*rsa, rsa, csa, &b[j], ldb, beta, &c[j], ldc)
	}
}

// multiplyBlockT is multiplyBlock for a B that is transposed: it is stored once more as
// it is read, all of it in rows of whole cache lines or, if there are many steps, one
// strip after another.
func multiplyBlockT[T Float](kernels *asm.Kernels[T], ws *workspace[T], tA bool, m, n, k int, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	width := roundUp(n, 64/int(unsafe.Sizeof(T(0))))
	if k > 32 && m > fewChains {
		width = kernels.NR
	}
	ws.b = grow(ws.b, k*width)
	for j := 0; j < n; j += width {
		w := min(width, n-j)
		kernels.Transpose(w, k, 1, &b[j*ldb], ldb, &ws.b[0], width)
		multiplyBlock(kernels, tA, m, w, k, a, lda, ws.b, width, beta, c[j:], ldc)
	}
}

// multiplyColumns computes a chain with an A that is transposed, some rows of C at a
// time: Cᵀ = op(B)ᵀ·A, stored transposed.
func multiplyColumns[T Float](kernels *asm.Kernels[T], tB bool, m, n, k int, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	rsb, csb := 1, ldb // from one column of op(B) to the next, and from one p
	if tB {
		rsb, csb = ldb, 1
	}
	width := kernels.NR
	if n <= 2 {
		width *= 2
	}
	for i := 0; i < m; i += width {
		beta := beta
		for p := 0; p < k; p += columnSteps {
			preemptible()
			kernels.GemmTransposed(n, min(width, m-i), min(columnSteps, k-p), &b[p*csb], rsb, csb, &a[p*lda+i], lda, beta, &c[i*ldc], ldc)
			beta = 1
		}
	}
}

// columnSteps bounds the work of one call: a step may wait for memory.
const columnSteps = 1 << 12

// packA packs rows ic … ic+mb of op(A), columns pc … pc+kb, times alpha.
func packA[T Float](kernels *asm.Kernels[T], g *product[T], ic, pc, mb, kb int, dst []T) {
	if g.tA {
		packAlong(kernels, kernels.PackAT, kernels.MR, mb, kb, g.alpha, g.a[pc*g.lda+ic:], g.lda, dst, packingFor[T](g.k, g.lda))
	} else {
		packAcross(kernels, kernels.MR, mb, kb, g.alpha, g.a[ic*g.lda+pc:], g.lda, dst)
	}
}

// packB packs rows pc … pc+kb of op(B), columns jc … jc+nb.
func packB[T Float](kernels *asm.Kernels[T], g *product[T], pc, jc, kb, nb int, dst []T) {
	if g.tB {
		packAcross(kernels, kernels.NR, nb, kb, 1, g.b[jc*g.ldb+pc:], g.ldb, dst)
	} else {
		packAlong(kernels, kernels.PackB, kernels.NR, nb, kb, 1, g.b[pc*g.ldb+jc:], g.ldb, dst, packingFor[T](g.k, g.ldb))
	}
}

type packer[T Float] = func(r, k int, alpha T, x *T, ldx int, dst *T)

// packAlong packs panels of width from n rows of k elements that run along the
// steps, some rows at a time: they are read in order, and all of a cache line and of a
// page soon. Rows asked for are those a CPU does not fetch by itself, for each is on
// another page.
func packAlong[T Float](kernels *asm.Kernels[T], pack packer[T], width, n, k int, alpha T, x []T, ldx int, dst []T, by packing) {
	for p := 0; p < k; p += by.steps {
		preemptible()
		next, asked := 0, 0
		if by.asks {
			next = min(by.steps, k-p-by.steps)
		}
		for i := 0; i < n; i += width {
			if next > 0 && i+width > asked {
				kernels.Prefetch(next, ptr(x, p*ldx+asked), ldx, by.steps*ldx)
				asked += kernels.NR
			}
			pack(min(width, n-i), min(by.steps, k-p), alpha, ptr(x, p*ldx+i), ldx, ptr(dst, i*k+p*width))
		}
	}
}

// packAcross packs panels of width from n rows of k elements, each a row of a
// panel; so many steps at a time that they stay in L1 while its rows come, or lines of
// the rows where groups of them have whole lines of the panel.
func packAcross[T Float](kernels *asm.Kernels[T], width, n, k int, alpha T, x []T, ldx int, dst []T) {
	steps := 128
	if width*int(unsafe.Sizeof(T(0))) > 64 {
		steps = 16
	}
	for i := 0; i < n; i += width {
		preemptible()
		for p := 0; p < k; p += steps {
			kernels.Transpose(min(width, n-i), min(steps, k-p), alpha, ptr(x, i*ldx+p), ldx, ptr(dst, i*k+p*width), width)
		}
	}
}
