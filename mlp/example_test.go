package mlp_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// Handwritten digits, from data to measures.
func Example() {
	all, test := dataset.Digits[float32]()
	train, validation, err := all.Split(143, 1)
	if err != nil {
		log.Fatal(err)
	}
	net, err := mlp.New([]int{all.Features, 64, 64, all.Classes},
		mlp.Sigmoid[float32](), mlp.Softmax[float32](), mlp.CrossEntropy[float32](), 1)
	if err != nil {
		log.Fatal(err)
	}
	trainer := mlp.Trainer[float32]{Net: net, BatchSize: 32, Epochs: 40, LearningRate: mlp.ConstantRate(0.5), Seed: 1}
	history, err := trainer.Train(context.Background(), train, validation)
	if err != nil {
		log.Fatal(err)
	}
	result, err := net.Evaluate(test)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(history), "epochs")
	fmt.Println("more than 95 % right:", result.Accuracy() > 0.95)
	// Output:
	// 40 epochs
	// more than 95 % right: true
}

// The lecture's main loop of gradient descent, written out.
func ExampleMLP() {
	const epochs, batchSize = 20, 32
	data, test := dataset.Digits[float64]()
	net, err := mlp.New([]int{data.Features, 32, data.Classes},
		mlp.Sigmoid[float64](), mlp.Softmax[float64](), mlp.CrossEntropy[float64](), 1)
	if err != nil {
		log.Fatal(err)
	}
	learningRate := mlp.LinearRate(0.5, epochs)
	grad := blas.General[float64]{Rows: data.Classes, Data: make([]float64, data.Classes*batchSize)}
	batches := data.Batches()
	for epoch := 1; epoch <= epochs; epoch++ {
		batches.Shuffle(rand.New(rand.NewPCG(1, uint64(epoch))))
		for range batches.Count(batchSize) {
			x, y := batches.NextBatch(batchSize)
			pred := net.Propagate(x)
			grad.Cols, grad.Stride = x.Cols, x.Cols
			net.Cost.Derivative(grad, y, pred)
			net.Backpropagate(grad)
			net.UpdateParams(learningRate(epoch))
		}
	}
	result, err := net.Evaluate(test)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("more than 93 % right:", result.Accuracy() > 0.93)
	// Output: more than 93 % right: true
}

// Adam with L2, dropout, a learning rate that falls along a cosine, and early stopping:
// the network is left as its best epoch left it.
func ExampleTrainer() {
	all, test := dataset.Digits[float32]()
	train, validation, err := all.Split(200, 1)
	if err != nil {
		log.Fatal(err)
	}
	net, err := mlp.New([]int{all.Features, 128, 64, all.Classes},
		mlp.ReLU[float32](), mlp.Softmax[float32](), mlp.CrossEntropy[float32](), 1)
	if err != nil {
		log.Fatal(err)
	}
	const epochs = 30
	trainer := mlp.Trainer[float32]{
		Net: net, BatchSize: 32, Epochs: epochs, Seed: 1,
		LearningRate: mlp.WarmUp(2, mlp.CosineRate(0.002, epochs)),
		Optimizer:    mlp.Adam[float32](0.9, 0.999, 1e-8),
		L2:           1e-5, Dropout: 0.2, Patience: 8,
	}
	if _, err := trainer.Train(context.Background(), train, validation); err != nil {
		log.Fatal(err)
	}
	atBest, err := net.Evaluate(validation)
	if err != nil {
		log.Fatal(err)
	}
	result, err := net.Evaluate(test)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the best epoch's cost:", atBest.Cost == trainer.State.BestCost)
	fmt.Println("more than 96 % right:", result.Accuracy() > 0.96)
	// Output:
	// the best epoch's cost: true
	// more than 96 % right: true
}

// Training that is interrupted goes on from its State, to the same weights.
func ExampleState() {
	data, _ := dataset.Digits[float32]()
	train := func(net *mlp.MLP[float32], epochs int, state *mlp.State[float32]) *mlp.State[float32] {
		trainer := mlp.Trainer[float32]{
			Net: net, BatchSize: 64, Epochs: epochs, LearningRate: mlp.ConstantRate(0.01), Seed: 1,
			Optimizer: mlp.Momentum[float32](0.9), State: state,
		}
		if _, err := trainer.Train(context.Background(), data, nil); err != nil {
			log.Fatal(err)
		}
		return trainer.State
	}
	start := func() *mlp.MLP[float32] {
		net, err := mlp.New([]int{data.Features, 16, data.Classes},
			mlp.Tanh[float32](), mlp.Softmax[float32](), mlp.CrossEntropy[float32](), 1)
		if err != nil {
			log.Fatal(err)
		}
		return net
	}
	through, parts := start(), start()
	train(through, 5, nil)
	state := train(parts, 2, nil)
	train(parts, 5, state)
	same := true
	for i, p := range through.Params {
		same = same && p == parts.Params[i]
	}
	fmt.Println("the same bits:", same)
	// Output: the same bits: true
}

// A predictor serves many goroutines; samples lie one after another.
func ExamplePredictor() {
	net, err := mlp.New([]int{2, 1}, mlp.Sigmoid[float64](), mlp.Identity[float64](), mlp.Square[float64](), 1)
	if err != nil {
		log.Fatal(err)
	}
	copy(net.Params, []float64{3, -1 /* bias */, 0.5})
	p := net.Predictor()
	y := make([]float64, 3)
	p.Predict(y, []float64{1, 0, 0, 1, 2, 2})
	fmt.Println(y)
	// Output: [3.5 -0.5 4.5]
}

// Regression: a network with square distance learns a function of one variable.
func ExampleMLP_regression() {
	rng := rand.New(rand.NewPCG(1, 2))
	data := &dataset.Dataset[float64]{Features: 1, Divisor: 1}
	for range 400 {
		x := 4*rng.Float64() - 2
		data.Samples = append(data.Samples, []float64{x})
		data.Targets = append(data.Targets, []float64{math.Sin(2*x) + 0.05*rng.NormFloat64()})
	}
	train, test, err := data.Split(100, 1)
	if err != nil {
		log.Fatal(err)
	}
	net, err := mlp.New([]int{1, 32, 32, 1}, mlp.Tanh[float64](), mlp.Identity[float64](), mlp.Square[float64](), 1)
	if err != nil {
		log.Fatal(err)
	}
	trainer := mlp.Trainer[float64]{
		Net: net, BatchSize: 16, Epochs: 60, LearningRate: mlp.CosineRate(0.01, 60), Seed: 1,
		Optimizer: mlp.Adam[float64](0.9, 0.999, 1e-8),
	}
	if _, err := trainer.Train(context.Background(), train, nil); err != nil {
		log.Fatal(err)
	}
	result, err := net.Evaluate(test)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("R² above 0.98:", result.Fits[0].R2 > 0.98)
	// Output: R² above 0.98: true
}

// Five folds: each sample is held out once.
func ExampleCrossValidate() {
	data, _ := dataset.Digits[float32]()
	cv, err := mlp.CrossValidate(data, 5, 1, func(fold int, train, validation *dataset.Dataset[float32]) (mlp.Evaluation, error) {
		net, err := mlp.New([]int{data.Features, 32, data.Classes},
			mlp.Sigmoid[float32](), mlp.Softmax[float32](), mlp.CrossEntropy[float32](), 1)
		if err != nil {
			return mlp.Evaluation{}, err
		}
		trainer := mlp.Trainer[float32]{Net: net, BatchSize: 32, Epochs: 15, LearningRate: mlp.ConstantRate(0.5), Seed: 1}
		if _, err := trainer.Train(context.Background(), train, nil); err != nil {
			return mlp.Evaluation{}, err
		}
		return net.Evaluate(validation)
	})
	if err != nil {
		log.Fatal(err)
	}
	mean, deviation := cv.Accuracy()
	fmt.Println(cv.Confusion().Samples(), "samples held out")
	fmt.Println("accuracy above 0.93:", mean > 0.93, "its deviation below 0.03:", deviation < 0.03)
	// Output:
	// 1437 samples held out
	// accuracy above 0.93: true its deviation below 0.03: true
}

// The gradients of a network against central differences.
func ExampleGradientCheck() {
	net, err := mlp.New([]int{4, 5, 3}, mlp.Tanh[float64](), mlp.Softmax[float64](), mlp.CrossEntropy[float64](), 1)
	if err != nil {
		log.Fatal(err)
	}
	data := blas.General[float64]{Rows: 4, Cols: 2, Stride: 2, Data: []float64{1, -1, 0.5, 0.25, -2, 1, 0, 3}}
	y := blas.General[float64]{Rows: 3, Cols: 2, Stride: 2, Data: []float64{1, 0, 0, 0, 0, 1}}
	for _, d := range mlp.GradientCheck(net, data, y) {
		fmt.Println(d.Block, d.Layer, d.Relative < 1e-7)
	}
	// Output:
	// weights 1 true
	// bias 1 true
	// weights 2 true
	// bias 2 true
	// inputs 0 true
}

// The lecture's first example of the chain rule: f(x) = √(1 + x²) as g(h(x)) with
// g(z) = √z and h(x) = 1 + x². The change of f is the product of the changes of its
// nested components.
func Example_chainRule() {
	h := func(x float64) float64 { return 1 + x*x }
	dh := func(x float64) float64 { return 2 * x }
	dg := func(z float64) float64 { return 1 / (2 * math.Sqrt(z)) }

	x := 0.75
	fmt.Printf("dg/dz · dh/dx = %.6f\n", dg(h(x))*dh(x))
	fmt.Printf("x/√(1 + x²)   = %.6f\n", x/math.Sqrt(1+x*x))
	// Output:
	// dg/dz · dh/dx = 0.600000
	// x/√(1 + x²)   = 0.600000
}

// Its second example: z = w·x + b, ŷ = σ(z), and L(ŷ), here ½(y − ŷ)². dL/dz =
// dL/dŷ · ŷ(1 − ŷ) is common to the derivatives by x, w and b. It is what a layer of one
// unit computes.
func Example_chainRuleOfALayer() {
	const w, b, x, y = 2.0, -1.0, 0.5, 1.0
	yHat := 1 / (1 + math.Exp(-(w*x + b)))
	dz := (yHat - y) * yHat * (1 - yHat)
	fmt.Printf("by hand    dL/dx %.4f  dL/dw %.4f  dL/db %.4f\n", dz*w, dz*x, dz)

	one := func(v float64) blas.General[float64] {
		return blas.General[float64]{Rows: 1, Cols: 1, Data: []float64{v}, Stride: 1}
	}
	layer := mlp.Layer[float64]{Weights: one(w), Bias: []float64{b}, Activation: mlp.Sigmoid[float64]()}
	grad := one(0)
	mlp.Square[float64]().Derivative(grad, one(y), layer.Propagate(one(x)))
	dx := layer.Backpropagate(grad)
	dw, db := layer.GradientWeights(one(x)), layer.GradientBias()
	fmt.Printf("by a layer dL/dx %.4f  dL/dw %.4f  dL/db %.4f\n", dx.Data[0], dw.Data[0], db[0])
	// Output:
	// by hand    dL/dx -0.2500  dL/dw -0.0625  dL/db -0.1250
	// by a layer dL/dx -0.2500  dL/dw -0.0625  dL/db -0.1250
}

// Overfitting, and what mends it: a wide network and 100 digits to learn from. Its
// cost on them goes on falling while that on others rises again; L2 and dropout keep the
// latter lower, and early stopping goes back to where it was lowest.
func Example_overfitting() {
	all, _ := dataset.Digits[float32]()
	rest, train, err := all.Split(100, 1)
	if err != nil {
		log.Fatal(err)
	}
	noisy := *train // one label in five is wrong: what there is to learn by heart
	noisy.Labels = append([]int(nil), train.Labels...)
	for i := 0; i < len(noisy.Labels); i += 5 {
		noisy.Labels[i] = (noisy.Labels[i] + 1) % 10
	}
	run := func(change func(*mlp.Trainer[float32])) (trainer *mlp.Trainer[float32], history []mlp.Epoch, end float64) {
		net, err := mlp.New([]int{all.Features, 128, all.Classes},
			mlp.ReLU[float32](), mlp.Softmax[float32](), mlp.CrossEntropy[float32](), 1)
		if err != nil {
			log.Fatal(err)
		}
		trainer = &mlp.Trainer[float32]{
			Net: net, BatchSize: 20, Epochs: 150, LearningRate: mlp.ConstantRate(0.002), Seed: 1,
			Optimizer: mlp.Adam[float32](0.9, 0.999, 1e-8),
		}
		change(trainer)
		if history, err = trainer.Train(context.Background(), &noisy, rest); err != nil {
			log.Fatal(err)
		}
		result, err := net.Evaluate(rest)
		if err != nil {
			log.Fatal(err)
		}
		return trainer, history, result.Cost
	}

	_, plain, end := run(func(*mlp.Trainer[float32]) {})
	lowest := math.Inf(1)
	for _, e := range plain {
		lowest = min(lowest, e.ValidationCost)
	}
	first, last := plain[0], plain[len(plain)-1]
	fmt.Println("training cost falls to a hundredth:", last.TrainCost < first.TrainCost/100)
	fmt.Println("validation cost rises again, by a quarter and more:", end > 1.25*lowest)

	_, _, decayed := run(func(t *mlp.Trainer[float32]) { t.L2 = 0.02 })
	_, _, dropped := run(func(t *mlp.Trainer[float32]) { t.Dropout = 0.5 })
	early, _, stopped := run(func(t *mlp.Trainer[float32]) { t.Patience = 10 })
	fmt.Println("lower with L2:", decayed < 0.9*end)
	fmt.Println("lower with dropout:", dropped < 0.9*end)
	fmt.Println("lowest with early stopping:", stopped == early.State.BestCost && stopped <= lowest)
	// Output:
	// training cost falls to a hundredth: true
	// validation cost rises again, by a quarter and more: true
	// lower with L2: true
	// lower with dropout: true
	// lowest with early stopping: true
}
