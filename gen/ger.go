package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The registers of ger.
var (
	gerM, gerN    = reg.RBX, reg.R13
	gerX, gerIncX = reg.R10, reg.R8
	gerY          = reg.RSI
	gerA, gerLDA  = reg.RDI, reg.R9
	gerRow        = reg.R11
)

// ger writes Kernels.Ger: up to eight vectors of y stay in registers and are added to all
// rows. What does not fill a vector is one that is masked or, where stores that are masked
// are slow, half a vector and single elements.
func ger(e *emitter) {
	e.function("ger", "func(m, n int, alpha T, x *T, incx int, y *T, a *T, lda int)", "is Kernels.Ger.")
	const wide = 8
	alpha, axi := e.v(14), e.v(wide) // 15 is a mask's
	e.arg("n", gerN)
	e.strideArg("incx", gerIncX)
	e.arg("y", gerY)
	e.arg("a", gerA)
	e.strideArg("lda", gerLDA)
	e.broadcast(e.param("alpha"), alpha)
	// columns writes the rows of so many vectors of bytes each, as parts of registers.
	columns := func(name string, vectors, bytes int, part func(reg.VecPhysical) reg.VecPhysical, load, store func(from, to operand.Op)) {
		for j := range vectors {
			load(mem(gerY, nil, 0, j*bytes), part(e.v(j)))
		}
		e.arg("m", gerM)
		e.arg("x", gerX)
		e.asm.MOVQ(gerA, gerRow)
		e.loop(name+"_row", gerM, 1, func() {
			e.repeat(mem(gerX, nil, 0, 0), axi)
			e.mul(alpha, axi, axi)
			for j := range vectors {
				at, v := mem(gerRow, nil, 0, j*bytes), part(e.v(wide+1+j%4))
				load(at, v)
				e.fma(part(e.v(j)), part(axi), v)
				store(v, at)
			}
			e.asm.ADDQ(gerIncX, gerX)
			e.asm.ADDQ(gerLDA, gerRow)
		})
		e.asm.ADDQ(operand.I32(vectors*bytes), gerY)
		e.asm.ADDQ(operand.I32(vectors*bytes), gerA)
	}
	move := func(from, to operand.Op) { e.move(from, to) }
	whole := func(v reg.VecPhysical) reg.VecPhysical { return v }
	half := func(v reg.VecPhysical) reg.VecPhysical { return v.AsX().(reg.VecPhysical) }
	for vectors := wide; vectors > 0; vectors /= 2 {
		name := fmt.Sprintf("vectors%d", vectors)
		e.loop(name, gerN, vectors*e.lanes(), func() { columns(name, vectors, e.bytes, whole, move, move) })
	}
	if e.opmasks {
		e.asm.TESTQ(gerN, gerN)
		e.asm.JEQ(target("done"))
		m := e.lastMask()
		e.tailMask(gerN, m)
		columns("last", 1, e.bytes, whole,
			func(from, to operand.Op) { e.load(from, &m, to) },
			func(from, to operand.Op) { e.store(from, &m, to.(operand.Mem)) })
		e.at(target("done"))
	} else {
		one := func(from, to operand.Op) { e.moveOne(from, to) }
		e.loop("half", gerN, e.lanes()/2, func() { columns("half", 1, e.bytes/2, half, move, move) })
		e.loop("one", gerN, 1, func() { columns("one", 1, e.size, half, one, one) })
	}
	e.ret()
}
