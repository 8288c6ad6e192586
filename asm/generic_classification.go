package asm

import (
	"math"
	"unsafe"
)

// The generic kernels that go down columns work row by row on strips of columns,
// so that rows are read in order.
const columnStrip = 64

func softmaxGeneric[T Float](m, n int, dst *T, ldd int, src *T, lds int) {
	for j := 0; j < n && m > 0; j += columnStrip {
		s := strip[T]{w: min(columnStrip, n-j)}
		s.exponentials(m, at(src, j), lds, at(dst, j), ldd, nil, 0)
		s.divide(m, at(dst, j), ldd, nil, 0)
	}
}

func logSumExpGeneric[T Float](m, n int, src *T, lds int, tops, sums *T) {
	for j := 0; j < n && m > 0; j += columnStrip {
		s := strip[T]{w: min(columnStrip, n-j)}
		s.exponentials(m, at(src, j), lds, nil, 0, nil, 0)
		copy(unsafe.Slice(at(tops, j), s.w), s.top[:])
		copy(unsafe.Slice(at(sums, j), s.w), s.sum[:])
	}
}

func crossEntropyGeneric[T Float](m, n int, z *T, ldz int, y *T, ldy int, dz *T, lddz int, sums, losses *T) {
	for j := 0; j < n && m > 0; j += columnStrip {
		s := strip[T]{w: min(columnStrip, n-j)}
		s.exponentials(m, at(z, j), ldz, at(dz, j), lddz, at(y, j), ldy)
		s.divide(m, at(dz, j), lddz, at(y, j), ldy)
		s.store(at(sums, j), at(losses, j))
	}
}

func crossEntropyClassesGeneric[T Float](m, n int, z *T, ldz int, classes *T, dz *T, lddz int, sums, losses *T) {
	for j := 0; j < n && m > 0; j += columnStrip {
		s := strip[T]{w: min(columnStrip, n-j)}
		var logits [columnStrip]T // those of the classes: dz may be z
		for l, class := range unsafe.Slice(at(classes, j), s.w) {
			if i := ClassOf(class); uint(i) < uint(m) {
				logits[l] = *at(z, i*ldz+j+l)
			}
		}
		s.exponentials(m, at(z, j), ldz, at(dz, j), lddz, nil, 0)
		s.divide(m, at(dz, j), lddz, nil, 0)
		for l, class := range unsafe.Slice(at(classes, j), s.w) {
			if i := ClassOf(class); uint(i) < uint(m) {
				s.loss[l] = 0 - (logits[l] - s.top[l])
				*at(dz, i*lddz+j+l) -= 1
			}
		}
		s.store(at(sums, j), at(losses, j))
	}
}

func binaryCrossEntropyGeneric[T Float](m, n int, z *T, ldz int, y *T, ldy int, dz *T, lddz int, losses *T) {
	for j := 0; j < n && m > 0; j += columnStrip {
		var t, loss [columnStrip]T
		w := min(columnStrip, n-j)
		for i := range m {
			logits, labels := unsafe.Slice(at(z, i*ldz+j), w), unsafe.Slice(at(y, i*ldy+j), w)
			for l, v := range logits {
				t[l] = -T(math.Abs(float64(v)))
			}
			expGeneric(t[:w], t[:w])
			for l, v := range logits {
				loss[l] += (max(v, 0) - T(v*labels[l])) + T(log1p(float64(t[l])))
			}
			sigmoidGeneric(t[:w], logits)
			for l, v := range labels {
				*at(dz, i*lddz+j+l) = t[l] - v
			}
		}
		copy(unsafe.Slice(at(losses, j), w), loss[:])
	}
}

// expGeneric and sigmoidGeneric are static, so that what they are given need not
// move to the heap.
func expGeneric[T Float](dst, src []T) {
	if unsafe.Sizeof(T(0)) == 4 {
		expGeneric32(floats[float32](dst), floats[float32](src))
	} else {
		expGeneric64(floats[float64](dst), floats[float64](src))
	}
}

func sigmoidGeneric[T Float](dst, src []T) {
	if unsafe.Sizeof(T(0)) == 4 {
		sigmoidGeneric32(floats[float32](dst), floats[float32](src))
	} else {
		sigmoidGeneric64(floats[float64](dst), floats[float64](src))
	}
}

// floats returns x, whose elements are of type F.
func floats[F, T Float](x []T) []F {
	return unsafe.Slice((*F)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

// Class returns the label that CrossEntropyClasses reads for class i: an integer of
// T's size in T's place.
func Class[T Float](i int) T {
	if unsafe.Sizeof(T(0)) == 4 {
		bits := uint32(i)
		return *(*T)(unsafe.Pointer(&bits))
	}
	bits := uint64(i)
	return *(*T)(unsafe.Pointer(&bits))
}

// ClassOf is the inverse of Class.
func ClassOf[T Float](x T) int {
	if unsafe.Sizeof(x) == 4 {
		return int(*(*uint32)(unsafe.Pointer(&x)))
	}
	return int(*(*uint64)(unsafe.Pointer(&x)))
}

// strip is what is known of w columns.
type strip[T Float] struct {
	w              int
	top, sum, loss [columnStrip]T
}

// exponentials sums e^(src − top) down the columns and, if dst is not nil, stores
// the exponentials there. It adds up the losses of labels y, unless nil.
func (s *strip[T]) exponentials(m int, src *T, lds int, dst *T, ldd int, y *T, ldy int) {
	for l := range s.w {
		s.top[l] = T(math.Inf(-1))
	}
	for i := range m {
		for l, v := range unsafe.Slice(at(src, i*lds), s.w) {
			if !(v <= s.top[l]) && s.top[l] == s.top[l] {
				s.top[l] = v
			}
		}
	}
	var e [columnStrip]T
	for i := range m {
		for l, v := range unsafe.Slice(at(src, i*lds), s.w) {
			e[l] = v - s.top[l]
		}
		if y != nil {
			for l, label := range unsafe.Slice(at(y, i*ldy), s.w) {
				if label != 0 {
					s.loss[l] -= T(label * e[l])
				}
			}
		}
		expGeneric(e[:s.w], e[:s.w])
		for l, v := range e[:s.w] {
			s.sum[l] += v
		}
		if dst != nil {
			copy(unsafe.Slice(at(dst, i*ldd), s.w), e[:])
		}
	}
}

// divide divides what stands in dst by the sums and subtracts labels y, unless nil.
func (s *strip[T]) divide(m int, dst *T, ldd int, y *T, ldy int) {
	for i := range m {
		row := unsafe.Slice(at(dst, i*ldd), s.w)
		for l, v := range row {
			row[l] = v / s.sum[l]
		}
		if y != nil {
			for l, label := range unsafe.Slice(at(y, i*ldy), s.w) {
				row[l] -= label
			}
		}
	}
}

// store stores the sums and losses.
func (s *strip[T]) store(sums, losses *T) {
	copy(unsafe.Slice(sums, s.w), s.sum[:])
	copy(unsafe.Slice(losses, s.w), s.loss[:])
}

// log1p returns log(1+t) for 0 ≤ t ≤ 1, or NaN, as the assembly does it for
// float64 (../gen), within a few units in the last place.
func log1p(t float64) float64 {
	s := t / (2 + t)
	u := float64(s * s)
	p := 0.0
	for k := 16; k >= 0; k-- {
		p = float64(p*u) + 2/float64(2*k+3)
	}
	return 2*s + float64(float64(u*p)*s)
}
