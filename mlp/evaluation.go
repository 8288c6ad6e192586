package mlp

import (
	"fmt"
	"math"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// Evaluation is how well a network does on a data set.
type Evaluation struct {
	Cost      float64    // mean over all samples
	Confusion *Confusion // nil for regression
	Fits      []Fit      // one a target; nil for classes
}

// Accuracy returns the overall accuracy, NaN for regression.
func (e *Evaluation) Accuracy() float64 {
	if e.Confusion == nil {
		return math.NaN()
	}
	return e.Confusion.Accuracy()
}

// evalBatch is how many samples are propagated at once to measure a network.
const evalBatch = 128

// Evaluate propagates all samples of d and compares the class with the largest
// output to the label, or outputs to targets. A network of one output tells two
// classes: 1 if the output is above ½. It is an error if m does not accept d.
func (m *MLP[T]) Evaluate(d *dataset.Dataset[T]) (Evaluation, error) {
	if err := m.Accepts(d); err != nil {
		return Evaluation{}, err
	}
	return m.evaluate(m.batches(d), new(judge[T])), nil
}

// batches returns a walk through d with targets for the outputs of m.
func (m *MLP[T]) batches(d *dataset.Dataset[T]) *dataset.Batches[T] {
	if m.isBinary(d) {
		return d.OneOutput()
	}
	return d.Batches()
}

// isBinary says that the network has one output, for the two classes of d.
func (m *MLP[T]) isBinary(d *dataset.Dataset[T]) bool {
	return m.outputs() == 1 && !d.IsRegression() && d.Classes == 2
}

func (m *MLP[T]) outputs() int { return m.Layers[len(m.Layers)-1].Weights.Rows }

// evaluate is Evaluate on one pass over batches.
func (m *MLP[T]) evaluate(batches *dataset.Batches[T], j *judge[T]) Evaluation {
	d := batches.Dataset()
	var e Evaluation
	if d.IsRegression() {
		e.Fits = newFits(d)
	} else {
		e.Confusion = NewConfusion(d.Classes)
	}
	for range batches.Count(evalBatch) {
		x, y := batches.NextBatch(evalBatch)
		pred := m.Propagate(x)
		e.Cost += float64(x.Cols) * m.Cost.Value(y, pred)
		if e.Fits != nil {
			for k := range e.Fits {
				addFit(&e.Fits[k], row(y, k), row(pred, k))
			}
			continue
		}
		truth, predicted := j.classes(y, pred)
		for i, k := range truth {
			e.Confusion.Add(k, predicted[i])
		}
	}
	e.Cost /= float64(d.Len())
	finishFits(e.Fits)
	return e
}

// Accepts returns an error unless m can be trained and measured on d: it passes d.Check, has
// samples, of as many features as m has inputs, and as many classes or targets as m has outputs; their names,
// as far as both have some, are equal; values are scaled as m.Schema says; and targets are
// such as the cost takes: soft labels for CrossEntropy, which are not negative and sum to 1, and
// numbers from 0 to 1 for BinaryCrossEntropy.
func (m *MLP[T]) Accepts(d *dataset.Dataset[T]) error {
	in, out := m.Layers[0].Weights.Cols, m.outputs()
	switch {
	case d.Len() == 0:
		return fmt.Errorf("mlp: a data set without samples: expected at least 1")
	case d.Features != in:
		return fmt.Errorf("mlp: %d features a sample in the data set: expected %d, the network's inputs", d.Features, in)
	case !d.IsRegression() && d.Classes != out && !m.isBinary(d):
		return fmt.Errorf("mlp: %d classes in the data set: expected %d, the network's outputs", d.Classes, out)
	case m.isBinary(d) && m.Cost.Name == "cross-entropy":
		return fmt.Errorf("mlp: one output for two classes with cost cross-entropy: expected two outputs, or cost binary-cross-entropy")
	case d.IsRegression() && d.Outputs() != out:
		return fmt.Errorf("mlp: %d targets a sample in the data set: expected %d, the network's outputs", d.Outputs(), out)
	case m.InputDivisor != 0 && m.InputDivisor != d.Divisor:
		return fmt.Errorf("mlp: raw inputs divided by %v in the data set: expected %v as the network was trained", d.Divisor, m.InputDivisor)
	case !m.Schema.InputScaling.Equal(d.InputScaling) || !m.Schema.TargetScaling.Equal(d.TargetScaling):
		return fmt.Errorf("mlp: data set scaled by %s: expected the statistics that the network was trained with", scalingName(d.InputScaling))
	}
	if err := m.Schema.Expect(d.Schema); err != nil {
		return fmt.Errorf("mlp: %w", err)
	}
	if err := d.Check(); err != nil {
		return fmt.Errorf("mlp: %w", err)
	}
	for i, y := range d.Targets {
		if err := m.Cost.takes(y); err != nil {
			return fmt.Errorf("mlp: targets of sample %d with cost %s: %w", i, m.Cost.Name, err)
		}
	}
	return nil
}

func scalingName(s dataset.Scaling) string {
	if s.IsNone() {
		return dataset.ScaleNone
	}
	return s.Rule
}

// judge reads classes off columns.
type judge[T blas.Float] struct {
	truth, predicted []int
}

// classes returns the class of each column of y and of pred: its largest row or, if
// there is one row only, whether it is above ½. The slices are overwritten by the
// next call.
func (j *judge[T]) classes(y, pred blas.General[T]) (truth, predicted []int) {
	predicted = j.predict(pred)
	truth = j.truth[:y.Cols]
	if y.Rows == 1 {
		above(truth, row(y, 0))
	} else {
		argmaxColumns(truth, y)
	}
	return truth, predicted
}

// predict returns the class of each column of pred, as classes does.
func (j *judge[T]) predict(pred blas.General[T]) []int {
	if n := pred.Cols; cap(j.predicted) < n {
		j.truth, j.predicted = make([]int, n), make([]int, n)
	}
	predicted := j.predicted[:pred.Cols]
	if pred.Rows == 1 {
		above(predicted, row(pred, 0))
	} else {
		argmaxColumns(predicted, pred)
	}
	return predicted
}

// above sets dst[j] to 1 if v[j] is above ½ and otherwise to 0.
func above[T blas.Float](dst []int, v []T) {
	clear(dst)
	for j, x := range v {
		if x > 0.5 {
			dst[j] = 1
		}
	}
}

// correct counts the columns of pred whose class is y's.
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
