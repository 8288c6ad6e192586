package ref

import (
	"math"
	"unsafe"
)

// Exact is a number (hi + lo)·2^exp known to about 100 bits, of a range that
// no float64 has: results that overflow or are subnormal keep all of theirs.
type Exact struct {
	m   dd
	exp int
}

// Of returns x as an Exact.
func Of(x float64) Exact { return Exact{m: dd{x, 0}} }

// Float64 returns the number rounded to float64.
func (x Exact) Float64() float64 { return math.Ldexp(x.m.hi, x.exp) }

// ln 2 in three parts, the first so short that multiples of it by integers up to
// 2¹¹ are exact.
const ln2Digits = 0.693147180559945309417232121458176568075500134360255254120680009493393621969694715605863326996418687

const (
	ln2High = 0x1.62e42fefa38p-1
	ln2Mid  = 0x1.ef35793c764p-45
	ln2Low  = ln2Digits - ln2High - ln2Mid
)

// Exp returns e^x, from its Taylor series: with n the integer nearest to x/ln 2
// and r = x − n·ln 2,
//
//	e^x = 2^n·(1 + r/1·(1 + r/2·(1 + r/3·( … ))))
//
// Thirty terms leave (ln2/2)³¹/31! < 2⁻¹⁵⁰.
func Exp(x float64) Exact {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 1) || x == 0:
		return Of(math.Exp(x))
	case x < -2000:
		return Of(0)
	case x > 2000:
		return Of(math.Inf(1))
	}
	n := math.Round(x / math.Ln2)
	r := sum(x, float64(-n*ln2High)).addProduct(-n, ln2Mid).addProduct(-n, ln2Low)
	e := dd{1, 0}
	for i := 30; i > 0; i-- {
		e = dd{1, 0}.add(e.mul(r).div(dd{float64(i), 0}))
	}
	return Exact{e, int(n)}
}

// Sigmoid returns 1/(1 + e^−x), for negative x as e^x/(1 + e^x).
func Sigmoid(x float64) Exact {
	if math.IsNaN(x) {
		return Of(x)
	}
	e := Exp(-math.Abs(x))
	one := dd{1, 0}
	d := one.add(e.m.ldexp(e.exp))
	if x < 0 {
		return Exact{e.m.div(d), e.exp}
	}
	return Exact{one.div(d), 0}
}

// Tanh returns tanh x: for small x from the series of sinh x and cosh x, else as
// (1 − e^−2|x|)/(1 + e^−2|x|).
func Tanh(x float64) Exact {
	if math.IsNaN(x) || x == 0 {
		return Of(x)
	}
	one := dd{1, 0}
	if math.Abs(x) > 1 {
		e := Exp(-2 * math.Abs(x))
		p := e.m.ldexp(e.exp)
		q := one.add(p.mul(dd{-1, 0})).div(one.add(p))
		return Exact{q.mul(dd{math.Copysign(1, x), 0}), 0}
	}
	// x/1·(1 + u/(2·3)·(1 + u/(4·5)·( … ))), and likewise with 1·2, 3·4 … below;
	// of u = x² fifteen terms are enough for 2^−110.
	if math.Abs(x) < 0x1p-60 {
		// x − x³/3; x² alone may underflow, which is so little that it matters to
		// nothing, but keeps what is below x on its side.
		return Exact{fastSum(1, -x*x/3).mul(dd{math.Ldexp(x, 600), 0}), -600}
	}
	u := product(x, x)
	sinh, cosh := one, one
	for i := 15.0; i > 0; i-- {
		sinh = one.add(sinh.mul(u).div(dd{2 * i * (2*i + 1), 0}))
		cosh = one.add(cosh.mul(u).div(dd{2 * i * (2*i - 1), 0}))
	}
	return Exact{sinh.div(cosh).mul(dd{x, 0}), 0}
}

// Log returns log x. With x = 2^k·m, m about 1, and s = (m−1)/(m+1),
//
//	log m = 2·artanh s = 2·s·(1 + s²/3 + s⁴/5 + … )
//
// where |s| < 0.172, so that 24 terms leave less than 2⁻¹²⁰.
func Log(x float64) Exact {
	if !(x > 0) || x == 1 || math.IsInf(x, 1) {
		return Of(math.Log(x))
	}
	m, k := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		k--
	}
	s := sum(m, -1).div(sum(m, 1))
	z := s.mul(s)
	var y dd
	for i := 24.0; i >= 0; i-- {
		y = dd{1, 0}.div(dd{2*i + 1, 0}).add(y.mul(z))
	}
	y = y.mul(s).mul(dd{2, 0})
	n := float64(k)
	return Exact{y.add(product(n, ln2High)).addProduct(n, ln2Mid).addProduct(n, ln2Low), 0}
}

// SiLU returns x·σ(x).
func SiLU(x float64) Exact {
	if math.IsInf(x, 0) {
		return Of(max(x, math.Copysign(0, -1)))
	}
	s := Sigmoid(x)
	return Exact{s.m.mul(dd{x, 0}), s.exp}
}

// ULP returns the distance of got from want in units in the last place of
// want, which is the spacing of T's numbers about it. Infinity counts as the
// number that would follow T's largest, and so does every want beyond that. NaN
// is 0 from NaN and +Inf from everything else.
func ULP[T Float](got T, want Exact) float64 {
	fraction, least, most := 52, -1022, 1023
	if unsafe.Sizeof(got) == 4 {
		fraction, least, most = 23, -126, 127
	}
	g := float64(got)
	switch {
	case math.IsNaN(g) && math.IsNaN(want.m.hi):
		return 0
	case math.IsNaN(g) || math.IsNaN(want.m.hi):
		return math.Inf(1)
	}
	exponent := least
	if want.m.hi != 0 {
		_, e := math.Frexp(want.m.hi)
		if math.Abs(want.m.hi) == math.Ldexp(0.5, e) && want.m.hi*want.m.lo < 0 {
			e-- // just below a power of two
		}
		exponent = max(e-1+want.exp, least)
	}
	if exponent > most || math.IsInf(want.m.hi, 0) {
		want, exponent = Exact{dd{math.Copysign(1, want.m.hi), 0}, most + 1}, most
	}
	w := want.m.ldexp(want.exp - exponent + fraction)
	if math.IsInf(g, 0) {
		g = math.Ldexp(math.Copysign(1, g), most+1-exponent+fraction)
	} else {
		g = math.Ldexp(g, fraction-exponent)
	}
	return math.Abs((g - w.hi) - w.lo)
}

// Softmax returns, down each column of the m×n matrix X, e^x_i / Σ_j e^x_j, and
// for each element the bound on the error of a result in the working precision.
// With d_i = x_i − max_j x_j, rounded, exponentials within one unit in the last
// place (2u), m−1 sums and a quotient, that is to first order
//
//	p_i · u · (|d_i| + 2 + Σ_j p_j·(|d_j| + 2) + m−1 + 1)
//
// and for underflow the two smallest subnormal numbers. A column that is not
// finite becomes NaN.
func Softmax[T Float](m, n int, x Matrix[T]) (want, bound []float64) {
	want, bound = make([]float64, m*n), make([]float64, m*n)
	u := Gamma[T](1)
	for j := range n {
		top := math.Inf(-1)
		for i := range m {
			if v := float64(x.At(i, j)); v > top || v != v {
				top = v
			}
		}
		powers, sum := make([]dd, m), dd{}
		for i := range m {
			d := product(1, float64(x.At(i, j))).add(dd{-top, 0})
			if math.IsInf(float64(x.At(i, j)), -1) && !math.IsInf(top, 0) {
				continue
			}
			e := Exp(d.hi)
			powers[i] = e.m.ldexp(e.exp).mul(dd{1 + d.lo, 0})
			sum = sum.add(powers[i])
		}
		mean := 0.0
		for i := range m {
			want[i*n+j] = powers[i].div(sum).hi
			if want[i*n+j] != 0 {
				mean += want[i*n+j] * (2 + math.Abs(float64(x.At(i, j))-top))
			}
		}
		for i := range m {
			if p := want[i*n+j]; p != 0 {
				bound[i*n+j] = p * (1.01 * u * (math.Abs(float64(x.At(i, j))-top) + 2 + mean + float64(m)))
			}
			bound[i*n+j] += 2 * Tiny[T]()
		}
	}
	return want, bound
}

// MulAdd returns x·y + z, rounded once if fused and otherwise after the product
// and after the sum.
func MulAdd[T Float](fused bool, x, y, z T) T {
	if fused {
		return FMA(x, y, z)
	}
	return z + T(x*y)
}

// SigmoidGrad returns da·(a − a²), the difference one multiply-add.
func SigmoidGrad[T Float](fused bool, da, a T) T {
	return da * MulAdd(fused, -a, a, a)
}

// TanhGrad returns da·(1 − a²), the difference one multiply-add.
func TanhGrad[T Float](fused bool, da, a T) T {
	return da * MulAdd(fused, -a, a, 1)
}

// Adam returns m, v and x after a step of Adam, given β₁, 1 − β₁, β₂, 1 − β₂, the step's
// size, ε and the gradient g; each operation is rounded.
func Adam[T Float](b1, c1, b2, c2, step, epsilon, g, m, v, x T) (m1, v1, x1 T) {
	m1 = T(b1*m) + T(c1*g)
	v1 = T(b2*v) + T(c2*T(g*g))
	root := T(math.Sqrt(float64(v1)))
	return m1, v1, x - T(step*m1)/(root+epsilon)
}

// ReLU returns x, or 0 if x is negative.
func ReLU[T Float](x T) T {
	if x < 0 {
		return 0
	}
	return x
}

// ReLUGrad returns da if a is positive and otherwise 0.
func ReLUGrad[T Float](da, a T) T {
	if a > 0 {
		return da
	}
	return 0
}

// SoftmaxChain returns e^(x_i − max x) / Σ e^(x_i − max x), the sum taken in order.
// All are NaN if an element is NaN or the largest is infinite.
func SoftmaxChain[T Float](exp func(T) T, x []T) []T {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, float64(v)) // NaN if v is
	}
	out := make([]T, len(x))
	var sum T
	for i, v := range x {
		out[i] = exp(v - T(top))
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
		if math.IsNaN(top) || math.IsInf(top, 0) {
			out[i] = T(math.NaN())
		}
	}
	return out
}
