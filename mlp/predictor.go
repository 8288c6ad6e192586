package mlp

import (
	"sync"

	"github.com/lanewise/lanewise/blas"
)

// Predictor computes a network's outputs. It never changes, so any number of
// goroutines may use one at once, and it does not allocate, once it has been used
// by as many at once before.
//
// The result for a sample has the same bits alone, in a batch of any size and at
// any place in it, at every number of threads, and at avx2 and avx512: each logit
// is one chain that starts from the bias and takes the inputs in their order.
type Predictor[T blas.Float] struct {
	inputs, outputs int
	layers          []predictorLayer[T]
	widest          int // outputs of a layer, with padding

	mu   sync.Mutex
	free []*predictorSpace[T]
}

// predictorLayer holds weights as the product of samples that lie in rows wants them.
type predictorLayer[T blas.Float] struct {
	weights    blas.General[T] // Wᵀ: n_{l−1} × n_l, and zeros to the right of it
	bias       []T             // likewise
	units      int             // n_l
	activation Activation[T]
}

// predictorSpace is the scratch of one call: activations before and behind a layer,
// and what turns samples to columns and back.
type predictorSpace[T blas.Float] struct{ a, z, columns []T }

const (
	// predictorRows is how many samples go through the layers together.
	predictorRows = 64
	// chainColumns is the number of columns from which on every product is a chain,
	// whatever its rows are: see blas.Gemm.
	chainColumns = 5
)

// Predictor returns one for the network as it is now: a copy.
func (m *MLP[T]) Predictor() *Predictor[T] {
	p := &Predictor[T]{inputs: m.Layers[0].Weights.Cols, outputs: m.outputs()}
	for _, l := range m.Layers {
		w := l.Weights
		columns := max(w.Rows, chainColumns)
		t := blas.General[T]{Rows: w.Cols, Cols: columns, Stride: columns, Data: make([]T, w.Cols*columns)}
		for i := range w.Rows {
			for j, v := range row(w, i) {
				t.Data[j*columns+i] = v
			}
		}
		bias := make([]T, columns)
		copy(bias, l.Bias)
		p.layers = append(p.layers, predictorLayer[T]{t, bias, w.Rows, l.Activation})
		p.widest = max(p.widest, columns)
	}
	return p
}

// Inputs returns n_0, the values of a sample.
func (p *Predictor[T]) Inputs() int { return p.inputs }

// Outputs returns n_L, the values of a prediction.
func (p *Predictor[T]) Outputs() int { return p.outputs }

// Predict sets dst to the outputs for the samples x. Both hold one sample after
// another, Inputs and Outputs values each. As in training, inputs are divided by the network's
// InputDivisor and scaled by its Schema.InputScaling (dataset.Dataset.Scaled does that), and of
// targets Schema.TargetScaling.Raw gives the values in their own unit. Predict panics if there is a part of a
// sample in x, or if dst does not hold as many outputs.
func (p *Predictor[T]) Predict(dst, x []T) {
	n := len(x) / p.inputs
	switch {
	case n*p.inputs != len(x):
		panic(badSamples)
	case len(dst) != n*p.outputs:
		panic(badPredictions)
	}
	s := p.take()
	for i := 0; i < n; i += predictorRows {
		rows := min(predictorRows, n-i)
		p.forward(s, rows, dst[i*p.outputs:], x[i*p.inputs:])
	}
	p.give(s)
}

func (p *Predictor[T]) forward(s *predictorSpace[T], rows int, dst, x []T) {
	in, ld := x, p.inputs
	for _, l := range p.layers {
		w := l.weights
		z := s.z[:rows*w.Cols]
		for i := range rows {
			copy(z[i*w.Cols:], l.bias)
		}
		blas.Gemm(blas.NoTrans, blas.NoTrans, rows, w.Cols, w.Rows, 1, in, ld, w.Data, w.Stride, 1, z, w.Cols)
		zs := blas.General[T]{Rows: rows, Cols: l.units, Data: z, Stride: w.Cols}
		if l.activation.OutputOnly { // its units are rows
			l.activation.inRows(zs, s.columns)
		} else {
			l.activation.Value(zs, zs)
		}
		s.a, s.z = s.z, s.a
		in, ld = z, w.Cols
	}
	for i := range rows {
		copy(dst[i*p.outputs:][:p.outputs], in[i*ld:])
	}
}

// inRows is Value in place for a matrix of a sample a row. columns is scratch.
func (g *Activation[T]) inRows(a blas.General[T], columns []T) {
	t := blas.General[T]{Rows: a.Cols, Cols: a.Rows, Data: columns[:a.Rows*a.Cols], Stride: a.Rows}
	for i := range a.Rows {
		for j, v := range row(a, i) {
			t.Data[j*t.Stride+i] = v
		}
	}
	g.Value(t, t)
	for i := range a.Rows {
		for j := range row(a, i) {
			a.Data[i*a.Stride+j] = t.Data[j*t.Stride+i]
		}
	}
}

// take returns scratch that nobody else has.
func (p *Predictor[T]) take() *predictorSpace[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := len(p.free) - 1; last >= 0 {
		s := p.free[last]
		p.free = p.free[:last]
		return s
	}
	size := predictorRows * p.widest
	return &predictorSpace[T]{make([]T, size), make([]T, size), make([]T, predictorRows*p.outputs)}
}

func (p *Predictor[T]) give(s *predictorSpace[T]) {
	p.mu.Lock()
	p.free = append(p.free, s)
	p.mu.Unlock()
}
