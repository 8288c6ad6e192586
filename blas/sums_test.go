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

// checkSame fails unless got has the bits of want, NaNs being equal.
func checkSame[T Float](t *testing.T, what string, got, want []T) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("level=%s %s: %d elements, want %d", Level(), what, len(got), len(want))
	}
	for i, w := range want {
		if !ref.Same(got[i], w) {
			t.Fatalf("level=%s %s: element %d is %v (%#x), want %v (%#x)", Level(), what, i, got[i], ref.Bits(got[i]), w, ref.Bits(w))
		}
	}
}

// checkRowSums compares the sums of a's rows, bit for bit, with the order that
// RowSums's comment states. What lies behind the sums must keep its bits.
func checkRowSums[T Float](t *testing.T, a operand[T]) {
	t.Helper()
	what := fmt.Sprintf("m=%d n=%d lda=%d", a.rows, a.cols, a.ld)
	before := a.clone()
	sums := slices.Repeat([]T{ref.Payload[T]()}, a.rows+2)
	RowSums(a.rows, a.cols, a.data, a.ld, sums)
	checkSame(t, what, sums[:a.rows], ref.RowSums(a.rows, a.cols, a.data, a.ld))
	for _, v := range sums[a.rows:] {
		if ref.Bits(v) != ref.Bits(ref.Payload[T]()) {
			t.Fatalf("level=%s %s: what lies behind the sums changed to %v", Level(), what, v)
		}
	}
	for i, v := range before.data {
		if ref.Bits(a.data[i]) != ref.Bits(v) {
			t.Fatalf("level=%s %s: element %d of a changed from %v to %v", Level(), what, i, v, a.data[i])
		}
	}
}

// TestRowSumsLattice goes over columns about the borders of vectors, lanes,
// blocks and kernel calls, and over rows about those of calls. The reference is
// the same for all levels, so that they agree is part of it.
func TestRowSumsLattice(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, rowSumsLattice[float32], rowSumsLattice[float64])
	})
}

func rowSumsLattice[T Float](t *testing.T) {
	next := normals[T](rand.New(rand.NewPCG(13, 1)))
	borders := []int{0, 4, 8, 16, 32, 64, 128, 192, 256, 320, 512, 3 * 256, 4 * 256, 5 * 256, 7 * 256, 8 * 256}
	if testing.Short() {
		borders = []int{0, 16, 64, 256, 3 * 256}
	}
	for i, border := range borders {
		for _, n := range lattice(border-1, border, border+1) {
			for _, m := range []int{0, 1, 2, 5} {
				checkRowSums(t, newOperand(m, n, []int{0, 1, 5}[(i+n+m)%3], next))
			}
		}
	}
	// A row of several calls; then rows that need several: of 256 columns
	// 64 are one call, of 100 columns 163, of one column all of chunk.
	shapes := [][2]int{
		{1, chunk - 1}, {2, chunk}, {1, chunk + 1}, {1, chunk + 255}, {2, chunk + 257}, {1, 2*chunk + 3*256 + 70},
		{63, 256}, {64, 256}, {65, 256}, {129, 256}, {163, 100}, {164, 100}, {chunk, 1}, {chunk + 3, 1}, {chunk/2 + 1, 2},
	}
	if testing.Short() {
		shapes = [][2]int{{1, chunk + 257}, {65, 256}, {164, 100}, {chunk + 3, 1}}
	}
	for i, s := range shapes {
		checkRowSums(t, newOperand(s[0], s[1], i%3, next))
	}
}

// TestRowSumsOrder is the order by hand: with h half a unit in the last place
// of 1, (1 + h) + h = 1 as ties go to even, but 1 + (h + h) is the next number.
func TestRowSumsOrder(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, rowSumsOrder[float32], rowSumsOrder[float64])
	})
}

func rowSumsOrder[T Float](t *testing.T) {
	const block = 256
	u := T(ref.Gamma[T](1) / (1 + ref.Gamma[T](1)))
	for _, test := range []struct {
		name     string
		n        int
		one      int
		h1, h2   int
		together bool // the halves meet before they meet the one
	}{
		{"one lane", 129, 0, 64, 128, false},
		{"one lane, one last", 129, 128, 0, 64, true},
		{"one's lane half way on", 64, 0, 32, 1, false},
		{"other lanes half way on", 64, 0, 1, 33, true},
		{"second half", 64, 0, 16, 48, true},
		{"third and fourth quarter", 64, 0, 40, 56, true},
		{"lanes in steps of two", 64, 0, 2, 1, false},
		{"lanes 1 and 3", 64, 0, 1, 3, true},
		{"three blocks", 3 * block, 0, block, 2 * block, false},
		{"three blocks, one last", 3 * block, 2 * block, 0, block, true},
		{"four blocks", 4 * block, 0, 2 * block, 3 * block, true},
		{"five blocks", 5 * block, 0, 3 * block, 4 * block, false},
		{"six blocks", 6 * block, 0, 4 * block, 5 * block, true},
		{"seven blocks", 7 * block, 6 * block, 4 * block, 5 * block, true},
		{"seven blocks, one before", 7 * block, 4 * block, 5 * block, 6 * block, false},
		{"last block of one column", 2*block + 1, 0, block, 2 * block, false},
		{"blocks of two kernel calls", chunk + 2*block, 0, chunk, chunk + block, true},
	} {
		x := make([]T, test.n)
		x[test.one], x[test.h1], x[test.h2] = 1, u, u
		want := T(1)
		if test.together {
			want += 2 * u
		}
		sum := []T{0}
		RowSums(1, test.n, x, test.n, sum)
		if sum[0] != want {
			t.Errorf("%s: the sum is 1 + %v, want 1 + %v", test.name, sum[0]-1, want-1)
		}
		if r := ref.RowSums(1, test.n, x, test.n); r[0] != want {
			t.Errorf("%s: the reference is 1 + %v, want 1 + %v", test.name, r[0]-1, want-1)
		}
	}
}

// TestRowSumsBound holds sums to the error that RowSums's comment states:
// γ_j·Σ|a_ij|, j = 10 + ⌈log₂⌈n/256⌉⌉. An element meets one sum less than that,
// as a lane's first is exact, so the rounding of what is compared with has room
// in it.
func TestRowSumsBound(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, rowSumsBound[float32], rowSumsBound[float64])
	})
}

func rowSumsBound[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 1))
	distributions := map[string]func() T{
		"normal":       normals[T](rng),
		"positive":     func() T { return T(rng.Float64()) },
		"equal":        func() T { return T(0.7) }, // errors all of one sign
		"many scales":  func() T { return T(math.Ldexp(rng.NormFloat64(), rng.IntN(60)-30)) },
		"near nothing": func() T { return T(ref.Tiny[T]()) * T(rng.IntN(9)-4) },
	}
	ns := []int{1, 5, 64, 200, 256, 257, 1000, 40_000}
	if testing.Short() {
		ns = []int{5, 257, 3000}
	}
	for name, next := range distributions {
		for _, n := range ns {
			a := newOperand(1, n, 0, next)
			sum := []T{0}
			RowSums(1, n, a.data, n, sum)
			want, size := ref.Sum(a.data)
			depth := bits.Len(uint((n+255)/256 - 1)) // ⌈log₂ of the blocks⌉
			bound := ref.Gamma[T](10+depth) * size
			if got := float64(sum[0]); !(math.Abs(got-want) <= bound) {
				t.Errorf("%s, n=%d: %v, want %v ± %v", name, n, got, want, bound)
			}
		}
	}
}

// TestRowSumsSpecialValues puts values into rows between rows of ones, which
// must not notice.
func TestRowSumsSpecialValues(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, rowSumsSpecials[float32], rowSumsSpecials[float64])
	})
}

func rowSumsSpecials[T Float](t *testing.T) {
	nan, inf, zero := T(math.NaN()), T(math.Inf(1)), T(math.Copysign(0, -1))
	tiny := T(ref.Tiny[T]())
	largest := ref.FromBits[T](ref.Bits(inf) - 1)
	for _, test := range []struct {
		name       string
		rest, x, y T // all elements, and two of them
		want       func(n int) T
	}{
		{"NaN", 1, nan, 1, func(int) T { return nan }},
		{"+Inf", 1, inf, 1, func(int) T { return inf }},
		{"−Inf", 1, -inf, -inf, func(int) T { return -inf }},
		{"+Inf and −Inf", 1, inf, -inf, func(int) T { return nan }},
		{"nothing but −0", zero, zero, zero, func(int) T { return 0 }},
		{"opposite", 0, 3, -3, func(int) T { return 0 }},
		{"overflow", 0, largest, largest, func(int) T { return inf }},
		{"largest and −largest", 1, largest, -largest, nil},
		{"subnormal", tiny, tiny, tiny, func(n int) T { return T(n) * tiny }},
	} {
		for _, n := range []int{2, 3, 63, 64, 65, 255, 256, 257, 600} {
			for _, at := range [][2]int{{0, 1}, {n - 1, 0}, {n - 1, n - 2}, {n / 2, n - 1}} {
				a := newOperand(3, n, 2, func() T { return 1 })
				row := a.data[a.ld:][:n]
				for j := range row {
					row[j] = test.rest
				}
				row[at[0]] = test.x
				if at[0] != at[1] {
					row[at[1]] = test.y
				}
				checkRowSums(t, a)
				sums := make([]T, 3)
				RowSums(3, n, a.data, a.ld, sums)
				if test.want != nil && at[0] != at[1] {
					checkSame(t, fmt.Sprintf("%s, n=%d", test.name, n), sums, []T{T(n), test.want(n), T(n)})
				}
			}
		}
	}
}

// Sums of no columns are 0, whatever they were.
func TestRowSumsEmpty(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		sums := []float32{1, 2, 3}
		RowSums(0, 0, []float32{}, 1, sums)
		RowSums[float32](0, 5, nil, 5, nil)
		checkSame(t, "m=0", sums, []float32{1, 2, 3})
		RowSums(2, 0, nil, 1, sums)
		checkSame(t, "n=0", sums, []float32{0, 0, 3})
	})
}

func TestRowSumsAllocatesNothing(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		for _, n := range []int{1, 256, 257, 3 * chunk} {
			a, sums := make([]float32, 2*n), make([]float32, 2)
			if got := testing.AllocsPerRun(5, func() { RowSums(2, n, a, n, sums) }); got != 0 {
				t.Errorf("n=%d: %v allocations a call", n, got)
			}
		}
	})
}

// checkColSums compares the sums of a's columns, bit for bit, with the order that
// ColSums's comment states, and with its bound.
func checkColSums[T Float](t *testing.T, a operand[T]) {
	t.Helper()
	what := fmt.Sprintf("m=%d n=%d lda=%d", a.rows, a.cols, a.ld)
	before := a.clone()
	sums := slices.Repeat([]T{ref.Payload[T]()}, a.cols+2)
	ColSums(a.rows, a.cols, a.data, a.ld, sums)
	checkSame(t, what, sums[:a.cols], ref.ColSums(a.rows, a.cols, a.data, a.ld))
	for _, v := range sums[a.cols:] {
		if ref.Bits(v) != ref.Bits(ref.Payload[T]()) {
			t.Fatalf("level=%s %s: what lies behind the sums changed to %v", Level(), what, v)
		}
	}
	checkSame(t, what+", a", a.data, before.data)
	depth := bits.Len(uint((a.rows+255)/256 - 1))
	for j := range a.cols {
		want, size := ref.Sum(a.column(j))
		bound := ref.Gamma[T](min(a.rows, 256)+depth) * size
		if got := float64(sums[j]); a.rows > 0 && !(math.Abs(got-want) <= bound) && want == want {
			t.Fatalf("level=%s %s: column %d sums to %v, want %v ± %v", Level(), what, j, got, want, bound)
		}
	}
}

func TestColSums(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, testColSums[float32], testColSums[float64])
	})
}

func testColSums[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(79, 1))
	next := normals[T](rng)
	ns := []int{0, 1, 3, 4, 7, 8, 9, 16, 17, 31, 63, 64, 65, 127, 129, 200, columnSumWidth - 1, columnSumWidth + 5}
	if testing.Short() {
		ns = []int{0, 1, 9, 65, columnSumWidth + 5}
	}
	for i, n := range ns {
		for _, m := range []int{0, 1, 2, 15, 17, 40} {
			checkColSums(t, newOperand(m, n, (i+m)%3, next))
		}
	}
	for _, m := range []int{255, 256, 257, 512, 513, 3 * 256, 5*256 + 1, 7 * 256, 2000} {
		checkColSums(t, newOperand(m, 1+m%19, m%3, next))
	}
	checkColSums(t, newOperand(600, columnSumWidth+20, 1, next)) // several strips of several blocks
	checkColSums(t, newOperand(300, 20, 0, func() T { return T(math.Copysign(0, -1)) }))
	a := newOperand(20, 40, 0, next)
	a.data[5*40+7], a.data[19*40+8] = T(math.NaN()), T(math.Inf(1))
	a.data[0*40+9], a.data[1*40+9] = T(math.Inf(1)), T(math.Inf(-1))
	sums := make([]T, 40)
	ColSums(20, 40, a.data, 40, sums)
	checkSame(t, "special values", sums[7:10], []T{T(math.NaN()), T(math.Inf(1)), T(math.NaN())})
	checkSame(t, "special values", sums, ref.ColSums(20, 40, a.data, 40))
}

func TestColSumsAllocatesNothing(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		a, sums := make([]float32, 600*50), make([]float32, 600)
		if got := testing.AllocsPerRun(5, func() {
			ColSums(600, 50, a, 50, sums)
			ColSums(50, 600, a, 600, sums)
		}); got != 0 {
			t.Errorf("%v allocations", got)
		}
	})
}
