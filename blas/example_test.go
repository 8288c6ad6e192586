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
