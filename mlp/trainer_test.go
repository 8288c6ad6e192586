package mlp

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// trainDigits trains a network of 24 hidden units on the embedded digits.
func trainDigits[T blas.Float](t *testing.T, epochs int, seed uint64) (*MLP[T], []Epoch) {
	t.Helper()
	train, test := dataset.Digits[T]()
	net := mustNew(t, []int{64, 24, 10}, Sigmoid[T](), Softmax[T](), CrossEntropy[T](), seed)
	trainer := Trainer[T]{Net: net, BatchSize: 32, Epochs: epochs, LearningRate: ConstantRate(.5), Seed: seed}
	history, err := trainer.Train(context.Background(), train, test)
	if err != nil {
		t.Fatal(err)
	}
	return net, history
}

func TestTrainDigits(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		t.Run("type=float32", testTrainDigits[float32])
		t.Run("type=float64", testTrainDigits[float64])
	})
}

func testTrainDigits[T blas.Float](t *testing.T) {
	_, history := trainDigits[T](t, 6, 1)
	for i, e := range history {
		if e.Epoch != i+1 || e.Samples != 1437 || e.LearningRate != .5 {
			t.Errorf("record %d: epoch %d, %d samples, learning rate %v: want %d, 1437, 0.5", i, e.Epoch, e.Samples, e.LearningRate, i+1)
		}
	}
	first, last := history[0], history[len(history)-1]
	if !(last.TrainCost < first.TrainCost/2) || !(last.ValidationCost < first.ValidationCost/2) {
		t.Errorf("costs %.3f and %.3f after an epoch, %.3f and %.3f at the end: want less than half",
			first.TrainCost, first.ValidationCost, last.TrainCost, last.ValidationCost)
	}
	if last.TrainAccuracy < .9 || last.ValidationAccuracy < .9 {
		t.Errorf("accuracy %.3f in training, %.3f in validation: want at least 0.9", last.TrainAccuracy, last.ValidationAccuracy)
	}
}

func TestSameSeedSameWeights(t *testing.T) {
	var simd []float32 // the assembly levels promise the same bits as each other
	onLevels(t, func(t *testing.T) {
		a, _ := trainDigits[float32](t, 2, 1)
		b, _ := trainDigits[float32](t, 2, 1)
		if !slices.Equal(a.Params, b.Params) {
			t.Error("the same seed gives other weights")
		}
		c, _ := trainDigits[float32](t, 2, 2)
		if slices.Equal(a.Params, c.Params) {
			t.Error("another seed gives the same weights")
		}
		switch {
		case asm.Current().Name == "generic":
		case simd == nil:
			simd = a.Params
		case !slices.Equal(a.Params, simd):
			t.Error("the weights differ from those of another assembly level")
		}
	})
}

// The trainer does what the lecture's main loop does with the public methods.
func TestTrainerIsTheMainLoop(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		const epochs, batchSize, seed = 2, 100, 9 // 1,437 samples: the last batch has 37
		learningRate := func(epoch int) float64 { return .4 / float64(epoch) }
		data, _ := dataset.Digits[float64]()
		start := func() *MLP[float64] {
			return mustNew(t, []int{64, 12, 8, 10}, Sigmoid[float64](), Softmax[float64](), CrossEntropy[float64](), seed)
		}

		trained := start()
		trainer := Trainer[float64]{Net: trained, BatchSize: batchSize, Epochs: epochs, LearningRate: learningRate, Seed: seed}
		history, err := trainer.Train(context.Background(), data, nil)
		if err != nil {
			t.Fatal(err)
		}

		plain := start()
		batches := data.Batches()
		for epoch := 1; epoch <= epochs; epoch++ {
			batches.Shuffle(rand.New(rand.NewPCG(seed, uint64(epoch))))
			cost := 0.0
			for range batches.Count(batchSize) {
				x, y := batches.NextBatch(batchSize)
				pred := plain.Propagate(x)
				cost += plain.Cost.Value(y, pred) * float64(x.Cols)
				grad := blas.General[float64]{Rows: 10, Cols: x.Cols, Stride: x.Cols, Data: make([]float64, 10*x.Cols)}
				plain.Cost.Derivative(grad, y, pred)
				if dx := plain.Backpropagate(grad); dx.Rows != 64 || dx.Cols != x.Cols {
					t.Fatalf("dA⁰ is %d×%d, want 64×%d", dx.Rows, dx.Cols, x.Cols)
				}
				plain.UpdateParams(learningRate(epoch))
			}
			if e := history[epoch-1]; math.Abs(e.TrainCost-cost/1437) > 1e-12 {
				t.Errorf("epoch %d: cost %v, want %v", epoch, e.TrainCost, cost/1437)
			}
		}
		for i, p := range trained.Params {
			// 30 steps of rounding, far below one step of training.
			if math.Abs(p-plain.Params[i]) > 1e-10 {
				t.Fatalf("parameter %d: %v, by the plain loop %v", i, p, plain.Params[i])
			}
		}
		for _, e := range history {
			if !math.IsNaN(e.ValidationCost) || !math.IsNaN(e.ValidationAccuracy) {
				t.Errorf("epoch %d: validation %v, %v without a validation set: want NaN", e.Epoch, e.ValidationCost, e.ValidationAccuracy)
			}
		}
	})
}

func TestTrainingStepDoesNotAllocate(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		for _, c := range []struct {
			output Activation[float32]
			cost   Cost[float32]
		}{
			{Softmax[float32](), CrossEntropy[float32]()},
			{Softmax[float32](), Square[float32]()},
			{Sigmoid[float32](), Square[float32]()},
			{Identity[float32](), Square[float32]()},
		} {
			train, _ := dataset.Digits[float32]()
			net := mustNew(t, []int{64, 32, 32, 10}, Sigmoid[float32](), c.output, c.cost, 1)
			for _, o := range []Optimizer[float32]{SGD[float32](), Momentum[float32](.9), Adam[float32](.9, .999, 1e-8)} {
				for _, dropout := range []float64{0, .5} {
					testStepDoesNotAllocate(t, net, train, o, dropout)
				}
			}
		}
	})
}

func testStepDoesNotAllocate(t *testing.T, net *MLP[float32], train *dataset.Dataset[float32], o Optimizer[float32], dropout float64) {
	t.Helper()
	s := newStepper(&Trainer[float32]{Net: net, L2: 1e-4, Dropout: dropout}, o, newState(o, net.Params, false).memory(o))
	batches := train.Batches()
	number := 0
	step := func(n int) {
		number++
		s.run(batches, batches.NextIndices(n), 1e-3, number)
	}
	step(128)
	step(29) // as the last of an epoch may be
	if n := testing.AllocsPerRun(5, func() { step(128); step(29) }); n != 0 {
		t.Errorf("%s, %s, %s, dropout %v: %v allocations in two steps, want 0",
			net.Layers[len(net.Layers)-1].Activation.Name, net.Cost.Name, o.Name, dropout, n)
	}
}

func TestTrainErrors(t *testing.T) {
	train, test := dataset.Digits[float32]()
	other := *test
	other.Features = 63
	fresh := func() *Trainer[float32] {
		net := mustNew(t, []int{64, 8, 10}, Sigmoid[float32](), Softmax[float32](), CrossEntropy[float32](), 1)
		return &Trainer[float32]{Net: net, BatchSize: 64, Epochs: 3, LearningRate: ConstantRate(.1)}
	}
	for _, c := range []struct {
		change     func(*Trainer[float32])
		validation *dataset.Dataset[float32]
		want       []string
	}{
		{func(t *Trainer[float32]) { t.BatchSize = 0 }, test, []string{"batch size 0", "at least 1"}},
		{func(t *Trainer[float32]) { t.Epochs = 0 }, test, []string{"0 epochs", "at least 1"}},
		{func(t *Trainer[float32]) { t.Net.InputDivisor = 255 }, test, []string{"divided by 16", "expected 255"}},
		{func(t *Trainer[float32]) {}, &other, []string{"63 features", "expected 64"}},
		{func(t *Trainer[float32]) { t.LearningRate = ConstantRate(math.Inf(1)) }, nil, []string{"cost NaN in epoch 1", "smaller learning rate"}},
	} {
		trainer := fresh()
		c.change(trainer)
		before := slices.Clone(trainer.Net.Params)
		history, err := trainer.Train(context.Background(), train, c.validation)
		wantError(t, err, c.want...)
		if len(history) != 0 {
			t.Errorf("%v: %d records, want none", err, len(history))
		}
		if c.validation != nil && !slices.Equal(trainer.Net.Params, before) {
			t.Errorf("%v: the network was trained all the same", err)
		}
	}
}

func TestTrainStops(t *testing.T) {
	train, _ := dataset.Digits[float32]()
	ctx, cancel := context.WithCancel(context.Background())
	net := mustNew(t, []int{64, 8, 10}, Sigmoid[float32](), Softmax[float32](), CrossEntropy[float32](), 1)
	trainer := Trainer[float32]{Net: net, BatchSize: 64, Epochs: 100, LearningRate: ConstantRate(.1), Progress: func(e Epoch) {
		if e.Epoch == 2 {
			cancel()
		}
	}}
	history, err := trainer.Train(ctx, train, nil)
	wantError(t, err, "before epoch 3 of 100")
	if !errors.Is(err, context.Canceled) || len(history) != 2 {
		t.Errorf("error %v after %d records, want a cancelled context after 2", err, len(history))
	}
}

func TestLearningRates(t *testing.T) {
	for epoch, want := range map[int]float64{1: .5, 2: .375, 3: .25, 4: .125} {
		if got := LinearRate(.5, 4)(epoch); got != want {
			t.Errorf("linear, epoch %d: %v, want %v", epoch, got, want)
		}
		if got := ConstantRate(.5)(epoch); got != .5 {
			t.Errorf("constant, epoch %d: %v, want 0.5", epoch, got)
		}
	}
}
