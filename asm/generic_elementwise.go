package asm

import (
	"math"
	"unsafe"
)

// The generic level computes e^x in float64 for both types:
//
//	e^x = 2^n·e^r,  n the integer nearest to x·log₂e,  r = x − n·ln 2
//	e^r = 1 + r + r²·q(r)
//
// with q as the assembly has it for float64 (../gen). What rounding r loses is
// kept and e^r is returned as a sum of two numbers, which is what sigmoid needs.
// Products are wrapped as float64(x*y), so that no compiler fuses them, and
// math.Exp differs between architectures: this does not.
const (
	expRound = 1.5 * (1 << 52) // rounds to integers, and holds them in its low bits
	expLog2e = 0x1.71547652b82fep0
	// ln 2 in two parts; n·expLn2High is exact for |n| < 2¹¹.
	expLn2High = 0x1.62e42fefa38p-1
	expLn2Low  = 0x1.ef35793c7673p-45
)

// exponential returns n, h and l with e^x = 2^n·(h + l) and l below half a unit
// in h's last place. |x| must be below 1,000.
func exponential(x float64) (n int, h, l float64) {
	t := float64(x*expLog2e) + expRound
	n = int(int32(math.Float64bits(t)))
	f := t - expRound
	high, low := x-float64(f*expLn2High), float64(f*expLn2Low)
	r := high - low
	lost := (high - r) - low

	// Estrin's scheme shortens the chain of sums.
	r2 := float64(r * r)
	r4 := float64(r2 * r2)
	q01 := 0x1.000000000000ap-1 + float64(r*0x1.555555555550dp-3)
	q23 := 0x1.55555555507bap-5 + float64(r*0x1.1111111124542p-7)
	q45 := 0x1.6c16c18431a76p-10 + float64(r*0x1.a01a01384eedap-13)
	q67 := 0x1.a0199a21897bep-16 + float64(r*0x1.71df0cc4e0847p-19)
	q89 := 0x1.28ad4c6249826p-22 + float64(r*0x1.ad9eec03dda61p-26)
	q := q01 + float64(r2*q23) + float64(r4*(q45+float64(r2*q67)+float64(r4*q89)))

	p := float64(r2*q) + lost
	s := r + p
	h = 1 + s
	return n, h, (s - (h - 1)) + (p - (s - r))
}

// power returns 2^n for the exponents of normal numbers.
func power(n int) float64 { return math.Float64frombits(uint64(n+1023) << 52) }

// widened returns x as a float64. It is a call: amd64's conversion keeps the upper half
// of the register that it writes, which in a loop is mostly the result before, so that
// it would wait for that.
//
//go:noinline
func widened[T Float](x T) float64 { return float64(x) }

func expGeneric32(dst, src []float32) {
	for i, v := range src {
		switch {
		case !(v >= -104): // below half of the smallest number, or NaN
			dst[i] = max(v, 0)
		case v > 89:
			dst[i] = float32(math.Inf(1))
		default:
			n, h, _ := exponential(widened(v))
			dst[i] = float32(h * power(n))
		}
	}
}

func expGeneric64(dst, src []float64) {
	for i, v := range src {
		switch {
		case !(v >= -746):
			dst[i] = max(v, 0)
		case v > 710:
			dst[i] = math.Inf(1)
		default:
			// In two steps, since 2^n may be no normal number; the first is
			// exact, so that a subnormal result is rounded once here.
			n, h, _ := exponential(v)
			dst[i] = h * power(n>>1) * power(n-n>>1)
		}
	}
}

// σ(x) = 1/(1 + e^−x), which for negative x is e^x/(1 + e^x): the exponential
// cannot overflow.
func sigmoidGeneric32(dst, src []float32) {
	for i, v := range src {
		if v != v {
			dst[i] = v
			continue
		}
		n, h, _ := exponential(max(-math.Abs(float64(v)), -746))
		e := float64(h * power(n>>1) * power(n-n>>1))
		if v > 0 {
			dst[i] = float32(1 / (1 + e))
		} else {
			dst[i] = float32(e / (1 + e))
		}
	}
}

func sigmoidGeneric64(dst, src []float64) {
	for i, v := range src {
		if v != v {
			dst[i] = v
			continue
		}
		y, half, rest := sigmoidOf(max(v, -746))
		dst[i] = y * half * rest
	}
}

// sigmoidOf returns σ(v) as a product of three numbers, of which only the last may
// make it subnormal. It holds e^−|v| = 2^n·(h + l) and D = 1 + e^−|v| = d + c as sums
// of two numbers and corrects a quotient y by what it leaves of the dividend:
// for negative v that is h + l, scaled by 2^n at the end, otherwise 1.
func sigmoidOf(v float64) (y, half, rest float64) {
	n, h, l := exponential(max(-math.Abs(v), -800))
	half, rest = power(n>>1), power(n-n>>1)
	e := float64(h * half * rest)
	d := 1 + e
	c := (e - (d - 1)) + float64(l*half*rest)
	if v > 0 {
		h, l, half, rest = 1, 0, 1, 1
	}
	y = h / d
	p, pe := exactProduct(y, d)
	return y + (((h-p)-pe)+(l-float64(y*c)))/d, half, rest
}

// siluOf returns x·σ(x) to 2 ULP.
func siluOf(x float64) float64 {
	if x != x {
		return x
	}
	x = max(x, -800)
	y, half, rest := sigmoidOf(x)
	return x * y * half * rest
}

// exactProduct returns x·y as a sum of two numbers, by splitting each factor in
// two halves (T. J. Dekker, 1971): a fused multiply-add would do, but is
// software on some machines.
func exactProduct(x, y float64) (p, e float64) {
	p = float64(x * y)
	xh, xl := halves(x)
	yh, yl := halves(y)
	return p, ((float64(xh*yh) - p) + float64(xh*yl) + float64(xl*yh)) + float64(xl*yl)
}

func halves(x float64) (high, low float64) {
	t := float64(x * (1<<27 + 1))
	high = t - (t - x)
	return high, x - high
}

// apply gives a function of one number the form of a kernel on slices.
func apply[T Float](f func(x float64) float64) func(n int, dst, src *T) {
	return overSlices1(func(dst, src []T) {
		for i, v := range src {
			dst[i] = T(f(widened(v)))
		}
	})
}

// tanhPolynomial is where tanhOf's polynomial ends, as in the assembly.
const tanhPolynomial = 0.945

// tanhOf returns tanh x to 2 ULP: x + x·u·q(u), u = x², with q as the assembly
// has it for float64, or 1 − 2/(e^2|x| + 1) with the sign of x.
func tanhOf(x float64) float64 {
	z := math.Abs(x)
	switch {
	case z < tanhPolynomial:
		u := float64(x * x)
		u2 := float64(u * u)
		u4 := float64(u2 * u2)
		u8 := float64(u4 * u4)
		q01 := -0x1.5555555555544p-2 + float64(u*0x1.1111111110153p-3)
		q23 := -0x1.ba1ba1b97aabdp-5 + float64(u*0x1.664f48689b98ap-6)
		q45 := -0x1.226e32d4ca8c1p-7 + float64(u*0x1.d6d37e6ff5a58p-9)
		q67 := -0x1.7d9fc69554858p-10 + float64(u*0x1.353b0b917a47ep-11)
		q89 := -0x1.f4260c1787f8cp-13 + float64(u*0x1.909ad7980f42p-14)
		qab := -0x1.3622acc7ae3c3p-15 + float64(u*0x1.b6a940933236ep-17)
		qcd := -0x1.005879c11f38p-18 + float64(u*0x1.a52b70bf68082p-21)
		low := q01 + float64(u2*q23) + float64(u4*(q45+float64(u2*q67)))
		high := q89 + float64(u2*qab) + float64(u4*(qcd-float64(u2*0x1.5ed86a923155fp-24)))
		return math.Copysign(z+float64(z*float64(u*(low+float64(u8*high)))), x)
	case z < 20:
		n, h, _ := exponential(2 * z)
		return math.Copysign(1-2/(float64(h*power(n))+1), x)
	case z >= 20:
		return math.Copysign(1, x)
	}
	return x // NaN
}

// logOf returns log x to 1 ULP. With x = 2^k·m, 3/4 ≤ m < 3/2, f = m − 1,
// s = f/(2+f), z = s² and q as the assembly has it for float64,
//
//	log x = k·ln 2 + f − (f²/2 − s·(f²/2 + z·q(z)))
//
// where ln 2 is a sum of two numbers, the first so short that its product with k
// is exact (FreeBSD's e_log.c).
func logOf(x float64) float64 {
	const (
		ln2High = 0x1.62e42feep-1
		ln2Low  = 0x1.a39ef35793c76p-33
		quarter = 0x3fe8 << 48 // the bits of 3/4
	)
	k := 0
	if !(x >= 0x1p-1022) {
		switch {
		case x != x:
			return x
		case x < 0:
			return math.NaN()
		case x == 0:
			return math.Inf(-1)
		}
		x *= 0x1p54
		k = -54
	}
	if x > math.MaxFloat64 {
		return x
	}
	b := math.Float64bits(x) - quarter
	k += int(int64(b) >> 52)
	f := math.Float64frombits(b&(1<<52-1)+quarter) - 1
	s := f / (2 + f)
	z := float64(s * s)
	z2 := float64(z * z)
	z4 := float64(z2 * z2)
	q01 := 0x1.555555555554fp-1 + float64(z*0x1.999999999c179p-2)
	q23 := 0x1.24924921e457cp-2 + float64(z*0x1.c71c748fb0d8ap-3)
	q45 := 0x1.745c4adfdfc4dp-3 + float64(z*0x1.3b35c02bee0bp-3)
	q67 := 0x1.0dcba1ace789ep-3 + float64(z*0x1.1b8135a5795acp-3)
	r := float64(z * (q01 + float64(z2*q23) + float64(z4*(q45+float64(z2*q67)))))
	half := float64(0.5 * float64(f*f))
	n := float64(k)
	return float64(n*ln2High) - ((half - (float64(s*(half+r)) + float64(n*ln2Low))) - f)
}

func reluGeneric[T Float](n int, dst, src *T) {
	out := unsafe.Slice(dst, n)
	for i, v := range unsafe.Slice(src, n) {
		if v < 0 {
			v = 0
		}
		out[i] = v
	}
}
