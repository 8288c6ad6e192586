package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lanewise/lanewise/internal/replace"
	"github.com/lanewise/lanewise/mlp"
	"github.com/lanewise/lanewise/mlp/dataset"
)

type predictCommand struct {
	Model path   `required:"" placeholder:"FILE" help:"Network saved by train --out."`
	Data  source `default:"-" placeholder:"FILE" help:"Samples: a table (CSV), an IDX file of images, each gzipped or not, or FILE.npz with x_test, x_train or x; - is standard input (default: ${default}). Values of images are in [0, 1], divided as in training."`
	Label string `placeholder:"COLUMN" help:"Columns of the table to leave out, if it has them; by default the label of training, if that has a name, and all that a header names beside the network's features."`
	Out   path   `placeholder:"FILE" help:"Write predictions there, not to standard output."`
	JSON  bool   `name:"json" help:"Print a JSON object a sample, not CSV."`
	Time  bool   `help:"Tell on standard error how long it took, and how long one sample takes."`

	stderr io.Writer
}

func (*predictCommand) Help() string {
	return `Examples:

  mlp predict --model iris.safetensors --data irises.csv
  mlp predict --model net.safetensors --data t10k-images-idx3-ubyte.gz --json
  grep -v '#' houses.csv | mlp predict --model price.safetensors --out prices.csv

CSV has a header; for classes, a line is the class and the probability (or output) of
each; for regression, the targets, in their own unit.`
}

func (c *predictCommand) run(_ context.Context, out *output) error {
	net, state, err := mlp.LoadState[float32](string(c.Model))
	if err != nil {
		return err
	}
	if err := checkOut(c.Out); err != nil {
		return err
	}
	begin := time.Now()
	d, err := c.samples(net)
	if err != nil {
		return err
	}
	if d, err = like(net, d); err != nil {
		return fmt.Errorf("%s: %w", c.name(), err)
	}
	p := net.Predictor()
	switch {
	case d.Features != p.Inputs():
		return fmt.Errorf("%s: %d values a sample: expected %d, the network's inputs", c.name(), d.Features, p.Inputs())
	case d.Divisor != 1 && net.InputDivisor != 0 && d.Divisor != net.InputDivisor:
		return fmt.Errorf("%s: pixels divided by %v: expected %v as the network was trained", c.name(), d.Divisor, net.InputDivisor)
	}
	x := slices.Concat(d.Samples...)
	if i := slices.IndexFunc(x, func(v float32) bool { return v > 1 }); i >= 0 && d.Divisor == 1 && net.InputDivisor > 1 {
		return fmt.Errorf("%s: %v in sample %d: expected pixels divided by %v, in [0, 1], as the network was trained", c.name(), x[i], i/d.Features+1, net.InputDivisor)
	}
	y := make([]float32, d.Len()*p.Outputs())
	read := time.Now()
	p.Predict(y, x)
	predicted := time.Now()
	if i := slices.IndexFunc(y, func(v float32) bool { return v-v != 0 }); i >= 0 {
		return fmt.Errorf("%s: sample %d comes to %v: expected values of the size that the network was trained with", c.name(), i/p.Outputs()+1, y[i])
	}
	write := func(w io.Writer) error {
		b := bufio.NewWriter(w)
		if err := c.write(b, net, isRegression(net, state), y, p.Outputs()); err != nil {
			return err
		}
		return b.Flush()
	}
	if c.Out != "" {
		if err := replace.File(string(c.Out), write); err != nil {
			return fmt.Errorf("--out %s: %w", c.Out, err)
		}
	} else if err := write(out); err != nil {
		return err
	}
	if c.Time {
		c.time(p, x, y, read.Sub(begin), predicted.Sub(read), time.Since(predicted))
	}
	return nil
}

// name is what errors call the samples.
func (c *predictCommand) name() string {
	if c.Data == "-" {
		return "standard input"
	}
	return string(c.Data)
}

func (c *predictCommand) samples(net *network) (*set, error) {
	table := dataset.Table{Label: c.Label, Regression: true, Unlabelled: true, Features: net.Schema.FeatureNames} // perhaps several labels
	if _, err := strconv.Atoi(c.Label); err == nil && c.Label != "" {
		table.Label = "" // the number of a column in another table says nothing of this one
	}
	if c.Data == "-" {
		d, err := dataset.ReadSamples[float32](os.Stdin, table)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name(), err)
		}
		return d, nil
	}
	if strings.EqualFold(filepath.Ext(string(c.Data)), ".npz") {
		d, test, err := dataset.LoadNPZ[float32](string(c.Data), table)
		if test != nil {
			d = test
		}
		return d, err
	}
	f, err := os.Open(string(c.Data))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d, err := dataset.ReadSamples[float32](f, table)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name(), err)
	}
	return d, nil
}

// prediction is the JSON object of a sample.
type prediction struct {
	Class         string             `json:"class,omitempty"`
	Probabilities map[string]float32 `json:"outputs,omitempty"` // by class
	Targets       map[string]float32 `json:"targets,omitempty"`
}

// isRegression says that the network predicts targets: as its training was or, where
// the file does not say, if it has names of targets, or outputs without bounds and no
// names of classes.
func isRegression(net *network, state *mlp.State[float32]) bool {
	if state != nil && state.Settings["regression"] != "" {
		return state.Settings["regression"] == "true"
	}
	output := net.Layers[len(net.Layers)-1].Activation.Name
	return net.Schema.TargetNames != nil || output == "identity" && net.Schema.ClassNames == nil
}

// write writes predictions y, so many outputs a sample.
func (c *predictCommand) write(w io.Writer, net *network, regression bool, y []float32, outputs int) error {
	s := net.Schema
	name := func(names []string, k int, otherwise string) string {
		if names != nil {
			return names[k]
		}
		return otherwise
	}
	binary := !regression && outputs == 1 // of class 1
	classes := outputs
	if binary {
		classes = 2
	}
	var header []string
	if regression {
		for k := range outputs {
			header = append(header, name(s.TargetNames, k, "target"+strconv.Itoa(k+1)))
		}
	} else {
		header = append(header, "class")
		for k := range classes {
			header = append(header, name(s.ClassNames, k, strconv.Itoa(k)))
		}
	}
	table := csv.NewWriter(w)
	objects := json.NewEncoder(w)
	if !c.JSON {
		table.Write(header)
	}
	fields := make([]string, 0, classes+1)
	both := make([]float32, 2)
	for row := range slices.Chunk(y, outputs) {
		fields = fields[:0]
		var best int
		if regression {
			for k := range row {
				row[k] = float32(s.TargetScaling.Raw(k, float64(row[k])))
			}
		} else {
			if binary {
				both[0], both[1] = 1-row[0], row[0]
				row = both
			}
			for k, v := range row {
				if v > row[best] {
					best = k
				}
			}
		}
		if c.JSON {
			var o prediction
			values := map[string]float32{}
			names := header
			if regression {
				o.Targets = values
			} else {
				o.Class, o.Probabilities, names = header[1+best], values, header[1:]
			}
			for k, v := range row {
				values[names[k]] = v
			}
			if err := objects.Encode(o); err != nil {
				return err
			}
			continue
		}
		if !regression {
			fields = append(fields, header[1+best])
		}
		for _, v := range row {
			fields = append(fields, strconv.FormatFloat(float64(v), 'g', -1, 32))
		}
		if err := table.Write(fields); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}

// time tells how long reading, predicting and writing took, and how long predictions
// of one sample each take, at the median.
func (c *predictCommand) time(p *mlp.Predictor[float32], x, y []float32, reading, predicting, writing time.Duration) {
	n := len(x) / p.Inputs()
	one := make([]time.Duration, n)
	for i := range n {
		begin := time.Now()
		p.Predict(y[:p.Outputs()], x[i*p.Inputs():][:p.Inputs()])
		one[i] = time.Since(begin)
	}
	slices.Sort(one)
	fmt.Fprintf(cmp.Or[io.Writer](c.stderr, os.Stderr), "%d samples: read in %.1f ms, predicted in %.2f ms (%.0f samples/s), written in %.1f ms; one alone takes %.2f µs\n",
		n, reading.Seconds()*1e3, predicting.Seconds()*1e3, float64(n)/max(predicting, 1).Seconds(), writing.Seconds()*1e3, float64(one[n/2].Nanoseconds())/1e3)
}
