package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gatherT writes Kernels.GatherT. It is VEX code on YMM: it moves memory, and wider
// registers would not move more.
//
// Eight rows, in the end four, go side by side, 16 bytes of each at a time. The
// first half of a register takes one row, the second the row four (for float64
// two) on, so that transposing is within halves and gives what is stored. The last
// rows and steps are moved one by one.
func gatherT(e *emitter) {
	key := fmt.Sprint("gatherT ", e.size)
	if e.data.seen[key] {
		return
	}
	e.data.seen[key] = true
	g := &gatherer{emitter: &emitter{asm: e.asm, isa: e.vex(), size: e.size, data: e.data}}
	g.function("gatherT", "func(m, n int, dst *T, ldd int, src *T, lds int, index *int)", "is Kernels.GatherT.")
	g.left, g.to = g.asm.AllocLocal(8), g.asm.AllocLocal(8)
	g.arg("m", reg.RAX)
	g.asm.MOVQ(reg.RAX, g.left)
	g.arg("dst", reg.RAX)
	g.asm.MOVQ(reg.RAX, g.to)
	g.arg("index", gatherTIndex)
	g.strideArg("ldd", gatherTLDD)
	g.asm.LEAQ(mem(gatherTLDD, gatherTLDD, 2, 0), gatherT3LDD)
	for _, rows := range []int{8, 4, 1} {
		g.at(target("rows%d", rows))
		g.asm.CMPQ(g.left, operand.I8(rows))
		g.asm.JLT(target("rows%d_end", rows))
		g.rows(rows)
		g.asm.ADDQ(operand.I32(rows*8), gatherTIndex)
		g.asm.ADDQ(operand.I32(rows*g.size), g.to)
		g.asm.SUBQ(operand.I32(rows), g.left)
		g.asm.JMP(target("rows%d", rows))
		g.at(target("rows%d_end", rows))
	}
	g.ret()
}

// The registers of gatherT: how far the rows have been read, and where that goes.
var (
	gatherTAt, gatherTN     = reg.RAX, reg.RBX
	gatherTLDD, gatherT3LDD = reg.RDX, reg.RCX
	gatherTIndex            = reg.RSI
	gatherTTo               = reg.RDI
	gatherTRows             = []reg.GPPhysical{reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.R14, reg.R15}
)

type gatherer struct {
	*emitter
	left, to operand.Mem // rows, and where they go
}

func (g *gatherer) rows(rows int) {
	g.strideArg("lds", gatherTN)
	g.arg("src", gatherTTo)
	for i, row := range gatherTRows[:rows] {
		g.asm.MOVQ(mem(gatherTIndex, nil, 0, 8*i), row)
		g.asm.IMULQ(gatherTN, row)
		g.asm.ADDQ(gatherTTo, row)
	}
	g.asm.XORQ(gatherTAt, gatherTAt)
	g.arg("n", gatherTN)
	g.asm.MOVQ(g.to, gatherTTo)
	if rows > 1 {
		steps := 16 / g.size
		g.loop(fmt.Sprintf("steps%d", rows), gatherTN, steps, func() {
			width := min(rows, g.lanes()) // of what is stored
			for first := 0; first < rows; first += width {
				g.transpose(first, width, steps)
			}
			g.asm.ADDQ(operand.I32(16), gatherTAt)
			g.asm.LEAQ(mem(gatherTTo, gatherTLDD, steps, 0), gatherTTo)
		})
	}
	g.loop(fmt.Sprintf("step%d", rows), gatherTN, 1, func() {
		for i, row := range gatherTRows[:rows] {
			g.moveOne(mem(row, gatherTAt, 1, 0), g.v(i).AsX())
			g.moveOne(g.v(i).AsX(), mem(gatherTTo, nil, 0, i*g.size))
		}
		g.asm.ADDQ(operand.I32(g.size), gatherTAt)
		g.asm.ADDQ(gatherTLDD, gatherTTo)
	})
}

// transpose stores some steps of width rows from the first on. As many rows as
// steps fill a half.
func (g *gatherer) transpose(first, width, steps int) {
	at := func(i int) operand.Mem { return mem(gatherTRows[first+i], gatherTAt, 1, 0) }
	whole := width > steps // both halves
	part := func(v reg.VecPhysical) operand.Op {
		if whole {
			return v
		}
		return v.AsX()
	}
	for i := range steps {
		g.move(at(i), g.v(i).AsX())
		if whole {
			g.asm.VINSERTF128(operand.Imm(1), at(i+steps), g.v(i), g.v(i))
		}
	}
	for s, v := range g.transposeHalves(part) {
		g.move(v, fromRow(gatherTTo, gatherTLDD, gatherT3LDD, s, first*g.size))
	}
}
