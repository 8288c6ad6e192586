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
