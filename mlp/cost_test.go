package mlp

import (
	"math"
	"testing"

	"github.com/lanewise/lanewise/blas"
)

func TestCostValues(t *testing.T) {
	y := matrix([]float64{1, 0, .5}, []float64{0, 1, .5})
	pred := matrix([]float64{.25, .5, 1}, []float64{.75, .5, 0})
	for _, c := range []struct {
		cost Cost[float64]
		want float64
	}{
		// ½(¾² + ¾²), ½(½² + ½²), ½(½² + ½²); ŷ₃ = 0 counts as 2⁻¹⁰²² in the logarithm.
		{Square[float64](), (.5625 + .25 + .25) / 3},
		{CrossEntropy[float64](), (math.Log(4) + math.Log(2) + 511*math.Ln2) / 3},
	} {
		if got := c.cost.Value(y, pred); math.Abs(got-c.want) > 1e-14*c.want {
			t.Errorf("%s: %v, want %v", c.cost.Name, got, c.want)
		}
		if got := c.cost.Value(strided(y, 2, math.NaN()), strided(pred, 1, math.NaN())); math.Abs(got-c.want) > 1e-14*c.want {
			t.Errorf("%s of views: %v, want %v", c.cost.Name, got, c.want)
		}
	}
}

// A sure and wrong prediction costs much, but not infinity; a NaN always shows.
func TestCostEnds(t *testing.T) {
	if got, want := CrossEntropy[float32]().Value(matrix([]float32{1}), matrix([]float32{0})), 126*math.Ln2; got != want {
		t.Errorf("float32: cost of ŷ = 0 is %v, want %v", got, want)
	}
	// As z grows, σ(z) rounds to 1 where 1 − σ(z) is 2⁻²⁵: the cost of y = 0, near to z, has no jump there.
	for z, before := float32(10), 0.0; z < 40; z += 0.5 {
		p := float32(1 / (1 + math.Exp(-float64(z))))
		got := BinaryCrossEntropy[float32]().Value(matrix([]float32{0}), matrix([]float32{p}))
		if got < before || got > before+1 && z > 10 || math.Abs(got-min(float64(z), 17.33)) > 0.7 {
			t.Errorf("cost of σ(%v) for y = 0 is %v, of that before %v", z, got, before)
		}
		before = got
	}
	nan := float32(math.NaN())
	for _, c := range costs[float32]() {
		for _, y := range []float32{0, 1} {
			if got := c.Value(matrix([]float32{y}), matrix([]float32{nan})); !math.IsNaN(got) {
				t.Errorf("%s: cost of ŷ = NaN for y = %v is %v", c.Name, y, got)
			}
		}
	}
}

func TestByName(t *testing.T) {
	for _, g := range activations[float32]() {
		if got, err := ActivationByName[float32](g.Name); err != nil || got.Name != g.Name {
			t.Errorf("%s: %q, %v", g.Name, got.Name, err)
		}
	}
	for _, c := range costs[float32]() {
		if got, err := CostByName[float32](c.Name); err != nil || got.Name != c.Name {
			t.Errorf("%s: %q, %v", c.Name, got.Name, err)
		}
	}
	_, err := ActivationByName[float32]("relu6")
	wantError(t, err, "relu6", "sigmoid, tanh, relu, silu, identity, softmax")
	_, err = CostByName[float32]("hinge")
	wantError(t, err, "hinge", "cross-entropy, binary-cross-entropy, square")
}

// Large logits neither overflow in softmax nor in the cost behind it.
func TestSoftmaxOfLargeLogits(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		z := matrix([]float32{1e4, -3e38}, []float32{0, 3e38})
		a := blas.General[float32]{Rows: 2, Cols: 2, Stride: 2, Data: make([]float32, 4)}
		Softmax[float32]().Value(a, z)
		if a.Data[0] != 1 || a.Data[2] != 0 || a.Data[1] != 0 || a.Data[3] != 1 {
			t.Errorf("softmax %v", a.Data)
		}
		if c := CrossEntropy[float32]().Value(matrix([]float32{0, 0}, []float32{1, 1}), a); math.IsInf(c, 0) || math.IsNaN(c) {
			t.Errorf("cost %v", c)
		}
	})
}
