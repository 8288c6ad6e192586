package mlp

import (
	"fmt"
	"math"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// CrossValidation is the outcome of k-fold cross-validation: an evaluation for each
// fold, on the part that was held out.
type CrossValidation struct{ Folds []Evaluation }

// CrossValidate divides d into k folds, stratified and drawn from seed, and has train
// make and measure a network for each: fold counts from 1. Whatever is learned from
// data, such as how to scale them, belongs into train, which sees each fold's
// training set alone.
func CrossValidate[T blas.Float](d *dataset.Dataset[T], k int, seed uint64, train func(fold int, train, validation *dataset.Dataset[T]) (Evaluation, error)) (CrossValidation, error) {
	folds, err := d.Folds(k, seed)
	if err != nil {
		return CrossValidation{}, fmt.Errorf("mlp: %w", err)
	}
	var c CrossValidation
	for i, f := range folds {
		e, err := train(i+1, f.Train, f.Validation)
		if err != nil {
			return c, fmt.Errorf("mlp: fold %d of %d: %w", i+1, k, err)
		}
		c.Folds = append(c.Folds, e)
	}
	return c, nil
}

// Cost returns the mean of the folds' costs and their standard deviation.
func (c CrossValidation) Cost() (mean, deviation float64) {
	return c.over(func(e *Evaluation) float64 { return e.Cost })
}

// Accuracy returns the mean of the folds' accuracies and their standard deviation;
// NaN for regression.
func (c CrossValidation) Accuracy() (mean, deviation float64) {
	return c.over(func(e *Evaluation) float64 { return e.Accuracy() })
}

// R2 returns the mean and the standard deviation, over the folds where it is defined, of
// the R² of the target of that number.
func (c CrossValidation) R2(target int) (mean, deviation float64) {
	return c.over(func(e *Evaluation) float64 { return e.Fits[target].R2 })
}

// Confusion returns the sum of the folds' confusion matrices, in which each sample
// of the data set counts once, or nil for regression.
func (c CrossValidation) Confusion() *Confusion {
	if len(c.Folds) == 0 || c.Folds[0].Confusion == nil {
		return nil
	}
	sum := NewConfusion(c.Folds[0].Confusion.Classes())
	for _, e := range c.Folds {
		for i := range sum.Classes() {
			for j := range sum.Classes() {
				sum.AddN(i, j, e.Confusion.At(i, j))
			}
		}
	}
	return sum
}

// over returns the mean of what of takes from the folds, and the deviation of a
// sample of so many, with n − 1. NaN is left out.
func (c CrossValidation) over(of func(*Evaluation) float64) (mean, deviation float64) {
	var values []float64
	for i := range c.Folds {
		if v := of(&c.Folds[i]); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	n := float64(len(values))
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		d := v - mean
		deviation += d * d / (n - 1)
	}
	return mean, math.Sqrt(deviation)
}
