package gonumblas

import (
	"unsafe"

	"github.com/lanewise/lanewise/blas"
)

// Arguments that gonum panics on or returns from are left to it.

// isUnit reports whether n elements stand side by side, and are worth it.
func isUnit[T blas.Float](n, fewest int, x []T, incX int) bool {
	return n >= fewest && incX == 1 && len(x) >= n
}

// overlap reports whether x and y share elements without being the same: gonum's
// loops define what happens then.
func overlap[T blas.Float](x, y []T) bool {
	size := unsafe.Sizeof(x[0])
	px, py := uintptr(unsafe.Pointer(&x[0])), uintptr(unsafe.Pointer(&y[0]))
	return px != py && px < py+uintptr(len(y))*size && py < px+uintptr(len(x))*size
}

// Ddot is [blas.Dot].
func (i Implementation) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	switch {
	case isLoop(n, x, incX) && isLoop(n, y, incY):
		return loopDot(n, x, incX, y, incY)
	case isUnit(n, least.dot, x, incX) && isUnit(n, least.dot, y, incY):
		return blas.Dot(x[:n], y[:n])
	}
	return i.Implementation.Ddot(n, x, incX, y, incY)
}

// Daxpy is [blas.Axpy].
func (i Implementation) Daxpy(n int, alpha float64, x []float64, incX int, y []float64, incY int) {
	switch {
	case alpha != 0 && isLoop(n, x, incX) && isLoop(n, y, incY):
		loopAxpy(n, alpha, x, incX, y, incY)
	case alpha != 0 && isUnit(n, least.axpy, x, incX) && isUnit(n, least.axpy, y, incY) && !overlap(x[:n], y[:n]):
		blas.Axpy(alpha, x[:n], y[:n])
	default:
		i.Implementation.Daxpy(n, alpha, x, incX, y, incY)
	}
}

// Dswap exchanges vectors.
func (i Implementation) Dswap(n int, x []float64, incX int, y []float64, incY int) {
	switch {
	case isLoop(n, x, incX) && isLoop(n, y, incY):
		loopSwap(n, x, incX, y, incY)
	case isUnit(n, least.swap, x, incX) && isUnit(n, least.swap, y, incY) && !overlap(x[:n], y[:n]):
		swap(x[:n], y[:n])
	default:
		i.Implementation.Dswap(n, x, incX, y, incY)
	}
}

// swap exchanges vectors a piece at a time, by copying.
func swap[T blas.Float](x, y []T) {
	var piece [128]T
	for len(x) > 0 {
		n := copy(piece[:], x)
		copy(x[:n], y)
		copy(y[:n], piece[:])
		x, y = x[n:], y[n:]
	}
}

// Dscal is [blas.Scal]; with alpha = 0 it sets x to 0.
func (i Implementation) Dscal(n int, alpha float64, x []float64, incX int) {
	switch {
	case alpha != 0 && isLoop(n, x, incX):
		loopScal(n, alpha, x, incX)
	case alpha != 0 && isUnit(n, least.scal, x, incX):
		blas.Scal(alpha, x[:n])
	default:
		i.Implementation.Dscal(n, alpha, x, incX)
	}
}

// Dnrm2 is [blas.Nrm2].
func (i Implementation) Dnrm2(n int, x []float64, incX int) float64 {
	switch {
	case isLoop(n, x, incX):
		return loopNrm2(n, x, incX)
	case isUnit(n, least.sum, x, incX):
		return blas.Nrm2(x[:n])
	}
	return i.Implementation.Dnrm2(n, x, incX)
}

// Dasum is [blas.Asum].
func (i Implementation) Dasum(n int, x []float64, incX int) float64 {
	switch {
	case isLoop(n, x, incX):
		return loopAsum(n, x, incX)
	case isUnit(n, least.sum, x, incX):
		return blas.Asum(x[:n])
	}
	return i.Implementation.Dasum(n, x, incX)
}

// Idamax is [blas.MaxAbsIndex], except that NaN counts as the smallest unless it is the
// first, as gonum has it.
func (i Implementation) Idamax(n int, x []float64, incX int) int {
	if isLoop(n, x, incX) {
		return loopAmax(n, x, incX)
	}
	if isUnit(n, least.sum, x, incX) {
		if at := blas.MaxAbsIndex(x[:n]); at == 0 || x[at] == x[at] {
			return at
		}
	}
	return i.Implementation.Idamax(n, x, incX)
}

// Sdot is [blas.Dot].
func (i Implementation) Sdot(n int, x []float32, incX int, y []float32, incY int) float32 {
	switch {
	case isLoop(n, x, incX) && isLoop(n, y, incY):
		return loopDot(n, x, incX, y, incY)
	case isUnit(n, least.dot, x, incX) && isUnit(n, least.dot, y, incY):
		return blas.Dot(x[:n], y[:n])
	}
	return i.Implementation.Sdot(n, x, incX, y, incY)
}

// Saxpy is [blas.Axpy].
func (i Implementation) Saxpy(n int, alpha float32, x []float32, incX int, y []float32, incY int) {
	switch {
	case alpha != 0 && isLoop(n, x, incX) && isLoop(n, y, incY):
		loopAxpy(n, alpha, x, incX, y, incY)
	case alpha != 0 && isUnit(n, least.axpy, x, incX) && isUnit(n, least.axpy, y, incY) && !overlap(x[:n], y[:n]):
		blas.Axpy(alpha, x[:n], y[:n])
	default:
		i.Implementation.Saxpy(n, alpha, x, incX, y, incY)
	}
}

// Sswap exchanges vectors.
func (i Implementation) Sswap(n int, x []float32, incX int, y []float32, incY int) {
	switch {
	case isLoop(n, x, incX) && isLoop(n, y, incY):
		loopSwap(n, x, incX, y, incY)
	case isUnit(n, least.swap, x, incX) && isUnit(n, least.swap, y, incY) && !overlap(x[:n], y[:n]):
		swap(x[:n], y[:n])
	default:
		i.Implementation.Sswap(n, x, incX, y, incY)
	}
}

// Sscal is [blas.Scal]; with alpha = 0 it sets x to 0.
func (i Implementation) Sscal(n int, alpha float32, x []float32, incX int) {
	switch {
	case alpha != 0 && isLoop(n, x, incX):
		loopScal(n, alpha, x, incX)
	case alpha != 0 && isUnit(n, least.scal, x, incX):
		blas.Scal(alpha, x[:n])
	default:
		i.Implementation.Sscal(n, alpha, x, incX)
	}
}

// Snrm2 is [blas.Nrm2].
func (i Implementation) Snrm2(n int, x []float32, incX int) float32 {
	switch {
	case isLoop(n, x, incX):
		return loopNrm2(n, x, incX)
	case isUnit(n, least.sum, x, incX):
		return blas.Nrm2(x[:n])
	}
	return i.Implementation.Snrm2(n, x, incX)
}

// Sasum is [blas.Asum].
func (i Implementation) Sasum(n int, x []float32, incX int) float32 {
	switch {
	case isLoop(n, x, incX):
		return loopAsum(n, x, incX)
	case isUnit(n, least.sum, x, incX):
		return blas.Asum(x[:n])
	}
	return i.Implementation.Sasum(n, x, incX)
}

// Isamax is [blas.MaxAbsIndex], except that NaN counts as the smallest unless it is the
// first, as gonum has it.
func (i Implementation) Isamax(n int, x []float32, incX int) int {
	if isLoop(n, x, incX) {
		return loopAmax(n, x, incX)
	}
	if isUnit(n, least.sum, x, incX) {
		if at := blas.MaxAbsIndex(x[:n]); at == 0 || x[at] == x[at] {
			return at
		}
	}
	return i.Implementation.Isamax(n, x, incX)
}
