package mlp

import (
	"fmt"
	"math"
	"strings"

	"github.com/lanewise/lanewise/blas"
)

// Activation is an activation function g with A = g(Z), as one row of data.
//
// Its functions take n_l × N matrices of the same shape, any stride.
type Activation[T blas.Float] struct {
	Name string // as in model files and flags

	// Value sets a = g(z). a may be z.
	Value func(a, z blas.General[T])

	// Derivative sets dz, the gradient with respect to z, from da, the gradient
	// with respect to a = g(z): dz = da ⊙ g′(z) if g is element-wise, in
	// general each column of da times the Jacobian ∂a/∂z. dz may be da. Unless
	// NeedsLogits is set it takes g′ from a, and z may be empty.
	Derivative func(dz, da, a, z blas.General[T])

	// NeedsLogits says that g′ can't be told from a, so that Derivative reads z.
	NeedsLogits bool

	// Kinked says that g′ jumps where z = 0, where no difference tells it.
	Kinked bool

	// Gain widens the initial weights of layers with this activation: see Glorot.
	Gain float64

	// OutputOnly says that the units depend on each other, so that the
	// activation can only stand in the output layer.
	OutputOnly bool

	// epilogue says that fused is what products call the activation.
	epilogue bool
	fused    blas.Activation
}

// activations lists all that there are.
func activations[T blas.Float]() []Activation[T] {
	return []Activation[T]{Sigmoid[T](), Tanh[T](), ReLU[T](), SiLU[T](), Identity[T](), Softmax[T]()}
}

// Sigmoid is σ(z) = 1/(1 + e⁻ᶻ), with σ′ = a(1 − a). Its gain of 4 makes up for
// σ′(0) = 1/4 (X. Glorot, Y. Bengio: Understanding the difficulty of training
// deep feedforward neural networks, 2010).
func Sigmoid[T blas.Float]() Activation[T] {
	return Activation[T]{
		Name:       "sigmoid",
		Value:      func(a, z blas.General[T]) { each(blas.Sigmoid[T], a, z) },
		Derivative: func(dz, da, a, _ blas.General[T]) { each2(blas.SigmoidGrad[T], dz, da, a) },
		Gain:       4,
		epilogue:   true,
		fused:      blas.ActSigmoid,
	}
}

// Tanh is tanh z, with tanh′ = 1 − a².
func Tanh[T blas.Float]() Activation[T] {
	return Activation[T]{
		Name:       "tanh",
		Value:      func(a, z blas.General[T]) { each(blas.Tanh[T], a, z) },
		Derivative: func(dz, da, a, _ blas.General[T]) { each2(blas.TanhGrad[T], dz, da, a) },
		Gain:       1,
		epilogue:   true,
		fused:      blas.ActTanh,
	}
}

// ReLU is max(0, z), with the derivative 1 where a > 0 and 0 elsewhere. Its gain
// of √2 makes up for the half of its inputs that it cuts off (K. He et al.:
// Delving deep into rectifiers, 2015).
func ReLU[T blas.Float]() Activation[T] {
	return Activation[T]{
		Name:       "relu",
		Value:      func(a, z blas.General[T]) { each(blas.ReLU[T], a, z) },
		Derivative: func(dz, da, a, _ blas.General[T]) { each2(blas.ReLUGrad[T], dz, da, a) },
		Kinked:     true,
		Gain:       math.Sqrt2,
		epilogue:   true,
		fused:      blas.ActReLU,
	}
}

// SiLU is z·σ(z) (S. Elfwing, E. Uchibe, K. Doya, 2018), with the derivative s + a(1 −
// s), s = σ(z): that is a/z, or ½ where z = 0. Its gain is that of ReLU, which it
// comes to for large |z|.
func SiLU[T blas.Float]() Activation[T] {
	return Activation[T]{
		Name:        "silu",
		Value:       func(a, z blas.General[T]) { each(blas.SiLU[T], a, z) },
		Derivative:  siluDerivative[T],
		NeedsLogits: true,
		Gain:        math.Sqrt2,
	}
}

func siluDerivative[T blas.Float](dz, da, a, z blas.General[T]) {
	for i := range dz.Rows {
		dzi, dai, ai := row(dz, i), row(da, i), row(a, i)
		for j, v := range row(z, i) {
			s := T(0.5)
			if v != 0 {
				s = ai[j] / v
			}
			dzi[j] = dai[j] * (s + T(ai[j]*(1-s)))
		}
	}
}

// Identity is g(z) = z, for regression.
func Identity[T blas.Float]() Activation[T] {
	return Activation[T]{
		Name:       "identity",
		Value:      copyMatrix[T],
		Derivative: func(dz, da, _, _ blas.General[T]) { copyMatrix(dz, da) },
		Gain:       1,
		epilogue:   true,
		fused:      blas.ActNone,
	}
}

// Softmax is a_k = e^z_k / Σ_j e^z_j down each column, with the Jacobian
// dz = a ⊙ (da − Σ_k a_k·da_k).
func Softmax[T blas.Float]() Activation[T] {
	return Activation[T]{
		Name: "softmax",
		Value: func(a, z blas.General[T]) {
			blas.Softmax(a.Rows, a.Cols, a.Data, a.Stride, z.Data, z.Stride)
		},
		Derivative: softmaxDerivative[T],
		Gain:       1,
		OutputOnly: true,
	}
}

func copyMatrix[T blas.Float](dst, src blas.General[T]) {
	each(func(dst, src []T) { copy(dst, src) }, dst, src)
}

func softmaxDerivative[T blas.Float](dz, da, a, _ blas.General[T]) {
	const width = 64
	for j := 0; j < a.Cols; j += width {
		n := min(width, a.Cols-j)
		var dot [width]T // Σ_k a_kj·da_kj
		for k := range a.Rows {
			ak, dak := row(a, k)[j:j+n], row(da, k)[j:j+n]
			for i, v := range ak {
				dot[i] += T(v * dak[i])
			}
		}
		for k := range a.Rows {
			ak, dak, dzk := row(a, k)[j:j+n], row(da, k)[j:j+n], row(dz, k)[j:j+n]
			for i, v := range ak {
				dzk[i] = v * (dak[i] - dot[i])
			}
		}
	}
}

// HiddenActivations returns the names of the activations for hidden layers.
func HiddenActivations() []string {
	var names []string
	for _, g := range activations[float64]() {
		if !g.OutputOnly {
			names = append(names, g.Name)
		}
	}
	return names
}

// ActivationByName returns the activation of that name.
func ActivationByName[T blas.Float](name string) (Activation[T], error) {
	found, err := findActivation[T](name)
	if err != nil {
		return found, fmt.Errorf("mlp: %w", err)
	}
	return found, nil
}

func findActivation[T blas.Float](name string) (Activation[T], error) {
	var names []string
	for _, g := range activations[T]() {
		if g.Name == name {
			return g, nil
		}
		names = append(names, g.Name)
	}
	return Activation[T]{}, fmt.Errorf("activation %.40q: expected one of %s", name, strings.Join(names, ", "))
}
