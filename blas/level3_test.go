package blas

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/lanewise/lanewise/internal/ref"
)

// newTriangle returns an n×n matrix whose other triangle, and its diagonal if
// diag = Unit, are NaN. The elements fall off so that solutions do not grow.
func newTriangle[T Float](uplo Uplo, diag Diag, n, pad int, next func() T) operand[T] {
	a := newOperand(n, n, pad, func() T { return next() / 8 })
	for i := range n {
		for j := range n {
			if j > i == (uplo == Lower) && i != j || i == j && diag == Unit {
				a.data[i*a.ld+j] = ref.Payload[T]()
			}
		}
		if diag == NonUnit {
			a.data[i*a.ld+i] += 4
		}
	}
	return a
}

// whole returns the matrix that newTriangle's stands for: with zeros, or its
// mirror image, in the other triangle.
func (x operand[T]) whole(uplo Uplo, diag Diag, symmetric bool) operand[T] {
	w := operand[T]{x.rows, x.cols, x.cols, make([]T, x.rows*x.cols)}
	for i := range x.rows {
		for j := range x.cols {
			switch {
			case i == j && diag == Unit:
				w.data[i*w.ld+j] = 1
			case i == j || j > i == (uplo == Upper):
				w.data[i*w.ld+j] = x.data[i*x.ld+j]
			case symmetric:
				w.data[i*w.ld+j] = x.data[j*x.ld+i]
			}
		}
	}
	return w
}

// checkOther returns an error if an element of the other triangle has changed.
func (x operand[T]) checkOther(before operand[T], uplo Uplo) error {
	for i := range x.rows {
		for j := range x.cols {
			if i != j && j > i == (uplo == Lower) && ref.Bits(x.data[i*x.ld+j]) != ref.Bits(before.data[i*x.ld+j]) {
				return fmt.Errorf("c[%d,%d] of the other triangle changed to %v", i, j, x.data[i*x.ld+j])
			}
		}
	}
	return x.checkGaps()
}

// digest is a hash of the bits of all results of a test.
type digest struct{ sum uint64 }

func add[T Float](d *digest, x []T) {
	h := fnv.New64a()
	fmt.Fprint(h, d.sum)
	h.Write(ref.Bytes(x...))
	d.sum = h.Sum64()
}

// level3Sizes are below, at and above corners, triangles and halves.
func level3Sizes() []int {
	if testing.Short() {
		return []int{1, 9, 65}
	}
	if os.Getenv("LANEWISE_LONG") == "" {
		return []int{2, 7, 9, 64, 65, 171}
	}
	return []int{1, 2, 3, 7, 8, 9, 17, 31, 63, 64, 65, 71, 128, 129, 201}
}

// onThreads runs f with one thread, to check, and with three, and holds the bits of
// what it returns to be the same, and those of the assembly levels.
func onThreads(t *testing.T, f func(t *testing.T, check bool) digest) {
	var assembly []digest
	onLevels(t, func(t *testing.T) {
		var one, three digest
		withThreads(1, 1, func() { one = f(t, true) })
		withThreads(3, 3, func() { three = f(t, false) })
		if one != three {
			t.Error("other bits with three threads than with one")
		}
		if fused() {
			assembly = append(assembly, one)
		}
	})
	for _, d := range assembly {
		if d != assembly[0] {
			t.Error("the assembly levels have different bits")
		}
	}
}

func TestTriangular(t *testing.T) {
	onTypes(t, testTriangular[float32], testTriangular[float64])
}

func testTriangular[T Float](t *testing.T) {
	onThreads(t, func(t *testing.T, check bool) (d digest) {
		rng := rand.New(rand.NewPCG(5, 11))
		next := normals[T](rng)
		count := 0
		for _, side := range []Side{Left, Right} {
			for _, uplo := range []Uplo{Lower, Upper} {
				for _, tA := range []Transpose{NoTrans, Trans} {
					for _, diag := range []Diag{NonUnit, Unit} {
						for _, k := range level3Sizes() {
							count++
							x := []int{1, 5, 33, 17}[count%4] // the other size of B
							alpha := []T{1, -1, 0.7}[count%3]
							m, n := k, x
							if side == Right {
								m, n = x, k
							}
							a := newTriangle(uplo, diag, k, count%3, next)
							b := newOperand(m, n, count%3, next)
							for _, solve := range []bool{true, false} {
								what := fmt.Sprintf("solve=%v %c%c%c%c m=%d n=%d alpha=%v", solve, side, uplo, tA, diag, m, n, alpha)
								checkTriangularCall(t, what, &d, check, solve, side, uplo, tA, diag, m, n, alpha, a, b)
							}
						}
					}
				}
			}
		}
		return d
	})
}

// checkTriangularCall holds a product within its bound, and a solution X such that
// op(A)·X is within its bound of alpha·B.
func checkTriangularCall[T Float](t *testing.T, what string, d *digest, check, solve bool, side Side, uplo Uplo, tA Transpose, diag Diag, m, n int, alpha T, a, b operand[T]) {
	t.Helper()
	got, before := b.clone(), a.clone()
	full := a.whole(uplo, diag, false).matrix(tA)
	k := side.of(m, n)
	var want, bound []float64
	product := func(alpha, beta T, x, c operand[T]) ([]float64, []float64) {
		if side == Left {
			return ref.Gemm(m, n, k, alpha, full, x.matrix(NoTrans), beta, c.matrix(NoTrans))
		}
		return ref.Gemm(m, n, k, alpha, x.matrix(NoTrans), full, beta, c.matrix(NoTrans))
	}
	if solve {
		Trsm(side, uplo, tA, diag, m, n, alpha, a.data, a.ld, got.data, got.ld)
	} else {
		Trmm(side, uplo, tA, diag, m, n, alpha, a.data, a.ld, got.data, got.ld)
	}
	add(d, got.data)
	if !check {
		return
	}
	if solve {
		want, bound = product(1, -alpha, got, b)
	} else {
		want, bound = product(alpha, 0, b, b)
	}
	for i := range m {
		for j := range n {
			e := want[i*n+j]
			if !solve {
				e -= float64(got.data[i*got.ld+j])
			}
			if !(math.Abs(e) <= bound[i*n+j]) {
				t.Fatalf("level=%s %s: error %g at (%d,%d), bound %g", Level(), what, e, i, j, bound[i*n+j])
			}
		}
	}
	if err := got.checkGaps(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for i, v := range before.data {
		if ref.Bits(v) != ref.Bits(a.data[i]) {
			t.Fatalf("%s: A changed", what)
		}
	}
}

// Operands so large that threads share them: the bits are the same.
func TestLevel3Threads(t *testing.T) {
	onThreads(t, func(t *testing.T, check bool) (d digest) {
		rng := rand.New(rand.NewPCG(5, 15))
		next := normals[float64](rng)
		const n, k = 203, 150
		for _, uplo := range []Uplo{Lower, Upper} {
			a := newTriangle(uplo, NonUnit, n, 1, next)
			b := newOperand(n, n, 0, next)
			for _, side := range []Side{Left, Right} {
				x := b.clone()
				Trsm(side, uplo, Trans, NonUnit, n, n, 1, a.data, a.ld, x.data, x.ld)
				Trmm(side, uplo, NoTrans, NonUnit, n, n, 1, a.data, a.ld, x.data, x.ld)
				Symm(side, uplo, n, n, 1, a.data, a.ld, b.data, b.ld, 1, x.data, x.ld)
				add(&d, x.data)
			}
			Syrk(uplo, NoTrans, n, k, -1, b.data, b.ld, 1, a.data, a.ld)
			Syr2k(uplo, Trans, n, k, 1, b.data, b.ld, b.data[3:], b.ld, 0, a.data, a.ld)
			add(&d, a.data)
		}
		return d
	})
}

// Triangles of several blocks of rows and columns: as Gemm has them.
func TestSyrkBlocks(t *testing.T) {
	const n, k = 650, 20
	rng := rand.New(rand.NewPCG(5, 16))
	a := newOperand(n, k, 1, normals[float64](rng))
	want := make([]float64, n*n)
	Gemm(NoTrans, Trans, n, n, k, 1, a.data, a.ld, a.data, a.ld, 0, want, n)
	for _, uplo := range []Uplo{Lower, Upper} {
		before := newOperand(n, n, 0, normals[float64](rng))
		got := before.clone()
		Syrk(uplo, NoTrans, n, k, 1, a.data, a.ld, 0, got.data, got.ld)
		compareTriangle(t, "Syrk", uplo, got, before, want)
	}
}

func TestSymmetric(t *testing.T) {
	onTypes(t, testSymmetric[float32], testSymmetric[float64])
}

// testSymmetric holds results to the chains that comments state, bit for bit.
func testSymmetric[T Float](t *testing.T) {
	onThreads(t, func(t *testing.T, check bool) (d digest) {
		rng := rand.New(rand.NewPCG(5, 12))
		next := normals[T](rng)
		count := 0
		for _, uplo := range []Uplo{Lower, Upper} {
			for _, flag := range []int{0, 1} {
				for _, n := range level3Sizes() {
					count++
					k := []int{1, 9, 40, 200}[count%4]
					alpha := []T{1, -1, 0.7}[count%3]
					beta := []T{0, 1, -0.3, 0}[count/2%4]
					tA := []Transpose{NoTrans, Trans}[flag]
					tB := []Transpose{Trans, NoTrans}[flag]
					what := fmt.Sprintf("%c%c n=%d k=%d alpha=%v beta=%v", uplo, tA, n, k, alpha, beta)

					rows, cols := opShape(tA, n, k)
					a, b := newOperand(rows, cols, count%3, next), newOperand(rows, cols, count%2, next)
					c := newTriangle(uplo, NonUnit, n, count%4, next)
					if beta == 0 {
						for i := range c.data {
							c.data[i] = ref.Payload[T]()
						}
					}
					got := c.clone()
					compare := func(what string, want func() []T) {
						t.Helper()
						add(&d, got.data)
						if check {
							compareTriangle(t, what, uplo, got, c, want())
						}
					}
					Syrk(uplo, tA, n, k, alpha, a.data, a.ld, beta, got.data, got.ld)
					compare("Syrk "+what, func() []T {
						return ref.GemmChain(fused(), n, n, k, alpha, a.matrix(tA), a.matrix(tB), beta, c.matrix(NoTrans))
					})

					got = c.clone()
					Syr2k(uplo, tA, n, k, alpha, a.data, a.ld, b.data, b.ld, beta, got.data, got.ld)
					compare("Syr2k "+what, func() []T {
						half := operand[T]{n, n, n, ref.GemmChain(fused(), n, n, k, alpha, a.matrix(tA), b.matrix(tB), beta, c.matrix(NoTrans))}
						return ref.GemmChain(fused(), n, n, k, alpha, b.matrix(tA), a.matrix(tB), 1, half.matrix(NoTrans))
					})

					side := []Side{Left, Right}[flag]
					rows, cols = n, k
					if side == Right {
						rows, cols = k, n
					}
					s := newTriangle(uplo, NonUnit, n, count%3, next)
					b, c = newOperand(rows, cols, count%2, next), newOperand(rows, cols, count%3, next)
					got = c.clone()
					Symm(side, uplo, rows, cols, alpha, s.data, s.ld, b.data, b.ld, beta, got.data, got.ld)
					add(&d, got.data)
					if !check {
						continue
					}
					x, y := s.whole(uplo, NonUnit, true), b
					if side == Right {
						x, y = y, x
					}
					want := ref.GemmChain(fused(), rows, cols, n, alpha, x.matrix(NoTrans), y.matrix(NoTrans), beta, c.matrix(NoTrans))
					for i := range rows {
						for j := range cols {
							if g, w := got.data[i*got.ld+j], want[i*cols+j]; !ref.Same(g, w) {
								t.Fatalf("level=%s Symm %c %s: c[%d,%d] = %v, want %v", Level(), side, what, i, j, g, w)
							}
						}
					}
					if err := got.checkGaps(); err != nil {
						t.Fatalf("Symm %s: %v", what, err)
					}
				}
			}
		}
		return d
	})
}

func compareTriangle[T Float](t *testing.T, what string, uplo Uplo, got, before operand[T], want []T) {
	t.Helper()
	n := got.rows
	for i := range n {
		for j := range n {
			if i != j && j > i == (uplo == Lower) {
				continue
			}
			if g, w := got.data[i*got.ld+j], want[i*n+j]; !ref.Same(g, w) {
				t.Fatalf("level=%s %s: c[%d,%d] = %v, want %v", Level(), what, i, j, g, w)
			}
		}
	}
	if err := got.checkOther(before, uplo); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// A symmetric matrix of several expanded blocks.
func TestSymmBlocks(t *testing.T) {
	const n, columns = expanded + 40, 3
	rng := rand.New(rand.NewPCG(5, 13))
	s := newTriangle(Upper, NonUnit, n, 1, smallIntegers[float64](rng))
	b := newOperand(n, columns, 1, smallIntegers[float64](rng))
	c := newOperand(n, columns, 0, smallIntegers[float64](rng))
	want := ref.GemmChain(fused(), n, columns, n, 1, s.whole(Upper, NonUnit, true).matrix(NoTrans), b.matrix(NoTrans), 1, c.matrix(NoTrans))
	Symm(Left, Upper, n, columns, 1, s.data, s.ld, b.data, b.ld, 1, c.data, c.ld)
	for i, v := range want {
		if c.data[i] != v {
			t.Fatalf("element %d: %v, want %v", i, c.data[i], v)
		}
	}
}

// NaN and what reading or skipping it shows.
func TestLevel3NaN(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, testLevel3NaN[float32], testLevel3NaN[float64])
	})
}

func testLevel3NaN[T Float](t *testing.T) {
	nan := T(math.NaN())
	isNaN := func(v T) bool { return v != v }
	const n = 70
	fill := func(v T) []T {
		x := make([]T, n*n)
		for i := range x {
			x[i] = v
		}
		return x
	}
	ident := make([]T, n*n)
	for i := range n {
		ident[i*n+i] = 1
	}
	// Zeros are not skipped: 0·NaN is NaN.
	for _, side := range []Side{Left, Right} {
		for _, solve := range []bool{true, false} {
			b := fill(1)
			b[0] = nan
			uplo, at := Lower, (n-1)*n // in the same column
			if side == Right {
				uplo, at = Upper, n-1 // in the same row
			}
			if solve {
				Trsm(side, uplo, NoTrans, NonUnit, n, n, 1, ident, n, b, n)
			} else {
				Trmm(side, uplo, NoTrans, NonUnit, n, n, 1, ident, n, b, n)
			}
			if !isNaN(b[at]) {
				t.Errorf("side=%c solve=%v: a zero times NaN was skipped", side, solve)
			}
		}
	}
	// A zero on the diagonal of a product.
	zero := make([]T, n*n)
	b := fill(nan)
	Trmm(Left, Upper, NoTrans, NonUnit, n, n, 1, zero, n, b, n)
	if !isNaN(b[0]) || !isNaN(b[n*n-1]) {
		t.Error("Trmm: 0·NaN is not NaN")
	}
	// Nothing is read if alpha is 0.
	b = fill(nan)
	Trsm(Left, Upper, NoTrans, NonUnit, n, n, 0, fill(nan), n, b, n)
	Trmm(Right, Upper, NoTrans, NonUnit, n, n, 0, fill(nan), n, b, n)
	for i, v := range b {
		if v != 0 {
			t.Fatalf("alpha 0: element %d is %v", i, v)
		}
	}
	// With k = 0 or alpha = 0 C is scaled all the same, and with beta = 0 overwritten.
	for _, beta := range []T{0, 0.5} {
		c := fill(2)
		if beta == 0 {
			c = fill(nan)
		}
		Syrk(Upper, NoTrans, n, 0, 1, nil, 1, beta, c, n)
		if c[1] != 2*beta {
			t.Errorf("Syrk, k 0, beta %v: %v", beta, c[1])
		}
		Syr2k(Lower, Trans, n, 3, 0, fill(nan), n, fill(nan), n, beta, c, n)
		if c[n] != 2*beta {
			t.Errorf("Syr2k, alpha 0, beta %v: %v", beta, c[n])
		}
		c = fill(2)
		Symm(Left, Upper, n, n, 0, fill(nan), n, fill(nan), n, beta, c, n)
		if c[5] != 2*beta {
			t.Errorf("Symm, alpha 0, beta %v: %v", beta, c[5])
		}
	}
}

func TestRotate(t *testing.T) {
	onTypes(t, testRotate[float32], testRotate[float64])
}

// testRotate compares sweeps with dlasr's loops, in the arithmetic that Rotate's
// comment states.
func testRotate[T Float](t *testing.T) {
	onThreads(t, func(t *testing.T, check bool) (d digest) {
		rng := rand.New(rand.NewPCG(5, 14))
		next := normals[T](rng)
		for _, shape := range [][2]int{{1, 1}, {2, 5}, {7, 7}, {33, 20}, {130, 129}, {3, 5000}, {5000, 3}} { // the last ones in several kernel calls
			m, n := shape[0], shape[1]
			for _, side := range []Side{Left, Right} {
				vectors := side.of(m, n)
				a := newOperand(m, n, 2, next)
				want := a.clone()
				var sweeps []Sweep[T]
				for range 9 {
					from, to := rng.IntN(vectors), rng.IntN(vectors)
					s := Sweep[T]{First: from, Step: 1}
					if to < from {
						s.Step = -1
					}
					for i := from; i != to; i += s.Step {
						angle := rng.Float64() * 7
						c, sn := T(math.Cos(angle)), T(math.Sin(angle))
						s.CS = append(s.CS, c, sn)
						for j := range m + n - vectors {
							at, step := i*want.ld+j, s.Step*want.ld
							if side == Right {
								at, step = j*want.ld+i, s.Step
							}
							x, y := &want.data[at], &want.data[at+step]
							*x, *y = ref.MulAdd(fused(), sn, *y, T(c**x)), ref.MulAdd(fused(), -sn, *x, T(c**y))
						}
					}
					sweeps = append(sweeps, s)
				}
				Rotate(side, m, n, sweeps, a.data, a.ld)
				for i, v := range want.data {
					if ref.Bits(a.data[i]) != ref.Bits(v) {
						t.Fatalf("level=%s side=%c m=%d n=%d: element %d is %v, want %v", Level(), side, m, n, i, a.data[i], v)
					}
				}
				add(&d, a.data)
			}
		}
		return d
	})
}

func TestLevel3AllocatesNothing(t *testing.T) {
	const n = 150
	a, b, c := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	x, y := make([]float64, 2*n), make([]float64, 2*n)
	sweeps := []Sweep[float64]{{First: 0, Step: 1, CS: make([]float64, n)}}
	calls := func() {
		Trsm(Left, Lower, NoTrans, Unit, n, n, 1, a, n, b, n)
		Trmm(Right, Upper, Trans, NonUnit, n, n, 1, a, n, b, n)
		Syrk(Lower, NoTrans, n, n, 1, a, n, 0, c, n)
		Syr2k(Upper, Trans, n, n, 1, a, n, b, n, 0, c, n)
		Symm(Left, Lower, n, n, 1, a, n, b, n, 0, c, n)
		Gemv(NoTrans, n, n, 1, a, n, x, -2, 0, y, 2)
		Ger(n, n, 1, x, 2, y, 2, c, n)
		Symv(Upper, n, 1, a, n, x, 1, 0, y, 2)
		Rotate(Right, n, n, sweeps, c, n)
	}
	onLevels(t, func(t *testing.T) {
		withThreads(1, 1, func() {
			for range 5 { // calls within calls take records by turns, until all have grown
				calls()
			}
			if got := testing.AllocsPerRun(3, calls); got != 0 {
				t.Errorf("%v allocations a call", got)
			}
		})
	})
}
