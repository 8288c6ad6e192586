package gonumblas

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/lapack"
	native "gonum.org/v1/gonum/lapack/gonum"
	"gonum.org/v1/gonum/mat"
)

// hessenbergs are Hessenberg matrices of every kind that QR sweeps meet: element (i, j),
// j ≥ i−1, is f.
var hessenbergs = []struct {
	name string
	f    func(next *rand.Rand, n, i, j int) float64
}{
	{"random", func(next *rand.Rand, n, i, j int) float64 { return next.NormFloat64() }},
	{"blocks", func(next *rand.Rand, n, i, j int) float64 {
		if i == j+1 && i%17 == 0 {
			return 0
		}
		return next.NormFloat64()
	}},
	// A bulge vanishes between such, and shifts have to come in again.
	{"tiny below", func(next *rand.Rand, n, i, j int) float64 {
		if i == j+1 && i%3 == 0 {
			return 1e-170 * next.NormFloat64()
		}
		return next.NormFloat64()
	}},
	{"graded", func(next *rand.Rand, n, i, j int) float64 { return math.Pow(0.8, float64(i+j)) * next.NormFloat64() }},
	// The cyclic permutation: its eigenvalues are roots of unity, and no window finds any.
	{"cyclic", func(next *rand.Rand, n, i, j int) float64 {
		if i == j+1 || i == 0 && j == n-1 {
			return 1
		}
		return 0
	}},
	{"triangular", func(next *rand.Rand, n, i, j int) float64 {
		if i == j+1 {
			return 0
		}
		return next.NormFloat64()
	}},
	{"real values", func(next *rand.Rand, n, i, j int) float64 { // a symmetric tridiagonal matrix
		switch i - j {
		case 0:
			return 2 + float64(i)/float64(n)
		case 1, -1:
			return -1
		}
		return 0
	}},
	{"zeros on the diagonal", func(next *rand.Rand, n, i, j int) float64 {
		if i == j {
			return 0
		}
		return next.NormFloat64()
	}},
}

// TestSchur holds Schur forms to their definition, and the same eigenvalues to be found
// without.
func TestSchur(t *testing.T) {
	use(t, Implementation{})
	onLevels(t, testSchur)
}

func testSchur(t *testing.T) {
	next := rand.New(rand.NewPCG(43, 1))
	for _, kind := range hessenbergs {
		for _, n := range []int{76, 130, 211} {
			if n > 130 && kind.name != "random" && kind.name != "cyclic" || testing.Short() && n > 76 {
				continue
			}
			for _, block := range [][2]int{{0, n - 1}, {5, n - 9}} {
				ilo, ihi := block[0], block[1]
				what := fmt.Sprintf("%s, %d rows, %d to %d", kind.name, n, ilo, ihi)
				ldh := n + 3
				h := make([]float64, (n-1)*ldh+n)
				norm := 0.0
				for i := range n {
					for j := max(0, i-1); j < n; j++ {
						isolated := i == j+1 && (i <= ilo || i > ihi)
						if !isolated {
							h[i*ldh+j] = kind.f(next, n, i, j)
							norm += h[i*ldh+j] * h[i*ldh+j]
						}
					}
				}
				tol := 1e-14 * float64(n) * math.Sqrt(norm)

				form, z := slices.Clone(h), make([]float64, (n-1)*ldh+n)
				wr, wi, work := make([]float64, n), make([]float64, n), make([]float64, n)
				for i := range n { // under the diagonal is what Dgehrd has left
					for j := range max(0, i-1) {
						form[i*ldh+j] = math.NaN()
					}
				}
				if left := (Lapack{}).Dhseqr(lapack.EigenvaluesAndSchur, lapack.SchurHess, n, ilo, ihi, form, ldh, wr, wi, z, ldh, work, n); left != 0 {
					t.Fatalf("%s: %d eigenvalues have not converged", what, left)
				}
				dense := func(a []float64) *mat.Dense {
					d := mat.NewDense(n, n, nil)
					for i := range n {
						d.SetRow(i, a[i*ldh:][:n])
					}
					return d
				}
				q, quasi := dense(z), dense(form)
				checkOrthogonal(t, what, q)
				var back mat.Dense
				back.Product(q, quasi, q.T())
				if e := residual(&back, dense(h)); !(e <= tol) {
					t.Errorf("%s: Z·T·Zᵀ differs by %g, of %g", what, e, math.Sqrt(norm))
				}
				for i := range n {
					for j := range i {
						below := quasi.At(i, j)
						switch {
						case j < i-1 && below != 0:
							t.Fatalf("%s: T(%d, %d) is %g", what, i, j, below)
						case j == i-1 && below != 0 && (quasi.At(i, i) != quasi.At(j, j) || below*quasi.At(j, i) >= 0):
							t.Fatalf("%s: rows %d and %d of T are no standard block", what, j, i)
						case j == i-1 && below != 0 && (wr[i] != quasi.At(i, i) || wi[i] != -wi[j] || !(wi[j] > 0)):
							t.Fatalf("%s: block %d of T has eigenvalues %g, %g and %g, %g", what, j, wr[j], wi[j], wr[i], wi[i])
						}
					}
					if wr[i] != quasi.At(i, i) {
						t.Fatalf("%s: eigenvalue %d is %g, not %g", what, i, wr[i], quasi.At(i, i))
					}
				}

				// Z is multiplied, and T comes without Z, to the bit.
				again, twice := slices.Clone(h), make([]float64, (n-1)*ldh+n)
				for i := range n {
					twice[i*ldh+i] = 2
				}
				alone := slices.Clone(h)
				for _, c := range []struct {
					compz lapack.SchurComp
					h, z  []float64
				}{{lapack.SchurOrig, again, twice}, {lapack.SchurNone, alone, nil}} {
					re, im := make([]float64, n), make([]float64, n)
					Lapack{}.Dhseqr(lapack.EigenvaluesAndSchur, c.compz, n, ilo, ihi, c.h, ldh, re, im, c.z, ldh, work, n)
					if !slices.Equal(c.h, form) || !slices.Equal(re, wr) || !slices.Equal(im, wi) {
						t.Errorf("%s: other eigenvalues or another form with Z %c", what, c.compz)
					}
				}
				for i := range z {
					if math.Abs(twice[i]-2*z[i]) > 1e-13 {
						t.Fatalf("%s: Z as a factor: element %d is %g, not 2·%g", what, i, twice[i], z[i])
					}
				}
			}
		}
	}
}

// TestChase holds chains of bulges to gonum's, which are slower, in blocks of every size.
func TestChase(t *testing.T) {
	use(t, Implementation{})
	onLevels(t, func(t *testing.T) {
		next := rand.New(rand.NewPCG(43, 4))
		for _, c := range [][4]int{ // rows, the block, shifts
			{2, 0, 1, 2}, {3, 0, 2, 2}, {4, 1, 2, 2}, {5, 0, 4, 4}, {9, 2, 7, 2}, {9, 3, 4, 4}, {20, 0, 19, 6},
			{23, 4, 20, 8}, {31, 7, 12, 12}, {60, 0, 59, 10}, {61, 13, 55, 32}, {100, 3, 95, 32},
		} {
			for _, want := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}} {
				n, top, bottom, shifts := c[0], c[1], c[2], c[3]
				what := fmt.Sprint("rows, block, shifts, form, vectors ", c, want)
				h, z := make([]float64, n*n), normal(next, n, n, n, 1)
				for i := range n {
					for j := max(0, i-1); j < n; j++ {
						if i != j+1 || i != top && i != bottom+1 {
							h[i*n+j] = next.NormFloat64()
						}
					}
				}
				re, im := make([]float64, shifts), make([]float64, shifts)
				for i := 0; i < shifts; i += 2 {
					re[i], re[i+1] = next.NormFloat64(), next.NormFloat64()
					if i%4 == 0 {
						re[i+1] = re[i]
						im[i] = math.Abs(next.NormFloat64())
						im[i+1] = -im[i]
					}
				}
				wantH, wantZ := slices.Clone(h), slices.Clone(z)
				width := 2 * shifts
				native.Implementation{}.Dlaqr5(want[0], want[1], 1, n, top, bottom, shifts, slices.Clone(re), slices.Clone(im), wantH, n, 0, n-1, wantZ, n,
					make([]float64, 3*shifts), 3, make([]float64, width*width), width, n, make([]float64, n*width), width, n, make([]float64, width*n), n)
				q := schur{n: n, ihi: n - 1, h: h, ldh: n, form: want[0], vectors: want[1], z: z, ldz: n}
				q.chase(top, bottom, re, im)
				// Rounding errors grow on the way by shifts near to eigenvalues (B. N.
				// Parlett, J. Le, Forward instability of tridiagonal QR, 1993).
				near(t, what+": H", n, n, n, h, wantH, 1e-6)
				near(t, what+": Z", n, n, n, z, wantZ, 1e-6)
			}
		}
	})
}

// TestShifts holds shifts to be eigenvalues of the last rows where windows have not found
// enough, in pairs.
func TestShifts(t *testing.T) {
	use(t, Implementation{})
	const n, top, bottom = 260, 20, 250
	next := rand.New(rand.NewPCG(43, 5))
	h := make([]float64, n*n)
	for i := range n {
		for j := max(0, i-1); j < n; j++ {
			if i != j+1 || i != top && i != bottom+1 {
				h[i*n+j] = next.NormFloat64()
			}
		}
	}
	for _, most := range []int{2, 4, 20, 54, 90} {
		q := schur{n: n, ihi: n - 1, h: h, ldh: n, wr: make([]float64, n), wi: make([]float64, n), work: make([]float64, 1000)}
		count := q.shifts(top, bottom, most/2, most, 1)
		if count != most {
			t.Fatalf("%d shifts of %d", count, most)
		}
		block := mat.NewDense(most, most, nil)
		for i := range most {
			block.SetRow(i, h[(bottom-most+1+i)*n+bottom-most+1:][:most])
		}
		var e mat.Eigen
		if !e.Factorize(block, mat.EigenNone) {
			t.Fatal("gonum's eigenvalues have not converged")
		}
		for i := bottom - most + 1; i <= bottom; i++ {
			nearest := math.Inf(1)
			for _, value := range e.Values(nil) {
				nearest = min(nearest, cmplx.Abs(complex(q.wr[i], q.wi[i])-value))
			}
			if !(nearest < 1e-9) {
				t.Errorf("%d shifts: %g, %g is no eigenvalue of the last rows", most, q.wr[i], q.wi[i])
			}
			if second := (bottom-i)%2 == 0; second && q.wi[i] != -q.wi[i-1] {
				t.Errorf("%d shifts: %g, %g beside %g, %g", most, q.wr[i-1], q.wi[i-1], q.wr[i], q.wi[i])
			}
		}
	}
	// Of two real ones that is taken twice which is nearer to the last row's.
	q := schur{n: n, h: h, ldh: n, wr: make([]float64, n), wi: make([]float64, n)}
	last := h[bottom*n+bottom]
	for _, nearer := range []int{0, 1} {
		q.wr[bottom-1], q.wr[bottom] = last+1, last+1
		q.wr[bottom-nearer] = last + 0.5
		if count := q.shifts(top, bottom, 2, 2, 1); count != 2 || q.wr[bottom-1] != last+0.5 || q.wr[bottom] != last+0.5 {
			t.Errorf("two real shifts: %d of %g, %g, of which %g is nearer to %g", count, q.wr[bottom-1], q.wr[bottom], last+0.5, last)
		}
	}
	for size, want := range map[int][2]int{29: {2, 2}, 59: {4, 4}, 149: {10, 10}, 150: {20, 20}, 500: {54, 54}, 589: {64, 96}, 590: {64, 96}, 3000: {128, 192}, 6000: {256, 384}} {
		if shifts, window := shiftsFor(size); shifts != want[0] || window != want[1] {
			t.Errorf("%d rows: %d shifts, a window of %d; want %v", size, shifts, window, want)
		}
	}
}

// TestEigen holds eigenvectors to A·v = λ·v and uᴴ·A = λ·uᴴ, and eigenvalues without them
// to gonum's own.
func TestEigen(t *testing.T) {
	useLapack(t)
	onLevels(t, func(t *testing.T) {
		next := rand.New(rand.NewPCG(43, 2))
		for _, n := range []int{75, 76, 100, 210} {
			if testing.Short() && n > 76 {
				continue
			}
			for _, full := range []float64{1, 0.03} {
				for _, scale := range []float64{1, 1e-200, 1e200} {
					a := mat.NewDense(n, n, nil)
					a.Apply(func(_, _ int, _ float64) float64 {
						if next.Float64() > full {
							return 0
						}
						return scale * next.NormFloat64()
					}, a)
					checkEigen(t, fmt.Sprintf("%d rows, %g of them, times %g", n, full, scale), a)
					if n > 76 || testing.Short() {
						break
					}
				}
			}
		}
	})
}

// TestTriangularVectors holds vectors of quasi-triangular matrices to (T − λ·I)·x = 0 and
// uᴴ·(T − λ·I) = 0, of equal eigenvalues and of others, with pairs at any place, and their
// product with Z.
func TestTriangularVectors(t *testing.T) {
	use(t, Implementation{})
	onLevels(t, func(t *testing.T) {
		next := rand.New(rand.NewPCG(43, 6))
		for _, n := range []int{1, 2, 3, 10, 63, 64, 65, 66, 129, 150} {
			if testing.Short() && n != 3 && n != 65 && n != 129 {
				continue
			}
			for _, equal := range []bool{false, true} {
				what := fmt.Sprintf("%d rows, equal: %v", n, equal)
				quasi, wr, wi := mat.NewDense(n, n, nil), make([]float64, n), make([]float64, n)
				for i := range n {
					for j := i + 1; j < n; j++ {
						quasi.Set(i, j, next.NormFloat64())
					}
				}
				value, b, c := 0.0, 0.0, 0.0
				for i := 0; i < n; i++ {
					if i%3 == 0 || !equal { // threes have the same
						value, b, c = 5*next.NormFloat64(), next.NormFloat64(), -3*next.NormFloat64()
						switch {
						case equal && i%2 == 0: // hardly a pair
							b, c = 1e-20*b, 1e-20*c
						case equal && i%4 == 1: // far from symmetric
							b *= 1e-16
						}
					}
					wr[i] = value
					quasi.Set(i, i, value)
					if i+1 < n && (next.IntN(2) == 0 && i != 61 && i != 126 || i == 62 || i == 127) {
						c = math.Copysign(c, -b)
						wr[i+1] = value
						wi[i], wi[i+1] = math.Sqrt(-b*c), -math.Sqrt(-b*c)
						quasi.Set(i+1, i+1, value)
						quasi.Set(i, i+1, b)
						quasi.Set(i+1, i, c)
						i++
					}
				}
				z := normal(next, n, n, n, 1)
				factor := mat.NewDense(n, n, slices.Clone(z))
				raw := quasi.RawMatrix()
				one := make([]float64, n*n)
				for i := range n {
					one[i*n+i] = 1
				}
				if !rightVectors(n, raw.Data, n, wr, wi, one, n) || !rightVectors(n, raw.Data, n, wr, wi, z, n) {
					t.Fatalf("%s: vectors have grown", what)
				}
				left := make([]float64, n*n)
				for i := range n {
					left[i*n+i] = 1
				}
				if !leftVectors(n, raw.Data, n, wr, wi, left, n) {
					t.Fatalf("%s: left vectors have grown", what)
				}
				x, u := mat.NewDense(n, n, one), mat.NewDense(n, n, left)
				var want mat.Dense
				want.Mul(factor, x)
				scale := mat.Norm(quasi, 2)
				for k := range n {
					if wi[k] < 0 {
						continue
					}
					element := func(a mat.Matrix, i int) complex128 {
						if wi[k] == 0 {
							return complex(a.At(i, k), 0)
						}
						return complex(a.At(i, k), a.At(i, k+1))
					}
					largest, largestLeft := 0.0, 0.0
					for i := range n {
						largest = max(largest, cmplx.Abs(element(x, i)))
						largestLeft = max(largestLeft, cmplx.Abs(element(u, i)))
					}
					if largest < 0.1 || largestLeft < 0.1 {
						t.Fatalf("%s: vector %d is 0", what, k)
					}
					for i := range n {
						from := -complex(wr[k], wi[k]) * cmplx.Conj(element(u, i))
						for j := range n {
							from += complex(quasi.At(j, i), 0) * cmplx.Conj(element(u, j))
						}
						if !(cmplx.Abs(from) <= 1e-15*float64(n+10)*scale*largestLeft) {
							t.Fatalf("%s: element %d of uᴴ·(T − λ·I), vector %d, is %g, of %g", what, i, k, from, scale*largestLeft)
						}
						sum := -complex(wr[k], wi[k]) * element(x, i)
						for j := range n {
							sum += complex(quasi.At(i, j), 0) * element(x, j)
						}
						if !(cmplx.Abs(sum) <= 1e-15*float64(n+10)*scale*largest) {
							t.Fatalf("%s: element %d of (T − λ·I)·x, vector %d, is %g, of %g", what, i, k, sum, scale*largest)
						}
						got := element(mat.NewDense(n, n, z), i)
						if d := cmplx.Abs(got - element(&want, i)); !(d <= 1e-15*float64(n+10)*10*largest) {
							t.Fatalf("%s: element %d of Z·x, vector %d, is %g, want %g", what, i, k, got, element(&want, i))
						}
					}
				}
			}
		}
	})
	// A pivot that is next to nothing beside what is below it.
	for _, im := range []float64{0, 1e-12} {
		x, y := []float64{0, 0, 0.3, 0.7}, []float64{0, 0, -0.6, 0.2}
		const a, b, c = 2.0, -3.0, 0.5
		re := a + 1e-13
		p, r, s := complex(a-re, -im), complex(x[2], x[3]), complex(y[2], y[3])
		if im == 0 {
			r, s = complex(x[2], 0), complex(y[2], 0)
		}
		solveRows(x, y, 2, a, b, c, []float64{a, a, re, re}, []float64{1, -1, im, -im}, []float64{1e-15, 1e-15, 1e-15, 1e-15})
		u, v := complex(x[2], x[3]), complex(y[2], y[3])
		if im == 0 {
			u, v = complex(x[2], 0), complex(y[2], 0)
		}
		if d := cmplx.Abs(p*u+b*v-r) + cmplx.Abs(c*u+p*v-s); d > 1e-14 {
			t.Errorf("a pair's rows, λ = %g + %gi: %g, %g are off by %g", re, im, u, v, d)
		}
	}
	// What grows beyond bounds is left as it is.
	const n = 90
	grown, wr, wi, z := make([]float64, n*n), make([]float64, n), make([]float64, n), make([]float64, n*n)
	for i := range n {
		wr[i] = 1 + float64(i)/1024
		grown[i*n+i], z[i*n+i] = wr[i], 1
		if i > 0 {
			grown[(i-1)*n+i] = 1e10
		}
	}
	before := slices.Clone(z)
	for name, vectors := range map[string]func(n int, t []float64, ldt int, wr, wi, z []float64, ldz int) bool{"right": rightVectors, "left": leftVectors} {
		if vectors(n, grown, n, wr, wi, z, n) || !slices.Equal(z, before) {
			t.Errorf("%s vectors of elements beyond 10¹⁵⁰ were found, or Z is changed", name)
		}
	}
	useLapack(t)
	checkEigen(t, "elements that grow", mat.NewDense(n, n, grown))
}

func checkEigen(t *testing.T, what string, a *mat.Dense) {
	t.Helper()
	n, _ := a.Dims()
	norm := mat.Norm(a, 2)
	var e mat.Eigen
	if !e.Factorize(a, mat.EigenBoth) {
		t.Fatalf("%s: has not converged", what)
	}
	values := e.Values(nil)
	var right, left mat.CDense
	e.VectorsTo(&right)
	e.LeftVectorsTo(&left)
	for j, value := range values {
		var lengths [2]float64
		for i := range n {
			var product, other complex128
			for k := range n {
				product += complex(a.At(i, k), 0) * right.At(k, j)
				other += complex(a.At(k, i), 0) * left.At(k, j)
			}
			if d := cmplx.Abs(product - value*right.At(i, j)); !(d <= 1e-14*float64(n)*norm) {
				t.Fatalf("%s: row %d of A·v differs from that of λ·v, λ = %g, by %g", what, i, value, d)
			}
			if d := cmplx.Abs(other - cmplx.Conj(value)*left.At(i, j)); !(d <= 1e-14*float64(n)*norm) {
				t.Fatalf("%s: column %d of uᴴ·A differs from that of λ·uᴴ, λ = %g, by %g", what, i, value, d)
			}
			for s, v := range []complex128{right.At(i, j), left.At(i, j)} {
				lengths[s] += real(v)*real(v) + imag(v)*imag(v)
			}
		}
		for _, length := range lengths {
			if math.Abs(length-1) > 1e-12 {
				t.Fatalf("%s: an eigenvector of %g has a norm of √%g", what, value, length)
			}
		}
		if largest := slices.MaxFunc(column(&right, j), func(x, y complex128) int { return int(math.Copysign(1, cmplx.Abs(x)-cmplx.Abs(y))) }); imag(value) != 0 && math.Abs(imag(largest)) > 1e-12 {
			t.Fatalf("%s: the largest element of the vector of %g is %g", what, value, largest)
		}
	}
	var alone mat.Eigen
	if !alone.Factorize(a, mat.EigenNone) {
		t.Fatalf("%s: eigenvalues have not converged", what)
	}
	// Perturbed by rounding, a multiple one moves by its root.
	for _, value := range alone.Values(nil) {
		nearest := math.Inf(1)
		for _, other := range values {
			nearest = min(nearest, cmplx.Abs(value-other))
		}
		if !(nearest <= 1e-3*norm) {
			t.Errorf("%s: %g is an eigenvalue only without vectors", what, value)
		}
	}
}

func column(a *mat.CDense, j int) []complex128 {
	n, _ := a.Dims()
	x := make([]complex128, n)
	for i := range x {
		x[i] = a.At(i, j)
	}
	return x
}

// A call of Dgeev or Dhseqr that gonum refuses is refused, with its message.
func TestEigenMisused(t *testing.T) {
	const n = 210
	a := normal(rand.New(rand.NewPCG(43, 3)), n, n, n, 1)
	wr, wi, v, work := make([]float64, n), make([]float64, n), make([]float64, n*n), make([]float64, 5*n)
	geev := func(jobvl lapack.LeftEVJob, jobvr lapack.RightEVJob, a []float64, lda int, wr, v []float64, ldv int, lwork int) func() {
		return func() { Lapack{}.Dgeev(jobvl, jobvr, n, a, lda, wr, wi, v, ldv, v, ldv, work, lwork) }
	}
	hseqr := func(job lapack.SchurJob, compz lapack.SchurComp, ilo, ihi int, wr, z []float64, lwork int) func() {
		return func() { Lapack{}.Dhseqr(job, compz, n, ilo, ihi, a, n, wr, wi, z, n, work, lwork) }
	}
	none, want := lapack.LeftEVJob(lapack.LeftEVNone), lapack.RightEVJob(lapack.RightEVCompute)
	checkMisused(t, a, map[string]func(){
		"Dgeev, jobvl":      geev('x', want, a, n, wr, v, n, 5*n),
		"Dgeev, jobvr":      geev(none, 'x', a, n, wr, v, n, 5*n),
		"Dgeev, lda":        geev(none, want, a, n-1, wr, v, n, 5*n),
		"Dgeev, short a":    geev(none, want, a[1:], n, wr, v, n, 5*n),
		"Dgeev, short wr":   geev(none, want, a, n, wr[1:], v, n, 5*n),
		"Dgeev, short v":    geev(none, want, a, n, wr, v[1:], n, 5*n),
		"Dgeev, ldv":        geev(none, want, a, n, wr, v, n-1, 5*n),
		"Dgeev, lwork":      geev(none, want, a, n, wr, v, n, 4*n-1),
		"Dgeev, short work": geev(none, want, a, n, wr, v, n, 5*n+1),
		"Dhseqr, job":       hseqr('x', lapack.SchurHess, 0, n-1, wr, v, n),
		"Dhseqr, compz":     hseqr(lapack.EigenvaluesAndSchur, 'x', 0, n-1, wr, v, n),
		"Dhseqr, ilo":       hseqr(lapack.EigenvaluesAndSchur, lapack.SchurHess, -1, n-1, wr, v, n),
		"Dhseqr, ihi":       hseqr(lapack.EigenvaluesAndSchur, lapack.SchurHess, 0, n, wr, v, n),
		"Dhseqr, isolated":  hseqr(lapack.EigenvaluesAndSchur, lapack.SchurOrig, 3, n-1, wr, v, n),
		"Dhseqr, short wr":  hseqr(lapack.EigenvaluesAndSchur, lapack.SchurHess, 0, n-1, wr[1:], v, n),
		"Dhseqr, short z":   hseqr(lapack.EigenvaluesAndSchur, lapack.SchurHess, 0, n-1, wr, v[1:], n),
		"Dhseqr, lwork":     hseqr(lapack.EigenvaluesAndSchur, lapack.SchurHess, 0, n-1, wr, v, n-1),
	})
}
