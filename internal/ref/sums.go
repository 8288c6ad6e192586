package ref

import "math"

// RowSums returns the sum of each of m rows of n elements, x[i*ldx+j], in the
// order that package blas states: the sums of blocks of 256 columns, added as a
// binary tree that splits at the largest power of two below their number.
func RowSums[T Float](m, n int, x []T, ldx int) []T {
	sums := make([]T, m)
	for i := range sums {
		if n == 0 {
			continue
		}
		var blocks []T
		for j := 0; j < n; j += 256 {
			blocks = append(blocks, BlockSum(x[i*ldx+j:i*ldx+min(j+256, n)]))
		}
		sums[i] = addAsTree(blocks)
	}
	return sums
}

func addAsTree[T Float](x []T) T {
	if len(x) == 1 {
		return x[0]
	}
	split := 1
	for 2*split < len(x) {
		split *= 2
	}
	return addAsTree(x[:split]) + addAsTree(x[split:])
}

// BlockSum returns the sum of a block: element j goes to lane j mod 64, which
// starts from +0; the lanes are then added by halves.
func BlockSum[T Float](block []T) T {
	lanes := make([]T, 64)
	for l := range lanes {
		for j := l; j < len(block); j += 64 {
			lanes[l] += block[j]
		}
	}
	for len(lanes) > 1 {
		half := len(lanes) / 2
		for l := range half {
			lanes[l] += lanes[half+l]
		}
		lanes = lanes[:half]
	}
	return lanes[0]
}

// Sum returns Σ x_i, added in twice the precision of float64 and rounded once,
// and Σ |x_i|.
func Sum[T Float](x []T) (sum, size float64) {
	var s dd
	for _, v := range x {
		s = s.addProduct(float64(v), 1)
		size += math.Abs(float64(v))
	}
	return s.hi, size
}
