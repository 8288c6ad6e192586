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

// sums writes the kernels that add the elements of a row or vector, or their
// magnitudes, squares or products with another's.
func sums(e *emitter) {
	blockSums(e)
	total(e, "sum", "func(n int, x *T) T", "is Kernels.Sum.", plain)
	total(e, "asum", "func(n int, x *T) T", "is Kernels.Asum.", magnitudes)
	total(e, "squares", "func(n int, x *T) T", "is Kernels.Squares.", squares)
	total(e, "dot", "func(n int, x, y *T) T", "is Kernels.Dot.", products)
}

// summand is what a sum adds of each element.
type summand int

const (
	plain      summand = iota // x
	magnitudes                // |x|
	squares                   // x·x
	products                  // x·y
)

// blockSums writes the sums of blocks of rows.
func blockSums(e *emitter) {
	e.function("blockSums", "func(m, n int, x *T, ldx int, sums *T, lds int)", "is Kernels.BlockSums.")
	s := newSummer(e, plain)
	e.arg("m", sumsM)
	e.arg("x", sumsX)
	e.strideArg("ldx", sumsLDX)
	e.arg("sums", sumsOut)
	e.strideArg("lds", sumsLDS)
	e.loop("row", sumsM, 1, func() {
		e.arg("n", sumsN)
		e.asm.MOVQ(sumsX, sumsAt[0])
		e.asm.MOVQ(sumsOut, sumsTo)
		s.blocks(func() {
			e.moveOne(e.v(0).AsX(), mem(sumsTo, nil, 0, 0))
			e.asm.ADDQ(operand.I32(e.size), sumsTo)
		})
		e.asm.ADDQ(sumsLDX, sumsX)
		e.asm.ADDQ(sumsLDS, sumsOut)
	})
	e.ret()
}

// total writes a kernel that returns the sum of all blocks, added as a binary
// tree: a block's sum meets those that stand where the bits of their number are
// set, as a one that is added carries.
//
//	for level = 0; count>>level&1 == 1; level++ { s = partial[level] + s }
//	partial[level] = s
//	count++
//
// As long as there are four more blocks, their tree is one step.
func total(e *emitter, name, signature, doc string, what summand) {
	e.function(name, signature, doc)
	const levels = 56 // more blocks than a memory can hold
	partial := e.asm.AllocLocal(levels * 8)
	at := func(level reg.Register) operand.Mem {
		m := partial
		m.Index, m.Scale = level, uint8(e.size)
		return m
	}
	s := newSummer(e, what)
	e.arg("n", sumsN)
	e.arg("x", sumsAt[0])
	if what == products {
		e.arg("y", sumsAt[1])
	}
	count, level := sumsM, sumsTo
	e.asm.XORQ(count, count)
	sum := e.v(0).AsX()
	add := func(name string, first int) {
		e.asm.MOVQ(operand.I32(first), level)
		e.at(target("%s_carry", name))
		e.asm.BTQ(level, count)
		e.asm.JCC(target("%s_carried", name))
		e.addOne(at(level), sum, sum)
		e.asm.INCQ(level)
		e.asm.JMP(target("%s_carry", name))
		e.at(target("%s_carried", name))
		e.moveOne(sum, at(level))
		e.asm.ADDQ(operand.I32(1<<first), count)
	}
	e.loop("four", sumsN, 4*sumBlock, func() {
		if s.passes == 1 {
			s.four()
		} else {
			for b := range 4 {
				s.whole(b)
				for l := 0; b>>l&1 == 1; l++ {
					e.addOne(partial.Offset(l*e.size), sum, sum)
				}
				if b < 3 {
					e.moveOne(sum, partial.Offset(b%2*e.size))
				}
			}
		}
		s.advance(sumsAt, 4*sumBlock)
		add("four", 2)
	})
	s.blocks(func() { add("one", 0) })
	// The sums that are left, from the last on.
	e.zero(e.v(0))
	e.asm.TESTQ(count, count)
	e.asm.JEQ(target("done"))
	e.asm.BSFQ(count, level)
	e.moveOne(at(level), sum)
	e.at(target("left"))
	e.asm.BTRQ(level, count)
	e.asm.BSFQ(count, level)
	e.asm.JEQ(target("done"))
	e.addOne(at(level), sum, sum)
	e.asm.JMP(target("left"))
	e.at(target("done"))
	to, err := e.asm.ReturnIndex(0).Resolve()
	check(err)
	e.moveOne(sum, to.Addr)
	e.ret()
}

// The registers of sums: the row and its sums, and where the block is.
var (
	sumsM, sumsN     = reg.RBX, reg.RDX
	sumsX, sumsOut   = reg.RSI, reg.RDI
	sumsLDX, sumsLDS = reg.R8, reg.R9
	sumsTo           = reg.R11
	sumsRest         = reg.R12
	sumsAt           = []reg.GPPhysical{reg.R10, reg.RSI} // of x and y
	sumsP            = []reg.GPPhysical{reg.R13, reg.RDI}
)

// A summer adds blocks. The 64 lanes of a block are vectors v of the set's
// width. The tree's first step adds lane l+32 to lane l, so a vector is held
// beside the one half way on, and where registers are few half of the pairs are
// done after the other half:
//
//	pass 0: vectors 0 … half/2, and those half way on
//	pass 1: the rest; then the tree joins the passes
//
// A chunk is 64 columns, one for each lane. The last one of a row may be
// shorter; what is masked off it counts as +0. A sum that is −0, of a lane or of
// products that underflow, becomes +0 at the block's end.
type summer struct {
	*emitter
	what    summand
	vectors int // of the lanes
	passes  int // over them
	base    int // the register of the first accumulator
	ones    reg.VecPhysical
	rest    reg.VecPhysical // all bits but the sign
}

// acc returns an accumulator.
func (s *summer) acc(i int) reg.VecPhysical { return s.v(s.base + i) }

func newSummer(e *emitter, what summand) *summer {
	s := &summer{emitter: e, what: what, vectors: sumLanes / e.lanes(), ones: e.v(12), rest: e.v(13)}
	s.passes = max(1, s.vectors/8)
	switch what {
	case magnitudes:
		s.move(s.replicated(constant{"magnitude", e.magnitude()}), s.rest)
		fallthrough
	case plain:
		s.move(s.replicated(constant{"1", e.float(1)}), s.ones)
	}
	return s
}

// operands returns how many vectors a summand is made of.
func (s *summer) operands() int {
	if s.what == products {
		return 2
	}
	return 1
}

func (s *summer) advance(pointers []reg.GPPhysical, elements int) {
	for _, p := range pointers[:s.operands()] {
		s.asm.ADDQ(operand.I32(elements*s.size), p)
	}
}

// blocks adds the blocks of sumsN elements from sumsAt on and calls done after
// each, with its sum in the first lane of vector 0.
func (s *summer) blocks(done func()) {
	s.at(target("block"))
	s.asm.CMPQ(sumsN, operand.I32(sumBlock))
	s.asm.JLT(target("part"))
	s.whole(0)
	s.advance(sumsAt, sumBlock)
	s.asm.SUBQ(operand.I32(sumBlock), sumsN)
	s.asm.JMP(target("sum"))
	s.at(target("part"))
	s.asm.TESTQ(sumsN, sumsN)
	s.asm.JEQ(target("blocks_done"))
	s.block("part", s.part)
	s.asm.XORQ(sumsN, sumsN)
	s.at(target("sum"))
	done()
	s.asm.JMP(target("block"))
	s.at(target("blocks_done"))
}

// whole adds the block that stands so many behind sumsAt.
func (s *summer) whole(behind int) {
	s.block("whole", s.wholeLanes(behind))
}

// wholeLanes returns what adds the elements of that block to lanes.
func (s *summer) wholeLanes(behind int) func(first, count int) {
	return func(first, count int) {
		for c := range sumBlock / sumLanes {
			s.chunk(sumsAt, (behind*sumBlock+c*sumLanes)*s.size, first, count, c == 0)
		}
	}
}

// four adds the four blocks from sumsAt on, and their sums as a tree of two steps. Their
// last vectors are folded side by side, for the steps of one would wait for each other.
func (s *summer) four() {
	held := [4]reg.VecPhysical{s.v(8), s.v(9), s.v(10), s.v(11)}
	for b, v := range held {
		s.oneVector("four", s.wholeLanes(b))
		s.move(s.acc(0), v)
	}
	s.foldFour(held, s.v(0), s.v(1))
	one := func(b int) reg.Register { return held[b].AsX() }
	s.unsigned(held[0], s.v(1)) // then what is added to it has no part in the sign of a zero
	s.addOne(one(0), one(1), one(1))
	s.addOne(one(2), one(3), one(3))
	s.addOne(one(1), one(3), s.v(0).AsX())
}

// block adds one block: lanes adds to the accumulators of count vectors from
// first on and of those half way on.
func (s *summer) block(name string, lanes func(first, count int)) {
	s.oneVector(name, lanes)
	s.fold(s.acc(0), s.acc(1))
	s.unsigned(s.acc(0), s.acc(1))
}

// unsigned turns a sum that is −0 into +0.
func (s *summer) unsigned(sum, zero reg.VecPhysical) {
	if s.what == plain || s.what == products { // the others are not negative
		s.zero(zero)
		s.addOne(zero.AsX(), sum.AsX(), sum.AsX())
	}
}

// oneVector is block up to one vector of sums, in the first accumulator.
func (s *summer) oneVector(name string, lanes func(first, count int)) {
	half := s.vectors / 2
	count := half / s.passes
	for pass := range s.passes {
		s.asm.Commentf("%s: lanes, pass %d", name, pass)
		lanes(pass*count, count)
		for i := range count {
			s.add(s.acc(count+i), s.acc(i), s.acc(i))
		}
		if pass < s.passes-1 { // the next pass uses the same accumulators
			for i := range count {
				s.move(s.acc(i), s.acc(2*count+i))
			}
		}
	}
	s.asm.Commentf("%s: tree", name)
	if s.passes == 2 {
		for i := range count {
			s.add(s.acc(i), s.acc(2*count+i), s.acc(i))
		}
	}
	for count /= 2; count > 0; count /= 2 {
		for i := range count {
			s.add(s.acc(count+i), s.acc(i), s.acc(i))
		}
	}
}

// chunk adds the vectors of one pass from the chunk at base + disp, the first of
// a block or a later one. Sums that begin with the first element instead of +0
// differ from it in nothing but the sign of a zero.
func (s *summer) chunk(base []reg.GPPhysical, disp, first, count int, begin bool) {
	s.each(first, count, func(acc, vector int) {
		at := func(o int) operand.Mem { return mem(base[o], nil, 0, disp+vector*s.bytes) }
		v, x := s.v(acc), s.v(14+acc%2)
		switch {
		case s.what == plain && begin:
			s.move(at(0), v)
		case s.what == plain && acc%2 == 0:
			s.add(at(0), v, v)
		case s.what == plain: // the same, by the multipliers, which have nothing else to do
			s.fma(at(0), s.ones, v)
		case s.what == magnitudes && begin:
			s.and(at(0), s.rest, v)
		case s.what == magnitudes:
			s.and(at(0), s.rest, x)
			if acc%2 == 0 {
				s.add(x, v, v)
			} else {
				s.fma(x, s.ones, v)
			}
		default:
			if begin {
				s.zero(v)
			}
			s.move(at(0), x)
			if s.what == squares {
				s.fma(x, x, v)
			} else {
				s.fma(at(1), x, v)
			}
		}
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

// part adds a block of sumsN elements.
func (s *summer) part(first, count int) {
	name := fmt.Sprintf("part%d", first)
	s.each(first, count, func(acc, _ int) { s.zero(s.v(acc)) })
	for o := range s.operands() {
		s.asm.MOVQ(sumsAt[o], sumsP[o])
	}
	s.asm.MOVQ(sumsN, sumsRest)
	s.loop(name, sumsRest, sumLanes, func() {
		s.chunk(sumsP, 0, first, count, false)
		s.advance(sumsP, sumLanes)
	})
	s.tail(name, first, count, s.v(14), func(acc, vector int, m *mask) {
		x := s.v(15)
		load := func(o int, v reg.VecPhysical) { s.load(mem(sumsP[o], nil, 0, vector*s.bytes), m, v) }
		load(0, x)
		switch s.what {
		case plain:
			s.add(x, s.v(acc), s.v(acc))
		case magnitudes:
			s.and(s.rest, x, x)
			s.add(x, s.v(acc), s.v(acc))
		case squares:
			s.fma(x, x, s.v(acc))
		case products:
			load(1, s.v(13))
			s.fma(s.v(13), x, s.v(acc))
		}
	})
}

// tail calls f for the accumulators of a pass whose vectors sumsRest, which is less
// than a chunk, reaches into: without a mask for those that it fills, and for the
// last one with its lanes as a mask, which is in scratch where there are no opmasks.
// (A store that is masked is slow at AVX2, and so is making its mask.)
func (s *summer) tail(name string, first, count int, scratch reg.VecPhysical, f func(acc, vector int, m *mask)) {
	end := target("%s_rest", name)
	part := func(vector int) operand.LabelRef { return target("%s_vector%d", name, vector) }
	s.each(first, count, func(acc, vector int) {
		s.asm.CMPQ(sumsRest, operand.I32((vector+1)*s.lanes()))
		s.asm.JLT(part(vector))
		f(acc, vector, nil)
	})
	s.asm.JMP(end)
	s.each(first, count, func(acc, vector int) {
		s.at(part(vector))
		s.asm.CMPQ(sumsRest, operand.I32(vector*s.lanes()))
		s.asm.JLE(end) // nor does it reach into those half way on
		m := s.lanesFrom(vector, scratch)
		f(acc, vector, &m)
		s.asm.JMP(end)
	})
	s.at(end)
}

// lanesFrom returns the mask of the lanes of a vector that sumsRest covers,
// at least one.
func (s *summer) lanesFrom(vector int, scratch reg.VecPhysical) mask {
	if !s.opmasks {
		s.maskBelow(sumsRest, vector*s.lanes(), scratch)
		return mask{scratch}
	}
	s.asm.LEAQ(mem(sumsRest, nil, 0, -vector*s.lanes()), reg.RCX)
	s.asm.MOVQ(operand.I32(s.lanes()), reg.RAX)
	s.asm.CMPQ(reg.RCX, reg.RAX)
	s.asm.CMOVQGT(reg.RAX, reg.RCX)
	m := mask{reg.K1}
	s.tailMask(reg.RCX, m)
	return m
}
