package dataset

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestNewScaling(t *testing.T) {
	rows := [][]float64{{1, 10, 5, 0.1}, {2, 20, 5, 0.1}, {6, 30, 5, 0.1}}
	for _, c := range []struct {
		rule         string
		shift, scale []float64
	}{
		{ScaleNone, nil, nil},
		{ScaleUnit, []float64{1, 10, 5, 0.1}, []float64{5, 20, 1, 1}},
		// ((1−3)² + (2−3)² + (6−3)²) / 3 = 14/3
		{ScaleStandard, []float64{3, 20, 5, 0.1}, []float64{math.Sqrt(14. / 3), math.Sqrt(200. / 3), 1, 1}},
	} {
		s, err := NewScaling(c.rule, rows)
		if err != nil {
			t.Fatal(err)
		}
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-14*math.Abs(b) }
		if !slices.EqualFunc(s.Shift, c.shift, near) || !slices.EqualFunc(s.Scale, c.scale, near) || s.Rule != c.rule {
			t.Errorf("%s: shift %v, scale %v: want %v, %v", c.rule, s.Shift, s.Scale, c.shift, c.scale)
		}
		for j := range rows[0] {
			if x := s.Raw(j, s.Value(j, 7)); !near(x, 7) {
				t.Errorf("%s: column %d: there and back, 7 is %v", c.rule, j, x)
			}
		}
	}
	if _, err := NewScaling("minmax", rows); err == nil || !strings.Contains(err.Error(), "expected one of none, unit, standard") {
		t.Errorf("error %v", err)
	}
}

// regression returns n samples of which the target of x = (i, 2i) is (i, −i).
func regression(n int) *Dataset[float32] {
	d := &Dataset[float32]{Features: 2, Divisor: 1}
	for i := range n {
		v := float32(i)
		d.Samples = append(d.Samples, []float32{v, 2 * v})
		d.Targets = append(d.Targets, []float32{v, -v})
	}
	return d
}

// Samples and targets stay together through scaling, splits and batches; the
// set that was scaled is as it was.
func TestScaledRegression(t *testing.T) {
	d := regression(40)
	in, _ := NewScaling(ScaleUnit, d.Samples)
	out, _ := NewScaling(ScaleUnit, d.Targets)
	s, err := d.Scaled(in, out)
	if err != nil {
		t.Fatal(err)
	}
	if d.Samples[39][0] != 39 || d.Targets[39][1] != -39 || !d.InputScaling.IsNone() {
		t.Error("the set itself has changed")
	}
	rest, part, err := s.Split(10, 3)
	if err != nil {
		t.Fatal(err)
	}
	if rest.Len() != 30 || part.Len() != 10 || !part.InputScaling.Equal(in) || !part.TargetScaling.Equal(out) {
		t.Errorf("split into %d and %d samples", rest.Len(), part.Len())
	}
	x, y := part.Batches().NextBatch(10)
	if x.Rows != 2 || y.Rows != 2 || y.Cols != 10 {
		t.Fatalf("x %d×%d, y %d×%d", x.Rows, x.Cols, y.Rows, y.Cols)
	}
	for j := range 10 {
		if x.Data[j] != y.Data[j] || x.Data[10+j] != x.Data[j] || math.Abs(float64(y.Data[10+j]-(1-y.Data[j]))) > 1e-6 {
			t.Errorf("column %d: x (%v, %v), y (%v, %v)", j, x.Data[j], x.Data[10+j], y.Data[j], y.Data[10+j])
		}
	}

	if _, err := s.Scaled(in, out); err == nil || !strings.Contains(err.Error(), "is scaled (unit)") {
		t.Errorf("scaled twice: error %v", err)
	}
	if _, err := numbered(4, 3, 2).Scaled(in, Scaling{}); err == nil || !strings.Contains(err.Error(), "3 features a sample: expected 2") {
		t.Errorf("other features: error %v", err)
	}
	if _, err := numbered(4, 2, 2).Scaled(in, out); err == nil || !strings.Contains(err.Error(), "2 targets") {
		t.Errorf("targets of classes: error %v", err)
	}
}

// A constant is shifted only, however many there are, and what varies by little is not one.
func TestScalingConstant(t *testing.T) {
	for _, v := range []float32{1, 3, 100, 0.1, -7e-20, 0} {
		rows := slices.Repeat([][]float32{{v}}, 100_000)
		for _, rule := range []string{ScaleUnit, ScaleStandard} {
			s, err := NewScaling(rule, rows)
			if err != nil || s.Shift[0] != float64(v) || s.Scale[0] != 1 {
				t.Errorf("%s of %v: shift %v, scale %v (%v), want the value and 1", rule, v, s.Shift, s.Scale, err)
			}
		}
	}
	s, err := NewScaling(ScaleStandard, [][]float64{{1.7e9}, {1.7e9 + .001}, {1.7e9 + .002}})
	if want := .001 * math.Sqrt(2./3); err != nil || math.Abs(s.Scale[0]-want) > 1e-3*want {
		t.Errorf("milliseconds: scale %v (%v), want %v", s.Scale, err, want)
	}
	for _, rule := range []string{ScaleUnit, ScaleStandard} {
		if _, err := NewScaling(rule, [][]float64{{1, 1.7e308}, {2, -1.7e308}}); err == nil || !strings.Contains(err.Error(), "column 2") {
			t.Errorf("%s of what float64 can't hold: error %v", rule, err)
		}
	}
}
