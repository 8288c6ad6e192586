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
// times, which only every other one is where there are more loads to spare than
// instructions. Rows are addressed from four pointers (rows 0, 3, 6 and 9) by the scales
// 0, 1 and 2 of one stride.
//
// There are variants by width: all NR columns, and one or two vectors of which the
// last is masked. If it fills at most half of a register, half a register is used:
// where the multipliers are narrower than registers, that takes half the time. There
// whole ones are stored by halves, too.
// Each walks down its strip in tiles of MR rows and ends with exact kernels for
// other numbers. A tile of few rows waits for its own sums: a multiply-add takes
// four cycles, and two begin in each. So a few rows more than MR are not left to a
// tile of their own (isa.last), and strips of one vector go down in taller tiles.
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
	e.asm.CMPQ(reg.RDX, operand.I32(nr))
	e.asm.JEQ(target("full"))
	e.asm.TESTQ(reg.RDX, reg.RDX)
	e.asm.JEQ(target("done"))
	for nv := e.nrVector; nv > 0; nv-- {
		if nv > 1 {
			e.asm.CMPQ(reg.RDX, operand.I32((nv-1)*e.lanes()))
			e.asm.JLE(target("narrower%d", nv))
			e.asm.SUBQ(operand.I32((nv-1)*e.lanes()), reg.RDX)
		}
		if e.halves {
			e.asm.CMPQ(reg.RDX, operand.I32(e.lanes()/2))
			e.asm.JLE(target("halved%d", nv))
		}
		e.tailMask(reg.RDX, g.tail())
		g.strip(target("masked%d", nv), columns{nv, true, false})
		if e.halves {
			e.at(target("halved%d", nv))
			e.tailMask(reg.RDX, g.tail())
			g.strip(target("half%d", nv), columns{nv, true, true})
		}
		if nv > 1 {
			e.at(target("narrower%d", nv))
		}
	}
	g.strip(target("full"), columns{e.nrVector, false, false})
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

// columns are those of a strip.
type columns struct {
	nv     int  // vectors
	masked bool // the last one is not whole
	half   bool // and fills at most half of its register
}

// tall is the rows of the largest tile of one vector.
const tall = 12

// most returns the rows of the largest tile of all columns.
func (g *gemmEmitter) most() int { return max(g.mr, slices.Max(g.last)) }

// The accumulators come first, the mask last.
func (g *gemmEmitter) b(j int) reg.VecPhysical      { return g.v(g.most()*g.nrVector + j) }
func (g *gemmEmitter) broadcasted() reg.VecPhysical { return g.v(g.most()*g.nrVector + g.nrVector) }
func (g *gemmEmitter) tail() mask {
	if g.opmasks {
		return mask{reg.K1}
	}
	return mask{g.v(g.most()*g.nrVector + g.nrVector + 1)}
}

// acc returns the accumulator of vector j of row i.
func (c columns) acc(g *gemmEmitter, i, j int) reg.VecPhysical { return g.v(i*c.nv + j) }

// part returns as much of v as vector j takes.
func (c columns) part(j int, v reg.VecPhysical) operand.Op {
	if c.half && j == c.nv-1 {
		return v.AsY()
	}
	return v
}

// mask returns the mask of vector j, nil if it is whole.
func (c columns) mask(g *gemmEmitter, j int) *mask {
	if tail := g.tail(); c.masked && j == c.nv-1 {
		return &tail
	}
	return nil
}

// strip walks down the rows.
func (g *gemmEmitter) strip(name operand.LabelRef, c columns) {
	rows := func(r int) operand.LabelRef { return target("%s_rows%d", name, r) }
	largest := g.most()
	g.at(name)
	if c.nv == 1 {
		// Tiles of one vector need more rows to keep the multipliers busy, which
		// panels, MR rows each, do not have side by side.
		largest = tall
		g.asm.IMUL3Q(operand.I32(g.mr), gemmRSA, gemmK)
		g.strideArg("tsa", reg.RAX)
		g.asm.CMPQ(reg.RAX, gemmK)
		g.asm.JNE(target("%s_panels", name))
		g.asm.CMPQ(gemmM, operand.I32(2*tall))
		g.asm.JGT(rows(tall))
		g.asm.MOVQ(gemmM, gemmK)
		g.asm.CMPQ(gemmM, operand.I32(tall))
		g.asm.JLE(target("%s_choose", name))
		g.asm.INCQ(gemmK)
		g.asm.SHRQ(operand.U8(1), gemmK)
		g.at(target("%s_choose", name))
		g.choose(string(name)+"_choose", gemmK, 0, tall, func(r int) operand.LabelRef {
			if r == 0 {
				return target("done")
			}
			return rows(r)
		})
		g.at(target("%s_panels", name))
	}
	last := g.mr + len(g.last)
	g.asm.CMPQ(gemmM, operand.I32(last))
	g.asm.JGT(rows(g.mr))
	g.choose(string(name)+"_last", gemmM, 0, last, func(left int) operand.LabelRef {
		switch {
		case left == 0:
			return target("done")
		case left > g.mr:
			return rows(g.last[left-g.mr-1])
		}
		return rows(left)
	})
	for r := largest; r > 0; r-- {
		g.at(rows(r))
		g.tile(rows(r), r, c)
		if r == g.mr {
			g.arg("tsa", gemmK)
			g.asm.LEAQ(mem(gemmA, gemmK, g.size, 0), gemmA)
		} else {
			g.asm.IMUL3Q(operand.I32(r), gemmRSA, gemmK)
			g.asm.ADDQ(gemmK, gemmA)
		}
		g.asm.IMUL3Q(operand.I32(r), gemmLDC, gemmK)
		g.asm.ADDQ(gemmK, gemmC)
		g.asm.SUBQ(operand.I32(r), gemmM)
		g.asm.JMP(name)
	}
}

// choose jumps to the target of r's value, which lies between low and high, by
// halving.
func (g *gemmEmitter) choose(name string, r reg.GPPhysical, low, high int, to func(int) operand.LabelRef) {
	if low == high {
		g.asm.JMP(to(low))
		return
	}
	middle := (low + high + 1) / 2
	lower := target("%s_below%d", name, middle)
	g.asm.CMPQ(r, operand.I32(middle))
	if low == middle-1 {
		g.asm.JLT(to(low))
	} else {
		g.asm.JLT(lower)
	}
	g.choose(name, r, middle, high, to)
	if low < middle-1 {
		g.at(lower)
		g.choose(name, r, low, middle-1, to)
	}
}

// tile updates rows × nv vectors of C.
func (g *gemmEmitter) tile(name operand.LabelRef, rows int, w columns) {
	vectors := func(f func(i, j int, c operand.Mem)) {
		for i := range rows {
			for j := range w.nv {
				f(i, j, g.row(i, gemmLDC, j*g.bytes))
			}
		}
	}
	g.compareZero("beta", gemmK)
	g.asm.JNE(target("%s_beta", name))
	for i := range rows {
		for j := range w.nv {
			g.zero(w.acc(g, i, j))
		}
	}
	g.asm.JMP(target("%s_begin", name))
	g.at(target("%s_beta", name))
	g.rows(rows, gemmC, gemmLDC)
	g.broadcast(g.param("beta"), w.part(0, g.broadcasted()))
	vectors(func(i, j int, c operand.Mem) {
		acc := w.part(j, w.acc(g, i, j))
		g.load(c, w.mask(g, j), acc)
		g.mul(acc, w.part(j, g.broadcasted()), acc)
	})

	g.at(target("%s_begin", name))
	if rows == g.mr || rows == tall && w.nv == 1 {
		// C of the tile that follows is asked for, if there is one and the core does not reach it
		// by itself before this one's steps are done.
		alone := target("%s_alone", name)
		g.asm.CMPQ(gemmM, operand.I32(rows))
		g.asm.JLE(alone)
		g.arg("k", gemmK)
		g.asm.CMPQ(gemmK, operand.I32(unroll))
		g.asm.JLE(alone)
		g.asm.IMUL3Q(operand.I32(rows), gemmLDC, gemmK)
		g.asm.ADDQ(gemmC, gemmK)
		g.rows(rows, gemmK, gemmLDC)
		for i := range rows {
			for line := 0; line < w.nv*g.bytes; line += 64 {
				g.asm.PREFETCHT0(g.row(i, gemmLDC, line))
			}
		}
		g.at(alone)
	}
	g.rows(rows, gemmA, gemmRSA)
	g.arg("b", gemmB)
	g.arg("k", gemmK)
	// one takes a step whose vectors of B and elements of A are at such addresses, and may
	// embed every other one of these in its multiply-adds.
	one := func(embedded bool, b func(disp int) operand.Mem, a func(i int) operand.Mem) {
		for j := range w.nv {
			g.load(b(j*g.bytes), w.mask(g, j), w.part(j, g.b(j)))
		}
		for i := range rows {
			if embedded && i%2 == 0 {
				for j := range w.nv {
					g.fmaRepeated(a(i), w.part(j, g.b(j)), w.part(j, w.acc(g, i, j)))
				}
				continue
			}
			g.repeat(a(i), w.part(0, g.broadcasted()))
			for j := range w.nv {
				g.fma(w.part(j, g.b(j)), w.part(j, g.broadcasted()), w.part(j, w.acc(g, i, j)))
			}
		}
	}
	step := func() {
		one(false, func(disp int) operand.Mem { return mem(gemmB, nil, 0, disp) }, func(i int) operand.Mem { return g.row(i, gemmRSA, 0) })
		for r := 0; 3*r < rows; r++ {
			g.asm.ADDQ(gemmCSA, gemmRows[r])
		}
		g.asm.ADDQ(gemmLDB, gemmB)
	}
	rest := target("%s_rest", name)
	switch {
	case rows == g.mr && w.nv == g.nrVector:
		g.asm.CMPQ(gemmK, operand.I32(unroll))
		g.asm.JLT(rest)
		g.stepsAhead(name, step)
		g.stepsApart(name, rest, rows, one)
	case rows == tall && w.nv == 1:
		g.stepsApart(name, rest, rows, one)
	default:
		g.loop(fmt.Sprintf("%s_steps", name), gemmK, unroll, func() {
			for range unroll {
				step()
			}
		})
	}
	g.at(rest)
	g.loop(fmt.Sprintf("%s_step", name), gemmK, 1, step)

	g.rows(rows, gemmC, gemmLDC)
	byLanes := w.masked && !g.opmasks
	store := func() {
		vectors(func(i, j int, c operand.Mem) {
			if !byLanes || j < w.nv-1 {
				g.store(w.part(j, w.acc(g, i, j)), w.mask(g, j), c)
			}
		})
	}
	if g.bytes == 64 && !w.masked {
		stored := target("%s_stored", name)
		g.asm.CMPB(halved, operand.U8(0))
		g.asm.JNE(target("%s_split", name))
		store()
		g.asm.JMP(stored)
		g.at(target("%s_split", name))
		vectors(func(i, j int, c operand.Mem) {
			acc := w.acc(g, i, j)
			g.move(acc.AsY(), c)
			c.Disp += 32
			g.asm.VEXTRACTF64X4(operand.U8(1), acc, c)
		})
		g.at(stored)
	} else {
		store()
	}
	if byLanes {
		g.storeByLanes(name, rows, w)
	}
}

// unroll is how many steps are taken at a time.
const unroll = 4

// fromMemory is the size of a call's A, in bytes, from which on no cache near the core
// has held it: blocks are smaller.
const fromMemory = 512 << 10

// stepsAhead takes the steps of a tile of MR rows as the loop after it does, if A is read
// from memory: then it asks for the rows of the next tile, half of them every four steps,
// which is a line or less of each. Their pages keep the core from doing so itself.
func (g *gemmEmitter) stepsAhead(name operand.LabelRef, step func()) {
	near := target("%s_near", name)
	next, half := reg.R15, gemmLDC // where the next tile's rows are, from one half of them to the other
	g.asm.MOVQ(gemmM, next)
	g.asm.IMULQ(gemmK, next)
	g.asm.CMPQ(next, operand.I32(fromMemory/g.size))
	g.asm.JLE(near)
	g.strideArg("tsa", next)
	g.asm.ADDQ(gemmA, next)
	g.asm.IMUL3Q(operand.I32(g.mr/2), gemmRSA, half)
	g.loop(fmt.Sprintf("%s_ahead", name), gemmK, unroll, func() {
		for i := range unroll {
			step()
			switch {
			case i == 0:
				g.asm.PREFETCHT0(mem(next, nil, 0, 0))
			case i < 3 && i < g.mr/2:
				g.asm.PREFETCHT0(mem(next, gemmRSA, i, 0))
			case i == 3 && i < g.mr/2:
				g.asm.ADDQ(gemmRSA, next)
				g.asm.PREFETCHT0(mem(next, gemmRSA, 2, 0))
				g.asm.SUBQ(gemmRSA, next)
			}
		}
		g.asm.LEAQ(mem(next, gemmCSA, unroll, 0), next)
		g.asm.ADDQ(half, next)
		g.asm.NEGQ(half)
	})
	g.strideArg("ldc", gemmLDC)
	g.at(near)
}

// stepsApart takes the steps of a tile but for up to three, if A's elements adjoin along
// them or across, and leaves the others to what follows at rest: addresses a few steps
// apart are told by displacements and scales, which takes two to five additions for four
// steps in place of three to five for each. A core of its own has time for those, but not
// one that shares its decoders. Any other A, which no driver has, is left all of its steps.
//
// Elements that are embedded are addressed by one register, which takes four: with an
// index the multiply-add would be two instructions to those CPUs again.
func (g *gemmEmitter) stepsApart(name, rest operand.LabelRef, rows int, one func(embedded bool, b func(disp int) operand.Mem, a func(i int) operand.Mem)) {
	across := target("%s_across", name)
	threeLDB, threeCSA := reg.R15, gemmRows[1]
	// at returns the address s strides from base.
	at := func(base, stride, three reg.Register, s, disp int) operand.Mem {
		switch s {
		case 0:
			return mem(base, nil, 0, disp)
		case 3:
			return mem(base, three, 1, disp)
		}
		return mem(base, stride, s, disp)
	}
	steps := func(label string, embedded bool, a func(s, i int) operand.Mem, next func()) {
		g.loop(string(name)+label, gemmK, unroll, func() {
			for s := range unroll {
				one(embedded, func(disp int) operand.Mem { return at(gemmB, gemmLDB, threeLDB, s, disp) }, func(i int) operand.Mem { return a(s, i) })
			}
			next()
			g.asm.LEAQ(mem(gemmB, gemmLDB, unroll, 0), gemmB)
		})
	}
	along := func(pointers int) func() {
		return func() {
			for _, r := range gemmRows[:pointers] {
				g.asm.ADDQ(operand.I32(unroll*g.size), r)
			}
		}
	}
	// embedding writes steps of a tile of MR rows for the CPUs that embed elements.
	embedding := func(label string, write func()) {
		if !g.opmasks || rows != g.mr {
			return
		}
		other := target("%s%s_apart", name, label)
		g.asm.CMPB(embeds, operand.U8(0))
		g.asm.JEQ(other)
		write()
		g.rows(rows, gemmRows[0], gemmRSA)
		g.asm.JMP(rest)
		g.at(other)
	}
	g.asm.LEAQ(mem(gemmLDB, gemmLDB, 2, 0), threeLDB)
	g.asm.CMPQ(gemmCSA, operand.I32(g.size))
	g.asm.JNE(across)
	embedding("_along", func() {
		for r := 1; 2*r < rows; r++ {
			g.asm.LEAQ(mem(gemmRows[r-1], gemmRSA, 2, 0), gemmRows[r])
		}
		steps("_along_embedded", true, func(s, i int) operand.Mem {
			if i%2 == 0 {
				return mem(gemmRows[i/2], nil, 0, s*g.size)
			}
			return mem(gemmRows[i/2], gemmRSA, 1, s*g.size)
		}, along((rows+1)/2))
	})
	steps("_along", false, func(s, i int) operand.Mem { return g.row(i, gemmRSA, s*g.size) }, along((rows+2)/3))
	g.asm.JMP(rest)
	g.at(across)
	g.asm.CMPQ(gemmRSA, operand.I32(g.size))
	g.asm.JNE(rest)
	embedding("_side", func() {
		for s := 1; s < unroll; s++ {
			g.asm.LEAQ(mem(gemmRows[s-1], gemmCSA, 1, 0), gemmRows[s])
		}
		steps("_side_embedded", true, func(s, i int) operand.Mem { return mem(gemmRows[s], nil, 0, i*g.size) }, func() {
			for _, r := range gemmRows[:unroll] {
				g.asm.LEAQ(mem(r, gemmCSA, unroll, 0), r)
			}
		})
	})
	g.asm.LEAQ(mem(gemmCSA, gemmCSA, 2, 0), threeCSA)
	steps("_side", false, func(s, i int) operand.Mem { return at(gemmRows[0], gemmCSA, threeCSA, s, i*g.size) }, func() {
		g.asm.LEAQ(mem(gemmRows[0], gemmCSA, unroll, 0), gemmRows[0])
	})
	g.rows(rows, gemmRows[0], gemmRSA)
}

// storeByLanes stores the last vectors of rows by halves, quarters and single
// lanes: a store masked by a vector takes AMD's cores 12 cycles.
func (g *gemmEmitter) storeByLanes(name operand.LabelRef, rows int, w columns) {
	at := func(i, lane int) operand.Mem { return g.row(i, gemmLDC, (w.nv-1)*g.bytes+lane*g.size) }
	acc := func(i int) reg.VecPhysical { return w.acc(g, i, w.nv-1) }
	each := func(f func(i int)) {
		for i := range rows {
			f(i)
		}
	}
	stored := target("%s_stored", name)
	g.arg("n", gemmK)
	g.asm.TESTQ(operand.I32(g.lanes()-1), gemmK)
	g.asm.JNE(target("%s_part", name))
	each(func(i int) { g.move(acc(i), at(i, 0)) })
	g.asm.JMP(stored)
	g.at(target("%s_part", name))
	// What a row's low lanes held is behind it, so the next lanes move down and
	// the row's address moves on.
	for lanes := g.lanes() / 2; lanes > 0; lanes /= 2 {
		skip := target("%s_part%d", name, lanes)
		if lanes == 1 {
			skip = stored
		}
		g.asm.TESTQ(operand.I32(lanes), gemmK)
		g.asm.JEQ(skip)
		each(func(i int) {
			x := acc(i).AsX()
			switch lanes * g.size {
			case 16:
				g.move(x, at(i, 0))
				if lanes > 1 {
					g.asm.VEXTRACTF128(operand.Imm(1), acc(i), x)
				}
			case 8:
				g.asm.VMOVLPS(x, at(i, 0))
				if lanes > 1 {
					g.asm.VPERMILPD(operand.Imm(1), x, x)
				}
			default:
				g.asm.VMOVSS(x, at(i, 0))
			}
		})
		if lanes > 1 {
			for r := 0; 3*r < rows; r++ {
				g.asm.ADDQ(operand.I32(lanes*g.size), gemmRows[r])
			}
			g.at(skip)
		}
	}
	g.at(stored)
}

// rows points gemmRows at rows 0, 3 and 6, as far as there are, of a matrix.
func (g *gemmEmitter) rows(rows int, base, stride reg.GPPhysical) {
	g.asm.MOVQ(base, gemmRows[0])
	for r := 1; 3*r < rows; r++ {
		g.asm.LEAQ(mem(gemmRows[r-1], stride, 2, 0), gemmRows[r])
		g.asm.ADDQ(stride, gemmRows[r])
	}
}

// row returns the address disp bytes into row i.
func (g *gemmEmitter) row(i int, stride reg.GPPhysical, disp int) operand.Mem {
	if i%3 == 0 {
		return mem(gemmRows[i/3], nil, 0, disp)
	}
	return mem(gemmRows[i/3], stride, i%3, disp)
}
