package asm

import "math"

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

func expGeneric32(dst, src []float32) {
	for i, v := range src {
		switch {
		case !(v >= -104): // below half of the smallest number, or NaN
			dst[i] = max(v, 0)
		case v > 89:
			dst[i] = float32(math.Inf(1))
		default:
			n, h, _ := exponential(float64(v))
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

// sigmoidGeneric64 holds e^−|x| = 2^n·(h + l) and D = 1 + e^−|x| = d + c as sums
// of two numbers and corrects a quotient y by what it leaves of the dividend:
// for negative x that is h + l, scaled by 2^n at the end, otherwise 1.
func sigmoidGeneric64(dst, src []float64) {
	for i, v := range src {
		if v != v {
			dst[i] = v
			continue
		}
		n, h, l := exponential(max(-math.Abs(v), -746))
		half, rest := power(n>>1), power(n-n>>1)
		e := float64(h * half * rest)
		d := 1 + e
		c := (e - (d - 1)) + float64(l*half*rest)
		if v > 0 {
			h, l, half, rest = 1, 0, 1, 1
		}
		y := h / d
		p, pe := exactProduct(y, d)
		y += (((h - p) - pe) + (l - float64(y*c))) / d
		dst[i] = y * half * rest
	}
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
