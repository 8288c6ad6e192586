package dataset

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/lanewise/lanewise/blas"
)

// Schema is what is known of the columns of a data set: their names, where the
// data have names, and how raw values became samples and targets.
type Schema struct {
	FeatureNames []string // one a feature, or nil
	ClassNames   []string // one a class, or nil where classes are 0, 1 …
	TargetNames  []string // one a target, or nil

	InputScaling  Scaling // of samples
	TargetScaling Scaling // of targets
}

// IsZero says that s has no names and scales nothing.
func (s Schema) IsZero() bool {
	return s.FeatureNames == nil && s.ClassNames == nil && s.TargetNames == nil && s.InputScaling.IsNone() && s.TargetScaling.IsNone()
}

// Expect returns an error unless other's columns are those of s: names that both have are
// equal, in the same order.
func (s Schema) Expect(other Schema) error {
	for _, names := range []struct {
		of         string
		want, have []string
	}{
		{"feature", s.FeatureNames, other.FeatureNames},
		{"class", s.ClassNames, other.ClassNames},
		{"target", s.TargetNames, other.TargetNames},
	} {
		if names.want == nil || names.have == nil || slices.Equal(names.want, names.have) {
			continue
		}
		i := 0 // where they begin to differ
		for i < min(len(names.want), len(names.have)) && names.want[i] == names.have[i] {
			i++
		}
		switch {
		case i == len(names.have):
			return fmt.Errorf("no %s %d: expected %.40q as in training", names.of, i+1, names.want[i])
		case i == len(names.want):
			return fmt.Errorf("%s %d is %.40q: expected %d, as in training", names.of, i+1, names.have[i], i)
		}
		return fmt.Errorf("%s %d is %.40q: expected %.40q as in training", names.of, i+1, names.have[i], names.want[i])
	}
	return nil
}

// Scaling is an affine map of each column, x ↦ (x − Shift) / Scale, with
// statistics of the set that it was made from. The zero value changes nothing.
type Scaling struct {
	Rule         string    // as in flags and model files; "" as none
	Shift, Scale []float64 // one a column; nil for none
}

// Rules of scaling.
const (
	ScaleNone     = "none"     // values as they are
	ScaleUnit     = "unit"     // into [0, 1]: Shift is the minimum, Scale maximum − minimum
	ScaleStandard = "standard" // Shift is the mean, Scale the standard deviation (of the population)
)

// ScalingRules lists the rules.
func ScalingRules() []string { return []string{ScaleNone, ScaleUnit, ScaleStandard} }

// NewScaling takes the statistics that rule asks for, in float64, from rows of
// values. A column that is constant is shifted only: its Scale is 1.
func NewScaling[T blas.Float](rule string, rows [][]T) (Scaling, error) {
	s := Scaling{Rule: rule}
	if !slices.Contains(ScalingRules(), rule) {
		return s, fmt.Errorf("dataset: scaling %.40q: expected one of %s", rule, strings.Join(ScalingRules(), ", "))
	}
	if rule == ScaleNone || len(rows) == 0 {
		return Scaling{Rule: ScaleNone}, nil
	}
	cols := len(rows[0])
	low, high := make([]float64, cols), make([]float64, cols)
	for j, v := range rows[0] {
		low[j], high[j] = float64(v), float64(v)
	}
	for _, row := range rows {
		for j, v := range row {
			low[j], high[j] = min(low[j], float64(v)), max(high[j], float64(v))
		}
	}
	s.Shift, s.Scale = low, make([]float64, cols)
	if rule == ScaleUnit {
		for j := range s.Scale {
			s.Scale[j] = high[j] - low[j]
		}
	} else {
		n := float64(len(rows))
		mean := make([]float64, cols)
		for _, row := range rows {
			for j, v := range row {
				mean[j] += float64(v) / n
			}
		}
		for _, row := range rows {
			for j, v := range row {
				d := float64(v) - mean[j]
				s.Scale[j] += float64(d*d) / n
			}
		}
		for j, v := range s.Scale {
			s.Scale[j] = math.Sqrt(v)
			if low[j] != high[j] {
				s.Shift[j] = mean[j]
			}
		}
	}
	for j, v := range s.Scale {
		switch {
		case low[j] == high[j] || v == 0: // rounding may leave some of a constant, or nothing of others
			s.Scale[j] = 1
		case math.IsInf(v, 0) || math.IsInf(s.Shift[j], 0):
			return Scaling{}, fmt.Errorf("dataset: column %d goes from %v to %v: expected a spread that float64 can hold", j+1, low[j], high[j])
		}
	}
	return s, nil
}

// IsNone says that s changes nothing.
func (s Scaling) IsNone() bool { return len(s.Shift) == 0 }

// Equal says that s and t are the same map.
func (s Scaling) Equal(t Scaling) bool {
	return slices.Equal(s.Shift, t.Shift) && slices.Equal(s.Scale, t.Scale)
}

// Value returns the raw value x of column j, scaled.
func (s Scaling) Value(j int, x float64) float64 {
	if s.IsNone() {
		return x
	}
	return (x - s.Shift[j]) / s.Scale[j]
}

// Raw is the inverse of Value.
func (s Scaling) Raw(j int, x float64) float64 {
	if s.IsNone() {
		return x
	}
	return float64(x*s.Scale[j]) + s.Shift[j]
}

// scaled returns a scaled copy of rows, or rows themselves where s changes nothing.
func scaled[T blas.Float](s Scaling, rows [][]T) [][]T {
	if s.IsNone() {
		return rows
	}
	out := make([][]T, len(rows))
	for i, row := range rows {
		out[i] = make([]T, len(row))
		for j, v := range row {
			out[i][j] = T(s.Value(j, float64(v)))
		}
	}
	return out
}

// Scaled returns d with samples and targets scaled. It is an error if d is
// scaled already or has other numbers of columns.
func (d *Dataset[T]) Scaled(inputs, targets Scaling) (*Dataset[T], error) {
	switch {
	case !d.InputScaling.IsNone() || !d.TargetScaling.IsNone():
		return nil, fmt.Errorf("dataset: scaling a set that is scaled (%s)", d.InputScaling.Rule)
	case !inputs.IsNone() && len(inputs.Shift) != d.Features:
		return nil, fmt.Errorf("dataset: %d features a sample: expected %d, as the scaling has", d.Features, len(inputs.Shift))
	case !targets.IsNone() && (!d.IsRegression() || len(targets.Shift) != d.Outputs()):
		return nil, fmt.Errorf("dataset: scaling of %d targets: expected a set of such targets", len(targets.Shift))
	}
	e := *d
	e.Samples = scaled(inputs, d.Samples)
	e.Targets = scaled(targets, d.Targets)
	e.InputScaling, e.TargetScaling = inputs, targets
	return &e, nil
}
