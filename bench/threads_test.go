package bench

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"testing"
	"time"

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

// BenchmarkCeilingThreads is BenchmarkCeiling on one processor and on two at once:
// what the second one adds where nothing is shared.
func BenchmarkCeilingThreads(b *testing.B) {
	for _, threads := range []int{1, 2} {
		onLevels(b, fmt.Sprintf("threads=%d/type=f32", threads), func(b *testing.B) {
			kernel := asm.For[float32]().Ceiling
			const rounds = 200_000 // milliseconds, beside which starting goroutines is nothing
			flops := 0
			for b.Loop() {
				together(threads, func(int) { flops = kernel(rounds) })
			}
			b.ReportMetric(float64(threads)*float64(flops)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		})
	}
}

// together runs f on so many goroutines, the caller's among them.
func together(n int, f func(i int)) {
	var others sync.WaitGroup
	for i := 1; i < n; i++ {
		others.Go(func() { f(i) })
	}
	f(0)
	others.Wait()
}

// BenchmarkCallers is products of one size by several goroutines at once, each with
// operands of its own, beside as many one after another: ns/op is the time of all.
func BenchmarkCallers(b *testing.B) {
	const callers = 4
	for _, n := range []int{16, 64, 100, 128, 192, 256, 512} {
		var operands [callers][3][]float32
		for i := range operands {
			for j := range operands[i] {
				operands[i][j] = normals[float32](n * n)
			}
		}
		multiply := func(i int) {
			// So many that starting a goroutine is little beside them.
			for range max(1, 1<<24/(n*n*n)) {
				x := operands[i]
				blas.Gemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, x[0], n, x[1], n, 0, x[2], n)
			}
		}
		b.Run(fmt.Sprintf("m=%d/n=%d/k=%d/callers=%d", n, n, n, callers), func(b *testing.B) {
			for b.Loop() {
				together(callers, multiply)
			}
		})
		b.Run(fmt.Sprintf("m=%d/n=%d/k=%d/callers=1", n, n, n), func(b *testing.B) {
			for b.Loop() {
				for i := range callers {
					multiply(i)
				}
			}
		})
	}
}

// BenchmarkStopTheWorld stops the world again and again beside large products,
// whose kernels can't be preempted, and reports how long that took to begin: the
// longest of all and the median, in microseconds.
func BenchmarkStopTheWorld(b *testing.B) {
	for _, s := range []shape{{"NN", 2048, 2048, 2048}, {"NT", 1024, 1024, 1024}, {"NN", 4000, 1, 4000}, {"NN", 1, 4000, 4000}, {"NN", 4, 4, 100_000}, {"NN", 2000, 8, 2000}, {"TN", 4000, 3, 4000}} {
		onLevels(b, s.String()+"/type=f64", func(b *testing.B) { benchmarkStops(b, s) })
	}
}

func benchmarkStops(b *testing.B, s shape) {
	x, y, z := normals[float64](s.m*s.k), normals[float64](s.k*s.n), make([]float64, s.m*s.n)
	_, lda := stored(s.trans[0], s.m, s.k)
	_, ldb := stored(s.trans[1], s.k, s.n)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	stop := make(chan struct{})
	var caller sync.WaitGroup
	caller.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				ours(s.trans[0], s.trans[1], s.m, s.n, s.k, x, lda, y, ldb, z, s.n)
			}
		}
	})
	before := stopTimes()
	var took []time.Duration
	var stats runtime.MemStats
	for b.Loop() {
		time.Sleep(100 * time.Microsecond)
		start := time.Now()
		runtime.ReadMemStats(&stats) // stops the world, and does little there
		took = append(took, time.Since(start))
	}
	longest := longestSince(before)
	close(stop)
	caller.Wait()
	slices.Sort(took)
	b.ReportMetric(longest*1e6, "longest-µs")
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "median-µs")
}

// stopTimes returns the histogram of how long the world took to stop.
func stopTimes() *metrics.Float64Histogram {
	s := []metrics.Sample{{Name: "/sched/pauses/stopping/other:seconds"}}
	metrics.Read(s)
	return s[0].Value.Float64Histogram()
}

// longestSince returns the upper end of the highest bucket that has grown.
func longestSince(before *metrics.Float64Histogram) float64 {
	after := stopTimes()
	for i := len(after.Counts) - 1; i >= 0; i-- {
		if after.Counts[i] > before.Counts[i] {
			return after.Buckets[i+1]
		}
	}
	return math.NaN()
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
