package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemv writes the kernels of products with a vector.
func gemv(e *emitter) {
	dots(e)
	combine(e)
	thin(e)
}

// dots writes Kernels.Dots. The lanes of a row are DotLanes/lanes vectors; some
// rows are summed side by side, so that x is loaded once for all of them and no
// sum is waited for. What a last step lacks is loaded as zeros.
func dots(e *emitter) {
	e.function("dots", "func(m, k int, a *T, lda int, x *T, alpha, beta T, y *T, incy int)", "is Kernels.Dots.")
	d := &dotsEmitter{emitter: e, vectors: 128 / e.size / e.lanes()}
	groups := []int{3, 2, 1}
	if e.opmasks {
		groups = []int{8, 4, 2, 1}
	}
	e.arg("m", dotsM)
	e.arg("a", dotsA)
	e.strideArg("lda", dotsLDA)
	e.arg("y", dotsY)
	e.strideArg("incy", dotsIncY)
	for _, rows := range groups {
		name := fmt.Sprintf("rows%d", rows)
		e.loop(name, dotsM, rows, func() { d.rows(name, rows) })
	}
	e.ret()
}

// The registers of dots.
var (
	dotsM, dotsK    = reg.R13, reg.RBX
	dotsA, dotsLDA  = reg.RSI, reg.R8
	dotsY, dotsIncY = reg.RDI, reg.R9
	dotsX           = reg.RDX
	dotsRows        = []reg.GPPhysical{reg.R10, reg.R11, reg.R12} // rows 0, 3 and 6
)

type dotsEmitter struct {
	*emitter
	vectors int // of a row's lanes
}

func (d *dotsEmitter) acc(i, j int) reg.VecPhysical { return d.v(i*d.vectors + j) }

func (d *dotsEmitter) rows(name string, rows int) {
	x := func(j int) reg.VecPhysical { return d.v(rows*d.vectors + j) }
	at := func(i, j int) operand.Mem {
		if i%3 == 0 {
			return mem(dotsRows[i/3], nil, 0, j*d.bytes)
		}
		return mem(dotsRows[i/3], dotsLDA, i%3, j*d.bytes)
	}
	d.asm.MOVQ(dotsA, dotsRows[0])
	for r := 1; 3*r < rows; r++ {
		d.asm.LEAQ(mem(dotsRows[r-1], dotsLDA, 2, 0), dotsRows[r])
		d.asm.ADDQ(dotsLDA, dotsRows[r])
	}
	for i := range rows {
		for j := range d.vectors {
			d.zero(d.acc(i, j))
		}
	}
	d.arg("x", dotsX)
	d.arg("k", dotsK)
	step := d.vectors * d.lanes()
	d.loop(name+"_steps", dotsK, step, func() {
		for j := range d.vectors {
			d.move(mem(dotsX, nil, 0, j*d.bytes), x(j))
		}
		for i := range rows {
			for j := range d.vectors {
				d.fma(at(i, j), x(j), d.acc(i, j))
			}
		}
		d.asm.ADDQ(operand.I32(step*d.size), dotsX)
		for r := 0; 3*r < rows; r++ {
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
		m, rest, row := mask{x(1)}, x(0), x(2%d.vectors)
		if d.opmasks {
			m, row = mask{reg.K1}, x(1)
			d.asm.KMOVW(reg.EAX, reg.K1)
			d.asm.SHRL(operand.U8(d.lanes()), reg.EAX)
		} else {
			d.maskBelow(dotsK, j*d.lanes(), x(1))
		}
		d.load(mem(dotsX, nil, 0, j*d.bytes), &m, rest)
		for i := range rows {
			d.load(at(i, j), &m, row)
			d.fma(row, rest, d.acc(i, j))
		}
	}

	d.at(target("%s_sum", name))
	for i := range rows {
		for half := d.vectors / 2; half > 0; half /= 2 {
			for j := range half {
				d.add(d.acc(i, j+half), d.acc(i, j), d.acc(i, j))
			}
		}
		d.fold(d.acc(i, 0), d.acc(i, 1))
		d.mulOne(d.param("alpha"), d.acc(i, 0).AsX(), d.acc(i, 0).AsX())
	}
	d.compareZero("beta", reg.RAX)
	d.asm.JEQ(target("%s_store", name))
	d.asm.MOVQ(dotsY, dotsX)
	for i := range rows {
		old := d.acc(i, 1).AsX()
		d.moveOne(mem(dotsX, nil, 0, 0), old)
		d.mulOne(d.param("beta"), old, old)
		d.addOne(old, d.acc(i, 0).AsX(), d.acc(i, 0).AsX())
		d.asm.ADDQ(dotsIncY, dotsX)
	}
	d.at(target("%s_store", name))
	for i := range rows {
		d.moveOne(d.acc(i, 0).AsX(), mem(dotsY, nil, 0, 0))
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
