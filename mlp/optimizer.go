package mlp

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/lanewise/lanewise/blas"
)

// Optimizer is a rule by which gradients become steps, as one row of data.
type Optimizer[T blas.Float] struct {
	Name string // as in model files and flags

	// Buffers names what the rule remembers between steps: buffers of the shape
	// of Params, 0 at the start.
	Buffers []string

	// Update makes step t = 1, 2 … of training at a learning rate. memory holds
	// the Buffers; gradients may be overwritten.
	Update func(params, gradients []T, memory [][]T, rate float64, t int)

	// plain says that the step is −α dθ, which products can add to the weights.
	plain bool
}

// SGD is plain gradient descent: θ ← θ − α dθ.
func SGD[T blas.Float]() Optimizer[T] {
	return Optimizer[T]{
		Name:   "sgd",
		plain:  true,
		Update: func(params, gradients []T, _ [][]T, rate float64, _ int) { blas.Axpy(T(-rate), gradients, params) },
	}
}

// Momentum lets steps gather speed (B. Polyak, 1964): v ← µv + dθ, θ ← θ − αv.
// µ is 0.9 as a rule.
func Momentum[T blas.Float](mu float64) Optimizer[T] {
	return Optimizer[T]{
		Name:    "momentum",
		Buffers: []string{"velocity"},
		Update: func(params, gradients []T, memory [][]T, rate float64, _ int) {
			v := memory[0]
			blas.Scal(T(mu), v)
			blas.Axpy(1, gradients, v)
			blas.Axpy(T(-rate), v, params)
		},
	}
}

// Adam scales each step by running means of gradients and of their squares
// (D. Kingma, J. Ba: Adam: a method for stochastic optimization, 2015):
//
//	m ← β₁m + (1 − β₁)dθ    v ← β₂v + (1 − β₂)dθ²
//	θ ← θ − α·m̂/(√v̂ + ε),   m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)
//
// As a rule β₁ is 0.9, β₂ 0.999, ε 1e-8 and α 0.001.
func Adam[T blas.Float](beta1, beta2, epsilon float64) Optimizer[T] {
	return Optimizer[T]{
		Name:    "adam",
		Buffers: []string{"mean", "square"},
		Update: func(params, gradients []T, memory [][]T, rate float64, t int) {
			// √v̂ + ε = (√v + ε·√(1 − β₂ᵗ)) / √(1 − β₂ᵗ)
			root := math.Sqrt(1 - math.Pow(beta2, float64(t)))
			step := rate * root / (1 - math.Pow(beta1, float64(t)))
			blas.Adam(beta1, beta2, step, epsilon*root, gradients, memory[0], memory[1], params)
		},
	}
}

// State is what training has come to beside the parameters of the network: with
// both it goes on where it ended, bit for bit.
type State[T blas.Float] struct {
	Optimizer string // its name
	Epoch     int    // epochs completed
	Step      int    // steps made

	// With Trainer.Patience: the epoch of the lowest cost on the validation set,
	// and that cost. The network's parameters are those after that epoch.
	BestEpoch int
	BestCost  float64

	// Settings are kept for the caller, who needs the same ones to go on.
	Settings map[string]string

	// Buffers are what the optimizer remembers and, with Trainer.Patience, the
	// parameters after the last epoch, named Last. Each has the shape of
	// MLP.Params.
	Buffers []Buffer[T]
}

// Last is the name of the buffer in State that holds the parameters after the
// last epoch, where the network's are those of the best one.
const Last = "last"

// Buffer is a named buffer of the shape of MLP.Params.
type Buffer[T blas.Float] struct {
	Name   string
	Values []T
}

// newState returns the state before the first step.
func newState[T blas.Float](o Optimizer[T], params []T, patient bool) *State[T] {
	s := &State[T]{Optimizer: o.Name, BestCost: math.Inf(1)}
	for _, name := range o.Buffers {
		s.Buffers = append(s.Buffers, Buffer[T]{name, make([]T, len(params))})
	}
	if patient {
		s.Buffers = append(s.Buffers, Buffer[T]{Last, slices.Clone(params)})
	}
	return s
}

// check returns an error unless the state is one of this kind.
func (s *State[T]) check(o Optimizer[T], size int, patient bool) error {
	want := slices.Clone(o.Buffers)
	if patient {
		want = append(want, Last)
	}
	var have []string
	for _, b := range s.Buffers {
		have = append(have, b.Name)
		if len(b.Values) != size {
			return fmt.Errorf("mlp: training state: buffer %.40q of %d values: expected %d, the network's parameters", b.Name, len(b.Values), size)
		}
	}
	switch {
	case s.Optimizer != o.Name:
		return fmt.Errorf("mlp: training state of optimizer %.40q: expected %s, the trainer's", s.Optimizer, o.Name)
	case patient && slices.Equal(have, o.Buffers):
		return fmt.Errorf("mlp: state of training without patience, which lacks buffer %s: expected a patience of 0", Last)
	case !patient && slices.Equal(have, append(want, Last)):
		return fmt.Errorf("mlp: state of training with patience, which has buffer %s: expected a patience of at least 1", Last)
	case !slices.Equal(have, want):
		return fmt.Errorf("mlp: training state with buffers [%.200s]: expected [%s]", strings.Join(have, " "), strings.Join(want, " "))
	case s.Epoch < 0 || s.Step < 0 || s.BestEpoch < 0 || s.BestEpoch > s.Epoch:
		return fmt.Errorf("mlp: training state of epoch %d, step %d, best epoch %d: expected none below 0, the best no later than the last", s.Epoch, s.Step, s.BestEpoch)
	}
	return nil
}

// memory returns the buffers of an optimizer.
func (s *State[T]) memory(o Optimizer[T]) [][]T {
	memory := make([][]T, len(o.Buffers))
	for i := range memory {
		memory[i] = s.Buffers[i].Values
	}
	return memory
}

// last returns the buffer Last, which is the last one.
func (s *State[T]) last() []T { return s.Buffers[len(s.Buffers)-1].Values }
