package gonumblas

import (
	"math"

	"github.com/lanewise/lanewise/blas"
)

// Vectors of a few elements, of which LAPACK has many, are done sooner by a loop than by the
// call of a kernel, gonum's or ours. Each loop computes what the routine of that name does, of
// arguments that isLoop has found to be right.

// isLoop reports whether so few elements of x are asked for, and are there.
func isLoop[T blas.Float](n int, x []T, incX int) bool {
	return uint(n-1) < uint(least.loop) && incX > 0 && incX <= len(x) && (n-1)*incX < len(x)
}

func loopDot[T blas.Float](n int, x []T, incX int, y []T, incY int) (sum T) {
	for i, j := 0, 0; n > 0; n-- {
		sum += T(x[i] * y[j])
		i += incX
		j += incY
	}
	return sum
}

func loopAxpy[T blas.Float](n int, alpha T, x []T, incX int, y []T, incY int) {
	for i, j := 0, 0; n > 0; n-- {
		y[j] += T(alpha * x[i])
		i += incX
		j += incY
	}
}

func loopScal[T blas.Float](n int, alpha T, x []T, incX int) {
	for i := 0; n > 0; n-- {
		x[i] *= alpha
		i += incX
	}
}

func loopSwap[T blas.Float](n int, x []T, incX int, y []T, incY int) {
	for i, j := 0, 0; n > 0; n-- {
		x[i], y[j] = y[j], x[i]
		i += incX
		j += incY
	}
}

func loopAsum[T blas.Float](n int, x []T, incX int) (sum T) {
	for i := 0; n > 0; n-- {
		sum += T(math.Abs(float64(x[i])))
		i += incX
	}
	return sum
}

// loopAmax returns the place of the first of the largest magnitudes. NaN is larger than
// nothing, and nothing than it.
func loopAmax[T blas.Float](n int, x []T, incX int) (at int) {
	largest := math.Abs(float64(x[0]))
	for i, j := 1, incX; i < n; i++ {
		if v := math.Abs(float64(x[j])); v > largest {
			largest, at = v, i
		}
		j += incX
	}
	return at
}

// loopNrm2 returns scale·√squares, as gonum has it, so that no square overflows.
func loopNrm2[T blas.Float](n int, x []T, incX int) T {
	if n == 1 {
		return T(math.Abs(float64(x[0])))
	}
	scale, squares := 0.0, 1.0
	for i := 0; n > 0; n-- {
		switch v := math.Abs(float64(x[i])); {
		case v == 0:
		case v != v:
			return T(v)
		case v > scale:
			r := scale / v
			squares = 1 + float64(squares*r*r)
			scale = v
		default:
			r := v / scale
			squares += float64(r * r)
		}
		i += incX
	}
	if scale > math.MaxFloat64 {
		return T(scale)
	}
	return T(scale * math.Sqrt(squares))
}
