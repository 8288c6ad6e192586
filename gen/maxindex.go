package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// maxIndices writes Kernels.MaxIndex and Kernels.MaxAbsIndex.
//
// Blocks of vectors are compared with the best element so far: "best ≥ x" is
// false for a NaN too. Only a block where it is false, which soon is rare, is
// looked at closer, for the new best one, or the first NaN, which ends the search.
// Where in its block the best one stands is found in the end.
func maxIndices(e *emitter) {
	maxIndex(e, "maxIndex", "is Kernels.MaxIndex.", false)
	maxIndex(e, "maxAbsIndex", "is Kernels.MaxAbsIndex.", true)
}

// The registers of maxIndex: where the elements begin that are left and how many
// they are, and the same from the block of the best one on.
var (
	maxAt, maxN        = reg.RSI, reg.RDX
	maxFrom, maxBehind = reg.R8, reg.R9
)

// Comparisons of VCMP that are quiet about NaNs.
const (
	cmpEqual     = 0x00
	cmpUnordered = 0x03
	cmpOrdered   = 0x07
	cmpGE        = 0x1d
)

type maxer struct {
	*emitter
	magnitudes bool
}

func (x *maxer) best() reg.VecPhysical      { return x.v(0) }
func (x *maxer) rest() reg.VecPhysical      { return x.v(1) } // all bits but the sign
func (x *maxer) part(i int) reg.VecPhysical { return x.v(2 + i) }

func maxIndex(e *emitter, name, doc string, magnitudes bool) {
	e.function(name, "func(n int, x *T) int", doc)
	x := &maxer{e, magnitudes}
	e.arg("n", maxN)
	e.arg("x", maxAt)
	e.asm.MOVQ(maxAt, maxFrom)
	e.asm.MOVQ(maxN, maxBehind)
	e.move(x.least(), x.best())
	if magnitudes {
		e.move(e.replicated(constant{"magnitude", e.magnitude()}), x.rest())
	}
	const vectors = 8
	whole := func(i int) { x.take(mem(maxAt, nil, 0, i*e.bytes), x.part(i)) }
	e.loop("vectors", maxN, vectors*e.lanes(), func() {
		x.block("vectors", vectors, vectors*e.lanes(), whole)
		e.asm.ADDQ(operand.I32(vectors*e.bytes), maxAt)
	})
	e.loop("vector", maxN, e.lanes(), func() {
		x.block("vector", 1, e.lanes(), whole)
		e.asm.ADDQ(operand.I32(e.bytes), maxAt)
	})
	e.asm.TESTQ(maxN, maxN)
	e.asm.JEQ(target("search"))
	x.block("tail", 1, 0, func(int) { x.takeTail(maxAt, maxN, x.part(0)) })
	e.at(target("search"))
	x.search("best", cmpEqual)
	e.at(target("nan"))
	x.search("nan", cmpUnordered)
	e.at(target("found"))
	e.asm.BSFL(reg.EAX, reg.EAX)
	e.asm.SUBQ(e.param("x"), maxFrom)
	e.asm.SHRQ(operand.U8(e.shift()), maxFrom)
	e.asm.ADDQ(maxFrom, reg.RAX)
	e.asm.Store(reg.RAX, e.asm.ReturnIndex(0))
	e.ret()
}

// least is what no element is below.
func (x *maxer) least() operand.Mem {
	return x.replicated(constant{"-Inf", x.float(math.Inf(-1))})
}

// take loads a vector.
func (x *maxer) take(from operand.Mem, v reg.VecPhysical) {
	if x.magnitudes {
		x.and(from, x.rest(), v)
	} else {
		x.move(from, v)
	}
}

// takeTail loads the last n elements, fewer than lanes, and behind them the least
// number or, as a magnitude, 0.
func (x *maxer) takeTail(from, n reg.GPPhysical, v reg.VecPhysical) {
	m := mask{reg.K1}
	if !x.opmasks {
		m = mask{x.v(15)}
	}
	x.asm.MOVQ(n, reg.RCX)
	x.tailMask(reg.RCX, m)
	at := mem(from, nil, 0, 0)
	x.load(at, &m, v)
	switch {
	case x.magnitudes:
		x.and(v, x.rest(), v)
	case x.opmasks:
		x.move(x.least(), v)
		x.move(at, m.Op, v)
	default:
		x.move(x.least(), x.v(14))
		x.asm.VBLENDVPS(m.Op, v, x.v(14), v)
	}
}

// block looks at a block, which load loads to its parts, where maxN is ahead of
// its end by so many elements.
func (x *maxer) block(name string, vectors, ahead int, load func(i int)) {
	for i := range vectors {
		load(i)
	}
	x.jumpIfAll(cmpGE, vectors, target("%s_next", name))
	x.asm.MOVQ(maxAt, maxFrom)
	x.asm.LEAQ(mem(maxN, nil, 0, ahead), maxBehind)
	for i := range vectors {
		load(i)
	}
	ordered := target("%s_ordered", name)
	x.jumpIfAll(cmpOrdered, vectors, ordered)
	x.asm.JMP(target("nan"))
	x.at(ordered)
	for i := range vectors {
		load(i)
	}
	for half := vectors / 2; half > 0; half /= 2 {
		for i := range half {
			x.max(x.part(i+half), x.part(i), x.part(i))
		}
	}
	x.spreadMax(x.part(0), x.part(1))
	x.max(x.part(0), x.best(), x.best())
	x.at(target("%s_next", name))
}

// jumpIfAll jumps if a comparison of the best element with the elements of all
// parts is true. The parts are lost.
func (x *maxer) jumpIfAll(comparison uint8, vectors int, to operand.LabelRef) {
	if x.opmasks {
		masks := []reg.Register{reg.K1, reg.K2, reg.K3, reg.K4}
		for i := range vectors {
			k := masks[i%4]
			if i < 4 {
				x.compare(comparison, x.part(i), k)
			} else {
				x.compare(comparison, x.part(i), k, k)
			}
		}
		for i := 1; i < min(vectors, 4); i++ {
			x.asm.KANDW(masks[i], masks[0], masks[0])
		}
		if x.lanes() == 16 {
			x.asm.KORTESTW(masks[0], masks[0])
		} else {
			x.asm.KORTESTB(masks[0], masks[0])
		}
		x.asm.JCS(to)
		return
	}
	for i := range vectors {
		x.compare(comparison, x.part(i), x.part(i))
	}
	for half := vectors / 2; half > 0; half /= 2 {
		for i := range half {
			x.and(x.part(i+half), x.part(i), x.part(i))
		}
	}
	x.either(x.moveMask(x.asm.VMOVMSKPS), x.moveMask(x.asm.VMOVMSKPD), x.part(0), reg.EAX)
	x.asm.CMPL(reg.EAX, operand.U32(1<<x.lanes()-1))
	x.asm.JEQ(to)
}

func (x *maxer) compare(comparison uint8, v operand.Op, to ...operand.Op) {
	x.either(x.asm.VCMPPS, x.asm.VCMPPD, append([]operand.Op{operand.U8(comparison), v, x.best()}, to...)...)
}

func (x *maxer) moveMask(f func(v, r operand.Op)) func(...operand.Op) {
	return func(ops ...operand.Op) { f(ops[0], ops[1]) }
}

func (x *maxer) max(ops ...operand.Op) { x.either(x.asm.VMAXPS, x.asm.VMAXPD, ops...) }

// spreadMax sets all lanes of v to the largest.
func (x *maxer) spreadMax(v, scratch reg.VecPhysical) {
	if x.bytes == 64 {
		x.asm.VSHUFF64X2(operand.U8(0b01_00_11_10), v, v, scratch)
		x.max(scratch, v, v)
		x.asm.VSHUFF64X2(operand.U8(0b10_11_00_01), v, v, scratch)
	} else {
		x.asm.VPERM2F128(operand.U8(1), v, v, scratch)
	}
	x.max(scratch, v, v)
	x.either(
		func(ops ...operand.Op) { x.asm.VPERMILPS(operand.U8(0b01_00_11_10), v, scratch) },
		func(ops ...operand.Op) { x.asm.VPERMILPD(operand.U8(0b01010101), v, scratch) })
	x.max(scratch, v, v)
	if x.size == 4 {
		x.asm.VPERMILPS(operand.U8(0b10_11_00_01), v, scratch)
		x.max(scratch, v, v)
	}
}

// search looks for the first element of which a comparison with the best is true,
// from maxFrom on, and goes to found with a mask of its lanes.
func (x *maxer) search(name string, comparison uint8) {
	hit := func() {
		if x.opmasks {
			x.compare(comparison, x.part(0), reg.K2)
			x.asm.KMOVW(reg.K2, reg.EAX)
		} else {
			x.compare(comparison, x.part(0), x.part(0))
			x.either(x.moveMask(x.asm.VMOVMSKPS), x.moveMask(x.asm.VMOVMSKPD), x.part(0), reg.EAX)
		}
		x.asm.TESTL(reg.EAX, reg.EAX)
		x.asm.JNE(target("found"))
	}
	x.loop("search_"+name, maxBehind, x.lanes(), func() {
		x.take(mem(maxFrom, nil, 0, 0), x.part(0))
		hit()
		x.asm.ADDQ(operand.I32(x.bytes), maxFrom)
	})
	x.takeTail(maxFrom, maxBehind, x.part(0))
	hit()
}
