package bench

import (
	"context"
	"testing"

	"github.com/lanewise/lanewise/mlp"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// BenchmarkTrain is one epoch on the embedded digits, of the network that the
// command trains by default.
func BenchmarkTrain(b *testing.B) {
	onLevels(b, "units=64-64-64-10/batch=32/type=f32", func(b *testing.B) {
		train, test := dataset.Digits[float32]()
		net, err := mlp.New([]int{train.Features, 64, 64, train.Classes},
			mlp.Sigmoid[float32](), mlp.Softmax[float32](), mlp.CrossEntropy[float32](), 1)
		if err != nil {
			b.Fatal(err)
		}
		trainer := mlp.Trainer[float32]{Net: net, BatchSize: 32, Epochs: 20, LearningRate: mlp.ConstantRate(0.5), Seed: 1}
		run := func() {
			if _, err := trainer.Train(context.Background(), train, nil); err != nil {
				b.Fatal(err)
			}
		}
		run()
		e, err := net.Evaluate(test)
		if err != nil {
			b.Fatal(err)
		}
		if accuracy := e.Confusion.Accuracy(); accuracy < 0.9 {
			b.Fatalf("accuracy %v after 20 epochs, want at least 0.9", accuracy)
		}
		trainer.Epochs = 1
		for b.Loop() {
			run()
		}
		b.ReportMetric(float64(train.Len())*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
	})
}
