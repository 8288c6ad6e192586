package mlp

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanewise/lanewise/blas"
)

// The lecture's example of a layer, to the digits that it prints. Those of A were
// rounded twice, to three digits and then to two: σ(1.55) = 0.8249 stands there as
// 0.83.
func TestLectureLayer(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		t.Run("type=float32", testLectureLayer[float32])
		t.Run("type=float64", testLectureLayer[float64])
	})
}

func testLectureLayer[T blas.Float](t *testing.T) {
	l := Layer[T]{
		Weights:    matrix([]T{1, -1, -.5}, []T{1, .5, -1}, []T{-.2, .3, .5}, []T{-1, 1, 1}),
		Bias:       []T{-1, -1, 1, 1},
		Activation: Sigmoid[T](),
	}
	aPrev := matrix([]T{1, -1}, []T{-1, -.5}, []T{-.5, 1})
	wantZ := []float64{1.25, -2, 0, -3.25, .25, 1.55, -1.5, 2.5}
	wantA := []float64{.78, .12, .50, .04, .56, .83, .18, .92}
	twoDigits := func(v T) float64 { return math.Round(math.Round(float64(v)*1000)/10) / 100 }

	a := l.Propagate(aPrev)
	for i := range wantZ {
		if got := math.Round(float64(l.Logits.Data[i])*100) / 100; got != wantZ[i] {
			t.Errorf("Z: element %d is %v, want %v", i, got, wantZ[i])
		}
		if got := twoDigits(a.Data[i]); got != wantA[i] {
			t.Errorf("A: element %d is %v, want %v", i, got, wantA[i])
		}
	}

	// Its first sample alone, the first form of the example.
	one := l.Propagate(matrix([]T{1}, []T{-1}, []T{-.5}))
	for i, v := range one.Data {
		if got := twoDigits(v); got != wantA[2*i] {
			t.Errorf("one sample: A: element %d is %v, want %v", i, got, wantA[2*i])
		}
	}
}

// Integers, so that the layer's equations hold exactly: identity, dA = dZ, N = 2.
func TestLayerBackwards(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		l := Layer[float64]{
			Weights:    matrix([]float64{1, 2, 3}, []float64{-1, 0, 4}),
			Bias:       []float64{5, -6},
			Activation: Identity[float64](),
		}
		// Gaps between rows, as a user's view may have, must not be read.
		x := strided(matrix([]float64{1, 2}, []float64{3, -4}, []float64{0, 5}), 3, 1e300)
		grad := strided(matrix([]float64{2, -4}, []float64{6, 8}), 1, 1e300)

		a := l.Propagate(x)
		dPrev := l.Backpropagate(grad)
		dw := l.GradientWeights(x)
		db := l.GradientBias()
		for _, c := range []struct {
			name string
			got  []float64
			want []float64
		}{
			{"A", a.Data, []float64{12, 14, -7, 12}},
			{"dZ", l.GradLogits.Data, []float64{2, -4, 6, 8}},
			{"dA_prev", dPrev.Data, []float64{-4, -12, 4, -8, 30, 20}},
			{"dW", dw.Data, []float64{-3, 11, -10, 11, -7, 20}},
			{"db", db, []float64{-1, 7}},
		} {
			if !slices.Equal(c.got, c.want) {
				t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
			}
		}
	})
}

// The activations work on views with gaps as on compact matrices, and in place.
func TestActivationViews(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, g := range activations[float64]() {
			for _, cols := range []int{1, 63, 64, 65, 130} {
				z, da := normal[float64](rng, 5, cols), normal[float64](rng, 5, cols)
				a, dz := normal[float64](rng, 5, cols), normal[float64](rng, 5, cols)
				g.Value(a, z)
				g.Derivative(dz, da, a, z)

				za, dza := strided(z, 3, 7), strided(da, 2, 7)
				g.Value(za, za)
				g.Derivative(dza, dza, za, z)
				for i := range 5 {
					if !slices.Equal(row(za, i), row(a, i)) || !slices.Equal(row(dza, i), row(dz, i)) {
						t.Fatalf("%s, %d columns: row %d in a view differs from the compact one", g.Name, cols, i)
					}
					for _, gap := range [][]float64{za.Data[i*za.Stride+cols : (i+1)*za.Stride], dza.Data[i*dza.Stride+cols : (i+1)*dza.Stride]} {
						if slices.Min(gap) != 7 || slices.Max(gap) != 7 {
							t.Fatalf("%s, %d columns: row %d: the gap behind it was written", g.Name, cols, i)
						}
					}
				}
			}
		}
	})
}

func TestLayerPanics(t *testing.T) {
	x := matrix([]float64{1, 2}, []float64{3, 4}, []float64{5, 6})
	wrong := matrix([]float64{1, 2})
	l := &Layer[float64]{Weights: matrix([]float64{1, 2, 3}), Bias: []float64{0}, Activation: Sigmoid[float64]()}
	mustPanic(t, badInputRows, func() { l.Propagate(wrong) })
	l.Propagate(x)
	mustPanic(t, badGradShape, func() { l.Backpropagate(x) })
	l.Backpropagate(wrong)
	mustPanic(t, badInputRows, func() { l.GradientWeights(wrong) })
	mustPanic(t, badBatchCols, func() { l.GradientWeights(matrix([]float64{1}, []float64{2}, []float64{3})) })
	mustPanic(t, badTargets, func() { Square[float64]().Value(x, wrong) })
	mustPanic(t, badTargets, func() { CrossEntropy[float64]().Derivative(x, wrong, x) })
}
