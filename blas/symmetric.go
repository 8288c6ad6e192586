package blas

import (
	"math"
	"unsafe"

	"github.com/lanewise/lanewise/asm"
)

// expanded is the size of the blocks of a symmetric matrix that Symm makes whole
// at once.
const expanded = 512

// Syrk computes one triangle of
//
//	C = alpha·A·Aᵀ + beta·C      if tA = NoTrans: A is n×k
//	C = alpha·Aᵀ·A + beta·C      if tA = Trans: A is k×n
//
// for an n×n matrix C. Its other triangle is neither read nor written.
//
// Each element is one chain, as in [Gemm] of A and Aᵀ where that is one, at all
// sizes, and its error has the same bound. If alpha or k is 0, a is not read. No
// zero is skipped.
//
// Syrk panics if a flag is none of the constants, if a dimension is negative, if a
// leading dimension is smaller than its matrix has columns, or 1, and if a slice
// is too short. A must not share elements with C.
func Syrk[T Float](uplo Uplo, tA Transpose, n, k int, alpha T, a []T, lda int, beta T, c []T, ldc int) {
	rows, cols := checkRank(uplo, tA, n, k)
	switch {
	case lda < max(1, cols):
		panic(badLdA)
	case ldc < max(1, n):
		panic(badLdC)
	case n == 0:
		return
	case !holds(len(a), rows, cols, lda):
		panic(shortA)
	case !holds(len(c), n, n, ldc):
		panic(shortC)
	}
	g := [...]product[T]{rankProduct(tA, n, k, alpha, a, lda, a, lda)}
	updateTriangle(uplo, n, k, alpha, beta, c, ldc, g[:])
}

// Syr2k computes one triangle of
//
//	C = alpha·(A·Bᵀ + B·Aᵀ) + beta·C      if tA = NoTrans: A and B are n×k
//	C = alpha·(Aᵀ·B + Bᵀ·A) + beta·C      if tA = Trans: A and B are k×n
//
// for an n×n matrix C. Its other triangle is neither read nor written.
//
// Each element is one chain, that of two calls of [Gemm] where those are chains:
// fma(alpha·a_ip, b_jp, c) for p = 0, 1, … k−1 and then fma(alpha·b_ip, a_jp, c).
// Its error is at most γ_(2k+2)·(|alpha|·(|A|·|B|ᵀ + |B|·|A|ᵀ) + |beta|·|C|). If
// alpha or k is 0, a and b are not read. No zero is skipped.
//
// Syr2k panics where [Syrk] does. C must not share elements with A or B.
func Syr2k[T Float](uplo Uplo, tA Transpose, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	rows, cols := checkRank(uplo, tA, n, k)
	switch {
	case lda < max(1, cols):
		panic(badLdA)
	case ldb < max(1, cols):
		panic(badLdB)
	case ldc < max(1, n):
		panic(badLdC)
	case n == 0:
		return
	case !holds(len(a), rows, cols, lda):
		panic(shortA)
	case !holds(len(b), rows, cols, ldb):
		panic(shortB)
	case !holds(len(c), n, n, ldc):
		panic(shortC)
	}
	g := [...]product[T]{
		rankProduct(tA, n, k, alpha, a, lda, b, ldb),
		rankProduct(tA, n, k, alpha, b, ldb, a, lda),
	}
	updateTriangle(uplo, n, k, alpha, beta, c, ldc, g[:])
}

// checkRank panics if the arguments are not those of Syrk and returns the shape of
// A as it is stored.
func checkRank(uplo Uplo, tA Transpose, n, k int) (rows, cols int) {
	uplo.check()
	rows, cols = opShape(tA, n, k)
	switch {
	case n < 0:
		panic(nLT0)
	case k < 0:
		panic(kLT0)
	}
	return rows, cols
}

// rankProduct returns the product op(A)·op(B)ᵀ of matrices that are stored alike.
func rankProduct[T Float](tA Transpose, n, k int, alpha T, a []T, lda int, b []T, ldb int) product[T] {
	return product[T]{tA: tA != NoTrans, tB: tA == NoTrans, m: n, n: n, k: k, alpha: alpha, a: a, lda: lda, b: b, ldb: ldb}
}

// updateTriangle adds products of n rows and columns to a triangle of beta·C.
func updateTriangle[T Float](uplo Uplo, n, k int, alpha, beta T, c []T, ldc int, products []product[T]) {
	if alpha == 0 || k == 0 {
		for i := range n {
			j0, j1 := 0, i+1
			if uplo == Upper {
				j0, j1 = i, n
			}
			scale(1, j1-j0, beta, c[i*ldc+j0:], ldc)
		}
		return
	}
	for i := range products {
		products[i].c, products[i].ldc, products[i].beta = c, ldc, beta
		beta = 1
	}
	kernels := asm.For[T]()
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	if n <= triangle {
		ws.square = grow(ws.square, n*n)
		tile := ws.square[:n*n]
		copyTriangle(uplo, n, tile, n, c, ldc)
		for i := range products {
			products[i].c, products[i].ldc = tile, n
			multiplyIn(kernels, planFor(kernels, &products[i]), &products[i], threadsFor(products[i].work(), gemmGrain), ws)
		}
		copyTriangle(uplo, n, c, ldc, tile, n)
		return
	}
	s := rankTask[T]{kernels: kernels, lower: uplo == Lower, n: n, ws: ws}
	s.count = copy(s.products[:], products)
	work := products[0].work() / 2 * float64(len(products))
	t := threadsFor(work, gemmGrain)
	if t <= 1 {
		s.rows(0, n, ws)
		return
	}
	s.bands = t
	defer func() { ws.rank = rankTask[T]{} }()
	ws.rank = s
	workers.run(&ws.rank, s.bands, t, work < patient*gemmGrain)
}

// rankTask adds one or two products to a triangle of C, in bands of rows.
type rankTask[T Float] struct {
	kernels  *asm.Kernels[T]
	lower    bool
	products [2]product[T]
	count, n int
	bands    int // of about as many elements
	ws       *workspace[T]
}

func (s *rankTask[T]) run(piece int, w *worker) {
	ws := s.ws
	if w != nil {
		ws = workspaceOf[T](w)
	}
	s.rows(s.border(piece), s.border(piece+1), ws)
}

func (s *rankTask[T]) whole() { s.rows(0, s.n, s.ws) }

// border returns where a band begins. Above row r of a lower triangle lie about r²/2
// of its n²/2 elements.
func (s *rankTask[T]) border(band int) int {
	if band == s.bands {
		return s.n
	}
	part := float64(band) / float64(s.bands)
	r := math.Sqrt(part)
	if !s.lower {
		r = 1 - math.Sqrt(1-part)
	}
	return min(roundUp(int(r*float64(s.n)), s.kernels.MR), s.n)
}

// rows does rows i0 … i1 of the triangle, in the loops of multiplyBlocks, B always
// packed; of the tiles in a column of them those that the triangle has whole go to C,
// those that the diagonal crosses by way of a tile beside it.
func (s *rankTask[T]) rows(i0, i1 int, ws *workspace[T]) {
	if i0 >= i1 {
		return
	}
	k := s.kernels
	mr, nr := k.MR, k.NR
	ws.square = grow(ws.square, (nr+2*mr)*nr)
	for q := range s.count {
		g := &s.products[q]
		packsA := planFor(k, g).packA
		bl := blocksFor(k, g.along(packsA), g.k)
		mc := blockSize(i1-i0, bl.mc, mr)
		kc := blockSize(g.k, bl.kc, 1)
		rows := blockSize(i1-i0, slab/kc, mc)
		if packsA {
			ws.a = grow(ws.a, rows*kc)
		}
		for oc := i0; oc < i1; oc += rows {
			ob := min(rows, i1-oc)
			c0, c1 := 0, oc+ob // columns
			if !s.lower {
				c0, c1 = oc/nr*nr, s.n
			}
			nc := blockSize(c1-c0, bl.nc, nr)
			ws.b = grow(ws.b, kc*nc)
			for pc := 0; pc < g.k; pc += kc {
				kb := min(kc, g.k-pc)
				beta := g.beta
				if pc > 0 {
					beta = 1
				}
				if packsA {
					packA(k, g, oc, pc, ob, kb, ws.a)
				}
				for jc := c0; jc < c1; jc += nc {
					nb := min(nc, c1-jc)
					packB(k, g, pc, jc, kb, nb, ws.b)
					for ic := oc; ic < oc+ob; ic += mc {
						mb := min(mc, oc+ob-ic)
						var a operandA[T]
						switch {
						case packsA:
							a = operandA[T]{ws.a[(ic-oc)*kb:], mr * kb, 1, mr}
						case g.tA:
							a = operandA[T]{g.a[pc*g.lda+ic:], mr, 1, g.lda}
						default:
							a = operandA[T]{g.a[ic*g.lda+pc:], mr * g.lda, g.lda, 1}
						}
						for j := jc; j < jc+nb; j += nr {
							preemptible()
							s.strip(g, ic, mb, a, j, min(nr, jc+nb-j), kb, ws.b[(j-jc)*kb:], beta, ws.square)
						}
					}
				}
			}
		}
	}
}

// operandA is a block of A as Kernels.Gemm takes it, its tiles, rows and columns so
// many elements apart.
type operandA[T Float] struct {
	data          []T
	tsa, rsa, csa int
}

// strip adds the product of mb rows of A, from row ic of C on, with n packed columns
// of B, from column j on.
func (s *rankTask[T]) strip(g *product[T], ic, mb int, a operandA[T], j, n, kb int, b []T, beta T, square []T) {
	k := s.kernels
	mr, nr := k.MR, k.NR
	end := ic + mb
	// The diagonal crosses rows d0 … d1, in whole tiles. Below them the triangle is
	// whole if it is the lower one, above them if it is the upper one.
	d0 := min(max(ic, ic+(j-ic)/mr*mr), end)
	if j < ic {
		d0 = ic
	}
	d1 := min(max(d0, ic+roundUp(j+n-ic, mr)), end)
	if j+n <= ic {
		d1 = ic
	}
	w0, w1 := d1, end
	if !s.lower {
		w0, w1 = ic, d0
	}
	s.tiles(kb, a, ic, w0, w1, n, b, beta, g.c[min(w0, end-1)*g.ldc+j:], g.ldc)
	if d0 == d1 {
		return
	}
	tile := square[:(d1-d0)*nr]
	columns := func(i int) (int, int) { // of the strip, that row i of the triangle has
		if s.lower {
			return 0, min(max(i+1-j, 0), n)
		}
		return min(max(i-j, 0), n), n
	}
	if beta != 0 {
		for i := d0; i < d1; i++ {
			from, to := columns(i)
			if from < to {
				copy(tile[(i-d0)*nr+from:(i-d0)*nr+to], g.c[i*g.ldc+j+from:])
			}
		}
	}
	s.tiles(kb, a, ic, d0, d1, n, b, beta, tile, nr)
	for i := d0; i < d1; i++ {
		from, to := columns(i)
		if from < to {
			copy(g.c[i*g.ldc+j+from:i*g.ldc+j+to], tile[(i-d0)*nr+from:])
		}
	}
}

// tiles multiplies rows i0 … i1 of A, which begins at ic, into c.
func (s *rankTask[T]) tiles(kb int, a operandA[T], ic, i0, i1, n int, b []T, beta T, c []T, ldc int) {
	k := s.kernels
	mr, nr := k.MR, k.NR
	// Tiles stand MR rows apart: what does not fill one is a strip of its own.
	whole := (i1 - i0) / mr * mr
	at := (i0 - ic) / mr * a.tsa
	if whole > 0 {
		k.Gemm(whole, n, kb, ptr(a.data, at), a.tsa, a.rsa, a.csa, ptr(b, 0), nr, beta, ptr(c, 0), ldc)
	}
	if rest := i1 - i0 - whole; rest > 0 {
		k.Gemm(rest, n, kb, ptr(a.data, at+whole/mr*a.tsa), 0, a.rsa, a.csa, ptr(b, 0), nr, beta, ptr(c, whole*ldc), ldc)
	}
}

// copyTriangle copies a triangle of an n×n matrix.
func copyTriangle[T Float](uplo Uplo, n int, dst []T, ldd int, src []T, lds int) {
	for i := range n {
		j0, j1 := 0, i+1
		if uplo == Upper {
			j0, j1 = i, n
		}
		copy(dst[i*ldd+j0:i*ldd+j1], src[i*lds+j0:i*lds+j1])
	}
}

// Symm computes
//
//	C = alpha·A·B + beta·C      if side = Left: A is m×m
//	C = alpha·B·A + beta·C      if side = Right: A is n×n
//
// for m×n matrices B and C and a symmetric A, of which one triangle is read.
//
// Each element is one chain, as in [Gemm] of those matrices where that is one, at
// all sizes, and its error has the same bound. If alpha is 0, a and b are not read.
// No zero is skipped.
//
// Symm panics if a flag is none of the constants, if a dimension is negative, if a
// leading dimension is smaller than its matrix has columns, or 1, and if a slice
// is too short. C must not share elements with A or B.
func Symm[T Float](side Side, uplo Uplo, m, n int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	k := side.of(m, n)
	uplo.check()
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case lda < max(1, k):
		panic(badLdA)
	case ldb < max(1, n):
		panic(badLdB)
	case ldc < max(1, n):
		panic(badLdC)
	case m == 0 || n == 0:
		return
	case !holds(len(a), k, k, lda):
		panic(shortA)
	case !holds(len(b), m, n, ldb):
		panic(shortB)
	case !holds(len(c), m, n, ldc):
		panic(shortC)
	}
	if alpha == 0 {
		scale(m, n, beta, c, ldc)
		return
	}
	// Blocks of A, made whole, go through the chains in the order of Gemm's k.
	kernels := asm.For[T]()
	size := blockSize(k, expanded, 1)
	ld := size
	if line := 64 / int(unsafe.Sizeof(T(0))); conflicts(ld*64/line, l1Period/4) {
		ld += line
	}
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	ws.square = grow(ws.square, size*ld)
	for p := 0; p < k; p += size {
		pb := min(size, k-p)
		for i := 0; i < k; i += size {
			ib := min(size, k-i)
			var g product[T]
			if side == Left {
				expand(kernels, uplo, ws.square, ld, i, ib, p, pb, a, lda)
				g = product[T]{m: ib, n: n, k: pb, a: ws.square, lda: ld, b: b[p*ldb:], ldb: ldb, c: c[i*ldc:]}
			} else {
				expand(kernels, uplo, ws.square, ld, p, pb, i, ib, a, lda)
				g = product[T]{m: m, n: ib, k: pb, a: b[p:], lda: ldb, b: ws.square, ldb: ld, c: c[i:]}
			}
			g.alpha, g.beta, g.ldc = alpha, beta, ldc
			multiplyIn(kernels, planFor(kernels, &g), &g, threadsFor(g.work(), gemmGrain), ws)
		}
		beta = 1
	}
}

// expand copies rows i0 … i0+m and columns j0 … j0+n of a symmetric matrix as a
// whole one.
func expand[T Float](kernels *asm.Kernels[T], uplo Uplo, dst []T, ld, i0, m, j0, n int, a []T, lda int) {
	for i := range m {
		row := dst[i*ld : i*ld+n]
		// Columns from … to are stored in row i0+i.
		from, to := 0, min(max(i0+i+1-j0, 0), n)
		if uplo == Upper {
			from, to = min(max(i0+i-j0, 0), n), n
		}
		if from < to {
			copy(row[from:to], a[(i0+i)*lda+j0+from:])
		}
	}
	// The others are stored in column i0+i: a few rows of it at a time, which are
	// read along.
	const few = 16
	for ic := 0; ic < m; ic += few {
		ib := min(few, m-ic)
		// The diagonal crosses columns d0 … d1 of these rows. Those on its other side
		// are all stored elsewhere.
		d0, d1 := min(max(i0+ic-j0, 0), n), min(max(i0+ic+ib-j0, 0), n)
		from, to := d1, n
		if uplo == Upper {
			from, to = 0, d0
		}
		if from < to {
			kernels.Transpose(to-from, ib, 1, ptr(a, (j0+from)*lda+i0+ic), lda, ptr(dst, ic*ld+from), ld)
		}
		for j := d0; j < d1; j++ {
			from, to := 0, min(max(j0+j-i0-ic, 0), ib) // rows above the diagonal
			if uplo == Upper {
				from, to = min(max(j0+j+1-i0-ic, 0), ib), ib // below
			}
			for i := from; i < to; i++ {
				dst[(ic+i)*ld+j] = a[(j0+j)*lda+i0+ic+i]
			}
		}
	}
}
