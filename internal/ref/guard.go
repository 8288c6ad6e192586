package ref

import (
	"fmt"
	"math"
	"testing"
	"unsafe"
)

// Edge says which end of a guarded buffer lies against forbidden memory.
type Edge bool

// A buffer is flush with the guard in front of it or behind it.
const (
	Head Edge = false
	Tail Edge = true
)

func (e Edge) String() string {
	if e == Head {
		return "head"
	}
	return "tail"
}

// Buffer is a slice with forbidden memory next to it: pages without access
// where the system has them, so that a stray read ends the program. What is
// left of the slice's own pages holds a pattern that Check looks at.
type Buffer[T Float] struct {
	X     []T
	pages []byte // the accessible pages round X
	off   int    // of X in pages
}

const pattern = 0xa5

// NewBuffer returns a buffer of n elements whose edge lies against forbidden
// memory. It is released when the test ends.
func NewBuffer[T Float](t testing.TB, n int, edge Edge) *Buffer[T] {
	t.Helper()
	size := n * int(unsafe.Sizeof(T(0)))
	b := &Buffer[T]{pages: guardedPages(t, size)}
	for i := range b.pages {
		b.pages[i] = pattern
	}
	if edge == Tail {
		b.off = len(b.pages) - size
	}
	if n > 0 {
		b.X = unsafe.Slice((*T)(unsafe.Pointer(&b.pages[b.off])), n)
	}
	return b
}

// ReadOnly forbids writing to the buffer, where the system can.
func (b *Buffer[T]) ReadOnly(t testing.TB) *Buffer[T] {
	t.Helper()
	protect(t, b.pages, readable)
	return b
}

// NoAccess forbids reading, too.
func (b *Buffer[T]) NoAccess(t testing.TB) {
	t.Helper()
	protect(t, b.pages, 0)
}

// What protect allows.
const (
	readable = 1 << iota
	writable // and readable
)

// Writable undoes ReadOnly and NoAccess.
func (b *Buffer[T]) Writable(t testing.TB) *Buffer[T] {
	t.Helper()
	protect(t, b.pages, writable)
	return b
}

// Check returns an error if anything on the buffer's pages but outside X has
// changed.
func (b *Buffer[T]) Check() error {
	end := b.off + len(b.X)*int(unsafe.Sizeof(T(0)))
	for i, v := range b.pages {
		if (i < b.off || i >= end) && v != pattern {
			return fmt.Errorf("byte %d of a page changed; the buffer is bytes %d to %d", i, b.off, end)
		}
	}
	return nil
}

// Payload is a NaN with a payload that no operation produces: elements between
// the rows of a matrix hold it and must keep it bit for bit.
func Payload[T Float]() T {
	if unsafe.Sizeof(T(0)) == 4 {
		return T(math.Float32frombits(payload32))
	}
	return T(math.Float64frombits(payload64))
}

const (
	payload32 = 0x7fedcba9
	payload64 = 0x7ffedcba98765432
)

// Bits returns the bits of x.
func Bits[T Float](x T) uint64 {
	if unsafe.Sizeof(x) == 4 {
		return uint64(*(*uint32)(unsafe.Pointer(&x)))
	}
	return *(*uint64)(unsafe.Pointer(&x))
}

// Same reports whether x and y have the same bits or are both NaN.
func Same[T Float](x, y T) bool {
	return Bits(x) == Bits(y) || (x != x && y != y)
}
