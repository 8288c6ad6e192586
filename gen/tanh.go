package main

import (
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tanhNumbers are the numbers that tanh is computed from, for one element size.
//
// Below the bound, with u = x²,
//
//	tanh x = x + x·u·q(u)
//
// q from package fit beside this one. Elsewhere, from e^2|x| as exp has it,
//
//	tanh |x| = 1 − 2/(e^2|x| + 1)
//
// A lower bound makes the errors of the second formula larger, a higher one the
// polynomial longer.
type tanhNumbers struct {
	bound float64
	top   float64 // tanh is 1 at the latest
	q     []float64
}

func (e *emitter) tanh() tanhNumbers {
	if e.size == 4 {
		return tanhNumbers{
			bound: 0.945, top: 10,
			q: []float64{
				-0x1.555548p-2, 0x1.110e0ap-3, -0x1.b9a31p-5, 0x1.61c7a8p-6, -0x1.0a648ap-7, 0x1.41f64ep-9, -0x1.ad4c52p-12,
			},
		}
	}
	return tanhNumbers{
		bound: 0.945, top: 20,
		q: []float64{
			-0x1.5555555555544p-2, 0x1.1111111110153p-3, -0x1.ba1ba1b97aabdp-5, 0x1.664f48689b98ap-6, -0x1.226e32d4ca8c1p-7,
			0x1.d6d37e6ff5a58p-9, -0x1.7d9fc69554858p-10, 0x1.353b0b917a47ep-11, -0x1.f4260c1787f8cp-13, 0x1.909ad7980f42p-14,
			-0x1.3622acc7ae3c3p-15, 0x1.b6a940933236ep-17, -0x1.005879c11f38p-18, 0x1.a52b70bf68082p-21, -0x1.5ed86a923155fp-24,
		},
	}
}

// tanhConstants returns what tanh needs. e^2x is e^y for y = 2x: powers of two, in
// which nothing rounds, turn the numbers of e^y to those of e^2x.
func tanhConstants(e *emitter) []constant {
	x, t := e.exp(), e.tanh()
	c := []constant{
		{"magnitude", e.magnitude()}, {"sign", e.magnitude() + 1}, {"bound", e.float(t.bound)}, {"top", e.float(t.top)},
		{"1", e.float(1)}, {"2", e.float(2)}, {"round", e.float(x.round(0))},
		{"log2e", e.float(2 * x.log2e)}, {"l1", e.float(x.l1 / 2)}, {"l2", e.float(x.l2 / 2)},
	}
	q := make([]float64, len(x.q))
	power := 4.0
	for i, v := range x.q {
		q[i] = power * v
		power *= 2
	}
	return append(append(c, e.coefficients("t", t.q)...), e.coefficients("q", q)...)
}

// tanh computes slot 0 = tanh slot 0. It has both formulas of a number.
func tanh(g *group) {
	if g.opmasks {
		tanhOfOnePolynomial(g)
		return
	}
	const x, r, small, t, q = 0, 1, 2, 3, 0
	g.each(func(v slots) { g.and(g.c("magnitude"), v(x), v(r)) })
	g.each(func(v slots) { g.mul(v(r), v(r), v(t)) })
	g.horner("t", len(g.tanh().q), t, small)
	g.each(func(v slots) { g.mul(v(t), v(small), v(small)) })
	g.each(func(v slots) { g.fma213(v(r), v(r), v(small)) })

	if g.parks { // the polynomial above may then wait
		g.reload(r)
		g.each(func(v slots) { g.and(g.c("magnitude"), v(r), v(r)) })
	}
	g.clamp(r, t, "top", "")
	g.reduce(r, t, q, r)
	g.park(t)
	g.horner("q", len(g.exp().q), r, q)
	g.each(func(v slots) { g.fma213(g.c("2"), v(r), v(q)) })
	g.tanhOfLarge(r, t, q)

	g.reload(r)
	g.each(func(v slots) { g.and(g.c("magnitude"), v(r), v(t)) })
	g.each(func(v slots) { g.compare(less, v(t), g.c("bound"), v(t)) })
	g.each(func(v slots) { g.blend(v(t), v(small), v(q)) })
	g.each(func(v slots) { g.and(g.c("sign"), v(r), v(r)) })
	g.each(func(v slots) { g.or(v(r), v(q), v(q)) })
}

// tanhOfOnePolynomial is tanh with the two polynomials as one, in whose steps each
// lane has the coefficients of its own formula: selecting them takes no multiply-add.
func tanhOfOnePolynomial(g *group) {
	const x, r, u, t, q, y, c = 0, 1, 2, 3, 0, 4, 5
	g.each(func(v slots) { g.and(g.c("magnitude"), v(x), v(r)) })
	g.each(func(v slots) { g.mul(v(r), v(r), v(u)) })
	g.eachMasked(func(v slots, k reg.Register) { g.compareOpmask(less, v(r), g.c("bound"), k) })
	g.clamp(r, t, "top", "")
	g.reduce(r, t, q, r)
	g.eachMasked(func(v slots, k reg.Register) { g.choose(k, v(u), v(r), v(y)) })

	// t's coefficients beside 2, q's, and zeros: 0·r + q is q.
	n := len(g.tanh().q)
	large := append([]string{"2"}, names("q", len(g.exp().q))...)
	for i, small := range slices.Backward(names("t", n)) {
		to := c
		if i == n-1 {
			to = q
		}
		g.eachMasked(func(v slots, k reg.Register) {
			if i < len(large) {
				g.choose(k, g.c(small), g.inRegister(large[i], v(to)), v(to))
			} else {
				g.load(g.c(small), &mask{k}, v(to))
			}
		})
		if i < n-1 {
			g.each(func(v slots) { g.fma213(v(c), v(y), v(q)) })
		}
	}
	g.each(func(v slots) { g.mul(v(u), v(q), v(u)) })
	g.tanhOfLarge(r, t, q)

	g.reload(r)
	g.each(func(v slots) { g.and(g.c("magnitude"), v(r), v(t)) })
	g.each(func(v slots) { g.fma213(v(t), v(t), v(u)) })
	g.eachMasked(func(v slots, k reg.Register) { g.move(v(u), k, v(q)) })
	const firstOrBoth = 0xf8 // A | B&C
	g.each(func(v slots) {
		g.either(g.asm.VPTERNLOGD, g.asm.VPTERNLOGQ, operand.U8(firstOrBoth), g.c("sign"), v(r), v(q))
	})
}

// tanhOfLarge computes slot q = 1 − 2/(e^2x + 1) from r, t as reduce has them and
// q = 2 + r·q(r):
//
//	e^2x + 1 = (2^n + 1) + r·(2^n·q)
//
// q, which is not 0, is multiplied by adding n to its exponent; a NaN is in r, too.
func (g *group) tanhOfLarge(r, t, q int) {
	plus := func(x, y operand.Op, to reg.VecPhysical) { g.either(g.asm.VPADDD, g.asm.VPADDQ, x, y, to) }
	g.recall(t)
	g.each(func(v slots) { g.exponentBits(v(t)) })
	g.each(func(v slots) { plus(v(t), v(q), v(q)) })
	g.each(func(v slots) { plus(g.c("1"), v(t), v(t)) })
	g.each(func(v slots) { g.add(g.c("1"), v(t), v(t)) })
	g.each(func(v slots) { g.fma(v(r), v(q), v(t)) })
	g.each(func(v slots) { g.div(v(t), g.inRegister("2", v(q)), v(t)) })
	g.each(func(v slots) { g.sub(v(t), g.inRegister("1", v(q)), v(q)) })
}

// tanhs writes Tanh.
func tanhs(e *emitter) {
	slots := 4
	if e.opmasks {
		slots = 6
	}
	elementwise(e, &formula{
		name:      "tanh",
		signature: "func(n int, dst, src *T)",
		doc:       "is Kernels.Tanh.",
		src:       []string{"src"},
		dst:       []string{"dst"},
		slots:     slots,
		unroll:    map[string]int{"AVX2": 3, "AVX512": 3},
		pace:      map[string]map[int]float64{"AVX2": {4: 1.4, 8: 1.5}, "AVX512": {4: 3.3, 8: 3}},
		constants: tanhConstants,
		compute:   tanh,
	})
}
