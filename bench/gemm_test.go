package bench

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/lanewise/lanewise/asm"
	lanewise "github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/internal/ref"
)

// shape is a product of matrices: op(A) is m×k, op(B) is k×n.
type shape struct {
	trans   string // of A and of B
	m, n, k int
}

// shapes are cubes and what layers of networks, batches and vectors make.
var shapes = append(cubes("NN", 8, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 2048),
	shape{"NN", 64, 128, 784},
	shape{"NN", 64, 128, 64},
	shape{"NN", 10, 128, 64},
	shape{"NT", 64, 784, 128},
	shape{"TN", 64, 128, 64},
	shape{"NN", 512, 128, 784},
	shape{"NT", 512, 784, 128},
	shape{"TN", 512, 128, 512},
	shape{"NT", 64, 64, 64}, shape{"TN", 64, 64, 64}, shape{"TT", 64, 64, 64},
	shape{"NT", 256, 256, 256}, shape{"TN", 256, 256, 256}, shape{"TT", 256, 256, 256},
	shape{"NT", 512, 512, 512}, shape{"TN", 512, 512, 512}, shape{"TT", 512, 512, 512},
	shape{"NT", 1024, 1024, 1024}, shape{"TN", 1024, 1024, 1024}, shape{"TT", 1024, 1024, 1024},
	shape{"NN", 1000, 1, 1000},
	shape{"NN", 1000, 1000, 4},
	shape{"NN", 4, 4, 10000},
	shape{"NN", 17, 129, 333},
	shape{"NN", 2000, 8, 2000})

func cubes(trans string, sizes ...int) []shape {
	var s []shape
	for _, n := range sizes {
		s = append(s, shape{trans, n, n, n})
	}
	return s
}

func (s shape) String() string {
	return fmt.Sprintf("m=%d/n=%d/k=%d/op=%s", s.m, s.n, s.k, s.trans)
}

func (s shape) flops() float64 { return 2 * float64(s.m) * float64(s.n) * float64(s.k) }

// stored returns the rows and columns of a stored operand.
func stored(trans byte, rows, cols int) (int, int) {
	if trans == 'T' {
		return cols, rows
	}
	return rows, cols
}

// multiplier is C = op(A)·op(B) by this module or by a peer.
type multiplier[T asm.Float] func(tA, tB byte, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int)

func benchmarkGemm[T asm.Float](b *testing.B, s shape, multiply multiplier[T]) {
	rows, lda := stored(s.trans[0], s.m, s.k)
	x := normals[T](rows * lda)
	rows, ldb := stored(s.trans[1], s.k, s.n)
	y := normals[T](rows * ldb)
	z := make([]T, s.m*s.n)
	run := func() { multiply(s.trans[0], s.trans[1], s.m, s.n, s.k, x, lda, y, ldb, z, s.n) }
	run()
	if err := ref.CheckProduct(s.m, s.n, s.k,
		ref.Matrix[T]{Data: x, LD: lda, Trans: s.trans[0] == 'T'},
		ref.Matrix[T]{Data: y, LD: ldb, Trans: s.trans[1] == 'T'},
		ref.Matrix[T]{Data: z, LD: s.n}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		run()
	}
	reportFlops[T](b, s.flops())
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range shapes {
		onLevels(b, s.String()+"/type=f32", func(b *testing.B) { benchmarkGemm(b, s, ours[float32]) })
		onLevels(b, s.String()+"/type=f64", func(b *testing.B) { benchmarkGemm(b, s, ours[float64]) })
	}
}

func ours[T asm.Float](tA, tB byte, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int) {
	lanewise.Gemm(lanewise.Transpose(tA), lanewise.Transpose(tB), m, n, k, 1, a, lda, b, ldb, 0, c, ldc)
}

// BenchmarkGonum is BenchmarkGemm by gonum's own kernels. They are Go alone
// with the tag noasm; with GOMAXPROCS above 1 they use threads.
func BenchmarkGonum(b *testing.B) {
	op := func(t byte) blas.Transpose { return blas.Transpose(t) }
	for _, s := range shapes {
		b.Run(s.String()+"/type=f32", func(b *testing.B) {
			benchmarkGemm(b, s, func(tA, tB byte, m, n, k int, a []float32, lda int, x []float32, ldb int, c []float32, ldc int) {
				gonum.Implementation{}.Sgemm(op(tA), op(tB), m, n, k, 1, a, lda, x, ldb, 0, c, ldc)
			})
		})
		b.Run(s.String()+"/type=f64", func(b *testing.B) {
			benchmarkGemm(b, s, func(tA, tB byte, m, n, k int, a []float64, lda int, x []float64, ldb int, c []float64, ldc int) {
				gonum.Implementation{}.Dgemm(op(tA), op(tB), m, n, k, 1, a, lda, x, ldb, 0, c, ldc)
			})
		})
	}
}

// BenchmarkCeiling is the rate that GEMM figures are shares of.
func BenchmarkCeiling(b *testing.B) {
	onLevels(b, "type=f32", benchmarkCeiling[float32])
	onLevels(b, "type=f64", benchmarkCeiling[float64])
}

func benchmarkCeiling[T asm.Float](b *testing.B) {
	flops := 0
	for b.Loop() {
		flops = asm.For[T]().Ceiling(1000)
	}
	b.ReportMetric(float64(flops)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}
