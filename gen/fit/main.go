// Fit computes the polynomials that gen/exp.go takes e^r from, and proves their
// errors:
//
//	go run ./gen/fit
//
// # The problem
//
// With n the integer nearest to x·log₂e, e^x = 2^n·e^r and |r| ≤ b, b a hair
// above ln2/2. There e^r is replaced by
//
//	p(r) = 1 + r + r²·q(r) = Σ pᵢ·rⁱ,  p₀ = p₁ = 1
//
// and the relative error E(r) = p(r)/e^r − 1 is to be small: if pₖ … pₙ are
// free, the best approximation in the norm max|E|. The functions rⁱ/e^r, i = k
// … n, are |r|^k/e^r times r⁰ … r^(n−k), but for the sign of r^k. A combination
// of them has at most n − k zeros besides 0, where E is 0 whatever the
// coefficients: Haar's condition. So the best p is the one for which
//
//	G(r) = sgn(r)^k·E(r)
//
// takes its largest magnitude with alternating signs at n − k + 2 points, and
// Remez's exchange algorithm finds it (E. Ya. Remez, 1934; J.-M. Muller,
// Elementary Functions, on minimax approximation): level G at a set of points,
// which is a linear system; replace the points by extrema of the G that comes
// out; repeat. (With E in G's place, odd k give a worse p or no end: r^k changes
// sign at 0.) At each step the level is a lower bound of every p's error (de la
// Vallée Poussin).
//
// # Rounding
//
// Coefficients that are rounded all at once lose what the fit gained: half a unit
// in the last place of p₂ alone is r²/e^r/2, up to 0.085 units, in E; for float64
// that is more than twice the error of the best p. Here the lowest is rounded,
// the others are fitted anew to make up for it, then the next is rounded, and so on.
// That is not the best polynomial with floating-point coefficients (for that see
// N. Brisebarre and S. Chevillard, Efficient polynomial L∞-approximations,
// ARITH 2007) but ends within 3% of the lower bound.
//
// # The proof
//
//	E'(r) = (p'(r) − p(r))/e^r = r·D(r)/e^r,  D of degree n − 1
//
// D's coefficients are exact. On a grid it is seen to change sign n − 1 times:
// these are all the zeros that it has. So max|E| is the largest of |E| at them
// and at ±b.
package main

import (
	"fmt"
	"math"
	"math/big"
	"os"
	"strings"
)

const (
	// precision is the bits of every intermediate number.
	precision = 256
	// widening is what |r| may exceed ln2/2 by, relatively. If c is log₂e as a
	// float32, |c/log₂e − 1| < 1.34·10⁻⁸, n is nearest to x·c, so
	//
	//	|r| ≤ ln2·(½ + |x|·|log₂e − c|) < ln2/2·(1 + 4.1·10⁻⁶)
	//
	// as |x·log₂e| < 151. For float64 it is far less.
	widening = 0x1p-17
	// bound is b.
	bound = math.Ln2 / 2 * (1 + widening)
	// levelled is how far, relatively, Remez's algorithm leaves the largest error
	// above the level. The coefficients are then right to more bits than are kept.
	levelled = 1e-14
	// exchanges is how many times points are exchanged at most; a dozen suffices.
	exchanges = 60
)

// elementType is a type and the degree of its q.
type elementType struct {
	name   string
	bits   uint
	degree int
}

var elementTypes = []elementType{{"float32", 24, 4}, {"float64", 53, 9}}

func main() {
	fmt.Printf("e^r = 1 + r + r²·q(r), |r| ≤ %.17g\n", bound)
	for _, t := range elementTypes {
		f, err := t.fit()
		if err != nil {
			fmt.Fprintf(os.Stderr, "fit: %s: %v\n", t.name, err)
			os.Exit(1)
		}
		fmt.Printf("\n%s, degree %d: relative error %.5g = 2^%.2f; %.5g with no coefficient rounded\n",
			t.name, t.degree, f.error, math.Log2(f.error), f.least)
		for _, c := range f.q {
			fmt.Printf("\t%s,\n", hex(c))
		}
	}
}

// hex is c as Go writes hexadecimal numbers by hand: p-2, not p-02.
func hex(c float64) string {
	return strings.Replace(fmt.Sprintf("%x", c), "p-0", "p-", 1)
}

// fitted is a polynomial q and its error.
type fitted struct {
	q     []float64 // lowest first
	error float64   // max |E|
	least float64   // that of the best q of this degree, rounded or not
}

// fit computes q for a type, its coefficients rounded from the lowest on.
func (t elementType) fit() (fitted, error) {
	var f fitted
	p := []*big.Float{number(1), number(1)}
	for len(p) < t.degree+3 {
		best, level, err := minimax(p, t.degree+2)
		if err != nil {
			return f, err
		}
		if len(f.q) == 0 {
			f.least = level
		}
		c, _ := new(big.Float).SetPrec(t.bits).Set(best[len(p)]).Float64()
		f.q = append(f.q, c)
		p = append(p, number(c))
	}
	var err error
	f.error, err = largestError(p)
	return f, err
}

// minimax returns the polynomial of degree n that begins with the fixed
// coefficients, 1 and 1 at least, and has the least max|E|; and that error's
// lower bound.
func minimax(fixed []*big.Float, n int) (p []*big.Float, level float64, err error) {
	k := len(fixed)
	side := func(r float64) float64 { // sgn(r)^k
		if r < 0 && k%2 == 1 {
			return -1
		}
		return 1
	}
	// Chebyshev's points, shifted so that none is 0.
	points := make([]float64, n-k+2)
	for j := range points {
		points[j] = -bound * math.Cos(math.Pi*(float64(j)+1.0/3)/float64(len(points)))
	}
	for range exchanges {
		p, level = levelAt(points, fixed, n, side)
		var g alternation
		largest := 0.0
		for _, r := range extrema(p) {
			e := side(r) * relativeError(p, r)
			g.append(r, e)
			largest = max(largest, math.Abs(e))
		}
		if largest <= level*(1+levelled) {
			return p, level, nil
		}
		if len(g.r) < len(points) {
			return nil, 0, fmt.Errorf("%d fixed coefficients: the error alternates %d times, not %d", k, len(g.r), len(points))
		}
		g.reduce(len(points))
		points = g.r
	}
	return nil, 0, fmt.Errorf("%d fixed coefficients: not level after %d exchanges", k, exchanges)
}

// levelAt returns the polynomial whose G is ±h in turn at points, and |h|. Its
// coefficients from pₖ on and h solve
//
//	Σ pᵢ·rⁱ − (±h·sgn(r)^k)·e^r = e^r − Σ fixedᵢ·rⁱ,  first sum over i = k … n
func levelAt(points []float64, fixed []*big.Float, n int, side func(r float64) float64) (p []*big.Float, h float64) {
	k := len(fixed)
	rows := make([][]*big.Float, len(points))
	turn := 1.0
	for j, point := range points {
		r := number(point)
		exp := horner(taylor, r)
		power := number(1)
		for range k {
			power = mul(power, r)
		}
		for range n - k + 1 {
			rows[j] = append(rows[j], power)
			power = mul(power, r)
		}
		rows[j] = append(rows[j], mul(number(-turn*side(point)), exp), sub(exp, horner(fixed, r)))
		turn = -turn
	}
	x := solve(rows)
	last := len(x) - 1
	h, _ = x[last].Float64()
	return append(append([]*big.Float(nil), fixed...), x[:last]...), math.Abs(h)
}

// solve returns the solution of linear equations, each given as its coefficients
// and its right side, by elimination with the largest pivots of the columns.
func solve(rows [][]*big.Float) []*big.Float {
	n := len(rows)
	for c := range rows {
		pivot := c
		for i := c + 1; i < n; i++ {
			if magnitude(rows[i][c]).Cmp(magnitude(rows[pivot][c])) > 0 {
				pivot = i
			}
		}
		rows[c], rows[pivot] = rows[pivot], rows[c]
		for i := range rows {
			if i == c {
				continue
			}
			f := quo(rows[i][c], rows[c][c])
			for j := c; j <= n; j++ {
				rows[i][j] = sub(rows[i][j], mul(f, rows[c][j]))
			}
		}
	}
	x := make([]*big.Float, n)
	for i := range x {
		x[i] = quo(rows[i][n], rows[i][i])
	}
	return x
}

// alternation is points r in ascending order, and at them G, of signs in turn.
type alternation struct{ r, g []float64 }

// append adds a point above the others. Of neighbours of one sign the larger stays.
func (a *alternation) append(r, g float64) {
	last := len(a.r) - 1
	switch {
	case last < 0 || (g < 0) != (a.g[last] < 0):
		a.r, a.g = append(a.r, r), append(a.g, g)
	case math.Abs(g) > math.Abs(a.g[last]):
		a.r[last], a.g[last] = r, g
	}
}

// reduce removes points until n are left, the largest among them, and signs still
// alternate: the smallest if it is the first or the last, else the smallest and
// the smaller of its neighbours. Removing at the ends alone can go round in
// circles: a small pair inside stays, and two large ends go for it.
func (a *alternation) reduce(n int) {
	for len(a.r) > n {
		last := len(a.r) - 1
		if len(a.r) == n+1 {
			if a.smaller(0, last) {
				a.remove(0, 1)
			} else {
				a.remove(last, 1)
			}
			return
		}
		i := 0
		for j := range a.g {
			if a.smaller(j, i) {
				i = j
			}
		}
		switch {
		case i == 0 || i == last:
			a.remove(i, 1)
		case a.smaller(i-1, i+1):
			a.remove(i-1, 2)
		default:
			a.remove(i, 2)
		}
	}
}

func (a *alternation) smaller(i, j int) bool { return math.Abs(a.g[i]) < math.Abs(a.g[j]) }

func (a *alternation) remove(i, n int) {
	a.r = append(a.r[:i], a.r[i+n:]...)
	a.g = append(a.g[:i], a.g[i+n:]...)
}

// extrema returns −b, the zeros of D that a grid shows, and b. A zero is narrowed
// down to 2^−53, so that E there is right to 2^−107·max|E″|: to all digits.
//
//	D(r) = (p'(r) − p(r))/r = Σ ((i+2)·pᵢ₊₂ − pᵢ₊₁)·rⁱ
func extrema(p []*big.Float) []float64 {
	d := make([]*big.Float, len(p)-1)
	for i := range d {
		d[i] = sub(number(0), p[i+1])
		if i+2 < len(p) {
			d[i] = add(d[i], mul(number(float64(i+2)), p[i+2]))
		}
	}
	sign := func(r float64) int { return horner(d, number(r)).Sign() }
	cells := 40*len(p) + 1 // odd, to keep off 0
	points := []float64{-bound}
	low, lowSign := -bound, sign(-bound)
	for i := 1; i <= cells; i++ {
		high := bound * float64(2*i-cells) / float64(cells)
		highSign := sign(high)
		if lowSign*highSign < 0 {
			a, b := low, high
			for b-a > 0x1p-53 {
				if middle := a + (b-a)/2; sign(middle) == lowSign {
					a = middle
				} else {
					b = middle
				}
			}
			points = append(points, a)
		}
		low, lowSign = high, highSign
	}
	return append(points, bound)
}

// largestError returns max|E|, or an error if not all extrema were found.
func largestError(p []*big.Float) (float64, error) {
	points := extrema(p)
	if zeros, n := len(points)-2, len(p)-1; zeros != n-1 {
		return 0, fmt.Errorf("no proof: %d extrema found inside, not %d", zeros, n-1)
	}
	largest := 0.0
	for _, r := range points {
		largest = max(largest, math.Abs(relativeError(p, r)))
	}
	return largest, nil
}

// relativeError returns E(r), rounded once.
func relativeError(p []*big.Float, r float64) float64 {
	x := number(r)
	exp := horner(taylor, x)
	e, _ := quo(sub(horner(p, x), exp), exp).Float64()
	return e
}

// taylor is 1/i!, i < 50: for |r| < 0.35, e^r to 2^−288.
var taylor = func() []*big.Float {
	t := []*big.Float{number(1)}
	for i := 1; i < 50; i++ {
		t = append(t, quo(t[i-1], number(float64(i))))
	}
	return t
}()

// horner returns Σ pᵢ·rⁱ.
func horner(p []*big.Float, r *big.Float) *big.Float {
	s := number(0)
	for i := len(p) - 1; i >= 0; i-- {
		s.Add(s.Mul(s, r), p[i])
	}
	return s
}

func number(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

func add(x, y *big.Float) *big.Float    { return new(big.Float).Add(x, y) }
func sub(x, y *big.Float) *big.Float    { return new(big.Float).Sub(x, y) }
func mul(x, y *big.Float) *big.Float    { return new(big.Float).Mul(x, y) }
func quo(x, y *big.Float) *big.Float    { return new(big.Float).Quo(x, y) }
func magnitude(x *big.Float) *big.Float { return new(big.Float).Abs(x) }
