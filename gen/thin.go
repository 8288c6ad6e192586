package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// thin writes Kernels.Thin. A vector holds some steps of four columns, a group
// each; the four chains of a row are 4/groups vectors:
//
//	B: a group is a row of B, n columns of it
//	A: a group is one element of A's row, in all four lanes
//
// Some rows go side by side. In the end groups are added by halves. (Where registers
// are 64 bytes, to fill one with groups of A from memory would be a shuffle of its own on
// Zen 4, beside the one that spreads them.)
func thin(e *emitter) {
	e.function("thin", "func(m, n, k int, a *T, lda int, b *T, ldb int, alpha, beta T, c *T, ldc int)", "is Kernels.Thin.")
	t := &thinEmitter{emitter: e, groups: e.lanes() / 4}
	t.vectors = 4 / t.groups
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
	for v := range t.indices() {
		t.move(t.spreads(v), t.index(v))
	}
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
	groups  int  // in a vector
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
	// Four columns without a gap behind them are whole vectors.
	t.asm.CMPQ(thinLDB, operand.I32(4*t.size))
	t.asm.JNE(target("%s_apart", name))
	t.arg("n", reg.RAX)
	t.asm.CMPQ(reg.RAX, operand.I32(4))
	t.asm.JNE(target("%s_apart", name))
	t.steps(name+"_adjoining", rows, func(vectors int) {
		for v := range vectors {
			t.move(mem(thinB, nil, 0, v*t.bytes), t.b(v))
		}
		t.asm.ADDQ(operand.I32(vectors*t.bytes), thinB)
	})
	t.asm.JMP(target("%s_sums", name))
	t.at(target("%s_apart", name))
	t.steps(name+"_steps", rows, func(vectors int) {
		for v := range vectors {
			t.load(mem(thinB, nil, 0, 0), &t.columns, t.group(t.b(v)))
			t.asm.ADDQ(thinLDB, thinB)
			for s := 1; s < t.groups; s++ {
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

// steps goes down the rows of A and B; load loads some vectors of B. With opmasks a
// vector of A is loaded at a time, then the last ones as without: four elements.
func (t *thinEmitter) steps(name string, rows int, load func(vectors int)) {
	whole, spread := t.v(12), t.v(14)
	row := func(i, disp int) operand.Mem {
		if i%3 > 0 {
			return mem(thinRows[0], thinLDA, i%3, disp)
		}
		return mem(thinRows[i/3], nil, 0, disp)
	}
	next := func(steps int) {
		for r := 0; 3*r < rows; r++ {
			t.asm.ADDQ(operand.I32(steps*t.size), thinRows[r])
		}
	}
	if t.opmasks {
		t.loop(name+"_whole", thinK, t.lanes(), func() {
			load(4)
			for i := range rows {
				t.move(row(i, 0), whole)
				for v := range 4 {
					t.either(t.asm.VPERMPS, t.asm.VPERMPD, whole, t.index(v), spread)
					t.fma(t.b(v), spread, t.acc(i, v%t.vectors))
				}
			}
			next(t.lanes())
		})
	}
	t.loop(name, thinK, 4, func() {
		load(t.vectors)
		for i := range rows {
			if t.size == 4 {
				t.fourTimes(row(i, 0), whole)
			}
			for v := range t.vectors {
				t.spread(row(i, v*t.groups*t.size), whole, v, spread)
				t.fma(t.b(v), spread, t.acc(i, v))
			}
		}
		next(4)
	})
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

// index holds which elements go to the lanes of a vector of a row's chains, of a whole
// vector of them with opmasks, else of four floats: loaded each time it would cost as
// much as B.
func (t *thinEmitter) index(vector int) reg.VecPhysical {
	if t.opmasks {
		return t.v(16 + vector)
	}
	return t.v(10 + vector)
}

// indices returns how many there are.
func (t *thinEmitter) indices() int {
	switch {
	case t.opmasks:
		return 4
	case t.size == 4:
		return t.vectors
	}
	return 0
}

func (t *thinEmitter) spreads(vector int) operand.Mem {
	var lanes []uint64
	for l := range t.lanes() {
		lanes = append(lanes, uint64(vector*t.groups+l/4))
	}
	return t.data.vector(string(target("spread%d_%dx%d", vector, t.lanes(), 8*t.size)), t.size, lanes...)
}

// spread sets group s of v to element s of those at m, which for floats are among the
// four in whole that belong to this vector.
func (t *thinEmitter) spread(m operand.Mem, whole reg.VecPhysical, vector int, v reg.VecPhysical) {
	switch {
	case t.size == 4:
		t.asm.VPERMILPS(t.index(vector), whole, v)
	case t.bytes == 64:
		t.asm.VBROADCASTF64X2(m, v)
		t.asm.VPERMILPD(operand.U8(0xf0), v, v)
	default:
		t.broadcast(m, v)
	}
}
