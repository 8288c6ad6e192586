package mlp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/internal/ref"
)

// The lecture's example of a layer goes on backwards, from the square distance to the
// targets Y; the digits are numpy's.
func TestLectureLayerBackwards(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		t.Run("type=float32", testLectureLayerBackwards[float32])
		t.Run("type=float64", testLectureLayerBackwards[float64])
	})
}

func testLectureLayerBackwards[T blas.Float](t *testing.T) {
	l := Layer[T]{
		Weights:    matrix([]T{1, -1, -.5}, []T{1, .5, -1}, []T{-.2, .3, .5}, []T{-1, 1, 1}),
		Bias:       []T{-1, -1, 1, 1},
		Activation: Sigmoid[T](),
	}
	aPrev := matrix([]T{1, -1}, []T{-1, -.5}, []T{-.5, 1})
	y := matrix([]T{1, 0}, []T{0, 0}, []T{0, 1}, []T{0, 1})

	a := l.Propagate(aPrev)
	da := matrix([]T{0, 0}, []T{0, 0}, []T{0, 0}, []T{0, 0})
	Square[T]().Derivative(da, y, a)
	daPrev := l.Backpropagate(da)
	for _, c := range []struct {
		name string
		got  []T
		want []float64
	}{
		{"dA", da.Data, []float64{-.222700, .119203, .5, .037327, .562177, -.175086, .182426, -.075858}},
		{"dZ", l.GradLogits.Data, []float64{-.038550, .012516, .125, .001341, .138371, -.025288, .027208, -.005318}},
		{"dW", l.GradientWeights(aPrev).Data, []float64{-.025533, .016146, .015895, .061829, -.062835, -.030579, .081829, -.062863, -.047237, .016263, -.012275, -.009461}},
		{"db", l.GradientBias(), []float64{-.013017, .063171, .056541, .010945}},
		{"dA_prev", daPrev.Data, []float64{.031567, .024232, .169770, -.024749, -.009331, -.025561}},
	} {
		for i, want := range c.want {
			// Half a unit of the last digit, and float32's rounding.
			if got := float64(c.got[i]); math.Abs(got-want) > 0.5e-6+0x1p-22 {
				t.Errorf("%s: element %d is %v, want %v", c.name, i, got, want)
			}
		}
	}
}

// rowsOf returns a matrix as rows of float64.
func rowsOf(m blas.General[float64]) [][]float64 {
	rows := make([][]float64, m.Rows)
	for i := range rows {
		rows[i] = row(m, i)
	}
	return rows
}

// The component-wise sums of the lecture's slides come to the vectorised form, for
// a network of two layers and softmax with cross-entropy.
func TestComponentsAreTheVectorisedForm(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		for seed := range uint64(20) {
			rng := rand.New(rand.NewPCG(seed, 5))
			n0, n1, n2, n := 1+rng.IntN(9), 1+rng.IntN(9), 2+rng.IntN(5), 1+rng.IntN(20)
			net := mustNew(t, []int{n0, n1, n2}, Sigmoid[float64](), Softmax[float64](), CrossEntropy[float64](), seed)
			for _, l := range net.Layers {
				for i := range l.Bias {
					l.Bias[i] = rng.NormFloat64()
				}
			}
			x, y := normal[float64](rng, n0, n), labels[float64](rng, n2, n)
			first, second := net.Layers[0], net.Layers[1]

			z1 := ref.LayerForward(rowsOf(first.Weights), first.Bias, rowsOf(x))
			a1 := make([][]float64, n1)
			for k := range a1 {
				for _, z := range z1[k] {
					a1[k] = append(a1[k], ref.Sigma(z))
				}
			}
			z2 := ref.LayerForward(rowsOf(second.Weights), second.Bias, a1)
			loss := 0.0
			dz2 := make([][]float64, n2)
			for i := range n {
				var yi, zi []float64
				for k := range n2 {
					yi, zi = append(yi, y.Data[k*n+i]), append(zi, z2[k][i])
				}
				li, d := ref.CrossEntropyOf(yi, zi)
				loss += li / float64(n)
				for k := range n2 {
					dz2[k] = append(dz2[k], d[k])
				}
			}
			one := func(float64) float64 { return 1 } // the gradient is that of z already
			dw2, db2, da1 := ref.LayerBackward(rowsOf(second.Weights), a1, z2, dz2, one)
			dw1, db1, dx := ref.LayerBackward(rowsOf(first.Weights), rowsOf(x), z1, da1, ref.SigmaPrime)

			pred := net.Propagate(x)
			grad := blas.General[float64]{Rows: n2, Cols: n, Stride: n, Data: make([]float64, n2*n)}
			net.Cost.Derivative(grad, y, pred)
			input := net.Backpropagate(grad)
			net.Gradients()
			what := fmt.Sprintf("seed %d, %d-%d-%d, %d samples", seed, n0, n1, n2, n)
			nearRows(t, what+": Z¹", rowsOf(first.Logits), z1)
			nearRows(t, what+": Z²", rowsOf(second.Logits), z2)
			nearRows(t, what+": J", [][]float64{{net.Cost.Value(y, pred)}}, [][]float64{{loss}})
			nearRows(t, what+": dZ²", rowsOf(second.GradLogits), dz2)
			nearRows(t, what+": dW²", rowsOf(second.gradWeights), dw2)
			nearRows(t, what+": db²", [][]float64{second.gradBias}, [][]float64{db2})
			nearRows(t, what+": dW¹", rowsOf(first.gradWeights), dw1)
			nearRows(t, what+": db¹", [][]float64{first.gradBias}, [][]float64{db1})
			nearRows(t, what+": dA⁰", rowsOf(input), dx)
		}
	})
}

// nearRows demands equality but for the rounding of a few sums of at most twenty terms
// of the size of 10.
func nearRows(t *testing.T, what string, got, want [][]float64) {
	t.Helper()
	for i := range want {
		for j, w := range want[i] {
			if math.Abs(got[i][j]-w) > 1e-12 {
				t.Fatalf("%s: element %d, %d is %v, want %v", what, i, j, got[i][j], w)
			}
		}
	}
}
