package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

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
			return nil, nil, usageError{fmt.Errorf("--label or --regression without --data: expected a table")}
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
	if want, have := net.Schema.FeatureNames, d.FeatureNames; want != nil && have != nil && !slices.Equal(want, have) {
		for i, name := range have {
			if i >= len(want) || want[i] != name {
				return nil, fmt.Errorf("feature %d is %.40q: expected %.80q as the network was trained", i+1, name, want[min(i, len(want)-1):])
			}
		}
	}
	if net.Layers[0].Weights.Cols != d.Features {
		return d, nil // which says more where it is used
	}
	targets := net.Schema.TargetScaling
	if !d.IsRegression() {
		targets = dataset.Scaling{}
	}
	return d.Scaled(net.Schema.InputScaling, targets)
}

// checkFolder returns an error if no file can be put at path: training shouldn't
// come first to find that out.
func checkFolder(path string) error {
	info, err := os.Stat(filepath.Dir(path))
	switch {
	case err != nil:
		return fmt.Errorf("--out %s: %w", path, err)
	case !info.IsDir():
		return fmt.Errorf("--out %s: expected a file in a folder", path)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("--out %s: a folder: expected a file", path)
	}
	return nil
}
