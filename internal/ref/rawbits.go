package ref

import (
	"math"
	"slices"
	"unsafe"
)

// RawBits returns a function that deals out data as numbers, bit for bit and
// little-endian, over and over. Where the length is no multiple of a number's
// size, each round yields other numbers. Without data all numbers are 0.
func RawBits[T Float](data []byte) func() T {
	next := 0
	return func() T {
		var bits uint64
		for i := 0; i < int(unsafe.Sizeof(T(0))) && len(data) > 0; i++ {
			bits |= uint64(data[next]) << (8 * i)
			next = (next + 1) % len(data)
		}
		return FromBits[T](bits)
	}
}

// FromBits returns the number that has the bits given, the lowest if T is
// smaller.
func FromBits[T Float](bits uint64) T {
	if unsafe.Sizeof(T(0)) == 4 {
		low := uint32(bits)
		return *(*T)(unsafe.Pointer(&low))
	}
	return *(*T)(unsafe.Pointer(&bits))
}

// Bytes returns what RawBits deals out as x.
func Bytes[T Float](x ...T) []byte {
	var data []byte
	for _, v := range x {
		for i := range int(unsafe.Sizeof(v)) {
			data = append(data, byte(Bits(v)>>(8*i)))
		}
	}
	return data
}

// Specials returns the numbers that break rules: those that are not finite,
// the zeros, the ends of the subnormal and of the normal range, and 1.
func Specials[T Float]() []T {
	infinity, normal := uint64(0x7ff0000000000000), uint64(0x0010000000000000)
	if unsafe.Sizeof(T(0)) == 4 {
		infinity, normal = 0x7f800000, 0x00800000
	}
	x := []T{T(math.NaN()), Payload[T]()}
	for _, v := range []T{FromBits[T](infinity), 0, FromBits[T](1), FromBits[T](normal - 1), FromBits[T](normal), FromBits[T](infinity - 1), 1} {
		x = append(x, v, -v)
	}
	return x
}

// RawSeeds returns what fuzz targets that take numbers as raw bits begin with:
// special numbers and ordinary ones, of either type, some of them after factors
// that take paths of their own; bytes that are no number; and none.
func RawSeeds() [][]byte {
	return slices.Concat(seedsOf[float32](), seedsOf[float64](), [][]byte{{1, 2, 3}, {}})
}

func seedsOf[T Float]() [][]byte {
	zero, inf := T(math.Copysign(0, -1)), T(math.Inf(1))
	return [][]byte{
		Bytes(Specials[T]()...),
		Bytes[T](1, 0, 0.7, -2, 3.5, 1e-3, -0.25, 17),
		Bytes(-0.5, zero, 1, inf, -1),
		Bytes(zero, 0.7, 2, -3, 0.1),
	}
}
