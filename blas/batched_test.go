package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestGemmBatched compares batches with loops of Gemm: of small products, many
// to a piece, and of few that are cut into parts; with gaps, shared operands and
// C's side by side in one matrix.
func TestGemmBatched(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, gemmBatched[float32], gemmBatched[float64])
	})
}

func gemmBatched[T Float](t *testing.T) {
	next := normals[T](rand.New(rand.NewPCG(61, 1)))
	shapes := []struct{ m, n, k, count int }{
		{1, 1, 1, 3}, {3, 5, 7, 1}, {3, 5, 7, 50}, {9, 8, 7, 4200}, {17, 33, 20, 60}, {70, 90, 170, 3}, {100, 65, 90, 5}, {9, 9, 0, 4},
	}
	factors, counts := [][2]T{{1, 0}, {0.7, -0.5}, {0, 0.5}}, []int{1, 2, 5}
	if testing.Short() {
		shapes, factors, counts = shapes[2:6], factors[1:2], []int{1, 3}
	}
	for i, s := range shapes {
		op := transposes[i%4]
		for _, layout := range []string{"apart", "one A", "one B", "side by side"} {
			rowsA, colsA := opShape(op[0], s.m, s.k)
			rowsB, colsB := opShape(op[1], s.k, s.n)
			lda, ldb, ldc := max(1, colsA+1), max(1, colsB), s.n+2
			strideA, strideB, strideC := rowsA*lda+3, rowsB*ldb, (s.m-1)*ldc+s.n+i%3
			switch layout {
			case "one A":
				strideA = 0
			case "one B":
				strideB = 0
			case "side by side":
				ldc = s.count*(s.n+1) + 1
				strideC = s.n + 1
			}
			operand := func(rows, ld, stride int) []T {
				x := make([]T, stride*(s.count-1)+rows*ld)
				for i := range x {
					x[i] = next()
				}
				return x
			}
			a, b, c := operand(rowsA, lda, strideA), operand(rowsB, ldb, strideB), operand(s.m, ldc, strideC)
			for _, f := range factors {
				want := slices.Clone(c)
				for i := range s.count {
					Gemm(op[0], op[1], s.m, s.n, s.k, f[0], a[min(i*strideA, len(a)):], lda, b[min(i*strideB, len(b)):], ldb, f[1], want[i*strideC:], ldc)
				}
				for _, threads := range counts {
					withThreads(threads, 3, func() {
						got := slices.Clone(c)
						GemmBatched(op[0], op[1], s.m, s.n, s.k, f[0], a, lda, strideA, b, ldb, strideB, f[1], got, ldc, strideC, s.count)
						checkSame(t, fmt.Sprintf("op=%c%c %+v %s alpha=%v beta=%v threads=%d", op[0], op[1], s, layout, f[0], f[1], threads), got, want)
					})
				}
			}
		}
	}
}

func TestGemmBatchedPanics(t *testing.T) {
	const huge = math.MaxInt / 2
	for _, test := range []struct {
		name                    string
		tA                      Transpose
		m, n, k                 int
		lda, strideA            int
		ldb, strideB            int
		ldc, strideC            int
		count, lenA, lenB, lenC int
		want                    any
	}{
		{"transpose", 'x', -1, 2, 2, 2, 4, 2, 4, 2, 4, 3, 12, 12, 12, badTranspose},
		{"m", 'N', -1, 2, 2, 2, -4, 2, 4, 2, 4, -3, 12, 12, 12, mLT0},
		{"ldc", 'N', 2, 2, 2, 2, -4, 2, 4, 1, 4, 3, 12, 12, 12, badLdC},
		{"strideA", 'N', 2, 2, 2, 2, -1, 2, -4, 2, 4, 3, 12, 12, 12, badStrideA},
		{"strideB", 'N', 2, 2, 2, 2, 4, 2, -1, 2, -4, 3, 12, 12, 12, badStrideB},
		{"strideC", 'N', 2, 2, 2, 2, 4, 2, 4, 2, -1, -3, 12, 12, 12, badStrideC},
		{"strideC of nothing", 'N', 0, 2, 2, 2, 4, 2, 4, 2, -1, 3, 12, 12, 12, badStrideC},
		{"count", 'N', 2, 2, 2, 2, 4, 2, 4, 2, 4, -1, 12, 12, 12, countLT0},
		{"short a", 'N', 2, 2, 2, 2, 4, 2, 4, 2, 4, 3, 11, 11, 12, shortA},
		{"short shared a", 'N', 2, 2, 2, 2, 0, 2, 4, 2, 4, 3, 3, 12, 12, shortA},
		{"short b", 'N', 2, 2, 2, 2, 4, 2, 4, 2, 4, 3, 12, 11, 11, shortB},
		{"short c", 'N', 2, 2, 2, 2, 4, 2, 4, 2, 4, 3, 12, 12, 11, shortC},
		{"strideA that wraps", 'N', 2, 2, 2, 2, huge, 2, 4, 2, 4, 3, 12, 12, 12, shortA},
		{"huge strideC", 'N', 2, 2, 2, 2, 4, 2, 4, 2, math.MaxInt, 2, 12, 12, 12, shortC},
		{"huge count", 'N', 2, 2, 2, 2, 0, 2, 0, 2, 4, math.MaxInt, 12, 12, 12, shortC},
		{"one C", 'N', 2, 2, 2, 2, 4, 2, 4, 2, 0, 3, 12, 12, 12, badOverlap},
		{"C's over each other", 'N', 2, 2, 2, 2, 4, 2, 4, 2, 3, 3, 12, 12, 12, badOverlap},
		{"side by side, too close", 'N', 2, 2, 2, 2, 4, 2, 4, 6, 1, 3, 12, 12, 12, badOverlap},
		{"side by side, around the corner", 'N', 2, 2, 2, 2, 4, 2, 4, 5, 2, 3, 12, 12, 12, badOverlap},
		{"side by side", 'N', 2, 2, 2, 2, 4, 2, 4, 6, 2, 3, 12, 12, 12, nil},
		{"right", 'N', 2, 2, 2, 2, 4, 2, 4, 2, 4, 3, 12, 12, 12, nil},
		{"one of stride 0", 'N', 2, 2, 2, 2, 0, 2, 0, 2, 0, 1, 4, 4, 4, nil},
		{"none", 'N', 2, 2, 2, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0, nil},
	} {
		a, b, c := make([]float64, test.lenA), make([]float64, test.lenB), make([]float64, test.lenC)
		for i := range c {
			c[i] = 7
		}
		got := func() (recovered any) {
			defer func() { recovered = recover() }()
			GemmBatched(test.tA, NoTrans, test.m, test.n, test.k, 1, a, test.lda, test.strideA, b, test.ldb, test.strideB, 0, c, test.ldc, test.strideC, test.count)
			return nil
		}()
		if got != test.want {
			t.Errorf("%s: panic %v, want %v", test.name, got, test.want)
		}
		for i, v := range c {
			if test.want != nil && v != 7 {
				t.Errorf("%s: c[%d] was written", test.name, i)
			}
		}
	}
}

// TestBatchOverlaps compares with counting who owns each element.
func TestBatchOverlaps(t *testing.T) {
	for m := 1; m <= 3; m++ {
		for n := 1; n <= 3; n++ {
			for ld := n; ld <= 8; ld++ {
				for stride := range 30 {
					for count := 1; count <= 4; count++ {
						owned := make([]bool, 200)
						want := false
						for i := range count {
							for r := range m {
								for col := range n {
									at := i*stride + r*ld + col
									want = want || owned[at]
									owned[at] = true
								}
							}
						}
						if got := batchOverlaps(m, n, ld, stride, count); got != want {
							t.Errorf("m=%d n=%d ld=%d stride=%d count=%d: %v, want %v", m, n, ld, stride, count, got, want)
						}
					}
				}
			}
		}
	}
}

func TestGemmBatchedAllocatesNothing(t *testing.T) {
	const n, count = 20, 300
	a, b, c := make([]float32, n*n*count), make([]float32, n*n*count), make([]float32, n*n*count)
	for _, threads := range []int{1, 3} {
		withThreads(threads, 2, func() {
			call := func() {
				GemmBatched(NoTrans, Trans, n, n, n, 0.5, a, n, n*n, b, n, n*n, 1, c, n, n*n, count)
			}
			for range 20 {
				call()
			}
			if got := testing.AllocsPerRun(20, call); got != 0 && !raceDetector {
				t.Errorf("%d threads: %v allocations a call", threads, got)
			}
		})
	}
}
