package ref

import (
	"math"
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
