package bench

import (
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/lanewise/lanewise/asm"
)

// onLevels runs f once at every level that this machine has, as the last part
// of the benchmark's name.
func onLevels(b *testing.B, name string, f func(b *testing.B)) {
	for _, level := range asm.Levels() {
		b.Run(name+"/level="+level, func(b *testing.B) {
			restore, err := asm.Use(level)
			if err != nil {
				b.Fatal(err)
			}
			defer restore()
			f(b)
		})
	}
}

func sizeOf[T asm.Float]() int64 { return int64(unsafe.Sizeof(T(0))) }

// ceiling returns the rate of the level's register-only multiply-adds on this
// core now, in operations a nanosecond: the best of a few short runs, for what
// slows them down is not the kernel.
func ceiling[T asm.Float]() float64 {
	run := asm.For[T]().Ceiling
	rounds, best := 100, 0.0
	for i := 0; i < 8; {
		start := time.Now()
		flops := run(rounds)
		took := time.Since(start)
		if took < 200*time.Microsecond {
			rounds *= 2
			continue
		}
		best = max(best, float64(flops)/float64(took.Nanoseconds()))
		i++
	}
	return best
}

// reportFlops reports the benchmark's rate, and its share of the ceiling.
func reportFlops[T asm.Float](b *testing.B, flops float64) {
	b.StopTimer()
	rate := flops * float64(b.N) / float64(b.Elapsed().Nanoseconds())
	b.ReportMetric(rate, "GFLOP/s")
	b.ReportMetric(100*rate/ceiling[T](), "%ceiling")
}

// normals returns n normally distributed numbers, always the same.
func normals[T asm.Float](n int) []T {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	x := make([]T, n)
	for i := range x {
		x[i] = T(rng.NormFloat64())
	}
	return x
}
