package gonumblas

import (
	"fmt"
	"math"
	"testing"

	api "gonum.org/v1/gonum/blas"
	native "gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/blas/testblas"
)

// single runs the routines for float32 under gonum's tests of those for float64: each
// call is gonum's own, and beside it the same call with operands rounded to float32,
// whose result is held within float32's bound of that.
//
// Where a routine is a sum of products, |error| ≤ γ_j·(the same routine on magnitudes),
// with j the number of roundings: one for each product and sum, two for factors, and
// one for each operand rounded. A solution X is held to the residual's bound: op(A)·X
// differs from alpha·B by no more than γ_j·|op(A)|·|X| and roundings of the operands.
type single struct {
	native.Implementation
	t *testing.T
}

// gamma is γ_j for float32.
func gamma(j int) float64 { return float64(j) * 0x1p-24 / (1 - float64(j)*0x1p-24) }

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func magnitudes(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Abs(v)
	}
	return y
}

// both calls f, which must panic as g does, and then g.
func (s single) both(what string, f, g func()) {
	s.t.Helper()
	caught := func(f func()) (r any) {
		defer func() { r = recover() }()
		f()
		return nil
	}
	got, want := caught(f), caught(g)
	if got != want {
		s.t.Errorf("%s: panic %v, want %v", what, got, want)
	}
	if want != nil {
		panic(want)
	}
}

// compare holds got within j roundings of want, size being what magnitudes give.
func (s single) compare(what string, got []float32, want, size []float64, j int) {
	s.t.Helper()
	for i, w := range want {
		g := float64(got[i])
		if math.IsNaN(w) && math.IsNaN(g) || g == w {
			continue
		}
		if w32 := float64(float32(w)); math.IsInf(w32, 0) && g == w32 {
			continue
		}
		if e := math.Abs(g - w); !(e <= gamma(j)*size[i]+float64(j)*math.SmallestNonzeroFloat32) {
			s.t.Errorf("%s: element %d is %v, want %v ± %v", what, i, g, w, gamma(j)*size[i])
			return
		}
	}
}

func (s single) Dgemm(tA, tB api.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	what := fmt.Sprintf("Sgemm %c%c m=%d n=%d k=%d", tA, tB, m, n, k)
	got, size := narrow(c), magnitudes(c)
	s.both(what, func() {
		Implementation{}.Sgemm(tA, tB, m, n, k, float32(alpha), narrow(a), lda, narrow(b), ldb, float32(beta), got, ldc)
		s.Implementation.Dgemm(tA, tB, m, n, k, math.Abs(alpha), magnitudes(a), lda, magnitudes(b), ldb, math.Abs(beta), size, ldc)
	}, func() { s.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) })
	s.compare(what, got, c, size, k+7)
}

func (s single) Dsyrk(ul api.Uplo, tA api.Transpose, n, k int, alpha float64, a []float64, lda int, beta float64, c []float64, ldc int) {
	what := fmt.Sprintf("Ssyrk %c%c n=%d k=%d", ul, tA, n, k)
	got, size := narrow(c), magnitudes(c)
	s.both(what, func() {
		Implementation{}.Ssyrk(ul, tA, n, k, float32(alpha), narrow(a), lda, float32(beta), got, ldc)
		s.Implementation.Dsyrk(ul, tA, n, k, math.Abs(alpha), magnitudes(a), lda, math.Abs(beta), size, ldc)
	}, func() { s.Implementation.Dsyrk(ul, tA, n, k, alpha, a, lda, beta, c, ldc) })
	s.compare(what, got, c, size, k+7)
}

func (s single) Dsyr2k(ul api.Uplo, tA api.Transpose, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	what := fmt.Sprintf("Ssyr2k %c%c n=%d k=%d", ul, tA, n, k)
	got, size := narrow(c), magnitudes(c)
	s.both(what, func() {
		Implementation{}.Ssyr2k(ul, tA, n, k, float32(alpha), narrow(a), lda, narrow(b), ldb, float32(beta), got, ldc)
		s.Implementation.Dsyr2k(ul, tA, n, k, math.Abs(alpha), magnitudes(a), lda, magnitudes(b), ldb, math.Abs(beta), size, ldc)
	}, func() { s.Implementation.Dsyr2k(ul, tA, n, k, alpha, a, lda, b, ldb, beta, c, ldc) })
	s.compare(what, got, c, size, 2*k+7)
}

func (s single) Dsymm(side api.Side, ul api.Uplo, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	what := fmt.Sprintf("Ssymm %c%c m=%d n=%d", side, ul, m, n)
	got, size := narrow(c), magnitudes(c)
	s.both(what, func() {
		Implementation{}.Ssymm(side, ul, m, n, float32(alpha), narrow(a), lda, narrow(b), ldb, float32(beta), got, ldc)
		s.Implementation.Dsymm(side, ul, m, n, math.Abs(alpha), magnitudes(a), lda, magnitudes(b), ldb, math.Abs(beta), size, ldc)
	}, func() { s.Implementation.Dsymm(side, ul, m, n, alpha, a, lda, b, ldb, beta, c, ldc) })
	s.compare(what, got, c, size, m+n+7)
}

func (s single) Dtrmm(side api.Side, ul api.Uplo, tA api.Transpose, d api.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	what := fmt.Sprintf("Strmm %c%c%c%c m=%d n=%d", side, ul, tA, d, m, n)
	got, size := narrow(b), magnitudes(b)
	s.both(what, func() {
		Implementation{}.Strmm(side, ul, tA, d, m, n, float32(alpha), narrow(a), lda, got, ldb)
		s.Implementation.Dtrmm(side, ul, tA, d, m, n, math.Abs(alpha), magnitudes(a), lda, size, ldb)
	}, func() { s.Implementation.Dtrmm(side, ul, tA, d, m, n, alpha, a, lda, b, ldb) })
	s.compare(what, got, b, size, m+n+7)
}

func (s single) Dtrsm(side api.Side, ul api.Uplo, tA api.Transpose, d api.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	what := fmt.Sprintf("Strsm %c%c%c%c m=%d n=%d", side, ul, tA, d, m, n)
	got := narrow(b)
	right := append([]float64(nil), b...)
	s.both(what, func() {
		Implementation{}.Strsm(side, ul, tA, d, m, n, float32(alpha), narrow(a), lda, got, ldb)
	}, func() { s.Implementation.Dtrsm(side, ul, tA, d, m, n, alpha, a, lda, b, ldb) })
	if m == 0 || n == 0 || alpha == 0 {
		return
	}
	product, size := make([]float64, len(got)), make([]float64, len(got))
	for i, v := range got {
		product[i], size[i] = float64(v), math.Abs(float64(v))
	}
	s.Implementation.Dtrmm(side, ul, tA, d, m, n, 1, a, lda, product, ldb)
	s.Implementation.Dtrmm(side, ul, tA, d, m, n, 1, magnitudes(a), lda, size, ldb)
	for i := range m {
		for j := range n {
			at := i*ldb + j
			want := alpha * right[at]
			if e := math.Abs(product[at] - want); !(e <= gamma(m+n+7)*(size[at]+math.Abs(want))) && !math.IsNaN(want) {
				s.t.Errorf("%s: element %d of op(A)·X is %v, want %v", what, at, product[at], want)
				return
			}
		}
	}
}

func (s single) Dgemv(tA api.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	what := fmt.Sprintf("Sgemv %c m=%d n=%d", tA, m, n)
	got, size := narrow(y), magnitudes(y)
	s.both(what, func() {
		Implementation{}.Sgemv(tA, m, n, float32(alpha), narrow(a), lda, narrow(x), incX, float32(beta), got, incY)
		s.Implementation.Dgemv(tA, m, n, math.Abs(alpha), magnitudes(a), lda, magnitudes(x), incX, math.Abs(beta), size, incY)
	}, func() { s.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY) })
	s.compare(what, got, y, size, m+n+7)
}

func (s single) Dger(m, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	what := fmt.Sprintf("Sger m=%d n=%d", m, n)
	got, size := narrow(a), magnitudes(a)
	s.both(what, func() {
		Implementation{}.Sger(m, n, float32(alpha), narrow(x), incX, narrow(y), incY, got, lda)
		s.Implementation.Dger(m, n, math.Abs(alpha), magnitudes(x), incX, magnitudes(y), incY, size, lda)
	}, func() { s.Implementation.Dger(m, n, alpha, x, incX, y, incY, a, lda) })
	s.compare(what, got, a, size, 8)
}

func (s single) Dsymv(ul api.Uplo, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	what := fmt.Sprintf("Ssymv %c n=%d", ul, n)
	got, size := narrow(y), magnitudes(y)
	s.both(what, func() {
		Implementation{}.Ssymv(ul, n, float32(alpha), narrow(a), lda, narrow(x), incX, float32(beta), got, incY)
		s.Implementation.Dsymv(ul, n, math.Abs(alpha), magnitudes(a), lda, magnitudes(x), incX, math.Abs(beta), size, incY)
	}, func() { s.Implementation.Dsymv(ul, n, alpha, a, lda, x, incX, beta, y, incY) })
	s.compare(what, got, y, size, 2*n+7)
}

func (s single) Ddot(n int, x []float64, incX int, y []float64, incY int) (want float64) {
	var got, size float64
	s.both("Sdot", func() {
		got = float64(Implementation{}.Sdot(n, narrow(x), incX, narrow(y), incY))
		size = s.Implementation.Ddot(n, magnitudes(x), incX, magnitudes(y), incY)
	}, func() { want = s.Implementation.Ddot(n, x, incX, y, incY) })
	s.compare("Sdot", []float32{float32(got)}, []float64{want}, []float64{size}, n+4)
	return want
}

func (s single) Daxpy(n int, alpha float64, x []float64, incX int, y []float64, incY int) {
	got, size := narrow(y), magnitudes(y)
	s.both("Saxpy", func() {
		Implementation{}.Saxpy(n, float32(alpha), narrow(x), incX, got, incY)
		s.Implementation.Daxpy(n, math.Abs(alpha), magnitudes(x), incX, size, incY)
	}, func() { s.Implementation.Daxpy(n, alpha, x, incX, y, incY) })
	s.compare("Saxpy", got, y, size, 6)
}

func (s single) Dscal(n int, alpha float64, x []float64, incX int) {
	got, size := narrow(x), magnitudes(x)
	s.both("Sscal", func() {
		Implementation{}.Sscal(n, float32(alpha), got, incX)
		s.Implementation.Dscal(n, math.Abs(alpha), size, incX)
	}, func() { s.Implementation.Dscal(n, alpha, x, incX) })
	s.compare("Sscal", got, x, size, 4)
}

func (s single) Dnrm2(n int, x []float64, incX int) (want float64) {
	var got float32
	s.both("Snrm2", func() { got = Implementation{}.Snrm2(n, narrow(x), incX) },
		func() { want = s.Implementation.Dnrm2(n, x, incX) })
	if w := float64(float32(want)); want < 0x1p126 && want > 0x1p-100 || want == 0 || w != w {
		s.compare("Snrm2", []float32{got}, []float64{want}, []float64{want}, n+4)
	} // otherwise x has elements that float32 has not
	return want
}

func (s single) Dasum(n int, x []float64, incX int) (want float64) {
	var got float32
	s.both("Sasum", func() { got = Implementation{}.Sasum(n, narrow(x), incX) },
		func() { want = s.Implementation.Dasum(n, x, incX) })
	s.compare("Sasum", []float32{got}, []float64{want}, []float64{want}, n+4)
	return want
}

func (s single) Idamax(n int, x []float64, incX int) (want int) {
	var got int
	s.both("Isamax", func() { got = Implementation{}.Isamax(n, narrow(x), incX) },
		func() { want = s.Implementation.Idamax(n, x, incX) })
	if got != want && (got < 0 || want < 0 || float32(math.Abs(x[got*incX])) != float32(math.Abs(x[want*incX]))) {
		s.t.Errorf("Isamax: %d, want %d", got, want)
	}
	return want
}

func TestConformanceFloat32(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		for _, c := range []struct {
			name string
			test func(t *testing.T, i single)
		}{
			{"Sasum", func(t *testing.T, i single) { testblas.DasumTest(t, i) }},
			{"Saxpy", func(t *testing.T, i single) { testblas.DaxpyTest(t, i) }},
			{"Sdot", func(t *testing.T, i single) { testblas.DdotTest(t, i) }},
			{"Snrm2", func(t *testing.T, i single) { testblas.Dnrm2Test(t, i) }},
			{"Isamax", func(t *testing.T, i single) { testblas.IdamaxTest(t, i) }},
			{"Sscal", func(t *testing.T, i single) { testblas.DscalTest(t, i) }},
			{"Sgemv", func(t *testing.T, i single) { testblas.DgemvTest(t, i) }},
			{"Sger", func(t *testing.T, i single) { testblas.DgerTest(t, i) }},
			{"Ssymv", func(t *testing.T, i single) { testblas.DsymvTest(t, i) }},
			{"Sgemm", func(t *testing.T, i single) { testblas.TestDgemm(t, i) }},
			{"Ssymm", func(t *testing.T, i single) { testblas.DsymmTest(t, i) }},
			{"Strsm", func(t *testing.T, i single) { testblas.DtrsmTest(t, i) }},
			{"Ssyrk", func(t *testing.T, i single) { testblas.DsyrkTest(t, i) }},
			{"Ssyr2k", func(t *testing.T, i single) { testblas.Dsyr2kTest(t, i) }},
			{"Strmm", func(t *testing.T, i single) { testblas.DtrmmTest(t, i) }},
		} {
			t.Run(c.name, func(t *testing.T) {
				c.test(t, single{t: t})
				withSmall(func() { c.test(t, single{t: t}) })
			})
		}
	})
}
