package mlp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/lanewise/lanewise/blas"
)

// A sample has the same bits alone, in a batch of any size and at any place in it,
// also where few outputs meet few samples: those products have orders of their own.
func TestPredictorBatchMates(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		for _, units := range [][]int{{784, 64, 10}, {300, 3, 1}, {200, 4}, {130, 2, 2}, {5, 7, 3}} {
			t.Run(fmt.Sprint(units), func(t *testing.T) {
				testBatchMates[float32](t, units)
				testBatchMates[float64](t, units)
			})
		}
	})
}

func testBatchMates[T blas.Float](t *testing.T, units []int) {
	rng := rand.New(rand.NewPCG(1, 2))
	net := mustNew(t, units, Sigmoid[T](), Softmax[T](), CrossEntropy[T](), 1)
	for _, l := range net.Layers {
		for i := range l.Bias {
			l.Bias[i] = T(rng.NormFloat64())
		}
	}
	p := net.Predictor()
	in, out := p.Inputs(), p.Outputs()
	const most = 257
	x := normal[T](rng, most, in).Data
	alone := make([]T, most*out)
	for i := range most {
		p.Predict(alone[i*out:][:out], x[i*in:][:in])
	}
	got := make([]T, most*out)
	for _, n := range []int{2, 3, 4, 5, 7, 8, 9, 31, 63, 64, 65, 100, 128, 129, 256, 257} {
		for _, from := range []int{0, 1, most - n} {
			if from+n > most {
				continue
			}
			dst := got[:n*out]
			p.Predict(dst, x[from*in:][:n*in])
			for i, v := range dst {
				if v != alone[from*out+i] {
					t.Fatalf("%T: output %d of sample %d in a batch of %d: %v, alone %v", v, i%out, from+i/out, n, v, alone[from*out+i])
				}
			}
		}
	}

	// Within rounding they are the outputs of the network.
	pred := net.Propagate(blas.General[T]{Rows: in, Cols: 1, Stride: 1, Data: x[:in]})
	unit := 0x1p-24
	if _, ok := any(T(0)).(float64); ok {
		unit = 0x1p-53
	}
	for k, want := range pred.Data {
		// Roundings of sums of at most 784 terms of the size of 1, at random, in two
		// layers; σ and softmax do not widen them.
		if d := math.Abs(float64(alone[k] - want)); d > unit*1000 {
			t.Errorf("%T: output %d is %v, the network's %v", want, k, alone[k], want)
		}
	}
}

func TestPredictorManyAtOnce(t *testing.T) {
	net := mustNew(t, []int{64, 32, 10}, ReLU[float32](), Softmax[float32](), CrossEntropy[float32](), 1)
	p := net.Predictor()
	x := normal[float32](rand.New(rand.NewPCG(1, 2)), 100, 64).Data
	want := make([]float32, 100*10)
	p.Predict(want, x)
	clear(net.Params) // the predictor is a copy
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			got := make([]float32, 100*10)
			for range 20 {
				rows := 100 - n
				p.Predict(got[:rows*10], x[:rows*64])
				if !slices.Equal(got[:rows*10], want[:rows*10]) {
					t.Error("a prediction beside others differs")
				}
			}
		})
	}
	all.Wait()
}

func TestPredictorDoesNotAllocate(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		net := mustNew(t, []int{64, 32, 10}, Tanh[float32](), Softmax[float32](), CrossEntropy[float32](), 1)
		p := net.Predictor()
		x, dst := make([]float32, 100*64), make([]float32, 100*10)
		p.Predict(dst, x)
		if n := testing.AllocsPerRun(10, func() { p.Predict(dst[:10], x[:64]); p.Predict(dst, x) }); n != 0 {
			t.Errorf("%v allocations in two predictions, want 0", n)
		}
	})
}

func TestPredictorPanics(t *testing.T) {
	p := mustNew(t, []int{3, 2}, Identity[float32](), Softmax[float32](), CrossEntropy[float32](), 1).Predictor()
	mustPanic(t, badSamples, func() { p.Predict(make([]float32, 2), make([]float32, 4)) })
	mustPanic(t, badPredictions, func() { p.Predict(make([]float32, 3), make([]float32, 6)) })
	p.Predict(nil, nil)
}
