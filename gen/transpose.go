package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose writes Kernels.Transpose:
//
//	dst[p*ldd+i] = alpha*x[i*ldx+p],  i < r, p < k
//
// Rows go in groups of as many as fill a register, or half, a quarter … of it, the
// largest of which there are enough; steps go four at a time, or as many as half of a
// ZMM register holds; fewer than four go two at a time and one. The last group, and the
// last steps, are those that end where the matrix does: they do part of the work once
// more. What fills no ZMM register is narrow's, VEX code on YMM.
func transpose(e, narrow *emitter) {
	e.function("transpose", "func(r, k int, alpha T, x *T, ldx int, dst *T, ldd int)", "is Kernels.Transpose.")
	t := &transposer{narrow}
	e.arg("r", transposeR)
	e.broadcast(e.param("alpha"), e.v(transposeAlpha))
	e.arg("x", transposeX)
	e.strideArg("ldx", transposeLDX)
	e.arg("dst", transposeDst)
	e.strideArg("ldd", transposeLDD)
	e.asm.LEAQ(mem(transposeLDX, transposeLDX, 2, 0), transpose3LDX)
	e.asm.LEAQ(mem(transposeLDD, transposeLDD, 2, 0), transpose3LDD)
	e.arg("k", transposeK)
	e.asm.TESTQ(transposeK, transposeK)
	e.asm.JEQ(target("done"))
	for group := e.lanes(); group > 0; group /= 2 {
		next := target("below%d", group)
		if group == 1 {
			next = target("done")
		}
		e.asm.CMPQ(transposeR, operand.I32(group))
		e.asm.JLT(next)
		if group > narrow.lanes() {
			e.asm.CMPQ(transposeK, operand.I32(32/e.size))
			e.asm.JLT(next)
		}
		e.at(target("rows%d", group))
		if group > narrow.lanes() {
			wideTransposer{e}.group(group)
		} else {
			t.group(group)
		}
		e.asm.SUBQ(operand.I32(group), transposeR)
		e.asm.JEQ(target("done"))
		// x + group·ldx and on; or back to where the last group begins.
		e.asm.MOVL(operand.I32(group), reg.EAX)
		e.asm.CMPQ(transposeR, reg.RAX)
		e.asm.CMOVQLT(transposeR, reg.RAX)
		e.asm.LEAQ(mem(transposeDst, reg.RAX, e.size, 0), transposeDst)
		e.asm.IMULQ(transposeLDX, reg.RAX)
		e.asm.ADDQ(reg.RAX, transposeX)
		e.asm.MOVL(operand.I32(group), reg.EAX)
		e.asm.CMPQ(transposeR, reg.RAX)
		e.asm.CMOVQLT(reg.RAX, transposeR)
		e.asm.JMP(target("rows%d", group))
		if group > 1 {
			e.at(next)
		}
	}
	e.at(target("done"))
	e.ret()
}

// The registers of transpose: where the group begins, and where its steps are.
var (
	transposeR, transposeK       = reg.R12, reg.RBX
	transposeX, transposeDst     = reg.RSI, reg.RDI
	transposeLDX, transpose3LDX  = reg.RDX, reg.R8
	transposeLDD, transpose3LDD  = reg.R9, reg.R10
	transposeStep, transposeInto = reg.R11, reg.RCX
	transposeFour                = reg.R13 // row 4 at this step
	transposeEight               = reg.R14 // and row 8,
	transposeTwelve              = reg.R15 // and 12
)

const transposeAlpha = 15 // its register

type transposer struct{ *emitter }

func (t *transposer) alpha() reg.VecPhysical { return t.v(transposeAlpha) }

// transposeSteps go at a time.
const transposeSteps = 4

// steps returns how many 16 bytes of a row hold.
func (t *transposer) steps() int { return 16 / t.size }

// row returns where the group's row i stands at step s from here on.
func (t *transposer) row(i, s int) operand.Mem {
	base := transposeStep
	if i >= 4 {
		base = transposeFour
	}
	return fromRow(base, transposeLDX, transpose3LDX, i%4, s*t.size)
}

// fromRow returns the address base + i·ld + disp, 0 ≤ i ≤ 4, with a register for 3·ld.
func fromRow(base, ld, ld3 reg.GPPhysical, i, disp int) operand.Mem {
	switch i {
	case 0:
		return mem(base, nil, 0, disp)
	case 3:
		return mem(base, ld3, 1, disp)
	}
	return mem(base, ld, i, disp)
}

// into returns where step s from here on goes.
func (t *transposer) into(s int) operand.Mem {
	return fromRow(transposeInto, transposeLDD, transpose3LDD, s, 0)
}

func (t *transposer) group(rows int) {
	name := fmt.Sprintf("rows%d", rows)
	t.asm.MOVQ(transposeX, transposeStep)
	t.asm.MOVQ(transposeDst, transposeInto)
	t.arg("k", transposeK)
	if rows > 4 {
		t.asm.LEAQ(mem(transposeX, transposeLDX, 4, 0), transposeFour)
	}
	if rows > 1 {
		t.asm.CMPQ(transposeK, operand.I32(transposeSteps))
		t.asm.JLT(target("%s_one", name))
		t.at(target("%s_all", name))
		t.loop(name+"_steps", transposeK, transposeSteps, func() {
			for s := 0; s < transposeSteps; s += t.steps() {
				t.transpose(rows, s)
			}
			t.asm.ADDQ(operand.I32(transposeSteps*t.size), transposeStep)
			if rows > 4 {
				t.asm.ADDQ(operand.I32(transposeSteps*t.size), transposeFour)
			}
			t.asm.LEAQ(mem(transposeInto, transposeLDD, transposeSteps, 0), transposeInto)
		})
		bases := []reg.GPPhysical{transposeStep, transposeFour}
		t.lastSteps(name, transposeSteps, bases[:(rows+3)/4])
		t.at(target("%s_one", name))
	}
	if rows == 1 {
		t.loop(name+"_one", transposeK, 1, func() {
			t.moveOne(t.row(0, 0), t.v(0).AsX())
			t.mulOne(t.v(0).AsX(), t.alpha().AsX(), t.v(0).AsX())
			t.moveOne(t.v(0).AsX(), t.into(0))
			t.asm.ADDQ(operand.I32(t.size), transposeStep)
			t.asm.ADDQ(transposeLDD, transposeInto)
		})
		return
	}
	t.asm.CMPQ(transposeK, operand.I32(2))
	t.asm.JLT(target("%s_single", name))
	t.pair(rows)
	t.asm.SUBQ(operand.I32(2), transposeK)
	t.asm.JEQ(target("%s_end", name))
	t.asm.ADDQ(operand.I32(2*t.size), transposeStep)
	if rows > 4 {
		t.asm.ADDQ(operand.I32(2*t.size), transposeFour)
	}
	t.asm.LEAQ(mem(transposeInto, transposeLDD, 2, 0), transposeInto)
	t.at(target("%s_single", name))
	t.single(rows)
	t.at(target("%s_end", name))
}

// pair stores two steps of some rows, which have no more than three: loads of 8 bytes, and no
// stores that what reads the steps would wait for.
func (t *transposer) pair(rows int) {
	if t.size == 8 {
		t.transpose(rows, 0)
		return
	}
	low, high := t.v(0).AsX(), t.v(1).AsX()
	two := func(i int, v reg.Register) {
		t.asm.VMOVSD(t.row(i, 0), v)
		t.asm.VMOVHPS(t.row(i+1, 0), v, v)
		t.mul(v, t.alpha().AsX(), v)
	}
	if rows == 2 {
		two(0, low)
		t.asm.VSHUFPS(operand.U8(0b11_01_10_00), low, low, low)
		t.asm.VMOVLPS(low, t.into(0))
		t.asm.VMOVHPS(low, t.into(1))
		return
	}
	for i := 0; i < rows; i += 4 {
		two(i, low)
		two(i+2, high)
		for s, lanes := range []uint8{0b10_00_10_00, 0b11_01_11_01} {
			step := t.v(2 + s).AsX()
			t.asm.VSHUFPS(operand.U8(lanes), high, low, step)
			t.move(step, t.into(s).Offset(i*t.size))
		}
	}
}

// single stores one step of some rows.
func (t *transposer) single(rows int) {
	v := t.v(0).AsX()
	for i := 0; i < rows; i += t.steps() {
		t.moveOne(t.row(i, 0), v)
		if t.size == 8 {
			t.asm.VMOVHPD(t.row(i+1, 0), v, v)
		}
		for j := 1; j < min(rows, 4) && t.size == 4; j++ {
			t.asm.VINSERTPS(operand.U8(j<<4), t.row(i+j, 0), v, v)
		}
		t.mul(v, t.alpha().AsX(), v)
		if rows*t.size < 16 {
			t.asm.VMOVLPS(v, t.into(0))
		} else {
			t.move(v, t.into(0).Offset(i*t.size))
		}
	}
}

// lastSteps takes the way back to where so many steps are left, and goes on there, if
// some are, fewer than that.
func (e *emitter) lastSteps(name string, steps int, bases []reg.GPPhysical) {
	e.asm.TESTQ(transposeK, transposeK)
	e.asm.JEQ(target("%s_end", name))
	e.asm.LEAQ(mem(transposeK, nil, 0, -steps), reg.RAX)
	for _, base := range bases {
		e.asm.LEAQ(mem(base, reg.RAX, e.size, 0), base)
	}
	e.asm.IMULQ(transposeLDD, reg.RAX)
	e.asm.ADDQ(reg.RAX, transposeInto)
	e.asm.MOVL(operand.I32(steps), transposeK.As32())
	e.asm.JMP(target("%s_all", name))
}

// transpose stores 16 bytes of each of some rows, from step first on, as steps of rows.
func (t *transposer) transpose(rows, first int) {
	half := min(rows, t.steps()) // rows in the lower half of a register
	part := func(v reg.VecPhysical) operand.Op {
		if rows > half {
			return v
		}
		return v.AsX()
	}
	for i := range half {
		t.move(t.row(i, first), t.v(i).AsX())
		if rows > half {
			t.asm.VINSERTF128(operand.Imm(1), t.row(i+half, first), t.v(i), t.v(i))
		}
		t.mul(part(t.v(i)), part(t.alpha()), part(t.v(i)))
	}
	if t.size == 4 && half == 2 { // of four steps, the first two and the last two
		t.asm.VUNPCKLPS(t.v(1).AsX(), t.v(0).AsX(), t.v(8).AsX())
		t.asm.VUNPCKHPS(t.v(1).AsX(), t.v(0).AsX(), t.v(9).AsX())
		for s := range 4 {
			if from := t.v(8 + s/2).AsX(); s%2 == 0 {
				t.asm.VMOVLPS(from, t.into(first+s))
			} else {
				t.asm.VMOVHPS(from, t.into(first+s))
			}
		}
		return
	}
	for s, v := range t.transposeHalves(part) {
		t.move(v, t.into(first+s))
	}
}

// wideTransposer moves 32 bytes of each row of a group at a time, two rows to a ZMM
// register, and stores whole ones: a step is 64 bytes.
type wideTransposer struct{ *emitter }

func (t wideTransposer) group(rows int) {
	name := fmt.Sprintf("rows%d", rows)
	steps := 32 / t.size
	bases := []reg.GPPhysical{transposeStep, transposeFour, transposeEight, transposeTwelve}[:rows/4]
	t.asm.MOVQ(transposeX, bases[0])
	for i, base := range bases[1:] {
		t.asm.LEAQ(mem(bases[i], transposeLDX, 4, 0), base)
	}
	t.asm.MOVQ(transposeDst, transposeInto)
	t.arg("k", transposeK)
	t.at(target("%s_all", name))
	t.loop(name+"_steps", transposeK, steps, func() {
		t.transpose(bases)
		for _, base := range bases {
			t.asm.ADDQ(operand.I32(32), base)
		}
	})
	t.lastSteps(name, steps, bases)
	t.at(target("%s_end", name))
}

// transpose stores 32 bytes of each row as steps of 64.
func (t wideTransposer) transpose(bases []reg.GPPhysical) {
	l := 16 / t.size
	row := func(i int) operand.Mem { return fromRow(bases[i/4], transposeLDX, transpose3LDX, i%4, 0) }
	shared := func(i int) reg.VecPhysical { return t.v(i) }
	for i := range 2 * l {
		v, first := shared(i), i/l*2*l+i%l
		t.move(row(first), v.AsY())
		t.asm.VINSERTF64X4(operand.Imm(1), row(first+l), v, v)
		t.mul(v, t.v(transposeAlpha), v)
	}
	for s, v := range t.transposeWide(shared, func(i int) reg.VecPhysical { return t.v(16 + i) }) {
		t.move(v, fromRow(transposeInto, transposeLDD, transpose3LDD, s%l, 0))
		if s%l == l-1 {
			t.asm.LEAQ(mem(transposeInto, transposeLDD, l, 0), transposeInto)
		}
	}
}

// transposeWide transposes 32 bytes of each of as many rows as a ZMM register has
// lanes, and returns where its columns are, each in a register.
//
// Of 4·l rows, l to 16 bytes, the first ones i and i+l share a register, and then 2·l+i and
// 3·l+i: four pieces of 16 bytes, a b of the first row and c d of the second one. Within
// pieces registers are transposed as YMM's are; of two of those results a and c of the
// first and of the second are the earlier column, b and d the later one. There are 16
// scratch registers.
func (e *emitter) transposeWide(shared, scratch func(i int) reg.VecPhysical) (columns []reg.VecPhysical) {
	l := 16 / e.size
	var halves [2][]operand.Op
	for h := range halves {
		halves[h] = e.transposeHalves(func(r reg.VecPhysical) operand.Op {
			i := int(r.PhysicalIndex())
			if i < l {
				return shared(l*h + i)
			}
			return scratch(8*h + i - 4)
		})
	}
	for p, pieces := range []uint8{0b10_00_10_00, 0b11_01_11_01} {
		for s := range l {
			to := scratch(8*p + s) // which is free by now
			e.asm.VSHUFF64X2(operand.U8(pieces), halves[1][s], halves[0][s], to)
			columns = append(columns, to)
		}
	}
	return columns
}

// transposeHalves transposes the blocks whose rows are in the halves of v0, v1 …, 16
// bytes of each, and returns where their columns are. part tells how much of a
// register there is.
func (e *emitter) transposeHalves(part func(v reg.VecPhysical) operand.Op) (columns []operand.Op) {
	v := func(i int) operand.Op { return part(e.v(i)) }
	if e.size == 8 {
		e.asm.VUNPCKLPD(v(1), v(0), v(8))
		e.asm.VUNPCKHPD(v(1), v(0), v(9))
		return []operand.Op{v(8), v(9)}
	}
	// Pairs of rows, then pairs of pairs.
	e.asm.VUNPCKLPS(v(1), v(0), v(4))
	e.asm.VUNPCKHPS(v(1), v(0), v(5))
	e.asm.VUNPCKLPS(v(3), v(2), v(6))
	e.asm.VUNPCKHPS(v(3), v(2), v(7))
	for s, from := range []int{4, 4, 5, 5} {
		pairs := []uint8{0b01_00_01_00, 0b11_10_11_10}[s%2]
		e.asm.VSHUFPS(operand.U8(pairs), v(from+2), v(from), v(8+s))
		columns = append(columns, v(8+s))
	}
	return columns
}
