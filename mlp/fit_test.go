package mlp

import (
	"context"
	"math"
	"testing"

	"github.com/lanewise/lanewise/mlp/dataset"
)

// Training gives a network the schema of its data, which files then have, unless the data
// do not fit.
func TestTrainAdoptsSchema(t *testing.T) {
	d := &dataset.Dataset[float64]{Features: 1, Divisor: 4, Schema: dataset.Schema{FeatureNames: []string{"x"}, TargetNames: []string{"y"}}}
	for i := range 20 {
		d.Samples, d.Targets = append(d.Samples, []float64{float64(i)}), append(d.Targets, []float64{float64(2 * i)})
	}
	inputs, _ := dataset.NewScaling(dataset.ScaleStandard, d.Samples)
	targets, _ := dataset.NewScaling(dataset.ScaleUnit, d.Targets)
	scaled, err := d.Scaled(inputs, targets)
	if err != nil {
		t.Fatal(err)
	}
	train := func(net *MLP[float64]) error {
		trainer := Trainer[float64]{Net: net, BatchSize: 5, Epochs: 2, LearningRate: ConstantRate(.1)}
		_, err := trainer.Train(context.Background(), scaled, nil)
		return err
	}
	net := mustNew(t, []int{1, 1}, Identity[float64](), Identity[float64](), Square[float64](), 1)
	if err := train(net); err != nil || net.InputDivisor != 4 || net.Schema.Expect(d.Schema) != nil || !net.Schema.InputScaling.Equal(inputs) || !net.Schema.TargetScaling.Equal(targets) {
		t.Errorf("schema %+v, divisor %v (%v), want those of the data", net.Schema, net.InputDivisor, err)
	}
	net = mustNew(t, []int{2, 1}, Identity[float64](), Identity[float64](), Square[float64](), 1)
	if err := train(net); err == nil || !net.Schema.IsZero() || net.InputDivisor != 0 {
		t.Errorf("schema %+v, divisor %v (%v), want an error and none", net.Schema, net.InputDivisor, err)
	}
}

// R² of a constant target is 0/0, whatever rounding makes of its mean.
func TestFitConstant(t *testing.T) {
	net := mustNew(t, []int{1, 1}, Identity[float32](), Identity[float32](), Square[float32](), 1)
	d := &dataset.Dataset[float32]{Features: 1}
	for range 1000 {
		d.Samples, d.Targets = append(d.Samples, []float32{1}), append(d.Targets, []float32{0.1})
	}
	e, err := net.Evaluate(d)
	if err != nil || !math.IsNaN(e.Fits[0].R2) || !(e.Fits[0].RMSE > 0) {
		t.Errorf("fit %+v (%v), want an R² of NaN", e.Fits, err)
	}
	c := CrossValidation{Folds: []Evaluation{e, {Fits: []Fit{{R2: 0.5}}}, {Fits: []Fit{{R2: 0.7}}}}}
	if mean, deviation := c.R2(0); math.Abs(mean-0.6) > 1e-15 || math.Abs(deviation-math.Sqrt(.02)) > 1e-15 {
		t.Errorf("R² over folds %v ± %v, want 0.6 ± √0.02 of two", mean, deviation)
	}
	if mean, _ := (CrossValidation{Folds: []Evaluation{e}}).R2(0); !math.IsNaN(mean) {
		t.Errorf("R² over no folds %v, want NaN", mean)
	}
}

// ŷ = 2x, y = (1, 3, 8) at x = (1, 2, 3), and the mean 4: Σ(y − ŷ)² = 1+1+4,
// Σ(y − ȳ)² = 9+1+16. Scaling of the target changes nothing but the unit.
func TestFit(t *testing.T) {
	for _, scale := range []float64{1, 10} {
		net := mustNew(t, []int{1, 1}, Identity[float64](), Identity[float64](), Square[float64](), 1)
		net.Params[0], net.Params[1] = 2, 0
		d := &dataset.Dataset[float64]{
			Samples: [][]float64{{1}, {2}, {3}}, Targets: [][]float64{{1}, {3}, {8}}, Features: 1,
			Schema: dataset.Schema{TargetNames: []string{"y"}, TargetScaling: dataset.Scaling{Rule: "unit", Shift: []float64{5}, Scale: []float64{scale}}},
		}
		net.Schema = d.Schema
		e, err := net.Evaluate(d)
		if err != nil {
			t.Fatal(err)
		}
		f := e.Fits[0]
		near := func(a, b float64) bool { return math.Abs(a-b) < 1e-14 }
		if e.Confusion != nil || f.Name != "y" || f.Samples != 3 || !near(e.Cost, 1) || !near(f.R2, 1-6./26) ||
			!near(f.RMSE, scale*math.Sqrt2) || !near(f.MAE, scale*4/3) {
			t.Errorf("scale %v: cost %v, fit %+v", scale, e.Cost, f)
		}
		if !math.IsNaN(e.Accuracy()) {
			t.Errorf("accuracy %v, want NaN", e.Accuracy())
		}
		net.Schema.TargetScaling.Scale = []float64{3}
		_, err = net.Evaluate(d)
		wantError(t, err, "scaled by none", "statistics")
	}
}

// Cross-entropy takes soft labels as targets, and nothing that is none.
func TestSoftLabels(t *testing.T) {
	d := &dataset.Dataset[float32]{Features: 2}
	for i := range 40 {
		x, p := []float32{1, 0}, float32(0.8)
		if i%2 == 1 {
			x, p = []float32{0, 1}, 0.3
		}
		d.Samples, d.Targets = append(d.Samples, x), append(d.Targets, []float32{p, 1 - p})
	}
	train := func() (*MLP[float32], error) {
		net := mustNew(t, []int{2, 2}, Tanh[float32](), Softmax[float32](), CrossEntropy[float32](), 1)
		trainer := Trainer[float32]{Net: net, BatchSize: 10, Epochs: 200, LearningRate: ConstantRate(1)}
		_, err := trainer.Train(context.Background(), d, nil)
		return net, err
	}
	net, err := train()
	if err != nil {
		t.Fatal(err)
	}
	y := make([]float32, 4)
	net.Predictor().Predict(y, []float32{1, 0, 0, 1})
	if math.Abs(float64(y[0]-0.8)) > 1e-3 || math.Abs(float64(y[2]-0.3)) > 1e-3 {
		t.Errorf("outputs %v, want the labels 0.8, 0.2, 0.3, 0.7", y)
	}
	for _, c := range []struct {
		y    []float32
		want string
	}{{[]float32{0.5, 0.6}, "sum 1.1"}, {[]float32{-0.5, 1.5}, "-0.5: expected 0 to 1"}} {
		d.Targets[7] = c.y
		_, err := train()
		wantError(t, err, "targets of sample 7 with cost cross-entropy", c.want)
	}
}
