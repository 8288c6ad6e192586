package mlp

import (
	"math/rand/v2"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// stepper is the Trainer's step of gradient descent: that of MLP's methods, with all
// that goes with a product done in it, and nothing kept that the step has no use for.
//
// The gradient with respect to the outputs is scaled once, and what follows from it
// is linear: scaled by 1/N all products are gradients of J; scaled by −α/N the
// product dZˡ·Aˡ⁻¹ᵀ is plain gradient descent's step, and is added to Wˡ as it is
// computed.
type stepper[T blas.Float] struct {
	net       *MLP[T]
	optimizer Optimizer[T]
	plain     bool    // the optimizer is plain gradient descent
	decay     float64 // λ of L2
	dropout   float64
	mask      maskSource

	layers    []stepLayer[T]
	samples   [][]T           // of the batch
	next      [][]T           // of the next batch
	x         blas.Packed[T]  // inputs as columns, n_0 × N
	rows      blas.General[T] // the same as rows, N × n_0
	gradients []T             // of the shape of Params, unless plain
	memory    [][]T
	judge     judge[T]
	classes   []int // of the batch
	losses    []T
}

// stepLayer is what a step keeps of a layer: n_l × N matrices, and n_l sums.
type stepLayer[T blas.Float] struct {
	z       blas.General[T] // only if the derivative needs it
	a       blas.General[T]
	mask    blas.General[T] // 0 or 1/(1 − dropout)
	dropped blas.General[T] // a ⊙ mask, which the next layer takes
	dz      blas.General[T]
	sums    []T // of the rows of dz
}

func newStepper[T blas.Float](t *Trainer[T], o Optimizer[T], memory [][]T) *stepper[T] {
	s := &stepper[T]{
		net: t.Net, optimizer: o, plain: o.plain, decay: t.L2, dropout: t.Dropout, memory: memory,
		layers: make([]stepLayer[T], len(t.Net.Layers)),
	}
	for i, l := range t.Net.Layers {
		s.layers[i].sums = make([]T, l.Weights.Rows)
	}
	if !s.plain {
		s.gradients = make([]T, len(t.Net.Params))
	}
	return s
}

// run makes step number t on a batch of samples and returns its cost, and how many
// of its samples were classified correctly, before the step.
func (s *stepper[T]) run(batches *dataset.Batches[T], indices []int, rate float64, t int) (cost float64, correct int) {
	d := batches.Dataset()
	s.gather(d.Samples, indices, batches.PeekIndices(len(indices)))
	labelled := s.net.Cost.labelled && !d.IsRegression()
	s.forward(labelled)
	scale := 1 / float64(len(indices))
	if s.plain {
		scale *= -rate
	}
	if labelled {
		cost, correct = s.labelledCost(d.Labels, indices, scale)
	} else {
		cost, correct = s.cost(!d.IsRegression(), batches.Targets(indices), scale)
	}
	k := &s.layers[len(s.layers)-1]
	blas.RowSums(k.dz.Rows, k.dz.Cols, k.dz.Data, k.dz.Stride, k.sums)
	s.backward(rate)
	if !s.plain {
		s.update(rate, t)
	}
	return cost, correct
}

// gather copies the samples both as columns and as rows: with the former, packed, Z¹ is
// an NN product, with the latter dW¹.
func (s *stepper[T]) gather(samples [][]T, indices, next []int) {
	n, k := len(indices), s.net.Layers[0].Weights.Cols
	resize(&s.rows, n, k)
	s.samples, s.next = pick(s.samples, samples, indices), pick(s.next, samples, next)
	blas.PackSamples(&s.x, s.samples, s.next, s.rows.Data, s.rows.Stride)
}

// pick returns the samples of these indices, in the memory of list.
func pick[T blas.Float](list, samples [][]T, indices []int) [][]T {
	list = list[:0]
	for _, i := range indices {
		list = append(list, samples[i])
	}
	return list
}

// in returns what layer i takes, if it isn't the first one.
func (s *stepper[T]) in(i int) blas.General[T] {
	if s.dropout > 0 {
		return s.layers[i-1].dropped
	}
	return s.layers[i-1].a
}

// forward sets the activations of all layers; with toLogits the last layer's a is its z.
func (s *stepper[T]) forward(toLogits bool) {
	n := s.rows.Rows
	for i, l := range s.net.Layers {
		k, w, g := &s.layers[i], l.Weights, &l.Activation
		resize(&k.a, w.Rows, n)
		z := k.a
		if g.NeedsLogits {
			resize(&k.z, w.Rows, n)
			z = k.z
		}
		ep := blas.Epilogue[T]{Bias: l.Bias}
		if g.epilogue {
			ep.Act = g.fused
		}
		if i == 0 {
			blas.GemmPackedEpilogue(blas.NoTrans, w.Rows, &s.x, w.Data, w.Stride, 0, z.Data, z.Stride, ep)
		} else {
			x := s.in(i)
			blas.GemmEpilogue(blas.NoTrans, blas.NoTrans, w.Rows, n, w.Cols,
				1, w.Data, w.Stride, x.Data, x.Stride, 0, z.Data, z.Stride, ep)
		}
		if !g.epilogue && !(toLogits && i == len(s.layers)-1) {
			g.Value(k.a, z)
		}
		if s.dropout > 0 && i < len(s.layers)-1 {
			resize(&k.mask, w.Rows, n)
			resize(&k.dropped, w.Rows, n)
			fillMask(&s.mask, k.mask.Data, s.dropout)
			blas.Mul(k.dropped.Data, k.a.Data, k.mask.Data)
		}
	}
}

// cost sets dZᴸ, times scale.
func (s *stepper[T]) cost(classes bool, y blas.General[T], scale float64) (cost float64, correct int) {
	last := len(s.layers) - 1
	l, k := s.net.Layers[last], &s.layers[last]
	resize(&k.dz, k.a.Rows, k.a.Cols)
	cost = s.net.Cost.Value(y, k.a)
	if classes {
		correct = s.judge.correct(y, k.a)
	}
	s.net.Cost.Derivative(k.dz, y, k.a)
	if !l.FromLogits {
		l.Activation.Derivative(k.dz, k.dz, k.a, k.z)
	}
	blas.Scal(T(scale), k.dz.Data)
	return cost, correct
}

// labelledCost is cost for CrossEntropy and classes, from the logits, by one kernel.
func (s *stepper[T]) labelledCost(labels, indices []int, scale float64) (cost float64, correct int) {
	k := &s.layers[len(s.layers)-1]
	z := k.a // forward left it at that
	resize(&k.dz, z.Rows, z.Cols)
	s.classes = s.classes[:0]
	for _, i := range indices {
		s.classes = append(s.classes, labels[i])
	}
	if len(s.losses) < z.Cols {
		s.losses = make([]T, z.Cols)
	}
	blas.CrossEntropyClasses(z.Rows, z.Cols, z.Data, z.Stride, s.classes, k.dz.Data, k.dz.Stride, s.losses)
	blas.Scal(T(scale), k.dz.Data)
	for j, class := range s.judge.predict(z) { // e^z is largest where z is
		cost += float64(s.losses[j])
		if class == s.classes[j] {
			correct++
		}
	}
	return cost / float64(z.Cols), correct
}

// backward takes dZᴸ back through the layers. It makes the step, or fills gradients.
func (s *stepper[T]) backward(rate float64) {
	n := s.rows.Rows
	at := len(s.net.Params)
	for i := len(s.layers) - 1; i >= 0; i-- {
		l, k := s.net.Layers[i], &s.layers[i]
		w := l.Weights
		if i > 0 { // before w changes
			s.backwardTo(i-1, w, k.dz)
		}
		dw, db, beta := w, l.Bias, T(1-float64(rate*s.decay))
		if !s.plain {
			at -= w.Rows * (w.Cols + 1)
			dw, db, _ = views(s.gradients[at:], w.Rows, w.Cols)
			beta = 0
		}
		if i == 0 {
			blas.Gemm(blas.NoTrans, blas.NoTrans, w.Rows, w.Cols, n,
				1, k.dz.Data, k.dz.Stride, s.rows.Data, s.rows.Stride, beta, dw.Data, dw.Stride)
		} else {
			x := s.in(i)
			blas.Gemm(blas.NoTrans, blas.Trans, w.Rows, w.Cols, n,
				1, k.dz.Data, k.dz.Stride, x.Data, x.Stride, beta, dw.Data, dw.Stride)
		}
		if s.plain {
			for j, v := range k.sums {
				db[j] += v
			}
		} else {
			copy(db, k.sums)
		}
	}
}

// backwardTo sets dZ of layer i, given the weights of the layer behind it and that
// layer's dZ.
func (s *stepper[T]) backwardTo(i int, w, dz blas.General[T]) {
	k, g := &s.layers[i], &s.net.Layers[i].Activation
	resize(&k.dz, w.Cols, dz.Cols)
	ep := blas.Epilogue[T]{}
	fused := g.epilogue && s.dropout == 0
	if fused {
		ep.Grad, ep.Aux, ep.LdAux, ep.Sums = g.fused, k.a.Data, k.a.Stride, k.sums
	}
	blas.GemmEpilogue(blas.Trans, blas.NoTrans, w.Cols, dz.Cols, w.Rows,
		1, w.Data, w.Stride, dz.Data, dz.Stride, 0, k.dz.Data, k.dz.Stride, ep)
	if fused {
		return
	}
	if s.dropout > 0 {
		blas.Mul(k.dz.Data, k.dz.Data, k.mask.Data)
	}
	g.Derivative(k.dz, k.dz, k.a, k.z)
	blas.RowSums(k.dz.Rows, k.dz.Cols, k.dz.Data, k.dz.Stride, k.sums)
}

// update makes the optimizer's step from gradients, those of L2 added to them.
func (s *stepper[T]) update(rate float64, t int) {
	if s.decay != 0 {
		at := 0
		for _, l := range s.net.Layers {
			size := l.Weights.Rows * l.Weights.Cols
			blas.Axpy(T(s.decay), l.Weights.Data, s.gradients[at:at+size])
			at += size + len(l.Bias)
		}
	}
	s.optimizer.Update(s.net.Params, s.gradients, s.memory, rate, t)
}

// maskSource draws dropout's masks: 16 random bits an element, from a stream of
// their own for each epoch.
type maskSource struct{ rng rand.PCG }

// dropoutStream sets it apart from the order of samples.
const dropoutStream = 1 << 33

func (m *maskSource) seed(seed uint64, epoch int) { m.rng.Seed(seed, dropoutStream+uint64(epoch)) }

// fillMask sets each element to 0 with probability p, and else to 1/(1 − p).
func fillMask[T blas.Float](m *maskSource, mask []T, p float64) {
	values := [2]T{T(1 / (1 - p)), 0} // no branch: it would be foretold wrongly
	limit := uint64(p * (1 << 16))
	below := func(bits uint64) uint64 { return (bits&(1<<16-1) - limit) >> 63 }
	for ; len(mask) >= 4; mask = mask[4:] {
		bits := m.rng.Uint64()
		mask[0], mask[1] = values[below(bits)], values[below(bits>>16)]
		mask[2], mask[3] = values[below(bits>>32)], values[below(bits>>48)]
	}
	if len(mask) > 0 {
		bits := m.rng.Uint64()
		for i := range mask {
			mask[i] = values[below(bits)]
			bits >>= 16
		}
	}
}
