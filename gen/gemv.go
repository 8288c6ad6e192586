package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemv writes the kernels of products with a vector.
func gemv(e *emitter) {
	dots(e)
	if !e.opmasks {
		dotsInTurn(e)
	}
	combine(e)
	ger(e)
	thin(e)
}

// dots writes Kernels.Dots. The lanes of a sum are DotLanes/lanes vectors; some rows
// and some vectors x are multiplied side by side, so that what is loaded serves
// several sums and no sum is waited for: where registers are few three rows with one
// vector, or one row with up to three. What a last step lacks is loaded as zeros.
//
// Of a matrix that L1 has no room for, some rows are multiplied by one vector while those
// after them are asked for: all of these must stay in L1, which rows of DotBlock float64
// would not. Zen 4 reads them sooner by 32 bytes, if of 64 more would lie in two lines.
func dots(e *emitter) {
	tiles, rowsAhead := []dotsTiles{{3, []int{1}}, {2, []int{1}}, {1, []int{3, 2, 1}}}, 3
	if e.opmasks {
		tiles, rowsAhead = []dotsTiles{{3, []int{4, 2, 1}}, {2, []int{6, 4, 2, 1}}, {1, []int{8, 4, 2, 1}}}, 4
	}
	if e.size == 8 {
		rowsAhead = 0
	}
	e.dots("dots", "is Kernels.Dots.", tiles, rowsAhead)
}

// dotsInTurn writes Kernels.DotsInTurn, for all levels: from memory vectors of 64 bytes are no
// faster, on Zen 4 a tenth slower.
func dotsInTurn(e *emitter) {
	e.dots("dotsInTurn", "is Kernels.DotsInTurn.", []dotsTiles{{1, []int{1}}}, 0)
}

// dotsTiles are for so many vectors side by side the numbers of rows, of which the last is 1.
type dotsTiles struct {
	columns int
	rows    []int
}

// dots writes a kernel of such tiles, the widest first, and asks for so many rows ahead.
func (e *emitter) dots(name, doc string, tiles []dotsTiles, rowsAhead int) {
	e.function(name, "func(m, n, k int, a *T, lda int, x *T, ldx int, alpha, beta T, y *T, incy, ldy int)", doc)
	d := &dotsEmitter{emitter: e, vectors: 128 / e.size / e.lanes()}
	d.n, d.x, d.y = e.asm.AllocLocal(8), e.asm.AllocLocal(8), e.asm.AllocLocal(8)
	for _, arg := range []struct {
		name string
		to   operand.Mem
	}{{"n", d.n}, {"x", d.x}, {"y", d.y}} {
		e.asm.MOVQ(e.arg(arg.name, reg.RAX), arg.to)
	}
	e.strideArg("lda", dotsLDA)
	e.strideArg("incy", dotsIncY)
	e.strideArg("ldx", dotsLDX)
	for _, tile := range tiles {
		columns := fmt.Sprintf("columns%d", tile.columns)
		e.at(target("%s", columns))
		e.asm.CMPQ(d.n, operand.I8(tile.columns))
		e.asm.JLT(target("%s_end", columns))
		e.arg("m", dotsM)
		e.arg("a", dotsA)
		e.asm.MOVQ(d.y, dotsY)
		if tile.columns == 1 && rowsAhead > 0 {
			e.arg("k", reg.RAX)
			e.asm.IMULQ(dotsM, reg.RAX)
			e.asm.CMPQ(reg.RAX, operand.I32(fromL2/e.size))
			e.asm.JLE(target("near"))
			if e.halves {
				e.asm.CMPB(halved, operand.U8(0))
				e.asm.JEQ(target("whole"))
				e.asm.TESTQ(operand.I32(63), dotsLDA)
				e.asm.JEQ(target("whole"))
				narrow := &emitter{e.asm, e.vex(), e.size, e.data}
				h := &dotsEmitter{emitter: narrow, vectors: 128 / e.size / narrow.lanes(), n: d.n, x: d.x, y: d.y}
				e.loop("ahead_halves", dotsM, 3, func() { h.tile("ahead_halves", 3, 1, true) })
				e.asm.JMP(target("near"))
				e.at(target("whole"))
			}
			e.loop("ahead", dotsM, rowsAhead, func() { d.tile("ahead", rowsAhead, 1, true) })
			e.at(target("near"))
		}
		for _, rows := range tile.rows {
			name := fmt.Sprintf("%s_rows%d", columns, rows)
			e.loop(name, dotsM, rows, func() { d.tile(name, rows, tile.columns, false) })
		}
		e.asm.SUBQ(operand.I32(tile.columns), d.n)
		e.asm.IMUL3Q(operand.I32(tile.columns), dotsLDX, reg.RAX)
		e.asm.ADDQ(reg.RAX, d.x)
		e.strideArg("ldy", reg.RAX)
		e.asm.IMUL3Q(operand.I32(tile.columns), reg.RAX, reg.RAX)
		e.asm.ADDQ(reg.RAX, d.y)
		e.asm.JMP(target("%s", columns))
		e.at(target("%s_end", columns))
	}
	e.ret()
}

// The registers of dots.
var (
	dotsM, dotsK    = reg.R13, reg.RBX
	dotsA, dotsLDA  = reg.RSI, reg.R8
	dotsY, dotsIncY = reg.RDI, reg.R9
	dotsX, dotsLDX  = reg.RDX, reg.R14
	dotsRows        = []reg.GPPhysical{reg.R10, reg.R11, reg.R12, reg.R15} // rows 0, 3, 6 and 9
	dotsLDY         = reg.RCX                                              // after the last step
)

type dotsEmitter struct {
	*emitter
	vectors int         // of a sum's lanes
	n, x, y operand.Mem // what is left of the vectors, and of their results
}

// fromL2 is the size of a matrix, in bytes, from which on it is not in L1.
const fromL2 = 64 << 10

// tile computes the sums of some rows with some columns, vectors x. Ahead, it asks for as
// many rows as come next.
func (d *dotsEmitter) tile(name string, rows, columns int, ahead bool) {
	addressed := rows
	if ahead {
		addressed = 2 * rows
	}
	sums := rows * columns
	acc := func(sum, j int) reg.VecPhysical { return d.v(sum*d.vectors + j) }
	inMemory := columns > 1 && !d.opmasks // vectors x, for which registers are too few: a row is in theirs
	if inMemory && rows > 1 {
		panic("several rows and several vectors, none of them in registers")
	}
	x := func(c, j int) reg.VecPhysical { return d.v((sums+c)*d.vectors + j) }
	row := func() reg.VecPhysical { return d.v((sums + columns) * d.vectors) }
	at := func(i, j int) operand.Mem {
		if i%3 == 0 {
			return mem(dotsRows[i/3], nil, 0, j*d.bytes)
		}
		return mem(dotsRows[i/3], dotsLDA, i%3, j*d.bytes)
	}
	column := func(base, stride reg.GPPhysical, c, disp int) operand.Mem {
		if c == 0 {
			return mem(base, nil, 0, disp)
		}
		return mem(base, stride, c, disp)
	}
	d.asm.MOVQ(dotsA, dotsRows[0])
	for r := 1; 3*r < addressed; r++ {
		d.asm.LEAQ(mem(dotsRows[r-1], dotsLDA, 2, 0), dotsRows[r])
		d.asm.ADDQ(dotsLDA, dotsRows[r])
	}
	for sum := range sums {
		for j := range d.vectors {
			d.zero(acc(sum, j))
		}
	}
	d.asm.MOVQ(d.x, dotsX)
	d.arg("k", dotsK)
	step := d.vectors * d.lanes()
	d.loop(name+"_steps", dotsK, step, func() {
		if !inMemory {
			for c := range columns {
				for j := range d.vectors {
					d.move(column(dotsX, dotsLDX, c, j*d.bytes), x(c, j))
				}
			}
		}
		for i := range rows {
			for j := range d.vectors {
				if ahead && j*d.bytes%64 == 0 {
					d.asm.PREFETCHT0(at(rows+i, j))
				}
				if columns == 1 {
					d.fma(at(i, j), x(0, j), acc(i, j))
					continue
				}
				if inMemory {
					d.move(at(i, j), x(0, j))
					for c := range columns {
						d.fma(column(dotsX, dotsLDX, c, j*d.bytes), x(0, j), acc(c, j))
					}
					continue
				}
				d.move(at(i, j), row())
				for c := range columns {
					d.fma(row(), x(c, j), acc(i*columns+c, j))
				}
			}
		}
		d.asm.ADDQ(operand.I32(step*d.size), dotsX)
		for r := 0; 3*r < addressed; r++ {
			d.asm.ADDQ(operand.I32(step*d.size), dotsRows[r])
		}
	})

	d.asm.TESTQ(dotsK, dotsK)
	d.asm.JEQ(target("%s_sum", name))
	if d.opmasks {
		d.asm.MOVQ(dotsK, reg.RCX)
		d.asm.MOVL(operand.I32(1), reg.EAX)
		d.asm.SHLL(reg.CL, reg.EAX)
		d.asm.DECL(reg.EAX)
	}
	for j := range d.vectors {
		m, part := mask{x(0, 1)}, x(0, 2%d.vectors) // of a row
		if d.opmasks {
			m, part = mask{reg.K1}, row()
			d.asm.KMOVW(reg.EAX, reg.K1)
			d.asm.SHRL(operand.U8(d.lanes()), reg.EAX)
		} else {
			d.maskBelow(dotsK, j*d.lanes(), x(0, 1))
		}
		if inMemory {
			d.load(at(0, j), &m, part)
			for c := range columns {
				d.load(column(dotsX, dotsLDX, c, j*d.bytes), &m, x(0, 0))
				d.fma(part, x(0, 0), acc(c, j))
			}
			continue
		}
		for c := range columns {
			d.load(column(dotsX, dotsLDX, c, j*d.bytes), &m, x(c, 0))
		}
		for i := range rows {
			d.load(at(i, j), &m, part)
			for c := range columns {
				d.fma(part, x(c, 0), acc(i*columns+c, j))
			}
		}
	}

	d.at(target("%s_sum", name))
	for sum := range sums {
		for half := d.vectors / 2; half > 0; half /= 2 {
			for j := range half {
				d.add(acc(sum, j+half), acc(sum, j), acc(sum, j))
			}
		}
	}
	for sum := 0; sum < sums; {
		if sum+4 <= sums {
			d.foldFour([4]reg.VecPhysical{acc(sum, 0), acc(sum+1, 0), acc(sum+2, 0), acc(sum+3, 0)}, acc(sum, 1), acc(sum+1, 1))
			sum += 4
		} else {
			d.fold(acc(sum, 0), acc(sum, 1))
			sum++
		}
	}
	for sum := range sums {
		d.mulOne(d.param("alpha"), acc(sum, 0).AsX(), acc(sum, 0).AsX())
	}
	if columns > 1 {
		d.strideArg("ldy", dotsLDY)
	}
	d.compareZero("beta", reg.RAX)
	d.asm.JEQ(target("%s_store", name))
	d.asm.MOVQ(dotsY, dotsX)
	for i := range rows {
		for c := range columns {
			sum, old := acc(i*columns+c, 0).AsX(), acc(i*columns+c, 1).AsX()
			d.moveOne(column(dotsX, dotsLDY, c, 0), old)
			d.mulOne(d.param("beta"), old, old)
			d.addOne(old, sum, sum)
		}
		d.asm.ADDQ(dotsIncY, dotsX)
	}
	d.at(target("%s_store", name))
	for i := range rows {
		for c := range columns {
			d.moveOne(acc(i*columns+c, 0).AsX(), column(dotsY, dotsLDY, c, 0))
		}
		d.asm.ADDQ(dotsIncY, dotsY)
	}
	d.asm.IMUL3Q(operand.I32(rows), dotsLDA, reg.RAX)
	d.asm.ADDQ(reg.RAX, dotsA)
}

// combine writes Kernels.Combine: eight vectors of sums at a time, in the end as
// many as are left, the last one masked, go down the rows of B. They are the chains of a product of one row, of which gemm
// would hold too few to keep the multipliers busy.
func combine(e *emitter) {
	e.function("combine", "func(n, k int, x *T, incx int, b *T, ldb int, beta T, y *T)", "is Kernels.Combine.")
	e.arg("n", combineN)
	e.strideArg("incx", combineIncX)
	e.arg("b", combineB)
	e.strideArg("ldb", combineLDB)
	e.arg("y", combineY)
	const wide = 8
	columns := func(name string, vectors int, last *mask) {
		mask := func(j int) *mask {
			if j == vectors-1 {
				return last
			}
			return nil
		}
		e.compareZero("beta", combineK)
		for j := range vectors {
			e.zero(e.v(j))
		}
		e.asm.JEQ(target("%s_begin", name))
		e.broadcast(e.param("beta"), e.v(wide))
		for j := range vectors {
			e.load(mem(combineY, nil, 0, j*e.bytes), mask(j), e.v(j))
			e.mul(e.v(j), e.v(wide), e.v(j))
		}
		e.at(target("%s_begin", name))
		e.arg("k", combineK)
		e.arg("x", combineX)
		e.asm.MOVQ(combineB, combineRow)
		step := func() {
			e.repeat(mem(combineX, nil, 0, 0), e.v(wide))
			for j := range vectors {
				row := mem(combineRow, nil, 0, j*e.bytes)
				if m := mask(j); m == nil {
					e.fma(row, e.v(wide), e.v(j))
				} else {
					e.load(row, m, e.v(wide+1))
					e.fma(e.v(wide+1), e.v(wide), e.v(j))
				}
			}
			e.asm.ADDQ(combineIncX, combineX)
			e.asm.ADDQ(combineLDB, combineRow)
		}
		const unroll = 2
		e.loop(fmt.Sprintf("%s_steps", name), combineK, unroll, func() {
			for range unroll {
				step()
			}
		})
		e.loop(fmt.Sprintf("%s_step", name), combineK, 1, step)
		for j := range vectors {
			e.store(e.v(j), mask(j), mem(combineY, nil, 0, j*e.bytes))
		}
		e.asm.ADDQ(operand.I32(vectors*e.bytes), combineB)
		e.asm.ADDQ(operand.I32(vectors*e.bytes), combineY)
	}
	e.loop("whole", combineN, wide*e.lanes(), func() { columns("whole", wide, nil) })
	m := e.lastMask()
	for vectors := wide; vectors > 0; vectors-- {
		e.asm.CMPQ(combineN, operand.I32((vectors-1)*e.lanes()))
		e.asm.JLE(target("fewer%d", vectors))
		e.asm.SUBQ(operand.I32((vectors-1)*e.lanes()), combineN)
		e.tailMask(combineN, m)
		columns(fmt.Sprintf("last%d", vectors), vectors, &m)
		e.asm.JMP(target("done"))
		e.at(target("fewer%d", vectors))
	}
	e.at(target("done"))
	e.ret()
}

// The registers of combine.
var (
	combineN, combineK    = reg.R13, reg.RBX
	combineX, combineIncX = reg.RSI, reg.R8
	combineB, combineLDB  = reg.RDX, reg.R9
	combineY, combineRow  = reg.RDI, reg.R10
)
