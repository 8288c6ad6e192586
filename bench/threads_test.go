package bench

import (
	"fmt"
	"testing"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
)

// BenchmarkGemmThreads is BenchmarkGemm by one thread and by two.
func BenchmarkGemmThreads(b *testing.B) {
	for _, s := range cubes("NN", 64, 96, 128, 192, 256, 512, 1024, 2048) {
		for _, threads := range []int{1, 2} {
			name := fmt.Sprintf("%v/threads=%d", s, threads)
			onLevels(b, name+"/type=f32", func(b *testing.B) { onThreads(threads, func() { benchmarkGemm(b, s, ours[float32]) }) })
			onLevels(b, name+"/type=f64", func(b *testing.B) { onThreads(threads, func() { benchmarkGemm(b, s, ours[float64]) }) })
		}
	}
}

func onThreads(n int, f func()) {
	blas.SetThreads(n)
	defer blas.SetThreads(0)
	f()
}

// BenchmarkEpilogue is a layer forwards: bias and σ on the product, beside its
// parts, the bare product and σ alone on as much of C as L1 holds.
func BenchmarkEpilogue(b *testing.B) {
	onLevels(b, "m=64/n=128/k=784/type=f32", benchmarkEpilogue[float32])
	onLevels(b, "m=64/n=128/k=784/type=f64", benchmarkEpilogue[float64])
}

func benchmarkEpilogue[T asm.Float](b *testing.B) {
	const m, n, k = 64, 128, 784
	w, x, bias := normals[T](m*k), normals[T](k*n), normals[T](m)
	for i := range w {
		w[i] /= 28 // logits of the size that σ meets
	}
	c, want, ones := make([]T, m*n), make([]T, m*n), make([]T, m*n)
	ep := blas.Epilogue[T]{Bias: bias, Act: blas.ActSigmoid}
	fused := func() { blas.GemmEpilogue(blas.NoTrans, blas.NoTrans, m, n, k, 1, w, k, x, n, 0, c, n, ep) }
	bare := func() { blas.Gemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, w, k, x, n, 0, c, n) }
	// The bias as a product of rank one, then the product, then σ.
	for i := range ones {
		ones[i] = 1
	}
	blas.Gemm(blas.NoTrans, blas.NoTrans, m, n, 1, 1, bias, 1, ones, n, 0, want, n)
	blas.Gemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, w, k, x, n, 1, want, n)
	blas.Sigmoid(want, want)
	fused()
	for i, v := range want {
		if c[i] != v {
			b.Fatalf("element %d is %v, want %v", i, c[i], v)
		}
	}
	vector := normals[T](1 << 11)
	out := make([]T, len(vector))
	onThreads(1, func() {
		b.Run("part=fused", func(b *testing.B) {
			for b.Loop() {
				fused()
			}
		})
		b.Run("part=product", func(b *testing.B) {
			for b.Loop() {
				bare()
			}
		})
		b.Run("part=sigmoid", func(b *testing.B) {
			for b.Loop() {
				for range m * n / len(vector) {
					blas.Sigmoid(out, vector)
				}
			}
		})
	})
}
