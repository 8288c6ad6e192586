package dataset

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lanewise/lanewise/mlp/internal/npz"
)

// testdata/*.npz are by testdata/make-npz.py with NumPy 2.4.
func TestLoadNPZ(t *testing.T) {
	train, test, err := LoadNPZ[float32]("testdata/classes.npz", Table{})
	if err != nil {
		t.Fatal(err)
	}
	if train.Len() != 6 || test.Len() != 2 || train.Features != 4 || train.Classes != 3 || test.Classes != 3 || train.Divisor != 255 {
		t.Errorf("%d and %d samples, %d features, %d classes, divisor %v", train.Len(), test.Len(), train.Features, train.Classes, train.Divisor)
	}
	if want := []float32{20. / 255, 21. / 255, 22. / 255, 23. / 255}; !slices.Equal(train.Samples[5], want) {
		t.Errorf("sample 5 is %v, want %v", train.Samples[5], want)
	}
	if !slices.Equal(train.Labels, []int{0, 1, 2, 0, 1, 2}) || !slices.Equal(test.Labels, []int{1, 0}) {
		t.Errorf("labels %v and %v", train.Labels, test.Labels)
	}

	d, none, err := LoadNPZ[float64]("testdata/targets.npz", Table{Regression: true})
	if err != nil || none != nil {
		t.Fatal(none, err)
	}
	if want := [][]float64{{0, 1, 2}, {3, 4, 5}}; !slices.EqualFunc(d.Samples, want, slices.Equal) {
		t.Errorf("samples %v, want %v", d.Samples, want)
	}
	if want := [][]float64{{.5, -.5}, {1.5, -1.5}}; !slices.EqualFunc(d.Targets, want, slices.Equal) {
		t.Errorf("targets %v, want %v", d.Targets, want)
	}
}

func TestLoadNPZErrors(t *testing.T) {
	type named = npz.Named[float64]
	x := named{Name: "x", Shape: []int{2, 3}, Values: []float64{1, 2, 3, 4, 5, 6}}
	y := named{Name: "y", Shape: []int{2}, Values: []float64{0, 1}}
	for _, c := range []struct {
		name   string
		arrays []named
		table  Table
		want   []string
	}{
		{"no x", []named{y}, Table{}, []string{"arrays y", "expected one x"}},
		{"no y", []named{x}, Table{}, []string{"arrays x", "expected one y"}},
		{"no y_train", []named{{Name: "x_train", Shape: x.Shape, Values: x.Values}, y}, Table{}, []string{"expected one y_train"}},
		{"samples in a row", []named{{Name: "x", Shape: []int{6}, Values: x.Values}, y}, Table{}, []string{"x: shape [6]", "first axis"}},
		{"fractional classes", []named{x, y}, Table{}, []string{"y: <f8 of shape [2]", "whole number"}},
		{"fewer targets", []named{x, {Name: "y", Shape: []int{1}, Values: []float64{1}}}, Table{Regression: true}, []string{"y: shape [1]", "each of 2 samples"}},
	} {
		var b bytes.Buffer
		if err := npz.Write(&b, c.arrays); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a.npz")
		os.WriteFile(path, b.Bytes(), 0o666)
		_, _, err := LoadNPZ[float32](path, c.table)
		for _, part := range append(c.want, path) {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %v: expected %q in it", c.name, err, part)
			}
		}
	}
	if _, _, err := LoadNPZ[float32]("testdata/none.npz", Table{}); err == nil {
		t.Error("no file: no error")
	}
}
