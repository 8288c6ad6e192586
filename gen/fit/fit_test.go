package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/big"
	"slices"
	"strconv"
	"testing"
)

// (e^(ln2/2))² = 2, with ln 2 = 2·atanh(1/3) = 2·Σ 1/((2k+1)·3^(2k+1)).
func TestTaylor(t *testing.T) {
	half := number(0)
	power := quo(number(1), number(3))
	for k := range 90 {
		half.Add(half, quo(power, number(float64(2*k+1))))
		power = quo(power, number(9))
	}
	root := horner(taylor, half)
	// Each of some 300 operations rounds to 2^−256.
	if d := magnitude(sub(mul(root, root), number(2))); d.Cmp(number(0x1p-240)) > 0 {
		t.Errorf("(e^(ln2/2))² is off 2 by %.3g", d)
	}
}

// E of the best polynomial has the same magnitude, and signs in turn, at one
// point more than there are free coefficients; none has a smaller error then.
func TestMinimaxAlternates(t *testing.T) {
	fixed := []*big.Float{number(1), number(1)}
	for _, degree := range []int{0, 1, 2, 3, 4, 5, 9, 12} {
		p, level, err := minimax(fixed, degree+2)
		if err != nil {
			t.Errorf("degree %d: %v", degree, err)
			continue
		}
		turns, sign := 0, 0.0
		for _, r := range extrema(p) {
			e := relativeError(p, r)
			if math.Abs(e) > level*(1+levelled) {
				t.Errorf("degree %d: E(%g) = %g, the level is %g", degree, r, e, level)
			}
			if math.Abs(e) >= level*(1-levelled) && e*sign <= 0 {
				turns++
				sign = e
			}
		}
		if turns != degree+2 {
			t.Errorf("degree %d: E alternates at %d points, not %d", degree, turns, degree+2)
		}
	}
}

// The generator's polynomials are those that the fit ends with.
func TestFit(t *testing.T) {
	tables := generatorTables(t)
	if len(tables) != len(elementTypes) {
		t.Fatalf("gen/exp.go has %d tables of q, not %d", len(tables), len(elementTypes))
	}
	for i, e := range elementTypes {
		t.Run(e.name, func(t *testing.T) {
			f, err := e.fit()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(f.q, tables[i]) {
				t.Errorf("gen/exp.go has q = %x, not %x", tables[i], f.q)
			}
			// The package comment says 3%.
			if f.error < f.least || f.error > 1.03*f.least {
				t.Errorf("error %g, of the best polynomial %g", f.error, f.least)
			}
			// Between points, E changes by at most n²·step/2b of its maximum (A. A.
			// Markov; E is a polynomial of degree n but for a factor near 1): 0.6%.
			const steps = 20000
			p := polynomial(f.q)
			largest := 0.0
			for j := range steps + 1 {
				largest = max(largest, math.Abs(relativeError(p, bound*(2*float64(j)/steps-1))))
			}
			if largest > f.error || largest < 0.99*f.error {
				t.Errorf("error %g, on a grid %g", f.error, largest)
			}
		})
	}
}

// Taylor's polynomial has p' − p = −rⁿ/n!: all the zeros of D are at 0.
func TestNoProof(t *testing.T) {
	if e, err := largestError(polynomial([]float64{1. / 2, 1. / 6, 1. / 24, 1. / 120})); err == nil {
		t.Errorf("error %g proved without the extrema", e)
	}
}

func polynomial(q []float64) []*big.Float {
	p := []*big.Float{number(1), number(1)}
	for _, c := range q {
		p = append(p, number(c))
	}
	return p
}

// generatorTables returns what gen/exp.go assigns to fields q, in its order.
func generatorTables(t *testing.T) [][]float64 {
	file, err := parser.ParseFile(token.NewFileSet(), "../exp.go", nil, 0)
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
			literal, ok := element.(*ast.BasicLit)
			if !ok {
				t.Fatal("gen/exp.go: a coefficient is not a literal")
			}
			c, err := strconv.ParseFloat(literal.Value, 64)
			if err != nil {
				t.Fatal(err)
			}
			q = append(q, c)
		}
		tables = append(tables, q)
		return false
	})
	return tables
}
