package dataset

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	labelled := func() *Dataset[float32] {
		return &Dataset[float32]{Samples: [][]float32{{1, 2}, {3, 4}, {5, 6}}, Labels: []int{0, 1, 1}, Features: 2, Classes: 2, Divisor: 1}
	}
	targeted := func() *Dataset[float32] {
		return &Dataset[float32]{Samples: [][]float32{{1}, {2}}, Targets: [][]float32{{1, 2}, {3, 4}}, Features: 1, Divisor: 1}
	}
	for name, d := range map[string]*Dataset[float32]{"classes": labelled(), "targets": targeted()} {
		if err := d.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []struct {
		d      *Dataset[float32]
		change func(*Dataset[float32])
		want   string
	}{
		{labelled(), func(d *Dataset[float32]) { d.Labels = nil }, "3 samples with 0 labels"},
		{labelled(), func(d *Dataset[float32]) { d.Labels[2] = 2 }, "sample 2 is of class 2: expected 0 to 1"},
		{labelled(), func(d *Dataset[float32]) { d.Labels[0] = -1 }, "sample 0 is of class -1"},
		{labelled(), func(d *Dataset[float32]) { d.Samples[1] = d.Samples[1][:1] }, "sample 1 has 1 values: expected 2"},
		{targeted(), func(d *Dataset[float32]) { d.Targets = d.Targets[:1] }, "2 samples with 1 targets"},
		{targeted(), func(d *Dataset[float32]) { d.Targets[1] = nil }, "sample 1 has 0 targets: expected 2"},
	} {
		c.change(c.d)
		_, _, split := c.d.Split(1, 1)
		_, folds := c.d.Folds(2, 1)
		for _, err := range []error{c.d.Check(), split, folds} {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		}
	}
}
