package blas

import (
	"math"
	"unsafe"

	"github.com/lanewise/lanewise/asm"
)

// Dot returns Σ x_i·y_i.
//
// The order is that of [RowSums]; each product is added to its lane by a fused
// multiply-add (at the generic level a rounded product and a rounded sum). The
// error is at most γ_j·Σ|x_i·y_i|, j = 11 + ⌈log₂⌈n/256⌉⌉, as long as products
// neither overflow nor underflow. Of no elements it is 0.
//
// The slices must have the same length; they may overlap.
func Dot[T Float](x, y []T) T {
	if len(x) != len(y) {
		panic(badLength)
	}
	kernel := asm.For[T]().Dot
	if len(x) <= chunk {
		return kernel(len(x), unsafe.SliceData(x), unsafe.SliceData(y))
	}
	return reduce(vectorTask[T]{dot: kernel, x: x, y: y})
}

// Asum returns Σ |x_i|, in the order of [RowSums] and with its bound on the
// error. Of no elements it is 0.
func Asum[T Float](x []T) T { return total(asm.For[T]().Asum, x) }

// Nrm2 returns √(Σ x_i²), which neither overflows nor underflows unless the
// result itself does.
//
// The squares are added in the order of [Dot]. If their sum is too large or so
// small that squares may have lost bits, they are added again, of x_i scaled by a
// power of two. The relative error is at most γ_j, j = 7 + ½·⌈log₂⌈n/256⌉⌉. Nrm2
// is NaN if an element is, else +Inf if one is infinite, and 0 of no elements.
func Nrm2[T Float](x []T) T {
	kernels := asm.For[T]()
	squares := float64(total(kernels.Squares, x))
	// With all squares in range, an error of the smallest subnormal number or
	// less for each product and sum is far below the sum's last place.
	least, scale := 0x1p-102, 0x1p90
	if unsafe.Sizeof(T(0)) == 8 {
		least, scale = 0x1p-969, 0x1p600
	}
	switch {
	case squares >= float64(len(x))*least && !math.IsInf(squares, 1) || squares != squares:
		return T(math.Sqrt(squares))
	case squares == 0 && Asum(x) == 0: // so are all elements
		return 0
	case squares > 1:
		scale = 1 / scale
	}
	ws := getWorkspace[T](min(len(x), chunk), 0)
	defer putWorkspace(ws)
	var tree asm.SumTree[T]
	for i := 0; i < len(x); i += chunk {
		preemptible()
		n := min(chunk, len(x)-i)
		kernels.Scal(n, T(scale), &x[i], &ws.a[0])
		tree.Add(kernels.Squares(n, &ws.a[0]))
	}
	return T(math.Sqrt(float64(tree.Sum())) / scale)
}

// MaxIndex returns the index of the largest element: the first of several that
// are equal, as −0 and +0 are. A NaN counts as larger than everything, so that the
// first one's index is returned. Of no elements it is −1.
func MaxIndex[T Float](x []T) int { return indexOf(asm.For[T]().MaxIndex, x, false) }

// MaxAbsIndex returns the index of the element with the largest magnitude, under
// the rules of [MaxIndex]. It is BLAS's i_amax, counted from 0.
func MaxAbsIndex[T Float](x []T) int { return indexOf(asm.For[T]().MaxAbsIndex, x, true) }

// total returns a sum of x.
func total[T Float](kernel func(n int, x *T) T, x []T) T {
	if len(x) <= chunk {
		return kernel(len(x), unsafe.SliceData(x))
	}
	return reduce(vectorTask[T]{total: kernel, x: x})
}

// reduce returns the sum of a vector of several chunks.
func reduce[T Float](s vectorTask[T]) T {
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	return sumOf(reduceParts(s, ws))
}

// reduceParts returns what the chunks of a vector come to.
func reduceParts[T Float](s vectorTask[T], ws *workspace[T]) []T {
	s.n = len(s.x)
	parts := (s.n + chunk - 1) / chunk
	ws.sums = grow(ws.sums, parts)
	s.dst = ws.sums[:parts]
	if t := threadsFor(float64(s.n), streamGrain); t > 1 {
		runVector(s, ws, parts, chunk, t)
	} else {
		s.reduceSpan(0, parts)
	}
	return s.dst
}

func indexOf[T Float](kernel func(n int, x *T) int, x []T, magnitudes bool) int {
	switch {
	case len(x) == 0:
		return -1
	case len(x) <= chunk:
		return kernel(len(x), &x[0])
	}
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	best, most := -1, T(math.Inf(-1))
	for u, place := range reduceParts(vectorTask[T]{index: kernel, x: x}, ws) {
		i := u*chunk + int(place)
		v := x[i]
		if magnitudes {
			v = T(math.Abs(float64(v)))
		}
		if best < 0 || !(v <= most) {
			best, most = i, v
			if v != v {
				break
			}
		}
	}
	return best
}
