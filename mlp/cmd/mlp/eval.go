package main

import (
	"context"
	"encoding/json"
	"math"

	"github.com/lanewise/lanewise/mlp"
)

type evalCommand struct {
	Model path `required:"" placeholder:"FILE" help:"Network saved by train --out."`
	Data  path `placeholder:"DIR" help:"Folder with the four IDX files; the embedded digits by default."`
	JSON  bool `name:"json" help:"Print one JSON object and nothing else."`
}

func (c *evalCommand) run(_ context.Context, out *output) error {
	net, err := mlp.Load[float32](string(c.Model))
	if err != nil {
		return err
	}
	_, test, err := load(c.Data)
	if err != nil {
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
		}{"result", c.Model, newMeasures(tested)})
		return nil
	}
	out.printf("%s on %s, test set, cost %.4f\n%v", c.Model, dataName(c.Data), tested.Cost, tested.Confusion)
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
	TestAccuracy number          `json:"test_accuracy"`
	ErrorRate    number          `json:"error_rate"`
	Confusion    [][]int         `json:"confusion"` // rows true, columns predicted
	Classes      []classMeasures `json:"classes"`
	Mean         classMeasures   `json:"mean"`      // over the classes where it is defined
	Undefined    undefined       `json:"undefined"` // classes left out of the mean
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

func newMeasures(e mlp.Evaluation) measures {
	c := e.Confusion
	a := c.Averages()
	m := measures{
		TestSamples:  c.Samples(),
		TestCost:     number(e.Cost),
		TestAccuracy: number(c.Accuracy()),
		ErrorRate:    number(c.ErrorRate()),
		Mean:         classMeasures{number(a.Accuracy.Mean), number(a.Recall.Mean), number(a.Precision.Mean), number(a.F1.Mean)},
		Undefined:    undefined{a.Accuracy.Undefined, a.Recall.Undefined, a.Precision.Undefined, a.F1.Undefined},
	}
	for k := range c.Classes() {
		counts := make([]int, c.Classes())
		for j := range counts {
			counts[j] = c.At(k, j)
		}
		m.Confusion = append(m.Confusion, counts)
		of := c.Class(k)
		m.Classes = append(m.Classes, classMeasures{number(of.Accuracy), number(of.Recall), number(of.Precision), number(of.F1)})
	}
	return m
}
