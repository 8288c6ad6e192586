package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/internal/replace"
	"github.com/lanewise/lanewise/mlp"
)

type trainCommand struct {
	settings `embed:""`

	Test    path  `placeholder:"FILE" help:"Table of the test set. By default a fifth of --data is held out, if it has no test set."`
	Threads count `default:"1" placeholder:"N" help:"Threads that a product may use (default: ${default}); the network trained is the same."`
	Out     path  `placeholder:"FILE" help:"Save the network there, as safetensors."`
	Resume  path  `placeholder:"FILE" help:"Go on with the training of this network, with its settings where none are given here; --out is this file by default."`
	Plot    path  `placeholder:"DIR" help:"Write learning curves and the confusion matrix there, as SVG and PNG."`
	JSON    bool  `name:"json" help:"Print a JSON object a line and nothing else."`
	Quiet   bool  `help:"Print no progress."`

	keep map[string]string // the settings as text
}

func (*trainCommand) Help() string {
	return `Examples:

  mlp train                                           the embedded digits
  mlp train --data mnist --hidden 512,256 --activation relu --optimizer adam --epochs 20 --out net.safetensors
  mlp train --data iris.csv --label species --epochs 200 --plot plots
  mlp train --data houses.csv --label price --regression --patience 20 --epochs 500 --out price.safetensors
  mlp train --resume net.safetensors --epochs 40      on from where it ended

A tenth of the training data is for validation. Ctrl-C ends training with the epoch at
hand and saves; training resumed gives the same network as training straight through.`
}

// epochEvent is the JSON object of an epoch.
type epochEvent struct {
	Event              string  `json:"event"`
	Epoch              int     `json:"epoch"`
	Epochs             int     `json:"epochs"`
	LearningRate       float64 `json:"learning_rate"`
	TrainCost          number  `json:"train_cost"`
	TrainAccuracy      number  `json:"train_accuracy"`
	ValidationCost     number  `json:"validation_cost"`
	ValidationAccuracy number  `json:"validation_accuracy"`
	Best               bool    `json:"best,omitempty"` // with patience
	Seconds            float64 `json:"seconds"`        // of training alone
	SamplesPerSecond   float64 `json:"samples_per_second"`
}

// trainResult is the JSON object at the end of training.
type trainResult struct {
	Event             string  `json:"event"`
	TrainSamples      int     `json:"train_samples"`
	ValidationSamples int     `json:"validation_samples"`
	TrainSeconds      float64 `json:"train_seconds"` // in training steps alone
	SamplesPerSecond  float64 `json:"samples_per_second"`
	Units             []int   `json:"units"`
	Parameters        int     `json:"parameters"`
	Epochs            int     `json:"epochs"` // completed
	BestEpoch         int     `json:"best_epoch,omitempty"`
	Seed              uint64  `json:"seed"`
	Level             string  `json:"level"`
	Threads           int     `json:"threads"`
	Out               path    `json:"out,omitempty"`
	measures
}

func (c *trainCommand) run(ctx context.Context, out *output) error {
	c.Out = cmp.Or(c.Out, c.Resume)
	if err := checkOut(c.Out); err != nil {
		return err
	}
	if c.Plot != "" {
		if err := os.MkdirAll(string(c.Plot), 0o777); err != nil {
			return fmt.Errorf("--plot: %w", err)
		}
		if err := replace.Possible(filepath.Join(string(c.Plot), "confusion.svg")); err != nil {
			return fmt.Errorf("--plot %s: %w", c.Plot, err)
		}
	}
	blas.SetThreads(int(c.Threads))
	defer blas.SetThreads(0)
	net, state, err := c.resumed()
	if err != nil {
		return err
	}
	training, validation, test, err := c.sets(net)
	if err != nil {
		return err
	}
	var trainer *mlp.Trainer[float32]
	training, validation, test, trainer, err = c.prepare(net, state, training, validation, test)
	if err != nil {
		return err
	}
	net = trainer.Net
	if err := net.Accepts(test); err != nil {
		return fmt.Errorf("test set of %s: %w", cmp.Or(string(c.Test), c.name()), err)
	}

	show := !c.JSON && !c.Quiet
	if show {
		out.printf("data     %s: %d training, %d validation, %d test samples\n", c.name(), training.Len(), validation.Len(), test.Len())
		out.printf("network  %s: %d parameters\n", describe(net), len(net.Params))
		out.printf("training batch %d, learning rate %v (%s), seed %d, level %s, threads %d\n", c.Batch, c.rate(), c.Schedule, c.Seed, blas.Level(), int(c.Threads))
	}
	p := newProgress(out, c, trainer, training.Len())
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	_, err = trainer.Train(ctx, training, validation)
	p.done()
	interrupted := err != nil && ctx.Err() != nil && errors.Is(err, context.Cause(ctx))
	if err != nil && !interrupted {
		return err
	}
	if c.Out != "" {
		trainer.State.Settings = c.keep
		if err := net.SaveState(string(c.Out), trainer.State); err != nil {
			return err
		}
	}
	if interrupted {
		saved := "nothing saved"
		if c.Out != "" {
			saved = fmt.Sprintf("saved; on with: mlp train --resume %s", c.Out)
		}
		return fmt.Errorf("%w after epoch %d of %d: %s", errInterrupted, trainer.State.Epoch, c.Epochs, saved)
	}
	tested, err := net.Evaluate(test)
	if err != nil {
		return err
	}
	if c.Plot != "" {
		if err := p.plot(string(c.Plot), net, tested); err != nil {
			return err
		}
	}
	if c.JSON {
		out.json(trainResult{
			Event: "result", measures: newMeasures(net, tested),
			TrainSamples: training.Len(), ValidationSamples: validation.Len(),
			TrainSeconds: p.seconds, SamplesPerSecond: p.perSecond(),
			Units: net.UnitsPerLayer(), Parameters: len(net.Params),
			Epochs: trainer.State.Epoch, BestEpoch: trainer.State.BestEpoch,
			Seed: c.Seed, Level: blas.Level(), Threads: int(c.Threads), Out: c.Out,
		})
		return nil
	}
	if show {
		p.chart()
		if c.Patience > 0 {
			out.printf("best     validation cost %.4f after epoch %d of %d, whose parameters are taken\n", trainer.State.BestCost, trainer.State.BestEpoch, trainer.State.Epoch)
		}
		out.printf("trained  %d epochs in %.3f s: %.0f samples/s (in training steps alone,\n"+
			"         without reading data, validation and test)\n\n", len(p.history), p.seconds, p.perSecond())
	}
	printMeasures(out, "test set", net, tested)
	return nil
}

// resumed returns the network whose training goes on, and its state; nil if none does.
func (c *trainCommand) resumed() (*network, *mlp.State[float32], error) {
	if c.Resume == "" {
		return nil, nil, nil
	}
	net, state, err := mlp.LoadState[float32](string(c.Resume))
	if err != nil {
		return nil, nil, err
	}
	if state == nil {
		return nil, nil, fmt.Errorf("--resume %s: no state of training in it: expected a file by mlp train --out", c.Resume)
	}
	if int(c.Epochs) < state.Epoch {
		return nil, nil, usageError{fmt.Errorf("--epochs %d with --resume %s: expected at least the %d that it has been trained for", c.Epochs, c.Resume, state.Epoch)}
	}
	for _, flag := range []string{"hidden", "activation", "output", "cost", "init", "scale"} {
		if settled := state.Settings[flag]; state.Settings == nil {
			delete(c.keep, flag) // nobody knows
		} else if c.keep[flag] != settled {
			return nil, nil, usageError{fmt.Errorf("--%s %s with --resume %s: expected it to stay as the network is, %s", flag, c.keep[flag], c.Resume, cmp.Or(settled, "by default"))}
		}
	}
	return net, state, nil
}

// sets returns the data in three parts, as they are in the files; of the classes of net,
// unless that is nil.
func (c *trainCommand) sets(net *network) (training, validation, test *set, err error) {
	var classes []string
	if net != nil {
		classes = net.Schema.ClassNames
	}
	all, test, err := c.load(classes)
	if err != nil {
		return nil, nil, nil, err
	}
	if c.Test != "" {
		other := dataFlags{Data: c.Test, Label: c.Label, Regression: c.Regression}
		if test, _, err = other.load(all.ClassNames); err != nil {
			return nil, nil, nil, err
		}
		if test.Features != all.Features {
			return nil, nil, nil, fmt.Errorf("--test %s: %d features a sample: expected %d, as in training", c.Test, test.Features, all.Features)
		}
		if err := all.Expect(test.Schema); err != nil {
			return nil, nil, nil, fmt.Errorf("--test %s: %w", c.Test, err)
		}
		lacksClasses(test, all.Classes)
	}
	if test == nil && all.Len() < 3 {
		return nil, nil, nil, fmt.Errorf("%s: %d samples: expected at least 3, for training, validation and test", c.name(), all.Len())
	}
	if test == nil {
		if all, test, err = all.Split(max(1, all.Len()/5), c.Seed); err != nil {
			return nil, nil, nil, err
		}
	}
	// A tenth of the training part is for validation; the test set stays out of
	// training altogether.
	training, validation, err = all.Split(max(1, all.Len()/10), c.Seed)
	return training, validation, test, err
}

// prepare scales the sets and makes the trainer, and the network unless its training goes on.
func (c *trainCommand) prepare(net *network, state *mlp.State[float32], training, validation, test *set) (*set, *set, *set, *mlp.Trainer[float32], error) {
	fail := func(err error) (*set, *set, *set, *mlp.Trainer[float32], error) { return nil, nil, nil, nil, err }
	if net == nil {
		scaled, err := c.scaled(training, validation, test)
		if err != nil {
			return fail(err)
		}
		net, err := c.network(scaled[0])
		if err != nil {
			return fail(err)
		}
		return scaled[0], scaled[1], scaled[2], c.trainer(net, training), nil
	}
	for _, d := range []**set{&training, &validation, &test} {
		var err error
		if *d, err = like(net, *d); err != nil {
			return fail(err)
		}
	}
	trainer := c.trainer(net, training)
	trainer.State = state
	return training, validation, test, trainer, nil
}

// describe names units, activations and cost.
func describe(net *network) string {
	names := []string{}
	for i, l := range net.Layers {
		if i == 0 || l.Activation.Name != net.Layers[i-1].Activation.Name || i == len(net.Layers)-1 {
			names = append(names, l.Activation.Name)
		}
	}
	return fmt.Sprintf("%s, %s, %s", dashed(net.UnitsPerLayer()), strings.Join(names, ", "), net.Cost.Name)
}

func dashed(units []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(units), "[]"), " ", "-")
}

// settingsIn returns the settings in a model file, as far as flags of these names may
// have them; none if the file can't be read, which is told where it is used.
func settingsIn(file path, names func(string) bool) map[string]string {
	_, state, err := mlp.LoadState[float32](string(file))
	if err != nil || state == nil {
		return nil
	}
	values := map[string]string{}
	for name, text := range state.Settings {
		if names(name) {
			values[name] = text
		}
	}
	return values
}
