package blas

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/lanewise/lanewise/internal/ref"
)

// checkGather gathers rows, straight and transposed. What lies between the rows of
// the results must keep its bits, and so must the source.
func checkGather[T Float](t *testing.T, src operand[T], index []int, pad int) {
	t.Helper()
	n, count := src.cols, len(index)
	what := fmt.Sprintf("level=%s m=%d n=%d lds=%d index=%v pad=%d", Level(), src.rows, n, src.ld, index[:min(count, 20)], pad)
	before := src.clone()
	straight, across := newOperand(count, n, pad, ref.Payload[T]), newOperand(n, count, pad, ref.Payload[T])
	GatherRows(src.rows, n, straight.data, straight.ld, src.data, src.ld, index)
	GatherRowsTrans(src.rows, n, across.data, across.ld, src.data, src.ld, index)
	for i, v := range before.data {
		if ref.Bits(src.data[i]) != ref.Bits(v) {
			t.Fatalf("%s: element %d of the source changed", what, i)
		}
	}
	wantStraight, wantAcross := newOperand(count, n, pad, ref.Payload[T]), newOperand(n, count, pad, ref.Payload[T])
	for i, row := range index {
		for j := range n {
			v := src.data[row*src.ld+j]
			wantStraight.data[i*straight.ld+j], wantAcross.data[j*across.ld+i] = v, v
		}
	}
	for i, v := range wantStraight.data {
		if ref.Bits(straight.data[i]) != ref.Bits(v) {
			t.Fatalf("%s: element %d of GatherRows is %v, want %v", what, i, straight.data[i], v)
		}
	}
	for i, v := range wantAcross.data {
		if ref.Bits(across.data[i]) != ref.Bits(v) {
			t.Fatalf("%s: element %d of GatherRowsTrans is %v, want %v", what, i, across.data[i], v)
		}
	}
}

func TestGather(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, testGather[float32], testGather[float64])
	})
}

func testGather[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(73, 1))
	next := normals[T](rng)
	for i, count := range []int{0, 1, 3, 4, 7, 8, 9, 12, 13, 31, 32, 33} {
		for _, n := range []int{0, 1, 3, 4, 5, 8, 33, 300} {
			src := newOperand(1+(i+n)%7, n, n%3, next)
			index := make([]int, count)
			for j := range index {
				index[j] = rng.IntN(src.rows)
			}
			checkGather(t, src, index, i%3)
		}
	}
	index := make([]int, chunk+9) // several kernel calls across
	for j := range index {
		index[j] = rng.IntN(3)
	}
	checkGather(t, newOperand(3, 19, 0, next), index, 1)
}

func TestGatherAllocatesNothing(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		src, dst, index := make([]float32, 1000), make([]float32, 3200), []int{4, 0, 1}
		if got := testing.AllocsPerRun(5, func() {
			GatherRows(10, 100, dst, 100, src, 100, index)
			GatherRowsTrans(10, 100, dst, 3, src, 100, index)
		}); got != 0 {
			t.Errorf("%v allocations a call", got)
		}
	})
}
