package bench

import (
	"fmt"
	"math"
	"testing"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
)

// BenchmarkReduce is reductions of vectors by one thread, in L1, in L2 and in
// memory, beside bare loads, which no reduction can exceed.
func BenchmarkReduce(b *testing.B) {
	for _, bytes := range []int{1 << 13, 1 << 18, 1 << 26} {
		onLevels(b, fmt.Sprintf("bytes=%d/type=f32", bytes), func(b *testing.B) { onThreads(1, func() { reduce[float32](b, bytes/4) }) })
		onLevels(b, fmt.Sprintf("bytes=%d/type=f64", bytes), func(b *testing.B) { onThreads(1, func() { reduce[float64](b, bytes/8) }) })
	}
}

func reduce[T asm.Float](b *testing.B, n int) {
	x, y, sum := normals[T](n), normals[T](n), make([]T, n/64)
	load := asm.For[T]().Load
	var want float64
	for i, v := range x {
		want += float64(v) * float64(y[i])
	}
	if got := float64(blas.Dot(x, y)); !(math.Abs(got-want) <= 1e-4*float64(n)) {
		b.Fatalf("the dot product is %v, want %v", got, want)
	}
	bytes := sizeOf[T]() * int64(n)
	for _, f := range []struct {
		name  string
		bytes int64
		call  func()
	}{
		{"Load", bytes, func() { load(n, &x[0]) }},
		{"RowSums", bytes, func() { blas.RowSums(1, n, x, n, sum) }},
		{"ColSums", bytes, func() { blas.ColSums(64, n/64, x, n/64, sum) }},
		{"Asum", bytes, func() { blas.Asum(x) }},
		{"Nrm2", bytes, func() { blas.Nrm2(x) }},
		{"MaxIndex", bytes, func() { blas.MaxIndex(x) }},
		{"Dot", 2 * bytes, func() { blas.Dot(x, y) }},
	} {
		b.Run(f.name, func(b *testing.B) {
			for b.Loop() {
				f.call()
			}
			reportBytes(b, f.bytes)
		})
	}
}

// BenchmarkStream is what hardly does more than move memory, far beyond L3, beside
// a copy, by one thread. A line written is read first, but not counted.
func BenchmarkStream(b *testing.B) {
	const n = 1 << 24
	x, y, dst := normals[float32](n), normals[float32](n), make([]float32, n)
	index := make([]int, n/1024)
	for i := range index {
		index[i] = i
	}
	for _, f := range []struct {
		name     string
		elements int64
		call     func()
	}{
		{"copy", 2, func() { copy(dst, x) }},
		{"Scal", 2, func() { blas.Scal(1, x) }},
		{"Add", 3, func() { blas.Add(dst, x, y) }},
		{"Mul", 3, func() { blas.Mul(dst, x, y) }},
		{"GatherRows", 2, func() { blas.GatherRows(n/1024, 1024, dst, 1024, x, 1024, index) }},
	} {
		onLevels(b, f.name, func(b *testing.B) {
			onThreads(1, func() {
				for b.Loop() {
					f.call()
				}
			})
			reportBytes(b, 4*f.elements*n)
		})
	}
}

// BenchmarkCall is what a call of 1,024 elements adds to its kernel.
func BenchmarkCall(b *testing.B) {
	const n = 1024
	x, y := normals[float32](n), normals[float32](n)
	k := asm.For[float32]()
	for _, f := range []struct {
		name         string
		kernel, call func()
	}{
		{"Dot", func() { k.Dot(n, &x[0], &y[0]) }, func() { blas.Dot(x, y) }},
		{"MaxIndex", func() { k.MaxIndex(n, &x[0]) }, func() { blas.MaxIndex(x) }},
		{"Mul", func() { k.Mul(n, &y[0], &x[0], &y[0]) }, func() { blas.Mul(y, x, y) }},
		{"Scal", func() { k.Scal(n, 1, &x[0], &x[0]) }, func() { blas.Scal(1, x) }},
	} {
		b.Run(f.name+"/part=kernel", func(b *testing.B) {
			for b.Loop() {
				f.kernel()
			}
		})
		b.Run(f.name+"/part=call", func(b *testing.B) {
			for b.Loop() {
				f.call()
			}
		})
	}
}

// BenchmarkCrossEntropy is losses and gradients of m classes and n samples by one
// thread; bench/peers/crossentropy.py measures torch beside it.
func BenchmarkCrossEntropy(b *testing.B) {
	for _, s := range []struct{ m, n int }{{10, 128}, {1000, 256}} {
		onLevels(b, fmt.Sprintf("m=%d/n=%d/type=f32", s.m, s.n), func(b *testing.B) { onThreads(1, func() { crossEntropy(b, s.m, s.n) }) })
	}
}

func crossEntropy(b *testing.B, m, n int) {
	z, dz, losses, classes := normals[float32](m*n), make([]float32, m*n), make([]float32, n), make([]int, n)
	for j := range classes {
		classes[j] = j * 7 % m
	}
	blas.CrossEntropyClasses(m, n, z, n, classes, dz, n, losses)
	for j, got := range losses {
		var sum float64
		for i := range m {
			sum += math.Exp(float64(z[i*n+j]))
		}
		if want := math.Log(sum) - float64(z[classes[j]*n+j]); !(math.Abs(float64(got)-want) <= 1e-5*want) {
			b.Fatalf("loss %d is %v, want %v", j, got, want)
		}
	}
	for b.Loop() {
		blas.CrossEntropyClasses(m, n, z, n, classes, dz, n, losses)
	}
}

// BenchmarkGatherRowsTrans makes mini-batches of 784 features, of samples that lie
// in L2.
func BenchmarkGatherRowsTrans(b *testing.B) {
	const k = 784
	for _, n := range []int{32, 128} {
		onLevels(b, fmt.Sprintf("n=%d/k=%d/type=f32", n, k), func(b *testing.B) {
			src, dst, index := normals[float32](n*k), make([]float32, n*k), make([]int, n)
			for i := range index {
				index[i] = i * 5 % n
			}
			for b.Loop() {
				blas.GatherRowsTrans(n, k, dst, n, src, k, index)
			}
			reportBytes(b, 2*4*int64(n*k))
		})
	}
}
