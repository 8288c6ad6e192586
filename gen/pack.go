package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// packers writes the packer of each panel width of the set, and what transposes. The
// packers are VEX code on YMM: they move memory, and wider registers would not move
// more.
func packers(e *emitter) {
	narrow := &emitter{asm: e.asm, isa: e.vex(), size: e.size, data: e.data}
	for _, width := range []int{e.mr, e.nrVector * e.lanes()} {
		if key := fmt.Sprint("pack ", width, " ", e.size); !e.data.seen[key] {
			e.data.seen[key] = true
			packAlong(narrow, width)
		}
	}
	transpose(e, narrow)
}

// packAlong writes the packer whose source runs along the panel's steps:
//
//	dst[p*width+i] = alpha*x[p*ldx+i],  i < r
//
// by vectors whose lanes from r on are not loaded; they become alpha·0, which
// no kernel reads.
func packAlong(e *emitter, width int) {
	e.function(fmt.Sprintf("packAlong%d", width), "func(r, k int, alpha T, x *T, ldx int, dst *T)",
		fmt.Sprintf("is packAlong[T](%d).", width))
	vectors := (width + e.lanes() - 1) / e.lanes()
	r, k, x, ldx, dst := reg.RAX, reg.RBX, reg.RSI, reg.RDX, reg.RDI
	alpha := e.v(2 * vectors)
	mask := func(j int) *mask { return &mask{e.v(j)} }
	e.arg("r", r)
	for j := range vectors {
		e.maskBelow(r, j*e.lanes(), e.v(j))
	}
	e.arg("k", k)
	e.broadcast(e.param("alpha"), alpha)
	e.arg("x", x)
	e.strideArg("ldx", ldx)
	e.arg("dst", dst)
	e.loop("steps", k, 1, func() {
		for j := range vectors {
			v := e.v(vectors + j)
			e.load(mem(x, nil, 0, j*e.bytes), mask(j), v)
			e.mul(v, alpha, v)
			e.storeFirst(v, min(e.lanes(), width-j*e.lanes()), mem(dst, nil, 0, j*e.bytes), e.v(2*vectors+1))
		}
		e.asm.ADDQ(ldx, x)
		e.asm.ADDQ(operand.I32(width*e.size), dst)
	})
	e.ret()
}

// storeFirst stores the first count lanes of a YMM register, exactly: by
// halves, for masked stores are slow on some machines. It may use scratch.
func (e *emitter) storeFirst(v reg.VecPhysical, count int, to operand.Mem, scratch reg.VecPhysical) {
	switch count * e.size {
	case 32:
		e.move(v, to)
	case 24:
		e.move(v.AsX(), to)
		e.asm.VEXTRACTF128(operand.Imm(1), v, scratch.AsX())
		e.asm.VMOVLPS(scratch.AsX(), to.Offset(16))
	case 16:
		e.move(v.AsX(), to)
	default:
		panic(fmt.Sprintf("no store of %d bytes", count*e.size))
	}
}
