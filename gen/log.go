package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// logNumbers are the numbers that log is computed from, for one element size.
//
// x = 2^k·m with 3/4 ≤ m < 3/2, f = m − 1 and log x = k·ln 2 + log(1+f). For
// float32
//
//	log(1+f) = f + f²·q(f)
//
// For float64, with s = f/(2+f) and z = s²,
//
//	log(1+f) = 2·artanh s = s·(2 + z·q(z)) = f − s·(f − z·q(z))
//
// where 2·s = f − s·f makes the large term exact (as in FreeBSD's e_log.c), and
// k·ln 2 + f is kept as a sum of two numbers. q is
// a minimax polynomial of the relative error, from package fit beside this one.
type logNumbers struct {
	fraction, bias int
	q              []float64
	subnormal      int // what subnormal numbers are scaled by, as a power of two
}

// ln2Rest is ln 2 less its float64.
const ln2Rest = 0x1.abc9e3b39803fp-56

func (e *emitter) log() logNumbers {
	if e.size == 4 {
		return logNumbers{
			fraction: 23, bias: 127, subnormal: 24,
			q: []float64{
				-0x1p-1, 0x1.5555a4p-2, -0x1.00004ap-2, 0x1.99699ep-3, -0x1.54ed96p-3, 0x1.28807ap-3, -0x1.0d98fp-3, 0x1.acf4aap-4,
				-0x1.71e334p-5,
			},
		}
	}
	return logNumbers{
		fraction: 52, bias: 1023, subnormal: 54,
		q: []float64{
			0x1.555555555554fp-1, 0x1.999999999c179p-2, 0x1.24924921e457cp-2, 0x1.c71c748fb0d8ap-3, 0x1.745c4adfdfc4dp-3,
			0x1.3b35c02bee0bp-3, 0x1.0dcba1ace789ep-3, 0x1.1b8135a5795acp-3,
		},
	}
}

// logConstants returns what logarithm needs.
func logConstants(e *emitter) []constant {
	l := e.log()
	c := append([]constant{{"1", e.float(1)}, {"ln2", e.float(math.Ln2)}}, e.coefficients("q", l.q)...)
	if e.size == 8 {
		c = append(c, constant{"ln2 rest", e.float(ln2Rest)})
	}
	if e.opmasks {
		return append(c, constant{"fix up", e.fixUp()})
	}
	c = append(c,
		constant{"0", 0}, constant{"Inf", e.float(math.Inf(1))}, constant{"-Inf", e.float(math.Inf(-1))},
		constant{"normal", 1 << l.fraction}, constant{"range", e.float(math.Inf(1)) - 1<<l.fraction - 1}, constant{"scale", e.float(math.Ldexp(1, l.subnormal))},
		constant{"scaled", e.float(-float64(l.subnormal))},
		constant{"3/4", e.float(0.75)}, constant{"fraction", 1<<l.fraction - 1},
	)
	if e.size == 8 {
		const integer = 1 << 52 // as a float64, its low bits are an integer
		c = append(c, constant{"integer", e.float(integer)}, constant{"biased", e.float(integer + float64(l.bias))})
	}
	return c
}

// The slots of logarithm: x = 2^k·m, and scratch.
const logK, logM, logQ, logT, logZ = 0, 1, 2, 3, 4

// logarithm computes slot 0 = log(slot 0). Without opmasks it looks first whether
// all lanes are normal positive numbers, for which it takes two thirds of the steps.
func logarithm(g *group) {
	if g.opmasks {
		g.logParts()
		g.logFormula()
		if g.size == 8 {
			g.logFixUp()
		}
		return
	}
	// The bits less those of the least normal number are from 0 to range, or one
	// of them and what is left of range has its sign set.
	subtract := func(x operand.Op, from, to reg.VecPhysical) { g.either(g.asm.VPSUBD, g.asm.VPSUBQ, x, from, to) }
	g.each(func(v slots) { subtract(g.c("normal"), v(0), v(logM)) })
	g.each(func(v slots) { subtract(v(logM), g.inRegister("range", v(logQ)), v(logQ)) })
	g.each(func(v slots) { g.or(v(logQ), v(logM), v(logM)) })
	g.rarely(logM, func() {
		g.scaleSubnormals()
		g.logPartsByBits()
		g.each(func(v slots) { g.add(v(logT), v(logK), v(logK)) })
		g.logFormula()
		g.logSpecials()
	}, func() {
		g.logPartsByBits()
		g.logFormula()
	})
}

// logFormula computes slot 0 from its parts.
func (g *group) logFormula() {
	const k, m, q, t, z = logK, logM, logQ, logT, logZ
	n := len(g.log().q)
	if g.size == 4 {
		g.each(func(v slots) { g.sub(g.c("1"), v(m), v(m)) }) // f
		g.horner("q", n, m, q)
		g.each(func(v slots) { g.mul(v(m), v(m), v(t)) })
		g.each(func(v slots) { g.fma(v(t), v(q), v(m)) })
		g.each(func(v slots) { g.fma132(g.c("ln2"), v(m), v(k)) })
		return
	}
	g.each(func(v slots) { g.add(g.c("1"), v(m), v(t)) })
	g.each(func(v slots) { g.sub(g.c("1"), v(m), v(m)) }) // f
	g.each(func(v slots) { g.div(v(t), v(m), v(t)) })     // s
	g.each(func(v slots) { g.mul(v(t), v(t), v(z)) })
	g.horner("q", n, z, q)
	g.each(func(v slots) { g.fnma213(v(m), v(z), v(q)) })
	g.each(func(v slots) { g.mul(g.c("ln2 rest"), v(k), v(z)) })
	g.each(func(v slots) { g.fnma(v(t), v(q), v(z)) })
	// k·ln 2 + f is a sum h + (f − (h − k·ln 2)): nothing but h rounds, for all
	// are multiples of 2⁻⁵⁴ and what h leaves is below 1/2.
	g.each(func(v slots) { g.move(v(m), v(q)) })
	g.each(func(v slots) { g.fma(g.c("ln2"), v(k), v(q)) }) // h
	g.each(func(v slots) { g.fnma132(g.c("ln2"), v(q), v(k)) })
	g.each(func(v slots) { g.sub(v(k), v(m), v(m)) })
	g.each(func(v slots) { g.add(v(z), v(m), v(m)) })
	g.each(func(v slots) { g.add(v(q), v(m), v(k)) })
}

// logParts sets k and m for slot 0 = 2^k·m. For ±0 k is −Inf and m 1, for +Inf +Inf
// and 1, for negative numbers and NaN m is NaN: float32's formula then gives what it
// should, float64's needs logFixUp.
func (g *group) logParts() {
	const k, m, scratch = logK, logM, logQ
	const (
		from3to6Quarters = 3
		negativeIsNaN    = 2 << 2
	)
	g.each(func(v slots) {
		g.either(g.asm.VGETMANTPS, g.asm.VGETMANTPD, operand.U8(negativeIsNaN|from3to6Quarters), v(0), v(m))
	})
	// The exponent is that of x, or one more where m is below 1.
	g.each(func(v slots) { g.either(g.asm.VGETEXPPS, g.asm.VGETEXPPD, v(0), v(k)) })
	g.each(func(v slots) { g.either(g.asm.VGETEXPPS, g.asm.VGETEXPPD, v(m), v(scratch)) })
	g.each(func(v slots) { g.sub(v(scratch), v(k), v(k)) })
}

// scaleSubnormals scales the subnormal numbers in slot 0, and sets t to what that
// adds to k.
func (g *group) scaleSubnormals() {
	g.each(func(v slots) { g.compare(less, v(0), g.c("normal"), v(logT)) })
	g.each(func(v slots) { g.mul(g.c("scale"), v(0), v(logM)) })
	g.each(func(v slots) { g.blend(v(logT), v(logM), v(0)) })
	g.each(func(v slots) { g.and(g.c("scaled"), v(logT), v(logT)) })
}

// logPartsByBits is logParts for normal positive numbers. With the bits of 3/4
// subtracted, the exponent's bits are k and the fraction's those of m − 3/4.
func (g *group) logPartsByBits() {
	const k, m = logK, logM
	g.each(func(v slots) { g.either(g.asm.VPSUBD, g.asm.VPSUBQ, g.c("3/4"), v(0), v(m)) })
	fraction := operand.U8(g.log().fraction)
	if g.size == 4 {
		g.each(func(v slots) { g.asm.VPSRAD(fraction, v(m), v(k)) })
		g.each(func(v slots) { g.asm.VCVTDQ2PS(v(k), v(k)) })
	} else {
		g.each(func(v slots) { g.asm.VPADDQ(g.c("1"), v(m), v(k)) }) // k + bias ≥ 0
		g.each(func(v slots) { g.asm.VPSRLQ(fraction, v(k), v(k)) })
		g.each(func(v slots) { g.or(g.c("integer"), v(k), v(k)) })
		g.each(func(v slots) { g.sub(g.c("biased"), v(k), v(k)) })
	}
	g.each(func(v slots) { g.and(g.c("fraction"), v(m), v(m)) })
	g.each(func(v slots) { g.either(g.asm.VPADDD, g.asm.VPADDQ, g.c("3/4"), v(m), v(m)) })
}

// logFixUp is logSpecials by one instruction.
func (g *group) logFixUp() {
	const y, x = logK, logM
	g.reload(x)
	g.each(func(v slots) {
		g.either(g.asm.VFIXUPIMMPS, g.asm.VFIXUPIMMPD, operand.U8(0), g.c("fix up"), v(x), v(y))
	})
}

// fixUp is logFixUp's table: four bits for each class of numbers, from quiet NaN
// on signalling NaN, zero, 1, −Inf, +Inf, negative and positive, say what is to
// stand in place of the result.
func (e *emitter) fixUp() uint64 {
	const (
		result, quiet, nan, minusInf, inf = 0, 2, 3, 4, 5
	)
	table := uint64(0)
	for i, of := range []uint64{quiet, quiet, minusInf, result, nan, inf, nan, result} {
		table |= of << (4 * i)
	}
	return table
}

// logSpecials repairs the results for what is not positive and finite: NaN and
// +Inf are their own, zeros have −Inf, and all bits set, which negative numbers
// get, are NaN.
func (g *group) logSpecials() {
	const y, x, scratch = logK, logM, logQ
	g.reload(x)
	g.each(func(v slots) { g.compare(less, v(x), g.c("0"), v(scratch)) })
	g.each(func(v slots) { g.or(v(scratch), v(y), v(y)) })
	g.each(func(v slots) { g.compare(equal, v(x), g.c("0"), v(scratch)) })
	g.each(func(v slots) { g.blend(v(scratch), g.c("-Inf"), v(y)) })
	g.each(func(v slots) { g.compare(notLess, v(x), g.c("Inf"), v(scratch)) })
	g.each(func(v slots) { g.blend(v(scratch), v(x), v(y)) })
}

// logarithms writes Log.
func logarithms(e *emitter) {
	slots := 4
	if e.size == 8 {
		slots = 5
	}
	elementwise(e, &formula{
		name:      "log",
		signature: "func(n int, dst, src *T)",
		doc:       "is Kernels.Log.",
		src:       []string{"src"},
		dst:       []string{"dst"},
		slots:     slots,
		unroll:    map[string]int{"AVX2": 3, "AVX512": 4},
		pace:      map[string]map[int]float64{"AVX512": {8: 2.2}},
		constants: logConstants,
		compute:   logarithm,
	})
}
