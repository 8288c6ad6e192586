package ref

import "math"

// A layer as sums over its components, in float64. Samples are columns: a[j][i] is
// unit j's activation for sample i.

// Sigma returns σ(z) = 1/(1 + e^−z).
func Sigma(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// SigmaPrime returns σ′(z) = σ(z)(1 − σ(z)).
func SigmaPrime(z float64) float64 { return Sigma(z) * (1 - Sigma(z)) }

// LayerForward returns z_k = Σ_j w_kj·a_j + b_k for each sample.
func LayerForward(w [][]float64, b []float64, a [][]float64) (z [][]float64) {
	z = make([][]float64, len(w))
	for k := range w {
		z[k] = make([]float64, len(a[0]))
		for i := range z[k] {
			z[k][i] = b[k]
			for j := range a {
				z[k][i] += w[k][j] * a[j][i]
			}
		}
	}
	return z
}

// LayerBackward takes ∂L/∂a_k of each sample back through a layer whose activation
// has the derivative prime, as the components of the chain rule:
//
//	∂L/∂W_kj    = ∂L/∂a_k · g′(z_k) · a_j⁻      mean over the samples
//	∂L/∂b_k     = ∂L/∂a_k · g′(z_k)             likewise
//	∂L/∂a_j⁻   = Σ_k ∂L/∂a_k · g′(z_k) · W_kj   for each sample
//
// where a⁻ are the activations before the layer.
func LayerBackward(w [][]float64, before, z, da [][]float64, prime func(z float64) float64) (dw [][]float64, db []float64, dBefore [][]float64) {
	n := float64(len(z[0]))
	dw, db, dBefore = make([][]float64, len(w)), make([]float64, len(w)), make([][]float64, len(before))
	for j := range before {
		dBefore[j] = make([]float64, len(z[0]))
	}
	for k := range w {
		dw[k] = make([]float64, len(before))
		for i := range z[k] {
			g := da[k][i] * prime(z[k][i])
			db[k] += g / n
			for j := range before {
				dw[k][j] += g * before[j][i] / n
				dBefore[j][i] += g * w[k][j]
			}
		}
	}
	return dw, db, dBefore
}

// SoftmaxOf returns ŷ_k = e^z_k / Σ_j e^z_j of one sample.
func SoftmaxOf(z []float64) []float64 {
	y := make([]float64, len(z))
	sum := 0.0
	for _, v := range z {
		sum += math.Exp(v)
	}
	for k, v := range z {
		y[k] = math.Exp(v) / sum
	}
	return y
}

// CrossEntropyOf returns L = −Σ_k y_k·log ŷ_k of one sample, and ∂L/∂z_k = Σ_j
// ∂L/∂ŷ_j · ∂ŷ_j/∂z_k through ŷ = softmax(z), with ∂ŷ_j/∂z_k = ŷ_j(δ_jk − ŷ_k).
func CrossEntropyOf(y, z []float64) (loss float64, dz []float64) {
	p := SoftmaxOf(z)
	dz = make([]float64, len(z))
	for j := range y {
		loss -= y[j] * math.Log(p[j])
		for k := range z {
			delta := 0.0
			if j == k {
				delta = 1
			}
			dz[k] += -y[j] / p[j] * p[j] * (delta - p[k])
		}
	}
	return loss, dz
}
