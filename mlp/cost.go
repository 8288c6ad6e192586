package mlp

import (
	"fmt"
	"math"
	"strings"

	"github.com/lanewise/lanewise/blas"
)

// Cost is a cost function J = 1/N Σᵢ L(ŷ⁽ⁱ⁾, y⁽ⁱ⁾) as one row of data.
//
// Its functions take n_L × N matrices of the same shape, any stride: the targets
// y and the network's output pred.
type Cost[T blas.Float] struct {
	Name string // as in model files and flags

	// Value returns J, summed in float64.
	Value func(y, pred blas.General[T]) float64

	// Derivative sets each column of grad to the gradient of that sample's L
	// with respect to Aᴸ or, if Through names an activation, to Zᴸ. grad may be
	// pred.
	Derivative func(grad, y, pred blas.General[T])

	// Through is the name of the output activation that Derivative goes through,
	// the only one that the cost can stand behind; empty if there is none.
	Through string

	// labelled says that the cost is CrossEntropy, which the trainer takes from labels.
	labelled bool
}

// takes returns an error unless y are values that the cost is defined for.
func (c *Cost[T]) takes(y []T) error {
	if c.Through == "" {
		return nil
	}
	sum := 0.0
	for _, v := range y {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("%v: expected 0 to 1", v)
		}
		sum += float64(v)
	}
	if c.labelled && math.Abs(sum-1) > 1e-3 {
		return fmt.Errorf("sum %v: expected 1", sum)
	}
	return nil
}

// costs lists all that there are.
func costs[T blas.Float]() []Cost[T] {
	return []Cost[T]{CrossEntropy[T](), BinaryCrossEntropy[T](), Square[T]()}
}

// CrossEntropy is L = −Σ_k y_k·log ŷ_k for a softmax output. y is one-hot or
// soft (non-negative, with columns that sum to 1). With softmax the derivative
// is dZ = Ŷ − Y. Value takes ŷ no smaller than the smallest normal number, so
// that it stays finite.
func CrossEntropy[T blas.Float]() Cost[T] {
	return Cost[T]{
		Name: "cross-entropy",
		Value: func(y, pred blas.General[T]) float64 {
			return mean(y, pred, func(y, p T) float64 {
				if y == 0 && p == p { // 0·log ŷ is 0, but a NaN must show
					return 0
				}
				return -float64(y) * logOf(p)
			})
		},
		Derivative: difference[T],
		Through:    "softmax",
		labelled:   true,
	}
}

// BinaryCrossEntropy is L = −Σ_k y_k·log ŷ_k + (1 − y_k)·log(1 − ŷ_k) for a sigmoid
// output: each output is a question of its own, with y_k between 0 and 1. With
// sigmoid the derivative is dZ = Ŷ − Y. Value takes ŷ no smaller than the smallest normal
// number, so that it stays finite, and 1 − ŷ no smaller than what rounds ŷ to 1, 2⁻²⁵ or
// 2⁻⁵⁴ (float64): L of one that is wrong beyond is 17.3 or 37.4.
func BinaryCrossEntropy[T blas.Float]() Cost[T] {
	return Cost[T]{
		Name: "binary-cross-entropy",
		Value: func(y, pred blas.General[T]) float64 {
			return mean(y, pred, func(y, p T) float64 {
				sum := 0.0
				if y != 0 || p != p {
					sum -= float64(y) * logOf(p)
				}
				if y != 1 {
					sum -= (1 - float64(y)) * math.Log(max(1-float64(p), roundsToOne[T]()))
				}
				return sum
			})
		},
		Derivative: difference[T],
		Through:    "sigmoid",
	}
}

// Square is half the square distance, L = ½‖y − ŷ‖², with dA = Ŷ − Y.
func Square[T blas.Float]() Cost[T] {
	return Cost[T]{
		Name: "square",
		Value: func(y, pred blas.General[T]) float64 {
			return mean(y, pred, func(y, p T) float64 {
				d := float64(y) - float64(p)
				return d * d / 2
			})
		},
		Derivative: difference[T],
	}
}

// mean returns 1/N Σ_kj l(y_kj, pred_kj).
func mean[T blas.Float](y, pred blas.General[T], l func(y, p T) float64) float64 {
	if !sameShape(y, pred) {
		panic(badTargets)
	}
	sum := 0.0
	for k := range y.Rows {
		yk, pk := row(y, k), row(pred, k)
		for j, v := range yk {
			sum += l(v, pk[j])
		}
	}
	return sum / float64(y.Cols)
}

// roundsToOne is half of the distance from 1 to the number of T before it.
func roundsToOne[T blas.Float]() float64 {
	if _, ok := any(T(0)).(float32); ok {
		return 0x1p-25
	}
	return 0x1p-54
}

// logOf returns log p, or the logarithm of T's smallest normal number if that is
// larger.
func logOf[T blas.Float](p T) float64 {
	smallest := 0x1p-1022
	if _, ok := any(p).(float32); ok {
		smallest = 0x1p-126
	}
	return math.Log(max(float64(p), smallest))
}

// difference sets grad = pred − y.
func difference[T blas.Float](grad, y, pred blas.General[T]) {
	if !sameShape(y, pred) || !sameShape(grad, pred) {
		panic(badTargets)
	}
	for k := range grad.Rows {
		g, yk, pk := row(grad, k), row(y, k), row(pred, k)
		for j := range g {
			g[j] = pk[j] - yk[j]
		}
	}
}

// CostByName returns the cost of that name.
func CostByName[T blas.Float](name string) (Cost[T], error) {
	found, err := findCost[T](name)
	if err != nil {
		return found, fmt.Errorf("mlp: %w", err)
	}
	return found, nil
}

func findCost[T blas.Float](name string) (Cost[T], error) {
	var names []string
	for _, c := range costs[T]() {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	return Cost[T]{}, fmt.Errorf("cost %.40q: expected one of %s", name, strings.Join(names, ", "))
}
