package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanewise/lanewise/internal/ref"
)

// oneHot returns the labels of classes as a matrix, with rows pad apart.
func oneHot[T Float](m int, classes []int, pad int) operand[T] {
	y := newOperand(m, len(classes), pad, func() T { return 0 })
	for j, c := range classes {
		y.data[c*y.ld+j] = 1
	}
	return y
}

// softLabels returns columns that sum to 1, about a third of them with zeros.
func softLabels[T Float](m, n, pad int, rng *rand.Rand) operand[T] {
	y := newOperand(m, n, pad, func() T { return 0 })
	for j := range n {
		sum := 0.0
		column := make([]float64, m)
		for i := range column {
			if rng.IntN(3) > 0 || i == m-1 {
				column[i] = rng.Float64()
			}
			sum += column[i]
		}
		for i, v := range column {
			y.data[i*y.ld+j] = T(v / sum)
		}
	}
	return y
}

// checkEntropy compares the losses and gradients of all columns with what their
// comments state: bit for bit with the chains of Softmax, and the losses with the
// bound.
func checkEntropy[T Float](t *testing.T, z, y operand[T], classes []int) {
	t.Helper()
	m, n := z.rows, z.cols
	what := fmt.Sprintf("m=%d n=%d ldz=%d ldy=%d", m, n, z.ld, y.ld)
	beforeZ, beforeY := z.clone(), y.clone()
	dz := newOperand(m, n, (n+1)%3, func() T { return 7 })
	losses := slices.Repeat([]T{ref.Payload[T]()}, n+1)
	CrossEntropy(m, n, z.data, z.ld, y.data, y.ld, dz.data, dz.ld, losses)
	checkSame(t, what+", z", z.data, beforeZ.data)
	checkSame(t, what+", y", y.data, beforeY.data)
	checkSame(t, what+", behind the losses", losses[n:], []T{ref.Payload[T]()})
	probabilities := newOperand(m, n, 0, func() T { return 7 })
	Softmax(m, n, probabilities.data, n, z.data, z.ld)
	for i := range m {
		for j := range n {
			got, want := dz.data[i*dz.ld+j], probabilities.data[i*n+j]-y.data[i*y.ld+j]
			if !ref.Same(got, want) {
				t.Fatalf("level=%s %s: dz(%d, %d) is %v, want %v", Level(), what, i, j, got, want)
			}
		}
	}
	for j := range n {
		want, bound := ref.CrossEntropy(z.column(j), y.column(j))
		if got := float64(losses[j]); !(math.Abs(got-want) <= bound) && got != want && (got == got || want == want) {
			t.Fatalf("level=%s %s: loss %d is %v, want %v ± %v", Level(), what, j, got, want, bound)
		}
	}
	inPlace, again := z.clone(), make([]T, n)
	CrossEntropy(m, n, inPlace.data, z.ld, y.data, y.ld, inPlace.data, z.ld, again)
	checkSame(t, what+", losses in place", again, losses[:n])
	for i := range m {
		checkSame(t, what+", dz in place", inPlace.data[i*z.ld:][:n], dz.data[i*dz.ld:][:n])
	}
	if classes == nil {
		return
	}
	byClass := dz.clone()
	for i := range byClass.data {
		byClass.data[i] = 7
	}
	CrossEntropyClasses(m, n, z.data, z.ld, classes, byClass.data, byClass.ld, again)
	checkSame(t, what+", losses by class", again, losses[:n])
	for i := range m {
		checkSame(t, what+", dz by class", byClass.data[i*dz.ld:][:n], dz.data[i*dz.ld:][:n])
	}
	inPlace = z.clone()
	CrossEntropyClasses(m, n, inPlace.data, z.ld, classes, inPlace.data, z.ld, again)
	checkSame(t, what+", losses by class in place", again, losses[:n])
	for i := range m {
		checkSame(t, what+", dz by class in place", inPlace.data[i*z.ld:][:n], dz.data[i*dz.ld:][:n])
	}
}

func TestCrossEntropy(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, testCrossEntropy[float32], testCrossEntropy[float64])
	})
}

func testCrossEntropy[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(61, 1))
	next := func() T {
		switch rng.IntN(300) {
		case 0:
			return T(math.Inf(-1))
		case 1:
			return []T{T(math.NaN()), T(math.Inf(1)), 1e30, -1e30}[rng.IntN(4)]
		}
		return T(math.Pow(10, float64(rng.IntN(4)-1)) * rng.NormFloat64())
	}
	ns := []int{1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 66, 100, 129}
	if testing.Short() {
		ns = []int{1, 8, 17, 66}
	}
	for i, n := range ns {
		for _, m := range []int{1, 2, 3, 10, 33} {
			z := newOperand(m, n, i%3, next)
			classes := make([]int, n)
			for j := range classes {
				classes[j] = rng.IntN(m)
			}
			if n > 5 { // nothing but −Inf
				for r := range m {
					z.data[r*z.ld+n/2] = T(math.Inf(-1))
				}
			}
			checkEntropy(t, z, oneHot[T](m, classes, (i+1)%3), classes)
			checkEntropy(t, z, softLabels[T](m, n, i%2, rng), nil)
		}
	}
	// Several kernel calls.
	z := newOperand(1000, 67, 0, next)
	classes := make([]int, 67)
	for j := range classes {
		classes[j] = rng.IntN(1000)
	}
	checkEntropy(t, z, oneHot[T](1000, classes, 0), classes)
}

// TestCrossEntropyValues is losses by hand.
func TestCrossEntropyValues(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, crossEntropyValues[float32], crossEntropyValues[float64])
	})
}

func crossEntropyValues[T Float](t *testing.T) {
	nan, inf := T(math.NaN()), T(math.Inf(1))
	for _, test := range []struct {
		z, dz []T
		class int
		loss  T
	}{
		{[]T{0, 0}, []T{-0.5, 0.5}, 0, math.Ln2},
		{[]T{5, 5, 5, 5}, []T{0.25, 0.25, -0.75, 0.25}, 2, 2 * math.Ln2},
		{[]T{1000, 0}, []T{1, -1}, 1, 1000}, // ŷ is 0, the loss is not infinite
		{[]T{1000, 0}, []T{0, 0}, 0, 0},
		{[]T{7}, []T{0}, 0, 0},
		{[]T{3, -inf}, []T{0, 0}, 0, 0},
		{[]T{3, -inf}, []T{1, -1}, 1, inf},
		{[]T{3, nan}, []T{nan, nan}, 0, nan},
		{[]T{inf, 3}, []T{nan, nan}, 1, nan},
		{[]T{-inf, -inf}, []T{nan, nan}, 1, nan},
	} {
		m := len(test.z)
		dz, loss := make([]T, m), make([]T, 1)
		CrossEntropyClasses(m, 1, test.z, 1, []int{test.class}, dz, 1, loss)
		what := fmt.Sprintf("z=%v class=%d", test.z, test.class)
		checkSame(t, what, dz, test.dz)
		checkSame(t, what, loss, []T{test.loss})
	}
}

// A NaN among the labels is in the loss and at its place in the gradient.
func TestCrossEntropyNaNLabel(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		dz, loss := make([]float32, 2), make([]float32, 1)
		nan := float32(math.NaN())
		CrossEntropy(2, 1, []float32{0, 0}, 1, []float32{nan, 1}, 1, dz, 1, loss)
		checkSame(t, "dz", dz, []float32{nan, -0.5})
		checkSame(t, "loss", loss, []float32{nan})
	})
}

// TestLogSumExp compares sums with the reference and its bound, and special ones
// with what the comment states.
func TestLogSumExp(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, testLogSumExp[float32], testLogSumExp[float64])
	})
}

func testLogSumExp[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 1))
	nan, inf := T(math.NaN()), T(math.Inf(1))
	for _, n := range []int{1, 5, 16, 33, 70} {
		for _, m := range []int{1, 2, 10, 300} {
			a := newOperand(m, n, n%3, func() T { return T(30 * rng.NormFloat64()) })
			before := a.clone()
			got := slices.Repeat([]T{7}, n+1)
			LogSumExp(m, n, a.data, a.ld, got)
			checkSame(t, "a", a.data, before.data)
			checkSame(t, "behind", got[n:], []T{7})
			for j := range n {
				want, bound := ref.LogSumExp(a.column(j))
				if !(math.Abs(float64(got[j])-want) <= bound) {
					t.Fatalf("level=%s m=%d n=%d: column %d is %v, want %v ± %v", Level(), m, n, j, got[j], want, bound)
				}
			}
		}
	}
	for _, test := range []struct {
		column []T
		want   T
	}{
		{[]T{inf, 1, -inf}, inf}, {[]T{inf, inf, 0}, inf}, {[]T{-inf, -inf, -inf}, -inf}, {[]T{-inf, 3, -inf}, 3},
		{[]T{nan, inf, 1}, nan}, {[]T{inf, nan, 1}, nan}, {[]T{-inf, nan, -inf}, nan}, {[]T{1, 2, nan}, nan},
	} {
		for j := range 20 {
			a := newOperand(3, 20, 1, func() T { return -inf })
			clear(a.data[:20])
			for i, v := range test.column {
				a.data[i*a.ld+j] = v
			}
			got := make([]T, 20)
			LogSumExp(3, 20, a.data, a.ld, got)
			want := make([]T, 20)
			want[j] = test.want
			checkSame(t, fmt.Sprintf("%v in column %d", test.column, j), got, want)
		}
	}
	empty := []T{1, 2}
	LogSumExp(0, 2, nil, 2, empty)
	checkSame(t, "of nothing", empty, []T{-inf, -inf})
}

// TestBinaryCrossEntropy compares with the reference and its bound.
func TestBinaryCrossEntropy(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, testBinaryCrossEntropy[float32], testBinaryCrossEntropy[float64])
	})
}

func testBinaryCrossEntropy[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(71, 1))
	for _, n := range []int{1, 7, 8, 16, 33, 70} {
		for _, m := range []int{1, 2, 5} {
			z := newOperand(m, n, n%3, func() T { return T(math.Pow(10, float64(rng.IntN(5)-2)) * rng.NormFloat64()) })
			y := newOperand(m, n, n%2, func() T { return []T{0, 1, T(rng.Float64())}[rng.IntN(3)] })
			dz, losses := newOperand(m, n, m%3, func() T { return 7 }), make([]T, n)
			BinaryCrossEntropy(m, n, z.data, z.ld, y.data, y.ld, dz.data, dz.ld, losses)
			for j := range n {
				wantLoss, lossBound, wantDZ, dzBound := ref.BinaryCrossEntropy(z.column(j), y.column(j))
				if !(math.Abs(float64(losses[j])-wantLoss) <= lossBound) {
					t.Fatalf("level=%s m=%d n=%d: loss %d is %v, want %v ± %v", Level(), m, n, j, losses[j], wantLoss, lossBound)
				}
				for i, got := range dz.column(j) {
					if !(math.Abs(float64(got)-wantDZ[i]) <= dzBound[i]) {
						t.Fatalf("level=%s: dz of z=%v y=%v is %v, want %v ± %v", Level(), z.column(j)[i], y.column(j)[i], got, wantDZ[i], dzBound[i])
					}
				}
				// Alone and in place.
				column, loss := z.column(j), make([]T, 1)
				BinaryCrossEntropy(m, 1, column, 1, y.column(j), 1, column, 1, loss)
				checkSame(t, "loss alone", loss, losses[j:j+1])
				checkSame(t, "dz alone", column, dz.column(j))
			}
		}
	}
	nan, inf := T(math.NaN()), T(math.Inf(1))
	for _, test := range []struct{ z, y, loss, dz T }{
		{0, 0, math.Ln2, 0.5}, {0, 1, math.Ln2, -0.5}, {1000, 1, 0, 0}, {-1000, 0, 0, 0}, {1000, 0, 1000, 1}, {-1000, 1, 1000, -1},
		{nan, 1, nan, nan}, {1, nan, nan, nan}, {inf, 1, nan, 0}, {-inf, 0, nan, 0},
	} {
		dz, loss := []T{7}, []T{7}
		BinaryCrossEntropy(1, 1, []T{test.z}, 1, []T{test.y}, 1, dz, 1, loss)
		checkSame(t, fmt.Sprintf("z=%v y=%v", test.z, test.y), []T{loss[0], dz[0]}, []T{test.loss, test.dz})
	}
}

// TestEntropyEmpty calls with nothing to do, and without classes.
func TestEntropyEmpty(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		losses := []float64{1, 2, 3}
		CrossEntropy(3, 0, nil, 1, nil, 1, nil, 1, losses)
		CrossEntropyClasses[float64](3, 0, nil, 1, nil, nil, 1, nil)
		LogSumExp[float64](3, 0, nil, 1, nil)
		checkSame(t, "no samples", losses, []float64{1, 2, 3})
		CrossEntropy(0, 1, nil, 1, nil, 1, nil, 1, losses)
		BinaryCrossEntropy(0, 1, nil, 1, nil, 1, nil, 1, losses[1:])
		checkSame(t, "no classes", losses, []float64{0, 0, 3})
	})
}

func TestEntropyAllocatesNothing(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		for _, n := range []int{1, 70, 2 * chunk / 10} {
			z, y, losses, classes := make([]float32, 10*n), make([]float32, 10*n), make([]float32, n), make([]int, n)
			if got := testing.AllocsPerRun(5, func() {
				CrossEntropy(10, n, z, n, y, n, z, n, losses)
				CrossEntropyClasses(10, n, z, n, classes, z, n, losses)
				BinaryCrossEntropy(10, n, z, n, y, n, z, n, losses)
				LogSumExp(10, n, z, n, losses)
			}); got != 0 {
				t.Errorf("n=%d: %v allocations a call", n, got)
			}
		}
	})
}

// TestSoftmaxRows compares rows with the columns of the transposed matrix.
func TestSoftmaxRows(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, testSoftmaxRows[float32], testSoftmaxRows[float64])
	})
}

func testSoftmaxRows[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(83, 1))
	next := func() T {
		if rng.IntN(50) == 0 {
			return []T{T(math.Inf(-1)), T(math.NaN()), T(math.Inf(1))}[rng.IntN(3)]
		}
		return T(5 * rng.NormFloat64())
	}
	for _, shape := range [][2]int{{0, 3}, {3, 0}, {1, 1}, {1, 10}, {7, 10}, {16, 16}, {33, 3}, {100, 10}, {5, 1500}, {37, 600}, {2*chunk/10 + 3, 10}} {
		m, n := shape[0], shape[1]
		src := newOperand(m, n, (m+n)%3, next)
		before := src.clone()
		dst := newOperand(m, n, n%2, ref.Payload[T])
		gaps := dst.clone()
		SoftmaxRows(m, n, dst.data, dst.ld, src.data, src.ld)
		checkSame(t, "src", src.data, before.data)
		across := newOperand(n, m, 0, func() T { return 0 })
		for i := range m {
			for j := range n {
				across.data[j*m+i] = src.data[i*src.ld+j]
			}
		}
		Softmax(n, m, across.data, max(m, 1), across.data, max(m, 1))
		for i := range m {
			for j := range n {
				gaps.data[i*dst.ld+j] = across.data[j*m+i]
			}
		}
		what := fmt.Sprintf("m=%d n=%d", m, n)
		checkSame(t, what, dst.data, gaps.data)
		SoftmaxRows(m, n, src.data, src.ld, src.data, src.ld)
		for i := 0; i < m && n > 0; i++ {
			checkSame(t, what+" in place", src.data[i*src.ld:][:n], dst.data[i*dst.ld:][:n])
		}
	}
}
