package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// thin writes Kernels.Thin. A vector holds some steps of four columns, a group
// each; the four chains of a row are 4/steps vectors:
//
//	B: a group is a row of B, n columns of it
//	A: a group is one element of A's row, in all four lanes
//
// Some rows go side by side. In the end groups are added by halves.
func thin(e *emitter) {
	e.function("thin", "func(m, n, k int, a *T, lda int, b *T, ldb int, alpha, beta T, c *T, ldc int)", "is Kernels.Thin.")
	t := &thinEmitter{emitter: e, steps: e.lanes() / 4}
	t.vectors = 4 / t.steps
	rows := min(4, 8/t.vectors)
	e.arg("m", thinM)
	e.arg("a", thinA)
	e.strideArg("lda", thinLDA)
	e.strideArg("ldb", thinLDB)
	e.arg("c", thinC)
	e.strideArg("ldc", thinLDC)
	e.arg("n", reg.RDX)
	t.columns = e.lastMask()
	e.tailMask(reg.RDX, t.columns)
	for r := rows; r > 0; r /= 2 {
		name := string(target("rows%d", r))
		e.loop(name, thinM, r, func() { t.rows(name, r) })
	}
	e.ret()
}

// The registers of thin.
var (
	thinM, thinK   = reg.R13, reg.RBX
	thinA, thinLDA = reg.RSI, reg.R8
	thinB, thinLDB = reg.RDX, reg.R9
	thinC, thinLDC = reg.RDI, reg.R12
	thinRows       = []reg.GPPhysical{reg.R10, reg.R11} // rows 0 and 3 of A
)

type thinEmitter struct {
	*emitter
	steps   int  // in a vector
	vectors int  // of a row's chains
	columns mask // the first n lanes
}

func (t *thinEmitter) acc(i, v int) reg.VecPhysical { return t.v(i*t.vectors + v) }
func (t *thinEmitter) b(v int) reg.VecPhysical      { return t.v(8 + v) }

// group returns the part of v that a group fills if it is the first.
func (t *thinEmitter) group(v reg.VecPhysical) operand.Op {
	if t.size == 4 {
		return v.AsX()
	}
	return v.AsY()
}

func (t *thinEmitter) rows(name string, rows int) {
	t.asm.MOVQ(thinA, thinRows[0])
	if rows > 3 {
		t.asm.LEAQ(mem(thinA, thinLDA, 2, 0), thinRows[1])
		t.asm.ADDQ(thinLDA, thinRows[1])
	}
	for i := range rows {
		for v := range t.vectors {
			t.zero(t.acc(i, v))
		}
	}
	t.arg("b", thinB)
	t.arg("k", thinK)
	whole := t.v(12)
	steps := func(name string, load func()) {
		t.loop(name, thinK, 4, func() {
			load()
			for i := range rows {
				at := mem(thinRows[i/3], nil, 0, 0)
				if i%3 > 0 {
					at = mem(thinRows[0], thinLDA, i%3, 0)
				}
				if t.size == 4 {
					t.fourTimes(at, whole)
				}
				for v := range t.vectors {
					spread := t.v(14)
					t.spread(at, whole, v, spread)
					t.fma(t.b(v), spread, t.acc(i, v))
				}
			}
			for r := 0; 3*r < rows; r++ {
				t.asm.ADDQ(operand.I32(4*t.size), thinRows[r])
			}
		})
	}
	// Four columns without a gap behind them are whole vectors.
	t.asm.CMPQ(thinLDB, operand.I32(4*t.size))
	t.asm.JNE(target("%s_apart", name))
	t.arg("n", reg.RAX)
	t.asm.CMPQ(reg.RAX, operand.I32(4))
	t.asm.JNE(target("%s_apart", name))
	steps(name+"_adjoining", func() {
		for v := range t.vectors {
			t.move(mem(thinB, nil, 0, v*t.bytes), t.b(v))
		}
		t.asm.ADDQ(operand.I32(16*t.size), thinB)
	})
	t.asm.JMP(target("%s_sums", name))
	t.at(target("%s_apart", name))
	steps(name+"_steps", func() {
		for v := range t.vectors {
			t.load(mem(thinB, nil, 0, 0), &t.columns, t.group(t.b(v)))
			t.asm.ADDQ(thinLDB, thinB)
			for s := 1; s < t.steps; s++ {
				row := t.group(t.v(13))
				t.load(mem(thinB, nil, 0, 0), &t.columns, row)
				t.asm.ADDQ(thinLDB, thinB)
				t.insert(s, row, t.b(v))
			}
		}
	})
	t.at(target("%s_sums", name))

	for i := range rows {
		for half := t.vectors / 2; half > 0; half /= 2 {
			for v := range half {
				t.add(t.acc(i, v+half), t.acc(i, v), t.acc(i, v))
			}
		}
		sum, scratch := t.acc(i, 0), t.b(0)
		if t.bytes == 64 {
			t.asm.VEXTRACTF64X4(operand.Imm(1), sum, scratch.AsY())
			t.add(scratch.AsY(), sum.AsY(), sum.AsY())
		}
		if t.size == 4 {
			t.asm.VEXTRACTF128(operand.Imm(1), sum.AsY(), scratch.AsX())
			t.add(scratch.AsX(), sum.AsX(), sum.AsX())
		}
		t.broadcast(t.param("alpha"), t.group(scratch))
		t.mul(t.group(scratch), t.group(sum), t.group(sum))
	}
	t.compareZero("beta", reg.RAX)
	t.asm.JEQ(target("%s_store", name))
	t.broadcast(t.param("beta"), t.group(t.b(0)))
	t.asm.MOVQ(thinC, thinB)
	for i := range rows {
		old := t.group(t.b(1))
		t.load(mem(thinB, nil, 0, 0), &t.columns, old)
		t.mul(t.group(t.b(0)), old, old)
		t.add(old, t.group(t.acc(i, 0)), t.group(t.acc(i, 0)))
		t.asm.ADDQ(thinLDC, thinB)
	}
	t.at(target("%s_store", name))
	for i := range rows {
		t.store(t.group(t.acc(i, 0)), &t.columns, mem(thinC, nil, 0, 0))
		t.asm.ADDQ(thinLDC, thinC)
	}
	t.asm.IMUL3Q(operand.I32(rows), thinLDA, reg.RAX)
	t.asm.ADDQ(reg.RAX, thinA)
}

// load is the emitter's for a group: with vector masks, the part of the mask.
func (t *thinEmitter) load(from operand.Mem, m *mask, v operand.Op) {
	t.emitter.load(from, t.part(m), v)
}

func (t *thinEmitter) store(v operand.Op, m *mask, to operand.Mem) {
	t.emitter.store(v, t.part(m), to)
}

func (t *thinEmitter) part(m *mask) *mask {
	if v, ok := m.Op.(reg.VecPhysical); ok && !t.opmasks {
		return &mask{t.group(v)}
	}
	return m
}

// insert sets group s of v.
func (t *thinEmitter) insert(s int, group operand.Op, v reg.VecPhysical) {
	switch {
	case t.size == 8:
		t.asm.VINSERTF64X4(operand.U8(s), group, v, v)
	case t.bytes == 64:
		t.asm.VINSERTF32X4(operand.U8(s), group, v, v)
	default:
		t.asm.VINSERTF128(operand.U8(s), group, v, v)
	}
}

// fourTimes fills v with the four floats at m.
func (t *thinEmitter) fourTimes(m operand.Mem, v reg.VecPhysical) {
	if t.bytes == 64 {
		t.asm.VBROADCASTF32X4(m, v)
	} else {
		t.asm.VBROADCASTF128(m, v)
	}
}

// spread sets group s of v to element vector·steps + s, of the row at m, which for
// floats is in whole.
func (t *thinEmitter) spread(m operand.Mem, whole reg.VecPhysical, vector int, v reg.VecPhysical) {
	m.Disp += vector * t.steps * t.size
	switch {
	case t.size == 4:
		var lanes []uint64
		for l := range t.lanes() {
			lanes = append(lanes, uint64(vector*t.steps+l/4))
		}
		t.asm.VPERMILPS(t.data.vector(string(target("spread%d_%d", vector, t.lanes())), 4, lanes...), whole, v)
	case t.bytes == 64:
		t.asm.VBROADCASTF64X2(m, v)
		t.asm.VPERMILPD(operand.U8(0xf0), v, v)
	default:
		t.broadcast(m, v)
	}
}
