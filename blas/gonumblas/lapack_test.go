package gonumblas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	nativelapack "gonum.org/v1/gonum/lapack/gonum"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// useLapack makes gonum's mat call these routines until the test ends.
func useLapack(t testing.TB) {
	use(t, Implementation{})
	lapack64.Use(Lapack{})
	t.Cleanup(func() { lapack64.Use(nativelapack.Implementation{}) })
}

// residual returns the largest element of a − b.
func residual(a, b mat.Matrix) float64 {
	var d mat.Dense
	d.Sub(a, b)
	return mat.Max(abs(&d))
}

func abs(d *mat.Dense) mat.Matrix {
	var a mat.Dense
	a.Apply(func(_, _ int, v float64) float64 { return math.Abs(v) }, d)
	return &a
}

// checkOrthogonal fails if columns are not orthonormal.
func checkOrthogonal(t *testing.T, what string, q mat.Matrix) {
	t.Helper()
	_, n := q.Dims()
	one := mat.NewDiagDense(n, nil)
	for i := range n {
		one.SetDiag(i, 1)
	}
	var p mat.Dense
	p.Mul(q.T(), q)
	if e := residual(&p, one); e > 1e-13 {
		t.Errorf("%s: columns are orthonormal up to %g", what, e)
	}
}

// Decompositions multiply back to their matrix: a backward error of modest multiples
// of n·u·‖A‖ (G. H. Golub, C. F. Van Loan, Matrix Computations, 4th ed., sections 8.3
// and 8.6), for which 10⁻¹³·‖A‖ is generous at these sizes.
func TestDecompositions(t *testing.T) {
	useLapack(t)
	onLevels(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(8, 1))
		for _, shape := range [][2]int{{32, 32}, {40, 70}, {70, 40}, {33, 101}, {101, 33}, {90, 90}} {
			m, n := shape[0], shape[1]
			for _, scale := range []float64{1, 1e-200, 1e200} {
				a := mat.NewDense(m, n, nil)
				a.Apply(func(_, _ int, _ float64) float64 { return scale * rng.NormFloat64() }, a)
				var values []float64 // of all kinds, to the bit
				for _, kind := range []mat.SVDKind{mat.SVDNone, mat.SVDThin, mat.SVDFull, mat.SVDThinU, mat.SVDThinV} {
					what := fmt.Sprintf("SVD %d of %d×%d·%g", kind, m, n, scale)
					var svd mat.SVD
					if !svd.Factorize(a, kind) {
						t.Fatalf("%s has not converged", what)
					}
					var u, v, back mat.Dense
					s := svd.Values(nil)
					if values == nil {
						values = s
					} else if !slices.Equal(s, values) {
						t.Errorf("%s: values %v, without vectors %v", what, s, values)
					}
					for i := range s {
						if s[i] < 0 || i > 0 && s[i] > s[i-1] {
							t.Fatalf("%s: values %v", what, s)
						}
					}
					if kind&(mat.SVDThinU|mat.SVDFullU) != 0 {
						svd.UTo(&u)
						checkOrthogonal(t, what, &u)
					}
					if kind&(mat.SVDThinV|mat.SVDFullV) != 0 {
						svd.VTo(&v)
						checkOrthogonal(t, what, &v)
					}
					switch kind {
					case mat.SVDThin, mat.SVDFull:
						back.Product(u.Slice(0, m, 0, len(s)), mat.NewDiagDense(len(s), s), v.Slice(0, n, 0, len(s)).T())
						if e := residual(&back, a); !(e <= 1e-13*s[0]) {
							t.Errorf("%s: U·S·Vᵀ differs by %g, of %g", what, e, s[0])
						}
					}
				}
			}
		}
		for _, n := range []int{32, 33, 77, 150} {
			for _, scale := range []float64{1, 1e-200, 1e200} {
				a := mat.NewSymDense(n, nil)
				for i := range n {
					for j := i; j < n; j++ {
						a.SetSym(i, j, scale*rng.NormFloat64())
					}
				}
				if n == 77 { // falls apart into blocks, one of them diagonal
					for i := range n {
						for j := i + 1; j < n; j++ {
							if i < 40 && j >= 40 || j >= 60 {
								a.SetSym(i, j, 0)
							}
						}
					}
				}
				what := fmt.Sprintf("EigenSym %d·%g", n, scale)
				var e mat.EigenSym
				if !e.Factorize(a, true) {
					t.Fatalf("%s has not converged", what)
				}
				values := e.Values(nil)
				largest := max(math.Abs(values[0]), math.Abs(values[n-1]))
				var q, back mat.Dense
				e.VectorsTo(&q)
				checkOrthogonal(t, what, &q)
				back.Product(&q, mat.NewDiagDense(n, values), q.T())
				if e := residual(&back, a); !(e <= 1e-13*largest) {
					t.Errorf("%s: Q·Λ·Qᵀ differs by %g, of %g", what, e, largest)
				}
				for i := 1; i < n; i++ {
					if values[i] < values[i-1] {
						t.Fatalf("%s: values %v", what, values)
					}
				}
			}
		}
	})
}
