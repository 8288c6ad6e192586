package gonumblas

import (
	"fmt"
	"math"
	"slices"
	"testing"

	api "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
)

// NaN and infinities end decompositions with ok = false, as NaN does gonum's, and with no
// panic.
func TestNotFinite(t *testing.T) {
	for _, n := range []int{40, 100} {
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for _, at := range []int{0, n / 2, n - 1} {
				matrix := func() []float64 {
					a := make([]float64, n*n)
					for i := range a {
						a[i] = float64(i*i%17) - 8
					}
					a[at*n+at] = v
					return a
				}
				name := fmt.Sprintf("n=%d %v in row %d", n, v, at)
				work := make([]float64, 20*n)
				if (Lapack{}).Dsyev(lapack.EVCompute, api.Upper, n, matrix(), n, make([]float64, n), work, len(work)) {
					t.Errorf("%s: Dsyev is ok", name)
				}
				d, e := matrix()[at*n:][:n], slices.Repeat([]float64{1}, n-1)
				if (Lapack{}).Dsteqr(lapack.EVTridiag, n, d, e, make([]float64, n*n), n, work) && math.IsNaN(v) {
					t.Errorf("%s: Dsteqr is ok", name)
				}
				for _, job := range []lapack.SVDJob{lapack.SVDNone, lapack.SVDStore} {
					u, vt := make([]float64, n*n), make([]float64, n*n)
					if (Lapack{}).Dgesvd(job, job, n, n, matrix(), n, make([]float64, n), u, n, vt, n, work, len(work)) {
						t.Errorf("%s: Dgesvd %c is ok", name, job)
					}
				}
			}
		}
	}
}

// Negative increments go through vectors from their ends, in calls of all sizes.
func TestGerIncrements(t *testing.T) {
	for _, size := range [][2]int{{3, 2}, {2, 3}, {7, 8}, {30, 20}} {
		m, n := size[0], size[1]
		for _, inc := range [][2]int{{1, 1}, {-1, 1}, {1, -1}, {-1, -1}, {-2, 3}, {2, -3}} {
			x, y := make([]float64, 3*m), make([]float64, 3*n)
			for i := range x {
				x[i] = float64(i + 1)
			}
			for j := range y {
				y[j] = float64(100 * (j + 1))
			}
			element := func(v []float64, k, n, inc int) float64 {
				if inc < 0 {
					return v[(k-n+1)*inc]
				}
				return v[k*inc]
			}
			got, single := make([]float64, m*n), make([]float32, m*n)
			Implementation{}.Dger(m, n, 2, x, inc[0], y, inc[1], got, n)
			Implementation{}.Sger(m, n, 2, floats(x), inc[0], floats(y), inc[1], single, n)
			for i := range m {
				for j := range n {
					want := 2 * element(x, i, m, inc[0]) * element(y, j, n, inc[1])
					if got[i*n+j] != want || float64(single[i*n+j]) != want {
						t.Fatalf("%d×%d, increments %d: a[%d,%d] is %v and %v, want %v", m, n, inc, i, j, got[i*n+j], single[i*n+j], want)
					}
				}
			}
		}
	}
}

func floats(x []float64) []float32 {
	var s []float32
	for _, v := range x {
		s = append(s, float32(v))
	}
	return s
}

// Leading dimensions whose products an int can't hold are too long: nothing has been written
// when that is found.
func TestLongStrides(t *testing.T) {
	const long = math.MaxInt/2 + 1
	c := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	for name, call := range map[string]func(){
		"Dsyrk": func() { Implementation{}.Dsyrk(api.Upper, api.NoTrans, 3, 3, 1, slices.Clone(c), 3, 0, c, long) },
		"Dgemm": func() {
			Implementation{}.Dgemm(api.NoTrans, api.NoTrans, 3, 3, 3, 1, slices.Clone(c), 3, slices.Clone(c), 3, 0, c, long)
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
		if !slices.Equal(c, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Fatalf("%s has written: %v", name, c)
		}
	}
}
