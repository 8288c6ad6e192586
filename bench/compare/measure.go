package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"time"
	"unsafe"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/internal/ref"
)

const (
	sampleTime  = 4 * time.Millisecond
	warmUps     = 3 // a library may build code in its first calls
	ceilingTime = 200 * time.Microsecond
	ceilingRuns = 4
)

// operands are those of one shape.
type operands[T asm.Float] struct {
	shape
	a, b, c []T
}

// multiplier computes C = op(A)·op(B) reps times.
type multiplier[T asm.Float] func(reps int, p *operands[T])

// library is something that multiplies. Without f32 or f64 it lacks that type.
type library struct {
	name   string
	about  string // version and settings
	f32    multiplier[float32]
	f64    multiplier[float64]
	covers func(shape) bool // nil for all shapes
}

// of returns the library's multiplier for s, nil if it has none.
func of[T asm.Float](l library, s shape) multiplier[T] {
	if l.covers != nil && !l.covers(s) {
		return nil
	}
	var f any = l.f64
	if unsafe.Sizeof(T(0)) == 4 {
		f = l.f32
	}
	return f.(multiplier[T])
}

// ours are this module's products, called as users call them.
func ours(name string) library {
	return library{name: name, f32: gemm[float32], f64: gemm[float64]}
}

func gemm[T asm.Float](reps int, p *operands[T]) {
	tA, tB := blas.Transpose(p.op[0]), blas.Transpose(p.op[1])
	for range reps {
		blas.Gemm(tA, tB, p.m, p.n, p.k, 1, p.a, p.lda, p.b, p.ldb, 0, p.c, p.ldc)
	}
}

// aloneOf is l on one thread of those that ours else may use.
func aloneOf(l library, threads int) library {
	l.f32, l.f64 = alone(l.f32, threads), alone(l.f64, threads)
	return l
}

func alone[T asm.Float](run multiplier[T], threads int) multiplier[T] {
	return func(reps int, p *operands[T]) {
		blas.SetThreads(1)
		defer blas.SetThreads(threads)
		run(reps, p)
	}
}

// newOperands returns normally distributed A and B, always the same for a
// shape, and C of NaNs.
func newOperands[T asm.Float](s shape) *operands[T] {
	rng := rand.New(rand.NewPCG(uint64(s.m), uint64(s.n)))
	rowsA, rowsB, rowsC := s.rows()
	p := &operands[T]{s, aligned[T](rowsA * s.lda), aligned[T](rowsB * s.ldb), aligned[T](rowsC * s.ldc)}
	for _, x := range [][]T{p.a, p.b} {
		for i := range x {
			x[i] = T(rng.NormFloat64())
		}
	}
	p.forget()
	return p
}

// aligned returns n elements that begin on a cache line, as large slices do:
// for small ones it would depend on the allocator's size classes.
func aligned[T asm.Float](n int) []T {
	const line = 64
	size := int(unsafe.Sizeof(T(0)))
	x := make([]T, n+line/size)
	skip := (line - int(uintptr(unsafe.Pointer(&x[0]))%line)) % line / size
	return x[skip : skip+n : skip+n]
}

// forget sets C to NaNs, which no product that reads or leaves them passes off
// as its own.
func (p *operands[T]) forget() {
	for i := range p.c {
		p.c[i] = T(math.NaN())
	}
}

// check returns an error if C is not the product.
func (p *operands[T]) check() error {
	return ref.CheckProduct(p.m, p.n, p.k,
		ref.Matrix[T]{Data: p.a, LD: p.lda, Trans: p.op[0] == 'T'},
		ref.Matrix[T]{Data: p.b, LD: p.ldb, Trans: p.op[1] == 'T'},
		ref.Matrix[T]{Data: p.c, LD: p.ldc})
}

// measurement is one sample of one library.
type measurement struct {
	lib     string
	reps    int
	took    time.Duration
	ceiling float64 // of all threads, in flops a nanosecond, in the same round
}

// rate is in flops a nanosecond, which are GFLOP/s.
func (m measurement) rate(s shape) float64 {
	return s.flops() * float64(m.reps) / float64(m.took.Nanoseconds())
}

// measure checks each library's product of this shape and then takes count
// samples of each on so many threads, in turn, so that what comes and goes on
// the machine meets all of them.
func measure[T asm.Float](libs []library, s shape, threads, count int) ([]measurement, error) {
	runtime.GC() // the operands before these; none runs beside the samples
	p := newOperands[T](s)
	type contender struct {
		name string
		run  multiplier[T]
		reps int
	}
	var contenders []contender
	for _, l := range libs {
		run := of[T](l, s)
		if run == nil {
			continue
		}
		p.forget()
		run(1, p)
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("%s: wrong product of %v, %s: %w", l.name, s, typeName[T](), err)
		}
		run(warmUps-1, p)
		contenders = append(contenders, contender{l.name, run, calibrate(run, p)})
	}
	rounds := calibrateCeiling[T]()
	var samples []measurement
	for range count {
		top := ceiling[T](rounds) * float64(threads)
		for _, c := range contenders {
			if threads > 1 {
				if err := settle(); err != nil {
					return nil, err
				}
			}
			// Once untimed: it wakes the threads, and after a long call of C, Go's runtime
			// looks every 20 µs, for some milliseconds and on the same processor, at what runs.
			c.run(c.reps, p)
			samples = append(samples, measurement{c.name, c.reps, timed(c.run, c.reps, p), top})
		}
	}
	return samples, nil
}

func timed[T asm.Float](run multiplier[T], reps int, p *operands[T]) time.Duration {
	start := time.Now()
	run(reps, p)
	return time.Since(start)
}

// calibrate returns how many repetitions take at least the time of a sample,
// with a tenth to spare.
func calibrate[T asm.Float](run multiplier[T], p *operands[T]) int {
	for reps := 1; ; {
		took := timed(run, reps, p)
		if took >= sampleTime*11/10 {
			return reps
		}
		more := float64(reps) * 1.2 * float64(sampleTime) / float64(max(took, time.Microsecond))
		reps = max(reps+1, min(int(more), 100*reps))
	}
}

// ceiling returns the rate of one thread's multiply-adds on registers alone, in
// flops a nanosecond: the best of a few short runs, for what slows them down is not the
// kernel.
func ceiling[T asm.Float](rounds int) float64 {
	best := 0.0
	for range ceilingRuns {
		start := time.Now()
		flops := asm.For[T]().Ceiling(rounds)
		best = max(best, float64(flops)/float64(time.Since(start).Nanoseconds()))
	}
	return best
}

func calibrateCeiling[T asm.Float]() (rounds int) {
	for rounds = 100; ; rounds *= 2 {
		start := time.Now()
		asm.For[T]().Ceiling(rounds)
		if time.Since(start) >= ceilingTime {
			return rounds
		}
	}
}

func typeName[T asm.Float]() string { return fmt.Sprintf("f%d", 8*unsafe.Sizeof(T(0))) }
