package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp"
	"github.com/lanewise/lanewise/mlp/dataset"
)

type trainCommand struct {
	Data       path   `placeholder:"DIR" help:"Folder with the four IDX files of MNIST or Fashion-MNIST, gzipped or not; the embedded digits by default."`
	Hidden     units  `default:"64,64" placeholder:"N,N" help:"Units of each hidden layer (default: ${default})."`
	Activation string `default:"sigmoid" enum:"${activations}" placeholder:"NAME" help:"Activation of the hidden layers: one of ${enum} (default: ${default})."`
	Batch      count  `default:"32" placeholder:"N" help:"Samples in a mini-batch (default: ${default})."`
	LR         rate   `default:"0.5" name:"lr" placeholder:"RATE" help:"Learning rate of the first epoch (default: ${default})."`
	Schedule   string `default:"linear" enum:"linear,constant" placeholder:"NAME" help:"How the rate goes on: linear, falling to 1/epochs of it in the last epoch, or constant (default: ${default})."`
	Epochs     count  `default:"80" placeholder:"N" help:"Passes over the training set (default: ${default})."`
	Seed       uint64 `default:"1" placeholder:"N" help:"Seed of weights, splits and order of samples (default: ${default})."`
	Threads    count  `default:"1" placeholder:"N" help:"Threads that a product may use (default: ${default}); the network trained is the same."`
	Out        path   `placeholder:"FILE" help:"Save the network there, as safetensors."`
	JSON       bool   `name:"json" help:"Print a JSON object a line and nothing else."`
	Quiet      bool   `help:"Print no progress."`
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
	Seconds            float64 `json:"seconds"` // of training alone
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
	Seed              uint64  `json:"seed"`
	Level             string  `json:"level"`
	Threads           int     `json:"threads"`
	Out               path    `json:"out,omitempty"`
	measures
}

func (c *trainCommand) run(ctx context.Context, out *output) error {
	if c.Out != "" {
		if err := checkFolder(string(c.Out)); err != nil {
			return err
		}
	}
	blas.SetThreads(int(c.Threads))
	defer blas.SetThreads(0)
	all, test, err := load(c.Data)
	if err != nil {
		return err
	}
	// A tenth of the training part is for validation; the test set stays out of
	// training altogether.
	training, validation, err := all.Split(max(1, all.Len()/10), c.Seed)
	if err != nil {
		return err
	}
	net, err := c.network(all)
	if err != nil {
		return usageError{err}
	}

	show := !c.JSON && !c.Quiet
	if show {
		out.printf("data     %s: %d training, %d validation, %d test samples\n", dataName(c.Data), training.Len(), validation.Len(), test.Len())
		out.printf("network  %s, %s, softmax, cross-entropy: %d parameters\n", dashed(net.UnitsPerLayer()), c.Activation, len(net.Params))
		out.printf("training batch %d, learning rate %v (%s), seed %d, level %s, threads %d\n", c.Batch, c.LR, c.Schedule, c.Seed, blas.Level(), int(c.Threads))
	}
	var seconds float64
	samples := 0
	trainer := mlp.Trainer[float32]{
		Net:          net,
		BatchSize:    min(int(c.Batch), training.Len()),
		Epochs:       int(c.Epochs),
		LearningRate: c.learningRate(),
		Seed:         c.Seed,
		Progress: func(e mlp.Epoch) {
			seconds += e.Duration.Seconds()
			samples += e.Samples
			switch {
			case c.Quiet:
			case c.JSON:
				out.json(newEpochEvent(e, int(c.Epochs)))
			default:
				printEpoch(out, e, int(c.Epochs))
			}
		},
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	if _, err := trainer.Train(ctx, training, validation); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %s; nothing saved", errInterrupted, strings.TrimPrefix(err.Error(), "mlp: "))
		}
		return err
	}
	tested, err := net.Evaluate(test)
	if err != nil {
		return err
	}
	if c.Out != "" {
		if err := net.Save(string(c.Out)); err != nil {
			return err
		}
	}
	perSecond := float64(samples) / max(seconds, 1e-9)
	if c.JSON {
		out.json(trainResult{
			Event: "result", measures: newMeasures(tested),
			TrainSamples: training.Len(), ValidationSamples: validation.Len(),
			TrainSeconds: seconds, SamplesPerSecond: perSecond,
			Units: net.UnitsPerLayer(), Parameters: len(net.Params),
			Seed: c.Seed, Level: blas.Level(), Threads: int(c.Threads), Out: c.Out,
		})
		return nil
	}
	if show {
		out.printf("trained  %d epochs in %.3f s: %.0f samples/s (samples trained on, by the time in training steps,\n"+
			"         without reading data, validation and test)\n\n", c.Epochs, seconds, perSecond)
	}
	out.printf("test set, cost %.4f\n%v", tested.Cost, tested.Confusion)
	return nil
}

func (c *trainCommand) learningRate() func(epoch int) float64 {
	if c.Schedule == "constant" {
		return mlp.ConstantRate(float64(c.LR))
	}
	return mlp.LinearRate(float64(c.LR), int(c.Epochs))
}

func (c *trainCommand) network(d *dataset.Dataset[float32]) (*mlp.MLP[float32], error) {
	hidden, err := mlp.ActivationByName[float32](c.Activation)
	if err != nil {
		return nil, err
	}
	units := append([]int{d.Features}, c.Hidden...)
	units = append(units, d.Classes)
	net, err := mlp.New(units, hidden, mlp.Softmax[float32](), mlp.CrossEntropy[float32](), c.Seed)
	if err != nil {
		return nil, err
	}
	net.InputDivisor = d.Divisor
	return net, nil
}

// load returns the IDX files in the folder, or the digits if none is given.
func load(folder path) (train, test *dataset.Dataset[float32], err error) {
	if folder == "" {
		train, test = dataset.Digits[float32]()
		return train, test, nil
	}
	return dataset.LoadIDX[float32](string(folder))
}

func dataName(folder path) string {
	if folder == "" {
		return "embedded digits"
	}
	return string(folder)
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

func dashed(units []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(units), "[]"), " ", "-")
}

func newEpochEvent(e mlp.Epoch, epochs int) epochEvent {
	return epochEvent{
		Event: "epoch", Epoch: e.Epoch, Epochs: epochs, LearningRate: e.LearningRate,
		TrainCost: number(e.TrainCost), TrainAccuracy: number(e.TrainAccuracy),
		ValidationCost: number(e.ValidationCost), ValidationAccuracy: number(e.ValidationAccuracy),
		Seconds: e.Duration.Seconds(), SamplesPerSecond: samplesPerSecond(e),
	}
}

func samplesPerSecond(e mlp.Epoch) float64 {
	return float64(e.Samples) / max(e.Duration, time.Nanosecond).Seconds()
}

func printEpoch(out *output, e mlp.Epoch, epochs int) {
	out.printf("epoch %*d/%d  training cost %.4f accuracy %6.2f%%  validation cost %.4f accuracy %6.2f%%  %.0f samples/s\n",
		len(fmt.Sprint(epochs)), e.Epoch, epochs,
		e.TrainCost, 100*e.TrainAccuracy, e.ValidationCost, 100*e.ValidationAccuracy, samplesPerSecond(e))
}
