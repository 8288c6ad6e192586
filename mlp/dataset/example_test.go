package dataset_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/lanewise/lanewise/mlp"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// A table with a header: the last column is the class, unless Label names another.
func ExampleReadCSV() {
	d, err := dataset.ReadCSV[float32](strings.NewReader(`length,width,species
5.1,3.5,setosa
7.0,3.2,versicolor
6.3,3.3,virginica
4.9,3.0,setosa
`), dataset.Table{Label: "species"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.FeatureNames, d.ClassNames)
	fmt.Println(d.Samples[1], d.ClassNames[d.Labels[1]])

	_, err = dataset.ReadCSV[float32](strings.NewReader("length,width,species\n5.1,?,setosa\n"), dataset.Table{})
	fmt.Println(err)
	// Output:
	// [length width] [setosa versicolor virginica]
	// [7 3.2] versicolor
	// dataset: line 2, column 2 (width): "?": expected a finite number
}

// Statistics of the training set alone scale all sets. The network keeps them: what is
// predicted is scaled likewise, and targets come back in their own unit.
func ExampleNewScaling() {
	var table strings.Builder
	table.WriteString("celsius,fahrenheit\n")
	for c := range 101 {
		fmt.Fprintf(&table, "%d,%g\n", c, 32+1.8*float64(c))
	}
	all, err := dataset.ReadCSV[float64](strings.NewReader(table.String()), dataset.Table{Regression: true})
	if err != nil {
		log.Fatal(err)
	}
	train, test, err := all.Split(20, 1)
	if err != nil {
		log.Fatal(err)
	}
	inputs, err := dataset.NewScaling(dataset.ScaleStandard, train.Samples)
	if err != nil {
		log.Fatal(err)
	}
	targets, err := dataset.NewScaling(dataset.ScaleStandard, train.Targets)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range []**dataset.Dataset[float64]{&train, &test} {
		if *d, err = (*d).Scaled(inputs, targets); err != nil {
			log.Fatal(err)
		}
	}

	net, err := mlp.New([]int{1, 1}, mlp.Identity[float64](), mlp.Identity[float64](), mlp.Square[float64](), 1)
	if err != nil {
		log.Fatal(err)
	}
	trainer := mlp.Trainer[float64]{Net: net, BatchSize: 9, Epochs: 50, LearningRate: mlp.ConstantRate(0.3), Seed: 1}
	if _, err := trainer.Train(context.Background(), train, nil); err != nil {
		log.Fatal(err)
	}
	e, err := net.Evaluate(test)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: R² %.3f\n", e.Fits[0].Name, e.Fits[0].R2)

	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "net.safetensors")
	if err := net.Save(file); err != nil {
		log.Fatal(err)
	}
	loaded, err := mlp.Load[float64](file)
	if err != nil {
		log.Fatal(err)
	}
	s := loaded.Schema
	y := make([]float64, 1)
	loaded.Predictor().Predict(y, []float64{s.InputScaling.Value(0, 37)})
	fmt.Printf("37 °C are %.1f °F\n", s.TargetScaling.Raw(0, y[0]))
	// Output:
	// fahrenheit: R² 1.000
	// 37 °C are 98.6 °F
}
