package dataset

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp/internal/npz"
)

// LoadNPZ reads NumPy's npz file path, with arrays
//
//	x_train, y_train, x_test, y_test    as Keras' mnist.npz, or
//	x, y                                or X, y; then test is nil
//
// x has samples along its first axis; other axes are flattened. Bytes (u1) are
// pixels: they are divided by 255. y has a class for each sample, a whole number
// from 0, or for regression a target, or several along its second axis.
//
// Of table, Regression and Unlabelled count, the latter for a file without y.
func LoadNPZ[T blas.Float](path string, table Table) (train, test *Dataset[T], err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("dataset: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("dataset: %w", err)
	}
	arrays, err := npz.Read(f, info.Size())
	if err == nil {
		train, test, err = fromArrays[T](arrays, table)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("dataset: %s: %w", path, err)
	}
	return train, test, nil
}

func fromArrays[T blas.Float](arrays []*npz.Array, table Table) (train, test *Dataset[T], err error) {
	var names []string
	byName := map[string]*npz.Array{}
	for _, a := range arrays {
		names = append(names, a.Name)
		byName[a.Name] = a
	}
	set := func(x, y string) (*Dataset[T], error) {
		for _, name := range []string{x, y} {
			if byName[name] == nil && (name == x || !table.Unlabelled) {
				return nil, fmt.Errorf("arrays %.200s: expected one %s", strings.Join(names, ", "), name)
			}
		}
		return fromArray[T](byName[x], byName[y], table)
	}
	switch {
	case byName["x_train"] != nil:
		if train, err = set("x_train", "y_train"); err != nil || byName["x_test"] == nil {
			return train, nil, err
		}
		if test, err = set("x_test", "y_test"); err != nil {
			return nil, nil, err
		}
		if test.Features != train.Features || test.Divisor != train.Divisor || test.Outputs() > train.Outputs() || test.IsRegression() && test.Outputs() != train.Outputs() {
			return nil, nil, fmt.Errorf("x_test has %d values a sample, y_test %d outputs: expected %d and %d as in training",
				test.Features, test.Outputs(), train.Features, train.Outputs())
		}
		test.Classes = train.Classes
		return train, test, nil
	case byName["X"] != nil:
		train, err = set("X", "y")
	default:
		train, err = set("x", "y")
	}
	return train, nil, err
}

// fromArray returns the set of samples x and labels or targets y.
func fromArray[T blas.Float](x, y *npz.Array, table Table) (*Dataset[T], error) {
	if len(x.Shape) < 2 {
		return nil, fmt.Errorf("%s: shape %d: expected samples along the first axis and values along another", x.Name, x.Shape)
	}
	d := &Dataset[T]{Divisor: 1, Features: x.Len() / x.Shape[0]}
	if x.DType[1:] == "u1" {
		d.Divisor = idxDivisor
	}
	values, err := npz.Values[T](x)
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		if d.Divisor != 1 {
			values[i] = v / T(d.Divisor)
		}
		if v-v != 0 { // NaN, infinite
			return nil, fmt.Errorf("%s: %v in sample %d: expected finite numbers", x.Name, v, i/d.Features)
		}
	}
	d.Samples = slices.Collect(slices.Chunk(values, d.Features))
	if table.Unlabelled {
		return d, nil
	}

	if y.Shape == nil || y.Shape[0] != d.Len() || len(y.Shape) > 2 {
		return nil, fmt.Errorf("%s: shape %d: expected a row for each of %d samples in %s", y.Name, y.Shape, d.Len(), x.Name)
	}
	per := y.Len() / d.Len()
	if table.Regression {
		targets, err := npz.Values[T](y)
		if err != nil {
			return nil, err
		}
		for i, v := range targets {
			if v-v != 0 {
				return nil, fmt.Errorf("%s: %v in row %d: expected finite numbers", y.Name, v, i/per)
			}
		}
		d.Targets = slices.Collect(slices.Chunk(targets, per))
		return d, nil
	}
	if per != 1 || !y.IsInteger() {
		return nil, fmt.Errorf("%s: %s of shape %d: expected a whole number for each sample, unless this is regression", y.Name, y.DType, y.Shape)
	}
	classes, err := npz.Values[float64](y)
	if err != nil {
		return nil, err
	}
	for i, v := range classes {
		if v < 0 || v >= maxClasses {
			return nil, fmt.Errorf("%s: class %v of sample %d: expected 0 to %d", y.Name, v, i, maxClasses-1)
		}
		d.Labels = append(d.Labels, int(v))
		d.Classes = max(d.Classes, int(v)+1)
	}
	return d, nil
}
