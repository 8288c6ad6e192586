package blas

import (
	"testing"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/internal/ref"
)

// atLevels runs f at every level, without the subtests of onLevels.
func atLevels(t *testing.T, f func()) {
	for _, level := range asm.Levels() {
		restore, err := asm.Use(level)
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer restore()
			f()
		}()
	}
}

// addBits adds raw numbers to f as seeds, followed by the arguments given.
func addBits(f *testing.F, rest ...any) {
	for _, data := range ref.RawSeeds() {
		f.Add(append([]any{data}, rest...)...)
	}
}

// FuzzGemm takes alpha, beta and the operands as raw bits. Blocks are a few
// tiles and steps, so that small products have several of each.
func FuzzGemm(f *testing.F) {
	addBits(f, byte(0), byte(17), byte(33), byte(19), byte(0), byte(1))
	addBits(f, byte(1), byte(9), byte(70), byte(4), byte(1), byte(0))
	addBits(f, byte(2), byte(33), byte(5), byte(9), byte(5), byte(5))
	addBits(f, byte(3), byte(1), byte(1), byte(0), byte(0), byte(7))
	addBits(f, byte(3), byte(7), byte(15), byte(16), byte(2), byte(2))
	f.Fuzz(func(t *testing.T, data []byte, op, m, n, k, pad, cut byte) {
		atLevels(t, func() {
			fuzzGemm[float32](t, data, op, m, n, k, pad, cut)
			fuzzGemm[float64](t, data, op, m, n, k, pad, cut)
		})
	})
}

func fuzzGemm[T Float](t *testing.T, data []byte, op, m, n, k, pad, cut byte) {
	mr, nr := asm.For[T]().MR, asm.For[T]().NR
	bl := blocks{mc: mr * int(1+cut%2), kc: 1 + int(cut/2%9), nc: nr * int(1+cut/32%2)}
	next := ref.RawBits[T](data)
	alpha, beta := next(), next()
	checkGemm(t, plan{blocks: bl, packA: cut&64 != 0, packB: cut&128 != 0}, transposes[op%4][0], transposes[op%4][1], int(m)%(4*mr+2), int(n)%(4*nr+2), int(k%24), int(pad%6), alpha, beta, next)
}

func FuzzRowSums(f *testing.F) {
	addBits(f, byte(1), uint16(70), byte(0))
	addBits(f, byte(3), uint16(5*asm.SumBlock+1), byte(5))
	addBits(f, byte(1), uint16(chunk+asm.SumBlock+3), byte(1))
	addBits(f, byte(200), uint16(250), byte(0))
	addBits(f, byte(2), uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, data []byte, m byte, n uint16, pad byte) {
		atLevels(t, func() {
			fuzzRowSums[float32](t, data, m, n, pad)
			fuzzRowSums[float64](t, data, m, n, pad)
		})
	})
}

// fuzzRowSums takes fewer rows where they are long.
func fuzzRowSums[T Float](t *testing.T, data []byte, m byte, n uint16, pad byte) {
	cols := int(n) % (chunk + 3*asm.SumBlock)
	rows := min(int(m), 1+2*chunk/(cols+1))
	checkRowSums(t, newOperand(rows, cols, int(pad%6), ref.RawBits[T](data)))
}
