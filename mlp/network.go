package mlp

import (
	"fmt"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// maxParams bounds weights and biases of one network: 1 GiB in float32.
const maxParams = 1 << 28

// MLP is a multi-layer perceptron. It keeps the activations of the batch it last
// propagated, so each goroutine needs one of its own.
type MLP[T blas.Float] struct {
	Layers []*Layer[T]
	Cost   Cost[T]

	// Params holds all weights and biases, layer after layer; the layers' are
	// views of it.
	Params []T

	// InputDivisor is what raw inputs were divided by before training; 0 if
	// that isn't known.
	InputDivisor float64

	// Schema names the columns of the training set and has the scaling of its
	// inputs and targets.
	Schema dataset.Schema

	gradients []T             // of the shape of Params; nil until first needed
	input     blas.General[T] // A⁰ as last propagated
}

// New returns a network of the units n_0, n_1 … n_L per layer, where n_0 is the
// number of inputs, with activation hidden in the layers 1 … L−1 and output in
// layer L.
//
// Weights are drawn from seed as Glorot says; biases are 0. Initialize draws them in
// another way.
//
// It is an error if there are fewer than two numbers of units, if one is not
// positive, if weights and biases are more than 2²⁸, or if an activation or the
// cost can't stand in its place.
func New[T blas.Float](unitsPerLayer []int, hidden, output Activation[T], cost Cost[T], seed uint64) (*MLP[T], error) {
	if len(unitsPerLayer) < 2 {
		return nil, fmt.Errorf("mlp: %d numbers of units: expected at least 2, for inputs and outputs", len(unitsPerLayer))
	}
	gs := make([]Activation[T], len(unitsPerLayer)-1)
	for i := range gs {
		gs[i] = hidden
	}
	gs[len(gs)-1] = output
	net, err := build(unitsPerLayer, gs, cost)
	if err != nil {
		return nil, fmt.Errorf("mlp: %w", err)
	}
	net.Initialize(Glorot(), seed)
	return net, nil
}

// build returns a network whose parameters are 0.
func build[T blas.Float](units []int, gs []Activation[T], cost Cost[T]) (*MLP[T], error) {
	size, err := countParams(units)
	if err != nil {
		return nil, err
	}
	last := len(gs) - 1
	for i, g := range gs[:last] {
		if g.OutputOnly {
			return nil, fmt.Errorf("activation %s of layer %d: expected it in the output layer only", g.Name, i+1)
		}
	}
	if cost.Through != "" && cost.Through != gs[last].Name {
		return nil, fmt.Errorf("cost %s with output %s: expected output %s", cost.Name, gs[last].Name, cost.Through)
	}
	net := &MLP[T]{Cost: cost, Params: make([]T, size)}
	params := net.Params
	for i, g := range gs {
		n, prev := units[i+1], units[i]
		l := &Layer[T]{Activation: g, FromLogits: i == last && cost.Through != ""}
		l.Weights, l.Bias, params = views(params, n, prev)
		net.Layers = append(net.Layers, l)
	}
	return net, nil
}

// countParams returns Σ n_l·n_{l−1} + n_l.
func countParams(units []int) (int, error) {
	total := 0
	for i, n := range units {
		if n < 1 || n > maxParams {
			return 0, fmt.Errorf("%d units in layer %d: expected 1 to %d", n, i, maxParams)
		}
		if i == 0 {
			continue
		}
		if n > (maxParams-total)/(units[i-1]+1) {
			return 0, fmt.Errorf("units %v: expected at most %d weights and biases", units, maxParams)
		}
		total += n * (units[i-1] + 1)
	}
	return total, nil
}

// views cuts the weights (n × prev) and the bias (n) of a layer off buf.
func views[T blas.Float](buf []T, n, prev int) (w blas.General[T], b, rest []T) {
	size := n * prev
	w = blas.General[T]{Rows: n, Cols: prev, Data: buf[:size:size], Stride: prev}
	return w, buf[size : size+n : size+n], buf[size+n:]
}

// UnitsPerLayer returns n_0, n_1 … n_L.
func (m *MLP[T]) UnitsPerLayer() []int {
	units := []int{m.Layers[0].Weights.Cols}
	for _, l := range m.Layers {
		units = append(units, l.Weights.Rows)
	}
	return units
}

// Propagate returns the output Aᴸ (n_L × N) for the inputs x (n_0 × N). It
// belongs to m and is overwritten by the next call; x is kept until then for
// the gradients.
func (m *MLP[T]) Propagate(x blas.General[T]) blas.General[T] {
	m.input = x
	a := x
	for _, l := range m.Layers {
		a = l.Propagate(a)
	}
	return a
}

// Backpropagate returns dA⁰ (n_0 × N), given grad as the cost's Derivative
// gives it (n_L × N).
func (m *MLP[T]) Backpropagate(grad blas.General[T]) blas.General[T] {
	return m.Layers[0].Backpropagate(m.backpropagateHidden(grad))
}

// backpropagateHidden is Backpropagate up to dA¹.
func (m *MLP[T]) backpropagateHidden(grad blas.General[T]) blas.General[T] {
	for i := len(m.Layers) - 1; i > 0; i-- {
		grad = m.Layers[i].Backpropagate(grad)
	}
	return grad
}

// Gradients computes dWˡ and dbˡ of all layers from the last Propagate and
// Backpropagate, and returns them in the shape of Params.
func (m *MLP[T]) Gradients() []T {
	if m.gradients == nil {
		m.gradients = make([]T, len(m.Params))
		rest := m.gradients
		for _, l := range m.Layers {
			l.gradWeights, l.gradBias, rest = views(rest, l.Weights.Rows, l.Weights.Cols)
		}
	}
	a := m.input
	for _, l := range m.Layers {
		l.GradientWeights(a)
		l.GradientBias()
		a = l.Activations
	}
	return m.gradients
}

// UpdateParams computes the gradients and sets Wˡ ← Wˡ − α dWˡ, bˡ ← bˡ − α dbˡ.
func (m *MLP[T]) UpdateParams(learningRate float64) {
	blas.Axpy(T(-learningRate), m.Gradients(), m.Params)
}
