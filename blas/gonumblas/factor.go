package gonumblas

import (
	"math"
	"slices"

	api "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"

	"github.com/lanewise/lanewise/blas"
)

// leaf is the size of what is factored by loops of level 2.
const leaf = 16

// panelColumns is how many columns of a panel Dgetrf lays side by side, and fewColumns of how
// many it eliminates them one after another.
const panelColumns, fewColumns = 32, 8

// The sizes from which these routines, those for condition numbers and norms among them, are
// faster than gonum's.
const fewestLU, fewestCholesky = 64, 40

// normBand is how many columns a thread adds up at a time.
const normBand = 64

// halved returns the size of the first part of a matrix that is factored by halves.
func halved(n int) int { return max(n/2/leaf, 1) * leaf }

// bandOf returns how wide the bands are by which an m×n matrix is factored, n if it is
// factored whole: threads take bands, but by halves products are larger. Bands begin where
// halves can, at multiples of leaf, and none is so narrow that its products have another order.
func bandOf(m, n int) int {
	least := min(m, n)
	if least < 400 || blas.Threads() == 1 {
		return n
	}
	width := 96
	if least >= 1500 {
		width = 128
	}
	isNarrow := func(size int) bool { return size > 0 && size < leaf }
	for isNarrow(least%width) || isNarrow(n%width) {
		width += leaf
	}
	return width
}

// Dgetrf factors an m×n matrix, A = P·L·U, as gonum's does: by bands of columns that
// threads take, and each band by halves (S. Toledo, Locality of reference in LU
// decomposition with partial pivoting, SIAM J. Matrix Anal. Appl. 18, 1997), so that
// nearly all of it is products.
func (l Lapack) Dgetrf(m, n int, a []float64, lda int, ipiv []int) (ok bool) {
	least := min(m, n)
	if least < fewestLU || lda < n || len(a) < (m-1)*lda+n || len(ipiv) != least {
		return l.Implementation.Dgetrf(m, n, a, lda, ipiv)
	}
	width := bandOf(m, n)
	count, panels := (n+width-1)/width, (least+width-1)/width
	regular := make([]bool, panels)
	p := newPanel(m)
	byBands(count, panels, func(band, panel int) {
		r0, c0 := panel*width, band*width
		r1 := min(r0+width, least)
		columns, b := min(width, n-c0), a[r0*lda+c0:]
		l.Dlaswp(columns, b, lda, 0, r1-r0-1, ipiv[r0:r1], 1)
		blas.Trsm(blas.Left, blas.Lower, blas.NoTrans, blas.Unit, r1-r0, columns, 1, a[r0*lda+r0:], lda, b, lda)
		if m > r1 {
			blas.Gemm(blas.NoTrans, blas.NoTrans, m-r1, columns, r1-r0, -1, a[r1*lda+r0:], lda, b, lda, 1, a[r1*lda+c0:], lda)
		}
	}, func(panel int) bool {
		i0 := panel * width
		regular[panel] = l.lu(p, m-i0, min(width, n-i0), a[i0*lda+i0:], lda, ipiv[i0:min(i0+width, least)])
		return true
	})
	for i := width; i < least; i++ {
		ipiv[i] += i / width * width
	}
	blas.Parallel(panels-1, func(band int) {
		c0 := band * width
		l.Dlaswp(width, a[c0:], lda, c0+width, least-1, ipiv, 1)
	})
	return !slices.Contains(regular, false)
}

// lu is Dgetrf by halves. p has room for its panels.
func (l Lapack) lu(p *panel, m, n int, a []float64, lda int, ipiv []int) bool {
	if n <= m && n <= panelColumns {
		return p.lu(m, n, a, lda, ipiv)
	}
	least, first := min(m, n), m // beside a square is solved for
	if n <= m {
		first = halved(n)
	}
	left := l.lu(p, m, first, a, lda, ipiv[:first])
	l.Dlaswp(n-first, a[first:], lda, 0, first-1, ipiv[:first], 1)
	blas.Trsm(blas.Left, blas.Lower, blas.NoTrans, blas.Unit, first, n-first, 1, a, lda, a[first:], lda)
	if first == m {
		return left
	}
	blas.Gemm(blas.NoTrans, blas.NoTrans, m-first, n-first, first, -1, a[first*lda:], lda, a[first:], lda, 1, a[first*lda+first:], lda)
	right := l.lu(p, m-first, n-first, a[first*lda+first:], lda, ipiv[first:])
	for i := range ipiv[first:] {
		ipiv[first+i] += first
	}
	l.Dlaswp(first, a, lda, first, least-1, ipiv, 1)
	return left && right
}

// panel is room for a few columns of a matrix, each of which is a row here.
type panel struct {
	columns []float64
	index   []int // 0, 1, …
}

func newPanel(m int) *panel {
	p := &panel{make([]float64, panelColumns*m), make([]int, max(m, panelColumns))}
	for i := range p.index {
		p.index[i] = i
	}
	return p
}

// lu factors m rows of n ≤ panelColumns columns, m ≥ n.
func (p *panel) lu(m, n int, a []float64, lda int, ipiv []int) bool {
	blas.GatherRowsTrans(m, n, p.columns, m, a, lda, p.index[:m])
	ok := eliminate(p.columns, m, m, n, ipiv)
	blas.GatherRowsTrans(n, m, a, lda, p.columns, m, p.index[:n])
	return ok
}

// eliminate is Dgetf2 for a transposed matrix, columns of m elements ld apart, by halves.
func eliminate(a []float64, ld, m, n int, ipiv []int) bool {
	if n <= fewColumns {
		return eliminateColumns(a, ld, m, n, ipiv)
	}
	first := n / 2
	left := eliminate(a, ld, m, first, ipiv[:first])
	for c := first; c < n; c++ {
		interchange(a[c*ld:][:m], ipiv[:first])
	}
	blas.Trsm(blas.Right, blas.Upper, blas.NoTrans, blas.Unit, n-first, first, 1, a, ld, a[first*ld:], ld)
	blas.Gemm(blas.NoTrans, blas.NoTrans, n-first, m-first, first, -1, a[first*ld:], ld, a[first:], ld, 1, a[first*ld+first:], ld)
	right := eliminate(a[first*ld+first:], ld, m-first, n-first, ipiv[first:])
	for c := range first {
		interchange(a[c*ld+first:][:m-first], ipiv[first:])
	}
	for i := range ipiv[first:] {
		ipiv[first+i] += first
	}
	return left && right
}

// interchange swaps element j of a column with element ipiv[j], for each j in turn.
func interchange(column []float64, ipiv []int) {
	for j, p := range ipiv {
		column[j], column[p] = column[p], column[j]
	}
}

// eliminateColumns is eliminate one column after another.
func eliminateColumns(a []float64, ld, m, n int, ipiv []int) (ok bool) {
	ok = true
	for j := range n {
		column := a[j*ld:][:m]
		p := j + Implementation{}.Idamax(m-j, column[j:], 1)
		ipiv[j] = p
		below := column[j+1:]
		if pivot := column[p]; pivot == 0 {
			ok = false
		} else {
			for c := range n {
				a[c*ld+j], a[c*ld+p] = a[c*ld+p], a[c*ld+j]
			}
			divide(below, pivot)
		}
		for c := j + 1; c < n; c++ {
			blas.Axpy(-a[c*ld+j], below, a[c*ld+j+1:][:m-j-1])
		}
	}
	return ok
}

// divide divides x by a number: by its reciprocal, unless that may not be finite.
func divide(x []float64, by float64) {
	if math.Abs(by) >= smallestNormal {
		blas.Scal(1/by, x)
		return
	}
	for i := range x {
		x[i] /= by
	}
}

const smallestNormal = 0x1p-1022

// Dpotrf factors a symmetric positive definite matrix, A = Uᵀ·U or L·Lᵀ, as gonum's
// does: by bands that threads take, and what is on the diagonal by halves.
func (l Lapack) Dpotrf(uplo api.Uplo, n int, a []float64, lda int) (ok bool) {
	if n < fewestCholesky || uplo != api.Upper && uplo != api.Lower || lda < n || len(a) < (n-1)*lda+n {
		return l.Implementation.Dpotrf(uplo, n, a, lda)
	}
	width := bandOf(n, n)
	count := (n + width - 1) / width
	take := func(band, panel int) {
		p0, i0 := panel*width, band*width
		size := min(width, n-i0)
		i1 := i0 + size
		c := a[i0*lda+i0:]
		if uplo == api.Upper {
			u := a[p0*lda+i0:]
			blas.Syrk(blas.Upper, blas.Trans, size, width, -1, u, lda, 1, c, lda)
			if i1 < n {
				blas.Gemm(blas.Trans, blas.NoTrans, size, n-i1, width, -1, u, lda, a[p0*lda+i1:], lda, 1, a[i0*lda+i1:], lda)
			}
			return
		}
		u := a[i0*lda+p0:]
		blas.Syrk(blas.Lower, blas.NoTrans, size, width, -1, u, lda, 1, c, lda)
		if i1 < n {
			blas.Gemm(blas.NoTrans, blas.Trans, n-i1, size, width, -1, a[i1*lda+p0:], lda, u, lda, 1, a[i1*lda+i0:], lda)
		}
	}
	return byBands(count, count, take, func(panel int) bool {
		i0 := panel * width
		size, c := min(width, n-i0), a[i0*lda+i0:]
		if !l.cholesky(uplo, size, c, lda) {
			return false
		}
		solveBeside(uplo, size, n-i0-size, c, lda)
		return true
	})
}

// cholesky is Dpotrf by halves.
func (l Lapack) cholesky(uplo api.Uplo, n int, a []float64, lda int) bool {
	if n <= leaf {
		return l.Dpotf2(uplo, n, a, lda)
	}
	first := halved(n)
	rest := n - first
	if !l.cholesky(uplo, first, a, lda) {
		return false
	}
	solveBeside(uplo, first, rest, a, lda)
	c := a[first*lda+first:]
	if uplo == api.Upper {
		blas.Syrk(blas.Upper, blas.Trans, rest, first, -1, a[first:], lda, 1, c, lda)
	} else {
		blas.Syrk(blas.Lower, blas.NoTrans, rest, first, -1, a[first*lda:], lda, 1, c, lda)
	}
	return l.cholesky(uplo, rest, c, lda)
}

// solveBeside solves for what stands beside a triangle of size n that has been factored:
// rest columns to the right of U, or rows below L.
func solveBeside(uplo api.Uplo, n, rest int, a []float64, lda int) {
	switch {
	case rest == 0:
	case uplo == api.Upper:
		blas.Trsm(blas.Left, blas.Upper, blas.Trans, blas.NonUnit, n, rest, 1, a, lda, a[n:], lda)
	default:
		blas.Trsm(blas.Right, blas.Lower, blas.Trans, blas.NonUnit, rest, n, 1, a, lda, a[n*lda:], lda)
	}
}

// Dgecon estimates the reciprocal of the condition number of a matrix that Dgetrf has
// factored, as gonum's does.
func (l Lapack) Dgecon(norm lapack.MatrixNorm, n int, a []float64, lda int, anorm float64, work []float64, iwork []int) float64 {
	if n >= fewestLU && (norm == lapack.MaxColumnSum || norm == lapack.MaxRowSum) && lda >= n && len(a) >= (n-1)*lda+n && len(work) >= 4*n {
		lower, upper := triangle{blas.Lower, blas.NoTrans, blas.Unit}, triangle{blas.Upper, blas.NoTrans, blas.NonUnit}
		solves := [2][2]triangle{{lower, upper}, {upper.transposed(), lower.transposed()}}
		if norm == lapack.MaxRowSum { // the 1-norm of what is transposed
			solves[0], solves[1] = solves[1], solves[0]
		}
		if rcond, ok := l.condition(n, a, lda, solves, anorm, work, iwork); ok {
			return rcond
		}
	}
	return l.Implementation.Dgecon(norm, n, a, lda, anorm, work, iwork)
}

// Dpocon estimates the reciprocal of the condition number of a matrix that Dpotrf has
// factored, as gonum's does.
func (l Lapack) Dpocon(uplo api.Uplo, n int, a []float64, lda int, anorm float64, work []float64, iwork []int) float64 {
	if n >= fewestCholesky && (uplo == api.Upper || uplo == api.Lower) && lda >= n && len(a) >= (n-1)*lda+n && len(work) >= 3*n {
		factor := triangle{blas.Lower, blas.NoTrans, blas.NonUnit}
		solve := [2]triangle{factor, factor.transposed()}
		if uplo == api.Upper {
			factor.uplo = blas.Upper
			solve = [2]triangle{factor.transposed(), factor}
		}
		if rcond, ok := l.condition(n, a, lda, [2][2]triangle{solve, solve}, anorm, work, iwork); ok {
			return rcond
		}
	}
	return l.Implementation.Dpocon(uplo, n, a, lda, anorm, work, iwork)
}

// triangle is a triangle of a matrix that has been factored, or its transpose.
type triangle struct {
	uplo  blas.Uplo
	trans blas.Transpose
	diag  blas.Diag
}

func (t triangle) transposed() triangle {
	t.trans = blas.Trans
	return t
}

// solve solves op(A)·y = x for y, which takes the place of x: by halves down to what is
// done row by row.
func (t triangle) solve(n int, a []float64, lda int, x []float64) {
	const piece = 64
	if n <= piece {
		t.solveRows(n, a, lda, x)
		return
	}
	first := max(n/2/piece, 1) * piece
	rest := n - first
	x, y := x[:first], x[first:n]
	b, rows, columns := a[first:], first, rest // what stands beside both triangles
	if t.uplo == blas.Lower {
		b, rows, columns = a[first*lda:], rest, first
	}
	if (t.uplo == blas.Lower) == (t.trans == blas.NoTrans) {
		t.solve(first, a, lda, x)
		blas.Gemv(t.trans, rows, columns, -1, b, lda, x, 1, 1, y, 1)
		t.solve(rest, a[first*lda+first:], lda, y)
	} else {
		t.solve(rest, a[first*lda+first:], lda, y)
		blas.Gemv(t.trans, rows, columns, -1, b, lda, y, 1, 1, x, 1)
		t.solve(first, a, lda, x)
	}
}

// solveRows is solve by rows of A: of A as it is, each gives an element of y; of its
// transpose, each takes one out of those that are left.
func (t triangle) solveRows(n int, a []float64, lda int, x []float64) {
	down := (t.uplo == blas.Lower) == (t.trans == blas.NoTrans)
	for i := range n {
		if !down {
			i = n - 1 - i
		}
		row, others := a[i*lda:][:i], x[:i]
		if t.uplo == blas.Upper {
			row, others = a[i*lda+i+1:][:n-i-1], x[i+1:n]
		}
		if t.trans == blas.NoTrans {
			x[i] -= blas.Dot(row, others)
		}
		if t.diag == blas.NonUnit {
			x[i] /= a[i*lda+i]
		}
		if t.trans == blas.Trans {
			blas.Axpy(-x[i], row, others)
		}
	}
}

// condition estimates 1/(‖A‖·‖A⁻¹‖) by Dlacn2, which asks for A⁻¹·x and A⁻ᵀ·x: those are
// solved for by triangles, two each. gonum's goes through them column by column, ready
// to scale x before anything overflows; here it is row by row, and ok is false if
// something has, or if there is nothing to do.
func (l Lapack) condition(n int, a []float64, lda int, solves [2][2]triangle, anorm float64, work []float64, iwork []int) (rcond float64, ok bool) {
	if !(anorm > 0) || math.IsInf(anorm, 1) || len(iwork) < n {
		return 0, false
	}
	x := work[:n]
	inverse, step := 0.0, 0
	var state [3]int
	for {
		if inverse, step = l.Dlacn2(n, work[n:], work, iwork, inverse, step, &state); step == 0 {
			break
		}
		for _, t := range solves[step-1] {
			t.solve(n, a, lda, x)
		}
		if sum := blas.Asum(x); !(sum <= math.MaxFloat64) {
			return 0, false
		}
	}
	if inverse == 0 {
		return 0, true
	}
	return 1 / inverse / anorm, true
}

// Dlansy returns a norm of a symmetric matrix, as gonum's does.
func (l Lapack) Dlansy(norm lapack.MatrixNorm, uplo api.Uplo, n int, a []float64, lda int, work []float64) float64 {
	if n < fewestCholesky || norm != lapack.MaxRowSum && norm != lapack.MaxColumnSum || uplo != api.Upper && uplo != api.Lower ||
		lda < n || len(a) < (n-1)*lda+n || len(work) < n {
		return l.Implementation.Dlansy(norm, uplo, n, a, lda, work)
	}
	// What stands beside the diagonal counts for its row and for its column. A band has
	// the sums of its own rows: of its columns, those of all rows above or below the triangle
	// on the diagonal are whole.
	sums := work[:n]
	blas.Parallel((n+normBand-1)/normBand, func(band int) {
		i0, i1 := band*normBand, min(band*normBand+normBand, n)
		clear(sums[i0:i1])
		if uplo == api.Upper {
			addMagnitudes(i0, sums[i0:i1], a[i0:], lda)
		}
		for i := i0; i < i1; i++ {
			j0, j1 := i0, i
			if uplo == api.Upper {
				j0, j1 = i+1, i1
			}
			if j0 < j1 {
				addMagnitudes(1, sums[j0:j1], a[i*lda+j0:], lda)
			}
		}
		if uplo == api.Lower && i1 < n {
			addMagnitudes(n-i1, sums[i0:i1], a[i1*lda+i0:], lda)
		}
		for i := i0; i < i1; i++ {
			row := a[i*lda:][:i+1]
			if uplo == api.Upper {
				row = a[i*lda+i:][:n-i]
			}
			sums[i] += blas.Asum(row)
		}
	})
	return largest(sums)
}

// Dlange returns a norm of an m×n matrix, as gonum's does.
func (l Lapack) Dlange(norm lapack.MatrixNorm, m, n int, a []float64, lda int, work []float64) float64 {
	if m < 1 || n < fewestLU || lda < n || len(a) < (m-1)*lda+n {
		return l.Implementation.Dlange(norm, m, n, a, lda, work)
	}
	switch width := bandOf(m, n); {
	case norm == lapack.MaxRowSum:
		sums := make([]float64, m)
		blas.Parallel((m+width-1)/width, func(band int) {
			for i := band * width; i < min(band*width+width, m); i++ {
				sums[i] = blas.Asum(a[i*lda:][:n])
			}
		})
		return largest(sums)
	case norm == lapack.MaxColumnSum && len(work) >= n:
		sums := work[:n]
		blas.Parallel((n+width-1)/width, func(band int) {
			j0, j1 := band*width, min(band*width+width, n)
			clear(sums[j0:j1])
			addMagnitudes(m, sums[j0:j1], a[j0:], lda)
		})
		return largest(sums)
	}
	return l.Implementation.Dlange(norm, m, n, a, lda, work)
}

// addMagnitudes adds the magnitudes of m rows of a matrix to sums, one after another.
func addMagnitudes(m int, sums, a []float64, lda int) {
	n, i := len(sums), 0
	for ; i+4 <= m; i += 4 {
		r0, r1, r2, r3 := a[i*lda:][:n], a[(i+1)*lda:][:n], a[(i+2)*lda:][:n], a[(i+3)*lda:][:n]
		for j, sum := range sums {
			sum += math.Abs(r0[j])
			sum += math.Abs(r1[j])
			sum += math.Abs(r2[j])
			sums[j] = sum + math.Abs(r3[j])
		}
	}
	for ; i < m; i++ {
		for j, v := range a[i*lda:][:n] {
			sums[j] += math.Abs(v)
		}
	}
}

// largest returns the largest of sums that are not negative, as math.Max has it.
func largest(sums []float64) float64 {
	most := 0.0
	for _, sum := range sums {
		most = math.Max(most, sum)
	}
	return most
}
