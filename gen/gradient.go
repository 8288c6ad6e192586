package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gradient is a formula that turns a, in slot 0, and da, in slot 1, to dz in slot
// 0; slot 2 is free.
type gradient struct {
	name      string
	constants func(e *emitter) []constant
	compute   func(g *group)
}

const gradientSlots = 3

var gradientFormulas = []gradient{
	{
		name:      "sigmoid",
		constants: func(*emitter) []constant { return nil },
		compute: func(g *group) {
			g.each(func(v slots) {
				g.move(v(0), v(2))
				g.fnma(v(0), v(0), v(2)) // a − a·a
				g.mul(v(2), v(1), v(0))
			})
		},
	},
	{
		name:      "tanh",
		constants: func(e *emitter) []constant { return []constant{{"1", e.float(1)}} },
		compute: func(g *group) {
			g.each(func(v slots) {
				g.move(g.c("1"), v(2))
				g.fnma(v(0), v(0), v(2)) // 1 − a·a
				g.mul(v(2), v(1), v(0))
			})
		},
	},
	{
		name:      "relu",
		constants: zeroConstant,
		compute: func(g *group) {
			g.each(func(v slots) {
				if g.opmasks {
					g.compareOpmask(greater, v(0), g.c("0"), reg.K2)
					g.load(v(1), &mask{reg.K2}, v(0))
				} else {
					g.compare(greater, v(0), g.c("0"), v(0))
					g.and(v(1), v(0), v(0))
				}
			})
		},
	},
}

func zeroConstant(*emitter) []constant { return []constant{{"0", 0}} }

// gradients writes the gradients of activations, alone and with the sums of rows.
func gradients(e *emitter) {
	for _, f := range gradientFormulas {
		elementwise(e, &formula{
			name:      f.name + "Grad",
			signature: "func(n int, dz, da, a *T)",
			doc:       "is the kernel of that name in Kernels.",
			src:       []string{"a", "da"},
			dst:       []string{"dz"},
			slots:     gradientSlots,
			unroll:    map[string]int{"AVX2": 4, "AVX512": 4},
			constants: f.constants,
			compute:   f.compute,
		})
		gradientSums(e, f)
	}
}

// gradientSums writes the kernel that computes gradients and the sums of their
// blocks in one pass over the rows, in the order of blockSums. Behind the slots of
// vectors side by side, as many as there is room for, stand the mask of sets
// without opmasks and the accumulators.
func gradientSums(e *emitter, f gradient) {
	e.function(f.name+"GradSums", "func(m, n int, dz *T, lddz int, da *T, ldda int, a *T, lda int, sums *T, lds int)",
		"is the kernel of that name in Kernels.")
	s := &summer{emitter: e, what: plain, vectors: sumLanes / e.lanes()}
	s.passes = max(1, s.vectors/8)
	accumulators := s.vectors / s.passes
	if s.passes > 1 {
		accumulators += accumulators / 2 // those of the pass before
	}
	// Where there are opmasks, there are registers for all. (VEXTRACTF128, which
	// folds the first accumulator, knows only the lower 16.)
	side, maskAt := 4, reg.VecPhysical(nil)
	s.base = gradientSlots * side
	if !e.opmasks {
		s.base = len(e.isa.vectors) - accumulators
		side, maskAt = (s.base-1)/gradientSlots, e.v(s.base-1)
	}
	g := &group{emitter: e}
	g.placeConstants(f.constants(e), s.base+accumulators, len(e.isa.vectors))

	dz, da, a, out := reg.RDI, reg.RSI, reg.R10, reg.R11
	n, at, block, to := reg.RDX, reg.R13, reg.R9, reg.R8 // at and block are offsets in the rows
	e.arg("m", sumsM)
	e.arg("dz", dz)
	e.arg("da", da)
	e.arg("a", a)
	e.arg("sums", out)

	// vectors computes those given, and adds each to its accumulator.
	type placed struct{ acc, vector int }
	vectors := func(of []placed, m *mask) {
		g.vectors = len(of)
		for slot, base := range []reg.GPPhysical{a, da} {
			for u, p := range of {
				e.load(mem(base, at, 1, p.vector*e.bytes), m, e.v(slot*len(of)+u))
			}
		}
		f.compute(g)
		for u, p := range of {
			e.store(e.v(u), m, mem(dz, at, 1, p.vector*e.bytes))
			e.add(e.v(u), s.acc(p.acc), s.acc(p.acc))
		}
	}
	e.loop("row", sumsM, 1, func() {
		e.arg("n", n)
		e.asm.XORQ(block, block)
		e.asm.MOVQ(out, to)
		e.at(target("block"))
		e.asm.TESTQ(n, n)
		e.asm.JLE(target("row_done"))
		s.block("block", func(first, count int) {
			var all []placed
			s.each(first, count, func(acc, vector int) {
				s.zero(s.acc(acc))
				all = append(all, placed{acc, vector})
			})
			e.asm.MOVQ(block, at)
			e.asm.MOVQ(operand.I32(sumBlock), sumsRest)
			e.asm.CMPQ(n, sumsRest)
			e.asm.CMOVQLT(n, sumsRest)
			name := fmt.Sprintf("chunk%d", first)
			e.loop(name, sumsRest, sumLanes, func() {
				for i := 0; i < len(all); i += side {
					vectors(all[i:min(i+side, len(all))], nil)
				}
				e.asm.ADDQ(operand.I32(sumLanes*e.size), at)
			})
			s.tail(name, first, count, maskAt, func(acc, vector int, m *mask) {
				vectors([]placed{{acc, vector}}, m)
			})
		})
		e.moveOne(s.acc(0).AsX(), mem(to, nil, 0, 0))
		e.asm.ADDQ(operand.I32(e.size), to)
		e.asm.ADDQ(operand.I32(sumBlock*e.size), block)
		e.asm.SUBQ(operand.I32(sumBlock), n)
		e.asm.JMP(target("block"))
		e.at(target("row_done"))
		for _, row := range []struct {
			pointer reg.GPPhysical
			stride  string
		}{{dz, "lddz"}, {da, "ldda"}, {a, "lda"}, {out, "lds"}} {
			e.asm.ADDQ(e.strideArg(row.stride, reg.RAX), row.pointer)
		}
	})
	e.ret()
}
