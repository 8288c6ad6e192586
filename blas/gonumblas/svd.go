package gonumblas

import (
	"math"
	"slices"

	api "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"

	"github.com/lanewise/lanewise/blas"
)

// Dgesvd computes the singular value decomposition of an m×n matrix, as gonum's does, but
// reports that one with NaN or infinities does not converge.
// The singular values have the same bits whichever vectors are asked for.
func (l Lapack) Dgesvd(jobU, jobVT lapack.SVDJob, m, n int, a []float64, lda int, s, u []float64, ldu int, vt []float64, ldvt int, work []float64, lwork int) (ok bool) {
	// Sizes of U, which has columns of U, and VT, which has rows.
	columns, okU := svdVectors(jobU, m, n)
	rows, okVT := svdVectors(jobVT, n, m)
	least := min(m, n)
	if !okU || !okVT || least < fewest || lda < n || ldu < max(1, columns) || ldvt < 1 || rows > 0 && ldvt < n ||
		lwork < max(3*least+max(m, n), 5*least) || len(work) < lwork || len(a) < (m-1)*lda+n || len(s) < least ||
		columns > 0 && len(u) < (m-1)*ldu+columns || rows > 0 && len(vt) < (rows-1)*ldvt+n {
		return l.Implementation.Dgesvd(jobU, jobVT, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork)
	}
	// A's elements are brought to where their squares neither overflow nor vanish.
	norm, scaled := l.Dlange(lapack.MaxAbs, m, n, a, lda, nil), 0.0
	if !isFinite(norm) {
		return false
	}
	small := math.Sqrt(safe) / spacing
	if norm > 0 && norm < small {
		scaled = small
	} else if norm > 1/small {
		scaled = 1 / small
	}
	if scaled != 0 {
		l.Dlascl(lapack.General, 0, 0, norm, scaled, m, n, a, lda)
	}
	if m >= n {
		ok = l.tallSVD(m, n, columns, rows > 0, a, lda, s, u, ldu, vt, ldvt)
	} else {
		// Aᵀ = V·S·Uᵀ.
		at := make([]float64, n*m)
		transpose(m, n, a, lda, at, m)
		v, ut := make([]float64, n*max(rows, 1)), make([]float64, m*m)
		ok = l.tallSVD(n, m, rows, columns > 0, at, m, s, v, max(rows, 1), ut, m)
		if columns > 0 {
			transpose(m, m, ut, m, u, ldu)
		}
		if rows > 0 {
			transpose(n, rows, v, rows, vt, ldvt)
		}
	}
	if scaled != 0 {
		l.Dlascl(lapack.General, 0, 0, scaled, norm, least, 1, s, 1)
	}
	l.Implementation.Dgesvd(jobU, jobVT, m, n, a, lda, s, u, ldu, vt, ldvt, work, -1) // the best size, to work[0]
	return ok
}

// svdVectors returns how many singular vectors of length m a job asks for, the matrix
// having n of the other kind; ok is false if gonum knows better.
func svdVectors(job lapack.SVDJob, m, n int) (count int, ok bool) {
	switch job {
	case lapack.SVDNone:
		return 0, true
	case lapack.SVDStore:
		return min(m, n), true
	case lapack.SVDAll:
		return m, true
	}
	return 0, false
}

// tallSVD decomposes an m×n matrix of m ≥ n: A = U·S·VT, with columns of U, none, n or
// m, and VT if wantVT.
func (l Lapack) tallSVD(m, n, columns int, wantVT bool, a []float64, lda int, s, u []float64, ldu int, vt []float64, ldvt int) bool {
	e, tauQ, tauP := make([]float64, n), make([]float64, n), make([]float64, n)
	block := 64
	if n <= 128 { // gonum's routines use blocks from there on
		block = 4
	}
	work := make([]float64, block*(m+n))
	ncvt := 0
	if wantVT {
		ncvt = n
	}
	// A much taller matrix is first made square: A = Q·R (T. F. Chan, An improved
	// algorithm for computing the singular value decomposition, ACM TOMS 8, 1982).
	if 5*m >= 8*n {
		l.Dgeqrf(m, n, a, lda, tauQ, work, len(work))
		r := make([]float64, n*n)
		l.Dlacpy(api.Upper, n, n, a, lda, r, n)
		switch columns {
		case 0:
		case n:
			l.Dorgqr(m, n, n, a, lda, tauQ, work, len(work))
		default:
			l.Dlacpy(api.Lower, m, n, a, lda, u, ldu)
			l.Dorgqr(m, m, n, u, ldu, tauQ, work, len(work))
			l.Dlacpy(api.All, m, n, u, ldu, a, lda)
		}
		q := make([]float64, n*n)
		ok := l.tallSVD2(n, n, min(columns, n), ncvt, r, n, s, e, tauQ, tauP, q, n, vt, ldvt, work)
		if columns > 0 {
			blas.Gemm(blas.NoTrans, blas.NoTrans, m, n, n, 1, a, lda, q, n, 0, u, ldu)
		}
		return ok
	}
	return l.tallSVD2(m, n, columns, ncvt, a, lda, s, e, tauQ, tauP, u, ldu, vt, ldvt, work)
}

// tallSVD2 is tallSVD by way of a bidiagonal matrix.
func (l Lapack) tallSVD2(m, n, columns, ncvt int, a []float64, lda int, s, e, tauQ, tauP, u []float64, ldu int, vt []float64, ldvt int, work []float64) bool {
	l.Dgebrd(m, n, a, lda, s, e, tauQ, tauP, work, len(work))
	nru := 0
	if columns > 0 {
		nru = m
		l.Dlacpy(api.Lower, m, n, a, lda, u, ldu)
		l.Dorgbr(lapack.GenerateQ, m, columns, n, u, ldu, tauQ, work, len(work))
	}
	if ncvt > 0 {
		l.Dlacpy(api.Upper, n, n, a, lda, vt, ldvt)
		l.Dorgbr(lapack.GeneratePT, n, n, n, vt, ldvt, tauP, work, len(work))
	}
	if ncvt+nru == 0 {
		return l.Dbdsqr(api.Upper, n, 0, 0, 0, s, e, nil, 1, nil, 1, nil, 1, work)
	}
	// With vectors the values come of another iteration, which agrees with the one
	// without only to the bound of both. The latter takes the lesser part of the time,
	// so its values are the ones returned; in descending order both belong together.
	values := slices.Clone(s[:n])
	alone := l.Dbdsqr(api.Upper, n, 0, 0, 0, values, slices.Clone(e[:n-1]), nil, 1, nil, 1, nil, 1, work)
	if !l.Dbdsqr(api.Upper, n, ncvt, nru, 0, s, e, vt, max(ldvt, 1), u, max(ldu, 1), nil, 1, work) {
		return false
	}
	if alone {
		copy(s, values)
	}
	return true
}

// transpose sets dst = srcᵀ, src being m×n.
func transpose(m, n int, src []float64, lds int, dst []float64, ldd int) {
	const tile = 16
	for ic := 0; ic < m; ic += tile {
		for jc := 0; jc < n; jc += tile {
			for i := ic; i < min(ic+tile, m); i++ {
				for j := jc; j < min(jc+tile, n); j++ {
					dst[j*ldd+i] = src[i*lds+j]
				}
			}
		}
	}
}
