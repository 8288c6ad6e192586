package mlp

import (
	"math"
	"strings"
	"testing"
)

// lectureConfusion is the matrix in the lecture's recap: a network on the 10,000
// test digits of MNIST.
var lectureConfusion = [10][10]int{
	{902, 0, 3, 3, 3, 11, 5, 4, 3, 2},
	{0, 1119, 10, 4, 1, 8, 1, 1, 14, 5},
	{3, 12, 872, 15, 13, 5, 15, 13, 27, 7},
	{3, 9, 25, 896, 0, 50, 2, 13, 24, 16},
	{3, 0, 6, 1, 858, 3, 10, 5, 8, 54},
	{8, 5, 10, 20, 9, 809, 16, 6, 29, 9},
	{1, 1, 6, 1, 4, 14, 978, 1, 4, 3},
	{6, 2, 11, 3, 6, 1, 1, 957, 0, 42},
	{3, 18, 11, 16, 6, 27, 9, 4, 867, 17},
	{5, 4, 3, 8, 22, 9, 0, 27, 2, 912},
}

func TestLectureConfusion(t *testing.T) {
	c := NewConfusion(10)
	for i, r := range lectureConfusion {
		for j, n := range r {
			c.AddN(i, j, n)
		}
	}
	if c.Samples() != 10000 || c.Correct() != 9170 || c.Accuracy() != .917 || c.ErrorRate() != .083 {
		t.Errorf("%d of %d correct, accuracy %v, error rate %v: want 9170 of 10000, 0.917, 0.083",
			c.Correct(), c.Samples(), c.Accuracy(), c.ErrorRate())
	}
	// Sums of row and column by hand.
	for _, w := range []struct{ class, tp, row, column int }{
		{0, 902, 936, 934},
		{1, 1119, 1163, 1170},
		{5, 809, 921, 937},
		{9, 912, 992, 1067},
	} {
		m := c.Class(w.class)
		tp, r, col := float64(w.tp), float64(w.row), float64(w.column)
		if m.TP != w.tp || m.FN != w.row-w.tp || m.FP != w.column-w.tp || m.TN != 10000-w.row-w.column+w.tp {
			t.Errorf("class %d: TP %d FN %d FP %d TN %d", w.class, m.TP, m.FN, m.FP, m.TN)
		}
		near(t, "accuracy", m.Accuracy, (10000-r-col+2*tp)/10000)
		near(t, "recall", m.Recall, tp/r)
		near(t, "precision", m.Precision, tp/col)
		near(t, "F1", m.F1, 2*tp/(r+col))
	}
	text := c.String()
	for _, part := range []string{
		"rows: true class, columns: predicted class",
		"    3     3     9    25   896     0    50     2    13    24    16",
		"accuracy    91.70%  (9170 of 10000 samples)",
		"error rate   8.30%",
		"    0    99.34%   96.37%    96.57%   96.47%",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("printed:\n%s\nwant %q in it", text, part)
		}
	}
	if strings.Contains(text, "–") {
		t.Errorf("printed – where all is defined:\n%s", text)
	}
}

// near allows for the rounding of four operations.
func near(t *testing.T, name string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 4*0x1p-53*want) {
		t.Errorf("%s %v, want %v", name, got, want)
	}
}

// Class 1 never occurs, class 2 is never predicted, class 3 neither.
func TestUndefinedMeasures(t *testing.T) {
	c := NewConfusion(4)
	c.AddN(0, 0, 3)
	c.AddN(0, 1, 1)
	c.AddN(2, 0, 4)
	nan := math.NaN()
	for k, w := range []ClassMeasures{
		{TP: 3, FN: 1, FP: 4, TN: 0, Accuracy: 3. / 8, Recall: 3. / 4, Precision: 3. / 7, F1: 6. / 11},
		{TP: 0, FN: 0, FP: 1, TN: 7, Accuracy: 7. / 8, Recall: nan, Precision: 0, F1: nan},
		{TP: 0, FN: 4, FP: 0, TN: 4, Accuracy: 4. / 8, Recall: 0, Precision: nan, F1: nan},
		{TP: 0, FN: 0, FP: 0, TN: 8, Accuracy: 1, Recall: nan, Precision: nan, F1: nan},
	} {
		m := c.Class(k)
		if m.TP != w.TP || m.FN != w.FN || m.FP != w.FP || m.TN != w.TN {
			t.Errorf("class %d: %+v, want %+v", k, m, w)
		}
		for _, v := range []struct {
			name      string
			got, want float64
		}{{"accuracy", m.Accuracy, w.Accuracy}, {"recall", m.Recall, w.Recall}, {"precision", m.Precision, w.Precision}, {"F1", m.F1, w.F1}} {
			if math.IsNaN(v.want) != math.IsNaN(v.got) || math.Abs(v.got-v.want) > 1e-15 {
				t.Errorf("class %d: %s %v, want %v", k, v.name, v.got, v.want)
			}
		}
	}
	a := c.Averages()
	for _, v := range []struct {
		name string
		got  Average
		want Average
	}{
		{"accuracy", a.Accuracy, Average{(3./8 + 7./8 + 4./8 + 1) / 4, 0}},
		{"recall", a.Recall, Average{(3. / 4) / 2, 2}},
		{"precision", a.Precision, Average{(3. / 7) / 2, 2}},
		{"F1", a.F1, Average{6. / 11, 3}},
	} {
		if v.got.Undefined != v.want.Undefined || math.Abs(v.got.Mean-v.want.Mean) > 1e-15 {
			t.Errorf("mean %s %+v, want %+v", v.name, v.got, v.want)
		}
	}
	text := c.String()
	for _, part := range []string{
		"    1    87.50%        –     0.00%        –",
		"left out of the mean: accuracy 0, recall 2, precision 2, F-score 3",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("printed:\n%s\nwant %q in it", text, part)
		}
	}

	// Both 0, so that F1 is 0/0 though recall and precision aren't.
	c = NewConfusion(2)
	c.Add(0, 1)
	c.Add(1, 0)
	if m := c.Class(0); m.Recall != 0 || m.Precision != 0 || !math.IsNaN(m.F1) {
		t.Errorf("recall %v, precision %v, F1 %v: want 0, 0, NaN", m.Recall, m.Precision, m.F1)
	}
}

func TestConfusionPanics(t *testing.T) {
	mustPanic(t, badClassCount, func() { NewConfusion(0) })
	c := NewConfusion(2)
	for _, k := range [][2]int{{-1, 0}, {2, 0}, {0, -1}, {0, 2}} {
		mustPanic(t, badClass, func() { c.Add(k[0], k[1]) })
	}
	if c.Samples() != 0 || !math.IsNaN(c.Accuracy()) || !math.IsNaN(c.ErrorRate()) {
		t.Error("a panic counted a sample")
	}
}
