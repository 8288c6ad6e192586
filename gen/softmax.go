package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// softmax writes Kernels.Softmax. It takes a few vectors of columns and goes
// down their rows three times: for the largest element, for the exponentials
// and their sum, and to divide.
//
// MAX drops a NaN in x; the exponential and the sum bring it back. The same
// holds for +Inf and for columns of −Inf, which give Inf − Inf.
func softmax(e *emitter) {
	e.function("softmax", "func(m, n int, dst *T, ldd int, src *T, lds int)", "is Kernels.Softmax.")
	e.arg("n", softmaxN)
	e.strideArg("ldd", softmaxLDD)
	e.strideArg("lds", softmaxLDS)
	e.arg("dst", softmaxDst)
	e.arg("src", softmaxSrc)
	e.arg("m", reg.RBX)
	e.TESTQ(reg.RBX, reg.RBX)
	e.JEQ(target("done"))
	s := &softmaxEmitter{group: &group{emitter: e}}
	unroll := 2
	if e.opmasks {
		unroll = 4
	}
	s.placeConstants(append(expConstants(e), constant{"-Inf", e.float(math.Inf(-1))}), (expSlots+2)*unroll)
	e.loop("vectors", softmaxN, unroll*e.lanes(), func() { s.columns("vectors", unroll, nil) })
	e.loop("vector", softmaxN, e.lanes(), func() { s.columns("vector", 1, nil) })
	e.TESTQ(softmaxN, softmaxN)
	e.JEQ(target("done"))
	m := e.lastMask()
	e.tailMask(softmaxN, m)
	s.columns("tail", 1, &m)
	e.at(target("done"))
	e.ret()
}

// The registers of softmax: the columns left, their first row, and this row.
var (
	softmaxN               = reg.RDX
	softmaxDst, softmaxSrc = reg.RDI, reg.RSI
	softmaxLDD, softmaxLDS = reg.R8, reg.R9
	softmaxTo, softmaxFrom = reg.R10, reg.R11
)

type softmaxEmitter struct{ *group }

// Behind the slots of the exponential stand the largest element and the sum.
const (
	softmaxTop = expSlots
	softmaxSum = expSlots + 1
)

func (s *softmaxEmitter) columns(name string, vectors int, m *mask) {
	s.vectors = vectors
	// rows goes down the rows of dst and src.
	rows := func(pass string, body func(to, from func(u int) operand.Mem)) {
		s.MOVQ(softmaxDst, softmaxTo)
		s.MOVQ(softmaxSrc, softmaxFrom)
		s.arg("m", reg.RBX)
		s.loop(name+"_"+pass, reg.RBX, 1, func() {
			body(func(u int) operand.Mem { return mem(softmaxTo, nil, 0, u*s.bytes) },
				func(u int) operand.Mem { return mem(softmaxFrom, nil, 0, u*s.bytes) })
			s.ADDQ(softmaxLDD, softmaxTo)
			s.ADDQ(softmaxLDS, softmaxFrom)
		})
	}
	load := func(at func(u int) operand.Mem) {
		for u := range vectors {
			s.load(at(u), m, s.v(u))
		}
	}
	store := func(at func(u int) operand.Mem) {
		for u := range vectors {
			s.store(s.v(u), m, at(u))
		}
	}

	s.each(func(v slots) { s.move(s.c("-Inf"), v(softmaxTop)) })
	rows("max", func(_, from func(u int) operand.Mem) {
		load(from)
		s.each(func(v slots) { s.either(s.VMAXPS, s.VMAXPD, v(softmaxTop), v(0), v(softmaxTop)) })
	})
	s.each(func(v slots) { s.zero(v(softmaxSum)) })
	rows("exp", func(to, from func(u int) operand.Mem) {
		load(from)
		s.each(func(v slots) { s.sub(v(softmaxTop), v(0), v(0)) })
		exponential(s.group)
		store(to)
		s.each(func(v slots) { s.add(v(0), v(softmaxSum), v(softmaxSum)) })
	})
	rows("divide", func(to, _ func(u int) operand.Mem) {
		load(to)
		s.each(func(v slots) { s.either(s.VDIVPS, s.VDIVPD, v(softmaxSum), v(0), v(0)) })
		store(to)
	})
	s.ADDQ(operand.I32(vectors*s.bytes), softmaxDst)
	s.ADDQ(operand.I32(vectors*s.bytes), softmaxSrc)
}
