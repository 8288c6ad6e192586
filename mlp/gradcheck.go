package mlp

import (
	"math"

	"github.com/lanewise/lanewise/blas"
)

// Difference is how far the gradient by back-propagation, a, is from the
// numerical one, n, over one block of variables.
type Difference struct {
	Block    string  // weights, bias or inputs
	Layer    int     // 1 … L; 0 for the inputs
	Relative float64 // ‖a − n‖₂ / (‖a‖₂ + ‖n‖₂), 0 if both are 0
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
	compare := func(block string, layer int, theta, analytic []float64) {
		numeric := make([]float64, len(theta))
		for i, old := range theta {
			eps := 1e-5 * max(1, math.Abs(old))
			up, down := old+eps, old-eps
			theta[i] = up
			above := net.Cost.Value(y, net.Propagate(input))
			theta[i] = down
			below := net.Cost.Value(y, net.Propagate(input))
			theta[i] = old
			numeric[i] = (above - below) / (up - down)
		}
		result = append(result, Difference{block, layer, relativeDifference(analytic, numeric)})
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
