package dataset

import (
	"slices"
	"testing"
)

func TestFolds(t *testing.T) {
	for _, c := range []struct{ n, classes, k int }{{103, 4, 5}, {10, 3, 10}, {100, 0, 7}, {2, 1, 2}} {
		d := numbered(c.n, 2, max(1, c.classes))
		if c.classes == 0 {
			toRegression(d)
		}
		folds, err := d.Folds(c.k, 3)
		if err != nil {
			t.Fatal(err)
		}
		held := make([]int, c.n)
		var sizes []int
		byClass := make([][]int, c.k)
		for f, fold := range folds {
			sizes = append(sizes, fold.Validation.Len())
			if fold.Train.Len()+fold.Validation.Len() != c.n {
				t.Errorf("%+v: fold %d has %d + %d samples", c, f, fold.Train.Len(), fold.Validation.Len())
			}
			for _, s := range fold.Validation.Samples {
				held[int(s[0])/2]++
			}
			inTrain := map[int]bool{}
			for i, s := range fold.Train.Samples {
				inTrain[int(s[0])/2] = true
				if d.Targets != nil && fold.Train.Targets[i][0] != -s[0] {
					t.Fatalf("%+v: fold %d: target %v of sample %v", c, f, fold.Train.Targets[i], s)
				}
			}
			for _, s := range fold.Validation.Samples {
				if inTrain[int(s[0])/2] {
					t.Fatalf("%+v: fold %d: a sample in both parts", c, f)
				}
			}
			if d.Classes > 0 {
				byClass[f] = classCounts(fold.Validation)
			}
		}
		if slices.Min(held) != 1 || slices.Max(held) != 1 {
			t.Errorf("%+v: samples are held out %v times, want once each", c, held)
		}
		if slices.Max(sizes)-slices.Min(sizes) > 1 {
			t.Errorf("%+v: folds of %v samples", c, sizes)
		}
		for k := range d.Classes {
			var counts []int
			for _, b := range byClass {
				counts = append(counts, b[k])
			}
			if slices.Max(counts)-slices.Min(counts) > 1 {
				t.Errorf("%+v: class %d has %v samples in the folds", c, k, counts)
			}
		}
		again, _ := d.Folds(c.k, 3)
		if !slices.EqualFunc(again[1].Validation.Samples, folds[1].Validation.Samples, slices.Equal) {
			t.Errorf("%+v: the same seed gives other folds", c)
		}
	}
	for _, k := range []int{-1, 0, 1, 11} {
		if _, err := numbered(10, 1, 2).Folds(k, 1); err == nil {
			t.Errorf("%d folds of 10 samples: no error", k)
		}
	}
}

// toRegression turns d to one with the targets y = −x₀, 2·x₁.
func toRegression(d *Dataset[float32]) {
	d.Classes, d.Labels = 0, nil
	for _, s := range d.Samples {
		d.Targets = append(d.Targets, []float32{-s[0], 2 * s[1]})
	}
}

func TestTargets(t *testing.T) {
	d := numbered(21, 2, 1)
	toRegression(d)
	rest, part, err := d.Split(6, 1)
	if err != nil || rest.Len() != 15 || part.Len() != 6 || rest.Outputs() != 2 || part.Labels != nil {
		t.Fatalf("%v, %d and %d samples of %d outputs", err, rest.Len(), part.Len(), rest.Outputs())
	}
	x, y := rest.Batches().NextBatch(15)
	for j := range 15 {
		if y.Data[j] != -x.Data[j] || y.Data[15+j] != 2*x.Data[15+j] {
			t.Errorf("sample %d: y = %v, %v for x = %v, %v", j, y.Data[j], y.Data[15+j], x.Data[j], x.Data[15+j])
		}
	}

	two := numbered(9, 1, 2)
	if _, y := two.OneOutput().NextBatch(4); y.Rows != 1 || !slices.Equal(y.Data, []float32{0, 1, 0, 1}) {
		t.Errorf("one output: y is %d×%d, %v", y.Rows, y.Cols, y.Data)
	}
}
