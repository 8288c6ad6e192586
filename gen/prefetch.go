package main

import "github.com/mmcloughlin/avo/reg"

// prefetch writes what asks for the columns of a strip of B, some elements further along
// its rows, a line for each 64 bytes of it.
func prefetch(e *emitter) {
	e.function("prefetch", "func(k int, x *T, ldx, ahead int)", "is Kernels.Prefetch.")
	k, x, ldx, ahead := reg.RCX, reg.RSI, reg.RDX, reg.RAX
	e.arg("k", k)
	e.arg("x", x)
	e.strideArg("ldx", ldx)
	e.strideArg("ahead", ahead)
	e.asm.ADDQ(ahead, x)
	e.loop("rows", k, 1, func() {
		for line := 0; line < e.nrVector*e.bytes; line += 64 {
			e.asm.PREFETCHT0(mem(x, nil, 0, line))
		}
		e.asm.ADDQ(ldx, x)
	})
	e.ret()
}
