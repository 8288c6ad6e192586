package gonumblas

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	api "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
	native "gonum.org/v1/gonum/lapack/gonum"
)

// normal returns a rows×columns matrix, lda apart, of numbers times scale.
func normal(next *rand.Rand, rows, columns, lda int, scale float64) []float64 {
	a := make([]float64, (rows-1)*lda+columns)
	for i := range a {
		a[i] = scale * next.NormFloat64()
	}
	return a
}

// near fails the test if elements of two m×n matrices differ by more than tol, or if
// what lies between rows is not the same.
func near(t *testing.T, what string, m, n, lda int, got, want []float64, tol float64) {
	t.Helper()
	for i := range got {
		if i%lda >= n && got[i] != want[i] {
			t.Fatalf("%s: element %d, between rows, is %v, want %v", what, i, got[i], want[i])
		}
		if d := math.Abs(got[i] - want[i]); !(d <= tol) && !(math.IsNaN(got[i]) && math.IsNaN(want[i])) {
			t.Fatalf("%s: row %d, column %d is %v, want %v", what, i/lda, i%lda, got[i], want[i])
		}
	}
}

// TestFactors holds factors, condition numbers and norms to gonum's own, of matrices
// that halves do not fit evenly.
func TestFactors(t *testing.T) {
	onLevels(t, testFactors)
}

func testFactors(t *testing.T) {
	next := rand.New(rand.NewPCG(20, 1))
	for _, size := range [][2]int{{80, 80}, {97, 97}, {100, 175}, {175, 100}, {129, 129}, {417, 417}} {
		m, n := size[0], size[1]
		lda := n + m%3
		least := min(m, n)
		a := normal(next, m, n, lda, 1)
		wantLU, wantPivots := slices.Clone(a), make([]int, least)
		wantOK := native.Implementation{}.Dgetrf(m, n, wantLU, lda, wantPivots)
		lu, pivots := slices.Clone(a), make([]int, least)
		if ok := (Lapack{}).Dgetrf(m, n, lu, lda, pivots); ok != wantOK || !slices.Equal(pivots, wantPivots) {
			t.Fatalf("Dgetrf %d×%d: %v, pivots %v; want %v, %v", m, n, ok, pivots, wantOK, wantPivots)
		}
		near(t, "Dgetrf", m, n, lda, lu, wantLU, 1e-11)
		for _, norm := range []lapack.MatrixNorm{lapack.MaxAbs, lapack.MaxRowSum, lapack.MaxColumnSum, lapack.Frobenius} {
			got, want := (Lapack{}).Dlange(norm, m, n, a, lda, make([]float64, n)), native.Implementation{}.Dlange(norm, m, n, a, lda, make([]float64, n))
			near(t, "Dlange", 1, 1, 1, []float64{got}, []float64{want}, 1e-12*want)
		}
		if m != n {
			continue
		}
		for _, norm := range []lapack.MatrixNorm{lapack.MaxRowSum, lapack.MaxColumnSum} {
			anorm := (Lapack{}).Dlange(norm, n, n, a, lda, make([]float64, n))
			got := (Lapack{}).Dgecon(norm, n, lu, lda, anorm, make([]float64, 4*n), make([]int, n))
			want := native.Implementation{}.Dgecon(norm, n, wantLU, lda, anorm, make([]float64, 4*n), make([]int, n))
			near(t, "Dgecon", 1, 1, 1, []float64{got}, []float64{want}, 1e-9*want)
		}
		for _, uplo := range []api.Uplo{api.Upper, api.Lower} {
			s := slices.Clone(a)
			for i := range n {
				s[i*lda+i] = 4 * float64(n)
			}
			wantC := slices.Clone(s)
			if !(native.Implementation{}).Dpotrf(uplo, n, wantC, lda) {
				t.Fatal("gonum's Dpotrf: not positive definite")
			}
			c := slices.Clone(s)
			if !(Lapack{}).Dpotrf(uplo, n, c, lda) {
				t.Fatalf("Dpotrf %c %d: not positive definite", uplo, n)
			}
			near(t, "Dpotrf", n, n, lda, c, wantC, 1e-12*float64(n))
			anorm, want := (Lapack{}).Dlansy(lapack.MaxRowSum, uplo, n, s, lda, make([]float64, n)), native.Implementation{}.Dlansy(lapack.MaxRowSum, uplo, n, s, lda, make([]float64, n))
			near(t, "Dlansy", 1, 1, 1, []float64{anorm}, []float64{want}, 1e-12*want)
			got := (Lapack{}).Dpocon(uplo, n, c, lda, anorm, make([]float64, 3*n), make([]int, n))
			want = native.Implementation{}.Dpocon(uplo, n, wantC, lda, anorm, make([]float64, 3*n), make([]int, n))
			near(t, "Dpocon", 1, 1, 1, []float64{got}, []float64{want}, 1e-10*want)
			s[(n/2)*lda+n/2] = -1
			if (Lapack{}).Dpotrf(uplo, n, s, lda) {
				t.Fatalf("Dpotrf %c %d: −1 on the diagonal is positive definite", uplo, n)
			}
		}
	}
}

// A misused call is gonum's, which panics before it writes.
func TestFactorsMisused(t *testing.T) {
	const n = 100
	a := normal(rand.New(rand.NewPCG(20, 3)), n, n, n, 1)
	checkMisused(t, a, map[string]func(){
		"Dgetrf, long ipiv":   func() { Lapack{}.Dgetrf(n, n, a, n, make([]int, n+1)) },
		"Dgetrf, short a":     func() { Lapack{}.Dgetrf(n, n, a[:n*n-1], n, make([]int, n)) },
		"Dgetrf, lda":         func() { Lapack{}.Dgetrf(n, n, a, n-1, make([]int, n)) },
		"Dpotrf, uplo":        func() { Lapack{}.Dpotrf('x', n, a, n) },
		"Dpotrf, short a":     func() { Lapack{}.Dpotrf(api.Upper, n, a[:n*n-1], n) },
		"Dgecon, short work":  func() { Lapack{}.Dgecon(lapack.MaxRowSum, n, a, n, 1, make([]float64, 4*n-1), make([]int, n)) },
		"Dgecon, short iwork": func() { Lapack{}.Dgecon(lapack.MaxRowSum, n, a, n, 1, make([]float64, 4*n), make([]int, n-1)) },
		"Dgecon, anorm":       func() { Lapack{}.Dgecon(lapack.MaxRowSum, n, a, n, -1, make([]float64, 4*n), make([]int, n)) },
		"Dpocon, short work":  func() { Lapack{}.Dpocon(api.Lower, n, a, n, 1, make([]float64, 3*n-1), make([]int, n)) },
		"Dlansy, short work":  func() { Lapack{}.Dlansy(lapack.MaxRowSum, api.Lower, n, a, n, make([]float64, n-1)) },
		"Dlange, short a":     func() { Lapack{}.Dlange(lapack.MaxRowSum, n, n, a[:n*n-1], n, nil) },
	})
}

// checkMisused fails if a call does not panic with a message of gonum's, or has written a.
func checkMisused(t *testing.T, a []float64, calls map[string]func()) {
	t.Helper()
	before := slices.Clone(a)
	for name, call := range calls {
		func() {
			defer func() {
				if _, ok := recover().(string); !ok {
					t.Errorf("%s: no panic with gonum's message", name)
				}
			}()
			call()
		}()
		if !slices.Equal(a, before) {
			t.Fatalf("%s: the matrix was written", name)
		}
	}
}

// TestBadlyConditioned has matrices by whose inverses vectors overflow, and singular ones.
func TestBadlyConditioned(t *testing.T) {
	const n = 96
	next := rand.New(rand.NewPCG(20, 2))
	for _, tiny := range []float64{1e-150, 1e-305, 0} {
		a := normal(next, n, n, n, 1)
		for i := range n {
			a[i*n+n/2] *= tiny
			a[i*n+n/3] *= tiny
		}
		wantLU, pivots := slices.Clone(a), make([]int, n)
		wantOK := native.Implementation{}.Dgetrf(n, n, wantLU, n, pivots)
		lu := slices.Clone(a)
		if ok := (Lapack{}).Dgetrf(n, n, lu, n, pivots); ok != wantOK {
			t.Fatalf("columns times %g: Dgetrf is %v, want %v", tiny, ok, wantOK)
		}
		for _, norm := range []lapack.MatrixNorm{lapack.MaxRowSum, lapack.MaxColumnSum} {
			got := (Lapack{}).Dgecon(norm, n, lu, n, 30, make([]float64, 4*n), make([]int, n))
			want := native.Implementation{}.Dgecon(norm, n, wantLU, n, 30, make([]float64, 4*n), make([]int, n))
			if math.IsNaN(got) || math.Abs(got-want) > 1e-9*want {
				t.Errorf("columns times %g: Dgecon is %v, want %v", tiny, got, want)
			}
		}
	}
}

// TestTinyPivots factors a matrix whose pivots are subnormal numbers, so that they have no
// finite reciprocals, and one with columns of zeros.
func TestTinyPivots(t *testing.T) {
	const n = 90
	next := rand.New(rand.NewPCG(5, 1))
	a := normal(next, n, n, n, 1e-310)
	lu, ipiv := slices.Clone(a), make([]int, n)
	if !(Lapack{}).Dgetrf(n, n, lu, n, ipiv) {
		t.Error("a regular matrix of subnormal numbers is called singular")
	}
	native.Implementation{}.Dlaswp(n, a, n, 0, n-1, ipiv, 1)
	for i := range n {
		for j := range n {
			sum := 0.0
			for p := range min(i, j+1) {
				sum += lu[i*n+p] * lu[p*n+j]
			}
			if i <= j {
				sum += lu[i*n+j]
			}
			if math.Abs(sum-a[i*n+j]) > n*math.SmallestNonzeroFloat64 {
				t.Fatalf("L·U is %g at %d, %d where A is %g", sum, i, j, a[i*n+j])
			}
		}
	}
	for i := range n {
		for _, j := range []int{0, 7, 8, 40, n - 1} {
			lu[i*n+j] = 0
		}
	}
	if (Lapack{}).Dgetrf(n, n, lu, n, ipiv) {
		t.Error("a matrix with columns of zeros is called regular")
	}
}
