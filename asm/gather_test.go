package asm

import (
	"fmt"
	"testing"

	"github.com/lanewise/lanewise/internal/ref"
)

// TestGather runs Gather on all small parts of rows and on longer ones, each row
// of which begins or ends where memory does.
func TestGather(t *testing.T) { onKernels(t, testGather[float32], testGather[float64]) }

func testGather[T Float](t *testing.T, kernels *Kernels[T]) {
	next := normals[T](11)
	for k := 0; k <= 70; k += 1 + k/20 + shortStep(5) {
		for _, from := range []int{0, 1, k / 2, k} {
			checkGather(t, kernels, min(from, k), k, k+k%3, GatherRows[T]()+k%2, edges[k%2], next)
		}
	}
}

func checkGather[T Float](t *testing.T, kernels *Kernels[T], from, k, ldd, ldt int, edge ref.Edge, next func() T) {
	t.Helper()
	rows := make([][]T, GatherRows[T]())
	for i := range rows {
		rows[i] = guarded(t, k, edge, next).ReadOnly(t).X
	}
	dst := guarded(t, (GatherRows[T]()-1)*ldd+k, edge, next)
	trans := guarded(t, max(0, (k-1)*ldt+GatherRows[T]()), edge, next)
	wantDst, wantTrans := append([]T(nil), dst.X...), append([]T(nil), trans.X...)
	for i, row := range rows {
		for p := from; p < k; p++ {
			wantDst[i*ldd+p] = row[p]
			wantTrans[p*ldt+i] = row[p]
		}
	}
	kernels.Gather(from, k, &rows[0], &rows[0], first(dst.X), ldd, first(trans.X), ldt)
	what := fmt.Sprintf("columns %d to %d, ldd=%d ldt=%d %v", from, k, ldd, ldt, edge)
	checkBuffer(t, what+": rows", dst, wantDst)
	checkBuffer(t, what+": transposed", trans, wantTrans)
}

func FuzzGather(f *testing.F) {
	addBits(f, byte(0), byte(33), byte(1), byte(0), byte(0))
	addBits(f, byte(5), byte(16), byte(0), byte(3), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, from, k, gapD, gapT, edge byte) {
		fuzzGather[float32](t, data, int(from), int(k), int(gapD%8), int(gapT%8), edges[edge%2])
		fuzzGather[float64](t, data, int(from), int(k), int(gapD%8), int(gapT%8), edges[edge%2])
	})
}

func fuzzGather[T Float](t *testing.T, data []byte, from, k, gapD, gapT int, edge ref.Edge) {
	for _, l := range levels {
		checkGather(t, kernelsOf[T](l), min(from, k), k, k+gapD, GatherRows[T]()+gapT, edge, ref.RawBits[T](data))
	}
}
