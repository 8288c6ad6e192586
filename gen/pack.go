package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// packers writes the two packers of each panel width of the set. All of it is
// VEX code on YMM: it moves memory, and wider registers would not move more.
func packers(e *emitter) {
	narrow := &emitter{Context: e.Context, isa: e.vex(), size: e.size, data: e.data}
	for _, width := range []int{e.mr, e.nrVector * e.lanes()} {
		if key := fmt.Sprint("pack ", width, " ", e.size); !e.data.seen[key] {
			e.data.seen[key] = true
			packAlong(narrow, width)
			packAcross(narrow, width)
		}
	}
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
		e.ADDQ(ldx, x)
		e.ADDQ(operand.I32(width*e.size), dst)
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
		e.VEXTRACTF128(operand.Imm(1), v, scratch.AsX())
		e.VMOVLPS(scratch.AsX(), to.Offset(16))
	case 16:
		e.move(v.AsX(), to)
	default:
		panic(fmt.Sprintf("no store of %d bytes", count*e.size))
	}
}

// packAcross writes the packer whose source runs across the panel's steps:
//
//	dst[p*width+i] = alpha*x[i*ldx+p],  i < r
//
// It takes the rows in groups of as many as fill 16 bytes, transposes a group
// inside the halves of YMM registers, a vector of steps at a time, and stores
// 16 bytes a step; what is left of rows goes by pairs and singly, what is left
// of steps by scalars. A panel fits L1, so going over it once a group is cheap.
func packAcross(e *emitter, width int) {
	e.function(fmt.Sprintf("packAcross%d", width), "func(r, k int, alpha T, x *T, ldx int, dst *T)",
		fmt.Sprintf("is packAcross[T](%d).", width))
	p := &transposer{e, width}
	e.arg("r", transposeR)
	e.broadcast(e.param("alpha"), p.alpha())
	e.arg("x", transposeX)
	e.strideArg("ldx", transposeLDX)
	e.arg("dst", transposeDst)
	for group := 16 / e.size; group > 0; group /= 2 {
		e.at(target("group%d", group))
		e.CMPQ(transposeR, operand.I32(group))
		e.JLT(target("group%d", group/2))
		p.group(group)
		e.LEAQ(mem(transposeX, transposeLDX, group, 0), transposeX)
		e.ADDQ(operand.I32(group*e.size), transposeDst)
		e.SUBQ(operand.I32(group), transposeR)
		e.JMP(target("group%d", group))
	}
	e.at(target("group0"))
	e.ret()
}

// The registers of packAcross: where the group begins, and where its steps are.
var (
	transposeR, transposeK       = reg.RAX, reg.RBX
	transposeX, transposeDst     = reg.RSI, reg.RDI
	transposeLDX, transpose3LDX  = reg.RDX, reg.R8
	transposeStep, transposeInto = reg.R9, reg.R10
)

type transposer struct {
	*emitter
	width int
}

func (p *transposer) alpha() reg.VecPhysical { return p.v(15) }

// row returns where the group's row i stands at this step.
func (p *transposer) row(i int) operand.Mem {
	switch i {
	case 0:
		return mem(transposeStep, nil, 0, 0)
	case 3:
		return mem(transposeStep, transpose3LDX, 1, 0)
	}
	return mem(transposeStep, transposeLDX, i, 0)
}

// into returns where step s from here on goes.
func (p *transposer) into(s int) operand.Mem {
	return mem(transposeInto, nil, 0, s*p.width*p.size)
}

func (p *transposer) group(rows int) {
	name := fmt.Sprintf("rows%d", rows)
	p.LEAQ(mem(transposeLDX, transposeLDX, 2, 0), transpose3LDX)
	p.MOVQ(transposeX, transposeStep)
	p.MOVQ(transposeDst, transposeInto)
	p.arg("k", transposeK)
	if rows > 1 {
		p.loop(name, transposeK, p.lanes(), func() {
			for i := range rows {
				p.mul(p.row(i), p.alpha(), p.v(i))
			}
			p.transpose(rows)
			p.ADDQ(operand.I32(p.bytes), transposeStep)
			p.ADDQ(operand.I32(p.lanes()*p.width*p.size), transposeInto)
		})
	}
	p.loop(name+"_one", transposeK, 1, func() {
		for i := range rows {
			p.moveOne(p.row(i), p.v(i).AsX())
			p.mulOne(p.v(i).AsX(), p.alpha().AsX(), p.v(i).AsX())
			p.moveOne(p.v(i).AsX(), p.into(0).Offset(i*p.size))
		}
		p.ADDQ(operand.I32(p.size), transposeStep)
		p.ADDQ(operand.I32(p.width*p.size), transposeInto)
	})
}

// transpose stores rows v0 … of a vector of steps as steps of rows.
func (p *transposer) transpose(rows int) {
	switch {
	case p.size == 8: // two rows: the steps 0 and 2, 1 and 3
		p.VUNPCKLPD(p.v(1), p.v(0), p.v(2))
		p.VUNPCKHPD(p.v(1), p.v(0), p.v(3))
		p.halves(p.v(2), 0, 2)
		p.halves(p.v(3), 1, 3)
	case rows == 2: // the steps 0, 1 and 4, 5; 2, 3 and 6, 7
		p.VUNPCKLPS(p.v(1), p.v(0), p.v(2))
		p.VUNPCKHPS(p.v(1), p.v(0), p.v(3))
		for i, v := range []reg.VecPhysical{p.v(2), p.v(3)} {
			p.VMOVLPS(v.AsX(), p.into(2*i))
			p.VMOVHPS(v.AsX(), p.into(2*i+1))
			p.VEXTRACTF128(operand.Imm(1), v, p.v(4).AsX())
			p.VMOVLPS(p.v(4).AsX(), p.into(2*i+4))
			p.VMOVHPS(p.v(4).AsX(), p.into(2*i+5))
		}
	default: // four rows: pairs of rows, then pairs of pairs
		p.VUNPCKLPS(p.v(1), p.v(0), p.v(4))
		p.VUNPCKHPS(p.v(1), p.v(0), p.v(5))
		p.VUNPCKLPS(p.v(3), p.v(2), p.v(6))
		p.VUNPCKHPS(p.v(3), p.v(2), p.v(7))
		for s, from := range []int{4, 4, 5, 5} {
			pairs := []uint8{0b01_00_01_00, 0b11_10_11_10}[s%2]
			p.VSHUFPS(operand.U8(pairs), p.v(from+2), p.v(from), p.v(8+s))
			p.halves(p.v(8+s), s, s+4)
		}
	}
}

// halves stores the halves of v as two steps of 16 bytes.
func (p *transposer) halves(v reg.VecPhysical, low, high int) {
	p.move(v.AsX(), p.into(low))
	p.VEXTRACTF128(operand.Imm(1), v, p.into(high))
}
