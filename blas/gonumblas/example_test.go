package gonumblas_test

import (
	"fmt"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"github.com/lanewise/lanewise/blas/gonumblas"
)

// The line that makes mat, stat, optimize and all else faster that stands on blas64.
func ExampleImplementation() {
	blas64.Use(gonumblas.Implementation{})

	a := mat.NewDense(2, 2, []float64{2, 1, 1, 3})
	b := mat.NewDense(2, 1, []float64{3, 5})
	var x mat.Dense
	if err := x.Solve(a, b); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4v\n", mat.Formatted(&x))
	// Output:
	// ⎡0.8⎤
	// ⎣1.4⎦
}

// float32 has an interface of its own.
func ExampleImplementation_float32() {
	blas32.Use(gonumblas.Implementation{})

	x := blas32.Vector{N: 3, Inc: 1, Data: []float32{1, 2, 2}}
	fmt.Println(blas32.Nrm2(x))
	// Output: 3
}

// With this line, singular vectors and eigenvectors gain, too.
func ExampleLapack() {
	blas64.Use(gonumblas.Implementation{})
	lapack64.Use(gonumblas.Lapack{})

	a := mat.NewSymDense(2, []float64{2, 1, 1, 2})
	var e mat.EigenSym
	fmt.Println(e.Factorize(a, true))
	fmt.Printf("%.4v\n", e.Values(nil))
	// Output:
	// true
	// [1 3]
}
