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
	onLevels(t, func(t *testing.T) {
		entries, leftOut := 0, 0
		for number, c := range nets[float64]() {
			t.Run(fmt.Sprintf("%s-%s-%s", c.hidden.Name, c.output.Name, c.cost.Name), func(t *testing.T) {
				// 200 nets in all and more. No layer is so narrow and no unit so
				// saturated that gradients sink to the rounding of differences.
				c.hidden.Gain, c.output.Gain = 1, 1
				for seed := range uint64(7) {
					rng := rand.New(rand.NewPCG(seed, uint64(number)))
					units := []int{3 + rng.IntN(4)}
					for range rng.IntN(3) {
						units = append(units, 4+rng.IntN(6))
					}
					units = append(units, 3+rng.IntN(4))
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
					total := 0
					for _, d := range differences {
						if !(d.Relative <= gradTolerance) {
							t.Errorf("units %v, %d samples: %s of layer %d: difference %.1e, want at most %.0e", units, n, d.Block, d.Layer, d.Relative, gradTolerance)
						}
						total += d.Entries
						leftOut += d.LeftOut
					}
					if want := len(before) + units[0]*n; total != want {
						t.Errorf("%d variables checked, want %d", total, want)
					}
					entries += total
					if !slices.Equal(net.Params, before) {
						t.Error("the check changed the parameters")
					}
				}
			})
		}
		if leftOut > entries/100 {
			t.Errorf("%d of %d variables were left out, want at most one in a hundred", leftOut, entries)
		}
	})
}

// A logit that changes its sign between the two differences is left out, not passed
// off as a gradient.
func TestGradientCheckAtKink(t *testing.T) {
	net := mustNew(t, []int{1, 1, 1}, ReLU[float64](), Identity[float64](), Square[float64](), 1)
	copy(net.Params, []float64{1, 0 /* bias */, 1, 0})
	for x, want := range map[float64]int{1: 0, 1e-7: 1, -1e-7: 1, -1: 0} {
		for _, d := range GradientCheck(net, matrix([]float64{x}), matrix([]float64{2})) {
			// Only the first layer's bias and the input move the logit that far.
			left := 0
			if d.Block == "inputs" || d.Block == "bias" && d.Layer == 1 {
				left = want
			}
			if d.LeftOut != left || d.Entries != 1 || math.Abs(x) == 1 && !(d.Relative <= gradTolerance) {
				t.Errorf("x = %v: %+v, want %d left out", x, d, left)
			}
		}
	}
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
