package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/lanewise/lanewise/mlp"
)

type evalCommand struct {
	dataFlags `embed:""`
	Model     path `required:"" placeholder:"FILE" help:"Network saved by train --out."`
	JSON      bool `name:"json" help:"Print one JSON object and nothing else."`
}

func (*evalCommand) Help() string {
	return `Examples:

  mlp eval --model digits.safetensors
  mlp eval --model iris.safetensors --data more-irises.csv --json

The samples are those of the test set or, where the data have none, all. --label and
--regression are as in training where they aren't given.`
}

func (c *evalCommand) run(_ context.Context, out *output) error {
	net, err := mlp.Load[float32](string(c.Model))
	if err != nil {
		return err
	}
	all, test, err := c.load(net.Schema.ClassNames)
	if err != nil {
		return err
	}
	part := "test set"
	if test == nil {
		test, part = all, "all samples"
	}
	if test, err = like(net, test); err != nil {
		return err
	}
	tested, err := net.Evaluate(test)
	if err != nil {
		return err
	}
	if c.JSON {
		out.json(struct {
			Event string `json:"event"`
			Model path   `json:"model"`
			measures
		}{"result", c.Model, newMeasures(net, tested)})
		return nil
	}
	printMeasures(out, fmt.Sprintf("%s on %s, %s", c.Model, c.name(), part), net, tested)
	return nil
}

// number is a JSON number; null where it isn't finite.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// measures are those of a test set; what is 0/0 is null.
type measures struct {
	TestSamples  int             `json:"test_samples"`
	TestCost     number          `json:"test_cost"`
	TestAccuracy number          `json:"test_accuracy"` // null for regression, as is ErrorRate
	ErrorRate    number          `json:"error_rate"`
	Confusion    [][]int         `json:"confusion,omitempty"` // rows true, columns predicted
	ClassNames   []string        `json:"class_names,omitempty"`
	Classes      []classMeasures `json:"classes,omitempty"`
	Mean         *classMeasures  `json:"mean,omitempty"`      // over the classes where it is defined
	Undefined    *undefined      `json:"undefined,omitempty"` // classes left out of the mean
	Targets      []fitMeasures   `json:"targets,omitempty"`   // of regression
}

// fitMeasures are those of a target, in its own unit.
type fitMeasures struct {
	Name string `json:"name,omitempty"`
	R2   number `json:"r2"`
	RMSE number `json:"rmse"`
	MAE  number `json:"mae"`
}

type classMeasures struct {
	Accuracy  number `json:"accuracy"`
	Recall    number `json:"recall"`
	Precision number `json:"precision"`
	F1        number `json:"f1"`
}

type undefined struct {
	Accuracy  int `json:"accuracy"`
	Recall    int `json:"recall"`
	Precision int `json:"precision"`
	F1        int `json:"f1"`
}

func newMeasures(net *network, e mlp.Evaluation) measures {
	m := measures{TestCost: number(e.Cost), TestAccuracy: number(e.Accuracy()), ErrorRate: number(1 - e.Accuracy())}
	for _, f := range e.Fits {
		m.TestSamples = f.Samples
		m.Targets = append(m.Targets, fitMeasures{f.Name, number(f.R2), number(f.RMSE), number(f.MAE)})
	}
	c := e.Confusion
	if c == nil {
		return m
	}
	a := c.Averages()
	m.TestSamples = c.Samples()
	m.ErrorRate = number(c.ErrorRate())
	m.Confusion = counts(c)
	m.ClassNames = net.Schema.ClassNames
	m.Mean = &classMeasures{number(a.Accuracy.Mean), number(a.Recall.Mean), number(a.Precision.Mean), number(a.F1.Mean)}
	m.Undefined = &undefined{a.Accuracy.Undefined, a.Recall.Undefined, a.Precision.Undefined, a.F1.Undefined}
	for k := range c.Classes() {
		of := c.Class(k)
		m.Classes = append(m.Classes, classMeasures{number(of.Accuracy), number(of.Recall), number(of.Precision), number(of.F1)})
	}
	return m
}

// fitText is R² in print, – where it is 0/0: the target is constant.
func fitText(r2 float64) string {
	if math.IsNaN(r2) {
		return fmt.Sprintf("%6s", "–")
	}
	return fmt.Sprintf("%6.4f", r2)
}

// printMeasures prints all measures of a set.
func printMeasures(out *output, set string, net *network, e mlp.Evaluation) {
	out.printf("%s, cost %.4f\n", set, e.Cost)
	if e.Confusion != nil {
		for k, name := range net.Schema.ClassNames {
			if name != strconv.Itoa(k) {
				out.printf("class %d is %s\n", k, name)
			}
		}
		out.printf("%v", e.Confusion)
		return
	}
	out.printf("target             R²          RMSE           MAE  (%d samples)\n", e.Fits[0].Samples)
	for k, f := range e.Fits {
		out.printf("%-14.14s %s  %12.6g  %12.6g\n", cmp.Or(f.Name, strconv.Itoa(k+1)), fitText(f.R2), f.RMSE, f.MAE)
	}
}
