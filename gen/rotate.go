package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rotate writes Kernels.Rotate. Some vectors of columns go down all rows at once; the
// row that a rotation leaves to the next one stays in registers:
//
//	carry = x[0]
//	for i in 0 … k:  t = x[i+1];  x[i] = c*carry + s*t;  carry = c*t − s*carry
//	x[k] = carry
func rotate(e *emitter) {
	e.function("rotate", "func(n, k int, cs *T, x *T, ldx int)", "is Kernels.Rotate.")
	r := &rotateEmitter{emitter: e}
	e.arg("x", rotateX)
	e.strideArg("ldx", rotateLDX)
	e.arg("cs", rotateCS)
	e.arg("k", rotateK)
	e.arg("n", reg.RDX)
	for nv := e.nrVector; nv > 0; nv-- {
		e.asm.CMPQ(reg.RDX, operand.I32(nv*e.lanes()))
		e.asm.JEQ(target("whole%d", nv))
		if nv > 1 {
			e.asm.CMPQ(reg.RDX, operand.I32((nv-1)*e.lanes()))
			e.asm.JLE(target("narrower%d", nv))
			e.asm.SUBQ(operand.I32((nv-1)*e.lanes()), reg.RDX)
		} else {
			e.asm.TESTQ(reg.RDX, reg.RDX)
			e.asm.JEQ(target("done"))
		}
		tail := e.lastMask()
		e.tailMask(reg.RDX, tail)
		r.rows(string(target("masked%d", nv)), nv, &tail)
		e.at(target("whole%d", nv))
		r.rows(string(target("full%d", nv)), nv, nil)
		if nv > 1 {
			e.at(target("narrower%d", nv))
		}
	}
	e.at(target("done"))
	e.ret()
}

// The registers of rotate.
var (
	rotateX, rotateLDX = reg.RDI, reg.R8
	rotateCS, rotateK  = reg.RSI, reg.R11
)

type rotateEmitter struct{ *emitter }

// rows rotates all rows of nv vectors, the last one masked by tail unless nil.
func (r *rotateEmitter) rows(name string, nv int, tail *mask) {
	carry := func(j int) reg.VecPhysical { return r.v(j) }
	next := func(j int) reg.VecPhysical { return r.v(nv + j) }
	out := func(j int) reg.VecPhysical { return r.v(2*nv + j) }
	c, s := r.v(3*nv), r.v(3*nv+1)
	m := func(j int) *mask {
		if j == nv-1 {
			return tail
		}
		return nil
	}
	for j := range nv {
		r.load(mem(rotateX, nil, 0, j*r.bytes), m(j), carry(j))
	}
	r.loop(name, rotateK, 1, func() {
		r.broadcast(mem(rotateCS, nil, 0, 0), c)
		r.broadcast(mem(rotateCS, nil, 0, r.size), s)
		r.asm.ADDQ(operand.I32(2*r.size), rotateCS)
		for j := range nv {
			r.load(mem(rotateX, rotateLDX, 1, j*r.bytes), m(j), next(j))
			r.mul(c, carry(j), out(j))
			r.fma(s, next(j), out(j))
			r.store(out(j), m(j), mem(rotateX, nil, 0, j*r.bytes))
			r.mul(c, next(j), next(j))
			r.fnma(s, carry(j), next(j))
			r.move(next(j), carry(j))
		}
		r.asm.ADDQ(rotateLDX, rotateX)
	})
	for j := range nv {
		r.store(carry(j), m(j), mem(rotateX, nil, 0, j*r.bytes))
	}
	r.asm.JMP(target("done"))
}
