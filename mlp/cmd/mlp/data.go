package main

import (
	"fmt"

	"github.com/lanewise/lanewise/internal/replace"
	"github.com/lanewise/lanewise/mlp"
	"github.com/lanewise/lanewise/mlp/dataset"
)

type (
	set     = dataset.Dataset[float32]
	network = mlp.MLP[float32]
)

// dataFlags say what data there are.
type dataFlags struct {
	Data       path   `placeholder:"PATH" help:"A folder with the four IDX files of MNIST or Fashion-MNIST, gzipped or not; a table, FILE.csv or FILE.csv.gz; or FILE.npz with x_train, y_train, x_test and y_test, or x and y. The embedded digits by default."`
	Label      string `placeholder:"COLUMN" help:"The table's column of classes or targets, by name or number from 1; its last by default. Several targets are separated by commas."`
	Regression bool   `help:"The label is a number to be predicted, not a class."`
}

// load returns the data as they are in the files; test is nil if there is no such
// part. classes, unless nil, are the only ones that a table may have.
func (f *dataFlags) load(classes []string) (train, test *set, err error) {
	if f.Data == "" {
		if f.Label != "" || f.Regression {
			return nil, nil, usageError{fmt.Errorf("--label or --regression without --data: expected a table, as in the network's training if that has them")}
		}
		train, test = dataset.Digits[float32]()
		return train, test, nil
	}
	return dataset.Load[float32](string(f.Data), dataset.Table{Label: f.Label, Regression: f.Regression, Classes: classes})
}

func (f *dataFlags) name() string {
	if f.Data == "" {
		return "embedded digits"
	}
	return string(f.Data)
}

// like scales d as the network wants it, and checks that its columns are those that
// the network was trained with.
func like(net *network, d *set) (*set, error) {
	if err := net.Schema.Expect(d.Schema); err != nil {
		return nil, err
	}
	if net.Layers[0].Weights.Cols != d.Features {
		return d, nil // which says more where it is used
	}
	targets := net.Schema.TargetScaling
	if !d.IsRegression() {
		targets = dataset.Scaling{}
	}
	d, err := d.Scaled(net.Schema.InputScaling, targets)
	if err == nil {
		lacksClasses(d, net.Layers[len(net.Layers)-1].Weights.Rows)
	}
	return d, err
}

// lacksClasses makes classes without names as many as there were in training: the last of
// them may have no sample in d.
func lacksClasses(d *set, classes int) {
	if !d.IsRegression() && d.ClassNames == nil && d.Classes > 0 {
		d.Classes = max(d.Classes, classes)
	}
}

// checkOut returns an error if no file can be put at path: training shouldn't come first
// to find that out.
func checkOut(path path) error {
	if path == "" {
		return nil
	}
	if err := replace.Possible(string(path)); err != nil {
		return fmt.Errorf("--out %s: %w", path, err)
	}
	return nil
}
