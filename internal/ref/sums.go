package ref

import (
	"math"
	"slices"
)

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

// DotBlocks returns the sum of products x_i·y_i in the order of RowSums, each added
// to its lane by a multiply-add.
func DotBlocks[T Float](fused bool, x, y []T) T {
	var blocks []T
	for j := 0; j < len(x); j += 256 {
		lanes := make([]T, 64)
		for i := j; i < min(j+256, len(x)); i++ {
			lanes[i%64] = MulAdd(fused, x[i], y[i], lanes[i%64])
		}
		blocks = append(blocks, addLanes(lanes)+0)
	}
	if blocks == nil {
		return 0
	}
	return addAsTree(blocks)
}

// Magnitudes returns |x_i|.
func Magnitudes[T Float](x []T) []T {
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = T(math.Abs(float64(v)))
	}
	return y
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
	return addLanes(lanes)
}

func addLanes[T Float](lanes []T) T {
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

// MaxIndex returns the index of the first NaN or, if there is none, of the first
// element that none exceeds; of none it returns −1.
func MaxIndex[T Float](x []T) int {
	for i, v := range x {
		if v != v {
			return i
		}
	}
	if len(x) == 0 {
		return -1
	}
	return slices.Index(x, slices.Max(x))
}

// DotExact returns Σ x_i·y_i, added in twice the precision of float64 and rounded
// once, and Σ |x_i·y_i|.
func DotExact[T Float](x, y []T) (sum, size float64) {
	var s dd
	for i, v := range x {
		s = s.addProduct(float64(v), float64(y[i]))
		size += math.Abs(float64(v) * float64(y[i]))
	}
	return s.hi, size
}

// Nrm2 returns √(Σ x_i²), of numbers scaled so that the largest is about 1.
func Nrm2[T Float](x []T) float64 {
	top := MaxIndex(Magnitudes(x))
	if top < 0 || x[top] == 0 {
		return 0
	}
	for _, v := range x {
		if v != v {
			return math.NaN()
		}
	}
	_, e := math.Frexp(float64(x[top]))
	if math.IsInf(float64(x[top]), 0) {
		return math.Inf(1)
	}
	var s dd
	for _, v := range x {
		w := math.Ldexp(float64(v), -e)
		s = s.addProduct(w, w)
	}
	return math.Ldexp(math.Sqrt(s.hi), e)
}

// ColSums returns the sum of each of n columns of m elements, x[i*ldx+j], in the
// order that package blas states: blocks of 256 rows, each from +0 on, added as in
// [RowSums].
func ColSums[T Float](m, n int, x []T, ldx int) []T {
	sums := make([]T, n)
	for j := range sums {
		var blocks []T
		for i := range m {
			if i%256 == 0 {
				blocks = append(blocks, 0)
			}
			blocks[i/256] += x[i*ldx+j]
		}
		if m > 0 {
			sums[j] = addAsTree(blocks)
		}
	}
	return sums
}
