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

func TestFit(t *testing.T) {
	want := [][]float64{
		{0x1.fffffcp-2, 0x1.555494p-3, 0x1.5558bep-5, 0x1.123856p-7, 0x1.6a3d14p-10},
		{
			0x1.000000000000ap-1, 0x1.555555555550dp-3, 0x1.55555555507bap-5, 0x1.1111111124542p-7, 0x1.6c16c18431a76p-10,
			0x1.a01a01384eedap-13, 0x1.a0199a21897bep-16, 0x1.71df0cc4e0847p-19, 0x1.28ad4c6249826p-22, 0x1.ad9eec03dda61p-26,
		},
	}
	for i, e := range elementTypes {
		t.Run(e.name, func(t *testing.T) {
			f, err := e.fit()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(f.q, want[i]) {
				t.Errorf("q = %x, not %x", f.q, want[i])
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

// What the generator's polynomials lack is less than a tenth of half a unit in
// the last place of 1.
func TestGenerator(t *testing.T) {
	tables := generatorTables(t)
	if len(tables) != len(elementTypes) {
		t.Fatalf("gen/exp.go has %d tables of q, not %d", len(tables), len(elementTypes))
	}
	for i, e := range elementTypes {
		q := tables[i]
		if len(q) != e.degree+1 {
			t.Errorf("%s: %d coefficients, not %d", e.name, len(q), e.degree+1)
			continue
		}
		for _, c := range q {
			if r, _ := new(big.Float).SetPrec(e.bits).SetFloat64(c).Float64(); r != c {
				t.Errorf("%s: %x is not a number of the type", e.name, c)
			}
		}
		got, err := largestError(polynomial(q))
		if err != nil {
			t.Errorf("%s: %v", e.name, err)
			continue
		}
		if limit := math.Ldexp(0.1, -int(e.bits)); got > limit {
			t.Errorf("%s: error %g, limit %g", e.name, got, limit)
		}
		t.Logf("%s: error %.5g", e.name, got)
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
