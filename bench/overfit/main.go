// Command overfit draws the lecture's opening topic: a network that is too large for
// its training set, and what mends it.
//
//	go run ./bench/overfit DIR
//
// A network of 64-128-128-10 units learns 300 of the embedded digits, of which a fifth
// have a label drawn at random. Its cost on training samples falls to nothing, as it learns
// the wrong labels by heart, while that on the others falls, and then rises; L2 and dropout
// keep it down, and early stopping takes the network from before the rise. It prints the
// costs and writes DIR/overfitting.svg and .png.
package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"os"

	"github.com/lanewise/lanewise/internal/plots"
	"github.com/lanewise/lanewise/mlp"
	"github.com/lanewise/lanewise/mlp/dataset"
)

const epochs = 150

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: overfit DIR")
	}
	if err := os.MkdirAll(os.Args[1], 0o777); err != nil {
		log.Fatal(err)
	}
	digits, test := dataset.Digits[float32]()
	held, few, err := digits.Split(300, 1)
	if err != nil {
		log.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 0))
	for i := range few.Labels {
		if i%5 == 0 {
			few.Labels[i] = rng.IntN(few.Classes)
		}
	}
	var panels []plots.Panel
	for _, c := range []struct {
		name        string
		l2, dropout float64
		patience    int
	}{
		{name: "nothing against it"},
		{name: "L2, λ = 0.02", l2: 0.02},
		{name: "dropout 0.5", dropout: 0.5},
		{name: "early stopping, patience 20", patience: 20},
	} {
		net, err := mlp.New([]int{few.Features, 128, 128, few.Classes}, mlp.Tanh[float32](), mlp.Softmax[float32](), mlp.CrossEntropy[float32](), 1)
		if err != nil {
			log.Fatal(err)
		}
		trainer := mlp.Trainer[float32]{
			Net: net, BatchSize: 10, Epochs: epochs, LearningRate: mlp.ConstantRate(0.05), Seed: 1,
			L2: c.l2, Dropout: c.dropout, Patience: c.patience,
		}
		history, err := trainer.Train(context.Background(), few, held)
		if err != nil {
			log.Fatal(err)
		}
		var training, validation []float64
		low := 0
		for i, e := range history {
			training = append(training, e.TrainCost)
			validation = append(validation, e.ValidationCost)
			if e.ValidationCost < history[low].ValidationCost {
				low = i
			}
		}
		tested, err := net.Evaluate(test)
		if err != nil {
			log.Fatal(err)
		}
		last := history[len(history)-1]
		fmt.Printf("%-28s training cost %.4f, validation cost %.4f after epoch %d; lowest %.4f after epoch %d; test cost %.4f, accuracy %.2f %%\n",
			c.name, last.TrainCost, last.ValidationCost, last.Epoch, history[low].ValidationCost, low+1, tested.Cost, 100*tested.Accuracy())
		panels = append(panels, plots.Panel{Title: c.name, Label: "cross-entropy", Max: 2.5, Series: []plots.Series{
			{Name: "training", First: 1, Y: training},
			{Name: "validation", First: 1, Y: validation, Color: 1},
		}})
	}
	if err := plots.Curves(os.Args[1], "overfitting", panels...); err != nil {
		log.Fatal(err)
	}
}
