package gonumblas

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	api "gonum.org/v1/gonum/blas"
	native "gonum.org/v1/gonum/blas/gonum"
)

// replaced are the routines of this package, without the letter of their type, and
// how they are called with n×n matrices: flags, sizes and increments as they come, m
// for a matrix, v for a vector and f for a factor.
var replaced = []struct {
	name string
	args []any
}{
	{"gemm", []any{api.NoTrans, api.Trans, n, n, n, f, m, n, m, n, f, m, n}},
	{"trsm", []any{api.Left, api.Upper, api.Trans, api.NonUnit, n, n, f, m, n, m, n}},
	{"trsm", []any{api.Right, api.Lower, api.NoTrans, api.Unit, n, n, f, m, n, m, n}},
	{"trmm", []any{api.Left, api.Upper, api.Trans, api.NonUnit, n, n, f, m, n, m, n}},
	{"symm", []any{api.Left, api.Upper, n, n, f, m, n, m, n, f, m, n}},
	{"syrk", []any{api.Upper, api.Trans, n, n, f, m, n, f, m, n}},
	{"syr2k", []any{api.Lower, api.NoTrans, n, n, f, m, n, m, n, f, m, n}},
	{"gemv", []any{api.NoTrans, n, n, f, m, n, v, inc, f, v, inc}},
	{"gemv", []any{api.Trans, n, n, f, m, n, v, inc, f, v, inc}},
	{"ger", []any{n, n, f, v, inc, v, inc, m, n}},
	{"symv", []any{api.Upper, n, f, m, n, v, inc, f, v, inc}},
	{"dot", []any{n, v, inc, v, inc}},
	{"axpy", []any{n, f, v, inc, v, inc}},
	{"swap", []any{n, v, inc, v, inc}},
	{"scal", []any{n, f, v, inc}},
	{"nrm2", []any{n, v, inc}},
	{"asum", []any{n, v, inc}},
	{"amax", []any{n, v, inc}},
}

type kind int

const (
	n kind = iota
	inc
	m
	v
	f
)

// TestMisuse holds panics to be gonum's: each argument is spoilt in several ways, alone
// and with each other one, which shows the order of checks. A call that panics has
// touched nothing, and one that does not has done what gonum's does.
func TestMisuse(t *testing.T) {
	for _, letter := range []string{"D", "S"} {
		for _, size := range []int{3, 40, 200} {
			for _, r := range replaced {
				if size == 200 && r.args[0] != n {
					continue // vectors alone need so many
				}
				name := letter + r.name
				if r.name == "amax" {
					name = map[string]string{"D": "Idamax", "S": "Isamax"}[letter]
				}
				misuse(t, Implementation{}, name, letter == "S", size, r.args)
				if size == 3 {
					withSmall(func() { misuse(t, Implementation{}, name, letter == "S", size, r.args) })
				}
			}
		}
	}
}

func misuse(t *testing.T, i Implementation, name string, single bool, size int, args []any) {
	ours, theirs := reflect.ValueOf(i).MethodByName(name), reflect.ValueOf(native.Implementation{}).MethodByName(name)
	calls := 0
	for i := range args {
		for si := range spoils(args[i]) {
			for j := i; j < len(args); j++ {
				for sj := range spoils(args[j]) {
					if j == i && sj > 0 {
						break
					}
					var in [2][]reflect.Value
					for side := range in {
						for a, arg := range args {
							spoil := -1
							if a == i {
								spoil = si
							} else if a == j {
								spoil = sj
							}
							in[side] = append(in[side], argument(arg, size, single, spoil))
						}
					}
					before := fmt.Sprint(in[0])
					got, want := panicOf(ours, in[0]), panicOf(theirs, in[1])
					what := fmt.Sprintf("%s, n = %d, arguments %d (%d) and %d (%d)", name, size, i, si, j, sj)
					if got != want {
						if _, ok := want.(error); ok {
							continue // gonum itself runs out of bounds
						}
						t.Errorf("%s: panic %v, gonum's %v", what, got, want)
					}
					if after := fmt.Sprint(in[0]); got != nil && after != before {
						t.Errorf("%s: operands have changed", what)
					}
					calls++
				}
			}
		}
	}
	if calls < 10 {
		t.Errorf("%s: %d calls", name, calls)
	}
}

// spoils says in how many ways an argument can be wrong.
func spoils(arg any) int {
	switch arg {
	case f:
		return 0
	case n, inc:
		return 3
	case m, v:
		return 2
	}
	return 1 // a flag
}

// argument returns an argument for n = size, spoilt unless spoil is negative.
func argument(arg any, size int, single bool, spoil int) reflect.Value {
	switch arg {
	case n:
		return reflect.ValueOf([]int{-1, 0, size - 1, size}[(spoil+4)%4])
	case inc:
		return reflect.ValueOf([]int{-1, 0, 2, 1}[(spoil+4)%4])
	case f:
		if single {
			return reflect.ValueOf(float32(0.5))
		}
		return reflect.ValueOf(0.5)
	case m, v:
		length := size * size
		if arg == v {
			length = size
		}
		length = []int{length - 1, 0, length}[(spoil+3)%3]
		if single {
			return reflect.ValueOf(filled[float32](length))
		}
		return reflect.ValueOf(filled[float64](length))
	}
	if spoil >= 0 {
		return reflect.ValueOf(byte('x')).Convert(reflect.TypeOf(arg))
	}
	return reflect.ValueOf(arg)
}

func filled[T float32 | float64](length int) []T {
	x := make([]T, length)
	for i := range x {
		x[i] = T(i%5) + 1
	}
	return x
}

func panicOf(f reflect.Value, in []reflect.Value) (recovered any) {
	defer func() { recovered = recover() }()
	f.Call(in)
	return nil
}

// What gonum's tests leave out: results that are to be scaled or overwritten though
// nothing is added, and NaN that neither survives nor vanishes.
func TestScaledAndNaN(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		scaledAndNaN(t, Implementation{}, 2)
		scaledAndNaN(t, Implementation{}, 50)
		withSmall(func() { scaledAndNaN(t, Implementation{}, 2) })
	})
}

func scaledAndNaN(t *testing.T, i Implementation, n int) {
	all := func(x float64) []float64 {
		s := make([]float64, n*n)
		for i := range s {
			s[i] = x
		}
		return s
	}
	nan := all(math.NaN())
	expect := func(what string, c []float64, at int, want float64) {
		t.Helper()
		if !(c[at] == want || math.IsNaN(want) && math.IsNaN(c[at])) {
			t.Errorf("n = %d, %s: %v, want %v", n, what, c[at], want)
		}
	}
	last := n*n - 1
	for _, beta := range []float64{0, 0.5} {
		from, want := 2.0, 1.0
		if beta == 0 {
			from, want = math.NaN(), 0
		}
		c := all(from)
		i.Dgemm(api.NoTrans, api.NoTrans, n, n, 0, 1, nan, 1, nan, n, beta, c, n)
		expect("Dgemm, k = 0", c, last, want)
		c = all(from)
		i.Dgemm(api.Trans, api.NoTrans, n, n, n, 0, nan, n, nan, n, beta, c, n)
		expect("Dgemm, alpha = 0", c, last, want)
		c = all(from)
		i.Dsyrk(api.Lower, api.Trans, n, 0, 1, nan, n, beta, c, n)
		expect("Dsyrk, k = 0", c, last, want)
		expect("Dsyrk, k = 0, other triangle", c, 1, from)
		c = all(from)
		i.Dsyrk(api.Upper, api.NoTrans, n, n, 0, nan, n, beta, c, n)
		expect("Dsyrk, alpha = 0", c, last, want)
		c = all(from)
		i.Dsyr2k(api.Upper, api.NoTrans, n, 0, 1, nan, n, nan, n, beta, c, n)
		expect("Dsyr2k, k = 0", c, last, want)
		c = all(from)
		i.Dsymm(api.Right, api.Upper, n, n, 0, nan, n, nan, n, beta, c, n)
		expect("Dsymm, alpha = 0", c, last, want)
		c = all(from)
		i.Dgemv(api.Trans, n, n, 0, nan, n, nan, 1, beta, c, 1)
		expect("Dgemv, alpha = 0", c, n-1, want)
		c = all(from)
		i.Dsymv(api.Upper, n, 0, nan, n, nan, 1, beta, c, 1)
		expect("Dsymv, alpha = 0", c, n-1, want)
	}
	// beta = 0 overwrites NaN though there are products.
	one, c := all(1), all(math.NaN())
	i.Dgemm(api.NoTrans, api.Trans, n, n, n, 1, one, n, one, n, 0, c, n)
	expect("Dgemm, beta = 0", c, last, float64(n))
	c = all(math.NaN())
	i.Dsyrk(api.Lower, api.Trans, n, n, 1, one, n, 0, c, n)
	expect("Dsyrk, beta = 0", c, last, float64(n))
	c = all(math.NaN())
	i.Dsymm(api.Left, api.Lower, n, n, 1, one, n, one, n, 0, c, n)
	expect("Dsymm, beta = 0", c, last, float64(n))
	// The first of equal magnitudes; NaN only where gonum has it.
	x := all(-3)
	expect("Idamax of equals", []float64{float64(i.Idamax(n*n, x, 1))}, 0, 0)
	x[0], x[last] = math.NaN(), 4
	expect("Idamax, NaN first", []float64{float64(i.Idamax(n*n, x, 1))}, 0, 0)
	x[0], x[1] = 1, math.NaN()
	expect("Idamax, NaN later", []float64{float64(i.Idamax(n*n, x, 1))}, 0, float64(last))
	expect("Dasum of NaN", []float64{i.Dasum(n*n, x, 1)}, 0, math.NaN())
	expect("Dnrm2 of NaN", []float64{i.Dnrm2(n*n, x, 1)}, 0, math.NaN())
	i.Dscal(n*n, 0, x, 1)
	expect("Dscal, alpha = 0", x, 1, 0)

	if n < 50 && least.gemv > 0 {
		return // gonum's
	}
	// No zero is skipped.
	zero := all(0)
	c = all(1)
	i.Dgemm(api.NoTrans, api.NoTrans, n, n, n, 1, zero, n, nan, n, 1, c, n)
	expect("Dgemm, 0·NaN", c, last, math.NaN())
	c = all(1)
	i.Dsyrk(api.Lower, api.Trans, n, n, 1, nan, n, 1, c, n)
	expect("Dsyrk, NaN", c, last, math.NaN())
	c = all(1)
	x = nan[:n:n]
	i.Dger(n, n, 1, zero[:n], 1, x, 1, c, n)
	expect("Dger, 0·NaN", c, last, math.NaN())
	c = all(1)
	i.Dgemv(api.Trans, n, n, 1, nan, n, zero, 1, 1, c, 1)
	expect("Dgemv, 0·NaN", c, n-1, math.NaN())
	c = all(math.NaN())
	i.Dtrmm(api.Left, api.Upper, api.NoTrans, api.NonUnit, n, n, 1, zero, n, c, n)
	expect("Dtrmm, 0·NaN", c, last, math.NaN())
}
