package main

import (
	"fmt"
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemm writes the micro-kernel. It holds a tile of C in registers: rows × nv
// accumulators, beside them nv vectors of B, one element of A broadcast to all
// lanes and, with AVX2, the mask of the last column vector:
//
//	for p in 0 … k:  acc[i][j] += A(i,p) * b[p*ldb + j·lanes : ]
//
// A step costs nv loads, rows broadcasts and rows·nv multiply-adds. Broadcasts
// go to a register: as an operand of the multiply-add they would be loaded nv
// times. Rows are addressed from four pointers (rows 0, 3, 6 and 9) by the scales
// 0, 1 and 2 of one stride.
//
// There are three variants by width: all NR columns, and one or two vectors of
// which the last is masked. Each walks down its strip in tiles of MR rows and
// ends with exact kernels for other numbers. A tile of few rows waits for its own
// sums: a multiply-add takes four cycles, and two begin in each. So a few rows
// more than MR are not left to a tile of their own (isa.last).
func gemm(e *emitter) {
	e.function("gemm", "func(m, n, k int, a *T, tsa, rsa, csa int, b *T, ldb int, beta T, c *T, ldc int)",
		"is Kernels.Gemm.")
	g := &gemmEmitter{emitter: e}
	e.arg("m", gemmM)
	e.arg("a", gemmA)
	e.strideArg("rsa", gemmRSA)
	e.strideArg("csa", gemmCSA)
	e.strideArg("ldb", gemmLDB)
	e.arg("c", gemmC)
	e.strideArg("ldc", gemmLDC)

	nr := e.nrVector * e.lanes()
	e.arg("n", reg.RDX)
	e.CMPQ(reg.RDX, operand.I32(nr))
	e.JEQ(target("full"))
	e.TESTQ(reg.RDX, reg.RDX)
	e.JEQ(target("done"))
	for nv := e.nrVector; nv > 0; nv-- {
		if nv > 1 {
			e.CMPQ(reg.RDX, operand.I32((nv-1)*e.lanes()))
			e.JLE(target("narrower%d", nv))
			e.SUBQ(operand.I32((nv-1)*e.lanes()), reg.RDX)
		}
		e.tailMask(reg.RDX, g.tail())
		g.strip(target("masked%d", nv), nv, true)
		if nv > 1 {
			e.at(target("narrower%d", nv))
		}
	}
	g.strip(target("full"), e.nrVector, false)
	e.at(target("done"))
	e.ret()
}

// The registers of gemm.
var (
	gemmA, gemmC              = reg.RSI, reg.RDI                                     // the tile
	gemmRows                  = []reg.GPPhysical{reg.RAX, reg.RBX, reg.RCX, reg.R14} // rows 0, 3, 6 and 9 of A or C
	gemmB                     = reg.RDX
	gemmRSA, gemmCSA, gemmLDB = reg.R8, reg.R9, reg.R10
	gemmK                     = reg.R11
	gemmLDC, gemmM            = reg.R12, reg.R13
)

type gemmEmitter struct{ *emitter }

// most returns the rows of the largest tile.
func (g *gemmEmitter) most() int { return max(g.mr, slices.Max(g.last)) }

// The accumulators come first, the mask last.
func (g *gemmEmitter) acc(i, j int) reg.VecPhysical { return g.v(i*g.nrVector + j) }
func (g *gemmEmitter) b(j int) reg.VecPhysical      { return g.v(g.most()*g.nrVector + j) }
func (g *gemmEmitter) broadcasted() reg.VecPhysical { return g.v(g.most()*g.nrVector + g.nrVector) }
func (g *gemmEmitter) tail() mask {
	if g.opmasks {
		return mask{reg.K1}
	}
	return mask{g.v(g.most()*g.nrVector + g.nrVector + 1)}
}

// strip walks down the rows.
func (g *gemmEmitter) strip(name operand.LabelRef, nv int, masked bool) {
	rows := func(r int) operand.LabelRef { return target("%s_rows%d", name, r) }
	g.at(name)
	g.CMPQ(gemmM, operand.I32(g.mr+len(g.last)))
	g.JGT(rows(g.mr))
	for left := g.mr + len(g.last); left > 0; left-- {
		next := left
		if left > g.mr {
			next = g.last[left-g.mr-1]
		}
		g.CMPQ(gemmM, operand.I32(left))
		g.JEQ(rows(next))
	}
	g.JMP(target("done"))
	for r := g.most(); r > 0; r-- {
		g.at(rows(r))
		g.tile(rows(r), r, nv, masked)
		if r == g.mr {
			g.arg("tsa", gemmK)
			g.LEAQ(mem(gemmA, gemmK, g.size, 0), gemmA)
		} else {
			g.IMUL3Q(operand.I32(r), gemmRSA, gemmK)
			g.ADDQ(gemmK, gemmA)
		}
		g.IMUL3Q(operand.I32(r), gemmLDC, gemmK)
		g.ADDQ(gemmK, gemmC)
		g.SUBQ(operand.I32(r), gemmM)
		g.JMP(name)
	}
}

// tile updates rows × nv vectors of C.
func (g *gemmEmitter) tile(name operand.LabelRef, rows, nv int, masked bool) {
	m := func(j int) *mask {
		if tail := g.tail(); masked && j == nv-1 {
			return &tail
		}
		return nil
	}
	vectors := func(f func(i, j int, c operand.Mem)) {
		for i := range rows {
			for j := range nv {
				f(i, j, g.row(i, gemmLDC, j*g.bytes))
			}
		}
	}

	g.compareZero("beta", gemmK)
	g.JNE(target("%s_beta", name))
	for i := range rows {
		for j := range nv {
			g.zero(g.acc(i, j))
		}
	}
	g.JMP(target("%s_begin", name))
	g.at(target("%s_beta", name))
	g.rows(rows, gemmC, gemmLDC)
	g.broadcast(g.param("beta"), g.broadcasted())
	vectors(func(i, j int, c operand.Mem) {
		g.load(c, m(j), g.acc(i, j))
		g.mul(g.acc(i, j), g.broadcasted(), g.acc(i, j))
	})

	g.at(target("%s_begin", name))
	if rows == g.mr {
		g.IMUL3Q(operand.I32(g.mr), gemmLDC, gemmK)
		g.ADDQ(gemmC, gemmK)
		g.rows(rows, gemmK, gemmLDC)
		for i := range rows {
			for line := 0; line < nv*g.bytes; line += 64 {
				g.PREFETCHT0(g.row(i, gemmLDC, line))
			}
		}
	}
	g.rows(rows, gemmA, gemmRSA)
	g.arg("b", gemmB)
	g.arg("k", gemmK)
	step := func() {
		for j := range nv {
			g.load(mem(gemmB, nil, 0, j*g.bytes), m(j), g.b(j))
		}
		for i := range rows {
			g.broadcast(g.row(i, gemmRSA, 0), g.broadcasted())
			for j := range nv {
				g.fma(g.b(j), g.broadcasted(), g.acc(i, j))
			}
		}
		for r := 0; 3*r < rows; r++ {
			g.ADDQ(gemmCSA, gemmRows[r])
		}
		g.ADDQ(gemmLDB, gemmB)
	}
	const unroll = 4
	g.loop(fmt.Sprintf("%s_steps", name), gemmK, unroll, func() {
		for range unroll {
			step()
		}
	})
	g.loop(fmt.Sprintf("%s_step", name), gemmK, 1, step)

	g.rows(rows, gemmC, gemmLDC)
	vectors(func(i, j int, c operand.Mem) { g.store(g.acc(i, j), m(j), c) })
}

// rows points gemmRows at rows 0, 3 and 6, as far as there are, of a matrix.
func (g *gemmEmitter) rows(rows int, base, stride reg.GPPhysical) {
	g.MOVQ(base, gemmRows[0])
	for r := 1; 3*r < rows; r++ {
		g.LEAQ(mem(gemmRows[r-1], stride, 2, 0), gemmRows[r])
		g.ADDQ(stride, gemmRows[r])
	}
}

// row returns the address disp bytes into row i.
func (g *gemmEmitter) row(i int, stride reg.GPPhysical, disp int) operand.Mem {
	if i%3 == 0 {
		return mem(gemmRows[i/3], nil, 0, disp)
	}
	return mem(gemmRows[i/3], stride, i%3, disp)
}
