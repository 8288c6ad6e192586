package blas

import "github.com/lanewise/lanewise/asm"

// Sizes that the order of operations of Trsm and Trmm depends on.
const (
	// triangle is the largest triangle of A that is not halved.
	triangle = 64
	// corner is the size of the triangles on its diagonal whose rows are
	// combined one at a time.
	corner = 8
)

// bandColumns is how many columns of B go through a triangle at once: few
// enough that its rows of them stay in L2.
const bandColumns = 256

// Trsm solves
//
//	op(A)·X = alpha·B      if side = Left: A is m×m
//	X·op(A) = alpha·B      if side = Right: A is n×n
//
// for X, an m×n matrix that takes the place of B. A is triangular: of its other
// triangle nothing is read, nor of its diagonal, which is taken for ones, if
// diag = Unit. No check is made that A is invertible.
//
// Each element of X is one chain: it starts from alpha·b, takes fma(−a, x, c) for
// the elements of X in its column (its row if side = Right) that it depends on,
// and is multiplied by the rounded reciprocal of its diagonal element. At the
// generic level each step is a rounded product and a rounded sum. A triangle of
// more than 64 rows is halved, at a multiple of 64: the half without unknowns of
// the other goes first, its unknowns enter the other's chains in ascending order,
// then that goes. In a triangle of up to 64 rows, likewise, blocks of 8 take turns,
// and rows in a block. If alpha is 0, so is X, and a and b are not read. No zero is
// skipped.
//
// X is the exact solution for a matrix A + ΔA with |ΔA| ≤ γ_(k+2)·|A|, for each
// column (row) of X another one, k being A's size and γ as in [Gemm] (N. J. Higham,
// Accuracy and Stability of Numerical Algorithms, 2nd ed., theorem 8.5), as long as the
// reciprocals of A's diagonal, by which it multiplies, neither overflow nor are subnormal.
//
// Trsm panics if a flag is none of the constants, if a dimension is negative, if a
// leading dimension is smaller than its matrix has columns, or 1, and if a slice
// is too short. A must not share elements with B.
func Trsm[T Float](side Side, uplo Uplo, tA Transpose, diag Diag, m, n int, alpha T, a []T, lda int, b []T, ldb int) {
	if !checkTriangular(side, uplo, tA, diag, m, n, a, lda, b, ldb) {
		return
	}
	if alpha == 0 {
		scale(m, n, 0, b, ldb)
		return
	}
	runTriangular(true, side, uplo, tA, diag, m, n, alpha, a, lda, b, ldb)
}

// Trmm computes
//
//	B = alpha·op(A)·B      if side = Left: A is m×m
//	B = alpha·B·op(A)      if side = Right: A is n×n
//
// for an m×n matrix B and a triangular A, of which is read what [Trsm] reads.
//
// Each element is one chain: it starts from (alpha·a_ii)·b_i, or from (alpha·b_i)·a_ii
// if side = Right, and takes fma(alpha·a, b, c), or fma(alpha·b, a, c), for the
// other elements of B in its column (its row) that it depends on. They come by
// blocks as in Trsm, in each in ascending order: those of its own block of 8
// first, then those of its own triangle of up to 64 rows, then of the halves. At
// the generic level each step is a rounded product and a rounded sum. If alpha is
// 0, so is B, and a and b are not read. No zero is skipped.
//
// The error of each element is at most γ_(k+2)·|alpha|·|A|·|B|, with k and γ as in
// Trsm. Trmm panics where Trsm does.
func Trmm[T Float](side Side, uplo Uplo, tA Transpose, diag Diag, m, n int, alpha T, a []T, lda int, b []T, ldb int) {
	if !checkTriangular(side, uplo, tA, diag, m, n, a, lda, b, ldb) {
		return
	}
	if alpha == 0 {
		scale(m, n, 0, b, ldb)
		return
	}
	runTriangular(false, side, uplo, tA, diag, m, n, alpha, a, lda, b, ldb)
}

// checkTriangular panics if the arguments are not those of Trsm and reports
// whether there is something to do.
func checkTriangular[T Float](side Side, uplo Uplo, tA Transpose, diag Diag, m, n int, a []T, lda int, b []T, ldb int) bool {
	k := side.of(m, n)
	uplo.check()
	tA.check()
	if diag != NonUnit && diag != Unit {
		panic(badDiag)
	}
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case lda < max(1, k):
		panic(badLdA)
	case ldb < max(1, n):
		panic(badLdB)
	case m == 0 || n == 0:
		return false
	case !holds(len(a), k, k, lda):
		panic(shortA)
	case !holds(len(b), m, n, ldb):
		panic(shortB)
	}
	return true
}

// triangularTask is a call of Trsm or Trmm with something to do. Bands of B are
// independent of each other: of its columns if A stands on the left, of its rows
// if on the right.
//
// A on the right is its transpose on the left, of Bᵀ: let L be op(A), or op(A)ᵀ
// then. What follows is told for L on the left.
type triangularTask[T Float] struct {
	kernels *asm.Kernels[T]
	solve   bool // or multiply
	right   bool
	trans   bool // A is stored as Lᵀ
	lower   bool // L is a lower triangle
	unit    bool

	m, n  int // L is m×m; B, as it lies if not right, m×n
	alpha T
	a     []T
	lda   int
	b     []T
	ldb   int

	band int // the columns of a band, the rows if right
	ws   *workspace[T]
}

func runTriangular[T Float](solve bool, side Side, uplo Uplo, tA Transpose, diag Diag, m, n int, alpha T, a []T, lda int, b []T, ldb int) {
	s := triangularTask[T]{
		kernels: asm.For[T](), solve: solve, right: side == Right, trans: tA != NoTrans,
		lower: (uplo == Lower) == (tA == NoTrans), unit: diag == Unit,
		m: m, n: n, alpha: alpha, a: a, lda: lda, b: b, ldb: ldb,
	}
	if s.right {
		s.m, s.n = n, m
		s.trans, s.lower = !s.trans, !s.lower
	}
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	work := float64(s.m) * float64(s.m) / 2 * float64(s.n)
	t := min(threadsFor(work, gemmGrain), (s.n+minColumns-1)/minColumns)
	if t <= 1 {
		s.bands(0, s.n, ws)
		return
	}
	// Two bands a thread end together more often than one; narrow ones pay more
	// for packing A.
	pieces := t
	if s.n >= 2*t*triangle {
		pieces = 2 * t
	}
	s.band = roundUp((s.n+pieces-1)/pieces, minColumns)
	s.ws = ws
	defer func() { ws.triangular = triangularTask[T]{} }()
	ws.triangular = s
	workers.run(&ws.triangular, (s.n+s.band-1)/s.band, t, work < patient*gemmGrain)
}

func (s *triangularTask[T]) run(piece int, w *worker) {
	ws := s.ws
	if w != nil {
		ws = workspaceOf[T](w)
	}
	s.bands(piece*s.band, min(piece*s.band+s.band, s.n), ws)
}

func (s *triangularTask[T]) whole() { s.bands(0, s.n, s.ws) }

// bands does columns j0 … j1 of B.
func (s *triangularTask[T]) bands(j0, j1 int, ws *workspace[T]) {
	b := s.b[j0:]
	if s.right {
		b = s.b[j0*s.ldb:]
	}
	nr := s.kernels.NR
	ws.square = grow(ws.square, triangle*(triangle+1+nr))
	s.halves(0, s.m, j1-j0, s.alpha, b, ws)
}

// halves does rows i0 … i1 of L and of B, of which n columns are done. A triangle
// of L is halved:
//
//	⎡ L11     ⎤ ⎡ B1 ⎤
//	⎣ L21 L22 ⎦ ⎣ B2 ⎦
//
// Solving, X1 comes first, B2 = alpha·B2 − L21·X1, then X2. Multiplying,
// B2 = alpha·(L22·B2 + L21·B1) comes first, then B1. With an upper triangle it is
// the other way round.
func (s *triangularTask[T]) halves(i0, i1, n int, alpha T, b []T, ws *workspace[T]) {
	if i1-i0 <= triangle {
		s.leaf(i0, i1, n, alpha, b, ws)
		return
	}
	mid := i0 + roundUp((i1-i0)/2, triangle)
	first, last := [2]int{i0, mid}, [2]int{mid, i1}
	if s.lower != s.solve {
		first, last = last, first
	}
	s.halves(first[0], first[1], n, alpha, b, ws)
	if s.solve {
		s.update(last, first, n, -1, alpha, b, ws)
		alpha = 1
	} else {
		s.update(first, last, n, alpha, 1, b, ws)
	}
	s.halves(last[0], last[1], n, alpha, b, ws)
}

// update adds the product of a block of L, its rows to and its columns from, with
// rows of B: B(to) = beta·B(to) + alpha·L(to, from)·B(from).
func (s *triangularTask[T]) update(to, from [2]int, n int, alpha, beta T, b []T, ws *workspace[T]) {
	l := s.at(to[0], from[0])
	rows, k := to[1]-to[0], from[1]-from[0]
	g := product[T]{k: k, alpha: alpha, beta: beta, ldc: s.ldb}
	if s.right { // Bᵀ lies in b
		g.tB, g.m, g.n = !s.trans, n, rows
		g.a, g.lda, g.b, g.ldb, g.c = b[from[0]:], s.ldb, l, s.lda, b[to[0]:]
	} else {
		g.tA, g.m, g.n = s.trans, rows, n
		g.a, g.lda, g.b, g.ldb, g.c = l, s.lda, b[from[0]*s.ldb:], s.ldb, b[to[0]*s.ldb:]
	}
	multiplyBlocks(s.kernels, planFor(s.kernels, &g), &g, ws)
}

// at returns what is stored from element (i, j) of L on.
func (s *triangularTask[T]) at(i, j int) []T {
	if s.trans {
		i, j = j, i
	}
	return s.a[i*s.lda+j:]
}

// leaf does rows i0 … i1 of B, at most triangle of them.
func (s *triangularTask[T]) leaf(i0, i1, n int, alpha T, b []T, ws *workspace[T]) {
	m, nr := i1-i0, s.kernels.NR
	l, diagonal, panel := ws.square[:triangle*triangle], ws.square[triangle*triangle:][:triangle], ws.square[triangle*(triangle+1):]
	factor := alpha // of L, as it is copied
	if s.solve {
		factor = -1
	} else if s.right {
		factor = 1
	}
	s.copyTriangle(l, diagonal, i0, m, factor)
	if !s.right {
		for j := 0; j < n; j += bandColumns {
			s.blocks(m, min(bandColumns, n-j), alpha, l, diagonal, b[i0*s.ldb+j:], s.ldb)
		}
		return
	}
	for r := 0; r < n; r += nr {
		rows := min(nr, n-r)
		s.kernels.Transpose(rows, m, alpha, ptr(b, r*s.ldb+i0), s.ldb, ptr(panel, 0), nr)
		s.blocks(m, rows, 1, l, diagonal, panel, nr)
		s.kernels.Transpose(m, rows, 1, ptr(panel, 0), nr, ptr(b, r*s.ldb+i0), s.ldb)
	}
}

// copyTriangle copies factor·L(i0 … i0+m) without its diagonal, as rows triangle
// apart, and what rows are to be multiplied with: factor times the diagonal's
// elements or, to solve, their reciprocals.
func (s *triangularTask[T]) copyTriangle(l, diagonal []T, i0, m int, factor T) {
	a := s.at(i0, i0)
	for i := range m {
		j0, j1 := 0, i
		if !s.lower {
			j0, j1 = i+1, m
		}
		row := l[i*triangle:][:m]
		if s.trans {
			for j := j0; j < j1; j++ {
				row[j] = factor * a[j*s.lda+i]
			}
		} else if j1 > j0 {
			for j, v := range a[i*s.lda+j0 : i*s.lda+j1] {
				row[j0+j] = factor * v
			}
		}
		switch {
		case s.solve && s.unit:
			diagonal[i] = 1
		case s.solve:
			diagonal[i] = 1 / a[i*s.lda+i]
		case s.unit:
			diagonal[i] = factor
		default:
			diagonal[i] = factor * a[i*s.lda+i]
		}
	}
}

// blocks does the m rows of B that belong to a triangle, n columns of them, in
// blocks of corner rows. Solving, a block takes what has been solved and then
// its rows do, one at a time; multiplying, it is the reverse.
func (s *triangularTask[T]) blocks(m, n int, alpha T, l, diagonal, b []T, ldb int) {
	k := s.kernels
	forward := s.lower == s.solve
	count := (m + corner - 1) / corner
	for q := range count {
		preemptible()
		if !forward {
			q = count - 1 - q
		}
		i0 := q * corner
		i1 := min(i0+corner, m)
		r0, r1 := 0, i0 // the rows beyond the block that it depends on
		if !s.lower {
			r0, r1 = i1, m
		}
		beta := alpha
		if s.solve && r1 > r0 {
			s.strip(i1-i0, n, r1-r0, l[i0*triangle+r0:], b[r0*ldb:], beta, b[i0*ldb:], ldb)
			beta = 1
		}
		for h := range i1 - i0 {
			i := i0 + h
			if !forward {
				i = i1 - 1 - h
			}
			p0, p1 := i0, i
			if !s.lower {
				p0, p1 = i+1, i1
			}
			row := b[i*ldb:][:n]
			if !s.solve {
				beta = factorOf(diagonal[i], row)
			}
			if p1 > p0 {
				k.Combine(n, p1-p0, ptr(l, i*triangle+p0), 1, ptr(b, p0*ldb), ldb, beta, ptr(row, 0))
			} else if beta != 1 {
				k.Combine(n, 0, nil, 1, nil, ldb, beta, ptr(row, 0))
			}
			if s.solve && !s.unit {
				if beta := factorOf(diagonal[i], row); beta != 1 {
					k.Combine(n, 0, nil, 1, nil, ldb, beta, ptr(row, 0))
				}
			}
		}
		if !s.solve && r1 > r0 {
			s.strip(i1-i0, n, r1-r0, l[i0*triangle+r0:], b[r0*ldb:], 1, b[i0*ldb:], ldb)
		}
	}
}

// factorOf returns beta, by which a kernel multiplies row. It would not read it for
// 0, which makes no 0 of NaN: that is done here, and 1 returned.
func factorOf[T Float](beta T, row []T) T {
	if beta != 0 {
		return beta
	}
	for j := range row {
		row[j] *= beta
	}
	return 1
}

// strip computes C = beta·C + L·B for a strip of m rows of L, which lie triangle
// apart.
func (s *triangularTask[T]) strip(m, n, k int, l, b []T, beta T, c []T, ld int) {
	mr, nr := s.kernels.MR, s.kernels.NR
	for j := 0; j < n; j += nr {
		s.kernels.Gemm(m, min(nr, n-j), k, ptr(l, 0), mr*triangle, triangle, 1, ptr(b, j), ld, beta, ptr(c, j), ld)
	}
}
