package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// softmax writes the kernels that go down columns of exponentials: Kernels.Softmax
// and what is made of it. They take a few vectors of columns and go down their rows
// up to three times: for the largest element, for the exponentials and their sum,
// and to divide.
//
// MAX drops a NaN in x; the exponential and the sum bring it back. The same
// holds for +Inf and for columns of −Inf, which give Inf − Inf.
func softmax(e *emitter) {
	s := newColumns(e, "softmax", "func(m, n int, dst *T, ldd int, src *T, lds int)", "is Kernels.Softmax.",
		map[string][2]string{"src": {"src", "lds"}, "dst": {"dst", "ldd"}})
	s.emit(softmaxSum+1, nil, func(m *mask) {
		s.largest(m)
		s.exponentials(m, true, nil)
		s.divide(m, nil)
	})

	s = newColumns(e, "logSumExp", "func(m, n int, src *T, lds int, tops, sums *T)", "is Kernels.LogSumExp.",
		map[string][2]string{"src": {"src", "lds"}})
	s.emit(softmaxSum+1, nil, func(m *mask) {
		s.largest(m)
		s.exponentials(m, false, nil)
		s.result("tops", softmaxTop, m)
		s.result("sums", softmaxSum, m)
	})

	crossEntropy(e, false)
	crossEntropy(e, true)
	binaryCrossEntropy(e)
}

// The registers of these kernels: the columns left; what stands in their first row,
// and what in this row, of the matrix read, the labels and the matrix written.
var (
	columnsN     = reg.RDX
	columnsM     = reg.RBX
	columnsFirst = map[string]reg.GPPhysical{"src": reg.RSI, "y": reg.R12, "dst": reg.RDI}
	columnsRow   = map[string]reg.GPPhysical{"src": reg.R11, "y": reg.R14, "dst": reg.R10}
	columnsLD    = map[string]reg.GPPhysical{"src": reg.R9, "y": reg.R13, "dst": reg.R8}
)

// Behind the slots of the exponential stand the largest element, the sum and the
// loss.
const (
	softmaxTop  = expSlots
	softmaxSum  = expSlots + 1
	softmaxLoss = expSlots + 2
)

// downColumns is a kernel that goes down columns.
type downColumns struct {
	*group
	args map[string][2]string // the matrices
	name string               // of the kind of group of columns
}

// matrices are those of downColumns, in a fixed order.
var matrices = []string{"src", "y", "dst"}

// newColumns begins a kernel with its matrices as arguments, each a name and the
// leading dimension's, which labels that are not a matrix lack.
func newColumns(e *emitter, name, signature, doc string, args map[string][2]string) *downColumns {
	e.function(name, signature, doc)
	s := &downColumns{group: &group{emitter: e}, args: args}
	e.arg("n", columnsN)
	for _, matrix := range matrices {
		arg, ok := args[matrix]
		if !ok {
			continue
		}
		e.arg(arg[0], columnsFirst[matrix])
		if arg[1] == "" {
			e.asm.XORQ(columnsLD[matrix], columnsLD[matrix])
		} else {
			e.strideArg(arg[1], columnsLD[matrix])
		}
	}
	return s
}

// emit ends the kernel: body works on a group of columns, with so many slots to a
// vector.
func (s *downColumns) emit(slots int, constants []constant, body func(m *mask)) {
	e := s.emitter
	e.arg("m", columnsM)
	e.asm.TESTQ(columnsM, columnsM)
	e.asm.JEQ(target("done"))
	unroll := 2
	if e.opmasks {
		unroll = 4
	}
	next := slots * unroll
	if s.args["y"][0] == "classes" { // of rowNumber
		next++
	}
	s.placeConstants(append(append(expConstants(e), constant{"-Inf", e.float(math.Inf(-1))}), constants...), next, len(e.isa.vectors))
	group := func(name string, vectors int, m *mask) {
		s.name, s.vectors = name, vectors
		body(m)
		for _, matrix := range matrices {
			if _, ok := s.args[matrix]; ok {
				e.asm.ADDQ(operand.I32(vectors*e.bytes), columnsFirst[matrix])
			}
		}
	}
	e.loop("vectors", columnsN, unroll*e.lanes(), func() { group("vectors", unroll, nil) })
	e.loop("vector", columnsN, e.lanes(), func() { group("vector", 1, nil) })
	e.asm.TESTQ(columnsN, columnsN)
	e.asm.JEQ(target("done"))
	m := e.lastMask()
	e.tailMask(columnsN, m)
	group("tail", 1, &m)
	e.at(target("done"))
	e.ret()
}

// rows goes down the rows of all matrices.
func (s *downColumns) rows(pass string, body func()) {
	s.arg("m", columnsM)
	for _, matrix := range matrices {
		if _, ok := s.args[matrix]; ok {
			s.asm.MOVQ(columnsFirst[matrix], columnsRow[matrix])
		}
	}
	s.loop(s.name+"_"+pass, columnsM, 1, func() {
		body()
		for _, matrix := range matrices {
			if _, ok := s.args[matrix]; ok {
				s.asm.ADDQ(columnsLD[matrix], columnsRow[matrix])
			}
		}
	})
}

// load loads this row of a matrix to a slot.
func (s *downColumns) load(matrix string, slot int, m *mask) {
	for u := range s.vectors {
		s.emitter.load(mem(columnsRow[matrix], nil, 0, u*s.bytes), m, s.v(slot*s.vectors+u))
	}
}

// store stores slot 0 to this row of the matrix written.
func (s *downColumns) store(m *mask) {
	for u := range s.vectors {
		s.emitter.store(s.v(u), m, mem(columnsRow["dst"], nil, 0, u*s.bytes))
	}
}

// result stores a slot to the columns' place in a vector.
func (s *downColumns) result(arg string, slot int, m *mask) {
	s.asm.MOVQ(columnsFirst["src"], reg.RAX)
	s.asm.SUBQ(s.param(s.args["src"][0]), reg.RAX)
	s.asm.ADDQ(s.param(arg), reg.RAX)
	for u := range s.vectors {
		s.emitter.store(s.v(slot*s.vectors+u), m, mem(reg.RAX, nil, 0, u*s.bytes))
	}
}

// largest finds the largest element of each column.
func (s *downColumns) largest(m *mask) {
	s.each(func(v slots) { s.move(s.c("-Inf"), v(softmaxTop)) })
	s.rows("max", func() {
		s.load("src", 0, m)
		s.each(func(v slots) { s.either(s.asm.VMAXPS, s.asm.VMAXPD, v(softmaxTop), v(0), v(softmaxTop)) })
	})
}

// exponentials sums what is left of the largest element, exponentiated, and may
// store it. Before that, look sees the differences in slot 0 and may use slots 1
// to 3.
func (s *downColumns) exponentials(m *mask, store bool, look func()) {
	s.each(func(v slots) { s.zero(v(softmaxSum)) })
	s.rows("exp", func() {
		s.load("src", 0, m)
		s.each(func(v slots) { s.sub(v(softmaxTop), v(0), v(0)) })
		if look != nil {
			look()
		}
		exponential(s.group)
		if store {
			s.store(m)
		}
		s.each(func(v slots) { s.add(v(0), v(softmaxSum), v(softmaxSum)) })
	})
}

// divide divides what has been stored by the sums. Then look sees it in slot 0.
func (s *downColumns) divide(m *mask, look func()) {
	s.rows("divide", func() {
		s.load("dst", 0, m)
		s.each(func(v slots) { s.either(s.asm.VDIVPS, s.asm.VDIVPD, v(softmaxSum), v(0), v(0)) })
		if look != nil {
			look()
		}
		s.store(m)
	})
}

// crossEntropy writes Kernels.CrossEntropy, or CrossEntropyClasses: there a label
// is 1 where the class is the row's number, counted along, and 0 elsewhere, which
// gives the same bits.
func crossEntropy(e *emitter, classes bool) {
	var s *downColumns
	if classes {
		s = newColumns(e, "crossEntropyClasses", "func(m, n int, z *T, ldz int, classes *T, dz *T, lddz int, sums, losses *T)", "is Kernels.CrossEntropyClasses.",
			map[string][2]string{"src": {"z", "ldz"}, "dst": {"dz", "lddz"}, "y": {"classes", ""}})
	} else {
		s = newColumns(e, "crossEntropy", "func(m, n int, z *T, ldz int, y *T, ldy int, dz *T, lddz int, sums, losses *T)", "is Kernels.CrossEntropy.",
			map[string][2]string{"src": {"z", "ldz"}, "dst": {"dz", "lddz"}, "y": {"y", "ldy"}})
	}
	const y, t = 1, 2
	selected := reg.K2
	// Behind the slots of two or four vectors.
	row := e.v(14)
	if e.opmasks {
		row = e.v(28)
	}
	count := func() { e.either(e.asm.VPADDD, e.asm.VPADDQ, s.c("one more"), row, row) }
	// isClass sets slot t, or a mask, where y is the row's number.
	isClass := func(v slots) {
		if e.opmasks {
			e.either(e.asm.VPCMPEQD, e.asm.VPCMPEQQ, v(y), row, selected)
		} else {
			e.either(e.asm.VPCMPEQD, e.asm.VPCMPEQQ, v(y), row, v(t))
		}
	}
	s.emit(softmaxLoss+1, []constant{{"one more", 1}}, func(m *mask) {
		s.largest(m)
		s.each(func(v slots) { s.zero(v(softmaxLoss)) })
		if classes {
			s.zero(row)
		}
		s.exponentials(m, true, func() {
			s.load("y", y, m)
			if classes {
				s.each(func(v slots) {
					isClass(v)
					if e.opmasks {
						s.sub(v(0), v(softmaxLoss), selected, v(softmaxLoss))
					} else {
						s.and(v(0), v(t), v(t))
						s.sub(v(t), v(softmaxLoss), v(softmaxLoss))
					}
				})
				count()
				return
			}
			// A label of 0 counts as nothing, also where x is −Inf.
			if e.opmasks {
				s.each(func(v slots) {
					s.zero(v(t))
					s.either(s.asm.VCMPPS, s.asm.VCMPPD, operand.U8(cmpNotEqual), v(t), v(y), selected)
					s.fnma(v(0), v(y), selected, v(softmaxLoss))
				})
			} else {
				s.each(func(v slots) { s.zero(v(t)) })
				s.each(func(v slots) { s.either(s.asm.VCMPPS, s.asm.VCMPPD, operand.U8(cmpNotEqual), v(t), v(y), v(t)) })
				s.each(func(v slots) { s.and(v(0), v(t), v(t)) })
				s.each(func(v slots) { s.fnma(v(t), v(y), v(softmaxLoss)) })
			}
		})
		if classes {
			s.zero(row)
		}
		s.divide(m, func() {
			s.load("y", y, m)
			if !classes {
				s.each(func(v slots) { s.sub(v(y), v(0), v(0)) })
				return
			}
			s.each(func(v slots) {
				isClass(v)
				if e.opmasks {
					s.sub(s.c("1"), v(0), selected, v(0))
				} else {
					s.and(s.c("1"), v(t), v(t))
					s.sub(v(t), v(0), v(0))
				}
			})
			count()
		})
		s.result("sums", softmaxSum, m)
		s.result("losses", softmaxLoss, m)
	})
}

// cmpNotEqual is VCMP's that is true for NaNs.
const cmpNotEqual = 0x04

// binaryCrossEntropy writes Kernels.BinaryCrossEntropy. With t = e^−|z|,
//
//	σ(−|z|) = t/(1+t),  log(1+t) = 2·artanh s = 2s + s·u·(2/3 + 2/5·u + 2/7·u² + …)
//	s = t/(2+t),  u = s² ≤ 1/9
//
// whose terms are taken until the next is below a tenth of an ULP.
func binaryCrossEntropy(e *emitter) {
	s := newColumns(e, "binaryCrossEntropy", "func(m, n int, z *T, ldz int, y *T, ldy int, dz *T, lddz int, losses *T)", "is Kernels.BinaryCrossEntropy.",
		map[string][2]string{"src": {"z", "ldz"}, "dst": {"dz", "lddz"}, "y": {"y", "ldy"}})
	terms := 8
	if e.size == 8 {
		terms = 17
	}
	constants := []constant{{"magnitude", e.magnitude()}, {"2", e.float(2)}}
	term := func(k int) string { return fmt.Sprintf("2/%d", 2*k+3) }
	for k := range terms {
		constants = append(constants, constant{term(k), e.float(2 / float64(2*k+3))})
	}
	const x, a, b, c, loss, z = 0, 1, 2, 3, 4, 5
	s.emit(z+1, constants, func(m *mask) {
		s.each(func(v slots) { s.zero(v(loss)) })
		s.rows("row", func() {
			s.load("src", x, m)
			s.each(func(v slots) { s.move(v(x), v(z)) })
			s.each(func(v slots) { s.and(s.c("magnitude"), v(x), v(x)) })
			s.each(func(v slots) { s.zero(v(a)) })
			s.each(func(v slots) { s.sub(v(x), v(a), v(x)) })
			exponential(s.group) // t
			s.each(func(v slots) { s.add(s.c("2"), v(x), v(a)) })
			s.each(func(v slots) { s.either(s.asm.VDIVPS, s.asm.VDIVPD, v(a), v(x), v(a)) }) // s
			s.each(func(v slots) { s.mul(v(a), v(a), v(b)) })                                // u
			s.each(func(v slots) { s.move(s.c(term(terms-1)), v(c)) })
			for k := terms - 2; k >= 0; k-- {
				s.each(func(v slots) { s.fma213(s.c(term(k)), v(b), v(c)) })
			}
			s.each(func(v slots) { s.mul(v(b), v(c), v(c)) })
			s.each(func(v slots) { s.add(v(a), v(a), v(b)) })
			s.each(func(v slots) { s.fma(v(a), v(c), v(b)) }) // log(1+t)
			s.each(func(v slots) { s.add(s.c("1"), v(x), v(a)) })
			s.each(func(v slots) { s.move(s.c("1"), v(c)) })
			s.each(func(v slots) { s.blend(v(z), v(x), v(c)) })                              // t if z is negative
			s.each(func(v slots) { s.either(s.asm.VDIVPS, s.asm.VDIVPD, v(a), v(c), v(x)) }) // σ(z)
			s.load("y", a, m)
			s.each(func(v slots) { s.sub(v(a), v(x), v(x)) })
			s.store(m)
			s.each(func(v slots) { s.zero(v(c)) })
			s.each(func(v slots) { s.either(s.asm.VMAXPS, s.asm.VMAXPD, v(z), v(c), v(c)) })
			s.each(func(v slots) { s.fnma(v(a), v(z), v(c)) })
			s.each(func(v slots) { s.add(v(b), v(c), v(c)) })
			s.each(func(v slots) { s.add(v(c), v(loss), v(loss)) })
		})
		s.result("losses", loss, m)
	})
}
