package mlp

import (
	"math"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// Fit is how well one output of a network fits its target, in the unit that the
// target had before scaling.
type Fit struct {
	Name    string  // of the target; empty if it has none
	R2      float64 // 1 − Σ(y − ŷ)² / Σ(y − ȳ)², the share of the variance explained; NaN for a constant target
	RMSE    float64 // √(Σ(y − ŷ)² / samples)
	MAE     float64 // Σ|y − ŷ| / samples
	Samples int

	mean, scale          float64
	squares, spread, abs float64 // Σ(y − ŷ)², Σ(y − ȳ)², Σ|y − ŷ|, scaled
	constant             bool    // all y are equal: what rounding leaves of spread says nothing
}

// newFits returns one empty fit for each target of d.
func newFits[T blas.Float](d *dataset.Dataset[T]) []Fit {
	fits := make([]Fit, d.Outputs())
	for k := range fits {
		f := &fits[k]
		f.scale = 1
		if s := d.TargetScaling; !s.IsNone() {
			f.scale = s.Scale[k]
		}
		if d.TargetNames != nil {
			f.Name = d.TargetNames[k]
		}
		f.constant = true
		for _, target := range d.Targets {
			f.mean += float64(target[k])
			f.constant = f.constant && target[k] == d.Targets[0][k]
		}
		f.mean /= float64(d.Len())
	}
	return fits
}

// addFit takes in samples with targets y and outputs pred.
func addFit[T blas.Float](f *Fit, y, pred []T) {
	for j, v := range y {
		e, d := float64(v)-float64(pred[j]), float64(v)-f.mean
		f.squares += float64(e * e)
		f.spread += float64(d * d)
		f.abs += math.Abs(e)
	}
	f.Samples += len(y)
}

func finishFits(fits []Fit) {
	for k := range fits {
		f := &fits[k]
		n := float64(f.Samples)
		f.R2 = math.NaN()
		if f.spread > 0 && !f.constant {
			f.R2 = 1 - f.squares/f.spread
		}
		f.RMSE = f.scale * math.Sqrt(f.squares/n)
		f.MAE = f.scale * f.abs / n
	}
}
