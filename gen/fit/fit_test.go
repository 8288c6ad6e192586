package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"slices"
	"strconv"
	"testing"
)

// The series are those of 1/g. math's functions are right to 2⁻⁵² or so: more digits
// need no test, for all coefficients count where r is large.
func TestSeries(t *testing.T) {
	artanh := func(x float64) float64 { return math.Log1p(2*x/(1-x)) / 2 }
	for i, g := range []func(r float64) float64{
		math.Exp, math.Exp,
		func(r float64) float64 { return math.Tanh(math.Sqrt(r)) / math.Sqrt(r) },
		func(r float64) float64 { return math.Tanh(math.Sqrt(r)) / math.Sqrt(r) },
		func(r float64) float64 { return math.Log1p(r) / r },
		func(r float64) float64 { return 2 * artanh(math.Sqrt(r)) / math.Sqrt(r) },
	} {
		b := problems[i]
		for _, trimmed := range []bool{false, true} {
			if trimmed {
				b.trim()
			}
			for _, x := range []float64{-1, -0.7, 0.1, 0.6, 1} {
				r := b.at(x)
				if r == 0 {
					continue
				}
				if got, _ := horner(b.inverse, number(r)).Float64(); math.Abs(got*g(r)-1) > 1e-14 {
					t.Errorf("%s: 1/g(%g) = %v, want %v", b.name, r, got, 1/g(r))
				}
			}
		}
	}
}

// (e^(ln2/2))² = 2, with ln 2 = 2·artanh(1/3) = 2·Σ 1/((2k+1)·3^(2k+1)).
func TestDigits(t *testing.T) {
	half := number(0)
	power := quo(number(1), number(3))
	for k := range 120 {
		half.Add(half, quo(power, number(float64(2*k+1))))
		power = quo(power, number(9))
	}
	root := horner(expSeries(1), half)
	// Each of some 500 operations rounds to 2^−precision.
	if d := magnitude(sub(mul(root, root), number(2))); d.Cmp(number(0x1p-300)) > 0 {
		t.Errorf("(e^(ln2/2))² is off 2 by %.3g", d)
	}
}

// E of the best polynomial has the same magnitude, and signs in turn, at one
// point more than there are free coefficients; none has a smaller error then.
func TestMinimaxAlternates(t *testing.T) {
	for _, b := range problems {
		b.trim()
		fixed := numbers(b.fixed)
		for _, degree := range []int{0, 1, 2, 5, 9} {
			n := len(fixed) + degree
			p, level, err := b.minimax(fixed, n)
			if err != nil {
				t.Errorf("%s: degree %d: %v", b.name, degree, err)
				continue
			}
			turns, sign := 0, 0.0
			e := b.errorOf(p)
			for _, r := range b.extrema(e) {
				v, _ := horner(e, number(r)).Float64()
				if math.Abs(v) > level*(1+levelled) {
					t.Errorf("%s: degree %d: E(%g) = %g, the level is %g", b.name, degree, r, v, level)
				}
				if math.Abs(v) >= level*(1-levelled) && v*sign <= 0 {
					turns++
					sign = v
				}
			}
			// Where r changes its sign and k is odd, G does what E does elsewhere.
			if b.low < 0 && len(fixed)%2 == 1 {
				turns++
			}
			if turns != degree+2 {
				t.Errorf("%s: degree %d: E alternates at %d points, not %d", b.name, degree, turns, degree+2)
			}
		}
	}
}

// The generator's polynomials are those that the fit ends with.
func TestFit(t *testing.T) {
	tables := map[string][][]float64{}
	for _, b := range problems {
		if tables[b.file] == nil {
			tables[b.file] = generatorTables(t, "../"+b.file)
		}
		if len(tables[b.file]) == 0 {
			t.Fatalf("gen/%s lacks a table of q", b.file)
		}
		q := tables[b.file][0]
		tables[b.file] = tables[b.file][1:]
		t.Run(b.name, func(t *testing.T) {
			f, err := b.fit()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(f.q, q) {
				t.Errorf("gen/%s has q = %x, not %x", b.file, q, f.q)
			}
			// The package comment says 4%.
			if f.error < f.least || f.error > 1.04*f.least {
				t.Errorf("error %g, of the best polynomial %g", f.error, f.least)
			}
			const steps = 5000
			e := b.errorOf(append(numbers(b.fixed), numbers(f.q)...))
			largest := 0.0
			for j := range steps + 1 {
				v, _ := horner(e, number(b.at(2*float64(j)/steps-1))).Float64()
				largest = max(largest, math.Abs(v))
			}
			if largest > f.error || largest < 0.99*f.error {
				t.Errorf("error %g, on a grid %g", f.error, largest)
			}
		})
	}
	for file, left := range tables {
		if len(left) > 0 {
			t.Errorf("gen/%s has %d tables of q more than there are fits", file, len(left))
		}
	}
}

// generatorTables returns what a file assigns to fields q, in its order.
func generatorTables(t *testing.T, name string) [][]float64 {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var tables [][]float64
	ast.Inspect(file, func(n ast.Node) bool {
		field, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, ok := field.Key.(*ast.Ident)
		if !ok || key.Name != "q" {
			return true
		}
		list, ok := field.Value.(*ast.CompositeLit)
		if !ok {
			return true
		}
		var q []float64
		for _, element := range list.Elts {
			sign := 1.0
			if minus, ok := element.(*ast.UnaryExpr); ok && minus.Op == token.SUB {
				element, sign = minus.X, -1
			}
			literal, ok := element.(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s: a coefficient is not a literal", name)
			}
			c, err := strconv.ParseFloat(literal.Value, 64)
			if err != nil {
				t.Fatal(err)
			}
			q = append(q, sign*c)
		}
		tables = append(tables, q)
		return false
	})
	return tables
}
