package gonumblas

import (
	"math"

	api "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"

	"github.com/lanewise/lanewise/blas"
)

// leaf is the size of what is factored by gonum's loops of level 2.
const leaf = 16

// fewestFactored is the size from which these routines are faster than gonum's.
const fewestFactored = 80

// halved returns the size of the first part of a matrix that is factored by halves.
func halved(n int) int { return max(n/2/leaf, 1) * leaf }

// Dgetrf factors an m×n matrix, A = P·L·U, as gonum's does: by halves (S. Toledo,
// Locality of reference in LU decomposition with partial pivoting, SIAM J. Matrix Anal.
// Appl. 18, 1997), so that nearly all of it is products.
func (l Lapack) Dgetrf(m, n int, a []float64, lda int, ipiv []int) (ok bool) {
	least := min(m, n)
	if least < fewestFactored || lda < n || len(a) < (m-1)*lda+n || len(ipiv) != least {
		return l.Implementation.Dgetrf(m, n, a, lda, ipiv)
	}
	return l.lu(m, n, a, lda, ipiv)
}

func (l Lapack) lu(m, n int, a []float64, lda int, ipiv []int) bool {
	least := min(m, n)
	if least <= leaf {
		return l.Dgetf2(m, n, a, lda, ipiv)
	}
	first := halved(least)
	left := l.lu(m, first, a, lda, ipiv[:first])
	l.Dlaswp(n-first, a[first:], lda, 0, first-1, ipiv[:first], 1)
	blas.Trsm(blas.Left, blas.Lower, blas.NoTrans, blas.Unit, first, n-first, 1, a, lda, a[first:], lda)
	blas.Gemm(blas.NoTrans, blas.NoTrans, m-first, n-first, first, -1, a[first*lda:], lda, a[first:], lda, 1, a[first*lda+first:], lda)
	right := l.lu(m-first, n-first, a[first*lda+first:], lda, ipiv[first:])
	for i := range ipiv[first:] {
		ipiv[first+i] += first
	}
	l.Dlaswp(first, a, lda, first, least-1, ipiv, 1)
	return left && right
}

// Dpotrf factors a symmetric positive definite matrix, A = Uᵀ·U or L·Lᵀ, as gonum's
// does: by halves.
func (l Lapack) Dpotrf(uplo api.Uplo, n int, a []float64, lda int) (ok bool) {
	if n < fewestFactored || uplo != api.Upper && uplo != api.Lower || lda < n || len(a) < (n-1)*lda+n {
		return l.Implementation.Dpotrf(uplo, n, a, lda)
	}
	return l.cholesky(uplo, n, a, lda)
}

func (l Lapack) cholesky(uplo api.Uplo, n int, a []float64, lda int) bool {
	if n <= leaf {
		return l.Dpotf2(uplo, n, a, lda)
	}
	first := halved(n)
	rest := n - first
	if !l.cholesky(uplo, first, a, lda) {
		return false
	}
	c := a[first*lda+first:]
	if uplo == api.Upper {
		b := a[first:]
		blas.Trsm(blas.Left, blas.Upper, blas.Trans, blas.NonUnit, first, rest, 1, a, lda, b, lda)
		blas.Syrk(blas.Upper, blas.Trans, rest, first, -1, b, lda, 1, c, lda)
	} else {
		b := a[first*lda:]
		blas.Trsm(blas.Right, blas.Lower, blas.Trans, blas.NonUnit, rest, first, 1, a, lda, b, lda)
		blas.Syrk(blas.Lower, blas.NoTrans, rest, first, -1, b, lda, 1, c, lda)
	}
	return l.cholesky(uplo, rest, c, lda)
}

// Dgecon estimates the reciprocal of the condition number of a matrix that Dgetrf has
// factored, as gonum's does.
func (l Lapack) Dgecon(norm lapack.MatrixNorm, n int, a []float64, lda int, anorm float64, work []float64, iwork []int) float64 {
	if n >= fewestFactored && (norm == lapack.MaxColumnSum || norm == lapack.MaxRowSum) && lda >= n && len(a) >= (n-1)*lda+n && len(work) >= 4*n {
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
	if n >= fewestFactored && (uplo == api.Upper || uplo == api.Lower) && lda >= n && len(a) >= (n-1)*lda+n && len(work) >= 3*n {
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

// solve solves op(A)·y = x for y, which takes the place of x: by halves down to what Trsm
// does in one piece.
func (t triangle) solve(n int, a []float64, lda int, x []float64) {
	const piece = 64
	if n <= piece {
		blas.Trsm(blas.Left, t.uplo, t.trans, t.diag, n, 1, 1, a, lda, x, 1)
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
	if n < fewestFactored || norm != lapack.MaxRowSum && norm != lapack.MaxColumnSum || uplo != api.Upper && uplo != api.Lower ||
		lda < n || len(a) < (n-1)*lda+n || len(work) < n {
		return l.Implementation.Dlansy(norm, uplo, n, a, lda, work)
	}
	// What stands beside the diagonal counts for its row and for its column.
	sums := work[:n]
	clear(sums)
	for i := range n {
		row, columns := a[i*lda:][:i], sums[:i]
		if uplo == api.Upper {
			row, columns = a[i*lda+i+1:][:n-i-1], sums[i+1:]
		}
		for j, v := range row {
			columns[j] += math.Abs(v)
		}
		sums[i] += math.Abs(a[i*lda+i]) + blas.Asum(row)
	}
	largest := 0.0
	for _, sum := range sums {
		largest = math.Max(largest, sum)
	}
	return largest
}

// Dlange returns a norm of an m×n matrix, as gonum's does.
func (l Lapack) Dlange(norm lapack.MatrixNorm, m, n int, a []float64, lda int, work []float64) float64 {
	if norm != lapack.MaxRowSum || m < 1 || n < fewestFactored || lda < n || len(a) < (m-1)*lda+n {
		return l.Implementation.Dlange(norm, m, n, a, lda, work)
	}
	largest := 0.0
	for i := range m {
		largest = math.Max(largest, blas.Asum(a[i*lda:][:n]))
	}
	return largest
}
