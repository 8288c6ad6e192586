package bench

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/internal/ref"
)

// lengths are those of vectors in L1, in L2, in L3 and in memory.
var lengths = []int{1 << 12, 1 << 16, 1 << 20, 1 << 24}

// reportBytes reports the rate at which bytes are read and written.
func reportBytes(b *testing.B, bytes int64) {
	b.ReportMetric(float64(bytes)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GB/s")
}

// BenchmarkCopy is the rate that figures in GB/s stand beside: reading n
// elements and writing as many.
func BenchmarkCopy(b *testing.B) {
	for _, n := range lengths {
		b.Run(fmt.Sprintf("n=%d/type=f32", n), func(b *testing.B) {
			dst, src := make([]float32, n), normals[float32](n)
			for b.Loop() {
				copy(dst, src)
			}
			reportBytes(b, 2*4*int64(n))
		})
	}
}

func BenchmarkExp(b *testing.B) {
	benchmarkUnary(b, blas.Exp[float32], blas.Exp[float64], math.Exp, itself)
}
func BenchmarkSigmoid(b *testing.B) {
	benchmarkUnary(b, blas.Sigmoid[float32], blas.Sigmoid[float64], logistic, itself)
}

func BenchmarkTanh(b *testing.B) {
	benchmarkUnary(b, blas.Tanh[float32], blas.Tanh[float64], math.Tanh, itself)
}
func BenchmarkLog(b *testing.B) {
	benchmarkUnary(b, blas.Log[float32], blas.Log[float64], math.Log, math.Abs)
}
func BenchmarkReLU(b *testing.B) {
	benchmarkUnary(b, blas.ReLU[float32], blas.ReLU[float64], func(x float64) float64 { return max(x, 0) }, itself)
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// itself is the argument where a function takes any number.
func itself(x float64) float64 { return x }

func benchmarkUnary(b *testing.B, f32 func(dst, src []float32), f64 func(dst, src []float64), want, argument func(float64) float64) {
	for _, n := range lengths {
		onLevels(b, fmt.Sprintf("n=%d/type=f32", n), func(b *testing.B) { unary(b, n, f32, want, argument, 0x1p-23) })
		onLevels(b, fmt.Sprintf("n=%d/type=f64", n), func(b *testing.B) { unary(b, n, f64, want, argument, 0x1p-51) })
	}
}

// unary times f out of place, of what argument makes of normal numbers, after a look
// at its results: eps is an ULP, or a few where math's own functions have as much error.
func unary[T asm.Float](b *testing.B, n int, f func(dst, src []T), want, argument func(float64) float64, eps float64) {
	dst, src := make([]T, n), normals[T](n)
	for i, x := range src {
		src[i] = T(argument(float64(x)))
	}
	f(dst, src)
	for i, x := range src {
		if w := want(float64(x)); !(math.Abs(float64(dst[i])-w) <= eps*math.Abs(w)) {
			b.Fatalf("f(%v) = %v, want %v", x, dst[i], w)
		}
	}
	for b.Loop() {
		f(dst, src)
	}
	reportBytes(b, 2*sizeOf[T]()*int64(n))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/element")
}

// BenchmarkAdam times steps of an optimizer.
func BenchmarkAdam(b *testing.B) {
	for _, n := range lengths {
		onLevels(b, fmt.Sprintf("n=%d/type=f32", n), func(b *testing.B) { adam[float32](b, n) })
		onLevels(b, fmt.Sprintf("n=%d/type=f64", n), func(b *testing.B) { adam[float64](b, n) })
	}
}

func adam[T asm.Float](b *testing.B, n int) {
	const b1, b2, rate, epsilon = 0.9, 0.999, 1e-3, 1e-8
	one := 1.0 // 1 − β is rounded twice
	g, m, v, x := normals[T](n), make([]T, n), make([]T, n), normals[T](n)
	start := slices.Clone(x)
	blas.Adam(b1, b2, rate, epsilon, g, m, v, x)
	for i, before := range start {
		if _, _, want := ref.Adam(b1, T(one-b1), b2, T(one-b2), rate, epsilon, g[i], 0, 0, before); x[i] != want {
			b.Fatalf("element %d is %v, want %v", i, x[i], want)
		}
	}
	for b.Loop() {
		blas.Adam(b1, b2, rate, epsilon, g, m, v, x)
	}
	reportBytes(b, 7*sizeOf[T]()*int64(n)) // all four read, three written
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/element")
}

func BenchmarkRowSums(b *testing.B) {
	for _, s := range []struct{ m, n int }{{64, 64}, {64, 128}, {512, 128}, {16, 1 << 12}, {1, 1 << 20}, {1000, 10}} {
		onLevels(b, fmt.Sprintf("m=%d/n=%d/type=f32", s.m, s.n), func(b *testing.B) { rowSums[float32](b, s.m, s.n, 0x1p-24) })
		onLevels(b, fmt.Sprintf("m=%d/n=%d/type=f64", s.m, s.n), func(b *testing.B) { rowSums[float64](b, s.m, s.n, 0x1p-53) })
	}
}

func rowSums[T asm.Float](b *testing.B, m, n int, u float64) {
	a, sums := normals[T](m*n), make([]T, m)
	blas.RowSums(m, n, a, n, sums)
	for i, got := range sums {
		var want, size float64
		for _, v := range a[i*n : (i+1)*n] {
			want += float64(v)
			size += math.Abs(float64(v))
		}
		// RowSums' bound, and that of this loop.
		bound := ((11+math.Log2(float64(n)))*u + float64(n)*0x1p-53) * size
		if !(math.Abs(float64(got)-want) <= bound) {
			b.Fatalf("row %d sums to %v, want %v ± %v", i, got, want, bound)
		}
	}
	for b.Loop() {
		blas.RowSums(m, n, a, n, sums)
	}
	reportBytes(b, sizeOf[T]()*int64(m)*int64(n))
}

// BenchmarkGradient times gradients alone and with the sums of rows.
func BenchmarkGradient(b *testing.B) {
	for _, s := range []struct{ m, n int }{{64, 128}, {512, 128}, {64, 1000}, {4, 1 << 12}, {1024, 1 << 13}} {
		onLevels(b, fmt.Sprintf("m=%d/n=%d/type=f32", s.m, s.n), func(b *testing.B) { gradients[float32](b, s.m, s.n) })
		onLevels(b, fmt.Sprintf("m=%d/n=%d/type=f64", s.m, s.n), func(b *testing.B) { gradients[float64](b, s.m, s.n) })
	}
}

// gradients times both in turn, so that their ratio means something.
func gradients[T asm.Float](b *testing.B, m, n int) {
	a, da, dz, sums, want := normals[T](m*n), normals[T](m*n), make([]T, m*n), make([]T, m), make([]T, m)
	for _, f := range []struct {
		name  string
		alone func(dz, da, a []T)
		sums  func(m, n int, dz []T, lddz int, da []T, ldda int, a []T, lda int, sums []T)
	}{
		{"sigmoid", blas.SigmoidGrad[T], blas.SigmoidGradSums[T]},
		{"tanh", blas.TanhGrad[T], blas.TanhGradSums[T]},
		{"relu", blas.ReLUGrad[T], blas.ReLUGradSums[T]},
	} {
		b.Run("function="+f.name, func(b *testing.B) {
			f.alone(dz, da, a)
			blas.RowSums(m, n, dz, n, want)
			f.sums(m, n, dz, n, da, n, a, n, sums)
			for i, w := range want {
				if sums[i] != w {
					b.Fatalf("row %d sums to %v, want %v", i, sums[i], w)
				}
			}
			reps := 1 + 100_000/(m*n)
			var alone, both time.Duration
			for b.Loop() {
				start := time.Now()
				for range reps {
					f.alone(dz, da, a)
				}
				middle := time.Now()
				for range reps {
					f.sums(m, n, dz, n, da, n, a, n, sums)
				}
				alone += middle.Sub(start)
				both += time.Since(middle)
			}
			elements := float64(b.N) * float64(reps) * float64(m) * float64(n)
			b.ReportMetric(float64(alone.Nanoseconds())/elements, "alone-ns/element")
			b.ReportMetric(float64(both.Nanoseconds())/elements, "sums-ns/element")
			b.ReportMetric(float64(both)/float64(alone), "sums/alone")
		})
	}
}

// BenchmarkVectorCall times a function of 1,024 elements and its kernel alone: the rest
// is what a call costs.
func BenchmarkVectorCall(b *testing.B) {
	const n = 1024
	dst, src := make([]float32, n), normals[float32](n)
	for _, f := range []struct {
		name   string
		public func(dst, src []float32)
		kernel func(n int, dst, src *float32)
	}{{"Exp", blas.Exp[float32], asm.For[float32]().Exp}, {"ReLU", blas.ReLU[float32], asm.For[float32]().ReLU}} {
		b.Run("function="+f.name+"/n=1024/by=blas", func(b *testing.B) {
			for b.Loop() {
				f.public(dst, src)
			}
		})
		b.Run("function="+f.name+"/n=1024/by=kernel", func(b *testing.B) {
			for b.Loop() {
				f.kernel(n, &dst[0], &src[0])
			}
		})
	}
}
