package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sliceBytes is the size of a slice's header, which begins with its address.
const sliceBytes = 24

// The registers of gather: what stands in its arguments, strides in bytes; the
// column's offset in a row; a row's address; and where results go.
var (
	gatherTo, gatherRowsAt = reg.RBX, reg.RSI
	gatherNext             = reg.R8
	gatherDst, gatherLDD   = reg.RDI, reg.RDX
	gatherTrans, gatherLDT = reg.R9, reg.R10
	gatherAt, gatherRow    = reg.R11, reg.RAX
	gatherOut, gatherOutT  = reg.R12, reg.R13
)

// gather writes the kernel that copies rows from anywhere both as they are and
// transposed. It takes a line of each row, asks for the same line of the next rows,
// whose addresses no machine could foresee, and transposes blocks of rows: at AVX2
// of as many rows and columns as a register has lanes, else of whole lines, by lines.
func gather(e *emitter) {
	e.function("gather", "func(from, to int, rows, next *[]T, dst *T, ldd int, trans *T, ldt int)", "is Kernels.Gather.")
	e.strideArg("from", gatherAt)
	e.arg("to", gatherTo)
	e.asm.SUBQ(e.param("from"), gatherTo)
	e.arg("rows", gatherRowsAt)
	e.arg("next", gatherNext)
	e.arg("dst", gatherDst)
	e.strideArg("ldd", gatherLDD)
	e.arg("trans", gatherTrans)
	e.strideArg("ldt", gatherLDT)
	e.asm.MOVQ(e.param("from"), gatherRow)
	e.asm.IMULQ(gatherLDT, gatherRow)
	e.asm.ADDQ(gatherRow, gatherTrans)

	row := func(base reg.GPPhysical, i int) { e.asm.MOVQ(mem(base, nil, 0, i*sliceBytes), gatherRow) }
	e.loop("lines", gatherTo, gatherLine/e.size, func() {
		if e.opmasks {
			e.gatherLines(row)
		} else {
			e.gatherHalfLines(row)
		}
		e.asm.ADDQ(operand.I32(gatherLine), gatherAt)
	})
	e.loop("column", gatherTo, 1, func() {
		e.asm.MOVQ(gatherDst, gatherOut)
		for i := range e.gatherRows() {
			row(gatherRowsAt, i)
			x := e.v(0).AsX()
			e.moveOne(mem(gatherRow, gatherAt, 1, 0), x)
			e.moveOne(x, mem(gatherOut, gatherAt, 1, 0))
			e.moveOne(x, mem(gatherTrans, nil, 0, i*e.size))
			e.asm.ADDQ(gatherLDD, gatherOut)
		}
		e.asm.ADDQ(operand.I32(e.size), gatherAt)
		e.asm.ADDQ(gatherLDT, gatherTrans)
	})
	e.ret()
}

// gatherLine is what is taken of a row at a time, and what the rows write to a row of the
// transposed matrix.
const gatherLine = 64

// gatherRows returns how many rows the kernel takes.
func (e *emitter) gatherRows() int { return gatherLine / e.size }

// gatherHalfLines moves a line of each row, half of it at a time; row sets gatherRow.
func (e *emitter) gatherHalfLines(row func(base reg.GPPhysical, i int)) {
	for s := 0; s < gatherLine; s += e.bytes {
		e.asm.MOVQ(gatherDst, gatherOut)
		for first := 0; first < e.gatherRows(); first += e.lanes() {
			for i := range e.lanes() {
				row(gatherRowsAt, first+i)
				e.move(mem(gatherRow, gatherAt, 1, s), e.v(i))
				e.move(e.v(i), mem(gatherOut, gatherAt, 1, s))
				e.asm.ADDQ(gatherLDD, gatherOut)
				if s == 0 {
					row(gatherNext, first+i)
					e.asm.PREFETCHT0(mem(gatherRow, gatherAt, 1, 0))
				}
			}
			e.asm.MOVQ(gatherTrans, gatherOutT)
			for _, v := range e.transpose() {
				e.move(v, mem(gatherOutT, nil, 0, first*e.size))
				e.asm.ADDQ(gatherLDT, gatherOutT)
			}
		}
		e.asm.MOVQ(gatherOutT, gatherTrans)
	}
}

// gatherLines moves a line of each row; row sets gatherRow. As many rows as a line has
// elements are transposed together, by half lines, two rows of which share a register
// as wideTransposer has them.
func (e *emitter) gatherLines(row func(base reg.GPPhysical, i int)) {
	l := 16 / e.size
	e.asm.MOVQ(gatherDst, gatherOut)
	shared := func(half, i int) reg.VecPhysical { return e.v(2*l*half + i) }
	for i := range e.gatherRows() {
		row(gatherRowsAt, i)
		whole := e.v(31)
		e.move(mem(gatherRow, gatherAt, 1, 0), whole)
		e.move(whole, mem(gatherOut, gatherAt, 1, 0))
		e.asm.ADDQ(gatherLDD, gatherOut)
		for half := range 2 {
			from, to := mem(gatherRow, gatherAt, 1, 32*half), shared(half, i/(2*l)*l+i%l)
			if i/l%2 == 0 {
				e.move(from, to.AsY())
			} else {
				e.asm.VINSERTF64X4(operand.Imm(1), from, to, to)
			}
		}
		row(gatherNext, i)
		e.asm.PREFETCHT0(mem(gatherRow, gatherAt, 1, 0))
	}
	for half := range 2 {
		for _, v := range e.transposeWide(
			func(i int) reg.VecPhysical { return shared(half, i) },
			func(i int) reg.VecPhysical { return e.v(16 + i) },
		) {
			e.move(v, mem(gatherTrans, nil, 0, 0))
			e.asm.ADDQ(gatherLDT, gatherTrans)
		}
	}
}

// transpose transposes the block whose rows are in v0, v1 …, and returns where its
// columns are.
func (e *emitter) transpose() (columns []reg.VecPhysical) {
	rows := e.lanes()
	v := func(i int) reg.VecPhysical { return e.v(i) }
	t := func(i int) reg.VecPhysical { return e.v(rows + i) }
	for i := 0; i < rows; i += 2 { // pairs of rows
		e.either(e.asm.VUNPCKLPS, e.asm.VUNPCKLPD, v(i+1), v(i), t(i))
		e.either(e.asm.VUNPCKHPS, e.asm.VUNPCKHPD, v(i+1), v(i), t(i+1))
	}
	if e.size == 4 { // pairs of pairs
		for i := 0; i < rows; i += 4 {
			for j, from := range []int{i, i, i + 1, i + 1} {
				e.asm.VSHUFPS(operand.U8([]uint8{0b01_00_01_00, 0b11_10_11_10}[j%2]), t(from+2), t(from), v(i+j))
			}
		}
		v, t = t, v
	}
	for _, half := range []uint8{0x20, 0x31} { // the halves of registers
		for i := range rows / 2 {
			to := v(i)
			if half == 0x31 {
				to = v(rows/2 + i)
			}
			e.asm.VPERM2F128(operand.U8(half), t(rows/2+i), t(i), to)
			columns = append(columns, to)
		}
	}
	return columns
}
