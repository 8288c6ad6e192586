package mlp

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// Trainer trains a network by mini-batch gradient descent.
type Trainer[T blas.Float] struct {
	Net          *MLP[T]
	BatchSize    int                     // N; the last batch of an epoch may be smaller
	Epochs       int                     // passes over the training set
	LearningRate func(epoch int) float64 // α in the epoch 1, 2 … Epochs
	Seed         uint64                  // of the order of samples

	// Progress, unless nil, is called after each epoch.
	Progress func(Epoch)

	grad  blas.General[T]
	judge judge[T]
}

// Epoch is the record of one pass over the training set.
type Epoch struct {
	Epoch        int // 1, 2 …
	LearningRate float64

	// TrainCost and TrainAccuracy are means over the samples of the epoch, each
	// taken as its batch was propagated, so before the step that it led to.
	TrainCost, TrainAccuracy float64

	// ValidationCost and ValidationAccuracy are taken after the epoch; NaN
	// without a validation set. Accuracies are NaN for regression.
	ValidationCost, ValidationAccuracy float64

	Samples  int           // trained on
	Duration time.Duration // of training alone, without validation
}

// ConstantRate is a learning rate that stays the same.
func ConstantRate(rate float64) func(epoch int) float64 {
	return func(int) float64 { return rate }
}

// LinearRate is a learning rate that falls along a line, from first in epoch 1
// to first/epochs in the last: large steps lead near a minimum but keep the
// weights in motion round it, small ones let them settle.
func LinearRate(first float64, epochs int) func(epoch int) float64 {
	return func(epoch int) float64 { return first * float64(epochs-epoch+1) / float64(epochs) }
}

// Train runs all epochs and returns their records: each shuffles train, goes
// through it in mini-batches, and takes the cost on validation, which may be
// nil. Equal seeds, data and settings give equal weights, bit for bit.
//
// It is an error if a setting is out of range, if a data set doesn't fit the
// network, or if the training cost is no longer finite; then training ends with
// the epoch in which that came about. Once ctx is done, training ends with the
// batch at hand and the error is ctx's cause; the network is left as that batch made
// it. The records are those of the epochs that were completed.
func (t *Trainer[T]) Train(ctx context.Context, train, validation *dataset.Dataset[T]) ([]Epoch, error) {
	if err := t.check(train, validation); err != nil {
		return nil, err
	}
	var history []Epoch
	source := rand.NewPCG(0, 0)
	batches := train.Batches()
	var held *dataset.Batches[T]
	if validation != nil {
		held = validation.Batches()
	}
	for epoch := 1; epoch <= t.Epochs; epoch++ {
		source.Seed(t.Seed, uint64(epoch))
		e := t.epoch(ctx, epoch, batches, rand.New(source))
		if ctx.Err() != nil {
			return history, fmt.Errorf("mlp: training stopped in epoch %d of %d: %w", epoch, t.Epochs, context.Cause(ctx))
		}
		if math.IsNaN(e.TrainCost) || math.IsInf(e.TrainCost, 0) {
			return history, fmt.Errorf("mlp: training cost %v in epoch %d: expected a finite number, try a smaller learning rate", e.TrainCost, epoch)
		}
		if held != nil {
			v := t.Net.evaluate(held, &t.judge)
			e.ValidationCost, e.ValidationAccuracy = v.Cost, v.Accuracy()
		}
		history = append(history, e)
		if t.Progress != nil {
			t.Progress(e)
		}
	}
	return history, nil
}

// epoch is the lecture's main loop over one pass.
func (t *Trainer[T]) epoch(ctx context.Context, epoch int, batches *dataset.Batches[T], rng *rand.Rand) Epoch {
	begin := time.Now()
	e := Epoch{Epoch: epoch, LearningRate: t.LearningRate(epoch), ValidationCost: math.NaN(), ValidationAccuracy: math.NaN()}
	cost, correct := 0.0, 0
	batches.Shuffle(rng)
	for range batches.Count(t.BatchSize) {
		if ctx.Err() != nil {
			break
		}
		x, y := batches.NextBatch(t.BatchSize)
		batchCost, batchCorrect := t.step(x, y, e.LearningRate)
		cost += float64(x.Cols) * batchCost
		correct += batchCorrect
		e.Samples += x.Cols
	}
	e.TrainCost = cost / float64(e.Samples)
	e.TrainAccuracy = float64(correct) / float64(e.Samples)
	if batches.Dataset().IsRegression() {
		e.TrainAccuracy = math.NaN()
	}
	e.Duration = time.Since(begin)
	return e
}

// step makes one step of gradient descent on the batch x, y. It returns the
// batch's cost, and how many of its samples were classified correctly, before
// the step.
func (t *Trainer[T]) step(x, y blas.General[T], learningRate float64) (cost float64, correct int) {
	net := t.Net
	pred := net.Propagate(x)
	cost = net.Cost.Value(y, pred)
	correct = t.judge.correct(y, pred)

	resize(&t.grad, pred.Rows, pred.Cols)
	net.Cost.Derivative(t.grad, y, pred)
	// The step has no use for dA⁰, so the first layer stops at dZ¹.
	net.Layers[0].backpropagateLogits(net.backpropagateHidden(t.grad))
	net.UpdateParams(learningRate)
	return cost, correct
}

// correct counts the columns of pred whose largest row is y's.
func (j *judge[T]) correct(y, pred blas.General[T]) int {
	truth, predicted := j.classes(y, pred)
	n := 0
	for i, k := range truth {
		if predicted[i] == k {
			n++
		}
	}
	return n
}

func (t *Trainer[T]) check(train, validation *dataset.Dataset[T]) error {
	switch {
	case t.BatchSize < 1:
		return fmt.Errorf("mlp: batch size %d: expected at least 1", t.BatchSize)
	case t.Epochs < 1:
		return fmt.Errorf("mlp: %d epochs: expected at least 1", t.Epochs)
	}
	if err := t.Net.fits(train); err != nil {
		return err
	}
	if validation != nil {
		return t.Net.fits(validation)
	}
	return nil
}
