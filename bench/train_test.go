package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// BenchmarkTrain is one epoch on 60,000 samples of the shape of MNIST's, 2,000 of them
// with -short or at the generic level: drawing
// their order, gathering and training, with the last, shorter batch. Twice the
// multiply-adds of its products are its operations.
func BenchmarkTrain(b *testing.B) {
	for _, hidden := range [][]int{{64, 64}, {512, 512}} {
		for _, batch := range []int{32, 128, 1024} {
			for _, threads := range []int{1, 2} {
				name := fmt.Sprintf("units=784-%d-%d-10/batch=%d/threads=%d/type=f32", hidden[0], hidden[1], batch, threads)
				onLevels(b, name, func(b *testing.B) { benchmarkTrain(b, hidden, batch, threads) })
			}
		}
	}
}

func benchmarkTrain(b *testing.B, hidden []int, batch, threads int) {
	blas.SetThreads(threads)
	defer blas.SetThreads(0)
	train := *allImages()
	if testing.Short() || asm.Current().Name == "generic" {
		train.Samples, train.Labels = train.Samples[:2000], train.Labels[:2000]
	}
	net, err := mlp.New(append(append([]int{train.Features}, hidden...), train.Classes),
		mlp.Sigmoid[float32](), mlp.Softmax[float32](), mlp.CrossEntropy[float32](), 1)
	if err != nil {
		b.Fatal(err)
	}
	trainer := mlp.Trainer[float32]{Net: net, BatchSize: batch, LearningRate: mlp.ConstantRate(0.1), Seed: 1}
	var last mlp.Epoch
	run := func() {
		trainer.Epochs++
		history, err := trainer.Train(context.Background(), &train, nil)
		if err != nil {
			b.Fatal(err)
		}
		last = history[0]
	}
	for trainer.State == nil || trainer.State.Step < 100 && last.TrainAccuracy < 0.3 {
		run()
	}
	if last.TrainAccuracy < 0.3 {
		b.Fatalf("accuracy %v in the epoch before step %d, want at least 0.3", last.TrainAccuracy, trainer.State.Step)
	}
	for b.Loop() {
		run()
	}
	samples := float64(train.Len()) * float64(b.N)
	b.ReportMetric(samples/b.Elapsed().Seconds(), "samples/s")
	reportFlops[float32](b, trainFlops(net.UnitsPerLayer())*float64(train.Len()))
}

// trainFlops returns the operations of the products that a training step takes for
// one sample: forwards, for the weights and, except to the inputs, backwards.
func trainFlops(units []int) float64 {
	flops := 0
	for i, k := range units[:len(units)-1] {
		products := 3
		if i == 0 {
			products = 2
		}
		flops += 2 * products * k * units[i+1]
	}
	return float64(flops)
}

var allImages = sync.OnceValue(func() *dataset.Dataset[float32] { return images(60_000) })

// images returns n samples of 784 values in ten classes that a network can tell: noise
// round the mean of the class.
func images(n int) *dataset.Dataset[float32] {
	const features, classes = 784, 10
	rng := rand.New(rand.NewPCG(1, 2))
	means := make([][]float32, classes)
	for k := range means {
		means[k] = make([]float32, features)
		for i := range means[k] {
			means[k][i] = rng.Float32()
		}
	}
	d := &dataset.Dataset[float32]{Features: features, Classes: classes, Divisor: 1}
	values := make([]float32, n*features)
	for i := range n {
		k := rng.IntN(classes)
		s := values[i*features:][:features:features]
		for j := range s {
			s[j] = (means[k][j] + rng.Float32()) / 2
		}
		d.Samples, d.Labels = append(d.Samples, s), append(d.Labels, k)
	}
	return d
}
