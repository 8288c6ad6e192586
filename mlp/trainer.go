package mlp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
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
	Seed         uint64                  // of the order of samples, and of dropout

	Optimizer Optimizer[T] // SGD if it is the zero value

	// L2 is λ ≥ 0: the weights, not the biases, have the gradient of J + λ/2·Σ W². The
	// costs reported are J.
	L2 float64

	// Dropout is the probability, below 1, with which each activation of a hidden
	// layer is left out of a step; those kept are divided by 1 − Dropout, so that
	// nothing changes where the network is used (N. Srivastava et al., 2014). It is taken to
	// 16 bits, so probabilities within some thousandths of 0 or 1 are not quite kept.
	Dropout float64

	// Patience, unless 0, ends training after so many epochs in turn without a lower
	// cost on the validation set. Then, and also where the epochs run out before, the
	// network is left with the parameters of the lowest cost.
	Patience int

	// State is nil for training from the start. Train sets it and keeps it up to
	// date after each epoch, with buffers of its own. Given it, and a network as that
	// training left it, training goes on with the epoch after its last.
	State *State[T]

	// Progress, unless nil, is called after each epoch, and BatchDone after each
	// batch, with its number of samples. In Progress network and State are as Train would
	// leave them then, so that they can be saved.
	Progress  func(Epoch)
	BatchDone func(samples int)

	stepper *stepper[T]
	judge   judge[T]
}

// Epoch is the record of one pass over the training set.
type Epoch struct {
	Epoch        int // 1, 2 …
	LearningRate float64

	// TrainCost and TrainAccuracy are means over the samples of the epoch, each
	// taken as its batch was propagated, so before the step that it led to, and with
	// dropout.
	TrainCost, TrainAccuracy float64

	// ValidationCost and ValidationAccuracy are taken after the epoch; NaN
	// without a validation set. Accuracies are NaN for regression.
	ValidationCost, ValidationAccuracy float64

	Best     bool          // with Trainer.Patience: no epoch before had a lower ValidationCost
	Samples  int           // trained on
	Duration time.Duration // of training alone, without validation
}

// Train gives a network that knows no schema and no divisor those of train. It runs the
// epochs and returns their records: each shuffles train, goes
// through it in mini-batches, and takes the cost on validation, which may be
// nil. Equal seeds, data and settings give equal weights, bit for bit.
//
// It is an error if a setting is out of range, if a data set or the State doesn't
// fit the network, or if a cost or the parameters are no longer finite; then training ends
// with the epoch in which that came about. Once ctx is done, training ends with the
// epoch at hand, so that it can be taken up again, and the error is ctx's cause. The
// records are those of the epochs that were completed.
func (t *Trainer[T]) Train(ctx context.Context, train, validation *dataset.Dataset[T]) ([]Epoch, error) {
	optimizer := t.Optimizer
	if optimizer.Update == nil {
		optimizer = SGD[T]()
	}
	forget := t.adopt(train)
	if err := t.check(train, validation, optimizer); err != nil {
		forget()
		return nil, err
	}
	if t.State == nil {
		t.State = newState(optimizer, t.Net.Params, t.Patience > 0)
	}
	state := t.State
	var best []T
	if t.Patience > 0 {
		best = slices.Clone(t.Net.Params)
		copy(t.Net.Params, state.last())
		defer func() { copy(t.Net.Params, best) }()
	}
	t.stepper = newStepper(t, optimizer, state.memory(optimizer))
	var history []Epoch
	source := rand.NewPCG(0, 0)
	batches := t.Net.batches(train)
	var held *dataset.Batches[T]
	if validation != nil {
		held = t.Net.batches(validation)
	}
	for state.Epoch < t.Epochs {
		if t.Patience > 0 && state.Epoch-state.BestEpoch >= t.Patience {
			break
		}
		epoch := state.Epoch + 1
		if ctx.Err() != nil {
			return history, fmt.Errorf("mlp: training stopped before epoch %d of %d: %w", epoch, t.Epochs, context.Cause(ctx))
		}
		source.Seed(t.Seed, uint64(epoch))
		e := t.epoch(epoch, batches, rand.New(source))
		if math.IsNaN(e.TrainCost) || math.IsInf(e.TrainCost, 0) {
			return history, diverged("training cost", e.TrainCost, epoch)
		}
		if sum := float64(blas.Asum(t.Net.Params)); math.IsNaN(sum) || math.IsInf(sum, 0) {
			return history, diverged("sum of parameters' magnitudes", sum, epoch)
		}
		if held != nil {
			v := t.Net.evaluate(held, &t.judge)
			if math.IsNaN(v.Cost) {
				return history, diverged("validation cost", v.Cost, epoch)
			}
			e.ValidationCost, e.ValidationAccuracy = v.Cost, v.Accuracy()
		}
		state.Epoch = epoch
		if t.Patience > 0 && e.ValidationCost < state.BestCost {
			e.Best = true
			state.BestEpoch, state.BestCost = epoch, e.ValidationCost
			copy(best, t.Net.Params)
		}
		history = append(history, e)
		if t.Patience > 0 {
			copy(state.last(), t.Net.Params)
		}
		if t.Progress != nil {
			t.atBest(best, func() { t.Progress(e) })
		}
	}
	return history, nil
}

// adopt gives a network without schema and divisor those of d. forget takes them away again.
func (t *Trainer[T]) adopt(d *dataset.Dataset[T]) (forget func()) {
	if t.Net == nil || d == nil {
		return func() {}
	}
	schema, divisor := t.Net.Schema, t.Net.InputDivisor
	if schema.IsZero() {
		t.Net.Schema = d.Schema
	}
	if divisor == 0 {
		t.Net.InputDivisor = d.Divisor
	}
	return func() { t.Net.Schema, t.Net.InputDivisor = schema, divisor }
}

// atBest calls f while the network has the best parameters, as State and files have it, if
// there is patience.
func (t *Trainer[T]) atBest(best []T, f func()) {
	if best != nil {
		copy(t.Net.Params, best)
		defer func() { copy(t.Net.Params, t.State.last()) }()
	}
	f()
}

// diverged is the error that ends training which has left the finite numbers.
func diverged(what string, value float64, epoch int) error {
	return fmt.Errorf("mlp: %s %v in epoch %d: expected a finite number, try a smaller learning rate", what, value, epoch)
}

// epoch is the lecture's main loop over one pass.
func (t *Trainer[T]) epoch(epoch int, batches *dataset.Batches[T], rng *rand.Rand) Epoch {
	begin := time.Now()
	nan := math.NaN()
	e := Epoch{Epoch: epoch, LearningRate: t.LearningRate(epoch), ValidationCost: nan, ValidationAccuracy: nan}
	cost, correct := 0.0, 0
	batches.Shuffle(rng)
	t.stepper.mask.seed(t.Seed, epoch)
	for range batches.Count(t.BatchSize) {
		indices := batches.NextIndices(t.BatchSize)
		t.State.Step++
		batchCost, batchCorrect := t.stepper.run(batches, indices, e.LearningRate, t.State.Step)
		cost += float64(len(indices)) * batchCost
		correct += batchCorrect
		e.Samples += len(indices)
		if t.BatchDone != nil {
			t.BatchDone(len(indices))
		}
	}
	e.TrainCost = cost / float64(e.Samples)
	e.TrainAccuracy = float64(correct) / float64(e.Samples)
	if batches.Dataset().IsRegression() {
		e.TrainAccuracy = nan
	}
	e.Duration = time.Since(begin)
	return e
}

func (t *Trainer[T]) check(train, validation *dataset.Dataset[T], optimizer Optimizer[T]) error {
	switch {
	case t.Net == nil:
		return errors.New("mlp: training without a network")
	case train == nil:
		return errors.New("mlp: training without a data set")
	case t.LearningRate == nil:
		return errors.New("mlp: training without a learning rate: expected a function of the epoch")
	case t.BatchSize < 1:
		return fmt.Errorf("mlp: batch size %d: expected at least 1", t.BatchSize)
	case t.Epochs < 1:
		return fmt.Errorf("mlp: %d epochs: expected at least 1", t.Epochs)
	case !(t.L2 >= 0) || math.IsInf(t.L2, 0):
		return fmt.Errorf("mlp: L2 %v: expected at least 0", t.L2)
	case !(t.Dropout >= 0 && t.Dropout < 1):
		return fmt.Errorf("mlp: dropout %v: expected 0 or more and less than 1", t.Dropout)
	case t.Patience < 0:
		return fmt.Errorf("mlp: patience of %d epochs: expected at least 0", t.Patience)
	case t.Patience > 0 && validation == nil:
		return fmt.Errorf("mlp: patience of %d epochs without a validation set", t.Patience)
	}
	if err := t.Net.Accepts(train); err != nil {
		return err
	}
	if validation != nil {
		if err := t.Net.Accepts(validation); err != nil {
			return err
		}
	}
	if t.State != nil {
		return t.State.check(optimizer, len(t.Net.Params), t.Patience > 0)
	}
	return nil
}
