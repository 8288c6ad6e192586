package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// ceiling writes a loop of multiply-adds on registers alone, independent
// enough to hide their latency: what no product of matrices can exceed.
func ceiling(e *emitter) {
	e.function("ceiling", "func(rounds int) int", "is Kernels.Ceiling.")
	const accumulators, unroll = 12, 4
	x, y := e.v(accumulators), e.v(accumulators+1)
	for i := range accumulators + 2 {
		e.zero(e.v(i))
	}
	e.arg("rounds", reg.RAX)
	e.asm.IMUL3Q(operand.I32(2*accumulators*unroll*e.lanes()), reg.RAX, reg.RDX)
	e.at(target("round"))
	e.asm.SUBQ(operand.Imm(1), reg.RAX)
	e.asm.JLT(target("done"))
	for i := range accumulators * unroll {
		e.fma(x, y, e.v(i%accumulators))
	}
	e.asm.JMP(target("round"))
	e.at(target("done"))
	e.asm.Store(reg.RDX, e.asm.ReturnIndex(0))
	e.ret()

	// What no function of a vector can read faster than.
	e.function("load", "func(n int, x *T)", "is Kernels.Load.")
	const loads = 8
	e.arg("n", reg.RDX)
	e.arg("x", reg.RSI)
	e.loop("loads", reg.RDX, loads*e.lanes(), func() {
		for i := range loads {
			e.move(mem(reg.RSI, nil, 0, i*e.bytes), e.v(i))
		}
		e.asm.ADDQ(operand.I32(loads*e.bytes), reg.RSI)
	})
	e.ret()
}
