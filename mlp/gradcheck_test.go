package mlp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanewise/lanewise/blas"
)

// gradTolerance bounds the relative difference of a block; GradientCheck says
// why.
const gradTolerance = 1e-7

func TestGradients(t *testing.T) {
	sigmoid, identity, softmax := Sigmoid[float64](), Identity[float64](), Softmax[float64]()
	onLevels(t, func(t *testing.T) {
		for _, c := range []struct {
			hidden, output Activation[float64]
			cost           Cost[float64]
		}{
			{sigmoid, softmax, CrossEntropy[float64]()},
			{identity, softmax, CrossEntropy[float64]()},
			{sigmoid, sigmoid, Square[float64]()},
			{sigmoid, identity, Square[float64]()},
			{sigmoid, softmax, Square[float64]()},
		} {
			t.Run(fmt.Sprintf("%s-%s-%s", c.hidden.Name, c.output.Name, c.cost.Name), func(t *testing.T) {
				// No layer is so narrow and no unit so saturated that gradients
				// sink to the rounding of differences.
				for seed := range uint64(40) {
					rng := rand.New(rand.NewPCG(seed, 0))
					units := []int{3 + rng.IntN(4)}
					for range rng.IntN(3) {
						units = append(units, 4+rng.IntN(6))
					}
					units = append(units, 3+rng.IntN(4))
					c.hidden.Gain = 1
					net := mustNew(t, units, c.hidden, c.output, c.cost, seed)
					for _, l := range net.Layers {
						for i := range l.Bias {
							l.Bias[i] = rng.NormFloat64()
						}
					}
					n := 4 + rng.IntN(6)
					x := normal[float64](rng, units[0], n)
					y := labels[float64](rng, units[len(units)-1], n)
					before := slices.Clone(net.Params)
					differences := GradientCheck(net, x, y)
					if want := 2*len(net.Layers) + 1; len(differences) != want {
						t.Errorf("%d blocks, want %d", len(differences), want)
					}
					for _, d := range differences {
						if !(d.Relative <= gradTolerance) {
							t.Errorf("units %v, %d samples: %s of layer %d: difference %.1e, want at most %.0e", units, n, d.Block, d.Layer, d.Relative, gradTolerance)
						}
					}
					if !slices.Equal(net.Params, before) {
						t.Error("the check changed the parameters")
					}
				}
			})
		}
	})
}

// Each way to get a gradient wrong shows in the blocks that it reaches, and in
// no other.
func TestGradientCheckFails(t *testing.T) {
	sigmoid := Sigmoid[float64]()
	lectureSlip := CrossEntropy[float64]() // dZ = Y − Ŷ
	lectureSlip.Derivative = func(grad, y, pred blas.General[float64]) { difference(grad, pred, y) }
	plainSoftmax := Softmax[float64]() // without the Jacobian's sum: dz = da ⊙ a(1 − a)
	plainSoftmax.Derivative = sigmoid.Derivative
	slope := Sigmoid[float64]() // g where g′ is meant
	slope.Derivative = func(dz, da, a, _ blas.General[float64]) {
		for i := range dz.Data {
			dz.Data[i] = da.Data[i] * a.Data[i]
		}
	}
	slight := Sigmoid[float64]() // one element, by 1e-5
	slight.Derivative = func(dz, da, a, z blas.General[float64]) {
		sigmoid.Derivative(dz, da, a, z)
		dz.Data[0] *= 1 + 1e-5
	}
	all := []string{"weights 1", "bias 1", "weights 2", "bias 2", "weights 3", "bias 3", "inputs 0"}
	for _, c := range []struct {
		name   string
		net    func(net *MLP[float64])
		broken []string
	}{
		{"sound", func(*MLP[float64]) {}, nil},
		{"sign of the cost's derivative", func(net *MLP[float64]) { net.Cost = lectureSlip }, all},
		{"softmax without Jacobian", func(net *MLP[float64]) {
			net.Cost = Square[float64]()
			net.Layers[2].FromLogits = false
			net.Layers[2].Activation = plainSoftmax
		}, all},
		{"derivative skipped", func(net *MLP[float64]) { net.Cost = Square[float64]() }, all},
		{"g for g′ in layer 2", func(net *MLP[float64]) { net.Layers[1].Activation = slope },
			[]string{"weights 1", "bias 1", "weights 2", "bias 2", "inputs 0"}},
		{"one element in layer 1", func(net *MLP[float64]) { net.Layers[0].Activation = slight },
			[]string{"weights 1", "bias 1", "inputs 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			net := mustNew(t, []int{4, 5, 6, 3}, sigmoid, Softmax[float64](), CrossEntropy[float64](), 1)
			c.net(net)
			var broken []string
			for _, d := range GradientCheck(net, normal[float64](rng, 4, 7), labels[float64](rng, 3, 7)) {
				if !(d.Relative <= gradTolerance) {
					broken = append(broken, fmt.Sprint(d.Block, " ", d.Layer))
				}
			}
			if !slices.Equal(broken, c.broken) {
				t.Errorf("blocks found wrong: %q, want %q", broken, c.broken)
			}
		})
	}
}

func TestRelativeDifference(t *testing.T) {
	for _, c := range []struct {
		a, n []float64
		want float64
	}{
		{[]float64{3, 4}, []float64{3, 4}, 0},
		{[]float64{0, 0}, []float64{0, 0}, 0},
		{[]float64{3, 4}, []float64{0, 0}, 1},
		{[]float64{3, 4}, []float64{-3, -4}, 1},
		{[]float64{3, 4}, []float64{4, 3}, 0.1414213562373095},
		{[]float64{3e200, 4e200}, []float64{0, 0}, 1},
	} {
		if got := relativeDifference(c.a, c.n); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%v and %v: %v, want %v", c.a, c.n, got, c.want)
		}
	}
}
