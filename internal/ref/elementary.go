package ref

import "math"

// MulAdd returns x·y + z, rounded once if fused and otherwise after the product
// and after the sum.
func MulAdd[T Float](fused bool, x, y, z T) T {
	if fused {
		return FMA(x, y, z)
	}
	return z + T(x*y)
}

// SigmoidGrad returns da·(a − a²), the difference one multiply-add.
func SigmoidGrad[T Float](fused bool, da, a T) T {
	return da * MulAdd(fused, -a, a, a)
}

// Softmax returns e^(x_i − max x) / Σ e^(x_i − max x), the sum taken in order.
// All are NaN if an element is NaN or the largest is infinite.
func Softmax[T Float](exp func(T) T, x []T) []T {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, float64(v)) // NaN if v is
	}
	out := make([]T, len(x))
	var sum T
	for i, v := range x {
		out[i] = exp(v - T(top))
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
		if math.IsNaN(top) || math.IsInf(top, 0) {
			out[i] = T(math.NaN())
		}
	}
	return out
}
