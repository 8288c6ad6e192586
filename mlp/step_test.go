package mlp

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// random returns a set of n samples, with classes or, if there are none, targets.
func random[T blas.Float](seed uint64, n, features, classes, targets int) *dataset.Dataset[T] {
	rng := rand.New(rand.NewPCG(seed, 3))
	d := &dataset.Dataset[T]{Features: features, Classes: classes, Divisor: 1}
	for range n {
		d.Samples = append(d.Samples, normal[T](rng, 1, features).Data)
		if classes > 0 {
			d.Labels = append(d.Labels, rng.IntN(classes))
		} else {
			d.Targets = append(d.Targets, normal[T](rng, 1, targets).Data)
		}
	}
	return d
}

// nets are all pairs of a hidden activation with an output and a cost that go
// together.
func nets[T blas.Float]() (all []struct {
	hidden, output Activation[T]
	cost           Cost[T]
}) {
	for _, hidden := range activations[T]() {
		if hidden.OutputOnly {
			continue
		}
		for _, output := range activations[T]() {
			for _, cost := range costs[T]() {
				if cost.Through == "" || cost.Through == output.Name {
					all = append(all, struct {
						hidden, output Activation[T]
						cost           Cost[T]
					}{hidden, output, cost})
				}
			}
		}
	}
	return all
}

// The trainer's step is the lecture's, with MLP's methods, within rounding: for all
// activations and costs, with L2, and for batches that are no whole group of samples.
func TestStepIsThePlainOne(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		for _, c := range nets[float64]() {
			for _, batch := range []int{1, 5, 16, 37} {
				t.Run(fmt.Sprintf("%s-%s-%s/batch=%d", c.hidden.Name, c.output.Name, c.cost.Name, batch), func(t *testing.T) {
					testStep(t, c.hidden, c.output, c.cost, batch)
				})
			}
		}
	})
}

func testStep[T blas.Float](t *testing.T, hidden, output Activation[T], cost Cost[T], batch int) {
	const rate, decay = 0.05, 0.01
	d := random[T](1, batch, 9, 4, 0)
	start := func() *MLP[T] {
		net := mustNew(t, []int{9, 8, 7, 4}, hidden, output, cost, 1)
		rng := rand.New(rand.NewPCG(2, 2))
		for _, l := range net.Layers {
			for i := range l.Bias {
				l.Bias[i] = T(rng.NormFloat64())
			}
		}
		return net
	}
	plain := start()
	x, y := d.Batches().NextBatch(batch)
	pred := plain.Propagate(x)
	wantCost := plain.Cost.Value(y, pred)
	wantCorrect := new(judge[T]).correct(y, pred)
	grad := blas.General[T]{Rows: 4, Cols: batch, Stride: batch, Data: make([]T, 4*batch)}
	plain.Cost.Derivative(grad, y, pred)
	plain.Backpropagate(grad)
	want := slices.Clone(plain.Gradients())
	at := 0
	for _, l := range plain.Layers {
		for i, w := range l.Weights.Data {
			want[at+i] += decay * w
		}
		at += len(l.Weights.Data) + len(l.Bias)
	}

	for _, o := range []Optimizer[T]{SGD[T](), {Name: "none", Update: func(params, gradients []T, _ [][]T, rate float64, _ int) {
		blas.Axpy(T(-rate), gradients, params)
	}}} {
		net := start()
		s := newStepper(&Trainer[T]{Net: net, L2: decay}, o, nil)
		batches := d.Batches()
		gotCost, gotCorrect := s.run(batches, batches.NextIndices(batch), rate, 1)
		if math.Abs(gotCost-wantCost) > 1e-13*math.Abs(wantCost) || gotCorrect != wantCorrect {
			t.Errorf("%s: cost %v, %d correct; want %v, %d", o.Name, gotCost, gotCorrect, wantCost, wantCorrect)
		}
		// Each parameter is off by the rounding of a few sums of some ten terms that
		// are of the size of 1: far less than 1e-13, and a step is about 1e-2.
		for i, before := range start().Params {
			if w := before - rate*want[i]; math.Abs(float64(net.Params[i]-w)) > 1e-13 {
				t.Fatalf("%s: parameter %d is %v, want %v (a step of %.1e)", o.Name, i, net.Params[i], w, rate*want[i])
			}
		}
	}
}

// The same seed gives the same weights at 1, 2 and 8 threads, and at both assembly
// levels, also where products are large enough to be shared.
func TestSameWeightsAtAnyThreads(t *testing.T) {
	d := random[float32](1, 260, 300, 10, 0)
	var simd []float32
	onLevels(t, func(t *testing.T) {
		defer blas.SetThreads(0)
		var one []float32
		for _, threads := range []int{1, 2, 8} {
			blas.SetThreads(threads)
			net := mustNew(t, []int{300, 256, 256, 10}, Sigmoid[float32](), Softmax[float32](), CrossEntropy[float32](), 1)
			trainer := Trainer[float32]{Net: net, BatchSize: 128, Epochs: 2, LearningRate: ConstantRate(.1), Seed: 1}
			if _, err := trainer.Train(context.Background(), d, nil); err != nil {
				t.Fatal(err)
			}
			if one == nil {
				one = net.Params
			} else if !slices.Equal(net.Params, one) {
				t.Errorf("%d threads: the weights differ from those of one", threads)
			}
		}
		switch {
		case asm.Current().Name == "generic":
		case simd == nil:
			simd = one
		case !slices.Equal(one, simd):
			t.Error("the weights differ from those of another assembly level")
		}
	})
}

// Momentum and Adam make the steps of their formulas, written out for one parameter.
func TestOptimizers(t *testing.T) {
	gradients := []float64{1, -2, 0.5, 0, 3}
	const rate = 0.1
	run := func(o Optimizer[float64]) []float64 {
		params, g := []float64{1, 1}, make([]float64, 2)
		memory := newState(o, params, false).memory(o)
		var path []float64
		for i, v := range gradients {
			g[0], g[1] = v, -v
			o.Update(params, g, memory, rate, i+1)
			path = append(path, params[0])
			if d := params[0] - 1 + params[1] - 1; math.Abs(d) > 1e-15 {
				t.Errorf("%s: opposite gradients lead to %v and %v", o.Name, params[0], params[1])
			}
		}
		return path
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-14 {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	sgd, momentum, adam := run(SGD[float64]()), run(Momentum[float64](.9)), run(Adam[float64](.9, .999, 1e-8))
	a, b, c, velocity, mean, square := 1.0, 1.0, 1.0, 0.0, 0.0, 0.0
	for i, g := range gradients {
		step := fmt.Sprintf("step %d", i+1)
		a -= rate * g
		near("sgd, "+step, sgd[i], a)
		velocity = .9*velocity + g
		b -= rate * velocity
		near("momentum, "+step, momentum[i], b)
		n := float64(i + 1)
		mean, square = .9*mean+.1*g, .999*square+.001*g*g
		c -= rate * (mean / (1 - math.Pow(.9, n))) / (math.Sqrt(square/(1-math.Pow(.999, n))) + 1e-8)
		near("adam, "+step, adam[i], c)
	}
}

// Training that was interrupted and taken up again comes to the bits of training
// straight through, with every optimizer, with dropout, and with early stopping.
func TestTrainingResumes(t *testing.T) {
	train, validation := random[float32](1, 100, 8, 3, 0), random[float32](2, 40, 8, 3, 0)
	for _, o := range []Optimizer[float32]{SGD[float32](), Momentum[float32](.9), Adam[float32](.9, .999, 1e-8)} {
		for _, patience := range []int{0, 50} {
			start := func() (*MLP[float32], *Trainer[float32]) {
				net := mustNew(t, []int{8, 16, 3}, Tanh[float32](), Softmax[float32](), CrossEntropy[float32](), 1)
				return net, &Trainer[float32]{Net: net, BatchSize: 16, Epochs: 9, LearningRate: CosineRate(.05, 9), Seed: 4, Optimizer: o, L2: 1e-3, Dropout: .2, Patience: patience}
			}
			through, trainer := start()
			wantHistory, err := trainer.Train(context.Background(), train, validation)
			if err != nil {
				t.Fatal(err)
			}
			want := trainer.State

			ctx, cancel := context.WithCancel(context.Background())
			net, first := start()
			first.Progress = func(e Epoch) {
				if e.Epoch == 4 {
					cancel()
				}
			}
			if _, err := first.Train(ctx, train, validation); err == nil {
				t.Fatal("training did not stop")
			}
			_, second := start()
			second.Net, second.State = net, first.State
			history, err := second.Train(context.Background(), train, validation)
			if err != nil {
				t.Fatal(err)
			}
			if len(history) != 5 || history[0].Epoch != 5 || history[4].ValidationCost != wantHistory[8].ValidationCost {
				t.Errorf("%s, patience %d: %d records from epoch %d on, want 5 from 5 on, with the same costs", o.Name, patience, len(history), history[0].Epoch)
			}
			if !slices.Equal(net.Params, through.Params) {
				t.Errorf("%s, patience %d: the weights differ from those of training straight through", o.Name, patience)
			}
			got := second.State
			if got.Epoch != want.Epoch || got.Step != want.Step || got.BestEpoch != want.BestEpoch || got.BestCost != want.BestCost {
				t.Errorf("%s, patience %d: state %+v, want %+v", o.Name, patience, got, want)
			}
			for i, b := range got.Buffers {
				if !slices.Equal(b.Values, want.Buffers[i].Values) {
					t.Errorf("%s, patience %d: buffer %s differs", o.Name, patience, b.Name)
				}
			}
		}
	}
}

// With patience the network is left as its best epoch left it, whether training
// ends early, runs out of epochs or is interrupted.
func TestEarlyStopping(t *testing.T) {
	train, validation := random[float64](1, 40, 6, 3, 0), random[float64](2, 200, 6, 3, 0) // there is nothing to learn
	for _, c := range []struct {
		name     string
		epochs   int
		patience int
		cancel   int
	}{{"early", 500, 5, 0}, {"out of epochs", 12, 500, 0}, {"interrupted", 500, 100, 20}} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			net := mustNew(t, []int{6, 30, 3}, Tanh[float64](), Softmax[float64](), CrossEntropy[float64](), 1)
			trainer := Trainer[float64]{Net: net, BatchSize: 8, Epochs: c.epochs, LearningRate: ConstantRate(.2), Seed: 1, Patience: c.patience}
			var after [][]float64
			trainer.Progress = func(e Epoch) {
				after = append(after, slices.Clone(trainer.State.last()))
				if e.Epoch == c.cancel {
					cancel()
				}
			}
			history, err := trainer.Train(ctx, train, validation)
			if (err != nil) != (c.cancel > 0) {
				t.Fatal(err)
			}
			best := 0
			for i, e := range history {
				if lower := e.ValidationCost < history[best].ValidationCost || i == 0; lower != e.Best {
					t.Errorf("epoch %d: Best is %v", e.Epoch, e.Best)
				}
				if e.ValidationCost < history[best].ValidationCost {
					best = i
				}
			}
			s := trainer.State
			if s.BestEpoch != best+1 || s.BestCost != history[best].ValidationCost {
				t.Errorf("best epoch %d, cost %v; want %d, %v", s.BestEpoch, s.BestCost, best+1, history[best].ValidationCost)
			}
			if best == len(history)-1 {
				t.Error("the last epoch was the best: nothing to restore")
			}
			if !slices.Equal(net.Params, after[best]) {
				t.Error("the network is not left as the best epoch left it")
			}
			if !slices.Equal(s.last(), after[len(after)-1]) {
				t.Error("the state has not the parameters after the last epoch")
			}
			e, err := net.Evaluate(validation)
			if err != nil || e.Cost != s.BestCost {
				t.Errorf("cost %v, %v; want %v", e.Cost, err, s.BestCost)
			}
			if c.name == "early" && len(history) != best+1+c.patience {
				t.Errorf("%d epochs, want %d beyond the best, %d", len(history), c.patience, best+1)
			}
		})
	}
}

func TestStateErrors(t *testing.T) {
	train := random[float32](1, 20, 4, 2, 0)
	fresh := func() *Trainer[float32] {
		net := mustNew(t, []int{4, 2}, Tanh[float32](), Softmax[float32](), CrossEntropy[float32](), 1)
		return &Trainer[float32]{Net: net, BatchSize: 4, Epochs: 2, LearningRate: ConstantRate(.1), Optimizer: Momentum[float32](.9), State: newState(Momentum[float32](.9), net.Params, false)}
	}
	for _, c := range []struct {
		change func(*Trainer[float32])
		want   []string
	}{
		{func(t *Trainer[float32]) { t.Optimizer = SGD[float32]() }, []string{`optimizer "momentum"`, "expected sgd"}},
		{func(t *Trainer[float32]) { t.State.Buffers = nil }, []string{"buffers []", "expected [velocity]"}},
		{func(t *Trainer[float32]) { t.State.Buffers[0].Values = make([]float32, 3) }, []string{"velocity", "3 values", "expected 10"}},
		{func(t *Trainer[float32]) { t.State = newState(Momentum[float32](.9), t.Net.Params, true) }, []string{"training with patience", "at least 1"}},
		{func(t *Trainer[float32]) { t.State.Epoch = -1 }, []string{"epoch -1"}},
		{func(t *Trainer[float32]) { t.State.BestEpoch = 1 }, []string{"best epoch 1"}},
		{func(t *Trainer[float32]) { t.LearningRate = nil }, []string{"learning rate"}},
		{func(t *Trainer[float32]) { t.Net = nil }, []string{"without a network"}},
		{func(t *Trainer[float32]) { t.L2 = -1 }, []string{"L2 -1", "at least 0"}},
		{func(t *Trainer[float32]) { t.L2 = math.NaN() }, []string{"L2 NaN"}},
		{func(t *Trainer[float32]) { t.Dropout = 1 }, []string{"dropout 1", "less than 1"}},
		{func(t *Trainer[float32]) { t.Dropout = math.NaN() }, []string{"dropout NaN"}},
		{func(t *Trainer[float32]) { t.Patience = -1 }, []string{"patience of -1"}},
		{func(t *Trainer[float32]) { t.Patience = 1 }, []string{"patience of 1", "without a validation set"}},
	} {
		trainer := fresh()
		c.change(trainer)
		_, err := trainer.Train(context.Background(), train, nil)
		wantError(t, err, c.want...)
	}
	trainer := fresh()
	trainer.Patience = 3
	_, err := trainer.Train(context.Background(), train, train)
	wantError(t, err, "training without patience", "patience of 0")
}

// Dropout leaves out as many activations as it says, a mask for each step, scales
// the others so that their mean stays, and follows from the seed.
func TestDropoutMask(t *testing.T) {
	const n = 1 << 16
	for _, p := range []float64{0.1, 0.25, 0.5, 0.9} {
		var s, again maskSource
		s.seed(1, 1)
		again.seed(1, 1)
		mask, other := make([]float32, n+3), make([]float32, n+3)
		fillMask(&s, mask, p)
		fillMask(&again, other, p)
		if !slices.Equal(mask, other) {
			t.Error("the same seed gives another mask")
		}
		fillMask(&s, other, p)
		if slices.Equal(mask, other) {
			t.Error("the next mask is the same")
		}
		zeros := 0
		for _, v := range mask {
			switch {
			case v == 0:
				zeros++
			case v != float32(1/(1-p)):
				t.Fatalf("p = %v: an element of %v, want %v", p, v, 1/(1-p))
			}
		}
		// Six standard deviations.
		if d := math.Abs(float64(zeros) - p*float64(len(mask))); d > 6*math.Sqrt(n*p*(1-p)) {
			t.Errorf("p = %v: %d zeros of %d", p, zeros, len(mask))
		}
	}
}

// The gradient of a step with dropout is that of the network whose activations the
// mask cuts off: checked by central differences with the mask held.
func TestDropoutGradient(t *testing.T) {
	d := random[float64](1, 12, 5, 3, 0)
	for _, hidden := range []Activation[float64]{Sigmoid[float64](), Tanh[float64](), Identity[float64]()} {
		net := mustNew(t, []int{5, 7, 6, 3}, hidden, Softmax[float64](), CrossEntropy[float64](), 1)
		o := Optimizer[float64]{Name: "none", Update: func([]float64, []float64, [][]float64, float64, int) {}}
		s := newStepper(&Trainer[float64]{Net: net, Dropout: .4}, o, nil)
		cost := func() float64 {
			s.mask.seed(1, 1)
			b := d.Batches()
			c, _ := s.run(b, b.NextIndices(12), 1, 1)
			return c
		}
		cost()
		analytic := slices.Clone(s.gradients)
		numeric := make([]float64, len(analytic))
		for i, old := range net.Params {
			const eps = 1e-5
			net.Params[i] = old + eps
			above := cost()
			net.Params[i] = old - eps
			numeric[i] = (above - cost()) / (2 * eps)
			net.Params[i] = old
		}
		if r := relativeDifference(analytic, numeric); !(r <= gradTolerance) {
			t.Errorf("%s: difference %.1e, want at most %.0e", hidden.Name, r, gradTolerance)
		}
	}
}

// One output tells two classes, by binary cross-entropy; and a network of several
// learns targets.
func TestBinaryAndRegression(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	d := &dataset.Dataset[float64]{Features: 2, Classes: 2, Divisor: 1}
	r := &dataset.Dataset[float64]{Features: 2, Divisor: 1}
	for range 400 {
		x := normal[float64](rng, 1, 2).Data
		label := 0
		if x[0]*x[1] > 0 { // no line parts them
			label = 1
		}
		d.Samples, d.Labels = append(d.Samples, x), append(d.Labels, label)
		r.Samples, r.Targets = append(r.Samples, x), append(r.Targets, []float64{x[0] * x[1], math.Abs(x[0])})
	}
	train := func(net *MLP[float64], d *dataset.Dataset[float64]) (Epoch, Evaluation) {
		trainer := Trainer[float64]{Net: net, BatchSize: 20, Epochs: 60, LearningRate: ConstantRate(.01), Seed: 1, Optimizer: Adam[float64](.9, .999, 1e-8)}
		history, err := trainer.Train(context.Background(), d, d)
		if err != nil {
			t.Fatal(err)
		}
		e, err := net.Evaluate(d)
		if err != nil {
			t.Fatal(err)
		}
		return history[len(history)-1], e
	}
	last, e := train(mustNew(t, []int{2, 16, 1}, Tanh[float64](), Sigmoid[float64](), BinaryCrossEntropy[float64](), 1), d)
	if e.Confusion.Classes() != 2 || e.Accuracy() < .95 || last.TrainAccuracy < .95 || last.ValidationAccuracy != e.Accuracy() {
		t.Errorf("two classes: accuracy %v of %d classes, %v in training; want at least 0.95", e.Accuracy(), e.Confusion.Classes(), last.TrainAccuracy)
	}
	last, e = train(mustNew(t, []int{2, 32, 2}, Tanh[float64](), Identity[float64](), Square[float64](), 1), r)
	if e.Confusion != nil || len(e.Fits) != 2 || e.Fits[0].R2 < .95 || e.Fits[1].R2 < .95 || !math.IsNaN(last.TrainAccuracy) {
		t.Errorf("regression: %+v, training accuracy %v", e.Fits, last.TrainAccuracy)
	}
	net := mustNew(t, []int{2, 3}, Tanh[float64](), Identity[float64](), Square[float64](), 1)
	_, err := net.Evaluate(r)
	wantError(t, err, "2 targets a sample", "expected 3")
	_, err = net.Evaluate(d)
	wantError(t, err, "2 classes", "expected 3")
}

func TestInitializations(t *testing.T) {
	for _, how := range initializations() {
		found, err := InitializationByName(how.Name)
		if err != nil || found.Name != how.Name {
			t.Errorf("%s: %q, %v", how.Name, found.Name, err)
		}
		net := mustNew(t, []int{200, 100, 10}, ReLU[float64](), Softmax[float64](), CrossEntropy[float64](), 1)
		net.Layers[0].Bias[0] = 1
		net.Initialize(how, 2)
		limit := map[string]float64{"glorot": math.Sqrt2 * math.Sqrt(6.0/300), "he": math.Sqrt(6.0 / 200), "fan-in": 1 / math.Sqrt(200)}[how.Name]
		w := net.Layers[0].Weights.Data
		if top, low := slices.Max(w), slices.Min(w); top > limit || top < .99*limit || low < -limit || low > -.99*limit {
			t.Errorf("%s: weights from %v to %v, want just within ±%v", how.Name, low, top, limit)
		}
		if net.Layers[0].Bias[0] != 0 {
			t.Errorf("%s: bias %v, want 0", how.Name, net.Layers[0].Bias[0])
		}
	}
	_, err := InitializationByName("zero")
	wantError(t, err, "zero", "glorot, he, fan-in")
}

func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		name string
		rate func(int) float64
		want []float64
	}{
		{"step", StepRate(1, 2, .5), []float64{1, 1, .5, .5, .25}},
		{"exponential", ExponentialRate(1, .5), []float64{1, .5, .25, .125}},
		{"cosine", CosineRate(2, 4), []float64{2, 1 + math.Sqrt2/2, 1, 1 - math.Sqrt2/2}},
		{"warm-up", WarmUp(4, ConstantRate(2)), []float64{.5, 1, 1.5, 2, 2}},
		{"no warm-up", WarmUp(0, ConstantRate(2)), []float64{2, 2}},
	} {
		for i, want := range c.want {
			if got := c.rate(i + 1); math.Abs(got-want) > 1e-15 {
				t.Errorf("%s, epoch %d: %v, want %v", c.name, i+1, got, want)
			}
		}
	}
}

func TestCrossValidate(t *testing.T) {
	d, _ := dataset.Digits[float32]()
	seen := 0
	c, err := CrossValidate(d, 5, 1, func(fold int, train, validation *dataset.Dataset[float32]) (Evaluation, error) {
		seen++
		if fold != seen {
			t.Errorf("fold %d, want %d", fold, seen)
		}
		net := mustNew(t, []int{64, 20, 10}, ReLU[float32](), Softmax[float32](), CrossEntropy[float32](), 1)
		trainer := Trainer[float32]{Net: net, BatchSize: 32, Epochs: 8, LearningRate: ConstantRate(.4), Seed: 1}
		if _, err := trainer.Train(context.Background(), train, nil); err != nil {
			return Evaluation{}, err
		}
		return net.Evaluate(validation)
	})
	if err != nil {
		t.Fatal(err)
	}
	mean, deviation := c.Accuracy()
	if n := c.Confusion().Samples(); n != d.Len() || len(c.Folds) != 5 {
		t.Errorf("%d samples in %d folds, want %d in 5", n, len(c.Folds), d.Len())
	}
	if mean < .9 || !(deviation > 0 && deviation < .05) {
		t.Errorf("accuracy %v ± %v", mean, deviation)
	}
	if overall := c.Confusion().Accuracy(); math.Abs(overall-mean) > .002 { // folds differ by a sample
		t.Errorf("accuracy %v over all, %v as the folds' mean", overall, mean)
	}
	costs := CrossValidation{Folds: []Evaluation{{Cost: 1}, {Cost: 2}, {Cost: 6}}}
	if mean, deviation := costs.Cost(); math.Abs(mean-3) > 1e-15 || math.Abs(deviation-math.Sqrt(7)) > 1e-15 {
		t.Errorf("cost %v ± %v, want 3 ± √7", mean, deviation)
	}
	_, err = CrossValidate(d, 1, 1, nil)
	wantError(t, err, "1 folds", "expected 2 to 1437")
	_, err = CrossValidate(d, 3, 1, func(int, *dataset.Dataset[float32], *dataset.Dataset[float32]) (Evaluation, error) {
		return Evaluation{}, context.Canceled
	})
	wantError(t, err, "fold 1 of 3", "canceled")
}

// Each epoch of each seed has masks of its own, the same whenever it is run.
func TestDropoutSeeds(t *testing.T) {
	of := func(seed uint64, epoch int) []float32 {
		var m maskSource
		m.seed(seed, epoch)
		mask := make([]float32, 64)
		fillMask(&m, mask, 0.5)
		return mask
	}
	if !slices.Equal(of(1, 1), of(1, 1)) || slices.Equal(of(1, 1), of(1, 2)) || slices.Equal(of(1, 1), of(2, 1)) {
		t.Error("masks depend on something else than seed and epoch")
	}
}
