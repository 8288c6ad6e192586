// Fit computes the polynomials that gen/exp.go, gen/tanh.go and gen/log.go take
// their functions from, and proves their errors:
//
//	go run ./gen/fit
//
// # The problem
//
// A function is replaced by a polynomial p in r, some lowest coefficients of which
// are given, on an interval where the function without a factor that the kernel
// multiplies by exactly, g, has a power series:
//
//	exp             g = e^r               p = 1 + r + r²·q(r)
//	tanh            g = tanh(x)/x         p = 1 + r·q(r),      r = x²
//	log, float32    g = log(1+r)/r        p = 1 + r·q(r)
//	log, float64    g = 2·artanh(s)/s     p = 2 + r·q(r),      r = s²
//
// The relative error E(r) = p(r)/g(r) − 1 is to be small: if pₖ … pₙ are
// free, the best approximation in the norm max|E|. The functions rⁱ/g(r), i = k
// … n, are |r|^k/g times r⁰ … r^(n−k), but for the sign of r^k. A combination
// of them has at most n − k zeros besides 0, where E is given: Haar's condition. So
// the best p is the one for which
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
// Coefficients that are rounded all at once lose what the fit gained: for e^r
// half a unit in the last place of p₂ alone is r²/e^r/2, up to 0.085 units, in E; for float64
// that is more than twice the error of the best p. Here the lowest is rounded,
// the others are fitted anew to make up for it, then the next is rounded, and so on.
// That is not the best polynomial with floating-point coefficients (for that see
// N. Brisebarre and S. Chevillard, Efficient polynomial L∞-approximations,
// ARITH 2007) but ends within 4% of the lower bound.
//
// # The proof
//
// 1/g is taken as its power series, cut where what is left out is below 2⁻¹⁰⁰,
// so that E = p/g − 1 is a polynomial, of degree N. Its values at M Chebyshev
// points, M > N, bound it everywhere in the interval (H. Ehlich and K. Zeller,
// Schwankung von Polynomen zwischen Gitterpunkten, 1964):
//
//	max|E| ≤ max over the points / cos(π/2·N/M)
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
	precision = 320
	// terms is how many there are of a series: see series.
	terms = 130
	// widening is what |r| may exceed ln2/2 by, relatively. If c is log₂e as a
	// float32, |c/log₂e − 1| < 1.34·10⁻⁸, n is nearest to x·c, so
	//
	//	|r| ≤ ln2·(½ + |x|·|log₂e − c|) < ln2/2·(1 + 4.1·10⁻⁶)
	//
	// as |x·log₂e| < 151. For float64 it is far less.
	widening = 0x1p-17
	expBound = math.Ln2 / 2 * (1 + widening)
	// levelled is how far, relatively, Remez's algorithm leaves the largest error
	// above the level. The coefficients are then right to more bits than are kept.
	levelled = 1e-14
	// exchanges is how many times points are exchanged at most; a dozen suffices.
	exchanges = 60
)

// problem is a polynomial that is wanted.
type problem struct {
	file      string // of gen/, which has q
	name      string
	bits      uint    // of a coefficient
	low, high float64 // the interval
	fixed     []float64
	degree    int          // of q
	inverse   []*big.Float // 1/g
}

var problems = []problem{
	{"exp.go", "exp, float32", 24, -expBound, expBound, []float64{1, 1}, 4, expSeries(-1)},
	{"exp.go", "exp, float64", 53, -expBound, expBound, []float64{1, 1}, 9, expSeries(-1)},
	{"tanh.go", "tanh, float32", 24, 0, tanhBound * tanhBound, []float64{1}, 6, tanhInverse()},
	{"tanh.go", "tanh, float64", 53, 0, tanhBound * tanhBound, []float64{1}, 14, tanhInverse()},
	{"log.go", "log, float32", 24, -0.25, 0.5, []float64{1}, 8, reciprocal(logSeries())},
	{"log.go", "log, float64", 53, 0, logBound * logBound, []float64{2}, 7, reciprocal(artanhSeries())},
}

const (
	// tanhBound is the largest x that tanh takes from its polynomial.
	tanhBound = 0.945 * (1 + 0x1p-20)
	// logBound is the largest |s| = |f/(2+f)| for −1/4 ≤ f ≤ 1/2.
	logBound = 0.2 * (1 + 0x1p-50)
)

// expSeries is Σ (sign·r)ⁱ/i!.
func expSeries(sign float64) []*big.Float {
	return series(func(i int, last *big.Float) *big.Float { return quo(mul(last, number(sign)), number(float64(i))) })
}

// tanhInverse is x/tanh(x) = cosh(x)/(sinh(x)/x) in powers of x². It converges as
// (x/π)².
func tanhInverse() []*big.Float {
	cosh := series(func(i int, last *big.Float) *big.Float { return quo(last, number(float64(2*i*(2*i-1)))) })
	sinh := series(func(i int, last *big.Float) *big.Float { return quo(last, number(float64(2*i*(2*i+1)))) })
	return product(cosh, reciprocal(sinh))[:terms]
}

// logSeries is log(1+r)/r = Σ (−r)ⁱ/(i+1). The reciprocal's coefficients fall, and
// so it converges as r for |r| ≤ 1/2.
func logSeries() []*big.Float {
	return series(func(i int, _ *big.Float) *big.Float {
		return quo(number(math.Pow(-1, float64(i))), number(float64(i+1)))
	})
}

// artanhSeries is 2·artanh(s)/s = Σ 2·s²ⁱ/(2i+1).
func artanhSeries() []*big.Float {
	s := series(func(i int, _ *big.Float) *big.Float { return quo(number(2), number(float64(2*i+1))) })
	s[0] = number(2)
	return s
}

// series returns the first coefficients of a power series: 1, and the others each
// from its number and the one before. The slowest, those of the logarithms,
// leave out less than 2⁻¹³⁰; e^r is right to more digits than are computed.
func series(next func(i int, last *big.Float) *big.Float) []*big.Float {
	s := []*big.Float{number(1)}
	for i := 1; i < terms; i++ {
		s = append(s, next(i, s[i-1]))
	}
	return s
}

// reciprocal returns the series of 1/s: Σ rᵢ·sₙ₋ᵢ is 0 for all n but 0.
func reciprocal(s []*big.Float) []*big.Float {
	r := []*big.Float{quo(number(1), s[0])}
	for n := 1; n < len(s); n++ {
		sum := number(0)
		for i, c := range r {
			sum = add(sum, mul(c, s[n-i]))
		}
		r = append(r, mul(number(-1), mul(sum, r[0])))
	}
	return r
}

// product returns the product of two polynomials.
func product(p, q []*big.Float) []*big.Float {
	out := make([]*big.Float, len(p)+len(q)-1)
	for i := range out {
		out[i] = number(0)
	}
	for i, a := range p {
		for j, b := range q {
			out[i+j] = add(out[i+j], mul(a, b))
		}
	}
	return out
}

func main() {
	for _, p := range problems {
		f, err := p.fit()
		if err != nil {
			fmt.Fprintf(os.Stderr, "fit: %s: %v\n", p.name, err)
			os.Exit(1)
		}
		fmt.Printf("%s, %.9g ≤ r ≤ %.9g, degree %d: relative error %.5g = 2^%.2f; %.5g with no coefficient rounded\n",
			p.name, p.low, p.high, p.degree, f.error, math.Log2(f.error), f.least)
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
	error float64   // what max |E| is proved to be at most
	least float64   // that of the best q of this degree, rounded or not
}

// fit computes q, its coefficients rounded from the lowest on.
func (b *problem) fit() (fitted, error) {
	var f fitted
	b.trim()
	p := numbers(b.fixed)
	n := len(p) + b.degree
	for len(p) <= n {
		best, level, err := b.minimax(p, n)
		if err != nil {
			return f, err
		}
		if len(f.q) == 0 {
			f.least = level
		}
		c, _ := new(big.Float).SetPrec(b.bits).Set(best[len(p)]).Float64()
		f.q = append(f.q, c)
		p = append(p, number(c))
	}
	f.error = b.largestError(p)
	return f, nil
}

// trim leaves out of 1/g's series, the terms of which fall, what is below 2⁻¹⁵⁰.
func (b *problem) trim() {
	largest := number(max(-b.low, b.high))
	power := number(1)
	for i, c := range b.inverse {
		if t, _ := mul(c, power).Float64(); math.Abs(t) < 0x1p-150 && i > 1 {
			b.inverse = b.inverse[:i]
			return
		}
		power = mul(power, largest)
	}
}

// minimax returns the polynomial of degree n that begins with the fixed
// coefficients and has the least max|E|; and that error's lower bound.
func (b *problem) minimax(fixed []*big.Float, n int) (p []*big.Float, level float64, err error) {
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
		points[j] = b.at(-math.Cos(math.Pi * (float64(j) + 1.0/3) / float64(len(points))))
	}
	for range exchanges {
		p, level = b.levelAt(points, fixed, n, side)
		var g alternation
		largest := 0.0
		e := b.errorOf(p)
		for _, r := range b.extrema(e) {
			v, _ := horner(e, number(r)).Float64()
			if v == 0 {
				continue // where E is given
			}
			g.append(r, side(r)*v)
			largest = max(largest, math.Abs(v))
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

// at maps −1 … 1 to the interval.
func (b *problem) at(x float64) float64 { return (b.low + b.high + (b.high-b.low)*x) / 2 }

// levelAt returns the polynomial whose G is ±h in turn at points, and |h|. Its
// coefficients from pₖ on and h solve
//
//	Σ pᵢ·rⁱ/g − (±h·sgn(r)^k) = 1 − Σ fixedᵢ·rⁱ/g,  first sum over i = k … n
func (b *problem) levelAt(points []float64, fixed []*big.Float, n int, side func(r float64) float64) (p []*big.Float, h float64) {
	k := len(fixed)
	rows := make([][]*big.Float, len(points))
	turn := 1.0
	for j, point := range points {
		r := number(point)
		inverse := horner(b.inverse, r)
		power := inverse
		for range k {
			power = mul(power, r)
		}
		for range n - k + 1 {
			rows[j] = append(rows[j], power)
			power = mul(power, r)
		}
		rows[j] = append(rows[j], number(-turn*side(point)), sub(number(1), mul(horner(fixed, r), inverse)))
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

// errorOf returns E = p/g − 1 as a polynomial.
func (b *problem) errorOf(p []*big.Float) []*big.Float {
	e := product(p, b.inverse)[:len(b.inverse)]
	e[0] = sub(e[0], number(1))
	return e
}

// extrema returns the ends of the interval and between them the zeros of E' that
// a grid shows, narrowed down to 2^−48 of it, so that E there is right to
// 2^−97·max|E″|: to all digits.
func (b *problem) extrema(e []*big.Float) []float64 {
	d := make([]*big.Float, 0, len(e))
	for i := 1; i < len(e); i++ {
		if len(d) > 0 || e[i].Sign() != 0 { // else a zero at 0, where E is given
			d = append(d, mul(number(float64(i)), e[i]))
		}
	}
	sign := func(r float64) int { return horner(d, number(r)).Sign() }
	const cells = 201 // odd, to keep off 0
	points := []float64{b.low}
	low, lowSign := b.low, sign(b.low)
	for i := 1; i <= cells; i++ {
		// Closer to each other at the ends, as extrema are.
		high := b.at(-math.Cos(math.Pi * float64(i) / cells))
		highSign := sign(high)
		if lowSign*highSign < 0 {
			x, y := low, high
			for y-x > 0x1p-48*(b.high-b.low) {
				if middle := x + (y-x)/2; sign(middle) == lowSign {
					x = middle
				} else {
					y = middle
				}
			}
			points = append(points, x)
		}
		low, lowSign = high, highSign
	}
	return append(points, b.high)
}

// largestError returns what max|E| is at most.
func (b *problem) largestError(p []*big.Float) float64 {
	e := b.errorOf(p)
	points := 32 * len(e)
	largest := 0.0
	for i := range points {
		v, _ := horner(e, number(b.at(math.Cos(math.Pi*(float64(i)+0.5)/float64(points))))).Float64()
		largest = max(largest, math.Abs(v))
	}
	return largest / math.Cos(math.Pi/2/32)
}

// horner returns Σ pᵢ·rⁱ.
func horner(p []*big.Float, r *big.Float) *big.Float {
	s := number(0)
	for i := len(p) - 1; i >= 0; i-- {
		s.Add(s.Mul(s, r), p[i])
	}
	return s
}

func number(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

func numbers(x []float64) []*big.Float {
	var n []*big.Float
	for _, v := range x {
		n = append(n, number(v))
	}
	return n
}

func add(x, y *big.Float) *big.Float    { return new(big.Float).Add(x, y) }
func sub(x, y *big.Float) *big.Float    { return new(big.Float).Sub(x, y) }
func mul(x, y *big.Float) *big.Float    { return new(big.Float).Mul(x, y) }
func quo(x, y *big.Float) *big.Float    { return new(big.Float).Quo(x, y) }
func magnitude(x *big.Float) *big.Float { return new(big.Float).Abs(x) }
