package mlp

import "github.com/lanewise/lanewise/blas"

// Layer is one fully connected layer: A = g(W·A_prev + b).
//
// Weights, Bias and Activation are all that a layer needs to be given; the other
// fields are set by its methods and are overwritten by their next call.
type Layer[T blas.Float] struct {
	Weights    blas.General[T] // W: n_l × n_{l−1}
	Bias       []T             // b: n_l
	Activation Activation[T]

	Logits      blas.General[T] // Z: n_l × N, set by Propagate
	Activations blas.General[T] // A: n_l × N, set by Propagate
	GradLogits  blas.General[T] // dZ: n_l × N, set by Backpropagate

	// FromLogits says that Backpropagate is given dZ, not dA: this is the
	// output layer, and the cost's derivative goes through its activation.
	FromLogits bool

	gradPrev    blas.General[T] // dA_prev: n_{l−1} × N
	gradWeights blas.General[T] // dW: n_l × n_{l−1}
	gradBias    []T             // db: n_l
}

// Propagate returns A = g(Z), Z = W·A_prev + b (added to each column), for
// activationsPrev of n_{l−1} × N.
func (l *Layer[T]) Propagate(activationsPrev blas.General[T]) blas.General[T] {
	w, x := l.Weights, activationsPrev
	if x.Rows != w.Cols {
		panic(badInputRows)
	}
	resize(&l.Logits, w.Rows, x.Cols)
	resize(&l.Activations, w.Rows, x.Cols)
	z := l.Logits
	for i, b := range l.Bias {
		zi := row(z, i)
		for j := range zi {
			zi[j] = b
		}
	}
	blas.Gemm(blas.NoTrans, blas.NoTrans, w.Rows, x.Cols, w.Cols,
		1, w.Data, w.Stride, x.Data, x.Stride, 1, z.Data, z.Stride)
	l.Activation.Value(l.Activations, z)
	return l.Activations
}

// Backpropagate sets GradLogits dZ = dA ⊙ g′(Z) and returns dA_prev = Wᵀ·dZ
// (n_{l−1} × N), for gradActivations dA of n_l × N, or dZ if FromLogits.
// Propagate goes before it.
func (l *Layer[T]) Backpropagate(gradActivations blas.General[T]) blas.General[T] {
	l.backpropagateLogits(gradActivations)
	w, dz := l.Weights, l.GradLogits
	resize(&l.gradPrev, w.Cols, dz.Cols)
	blas.Gemm(blas.Trans, blas.NoTrans, w.Cols, dz.Cols, w.Rows,
		1, w.Data, w.Stride, dz.Data, dz.Stride, 0, l.gradPrev.Data, l.gradPrev.Stride)
	return l.gradPrev
}

// backpropagateLogits is Backpropagate up to dZ.
func (l *Layer[T]) backpropagateLogits(grad blas.General[T]) {
	if !sameShape(grad, l.Activations) {
		panic(badGradShape)
	}
	resize(&l.GradLogits, grad.Rows, grad.Cols)
	if l.FromLogits {
		copyMatrix(l.GradLogits, grad)
	} else {
		l.Activation.Derivative(l.GradLogits, grad, l.Activations, l.Logits)
	}
}

// GradientWeights returns dW = 1/N dZ·A_prevᵀ (n_l × n_{l−1}) for the
// activationsPrev (n_{l−1} × N) that were propagated. Backpropagate goes before
// it.
func (l *Layer[T]) GradientWeights(activationsPrev blas.General[T]) blas.General[T] {
	dz, x := l.GradLogits, activationsPrev
	switch {
	case x.Rows != l.Weights.Cols:
		panic(badInputRows)
	case x.Cols != dz.Cols:
		panic(badBatchCols)
	}
	resize(&l.gradWeights, dz.Rows, x.Rows)
	dw := l.gradWeights
	blas.Gemm(blas.NoTrans, blas.Trans, dz.Rows, x.Rows, dz.Cols,
		1/T(dz.Cols), dz.Data, dz.Stride, x.Data, x.Stride, 0, dw.Data, dw.Stride)
	return dw
}

// GradientBias returns db = 1/N Σ_j dZ_ij (n_l). Backpropagate goes before it.
func (l *Layer[T]) GradientBias() []T {
	dz := l.GradLogits
	if len(l.gradBias) != dz.Rows {
		l.gradBias = make([]T, dz.Rows)
	}
	blas.RowSums(dz.Rows, dz.Cols, dz.Data, dz.Stride, l.gradBias)
	for i := range l.gradBias {
		l.gradBias[i] /= T(dz.Cols)
	}
	return l.gradBias
}
