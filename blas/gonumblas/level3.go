package gonumblas

import (
	api "gonum.org/v1/gonum/blas"

	"github.com/lanewise/lanewise/blas"
)

// fewTriangular reports whether a call of trsm or trmm is one of those.
func fewTriangular(s api.Side, m, n int) bool {
	if s == api.Left {
		return volume(m, m, n) < least.left
	}
	return volume(m, n, n) < least.right
}

// fewGemm reports whether a call of gemm is one of those.
func fewGemm(tA, tB api.Transpose, m, n, k int, plain bool) bool {
	few := least.gemm
	if !plain || tA != api.NoTrans || tB != api.NoTrans {
		few = least.otherGemm
	}
	return k > 0 && volume(m, n, k) < few
}

// fewRank reports whether a call of syrk or syr2k is one of those.
func fewRank(tA api.Transpose, n, k int) bool {
	if tA == api.NoTrans {
		return volume(n, n, k) < least.rank || n < least.rankRows && volume(n, n, k) < 4*least.rank
	}
	return volume(n, n, k) < least.rankT
}

// clearTriangle sets a triangle of an n×n matrix to 0.
func clearTriangle[T blas.Float](ul api.Uplo, n int, c []T, ldc int) {
	for i := range n {
		if ul == api.Upper {
			clear(c[i*ldc+i : i*ldc+n])
		} else {
			clear(c[i*ldc : i*ldc+i+1])
		}
	}
}

// volume returns m·n·k, which an int may not hold.
func volume(m, n, k int) uint64 { return uint64(m) * uint64(n) * uint64(k) }

// The checks are gonum's, which are in its order: flags, dimensions, leading
// dimensions; nothing to do; lengths.

func checkGemm[T blas.Float](tA, tB api.Transpose, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int) bool {
	checkTranspose(tA)
	checkTranspose(tB)
	rowsA, colsA, rowsB, colsB := m, k, k, n
	if tA != api.NoTrans {
		rowsA, colsA = k, m
	}
	if tB != api.NoTrans {
		rowsB, colsB = n, k
	}
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case k < 0:
		panic(kLT0)
	case lda < max(1, colsA):
		panic(badLdA)
	case ldb < max(1, colsB):
		panic(badLdB)
	case ldc < max(1, n):
		panic(badLdC)
	case m == 0 || n == 0:
		return false
	case len(a) < (rowsA-1)*lda+colsA:
		panic(shortA)
	case len(b) < (rowsB-1)*ldb+colsB:
		panic(shortB)
	case len(c) < (m-1)*ldc+n:
		panic(shortC)
	}
	return true
}

func checkTriangular[T blas.Float](s api.Side, ul api.Uplo, tA api.Transpose, d api.Diag, m, n int, a []T, lda int, b []T, ldb int) bool {
	checkSide(s)
	checkUplo(ul)
	checkTranspose(tA)
	if d != api.NonUnit && d != api.Unit {
		panic(badDiag)
	}
	k := n
	if s == api.Left {
		k = m
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
	case isShortMatrix(len(a), k, k, lda):
		panic(shortA)
	case isShortMatrix(len(b), m, n, ldb):
		panic(shortB)
	}
	return true
}

func checkSymm[T blas.Float](s api.Side, ul api.Uplo, m, n int, a []T, lda int, b []T, ldb int, c []T, ldc int) bool {
	checkSide(s)
	checkUplo(ul)
	k := n
	if s == api.Left {
		k = m
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
	case ldc < max(1, n):
		panic(badLdC)
	case m == 0 || n == 0:
		return false
	case isShortMatrix(len(a), k, k, lda):
		panic(shortA)
	case isShortMatrix(len(b), m, n, ldb):
		panic(shortB)
	case isShortMatrix(len(c), m, n, ldc):
		panic(shortC)
	}
	return true
}

// checkRank checks the arguments of syrk and, unless its B is A, those of syr2k.
func checkRank[T blas.Float](ul api.Uplo, tA api.Transpose, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int) bool {
	checkUplo(ul)
	checkTranspose(tA)
	rows, cols := k, n
	if tA == api.NoTrans {
		rows, cols = n, k
	}
	switch {
	case n < 0:
		panic(nLT0)
	case k < 0:
		panic(kLT0)
	case lda < max(1, cols):
		panic(badLdA)
	case ldb < max(1, cols):
		panic(badLdB)
	case ldc < max(1, n):
		panic(badLdC)
	case n == 0:
		return false
	case isShortMatrix(len(a), rows, cols, lda):
		panic(shortA)
	case isShortMatrix(len(b), rows, cols, ldb):
		panic(shortB)
	case isShortMatrix(len(c), n, n, ldc):
		panic(shortC)
	}
	return true
}

func checkTranspose(t api.Transpose) {
	if t != api.NoTrans && t != api.Trans && t != api.ConjTrans {
		panic(badTranspose)
	}
}

func checkSide(s api.Side) {
	if s != api.Left && s != api.Right {
		panic(badSide)
	}
}

func checkUplo(ul api.Uplo) {
	if ul != api.Lower && ul != api.Upper {
		panic(badUplo)
	}
}

// Dgemm is [blas.Gemm].
func (i Implementation) Dgemm(tA, tB api.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	if alpha != 0 && fewGemm(tA, tB, m, n, k, alpha == 1) {
		i.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	if !checkGemm(tA, tB, m, n, k, a, lda, b, ldb, c, ldc) {
		return
	}
	blas.Gemm(blas.Transpose(tA), blas.Transpose(tB), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Dtrsm is [blas.Trsm].
func (i Implementation) Dtrsm(s api.Side, ul api.Uplo, tA api.Transpose, d api.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	if fewTriangular(s, m, n) {
		i.Implementation.Dtrsm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
		return
	}
	if !checkTriangular(s, ul, tA, d, m, n, a, lda, b, ldb) {
		return
	}
	blas.Trsm(blas.Side(s), blas.Uplo(ul), blas.Transpose(tA), blas.Diag(d), m, n, alpha, a, lda, b, ldb)
}

// Dtrmm is [blas.Trmm].
func (i Implementation) Dtrmm(s api.Side, ul api.Uplo, tA api.Transpose, d api.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	if fewTriangular(s, m, n) {
		i.Implementation.Dtrmm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
		return
	}
	if !checkTriangular(s, ul, tA, d, m, n, a, lda, b, ldb) {
		return
	}
	blas.Trmm(blas.Side(s), blas.Uplo(ul), blas.Transpose(tA), blas.Diag(d), m, n, alpha, a, lda, b, ldb)
}

// Dsymm is [blas.Symm].
func (i Implementation) Dsymm(s api.Side, ul api.Uplo, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	if volume(m, n, max(m, n)) < least.symm {
		i.Implementation.Dsymm(s, ul, m, n, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	if !checkSymm(s, ul, m, n, a, lda, b, ldb, c, ldc) {
		return
	}
	blas.Symm(blas.Side(s), blas.Uplo(ul), m, n, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Dsyrk is [blas.Syrk].
func (i Implementation) Dsyrk(ul api.Uplo, tA api.Transpose, n, k int, alpha float64, a []float64, lda int, beta float64, c []float64, ldc int) {
	few := alpha != 0 && k > 0 && fewRank(tA, n, k)
	if few && beta != 0 {
		i.Implementation.Dsyrk(ul, tA, n, k, alpha, a, lda, beta, c, ldc)
		return
	}
	if !checkRank(ul, tA, n, k, a, lda, a, lda, c, ldc) {
		return
	}
	if few { // gonum would multiply NaN by 0
		clearTriangle(ul, n, c, ldc)
		i.Implementation.Dsyrk(ul, tA, n, k, alpha, a, lda, 1, c, ldc)
		return
	}
	blas.Syrk(blas.Uplo(ul), blas.Transpose(tA), n, k, alpha, a, lda, beta, c, ldc)
}

// Dsyr2k is [blas.Syr2k].
func (i Implementation) Dsyr2k(ul api.Uplo, tA api.Transpose, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	few := alpha != 0 && k > 0 && fewRank(tA, n, k)
	if few && beta != 0 {
		i.Implementation.Dsyr2k(ul, tA, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	if !checkRank(ul, tA, n, k, a, lda, b, ldb, c, ldc) {
		return
	}
	if few { // gonum would multiply NaN by 0
		clearTriangle(ul, n, c, ldc)
		i.Implementation.Dsyr2k(ul, tA, n, k, alpha, a, lda, b, ldb, 1, c, ldc)
		return
	}
	blas.Syr2k(blas.Uplo(ul), blas.Transpose(tA), n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Sgemm is [blas.Gemm].
func (i Implementation) Sgemm(tA, tB api.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if alpha != 0 && fewGemm(tA, tB, m, n, k, alpha == 1) {
		i.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	if !checkGemm(tA, tB, m, n, k, a, lda, b, ldb, c, ldc) {
		return
	}
	blas.Gemm(blas.Transpose(tA), blas.Transpose(tB), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Strsm is [blas.Trsm].
func (i Implementation) Strsm(s api.Side, ul api.Uplo, tA api.Transpose, d api.Diag, m, n int, alpha float32, a []float32, lda int, b []float32, ldb int) {
	if fewTriangular(s, m, n) {
		i.Implementation.Strsm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
		return
	}
	if !checkTriangular(s, ul, tA, d, m, n, a, lda, b, ldb) {
		return
	}
	blas.Trsm(blas.Side(s), blas.Uplo(ul), blas.Transpose(tA), blas.Diag(d), m, n, alpha, a, lda, b, ldb)
}

// Strmm is [blas.Trmm].
func (i Implementation) Strmm(s api.Side, ul api.Uplo, tA api.Transpose, d api.Diag, m, n int, alpha float32, a []float32, lda int, b []float32, ldb int) {
	if fewTriangular(s, m, n) {
		i.Implementation.Strmm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
		return
	}
	if !checkTriangular(s, ul, tA, d, m, n, a, lda, b, ldb) {
		return
	}
	blas.Trmm(blas.Side(s), blas.Uplo(ul), blas.Transpose(tA), blas.Diag(d), m, n, alpha, a, lda, b, ldb)
}

// Ssymm is [blas.Symm].
func (i Implementation) Ssymm(s api.Side, ul api.Uplo, m, n int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if volume(m, n, max(m, n)) < least.symm {
		i.Implementation.Ssymm(s, ul, m, n, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	if !checkSymm(s, ul, m, n, a, lda, b, ldb, c, ldc) {
		return
	}
	blas.Symm(blas.Side(s), blas.Uplo(ul), m, n, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Ssyrk is [blas.Syrk].
func (i Implementation) Ssyrk(ul api.Uplo, tA api.Transpose, n, k int, alpha float32, a []float32, lda int, beta float32, c []float32, ldc int) {
	few := alpha != 0 && k > 0 && fewRank(tA, n, k)
	if few && beta != 0 {
		i.Implementation.Ssyrk(ul, tA, n, k, alpha, a, lda, beta, c, ldc)
		return
	}
	if !checkRank(ul, tA, n, k, a, lda, a, lda, c, ldc) {
		return
	}
	if few { // gonum would multiply NaN by 0
		clearTriangle(ul, n, c, ldc)
		i.Implementation.Ssyrk(ul, tA, n, k, alpha, a, lda, 1, c, ldc)
		return
	}
	blas.Syrk(blas.Uplo(ul), blas.Transpose(tA), n, k, alpha, a, lda, beta, c, ldc)
}

// Ssyr2k is [blas.Syr2k].
func (i Implementation) Ssyr2k(ul api.Uplo, tA api.Transpose, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	few := alpha != 0 && k > 0 && fewRank(tA, n, k)
	if few && beta != 0 {
		i.Implementation.Ssyr2k(ul, tA, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	if !checkRank(ul, tA, n, k, a, lda, b, ldb, c, ldc) {
		return
	}
	if few { // gonum would multiply NaN by 0
		clearTriangle(ul, n, c, ldc)
		i.Implementation.Ssyr2k(ul, tA, n, k, alpha, a, lda, b, ldb, 1, c, ldc)
		return
	}
	blas.Syr2k(blas.Uplo(ul), blas.Transpose(tA), n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}
