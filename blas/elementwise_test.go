package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanewise/lanewise/internal/ref"
)

// one returns f of one number alone.
func one[T Float](f func(dst, src []T)) func(x T) T {
	return func(x T) T {
		v := []T{x}
		f(v, v)
		return v[0]
	}
}

// form is an element-wise function with some of its operands the same. call
// finds y in dst; each element of dst is to become want of x and y.
type form[T Float] struct {
	name string
	call func(dst, x, y []T)
	want func(x, y T) T
}

func forms[T Float]() []form[T] {
	const alpha = -0.7
	var copies [2][]T
	copied := func(i int, x []T) []T { // allocates once
		copies[i] = append(copies[i][:0], x...)
		return copies[i]
	}
	all := []form[T]{
		{"Axpy", func(dst, x, _ []T) { Axpy(alpha, x, dst) }, func(x, y T) T { return ref.MulAdd(fused(), alpha, x, y) }},
		{"Scal", func(dst, _, _ []T) { Scal(alpha, dst) }, func(_, y T) T { return alpha * y }},
		{"Add", func(dst, x, y []T) { Add(dst, x, y) }, func(x, y T) T { return x + y }},
		{"Add, all one", func(dst, _, _ []T) { Add(dst, dst, dst) }, func(_, y T) T { return y + y }},
		{"Mul", func(dst, x, y []T) { Mul(dst, x, y) }, func(x, y T) T { return x * y }},
		{"Mul, dst is y", func(dst, x, _ []T) { Mul(dst, x, dst) }, func(x, y T) T { return x * y }},
		{"Adam, m", func(dst, x, y []T) { Adam(0.9, 0.7, 2, 1, x, dst, copied(0, x), copied(1, y)) }, func(x, y T) T { m, _, _ := adam(x, y, x, y); return m }},
		{"Adam, v", func(dst, x, y []T) { Adam(0.9, 0.7, 2, 1, x, copied(0, y), dst, copied(1, x)) }, func(x, y T) T { _, v, _ := adam(x, y, y, x); return v }},
		{"Adam, x", func(dst, x, y []T) { Adam(0.9, 0.7, 2, 1, x, copied(0, x), copied(1, y), dst) }, func(x, y T) T { _, _, x = adam(x, x, y, y); return x }},
		{"Axpy, x is y", func(dst, _, _ []T) { Axpy(alpha, dst, dst) }, func(_, y T) T { return ref.MulAdd(fused(), alpha, y, y) }},
	}
	for _, f := range unaries[T]() {
		want := one(f.call)
		all = append(all,
			form[T]{f.name, func(dst, x, _ []T) { f.call(dst, x) }, func(x, _ T) T { return want(x) }},
			form[T]{f.name + ", dst is src", func(dst, _, _ []T) { f.call(dst, dst) }, func(_, y T) T { return want(y) }})
	}
	for _, f := range gradients[T]() {
		all = append(all,
			form[T]{f.name, func(dst, x, y []T) { f.call(dst, x, y) }, f.want},
			form[T]{f.name + ", dz is da", func(dst, x, _ []T) { f.call(dst, dst, x) }, func(x, y T) T { return f.want(y, x) }},
			form[T]{f.name + ", dz is a", func(dst, x, _ []T) { f.call(dst, x, dst) }, f.want},
			form[T]{f.name + ", da is a", func(dst, x, _ []T) { f.call(dst, x, x) }, func(x, _ T) T { return f.want(x, x) }},
			form[T]{f.name + ", all one", func(dst, _, _ []T) { f.call(dst, dst, dst) }, func(_, y T) T { return f.want(y, y) }})
	}
	return all
}

// adam is what Adam with 0.9, 0.7, 2 and 1 does to one element.
func adam[T Float](g, m, v, x T) (T, T, T) {
	const b1, b2 = 0.9, 0.7
	one := 1.0 // 1 − β is rounded twice
	return ref.Adam(b1, T(one-b1), b2, T(one-b2), 2, 1, g, m, v, x)
}

// unaryFunction is a function of one operand, and its definition in float64.
type unaryFunction[T Float] struct {
	name string
	call func(dst, src []T)
	want func(x float64) float64
}

func unaries[T Float]() []unaryFunction[T] {
	return []unaryFunction[T]{
		{"Exp", Exp[T], math.Exp},
		{"Sigmoid", Sigmoid[T], func(x float64) float64 {
			if x > 0 {
				return 1 / (1 + math.Exp(-x))
			}
			return math.Exp(x) / (1 + math.Exp(x))
		}},
		{"Tanh", Tanh[T], math.Tanh},
		{"Log", Log[T], math.Log},
		{"SiLU", SiLU[T], func(x float64) float64 { return x / (1 + math.Exp(-x)) }},
		{"ReLU", ReLU[T], ref.ReLU[float64]},
	}
}

// gradientFunction is a function of da and a, and its definition.
type gradientFunction[T Float] struct {
	name string
	call func(dz, da, a []T)
	want func(da, a T) T
	sums func(m, n int, dz []T, lddz int, da []T, ldda int, a []T, lda int, sums []T)
}

func gradients[T Float]() []gradientFunction[T] {
	return []gradientFunction[T]{
		{"SigmoidGrad", SigmoidGrad[T], func(da, a T) T { return ref.SigmoidGrad(fused(), da, a) }, SigmoidGradSums[T]},
		{"TanhGrad", TanhGrad[T], func(da, a T) T { return ref.TanhGrad(fused(), da, a) }, TanhGradSums[T]},
		{"ReLUGrad", ReLUGrad[T], ref.ReLUGrad[T], ReLUGradSums[T]},
	}
}

// TestElementwise compares each element with what it is alone, at lengths about
// those of vectors and of kernel calls and at all places within a cache line.
func TestElementwise(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, elementwise[float32], elementwise[float64])
	})
}

func elementwise[T Float](t *testing.T) {
	ns := []int{chunk - 1, chunk, chunk + 1, 2*chunk + 19}
	step := 1
	if testing.Short() {
		ns = []int{chunk + 19}
		step = 5
	}
	for n := 0; n <= 70; n += step {
		ns = append(ns, n)
	}
	rng := rand.New(rand.NewPCG(19, 1))
	specials := ref.Specials[T]()
	next := func() T {
		if rng.IntN(8) == 0 {
			return specials[rng.IntN(len(specials))]
		}
		return T(10 * rng.NormFloat64())
	}
	for i, n := range ns {
		// Margins of a payload in front of the slices and behind them.
		front := 1 + i%17
		padded := func() ([]T, []T) {
			x := slices.Repeat([]T{ref.Payload[T]()}, front+n+3)
			for j := range n {
				x[front+j] = next()
			}
			return x, x[front:][:n:n]
		}
		_, x := padded()
		_, y := padded()
		for _, f := range forms[T]() {
			what := fmt.Sprintf("%s, n=%d", f.name, n)
			beforeX, beforeY := slices.Clone(x), slices.Clone(y)
			all, dst := padded()
			copy(dst, y)
			f.call(dst, x, y)
			for j := range dst {
				if want := f.want(x[j], y[j]); !ref.Same(dst[j], want) {
					t.Fatalf("%s: element %d is %v (%#x), want %v (%#x)", what, j, dst[j], ref.Bits(dst[j]), want, ref.Bits(want))
				}
			}
			for j, v := range all {
				if (j < front || j >= front+n) && ref.Bits(v) != ref.Bits(ref.Payload[T]()) {
					t.Fatalf("%s: element %d changed to %v", what, j-front, v)
				}
			}
			checkSame(t, what+", x", x, beforeX)
			checkSame(t, what+", y", y, beforeY)
		}
	}
}

// TestElementwiseValues holds the functions to what their comments say of special
// values, and between those to their definitions in float64. An error of
// 1 ULP is at most 2⁻²³ of a float32 and 2⁻⁵² of a float64, and 2 ULP twice that;
// here e^x, log x and tanh x have one of less than 2 ULP, and up to two operations
// of half a unit each follow: 4·2⁻⁵² and 2·2⁻⁵³ < 2⁻⁴⁹.
func TestElementwiseValues(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t,
			func(t *testing.T) { elementwiseValues[float32](t, 0x1p-23+0x1p-49, 88.73, -103.98) },
			func(t *testing.T) { elementwiseValues[float64](t, 0x1p-51+0x1p-49, 709.79, -745.14) })
	})
}

func elementwiseValues[T Float](t *testing.T, relative float64, over, under T) {
	nan, inf, zero := T(math.NaN()), T(math.Inf(1)), T(math.Copysign(0, -1))
	for _, test := range []struct{ x, exp, sigmoid, tanh, log, silu, relu T }{
		{nan, nan, nan, nan, nan, nan, nan},
		{inf, inf, 1, 1, inf, inf, inf},
		{-inf, 0, 0, -1, nan, zero, 0},
		{0, 1, 0.5, 0, -inf, 0, 0},
		{zero, 1, 0.5, zero, -inf, zero, zero},
		{over, inf, 1, 1, T(math.Log(float64(over))), over, over},
		{10 * under, 0, 0, -1, nan, zero, 0},
	} {
		for i, want := range []T{test.exp, test.sigmoid, test.tanh, test.log, test.silu, test.relu} {
			f := unaries[T]()[i]
			if got := one(f.call)(test.x); !ref.Same(got, want) {
				t.Errorf("%s(%v) = %v, want %v", f.name, test.x, got, want)
			}
		}
	}
	for x := T(-30); x < 30; x += 0.37 {
		for _, f := range unaries[T]() {
			want := f.want(float64(x))
			if got := float64(one(f.call)(x)); !(math.Abs(got-want) <= relative*math.Abs(want)) && (got == got || want == want) {
				t.Errorf("%s(%v) = %v, want %v", f.name, x, got, want)
			}
		}
	}
}

// TestElementwiseEmpty calls with nothing to do, from slices that have no
// first element.
func TestElementwiseEmpty(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		x := make([]float64, 3)
		for _, empty := range [][]float64{nil, {}, x[3:], x[1:1]} {
			for _, f := range forms[float64]() {
				f.call(empty, empty, empty)
				f.call(nil, empty, nil)
				f.call(empty, nil, empty)
			}
			Softmax(0, 0, empty, 1, nil, 1)
			Softmax(0, 3, empty, 3, empty, 3)
			Softmax(2, 0, nil, 1, empty, 5)
		}
		checkSame(t, "x", x, []float64{0, 0, 0})
	})
}

// checkSoftmax compares softmax of the columns of src, bit for bit, with the
// order that Softmax's comment states, apart and in place.
func checkSoftmax[T Float](t *testing.T, src operand[T], pad int) {
	t.Helper()
	what := fmt.Sprintf("m=%d n=%d lds=%d pad=%d", src.rows, src.cols, src.ld, pad)
	dst := newOperand(src.rows, src.cols, pad, func() T { return 7 })
	before, inPlace := src.clone(), src.clone()
	Softmax(src.rows, src.cols, dst.data, dst.ld, src.data, src.ld)
	Softmax(src.rows, src.cols, inPlace.data, src.ld, inPlace.data, src.ld)
	checkSame(t, what+", src", src.data, before.data)
	for _, x := range []operand[T]{dst, inPlace} {
		if err := x.checkGaps(); err != nil {
			t.Fatalf("level=%s %s: %v", Level(), what, err)
		}
	}
	for j := range src.cols {
		want := ref.SoftmaxChain(one(Exp[T]), src.column(j))
		checkSame(t, fmt.Sprintf("%s, column %d", what, j), dst.column(j), want)
		checkSame(t, fmt.Sprintf("%s, column %d in place", what, j), inPlace.column(j), want)
	}
}

func (x operand[T]) column(j int) []T {
	c := make([]T, x.rows)
	for i := range c {
		c[i] = x.data[i*x.ld+j]
	}
	return c
}

// TestSoftmaxLattice goes over columns about the borders of vectors and of
// kernel calls.
func TestSoftmaxLattice(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, softmaxLattice[float32], softmaxLattice[float64])
	})
}

func softmaxLattice[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 1))
	next := func() T { return T(20 * rng.NormFloat64()) }
	ms := []int{0, 1, 2, 3, 10, 33}
	ns := []int{0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97, 129}
	// Matrices of several calls: wide ones, and one so high that a call takes
	// the fewest columns.
	large := [][2]int{{1, chunk + 5}, {3, 2*(chunk/3) + 9}, {10, chunk/10 + 21}, {chunk/minColumns + 1, 2*minColumns + 1}}
	if testing.Short() {
		ms, ns = []int{1, 3, 10}, []int{1, 8, 17, 65}
		large = [][2]int{{10, chunk/10 + 21}, {chunk/minColumns + 1, minColumns + 1}}
	}
	for i, m := range ms {
		for j, n := range ns {
			checkSoftmax(t, newOperand(m, n, []int{0, 1, 5}[(i+j)%3], next), (i+2*j)%4)
		}
	}
	for i, s := range large {
		checkSoftmax(t, newOperand(s[0], s[1], i%3, next), (i+1)%3)
	}
}

// A column has the same bits alone and in any place of a matrix.
func TestSoftmaxColumnsAlone(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, softmaxColumnsAlone[float32], softmaxColumnsAlone[float64])
	})
}

func softmaxColumnsAlone[T Float](t *testing.T) {
	const m, n = 10, 70
	rng := rand.New(rand.NewPCG(29, 1))
	src := newOperand(m, n, 1, normals[T](rng))
	dst := newOperand(m, n, 0, normals[T](rng))
	Softmax(m, n, dst.data, dst.ld, src.data, src.ld)
	for j := range n {
		alone := src.column(j)
		Softmax(m, 1, alone, 1, alone, 1)
		checkSame(t, fmt.Sprintf("column %d", j), dst.column(j), alone)
		right := newOperand(m, n-j, 3, normals[T](rng))
		Softmax(m, n-j, right.data, right.ld, src.data[j:], src.ld)
		checkSame(t, fmt.Sprintf("column %d as the first", j), right.column(0), alone)
	}
}

// TestSoftmaxSums sums columns. With y_i = e_i/s·(1 + δ) and s the rounded sum
// of the e_i, an element meets m−1 sums and a quotient: Σ y_i differs from 1 by
// at most γ_m, and by a smallest number for each quotient that is subnormal.
// Rounding Σ y_i once, here, makes it γ_(m+1).
func TestSoftmaxSums(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, softmaxSums[float32], softmaxSums[float64])
	})
}

func softmaxSums[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 1))
	for _, m := range []int{1, 2, 10, 1000} {
		for _, scale := range []float64{0.01, 1, 40, 1e4} {
			x := newOperand(m, 5, 0, func() T { return T(scale * rng.NormFloat64()) })
			Softmax(m, 5, x.data, x.ld, x.data, x.ld)
			for j := range 5 {
				column := x.column(j)
				sum, _ := ref.Sum(column)
				if bound := ref.Gamma[T](m+1) + float64(m)*ref.Tiny[T](); !(math.Abs(sum-1) <= bound) {
					t.Errorf("m=%d scale=%v: column %d sums to 1 + %v, want 1 ± %v", m, scale, j, sum-1, bound)
				}
				if least := slices.Min(column); least < 0 {
					t.Errorf("m=%d scale=%v: column %d has %v", m, scale, j, least)
				}
			}
		}
	}
}

// TestSoftmaxSpecialValues puts special columns between ordinary ones.
func TestSoftmaxSpecialValues(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, softmaxSpecials[float32], softmaxSpecials[float64])
	})
}

func softmaxSpecials[T Float](t *testing.T) {
	nan, inf, zero := T(math.NaN()), T(math.Inf(1)), T(math.Copysign(0, -1))
	largest := ref.FromBits[T](ref.Bits(inf) - 1)
	for _, test := range []struct{ column, want []T }{
		{[]T{1, nan, 2, 3}, []T{nan, nan, nan, nan}},
		{[]T{nan, 1, 2, 3}, []T{nan, nan, nan, nan}},
		{[]T{3, 2, 1, nan}, []T{nan, nan, nan, nan}},
		{[]T{-inf, -inf, -inf, nan}, []T{nan, nan, nan, nan}},
		{[]T{inf, nan, 1, 1}, []T{nan, nan, nan, nan}},
		{[]T{1, 2, inf, 3}, []T{nan, nan, nan, nan}},
		{[]T{inf, -inf, -inf, -inf}, []T{nan, nan, nan, nan}},
		{[]T{-inf, -inf, -inf, -inf}, []T{nan, nan, nan, nan}},
		{[]T{-inf, 5, -inf, -inf}, []T{0, 1, 0, 0}},
		{[]T{5, -inf, -inf, 5}, []T{0.5, 0, 0, 0.5}},
		{[]T{largest, -largest, largest, -largest}, []T{0.5, 0, 0.5, 0}},
		{[]T{-largest, -largest, -largest, -largest}, []T{0.25, 0.25, 0.25, 0.25}},
		{[]T{0, zero, zero, 0}, []T{0.25, 0.25, 0.25, 0.25}},
		{[]T{zero, 0, -inf, zero - 1e5}, []T{0.5, 0.5, 0, 0}},
	} {
		const n = 37
		for j := range n {
			src := newOperand(len(test.column), n, 2, func() T { return 1 })
			for i, v := range test.column {
				src.data[i*src.ld+j] = v
			}
			dst := newOperand(len(test.column), n, j%3, func() T { return 7 })
			Softmax(dst.rows, n, dst.data, dst.ld, src.data, src.ld)
			for l := range n {
				want := []T{0.25, 0.25, 0.25, 0.25}
				if l == j {
					want = test.want
				}
				checkSame(t, fmt.Sprintf("%v in column %d: column %d", test.column, j, l), dst.column(l), want)
			}
		}
	}
}

func TestElementwiseAllocatesNothing(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, elementwiseAllocates[float32], elementwiseAllocates[float64])
	})
}

func elementwiseAllocates[T Float](t *testing.T) {
	for _, n := range []int{1, 100, chunk + 100} {
		x, y, z := make([]T, n), make([]T, n), make([]T, n)
		for _, f := range forms[T]() {
			if got := testing.AllocsPerRun(5, func() { f.call(x, y, z) }); got != 0 {
				t.Errorf("%s, n=%d: %v allocations a call", f.name, n, got)
			}
		}
		rows := min(n, 10)
		if got := testing.AllocsPerRun(5, func() { Softmax(rows, n/rows, x, n/rows, y, n/rows) }); got != 0 {
			t.Errorf("Softmax, m=%d, n=%d: %v allocations a call", rows, n/rows, got)
		}
	}
}

// TestGradientSums compares the passes made at once with one after the other, by
// one thread and by several.
func TestGradientSums(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, gradientSumsLattice[float32], gradientSumsLattice[float64])
	})
}

func gradientSumsLattice[T Float](t *testing.T) {
	shapes := [][2]int{{0, 5}, {3, 0}, {1, 1}, {7, 64}, {10, 128}, {64, 129}, {5, 300}, {3, chunk + 257}, {600, 500}, {2, 20*chunk + 1}}
	if testing.Short() {
		shapes = shapes[:8]
	}
	next := normals[T](rand.New(rand.NewPCG(61, 1)))
	for i, s := range shapes {
		m, n := s[0], s[1]
		for j, g := range gradients[T]() {
			for _, threads := range []int{1, 4} {
				withThreads(threads, 3, func() {
					da, a := newOperand(m, n, (i+j)%3, next), newOperand(m, n, i%2, next)
					dz := newOperand(m, n, j%3, next)
					switch (i + j) % 4 {
					case 1:
						dz = da
					case 2:
						dz = a
					}
					want, sums, wantSums := dz.clone(), make([]T, m+1), make([]T, m+1)
					for r := range m {
						row := make([]T, n)
						if n > 0 {
							g.call(row, slices.Clone(da.data[r*da.ld:][:n]), slices.Clone(a.data[r*a.ld:][:n]))
							copy(want.data[r*want.ld:], row)
						}
					}
					RowSums(m, n, want.data, want.ld, wantSums)
					g.sums(m, n, dz.data, dz.ld, da.data, da.ld, a.data, a.ld, sums)
					what := fmt.Sprintf("%sSums m=%d n=%d threads=%d", g.name, m, n, threads)
					checkSame(t, what, dz.data, want.data)
					checkSame(t, what+", sums", sums, wantSums)
					if err := dz.checkGaps(); err != nil {
						t.Fatalf("%s: %v", what, err)
					}
				})
			}
		}
	}
}
