package blas

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanewise/lanewise/internal/ref"
)

// TestReduce compares reductions of vectors, bit for bit, with the orders that
// their comments state, at lengths about those of blocks and kernel calls.
func TestReduce(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, testReduce[float32], testReduce[float64])
	})
}

func testReduce[T Float](t *testing.T) {
	next := normals[T](rand.New(rand.NewPCG(47, 1)))
	ns := []int{0, 1, 2, 63, 64, 65, 255, 256, 257, 511, 513, 1024, 1025, 5000, chunk - 1, chunk, chunk + 1, 3*chunk + 300, 5*chunk + 1}
	if testing.Short() {
		ns = []int{0, 1, 65, 257, 1100, chunk + 1, 3*chunk + 300}
	}
	for i, n := range ns {
		x, y := newOperand(1, n+i%5, 0, next).data[i%5:], newOperand(1, n, 0, next).data
		checkReduce(t, x, y)
	}
}

func checkReduce[T Float](t *testing.T, x, y []T) {
	t.Helper()
	n := len(x)
	beforeX, beforeY := slices.Clone(x), slices.Clone(y)
	got := []T{Dot(x, y), Dot(x, x), Asum(x)}
	checkSame(t, fmt.Sprintf("n=%d, Dot, Dot of one, Asum", n), got,
		[]T{ref.DotBlocks(fused(), x, y), ref.DotBlocks(fused(), x, x), ref.RowSums(1, n, ref.Magnitudes(x), n)[0]})
	if got, want := MaxIndex(x), ref.MaxIndex(x); got != want {
		t.Fatalf("level=%s n=%d: MaxIndex is %d, want %d", Level(), n, got, want)
	}
	if got, want := MaxAbsIndex(x), ref.MaxIndex(ref.Magnitudes(x)); got != want {
		t.Fatalf("level=%s n=%d: MaxAbsIndex is %d, want %d", Level(), n, got, want)
	}
	checkNrm2(t, x)
	checkSame(t, "x", x, beforeX)
	checkSame(t, "y", y, beforeY)
}

// checkNrm2 holds Nrm2 to the error that its comment states. A result that is
// subnormal may be half of the smallest number further off.
func checkNrm2[T Float](t *testing.T, x []T) {
	t.Helper()
	got, want := float64(Nrm2(x)), ref.Nrm2(x)
	depth := bits.Len(uint((len(x)+255)/256 - 1)) // ⌈log₂ of the blocks⌉
	bound := ref.Gamma[T](8+depth/2)*want + ref.Tiny[T]()/2
	if overflows := !(want <= float64(ref.FromBits[T](ref.Bits(T(math.Inf(1)))-1))); overflows {
		want = float64(T(want))
	}
	if !(math.Abs(got-want) <= bound) && got != want && (got == got || want == want) {
		t.Fatalf("level=%s n=%d: Nrm2 is %v, want %v ± %v", Level(), len(x), got, want, bound)
	}
}

// TestNrm2Range scales vectors over all magnitudes there are.
func TestNrm2Range(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, nrm2Range[float32], nrm2Range[float64])
	})
}

func nrm2Range[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(53, 1))
	low, high := int(math.Log2(ref.Tiny[T]())), 127
	if low < -200 {
		high = 1023
	}
	for e := low - 1; e <= high; e += 1 + high/500*6 {
		for _, n := range []int{1, 2, 300} {
			x := make([]T, n)
			for i := range x {
				x[i] = T(math.Ldexp(rng.NormFloat64(), e-i%3*rng.IntN(30)))
			}
			checkNrm2(t, x)
		}
	}
	big, small := T(math.Ldexp(1, high)), T(ref.Tiny[T]())
	inf, nan := T(math.Inf(1)), T(math.NaN())
	for _, x := range [][]T{
		{big}, {big, small}, {-big, -big / 2}, {small}, {small, -small}, {0, 0}, {0, small, 0}, {big, big, big, big, big},
		slices.Repeat([]T{big / 16, small}, 2*chunk/17), slices.Repeat([]T{small}, chunk+300),
		{inf}, {1, -inf}, {big, -inf, small}, {nan}, {inf, nan}, {big, nan, big}, {small, nan}, nil,
	} {
		checkNrm2(t, x)
	}
}

// TestReduceBound holds Dot and Asum to the errors that their comments state.
func TestReduceBound(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, reduceBound[float32], reduceBound[float64])
	})
}

func reduceBound[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(59, 1))
	for name, next := range map[string]func() T{
		"normal":      normals[T](rng),
		"equal":       func() T { return T(0.7) },
		"many scales": func() T { return T(math.Ldexp(rng.NormFloat64(), rng.IntN(40)-20)) },
	} {
		for _, n := range []int{1, 64, 257, 3000, 2*chunk + 1} {
			x, y := newOperand(1, n, 0, next).data, newOperand(1, n, 0, next).data
			depth := bits.Len(uint((n+255)/256 - 1))
			want, size := ref.DotExact(x, y)
			if got, bound := float64(Dot(x, y)), ref.Gamma[T](11+depth)*size; !(math.Abs(got-want) <= bound) {
				t.Errorf("Dot, %s, n=%d: %v, want %v ± %v", name, n, got, want, bound)
			}
			want, size = ref.Sum(ref.Magnitudes(x))
			if got, bound := float64(Asum(x)), ref.Gamma[T](10+depth)*size; !(math.Abs(got-want) <= bound) {
				t.Errorf("Asum, %s, n=%d: %v, want %v ± %v", name, n, got, want, bound)
			}
		}
	}
}

// TestMaxIndexPlaces puts the largest element, equals of it and NaNs into several
// kernel calls, for one thread and for more.
func TestMaxIndexPlaces(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, maxIndexPlaces[float32], maxIndexPlaces[float64])
	})
}

func maxIndexPlaces[T Float](t *testing.T) {
	nan := T(math.NaN())
	places := []int{0, 1, chunk - 1, chunk, chunk + 100, 2*chunk - 1, 2*streamGrain + 99}
	for _, n := range []int{2*chunk + 100, 2*streamGrain + 100} {
		x := make([]T, n)
		check := func(what string, want int) {
			t.Helper()
			for _, threads := range []int{1, 3} {
				withThreads(threads, 2, func() {
					if got, abs := MaxIndex(x), MaxAbsIndex(x); got != want || abs != want {
						t.Errorf("%s, n=%d, %d threads: MaxIndex %d, MaxAbsIndex %d, want %d", what, n, threads, got, abs, want)
					}
				})
			}
		}
		check("nothing but 0", 0)
		for i, p := range places {
			if p >= n {
				continue
			}
			x[p] = 2
			check("one", p)
			for _, q := range places[i+1:] {
				if q >= n {
					continue
				}
				x[q] = 2
				check("two that are equal", p)
				x[q] = nan
				check("a NaN behind", q)
				x[p] = nan
				check("two NaNs", p)
				x[p], x[q] = 2, 0
			}
			x[p] = 0
		}
	}
}

func TestReduceAllocatesNothing(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		for _, n := range []int{1, 256, 257, 3 * chunk} {
			x, y := make([]float32, n), slices.Repeat([]float32{1e30}, n)
			if got := testing.AllocsPerRun(5, func() {
				Dot(x, y)
				Asum(x)
				Nrm2(y)
				MaxIndex(x)
			}); got != 0 {
				t.Errorf("n=%d: %v allocations a call", n, got)
			}
		}
	})
}
