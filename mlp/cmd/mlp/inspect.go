package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/lanewise/lanewise/mlp"
)

type inspectCommand struct {
	Model path `required:"" placeholder:"FILE" help:"Network saved by train --out."`
	JSON  bool `name:"json" help:"Print one JSON object and nothing else."`
}

func (*inspectCommand) Help() string {
	return `Example:

  mlp inspect --model net.safetensors`
}

// contents is the JSON object of a model file.
type contents struct {
	Model        path            `json:"model"`
	Bytes        int64           `json:"bytes"`
	Units        []int           `json:"units"`
	Parameters   int             `json:"parameters"`
	Cost         string          `json:"cost"`
	Divisor      float64         `json:"input_divisor"`
	InputScaling string          `json:"input_scaling"`
	Features     []string        `json:"feature_names,omitempty"`
	Classes      []string        `json:"class_names,omitempty"`
	Targets      []string        `json:"target_names,omitempty"`
	Layers       []layerContents `json:"layers"`
	State        *stateContents  `json:"state,omitempty"`
}

type layerContents struct {
	Units      int    `json:"units"`
	Inputs     int    `json:"inputs"`
	Activation string `json:"activation"`
	Weights    stats  `json:"weights"`
	Bias       stats  `json:"bias"`
}

// stats are those of a tensor.
type stats struct {
	Min number `json:"min"`
	Max number `json:"max"`
	RMS number `json:"rms"`
	NaN int    `json:"not_finite,omitempty"`
}

type stateContents struct {
	Optimizer string            `json:"optimizer"`
	Epoch     int               `json:"epoch"`
	Step      int               `json:"step"`
	BestEpoch int               `json:"best_epoch,omitempty"`
	BestCost  number            `json:"best_cost,omitempty"`
	Buffers   []string          `json:"buffers,omitempty"`
	Settings  map[string]string `json:"settings,omitempty"`
}

func (c *inspectCommand) run(_ context.Context, out *output) error {
	net, state, err := mlp.LoadState[float32](string(c.Model))
	if err != nil {
		return err
	}
	info, err := os.Stat(string(c.Model))
	if err != nil {
		return err
	}
	s := net.Schema
	o := contents{
		Model: c.Model, Bytes: info.Size(), Units: net.UnitsPerLayer(), Parameters: len(net.Params), Cost: net.Cost.Name,
		Divisor: net.InputDivisor, InputScaling: "none", Features: s.FeatureNames, Classes: s.ClassNames, Targets: s.TargetNames,
	}
	if !s.InputScaling.IsNone() {
		o.InputScaling = s.InputScaling.Rule
	}
	for _, l := range net.Layers {
		o.Layers = append(o.Layers, layerContents{l.Weights.Rows, l.Weights.Cols, l.Activation.Name, newStats(l.Weights.Data), newStats(l.Bias)})
	}
	if state != nil {
		o.State = &stateContents{state.Optimizer, state.Epoch, state.Step, state.BestEpoch, number(state.BestCost), nil, state.Settings}
		for _, b := range state.Buffers {
			o.State.Buffers = append(o.State.Buffers, b.Name)
		}
	}
	if c.JSON {
		out.json(o)
		return nil
	}
	out.printf("file     %s, %d bytes\nnetwork  %s: %d parameters\n", c.Model, o.Bytes, describe(net), o.Parameters)
	out.printf("inputs   %d, divided by %v, scaling %s%s\n", o.Units[0], o.Divisor, o.InputScaling, listed(o.Features))
	if o.Classes != nil {
		out.printf("classes  %d%s\n", len(o.Classes), listed(o.Classes))
	}
	if o.Targets != nil {
		out.printf("targets  %d%s\n", len(o.Targets), listed(o.Targets))
	}
	out.printf("\nlayer  units × inputs  activation                 min        max        rms\n")
	for i, l := range o.Layers {
		for _, part := range []struct {
			layer, size, activation, name string
			stats
		}{
			{strconv.Itoa(i + 1), fmt.Sprintf("%d × %d", l.Units, l.Inputs), l.Activation, "weights", l.Weights},
			{"", "", "", "bias", l.Bias},
		} {
			out.printf("%5s  %14s  %-10s  %-7s  %9.4g  %9.4g  %9.4g", part.layer, part.size, part.activation, part.name, part.Min, part.Max, part.RMS)
			if part.NaN > 0 {
				out.printf("  %d not finite", part.NaN)
			}
			out.printf("\n")
		}
	}
	if o.State != nil {
		out.printf("\ntraining %s: %d epochs, %d steps", o.State.Optimizer, o.State.Epoch, o.State.Step)
		if o.State.BestEpoch > 0 {
			out.printf("; lowest validation cost %.4f after epoch %d", state.BestCost, state.BestEpoch)
		}
		var settings []string
		for name, value := range o.State.Settings {
			if value != "" { // chosen by others
				settings = append(settings, "--"+name+" "+value)
			}
		}
		slices.Sort(settings)
		out.printf("\nsettings %s\n", strings.Join(settings, " "))
	}
	return nil
}

// listed writes the first few names.
func listed(names []string) string {
	const most = 12
	switch {
	case names == nil:
		return ""
	case len(names) > most:
		return ": " + strings.Join(names[:most], ", ") + " …"
	}
	return ": " + strings.Join(names, ", ")
}

func newStats(values []float32) stats {
	low, high, sum, bad := math.Inf(1), math.Inf(-1), 0.0, 0
	for _, x := range values {
		v := float64(x)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			bad++
			continue
		}
		low, high = min(low, v), max(high, v)
		sum += v * v
	}
	return stats{number(low), number(high), number(math.Sqrt(sum / float64(len(values)-bad))), bad}
}
