package gonumblas

import (
	"math/bits"

	api "gonum.org/v1/gonum/blas"

	"github.com/lanewise/lanewise/blas"
)

// fewGemv reports whether a call of gemv is left to gonum.
func fewGemv(tA api.Transpose, m, n int) bool {
	if tA == api.NoTrans {
		return volume(m, n, 1) < least.gemv
	}
	return volume(m, n, 1) < least.gemvT
}

func checkGemv[T blas.Float](tA api.Transpose, m, n int, a []T, lda int, x []T, incX int, y []T, incY int) bool {
	checkTranspose(tA)
	lenX, lenY := m, n
	if tA == api.NoTrans {
		lenX, lenY = n, m
	}
	checkMatrix(m, n, lda, incX, incY)
	switch {
	case m == 0 || n == 0:
		return false
	case isShort(len(x), lenX, incX):
		panic(shortX)
	case isShort(len(y), lenY, incY):
		panic(shortY)
	case isShortMatrix(len(a), m, n, lda):
		panic(shortA)
	}
	return true
}

func checkGer[T blas.Float](m, n int, x []T, incX int, y []T, incY int, a []T, lda int) bool {
	checkMatrix(m, n, lda, incX, incY)
	switch {
	case m == 0 || n == 0:
		return false
	case isShort(len(x), m, incX):
		panic(shortX)
	case isShort(len(y), n, incY):
		panic(shortY)
	case isShortMatrix(len(a), m, n, lda):
		panic(shortA)
	}
	return true
}

func checkSymv[T blas.Float](ul api.Uplo, n int, a []T, lda int, x []T, incX int, y []T, incY int) bool {
	checkUplo(ul)
	checkMatrix(0, n, lda, incX, incY)
	switch {
	case n == 0:
		return false
	case isShortMatrix(len(a), n, n, lda):
		panic(shortA)
	case isShort(len(x), n, incX):
		panic(shortX)
	case isShort(len(y), n, incY):
		panic(shortY)
	}
	return true
}

func checkMatrix(m, n, lda, incX, incY int) {
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case lda < max(1, n):
		panic(badLdA)
	case incX == 0:
		panic(zeroIncX)
	case incY == 0:
		panic(zeroIncY)
	}
}

// isShortMatrix reports whether length elements are too few for a matrix: fewer than
// ld·(rows−1) + cols, which an int may not hold.
func isShortMatrix(length, rows, cols, ld int) bool {
	high, others := bits.Mul(uint(ld), uint(rows-1))
	return rows > 0 && (high != 0 || length < cols || uint(length-cols) < others)
}

// isShort reports whether length elements are too few for n, inc apart.
func isShort(length, n, inc int) bool {
	return inc > 0 && length <= (n-1)*inc || inc < 0 && length <= (1-n)*inc
}

// Dgemv is [blas.Gemv].
func (i Implementation) Dgemv(tA api.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	if fewGemv(tA, m, n) {
		i.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	if !checkGemv(tA, m, n, a, lda, x, incX, y, incY) {
		return
	}
	blas.Gemv(blas.Transpose(tA), m, n, alpha, a, lda, x, incX, beta, y, incY)
}

// Dger is [blas.Ger].
func (i Implementation) Dger(m, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	if volume(m, n, 1) < least.ger && incX > 0 && incY > 0 { // gonum's assembly is wrong with others
		i.Implementation.Dger(m, n, alpha, x, incX, y, incY, a, lda)
		return
	}
	if !checkGer(m, n, x, incX, y, incY, a, lda) {
		return
	}
	blas.Ger(m, n, alpha, x, incX, y, incY, a, lda)
}

// Dsymv is [blas.Symv].
func (i Implementation) Dsymv(ul api.Uplo, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	if volume(n, n, 1) < least.symv {
		i.Implementation.Dsymv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	if !checkSymv(ul, n, a, lda, x, incX, y, incY) {
		return
	}
	blas.Symv(blas.Uplo(ul), n, alpha, a, lda, x, incX, beta, y, incY)
}

// Sgemv is [blas.Gemv].
func (i Implementation) Sgemv(tA api.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	if fewGemv(tA, m, n) {
		i.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	if !checkGemv(tA, m, n, a, lda, x, incX, y, incY) {
		return
	}
	blas.Gemv(blas.Transpose(tA), m, n, alpha, a, lda, x, incX, beta, y, incY)
}

// Sger is [blas.Ger].
func (i Implementation) Sger(m, n int, alpha float32, x []float32, incX int, y []float32, incY int, a []float32, lda int) {
	if volume(m, n, 1) < least.ger && incX > 0 && incY > 0 { // gonum's assembly is wrong with others
		i.Implementation.Sger(m, n, alpha, x, incX, y, incY, a, lda)
		return
	}
	if !checkGer(m, n, x, incX, y, incY, a, lda) {
		return
	}
	blas.Ger(m, n, alpha, x, incX, y, incY, a, lda)
}

// Ssymv is [blas.Symv].
func (i Implementation) Ssymv(ul api.Uplo, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	if volume(n, n, 1) < least.symv {
		i.Implementation.Ssymv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	if !checkSymv(ul, n, a, lda, x, incX, y, incY) {
		return
	}
	blas.Symv(blas.Uplo(ul), n, alpha, a, lda, x, incX, beta, y, incY)
}
