package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp"
)

const (
	gradTolerance = 1e-7 // of the relative difference of a block
	gradNets      = 40   // random networks of each kind
)

type gradcheckCommand struct {
	Seed uint64 `default:"1" placeholder:"N" help:"Seed of networks and samples (default: ${default})."`
}

func (*gradcheckCommand) Help() string {
	return `Examples:

  mlp gradcheck
  mlp gradcheck --seed 7`
}

// kind is what networks to check have in common.
type kind struct {
	hidden, output mlp.Activation[float64]
	cost           mlp.Cost[float64]
}

// kinds lists all hidden activations, and all costs with the outputs that go with them.
func kinds() []kind {
	sigmoid, identity, softmax := mlp.Sigmoid[float64](), mlp.Identity[float64](), mlp.Softmax[float64]()
	crossEntropy, binary, square := mlp.CrossEntropy[float64](), mlp.BinaryCrossEntropy[float64](), mlp.Square[float64]()
	return []kind{
		{sigmoid, softmax, crossEntropy},
		{mlp.Tanh[float64](), softmax, crossEntropy},
		{mlp.ReLU[float64](), softmax, crossEntropy},
		{mlp.SiLU[float64](), softmax, crossEntropy},
		{identity, softmax, crossEntropy},
		{sigmoid, sigmoid, binary},
		{sigmoid, sigmoid, square},
		{sigmoid, identity, square},
		{sigmoid, softmax, square},
	}
}

func (c *gradcheckCommand) run(_ context.Context, out *output) error { return c.check(kinds(), out) }

// check prints, for each kind, the worst difference of each sort of block.
func (c *gradcheckCommand) check(kinds []kind, out *output) error {
	out.printf("Gradients by back-propagation, a, against central differences, n, in float64 (level %s): the worst\n"+
		"‖a − n‖ / (‖a‖ + ‖n‖) of a block in %d random networks of each kind, which may be %.0e.\n\n", blas.Level(), gradNets, gradTolerance)
	out.printf("%-9s %-9s %-20s %9s %9s %9s\n", "hidden", "output", "cost", "weights", "bias", "inputs")
	bad := 0
	for _, k := range kinds {
		worst := map[string]float64{}
		for i := range uint64(gradNets) {
			differences, err := checkOne(k, rand.New(rand.NewPCG(c.Seed, i)))
			if err != nil {
				return err
			}
			for _, d := range differences {
				worst[d.Block] = max(worst[d.Block], d.Relative) // NaN stays
			}
		}
		verdict := "ok"
		for _, v := range worst {
			if !(v <= gradTolerance) {
				verdict = "WRONG"
				bad++
			}
		}
		out.printf("%-9s %-9s %-20s %9.1e %9.1e %9.1e  %s\n", k.hidden.Name, k.output.Name, k.cost.Name,
			worst["weights"], worst["bias"], worst["inputs"], verdict)
	}
	if bad > 0 {
		return fmt.Errorf("gradcheck: %d of %d blocks differ: expected at most %.0e", bad, 3*len(kinds), gradTolerance)
	}
	return nil
}

// checkOne checks a random network of one to three layers on a random batch. It
// keeps gradients far above the rounding of differences: no layer is so narrow
// and no unit so saturated that next to nothing passes it.
func checkOne(k kind, rng *rand.Rand) ([]mlp.Difference, error) {
	units := []int{3 + rng.IntN(4)}
	for range rng.IntN(3) {
		units = append(units, 4+rng.IntN(6))
	}
	classes, samples := 3+rng.IntN(4), 4+rng.IntN(6)
	units = append(units, classes)
	k.hidden.Gain, k.output.Gain = 1, 1
	net, err := mlp.New(units, k.hidden, k.output, k.cost, rng.Uint64())
	if err != nil {
		return nil, err
	}
	for _, l := range net.Layers {
		for i := range l.Bias {
			l.Bias[i] = rng.NormFloat64()
		}
	}
	x := normalColumns(rng, units[0], samples)
	y := normalColumns(rng, classes, samples)
	blas.Softmax(classes, samples, y.Data, samples, y.Data, samples) // soft labels, fit for every cost
	return mlp.GradientCheck(net, x, y), nil
}

// normalColumns returns a matrix of standard normal numbers.
func normalColumns(rng *rand.Rand, rows, cols int) blas.General[float64] {
	m := blas.General[float64]{Rows: rows, Cols: cols, Data: make([]float64, rows*cols), Stride: cols}
	for i := range m.Data {
		m.Data[i] = rng.NormFloat64()
	}
	return m
}
