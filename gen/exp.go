package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// expNumbers are the numbers that e^x is computed from, for one element size.
//
// With n the integer nearest to x·log₂e and r = x − n·ln 2, |r| ≤ ln2/2,
//
//	e^x = 2^n·e^r,  e^r = 1 + r + r²·q(r)
//
// Rounding is by adding 1.5·2^p, p the fraction bits, after which the sum's low
// bits are n plus what was added to that number. ln 2 is l1 + l2; x − n·l1 is
// exact. q is a minimax polynomial of e^r's relative error (package fit beside
// this one computes it) with its coefficients rounded from the lowest on.
type expNumbers struct {
	fraction   int // bits
	bias       int
	log2e      float64
	l1, l2     float64
	q          []float64
	low, high  float64 // results are 0 and +Inf at the latest
	halfway    int     // e^x is scaled by 2^n in two steps, one of them 2^±halfway
	sigmoidTop float64 // σ(−x) is 0 at the latest
	scale      int     // sigmoid's c is 2^−scale
}

func (e *emitter) exp() expNumbers {
	if e.size == 4 {
		return expNumbers{
			fraction: 23, bias: 127,
			log2e: 0x1.715476p0, l1: 0x1.62e43p-1, l2: -0x1.05c61p-29,
			q:   []float64{0x1.fffffcp-2, 0x1.555494p-3, 0x1.5558bep-5, 0x1.123856p-7, 0x1.6a3d14p-10},
			low: -104, high: 89, halfway: 64,
			sigmoidTop: 104, scale: 32,
		}
	}
	return expNumbers{
		fraction: 52, bias: 1023,
		log2e: 0x1.71547652b82fep0, l1: 0x1.62e42fefa39efp-1, l2: 0x1.abc9e3b39803fp-56,
		q: []float64{
			0x1.000000000000ap-1, 0x1.555555555550dp-3, 0x1.55555555507bap-5, 0x1.1111111124542p-7, 0x1.6c16c18431a76p-10,
			0x1.a01a01384eedap-13, 0x1.a0199a21897bep-16, 0x1.71df0cc4e0847p-19, 0x1.28ad4c6249826p-22, 0x1.ad9eec03dda61p-26,
		},
		low: -746, high: 710, halfway: 512,
		sigmoidTop: 746, scale: 64,
	}
}

// round returns 1.5·2^fraction + add: what rounds to integers.
func (x expNumbers) round(add int) float64 {
	return 1.5*float64(uint64(1)<<x.fraction) + float64(add)
}

// polynomial returns the constants that exp and sigmoid share.
func (x expNumbers) polynomial(e *emitter) []constant {
	c := []constant{
		{"1", e.float(1)},
		{"log2e", e.float(x.log2e)}, {"l1", e.float(x.l1)}, {"l2", e.float(x.l2)},
	}
	return append(c, e.coefficients("q", x.q)...)
}

// expConstants returns what exponential needs.
func expConstants(e *emitter) []constant {
	x := e.exp()
	power := func(n int) uint64 { return uint64(n+x.bias) << x.fraction }
	c := append(x.polynomial(e), constant{"low", e.float(x.low)}, constant{"high", e.float(x.high)},
		constant{"round", e.float(x.round(2 * x.bias))})
	if !e.opmasks {
		c = append(c, constant{"2^+", power(x.halfway)}, constant{"2^-", power(-x.halfway)})
	}
	return c
}

// expSlots is how many slots exponential needs.
const expSlots = 4

// exponential computes slot 0 = e^slot0.
//
// p = (q·r + 1)·r + 1 loses less than 1 + (r + r²·q) would. Scaling by 2^n must
// round once, though a result may be subnormal: AVX-512 has an instruction for
// it. AVX2 multiplies by A = 2^(n∓h), which is exact, and then by C = 2^±h, the
// sign that of x. A NaN stays in p, whatever becomes of n.
func exponential(g *group) {
	const x, t, r, q = 0, 1, 2, 3
	n := t
	if !g.opmasks {
		n = q // t's bits are needed later
	}
	g.clamp(x, q, "high", "low")
	g.reduce(x, t, n, r)
	g.park(t)
	g.horner("q", len(g.exp().q), r, q)
	g.each(func(v slots) { g.fma213(g.c("1"), v(r), v(q)) })
	g.each(func(v slots) { g.fma213(g.c("1"), v(r), v(q)) })
	g.recall(t)
	if g.opmasks {
		g.each(func(v slots) { g.either(g.asm.VSCALEFPS, g.asm.VSCALEFPD, v(t), v(q), v(x)) })
		return
	}
	g.each(func(v slots) { g.exponentBits(v(t)) })
	if g.parks {
		g.reload(x)
	}
	g.each(func(v slots) { g.move(g.c("2^+"), v(r)) })
	g.each(func(v slots) { g.blend(v(x), g.c("2^-"), v(r)) })
	g.each(func(v slots) { g.either(g.asm.VPSUBD, g.asm.VPSUBQ, v(r), v(t), v(t)) })
	g.each(func(v slots) { g.mul(v(t), v(q), v(q)) })
	g.each(func(v slots) { g.mul(v(r), v(q), v(x)) })
}

// clamp limits slot x from above, and from below if low is named. The constant
// is the first source: of the two, MIN and MAX return the second if one is NaN.
func (g *group) clamp(x, scratch int, high, low string) {
	g.each(func(v slots) { g.min(v(x), g.inRegister(high, v(scratch)), v(x)) })
	if low != "" {
		g.each(func(v slots) { g.max(v(x), g.inRegister(low, v(scratch)), v(x)) })
	}
}

// reduce sets t = x·log₂e + round, n = t − round and r = x − n·ln 2. Slots t
// and n may be the same, x and r too.
func (g *group) reduce(x, t, n, r int) {
	g.each(func(v slots) { g.move(g.c("log2e"), v(t)) })
	g.each(func(v slots) { g.fma213(g.c("round"), v(x), v(t)) })
	g.each(func(v slots) { g.sub(g.c("round"), v(t), v(n)) })
	if r != x {
		g.each(func(v slots) { g.move(v(x), v(r)) })
	}
	g.each(func(v slots) { g.fnma(g.c("l1"), v(n), v(r)) })
	g.each(func(v slots) { g.fnma(g.c("l2"), v(n), v(r)) })
}

// exponentBits shifts the integer in a rounded number's low bits to where the
// exponent stands.
func (g *group) exponentBits(v reg.VecPhysical) {
	g.either(g.asm.VPSLLD, g.asm.VPSLLQ, operand.U8(g.exp().fraction), v, v)
}

// sigmoidConstants returns what sigmoid needs.
func sigmoidConstants(e *emitter) []constant {
	x := e.exp()
	return append([]constant{
		{"magnitude", e.magnitude()},
		{"top", e.float(x.sigmoidTop)},
		{"round", e.float(x.round(x.bias - x.scale))},
		{"c", uint64(x.bias-x.scale) << x.fraction},
	}, x.polynomial(e)...)
}

// sigmoid computes slot 0 = 1/(1 + e^−slot0).
//
// With z = |x| and e^z = 2^n·(1 + s), all scaled by c = 2^−scale so that it
// stays in range,
//
//	σ(−z) = c / D,  D = c + S·(1 + s),  S = c·2^n;   σ(z) = 1 − σ(−z)
//
// D is held as dh + dl: T = S + c, dh = T + S·s; dl takes what both rounded
// off (S ≥ c, so w = (T − S) − c is exact; T. J. Dekker, 1971). For float64 dl also
// takes what rounding r lost, e0. y = 1/dh, corrected by one residual step, is
// 1/D to less than half a unit; y·c and 1 − y·c round once more.
func sigmoid(g *group) {
	const y, q, w = 0, 2, 4
	g.sigmoidOverC()
	g.each(func(v slots) { g.mul(g.c("c"), v(y), v(q)) }) // exact, or far below 1
	g.each(func(v slots) { g.sub(v(q), g.inRegister("1", v(y)), v(y)) })
	g.reload(w)
	g.each(func(v slots) { g.blend(v(w), v(q), v(y)) })
}

// sigmoidOverC computes slot 0 = σ(−|slot0|)/c.
func (g *group) sigmoidOverC() {
	const x, t, r, q, d, w = 0, 0, 1, 2, 3, 4
	g.each(func(v slots) { g.and(g.c("magnitude"), v(x), v(r)) })
	g.clamp(r, q, "top", "")
	if g.size == 4 {
		g.reduce(r, t, q, r)
	} else {
		g.reduceExactly(t, q, r, d)
	}
	g.park(t)
	if g.size == 8 {
		g.park(d)
	}
	g.horner("q", len(g.exp().q), r, q)
	g.each(func(v slots) { g.mul(v(r), v(q), v(q)) })
	g.each(func(v slots) { g.fma213(v(r), v(r), v(q)) }) // s
	g.recall(t)
	g.each(func(v slots) { g.exponentBits(v(t)) })        // S
	g.each(func(v slots) { g.add(g.c("c"), v(t), v(r)) }) // T
	g.each(func(v slots) { g.sub(v(t), v(r), v(w)) })
	g.each(func(v slots) { g.sub(g.c("c"), v(w), v(w)) })
	if g.size == 8 {
		g.recall(d)
		g.each(func(v slots) { g.fnma(v(d), v(t), v(w)) })
	}
	g.each(func(v slots) { g.move(v(r), v(d)) })
	g.each(func(v slots) { g.fma(v(q), v(t), v(d)) }) // dh
	g.each(func(v slots) { g.sub(v(d), v(r), v(r)) })
	g.each(func(v slots) { g.fma(v(q), v(t), v(r)) })
	g.each(func(v slots) { g.sub(v(w), v(r), v(r)) })                    // dl
	g.each(func(v slots) { g.div(v(d), g.inRegister("1", v(t)), v(t)) }) // y
	g.each(func(v slots) { g.fnma213(g.c("1"), v(t), v(d)) })
	g.each(func(v slots) { g.fnma(v(r), v(t), v(d)) })
	g.each(func(v slots) { g.fma213(v(t), v(d), v(t)) })
}

// reduceExactly is reduce for r = x, and sets e0 to what r's rounding lost.
func (g *group) reduceExactly(t, n, r, e0 int) {
	g.each(func(v slots) { g.move(g.c("log2e"), v(t)) })
	g.each(func(v slots) { g.fma213(g.c("round"), v(r), v(t)) })
	g.each(func(v slots) { g.sub(g.c("round"), v(t), v(n)) })
	g.each(func(v slots) { g.fnma(g.c("l1"), v(n), v(r)) })
	g.each(func(v slots) { g.move(v(r), v(e0)) })
	g.each(func(v slots) { g.fnma(g.c("l2"), v(n), v(r)) })
	g.each(func(v slots) { g.sub(v(r), v(e0), v(e0)) })
	g.each(func(v slots) { g.fnma(g.c("l2"), v(n), v(e0)) })
}

// exponentials writes Exp and Sigmoid.
func exponentials(e *emitter) {
	elementwise(e, &formula{
		name:      "exp",
		signature: "func(n int, dst, src *T)",
		doc:       "is Kernels.Exp.",
		src:       []string{"src"},
		dst:       []string{"dst"},
		slots:     expSlots,
		unroll:    map[string]int{"AVX2": 3, "AVX512": 3},
		pace:      map[string]map[int]float64{"AVX2": {4: 1.9, 8: 1.8}, "AVX512": {4: 2.6, 8: 2.6}},
		constants: expConstants,
		compute:   exponential,
	})
	elementwise(e, &formula{
		name:      "sigmoid",
		signature: "func(n int, dst, src *T)",
		doc:       "is Kernels.Sigmoid.",
		src:       []string{"src"},
		dst:       []string{"dst"},
		slots:     5,
		unroll:    map[string]int{"AVX2": 3, "AVX512": 4},
		pace:      map[string]map[int]float64{"AVX2": {4: 1.85, 8: 1.7}, "AVX512": {4: 3, 8: 2.3}},
		constants: sigmoidConstants,
		compute:   sigmoid,
	})
}
