package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/lanewise/lanewise/mlp"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// settings are what a network and its training depend on, but for their length. They
// are kept in model files.
type settings struct {
	dataFlags `embed:""`
	Scale     string `default:"" enum:",${scalings}" placeholder:"RULE" help:"How inputs, and targets, are scaled, column by column, with statistics of the training set: none, unit (into [0, 1]) or standard (mean 0, standard deviation 1). By default none for images, which are in [0, 1] from the start, and standard for tables."`

	Hidden     units  `default:"64,64" placeholder:"N,N" help:"Units of each hidden layer, or none (default: ${default})."`
	Activation string `default:"sigmoid" enum:"${activations}" placeholder:"NAME" help:"Activation of the hidden layers: one of ${enum} (default: ${default})."`
	Cost       string `default:"" enum:",${costs}" placeholder:"NAME" help:"Cost: one of ${costs}. By default cross-entropy for classes, square for regression."`
	Output     string `default:"" enum:",${outputs}" placeholder:"NAME" help:"Activation of the output layer: one of ${outputs}. By default what goes with the cost: softmax, sigmoid, identity."`
	Init       string `default:"glorot" enum:"${initializations}" placeholder:"NAME" help:"How far from 0 weights begin: one of ${enum} (default: ${default})."`

	Optimizer string   `default:"sgd" enum:"sgd,momentum,adam" placeholder:"NAME" help:"One of ${enum} (default: ${default})."`
	Momentum  fraction `default:"0.9" placeholder:"F" help:"Momentum's factor (default: ${default})."`
	LR        rate     `name:"lr" placeholder:"RATE" help:"Learning rate of the first epoch. By default 0.5 for sgd (regression: 0.05), a tenth of that for momentum, 0.001 for adam."`
	Schedule  string   `default:"linear" enum:"linear,constant,step,exponential,cosine" placeholder:"NAME" help:"How the rate goes on: linear, falling to 1/epochs of it in the last epoch; constant; step, times --decay every --step-every epochs; exponential, times --decay each epoch; cosine, falling nearly to 0 (default: ${default})."`
	Decay     fraction `default:"0.5" placeholder:"F" help:"Factor of the schedules step and exponential (default: ${default})."`
	StepEvery count    `default:"10" placeholder:"N" help:"Epochs of a step (default: ${default})."`
	WarmUp    whole    `name:"warm-up" default:"0" placeholder:"N" help:"Epochs in which the rate rises to what the schedule says (default: ${default})."`
	L2        amount   `name:"l2" default:"0" placeholder:"λ" help:"Adds λ/2·Σ W² to the cost (default: ${default})."`
	Dropout   fraction `default:"0" placeholder:"P" help:"Probability with which an activation of a hidden layer is left out of a step (default: ${default})."`
	Patience  whole    `default:"0" placeholder:"N" help:"End after N epochs without a lower validation cost, and take the best; 0: never (default: ${default})."`

	Batch  count  `default:"32" placeholder:"N" help:"Samples in a mini-batch (default: ${default})."`
	Epochs count  `default:"80" placeholder:"N" help:"Passes over the training set (default: ${default})."`
	Seed   uint64 `default:"1" placeholder:"N" help:"Seed of weights, splits, order of samples and dropout (default: ${default})."`
}

// vars are what flags' tags refer to.
func vars() kong.Vars {
	return kong.Vars{
		"activations":     strings.Join(mlp.HiddenActivations(), ","),
		"outputs":         strings.Join(append(mlp.HiddenActivations(), "softmax"), ","),
		"costs":           "cross-entropy,binary-cross-entropy,square",
		"initializations": strings.Join(mlp.Initializations(), ","),
		"scalings":        strings.Join(dataset.ScalingRules(), ","),
	}
}

// notKept are train's flags that are not settings.
var notKept = map[string]bool{"help": true, "resume": true, "out": true, "plot": true, "json": true, "quiet": true, "threads": true}

// kept returns the values of flags that model files keep.
func kept(flags []*kong.Flag) map[string]string {
	values := map[string]string{}
	for _, f := range flags {
		if !notKept[f.Name] {
			if text := fmt.Sprint(f.Target.Interface()); text != "" && text != "0" || f.HasDefault {
				values[f.Name] = text
			}
		}
	}
	return values
}

// scaled returns the sets scaled by the rule, with statistics of the first.
func (s *settings) scaled(training *set, others ...*set) ([]*set, error) {
	rule := s.Scale
	if rule == "" {
		rule = dataset.ScaleStandard
		if training.Divisor != 1 {
			rule = dataset.ScaleNone
		}
	}
	inputs, err := dataset.NewScaling(rule, training.Samples)
	if err != nil {
		return nil, err
	}
	targets, err := dataset.NewScaling(rule, training.Targets)
	if err != nil {
		return nil, err
	}
	var all []*set
	for _, d := range append([]*set{training}, others...) {
		if d != nil {
			if d, err = d.Scaled(inputs, targets); err != nil {
				return nil, err
			}
		}
		all = append(all, d)
	}
	return all, nil
}

// network returns the network for a scaled training set, with its first weights.
func (s *settings) network(training *set) (*network, error) {
	if !s.Regression && training.Outputs() < 2 {
		return nil, fmt.Errorf("%s: %d class in the data: expected at least 2", s.name(), training.Outputs())
	}
	net, err := s.build(training)
	if err != nil {
		return nil, usageError{err}
	}
	net.InputDivisor = training.Divisor
	net.Schema = named(training)
	return net, nil
}

// build is network of what the command line says; its errors are the command line's.
func (s *settings) build(training *set) (*network, error) {
	costName := s.Cost
	if costName == "" {
		costName = "cross-entropy"
		if s.Regression {
			costName = "square"
		}
	}
	cost, err := mlp.CostByName[float32](costName)
	if err != nil {
		return nil, err
	}
	output, err := mlp.ActivationByName[float32](s.output(cost))
	if err != nil {
		return nil, err
	}
	hidden, err := mlp.ActivationByName[float32](s.Activation)
	if err != nil {
		return nil, err
	}
	init, err := mlp.InitializationByName(s.Init)
	if err != nil {
		return nil, err
	}
	outputs := training.Outputs()
	switch {
	case costName == "binary-cross-entropy" && (s.Regression || outputs != 2):
		return nil, fmt.Errorf("--cost %s with %d outputs: expected two classes", costName, outputs)
	case costName == "binary-cross-entropy":
		outputs = 1
	}
	net, err := mlp.New(append(append([]int{training.Features}, s.Hidden...), outputs), hidden, output, cost, s.Seed)
	if err != nil {
		return nil, err
	}
	net.Initialize(init, s.Seed)
	return net, nil
}

// named returns the schema of a set whose classes or targets have names, by number if the
// data have none, so that a file of the network tells what it was trained for.
func named(training *set) dataset.Schema {
	s := training.Schema
	switch {
	case training.IsRegression() && s.TargetNames == nil:
		for k := range training.Outputs() {
			s.TargetNames = append(s.TargetNames, "target"+strconv.Itoa(k+1))
		}
	case !training.IsRegression() && s.ClassNames == nil:
		for k := range training.Classes {
			s.ClassNames = append(s.ClassNames, strconv.Itoa(k))
		}
	}
	return s
}

func (s *settings) output(cost mlp.Cost[float32]) string {
	byTask := "softmax"
	if s.Regression {
		byTask = "identity"
	}
	return cmp.Or(s.Output, cost.Through, byTask)
}

// trainer returns the trainer for a network.
func (s *settings) trainer(net *network, training *set) *mlp.Trainer[float32] {
	optimizer := map[string]mlp.Optimizer[float32]{
		"sgd":      mlp.SGD[float32](),
		"momentum": mlp.Momentum[float32](float64(s.Momentum)),
		"adam":     mlp.Adam[float32](.9, .999, 1e-8),
	}[s.Optimizer]
	return &mlp.Trainer[float32]{
		Net: net, Optimizer: optimizer,
		BatchSize: min(int(s.Batch), training.Len()), Epochs: int(s.Epochs), LearningRate: s.schedule(), Seed: s.Seed,
		L2: float64(s.L2), Dropout: float64(s.Dropout), Patience: int(s.Patience),
	}
}

// rate returns the first learning rate.
func (s *settings) rate() float64 {
	sgd := 0.5
	if s.Regression {
		sgd = 0.05
	}
	byOptimizer := map[string]float64{"sgd": sgd, "momentum": sgd / 10, "adam": 0.001}[s.Optimizer]
	return cmp.Or(float64(s.LR), byOptimizer)
}

func (s *settings) schedule() func(epoch int) float64 {
	first, epochs := s.rate(), int(s.Epochs)
	rate := mlp.ConstantRate(first)
	switch s.Schedule {
	case "linear":
		rate = mlp.LinearRate(first, epochs)
	case "step":
		rate = mlp.StepRate(first, int(s.StepEvery), float64(s.Decay))
	case "exponential":
		rate = mlp.ExponentialRate(first, float64(s.Decay))
	case "cosine":
		rate = mlp.CosineRate(first, epochs)
	}
	if s.WarmUp > 0 {
		rate = mlp.WarmUp(int(s.WarmUp), rate)
	}
	return rate
}
