package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// colSums writes Kernels.ColSums: eight vectors of sums at a time, in the end fewer,
// go down the rows.
func colSums(e *emitter) {
	e.function("colSums", "func(m, n int, x *T, ldx int, sums *T)", "is Kernels.ColSums.")
	n, m := reg.R13, reg.RBX
	x, ldx, row := reg.RSI, reg.R9, reg.R10
	sums := reg.RDI
	e.arg("n", n)
	e.arg("x", x)
	e.strideArg("ldx", ldx)
	e.arg("sums", sums)
	const most = 8
	columns := func(name string, vectors int, mask *mask) {
		at := func(base reg.Register, j int) operand.Mem { return mem(base, nil, 0, j*e.bytes) }
		for j := range vectors {
			e.load(at(sums, j), mask, e.v(j))
		}
		e.arg("m", m)
		e.asm.MOVQ(x, row)
		e.loop(name+"_row", m, 1, func() {
			for j := range vectors {
				if mask == nil {
					e.add(at(row, j), e.v(j), e.v(j))
				} else {
					e.load(at(row, j), mask, e.v(most))
					e.add(e.v(most), e.v(j), e.v(j))
				}
			}
			e.asm.ADDQ(ldx, row)
		})
		for j := range vectors {
			e.store(e.v(j), mask, at(sums, j))
		}
		e.asm.ADDQ(operand.I32(vectors*e.bytes), x)
		e.asm.ADDQ(operand.I32(vectors*e.bytes), sums)
	}
	for vectors := most; vectors > 0; vectors /= 2 {
		name := fmt.Sprintf("by%d", vectors)
		e.loop(name, n, vectors*e.lanes(), func() { columns(name, vectors, nil) })
	}
	e.asm.TESTQ(n, n)
	e.asm.JEQ(target("done"))
	last := e.lastMask()
	e.tailMask(n, last)
	columns("tail", 1, &last)
	e.at(target("done"))
	e.ret()
}
