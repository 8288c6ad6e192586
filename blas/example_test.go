package blas_test

import (
	"fmt"

	"github.com/lanewise/lanewise/blas"
)

// A layer of a network, two units with three inputs, on two samples, which are
// the columns of x: σ(W·x + bias).
func ExampleGemmEpilogue() {
	w := []float64{
		1, -1, 0,
		0, 2, -1,
	}
	x := []float64{
		3, 0,
		2, 1,
		2, 4,
	}
	bias := []float64{-1, 2}
	activations := make([]float64, 4)
	blas.GemmEpilogue(blas.NoTrans, blas.NoTrans, 2, 2, 3, 1, w, 3, x, 2, 0, activations, 2,
		blas.Epilogue[float64]{Bias: bias, Act: blas.ActSigmoid})
	fmt.Printf("%.4f\n", activations)
	// Output: [0.5000 0.1192 0.9820 0.5000]
}

// Four products of 2×2 matrices, each with the same first operand.
func ExampleGemmBatched() {
	a := []float32{0, 1, 1, 0}
	b := []float32{
		1, 2, 3, 4,
		5, 6, 7, 8,
		9, 10, 11, 12,
		13, 14, 15, 16,
	}
	c := make([]float32, 16)
	blas.GemmBatched(blas.NoTrans, blas.NoTrans, 2, 2, 2, 1, a, 2, 0, b, 2, 4, 0, c, 2, 4, 4)
	fmt.Println(c)
	// Output: [3 4 1 2 7 8 5 6 11 12 9 10 15 16 13 14]
}

// Weights that are packed once and meet many inputs.
func ExampleGemmPacked() {
	weights := []float64{
		1, 2, 3,
		4, 5, 6,
	}
	w := blas.PackA(blas.NoTrans, 2, 3, weights, 3)
	y := make([]float64, 2)
	for _, x := range [][]float64{{1, 0, 0}, {0, 1, 0}, {1, 1, 1}} {
		blas.GemmPacked(blas.NoTrans, 1, w, x, 1, 0, y, 1)
		fmt.Println(y)
	}
	// Output:
	// [1 4]
	// [2 5]
	// [6 15]
}

// A layer with bias and ReLU, of a batch of two samples that lie anywhere.
func ExamplePackSamples() {
	samples := [][]float64{{1, 2, 3}, {4, 5, 6}}
	var x blas.Packed[float64] // 3×2
	rows := make([]float64, 6) // 2×3, for the gradient with respect to the weights
	blas.PackSamples(&x, samples, nil, rows, 3)
	weights := []float64{
		1, 0, 1,
		-1, 1, 0,
	}
	a := make([]float64, 4)
	blas.GemmPackedEpilogue(blas.NoTrans, 2, &x, weights, 3, 0, a, 2,
		blas.Epilogue[float64]{Bias: []float64{10, -1}, Act: blas.ActReLU})
	fmt.Println(a, rows)
	// Output: [14 20 0 0] [1 2 3 4 5 6]
}

// Two samples of three classes: their losses, and the gradient with respect to the
// logits.
func ExampleCrossEntropyClasses() {
	logits := []float64{
		2, 0,
		1, 0,
		0, 0,
	}
	classes := []int{0, 2}
	losses := make([]float64, 2)
	gradient := make([]float64, 6)
	blas.CrossEntropyClasses(3, 2, logits, 2, classes, gradient, 2, losses)
	fmt.Printf("%.4f\n", losses)
	fmt.Printf("%.4f\n", gradient)
	// Output:
	// [0.4076 1.0986]
	// [-0.3348 0.3333 0.2447 0.3333 0.0900 -0.6667]
}

// A mini-batch of the samples 2 and 0, which are rows of the data set and become
// columns.
func ExampleGatherRowsTrans() {
	samples := []float32{
		1, 2, 3,
		4, 5, 6,
		7, 8, 9,
	}
	batch := make([]float32, 6)
	blas.GatherRowsTrans(3, 3, batch, 2, samples, 3, []int{2, 0})
	fmt.Println(batch)
	// Output: [7 1 8 2 9 3]
}

// The squares overflow, the norm does not.
func ExampleNrm2() {
	fmt.Printf("%.6g\n", blas.Nrm2([]float64{3e200, 4e200}))
	// Output: 5e+200
}

// The squares of four matrices, each by a thread of its own where there are so many.
func ExampleParallel() {
	matrices := [][]float64{{1, 1, 0, 1}, {0, 1, 1, 0}, {2, 0, 0, 3}, {1, 2, 3, 4}}
	squares := make([][]float64, len(matrices))
	blas.Parallel(len(matrices), func(i int) {
		squares[i] = make([]float64, 4)
		a := matrices[i]
		blas.Gemm(blas.NoTrans, blas.NoTrans, 2, 2, 2, 1, a, 2, a, 2, 0, squares[i], 2)
	})
	fmt.Println(squares)
	// Output: [[1 2 0 1] [1 0 0 1] [4 0 0 9] [7 10 15 22]]
}
