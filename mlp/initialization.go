package mlp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// Initialization says how far from 0 the weights of a layer begin: they are
// uniform in ±Limit.
type Initialization struct {
	Name string // as in flags

	// Limit returns the limit for a layer of fanIn inputs and fanOut units, whose
	// activation has that gain.
	Limit func(fanIn, fanOut int, gain float64) float64
}

// initializations lists all that there are.
func initializations() []Initialization { return []Initialization{Glorot(), He(), FanIn()} }

// Glorot has the limit gain·√(6/(fanIn + fanOut)), which keeps the variance both
// of activations forwards and of gradients backwards (X. Glorot, Y. Bengio,
// 2010). It is New's choice.
func Glorot() Initialization {
	return Initialization{"glorot", func(fanIn, fanOut int, gain float64) float64 {
		return gain * math.Sqrt(6/float64(fanIn+fanOut))
	}}
}

// He has the limit √(6/fanIn), which keeps the variance of activations through
// ReLU (K. He et al., 2015). It has no use for the gain.
func He() Initialization {
	return Initialization{"he", func(fanIn, _ int, _ float64) float64 { return math.Sqrt(6 / float64(fanIn)) }}
}

// FanIn has the limit 1/√fanIn, as PyTorch's Linear (Y. LeCun et al.: Efficient
// BackProp, 1998). It has no use for the gain.
func FanIn() Initialization {
	return Initialization{"fan-in", func(fanIn, _ int, _ float64) float64 { return 1 / math.Sqrt(float64(fanIn)) }}
}

// Initializations returns the names of all initializations.
func Initializations() []string {
	var names []string
	for _, i := range initializations() {
		names = append(names, i.Name)
	}
	return names
}

// InitializationByName returns the initialization of that name.
func InitializationByName(name string) (Initialization, error) {
	for _, i := range initializations() {
		if i.Name == name {
			return i, nil
		}
	}
	return Initialization{}, fmt.Errorf("mlp: initialization %.40q: expected one of %s", name, strings.Join(Initializations(), ", "))
}

// Initialize draws all weights anew from seed and sets the biases to 0.
func (m *MLP[T]) Initialize(how Initialization, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, l := range m.Layers {
		limit := how.Limit(l.Weights.Cols, l.Weights.Rows, l.Activation.Gain)
		for i := range l.Weights.Rows {
			w := row(l.Weights, i)
			for j := range w {
				w[j] = T(limit * (2*rng.Float64() - 1))
			}
		}
		clear(l.Bias)
	}
}
