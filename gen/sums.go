package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The order of a block's sum, as in asm/kernels.go.
const (
	sumBlock = 256
	sumLanes = 64
)

// blockSums writes the sums of blocks of rows. The 64 lanes of a block are
// vectors v of the set's width. The tree's first step adds lane l+32 to lane l,
// so a vector is held beside the one half way on, and where registers are few
// half of the pairs are done after the other half:
//
//	pass 0: vectors 0 … half/2, and those half way on
//	pass 1: the rest; then the tree joins the passes
//
// A chunk is 64 columns, one for each lane. The last one of a row may be
// shorter; what is masked off it counts as +0, which changes no lane: from +0
// on no sum of lanes is −0.
func blockSums(e *emitter) {
	e.function("blockSums", "func(m, n int, x *T, ldx int, sums *T, lds int)", "is Kernels.BlockSums.")
	s := &summer{emitter: e, vectors: sumLanes / e.lanes()}
	s.passes = max(1, s.vectors/8)
	e.arg("m", sumsM)
	e.arg("x", sumsX)
	e.strideArg("ldx", sumsLDX)
	e.arg("sums", sumsOut)
	e.strideArg("lds", sumsLDS)
	e.loop("row", sumsM, 1, func() {
		e.arg("n", sumsN)
		e.MOVQ(sumsX, sumsAt)
		e.MOVQ(sumsOut, sumsTo)
		e.loop("block", sumsN, sumBlock, func() {
			s.block("whole", func(first, count int) { s.chunks("whole", sumBlock/sumLanes, first, count) })
			e.ADDQ(operand.I32(sumBlock*e.size), sumsAt)
			e.ADDQ(operand.I32(e.size), sumsTo)
		})
		e.TESTQ(sumsN, sumsN)
		e.JEQ(target("row_done"))
		s.block("part", s.part)
		e.at(target("row_done"))
		e.ADDQ(sumsLDX, sumsX)
		e.ADDQ(sumsLDS, sumsOut)
	})
	e.ret()
}

// The registers of blockSums: the row and its sums, and where the block is.
var (
	sumsM, sumsN     = reg.RBX, reg.RDX
	sumsX, sumsOut   = reg.RSI, reg.RDI
	sumsLDX, sumsLDS = reg.R8, reg.R9
	sumsAt, sumsTo   = reg.R10, reg.R11
	sumsRest, sumsP  = reg.R12, reg.R13
)

type summer struct {
	*emitter
	vectors int // of the lanes
	passes  int
}

// block adds one block: lanes adds to the accumulators of count vectors from
// first on and of those half way on.
func (s *summer) block(name string, lanes func(first, count int)) {
	half := s.vectors / 2
	count := half / s.passes
	for pass := range s.passes {
		s.Commentf("%s: lanes, pass %d", name, pass)
		for i := range 2 * count {
			s.zero(s.v(i))
		}
		lanes(pass*count, count)
		for i := range count {
			s.add(s.v(count+i), s.v(i), s.v(i))
		}
		if pass < s.passes-1 { // the next pass uses the same accumulators
			for i := range count {
				s.move(s.v(i), s.v(2*count+i))
			}
		}
	}
	s.Commentf("%s: tree", name)
	if s.passes == 2 {
		for i := range count {
			s.add(s.v(i), s.v(2*count+i), s.v(i))
		}
	}
	for count /= 2; count > 0; count /= 2 {
		for i := range count {
			s.add(s.v(count+i), s.v(i), s.v(i))
		}
	}
	s.fold(s.v(0), s.v(1))
	s.moveOne(s.v(0).AsX(), mem(sumsTo, nil, 0, 0))
}

// chunks adds n whole chunks from sumsAt on.
func (s *summer) chunks(name string, n, first, count int) {
	for c := range n {
		s.chunk(sumsAt, c*sumLanes*s.size, first, count)
	}
}

// chunk adds the vectors of one pass from the chunk at base + disp.
func (s *summer) chunk(base reg.Register, disp, first, count int) {
	s.each(first, count, func(acc, vector int) {
		s.add(mem(base, nil, 0, disp+vector*s.bytes), s.v(acc), s.v(acc))
	})
}

// each calls f for the accumulators of a pass and the vectors they sum.
func (s *summer) each(first, count int, f func(acc, vector int)) {
	for i := range count {
		f(i, first+i)
	}
	for i := range count {
		f(count+i, s.vectors/2+first+i)
	}
}

// part adds a block of sumsN columns.
func (s *summer) part(first, count int) {
	name := fmt.Sprintf("part%d", first)
	s.MOVQ(sumsAt, sumsP)
	s.MOVQ(sumsN, sumsRest)
	s.loop(name, sumsRest, sumLanes, func() {
		s.chunk(sumsP, 0, first, count)
		s.ADDQ(operand.I32(sumLanes*s.size), sumsP)
	})
	s.each(first, count, func(acc, vector int) {
		// Vectors come in ascending order within each half.
		skip := target("%s_half", name)
		if vector >= s.vectors/2 {
			skip = target("%s_rest", name)
		}
		if vector == s.vectors/2+first {
			s.at(target("%s_half", name))
		}
		s.CMPQ(sumsRest, operand.I32(vector*s.lanes()))
		s.JLE(skip)
		last := s.v(15)
		m := s.lanesFrom(vector)
		s.load(mem(sumsP, nil, 0, vector*s.bytes), &m, last)
		s.add(last, s.v(acc), s.v(acc))
	})
	s.at(target("%s_rest", name))
}

// lanesFrom returns the mask of the lanes of a vector that sumsRest covers,
// at least one.
func (s *summer) lanesFrom(vector int) mask {
	if !s.opmasks {
		m := s.v(14)
		s.maskBelow(sumsRest, vector*s.lanes(), m)
		return mask{m}
	}
	s.LEAQ(mem(sumsRest, nil, 0, -vector*s.lanes()), reg.RCX)
	s.MOVQ(operand.I32(s.lanes()), reg.RAX)
	s.CMPQ(reg.RCX, reg.RAX)
	s.CMOVQGT(reg.RAX, reg.RCX)
	m := mask{reg.K1}
	s.tailMask(reg.RCX, m)
	return m
}
