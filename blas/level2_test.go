package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanewise/lanewise/internal/ref"
)

// strided returns n numbers at an increment, in the order that a negative one
// reverses, with a payload between them.
func strided[T Float](n, inc int, next func() T) (data []T, at func(i int) *T) {
	step := max(inc, -inc)
	data = make([]T, (n-1)*step+1)
	for i := range data {
		data[i] = ref.Payload[T]()
		if i%step == 0 {
			data[i] = next()
		}
	}
	return data, func(i int) *T { return &data[firstOf(n, inc)+i*inc] }
}

func TestLevel2(t *testing.T) {
	onTypes(t, testLevel2[float32], testLevel2[float64])
}

// testLevel2 holds products of matrices and vectors within the bounds of products of
// matrices, and what lies between elements unchanged.
func testLevel2[T Float](t *testing.T) {
	onThreads(t, func(t *testing.T, check bool) (d digest) {
		rng := rand.New(rand.NewPCG(6, 1))
		next := normals[T](rng)
		incs := []int{1, 2, -1, -3}
		count := 0
		sizes := []int{1, 2, 7, 8, 9, 33, 70, 600}
		if testing.Short() {
			sizes = []int{1, 9, 70}
		}
		for _, m := range sizes {
			for _, n := range sizes {
				if m*n > 50_000 {
					continue
				}
				count++
				incX, incY := incs[count%4], incs[count/4%4]
				alpha, beta := []T{1, -1, 0.7}[count%3], []T{0, 1, -0.3}[count/2%3]
				gap := count % 3
				if n == 70 { // rows at the same place in pages
					gap = 512 - n
				}
				a := newOperand(m, n, gap, next)
				what := fmt.Sprintf("level=%s m=%d n=%d incX=%d incY=%d alpha=%v beta=%v", Level(), m, n, incX, incY, alpha, beta)

				for _, tA := range []Transpose{NoTrans, Trans} {
					rows, cols := opShape(tA, m, n)
					x, xAt := strided(cols, incX, next)
					y, yAt := strided(rows, incY, next)
					if beta == 0 {
						*yAt(rows - 1) = T(math.NaN())
					}
					xs, ys := vectorOf(cols, xAt), vectorOf(rows, yAt)
					Gemv(tA, m, n, alpha, a.data, a.ld, x, incX, beta, y, incY)
					add(&d, y)
					want, bound := ref.Gemm(rows, 1, cols, alpha, a.matrix(tA), xs, beta, ys)
					compareVector(t, fmt.Sprintf("Gemv %c %s", tA, what), y, incY, yAt, want, bound)
				}

				x, xAt := strided(m, incX, next)
				y, yAt := strided(n, incY, next)
				got := a.clone()
				Ger(m, n, alpha, x, incX, y, incY, got.data, got.ld)
				add(&d, got.data)
				for i := range m {
					for j := range n {
						want := ref.MulAdd(fused(), T(alpha**xAt(i)), *yAt(j), a.data[i*a.ld+j])
						if g := got.data[i*a.ld+j]; !ref.Same(g, want) {
							t.Fatalf("Ger %s: a[%d,%d] = %v, want %v", what, i, j, g, want)
						}
					}
				}
				if err := got.checkGaps(); err != nil {
					t.Fatalf("Ger %s: %v", what, err)
				}

				if m > 1 && n < 600 {
					continue
				}
				for _, uplo := range []Uplo{Upper, Lower} {
					s := newTriangle(uplo, NonUnit, n, count%2, next)
					x, xAt := strided(n, incX, next)
					y, yAt := strided(n, incY, next)
					xs, ys := vectorOf(n, xAt), vectorOf(n, yAt)
					Symv(uplo, n, alpha, s.data, s.ld, x, incX, beta, y, incY)
					add(&d, y)
					if check {
						want, bound := ref.Gemm(n, 1, n, alpha, s.whole(uplo, NonUnit, true).matrix(NoTrans), xs, beta, ys)
						compareVector(t, fmt.Sprintf("Symv %c %s", uplo, what), y, incY, yAt, want, bound)
					}
				}
			}
		}
		return d
	})
}

// vectorOf returns a column of what stands in a vector now.
func vectorOf[T Float](n int, at func(i int) *T) ref.Matrix[T] {
	x := make([]T, n)
	for i := range x {
		x[i] = *at(i)
	}
	return ref.Matrix[T]{Data: x, LD: 1}
}

func compareVector[T Float](t *testing.T, what string, y []T, inc int, at func(i int) *T, want, bound []float64) {
	t.Helper()
	for i, w := range want {
		if e := math.Abs(float64(*at(i)) - w); !(e <= bound[i]) {
			t.Fatalf("%s: y[%d] = %v, want %v ± %v", what, i, *at(i), w, bound[i])
		}
	}
	for i, v := range y {
		if i%max(inc, -inc) != 0 && ref.Bits(v) != ref.Bits(ref.Payload[T]()) {
			t.Fatalf("%s: element %d between others changed to %v", what, i, v)
		}
	}
}

// What a misused call of levels 2 and 3 panics with, in its order.
func TestLevel3Panics(t *testing.T) {
	x := make([]float64, 64)
	a, b, c := x[:4], x[8:12], x[16:20]
	for _, test := range []struct {
		name string
		call func()
		want any
	}{
		{"Trsm, side", func() { Trsm[float64]('x', 'x', 'x', 'x', -1, -1, 1, nil, 0, nil, 0) }, badSide},
		{"Trsm, uplo", func() { Trsm[float64](Left, 'x', 'x', 'x', -1, -1, 1, nil, 0, nil, 0) }, badUplo},
		{"Trsm, transpose", func() { Trsm[float64](Left, Upper, 'x', 'x', -1, -1, 1, nil, 0, nil, 0) }, badTranspose},
		{"Trsm, diag", func() { Trsm[float64](Left, Upper, Trans, 'x', -1, -1, 1, nil, 0, nil, 0) }, badDiag},
		{"Trsm, m", func() { Trsm[float64](Left, Upper, Trans, Unit, -1, -1, 1, nil, 0, nil, 0) }, mLT0},
		{"Trsm, n", func() { Trsm[float64](Left, Upper, Trans, Unit, 0, -1, 1, nil, 0, nil, 0) }, nLT0},
		{"Trsm, lda", func() { Trsm[float64](Left, Upper, Trans, Unit, 2, 0, 1, a, 1, b, 0) }, badLdA},
		{"Trsm, lda on the right", func() { Trsm[float64](Right, Upper, Trans, Unit, 0, 2, 1, a, 1, b, 2) }, badLdA},
		{"Trsm, ldb", func() { Trsm[float64](Left, Upper, Trans, Unit, 0, 2, 1, nil, 2, nil, 1) }, badLdB},
		{"Trsm, nothing to do", func() { Trsm[float64](Left, Upper, Trans, Unit, 0, 2, 1, nil, 2, nil, 2) }, nil},
		{"Trsm, short a", func() { Trsm[float64](Left, Upper, Trans, Unit, 2, 2, 1, a[:3], 2, b[:3], 2) }, shortA},
		{"Trsm, short b", func() { Trsm[float64](Left, Upper, Trans, Unit, 2, 2, 1, a, 2, b[:3], 2) }, shortB},
		{"Trmm, diag", func() { Trmm[float64](Left, Upper, Trans, 'x', 2, 2, 1, a, 2, b, 2) }, badDiag},
		{"Trmm, huge lda", func() { Trmm[float64](Left, Upper, Trans, Unit, 3, 2, 1, x, math.MaxInt/2+1, b, 2) }, shortA},
		{"Trmm, short b, alpha 0", func() { Trmm[float64](Left, Upper, Trans, Unit, 2, 2, 0, a, 2, b[:3], 2) }, shortB},
		{"Syrk, uplo", func() { Syrk[float64]('x', 'x', -1, -1, 1, nil, 0, 1, nil, 0) }, badUplo},
		{"Syrk, transpose", func() { Syrk[float64](Upper, 'x', -1, -1, 1, nil, 0, 1, nil, 0) }, badTranspose},
		{"Syrk, n", func() { Syrk[float64](Upper, Trans, -1, -1, 1, nil, 0, 1, nil, 0) }, nLT0},
		{"Syrk, k", func() { Syrk[float64](Upper, Trans, 0, -1, 1, nil, 0, 1, nil, 0) }, kLT0},
		{"Syrk, lda", func() { Syrk[float64](Upper, Trans, 2, 0, 1, nil, 1, 1, nil, 0) }, badLdA},
		{"Syrk, ldc", func() { Syrk[float64](Upper, NoTrans, 2, 0, 1, nil, 1, 1, nil, 1) }, badLdC},
		{"Syrk, short a", func() { Syrk[float64](Upper, NoTrans, 2, 2, 1, a[:3], 2, 1, c[:3], 2) }, shortA},
		{"Syrk, short c", func() { Syrk[float64](Upper, NoTrans, 2, 2, 1, a, 2, 1, c[:3], 2) }, shortC},
		{"Syr2k, ldb", func() { Syr2k[float64](Upper, NoTrans, 2, 2, 1, a, 2, b, 1, 1, c, 1) }, badLdB},
		{"Syr2k, short b", func() { Syr2k[float64](Upper, NoTrans, 2, 2, 1, a, 2, b[:3], 2, 1, c[:3], 2) }, shortB},
		{"Symm, side", func() { Symm[float64]('x', 'x', -1, 2, 1, a, 2, b, 2, 1, c, 2) }, badSide},
		{"Symm, uplo", func() { Symm[float64](Left, 'x', -1, 2, 1, a, 2, b, 2, 1, c, 2) }, badUplo},
		{"Symm, lda", func() { Symm[float64](Left, Upper, 2, 1, 1, a, 1, b, 0, 1, c, 0) }, badLdA},
		{"Symm, short c", func() { Symm[float64](Left, Upper, 2, 2, 1, a, 2, b, 2, 1, c[:3], 2) }, shortC},
		{"Gemv, incX", func() { Gemv[float64](NoTrans, 2, 2, 1, a, 2, b, 0, 1, c, 0) }, zeroIncX},
		{"Gemv, incY", func() { Gemv[float64](NoTrans, 2, 2, 1, a, 2, b, 1, 1, c, 0) }, zeroIncY},
		{"Gemv, short x", func() { Gemv[float64](NoTrans, 1, 2, 1, a, 2, b[:2], -2, 1, c[:0], 1) }, shortX},
		{"Gemv, short y", func() { Gemv[float64](NoTrans, 2, 1, 1, a[:1], 2, b, 1, 1, c[:2], 2) }, shortY},
		{"Gemv, short a", func() { Gemv[float64](NoTrans, 2, 2, 1, a[:3], 2, b, 1, 1, c, 1) }, shortA},
		{"Gemv, least incX", func() { Gemv[float64](NoTrans, 2, 2, 1, a, 2, b, math.MinInt, 1, c, 1) }, shortX},
		{"Ger, m", func() { Ger[float64](-1, -1, 1, b, 0, c, 0, a, 0) }, mLT0},
		{"Ger, short y", func() { Ger[float64](2, 2, 1, b, 1, c[:1], 1, a, 2) }, shortY},
		{"Symv, uplo", func() { Symv[float64]('x', -1, 1, a, 0, b, 0, 1, c, 0) }, badUplo},
		{"Symv, short a before x", func() { Symv[float64](Upper, 2, 1, a[:3], 2, b[:1], 1, 1, c, 1) }, shortA},
		{"Rotate, side", func() { Rotate[float64]('x', 2, 2, nil, a, 2) }, badSide},
		{"Rotate, behind the end", func() { Rotate[float64](Left, 2, 2, []Sweep[float64]{{First: 1, Step: 1, CS: b[:2]}}, a, 2) }, badSweep},
		{"Rotate, before the start", func() { Rotate[float64](Right, 2, 2, []Sweep[float64]{{First: 0, Step: -1, CS: b[:2]}}, a, 2) }, badSweep},
		{"Rotate, step", func() { Rotate[float64](Right, 3, 3, []Sweep[float64]{{First: 0, Step: 2, CS: b[:2]}}, x, 3) }, badSweep},
		{"Rotate, short a", func() { Rotate[float64](Right, 2, 2, nil, a[:3], 2) }, shortA},
	} {
		for i := range x {
			x[i] = 1
		}
		got := func() (recovered any) {
			defer func() { recovered = recover() }()
			test.call()
			return nil
		}()
		if got != test.want {
			t.Errorf("%s: panic %v, want %v", test.name, got, test.want)
		}
		for i, v := range x {
			if test.want != nil && v != 1 {
				t.Errorf("%s: element %d changed to %v", test.name, i, v)
			}
		}
	}
}
