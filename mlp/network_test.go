package mlp

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanewise/lanewise/mlp/dataset"
)

func TestNew(t *testing.T) {
	net := mustNew(t, []int{200, 100, 50, 10}, Sigmoid[float64](), Softmax[float64](), CrossEntropy[float64](), 1)
	if want := 100*201 + 50*101 + 10*51; len(net.Params) != want {
		t.Fatalf("%d parameters, want %d", len(net.Params), want)
	}
	if got := net.UnitsPerLayer(); !slices.Equal(got, []int{200, 100, 50, 10}) {
		t.Errorf("units %v", got)
	}
	at := 0
	for i, l := range net.Layers {
		w := l.Weights
		// Views of the one buffer, in the order W¹ b¹ W² b² …
		if &w.Data[0] != &net.Params[at] || &l.Bias[0] != &net.Params[at+w.Rows*w.Cols] {
			t.Errorf("layer %d: weights or bias don't lie in their place", i+1)
		}
		at += w.Rows * (w.Cols + 1)

		// Uniform: the largest of so many nearly reaches the limit, the
		// variance is limit²/3 to within a tenth (six standard deviations of
		// the smallest layer's).
		limit := math.Sqrt(6 / float64(w.Rows+w.Cols))
		if l.Activation.Name == "sigmoid" {
			limit *= 4
		}
		sum, squares := 0.0, 0.0
		for _, v := range w.Data {
			sum += v
			squares += v * v
		}
		n := float64(len(w.Data))
		if top := slices.Max(w.Data); top > limit || top < .95*limit {
			t.Errorf("layer %d: largest weight %v, want just below %v", i+1, top, limit)
		}
		if low := slices.Min(w.Data); low < -limit || low > -.95*limit {
			t.Errorf("layer %d: smallest weight %v, want just above %v", i+1, low, -limit)
		}
		if mean := sum / n; math.Abs(mean) > 6*limit/math.Sqrt(3*n) {
			t.Errorf("layer %d: mean weight %v, want 0", i+1, mean)
		}
		if v := squares / n * 3 / (limit * limit); math.Abs(v-1) > 6*math.Sqrt(.8/n) {
			t.Errorf("layer %d: variance of weights is %v of the expected", i+1, v)
		}
		if slices.Max(l.Bias) != 0 || slices.Min(l.Bias) != 0 {
			t.Errorf("layer %d: bias %v, want 0", i+1, l.Bias)
		}
	}

	same := mustNew(t, []int{200, 100, 50, 10}, Sigmoid[float64](), Softmax[float64](), CrossEntropy[float64](), 1)
	other := mustNew(t, []int{200, 100, 50, 10}, Sigmoid[float64](), Softmax[float64](), CrossEntropy[float64](), 2)
	if !slices.Equal(same.Params, net.Params) {
		t.Error("the same seed gives other weights")
	}
	if slices.Equal(other.Params, net.Params) {
		t.Error("another seed gives the same weights")
	}
}

func TestNewErrors(t *testing.T) {
	sigmoid, identity, softmax := Sigmoid[float32](), Identity[float32](), Softmax[float32]()
	crossEntropy, square := CrossEntropy[float32](), Square[float32]()
	for _, c := range []struct {
		units          []int
		hidden, output Activation[float32]
		cost           Cost[float32]
		want           []string
	}{
		{nil, sigmoid, softmax, crossEntropy, []string{"0 numbers of units", "at least 2"}},
		{[]int{4}, sigmoid, softmax, crossEntropy, []string{"1 numbers of units", "at least 2"}},
		{[]int{4, 0, 2}, sigmoid, softmax, crossEntropy, []string{"0 units in layer 1", "expected 1 to"}},
		{[]int{-4, 3, 2}, sigmoid, softmax, crossEntropy, []string{"-4 units in layer 0", "expected 1 to"}},
		{[]int{4, 1 << 29, 2}, sigmoid, softmax, crossEntropy, []string{"536870912 units in layer 1"}},
		{[]int{1 << 14, 1 << 14, 2}, sigmoid, softmax, crossEntropy, []string{"at most 268435456 weights and biases"}},
		{[]int{4, 3, 2}, softmax, softmax, crossEntropy, []string{"softmax of layer 1", "output layer only"}},
		{[]int{4, 3, 2}, sigmoid, sigmoid, crossEntropy, []string{"cross-entropy with output sigmoid", "expected output softmax"}},
		{[]int{4, 3, 2}, sigmoid, identity, crossEntropy, []string{"cross-entropy with output identity"}},
	} {
		_, err := New(c.units, c.hidden, c.output, c.cost, 1)
		wantError(t, err, c.want...)
	}
	mustNew(t, []int{4, 2}, softmax, softmax, square, 1) // no hidden layer, so none is wrong
}

// Whatever the gradients are, the update subtracts α times them.
func TestUpdateParams(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		net := mustNew(t, []int{3, 4, 2}, Sigmoid[float64](), Softmax[float64](), CrossEntropy[float64](), 1)
		x, y := normal[float64](rng, 3, 5), labels[float64](rng, 2, 5)
		grad := y
		grad.Data = make([]float64, len(y.Data))
		pred := net.Propagate(x)
		cost := net.Cost.Value(y, pred)
		net.Cost.Derivative(grad, y, pred)
		net.Backpropagate(grad)
		before, g := slices.Clone(net.Params), slices.Clone(net.Gradients())
		net.UpdateParams(.125)
		for i, p := range net.Params {
			if want := before[i] - .125*g[i]; math.Abs(p-want) > 0x1p-52*math.Abs(want) {
				t.Errorf("parameter %d: %v, want %v", i, p, want)
			}
		}
		if after := net.Cost.Value(y, net.Propagate(x)); !(after < cost) {
			t.Errorf("cost %v after a small step, %v before", after, cost)
		}
	})
}

// A single layer with identity and square cost is linear regression: it finds
// the map that made the data.
func TestLinearRegression(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		net := mustNew(t, []int{3, 2}, Identity[float64](), Identity[float64](), Square[float64](), 1)
		truth := []float64{1, -2, 3, 0.5, 0, -1 /* bias */, 4, -5}
		x := normal[float64](rng, 3, 40)
		y, grad := normal[float64](rng, 2, 40), normal[float64](rng, 2, 40)
		for j := range 40 {
			for k := range 2 {
				y.Data[k*40+j] = truth[6+k]
				for i := range 3 {
					y.Data[k*40+j] += truth[3*k+i] * x.Data[i*40+j]
				}
			}
		}
		for range 300 {
			net.Cost.Derivative(grad, y, net.Propagate(x))
			net.Backpropagate(grad)
			net.UpdateParams(.3)
		}
		for i, want := range truth {
			if math.Abs(net.Params[i]-want) > 1e-9 {
				t.Errorf("parameter %d is %v, want %v", i, net.Params[i], want)
			}
		}
	})
}

func TestEvaluate(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		// The identity matrix: the class is the largest feature.
		net := mustNew(t, []int{3, 3}, Identity[float32](), Identity[float32](), Square[float32](), 1)
		copy(net.Params, []float32{1, 0, 0, 0, 1, 0, 0, 0, 1})
		d := &dataset.Dataset[float32]{Features: 3, Classes: 3, Divisor: 1}
		want := NewConfusion(3)
		for i := range 300 { // more than two batches of Evaluate
			truth, predicted := i%3, i%7%3
			s := make([]float32, 3)
			s[predicted] = 1
			d.Samples, d.Labels = append(d.Samples, s), append(d.Labels, truth)
			want.Add(truth, predicted)
		}
		e, err := net.Evaluate(d)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			for j := range 3 {
				if e.Confusion.At(i, j) != want.At(i, j) {
					t.Errorf("%d of class %d predicted as %d, want %d", e.Confusion.At(i, j), i, j, want.At(i, j))
				}
			}
		}
		// L is 0 or ½(1 + 1).
		if want := want.ErrorRate(); math.Abs(e.Cost-want) > 1e-15 {
			t.Errorf("cost %v, want %v", e.Cost, want)
		}
	})
}

func TestEvaluateErrors(t *testing.T) {
	set := func(samples, features, classes int, divisor float64) *dataset.Dataset[float32] {
		d := &dataset.Dataset[float32]{Features: features, Classes: classes, Divisor: divisor}
		for range samples {
			d.Samples, d.Labels = append(d.Samples, make([]float32, features)), append(d.Labels, 0)
		}
		return d
	}
	net := mustNew(t, []int{3, 2}, Identity[float32](), Softmax[float32](), CrossEntropy[float32](), 1)
	net.InputDivisor = 255
	for _, c := range []struct {
		d    *dataset.Dataset[float32]
		want []string
	}{
		{set(0, 3, 2, 255), []string{"without samples", "at least 1"}},
		{set(1, 4, 2, 255), []string{"4 features", "expected 3"}},
		{set(1, 3, 5, 255), []string{"5 classes", "expected 2"}},
		{set(1, 3, 2, 16), []string{"divided by 16", "expected 255"}},
	} {
		_, err := net.Evaluate(c.d)
		wantError(t, err, c.want...)
	}
	if _, err := net.Evaluate(set(1, 3, 2, 255)); err != nil {
		t.Error(err)
	}
}

func TestArgmaxColumns(t *testing.T) {
	nan := math.NaN()
	a := strided(matrix([]float64{1, 5, 2, nan, -1}, []float64{3, 5, 2, 1, nan}, []float64{2, 6, 1, 2, 0}), 2, 100)
	got := make([]int, 5)
	argmaxColumns(got, a)
	if want := []int{1, 2, 0, 0, 2}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
