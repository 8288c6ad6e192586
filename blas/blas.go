package blas

import (
	"math/bits"
	"unsafe"

	"github.com/lanewise/lanewise/asm"
)

// Float is a type that matrices and vectors consist of.
type Float interface{ float32 | float64 }

// Transpose says how a matrix operand is read.
type Transpose byte

// The values are those of BLAS. The conjugate of a real number is itself, so
// ConjTrans means Trans.
const (
	NoTrans   Transpose = 'N'
	Trans     Transpose = 'T'
	ConjTrans Transpose = 'C'
)

// check panics if t is none of the constants.
func (t Transpose) check() {
	if t != NoTrans && t != Trans && t != ConjTrans {
		panic(badTranspose)
	}
}

// Side says on which side of a product a matrix stands.
type Side byte

// The values are those of BLAS.
const (
	Left  Side = 'L'
	Right Side = 'R'
)

// of returns the size of a matrix that stands on this side of one of m×n.
func (s Side) of(m, n int) int {
	switch s {
	case Left:
		return m
	case Right:
		return n
	}
	panic(badSide)
}

// Uplo says which triangle of a matrix is stored.
type Uplo byte

// The values are those of BLAS.
const (
	Upper Uplo = 'U'
	Lower Uplo = 'L'
)

// check panics if u is none of the constants.
func (u Uplo) check() {
	if u != Upper && u != Lower {
		panic(badUplo)
	}
}

// Diag says whether the diagonal of a triangular matrix is stored or consists of
// ones.
type Diag byte

// The values are those of BLAS.
const (
	NonUnit Diag = 'N'
	Unit    Diag = 'U'
)

// General is a row-major matrix: element (i, j) is Data[i*Stride+j].
type General[T Float] struct {
	Rows, Cols int
	Data       []T
	Stride     int
}

// Level returns the name of the instruction-set level in use: generic, avx2 or
// avx512.
func Level() string { return asm.Current().Name }

// Levels returns the names of the levels that this machine runs, lowest first.
func Levels() []string { return asm.Levels() }

// holds reports whether n elements are enough for a matrix of rows × cols with
// stride ld ≥ cols, whose product may overflow an int.
func holds(n, rows, cols, ld int) bool {
	if rows == 0 || cols == 0 {
		return true
	}
	high, low := bits.Mul(uint(rows-1), uint(ld))
	return n >= cols && high == 0 && low <= uint(n-cols)
}

// ptr returns the address of x[i]. For a matrix without elements, which no
// kernel reads, i may be len(x).
func ptr[T Float](x []T, i int) *T { return unsafe.SliceData(x[i:]) }

// overlapsInexactly reports whether x and y share elements without being the
// same elements in the same places.
func overlapsInexactly[T Float](x, y []T) bool {
	if len(x) == 0 || len(y) == 0 {
		return false
	}
	size := unsafe.Sizeof(x[0])
	px, py := uintptr(unsafe.Pointer(&x[0])), uintptr(unsafe.Pointer(&y[0]))
	return px != py && px < py+uintptr(len(y))*size && py < px+uintptr(len(x))*size
}
