package mlp

import (
	"math"
	"slices"

	"github.com/lanewise/lanewise/blas"
)

// Difference is how far the gradient by back-propagation, a, is from the
// numerical one, n, over one block of variables.
type Difference struct {
	Block    string  // weights, bias or inputs
	Layer    int     // 1 … L; 0 for the inputs
	Relative float64 // ‖a − n‖₂ / (‖a‖₂ + ‖n‖₂), 0 if both are 0
	Entries  int     // variables of the block
	LeftOut  int     // of those, with a logit that changed its sign at a kink between θ − ε and θ + ε
}

// GradientCheck compares the gradients of the cost J on the batch x (n_0 × N), y
// (n_L × N) with central differences
//
//	n = (J(θ + ε) − J(θ − ε)) / 2ε,   ε = 1e-5·max(1, |θ|)
//
// for the weights and the bias of each layer and for the inputs, whose gradient
// is dA⁰/N. The truncation error of n is O(ε²) and its rounding error about
// 1e-11·J, so a correct gradient that isn't itself tiny differs by less than
// 1e-7. It needs two propagations a variable. The parameters are left as they
// were.
//
// Where a kinked activation's logit, such as ReLU's, changes its sign between θ − ε
// and θ + ε, n is no derivative: the variable is left out and counted.
func GradientCheck(net *MLP[float64], x, y blas.General[float64]) []Difference {
	input := compactCopy(x)
	pred := net.Propagate(input)
	var grad blas.General[float64]
	resize(&grad, pred.Rows, pred.Cols)
	net.Cost.Derivative(grad, y, pred)

	inputs := append([]float64(nil), net.Backpropagate(grad).Data...)
	for i := range inputs {
		inputs[i] /= float64(x.Cols)
	}
	gradients := append([]float64(nil), net.Gradients()...)

	var result []Difference
	var signsUp, signsDown []bool
	compare := func(block string, layer int, theta, gradient []float64) {
		var analytic, numeric []float64
		for i, old := range theta {
			eps := 1e-5 * max(1, math.Abs(old))
			up, down := old+eps, old-eps
			theta[i] = up
			above := net.Cost.Value(y, net.Propagate(input))
			signsUp = net.signs(signsUp[:0])
			theta[i] = down
			below := net.Cost.Value(y, net.Propagate(input))
			signsDown = net.signs(signsDown[:0])
			theta[i] = old
			if slices.Equal(signsUp, signsDown) {
				analytic = append(analytic, gradient[i])
				numeric = append(numeric, (above-below)/(up-down))
			}
		}
		result = append(result, Difference{block, layer, relativeDifference(analytic, numeric), len(theta), len(theta) - len(analytic)})
	}
	for i, l := range net.Layers {
		w, b := len(l.Weights.Data), len(l.Bias)
		compare("weights", i+1, l.Weights.Data, gradients[:w])
		compare("bias", i+1, l.Bias, gradients[w:w+b])
		gradients = gradients[w+b:]
	}
	compare("inputs", 0, input.Data, inputs)
	return result
}

// signs appends, for each logit of a kinked activation, whether it is positive.
func (m *MLP[T]) signs(to []bool) []bool {
	for _, l := range m.Layers {
		if l.Activation.Kinked {
			for _, z := range l.Logits.Data {
				to = append(to, z > 0)
			}
		}
	}
	return to
}

func compactCopy(x blas.General[float64]) blas.General[float64] {
	var c blas.General[float64]
	resize(&c, x.Rows, x.Cols)
	copyMatrix(c, x)
	return c
}

// relativeDifference returns ‖a − n‖₂ / (‖a‖₂ + ‖n‖₂).
func relativeDifference(a, n []float64) float64 {
	var diff, normA, normN float64
	for i := range a {
		diff = math.Hypot(diff, a[i]-n[i])
		normA = math.Hypot(normA, a[i])
		normN = math.Hypot(normN, n[i])
	}
	if diff == 0 {
		return 0
	}
	return diff / (normA + normN)
}
