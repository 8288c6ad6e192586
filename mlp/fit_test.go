package mlp

import (
	"math"
	"testing"

	"github.com/lanewise/lanewise/mlp/dataset"
)

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
