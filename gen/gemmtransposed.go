package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemmTransposed writes Kernels.GemmTransposed, which is gemm but for how it loads
// and stores a tile: a row of sums in registers is a column of C. So before a tile is
// stored, and after it is loaded, groups of its rows that fill 16 bytes are
// transposed, and two, and one; then each of the tile's columns is a row of C, some
// pieces of 16, 8 or 4 bytes:
//
//	for each lane, up to column n−1:  c[lane*ldc : ] = its pieces
//
// Small products are what it is for, so it has one loop, without unrolling; the last
// vector is always masked.
func gemmTransposed(e *emitter) {
	e.function("gemmTransposed", "func(m, n, k int, a *T, rsa, csa int, b *T, ldb int, beta T, c *T, ldc int)", "is Kernels.GemmTransposed.")
	g := &transposedEmitter{gemmEmitter{e}}
	e.arg("m", gemmM)
	e.arg("a", gemmA)
	e.strideArg("rsa", gemmRSA)
	e.strideArg("csa", gemmCSA)
	e.strideArg("ldb", gemmLDB)
	e.arg("c", gemmC)
	e.strideArg("ldc", gemmLDC)
	e.arg("n", transposedN)
	e.asm.TESTQ(transposedN, transposedN)
	e.asm.JEQ(target("done"))
	for nv := 2 * e.nrVector; nv > 0; nv-- {
		if nv > 1 {
			e.asm.CMPQ(transposedN, operand.I32((nv-1)*e.lanes()))
			e.asm.JLE(target("narrower%d", nv))
		}
		if e.halves {
			e.asm.CMPQ(transposedN, operand.I32((nv-1)*e.lanes()+e.lanes()/2))
			e.asm.JLE(target("half%d", nv))
		}
		g.strip(target("strip%d", nv), columns{nv, true, false})
		if e.halves {
			g.strip(target("half%d", nv), columns{nv, true, true})
		}
		if nv > 1 {
			e.at(target("narrower%d", nv))
		}
	}
	e.at(target("done"))
	e.ret()
}

// transposedN holds the columns. The others are gemm's; while C is loaded or stored
// gemmRows are free: where the lane's row of C begins, how many lanes are left, and how
// far the next one is.
var (
	transposedN    = reg.R15
	transposedRow  = gemmRows[0]
	transposedLeft = gemmRows[1]
	transposedNext = gemmRows[2]
)

type transposedEmitter struct{ gemmEmitter }

// tiles returns the rows of the tiles of nv vectors: of those that there are while more
// than most are left, and the most that the last one has.
func (g *transposedEmitter) tiles(nv int) (rows, most int) {
	switch nv {
	case 1:
		return 8, tall
	case 2:
		return 4, 6
	}
	return 2, 2
}

// The accumulators come first. What follows them is a step's, or scratch.
func (g *transposedEmitter) scratch(i int) reg.VecPhysical { return g.v(tall + i) }

func (g *transposedEmitter) strip(name operand.LabelRef, w columns) {
	rows := func(r int) operand.LabelRef { return target("%s_rows%d", name, r) }
	each, most := g.tiles(w.nv)
	g.at(name)
	g.asm.CMPQ(gemmM, operand.I32(most))
	g.asm.JGT(rows(each))
	g.choose(string(name), gemmM, 0, most, func(left int) operand.LabelRef {
		if left == 0 {
			return target("done")
		}
		return rows(left)
	})
	for r := most; r > 0; r-- {
		g.at(rows(r))
		g.tile(rows(r), r, w)
		g.asm.IMUL3Q(operand.I32(r), gemmRSA, gemmK)
		g.asm.ADDQ(gemmK, gemmA)
		g.asm.ADDQ(operand.I32(r*g.size), gemmC)
		g.asm.SUBQ(operand.I32(r), gemmM)
		g.asm.JMP(name)
	}
}

// tile updates rows × nv vectors.
func (g *transposedEmitter) tile(name operand.LabelRef, rows int, w columns) {
	all := func(f func(j int, v reg.VecPhysical)) {
		for i := range rows {
			for j := range w.nv {
				f(j, w.acc(&g.gemmEmitter, i, j))
			}
		}
	}
	all(func(_ int, v reg.VecPhysical) { g.zero(v) })
	g.compareZero("beta", gemmK)
	g.asm.JEQ(target("%s_begin", name))
	g.loadTile(rows, w)
	g.broadcast(g.param("beta"), g.scratch(0))
	all(func(j int, v reg.VecPhysical) { g.mul(w.part(j, v), w.part(j, g.scratch(0)), w.part(j, v)) })

	g.at(target("%s_begin", name))
	// The registers of a step: nv vectors of B, an element of A, the mask.
	b := func(j int) reg.VecPhysical { return g.v(rows*w.nv + j) }
	element := g.v(rows*w.nv + w.nv)
	last := mask{reg.K1}
	if !g.opmasks {
		last = mask{g.v(rows*w.nv + w.nv + 1)}
	}
	g.asm.LEAQ(mem(transposedN, nil, 0, -(w.nv-1)*g.lanes()), gemmB)
	g.tailMask(gemmB, last)
	g.rows(rows, gemmA, gemmRSA)
	g.arg("b", gemmB)
	g.arg("k", gemmK)
	g.loop(string(name)+"_steps", gemmK, 1, func() {
		for j := range w.nv {
			m := &last
			if j < w.nv-1 {
				m = nil
			}
			g.load(mem(gemmB, nil, 0, j*g.bytes), m, w.part(j, b(j)))
		}
		for i := range rows {
			g.repeat(g.row(i, gemmRSA, 0), w.part(0, element))
			for j := range w.nv {
				g.fma(w.part(j, b(j)), w.part(j, element), w.part(j, w.acc(&g.gemmEmitter, i, j)))
			}
		}
		for r := 0; 3*r < rows; r++ {
			g.asm.ADDQ(gemmCSA, gemmRows[r])
		}
		g.asm.ADDQ(gemmLDB, gemmB)
	})
	g.storeTile(name, rows, w)
}

// rowGroup is rows of a tile that are transposed together: as many elements of a column
// are one piece.
type rowGroup struct{ first, rows int }

// groups cuts rows into groups of 16 bytes, and what is left into two and one.
func (g *transposedEmitter) groups(rows int) (groups []rowGroup) {
	first := 0
	for n := 16 / g.size; n > 0; n /= 2 {
		for ; rows-first >= n; first += n {
			groups = append(groups, rowGroup{first, n})
		}
	}
	return groups
}

func (g *transposedEmitter) unpack(low bool, x, y, into operand.Op) {
	if low {
		g.either(g.asm.VUNPCKLPS, g.asm.VUNPCKLPD, y, x, into)
	} else {
		g.either(g.asm.VUNPCKHPS, g.asm.VUNPCKHPD, y, x, into)
	}
}

// transpose makes columns of a group's vectors j, or rows of columns if back: then
// 16 bytes of its vector t hold column t of the group's 16 bytes. Two rows of float32
// make half as long columns, two in 16 bytes.
func (g *transposedEmitter) transpose(p rowGroup, w columns, j int, back bool) {
	var v, t []operand.Op
	for i, full := range g.vectors(p, w, j) {
		v = append(v, w.part(j, full))
		t = append(t, w.part(j, g.scratch(i)))
	}
	switch p.rows {
	case 4:
		for i, pair := range [][2]int{{0, 1}, {2, 3}} {
			g.unpack(true, v[pair[0]], v[pair[1]], t[2*i])
			g.unpack(false, v[pair[0]], v[pair[1]], t[2*i+1])
		}
		for i := range 2 {
			g.asm.VUNPCKLPD(t[2+i], t[i], v[2*i])
			g.asm.VUNPCKHPD(t[2+i], t[i], v[2*i+1])
		}
	case 2:
		if back && g.size == 4 {
			g.asm.VSHUFPS(operand.U8(0x88), v[1], v[0], t[0])
			g.asm.VSHUFPS(operand.U8(0xdd), v[1], v[0], v[1])
		} else {
			g.unpack(true, v[0], v[1], t[0])
			g.unpack(false, v[0], v[1], v[1])
		}
		g.move(t[0], v[0])
	}
}

// vectors returns those of a group in vector j.
func (g *transposedEmitter) vectors(p rowGroup, w columns, j int) (v []reg.VecPhysical) {
	for i := range p.rows {
		v = append(v, w.acc(&g.gemmEmitter, p.first+i, j))
	}
	return v
}

// lanesOf returns how many lanes of vector j are columns, at most.
func (g *transposedEmitter) lanesOf(w columns, j int) int {
	if w.half && j == w.nv-1 {
		return g.lanes() / 2
	}
	return g.lanes()
}

// pieces calls piece for each piece of the column that lane is of vectors j: with the
// vector that has it where groups are transposed, and the byte of its 16 where it
// begins. If a piece is shorter than those, they are in x at that time: in v itself if
// they are its first, else in scratch, for which begin is called before the first column
// of such 16 bytes and end after the last one.
func (g *transposedEmitter) pieces(rows int, w columns, j, lane int, begin, end func(v reg.VecPhysical, x operand.Op), piece func(p rowGroup, v reg.VecPhysical, x operand.Op, offset int)) {
	each := 16 / g.size
	held := 0
	for _, p := range g.groups(rows) {
		bytes, v := p.rows*g.size, g.vectors(p, w, j)
		at := func(i int) operand.Op {
			if lane < each {
				return v[i].AsX()
			}
			return g.scratch(held + i).AsX()
		}
		if bytes < 16 && lane >= each && lane%each == 0 && begin != nil {
			for i := range v {
				begin(v[i], at(i))
			}
		}
		offset := lane % each * bytes
		piece(p, v[offset/16], at(offset/16), offset%16)
		if bytes < 16 && lane >= each && lane%each == each-1 && end != nil {
			for i := range v {
				end(v[i], at(i))
			}
		}
		if bytes < 16 {
			held += len(v)
		}
	}
}

// storeTile stores the tile's columns, which are rows of C.
func (g *transposedEmitter) storeTile(name operand.LabelRef, rows int, w columns) {
	stored := target("%s_stored", name)
	g.asm.MOVQ(gemmC, transposedRow)
	g.asm.MOVQ(transposedN, transposedLeft)
	for j := range w.nv {
		for _, p := range g.groups(rows) {
			g.transpose(p, w, j, false)
		}
		for lane := range g.lanesOf(w, j) {
			quarter := lane * g.size / 16 // 16 bytes of a vector
			g.pieces(rows, w, j, lane, func(v reg.VecPhysical, x operand.Op) {
				g.extract(quarter, v, x)
			}, nil, func(p rowGroup, v reg.VecPhysical, x operand.Op, offset int) {
				to := mem(transposedRow, nil, 0, p.first*g.size)
				switch bytes := p.rows * g.size; {
				case bytes == 16 && quarter == 0:
					g.move(x, to)
				case bytes == 16:
					g.extract(quarter, v, to)
				case bytes == 8 && offset == 0:
					g.asm.VMOVLPS(x, to)
				case bytes == 8:
					g.asm.VMOVHPS(x, to)
				case offset == 0:
					g.asm.VMOVSS(x, to)
				default:
					g.asm.VEXTRACTPS(operand.U8(offset/4), x, to)
				}
			})
			if lane < g.lanesOf(w, j)-1 || j < w.nv-1 {
				g.asm.ADDQ(gemmLDC, transposedRow)
				g.asm.DECQ(transposedLeft)
				g.asm.JEQ(stored)
			}
		}
	}
	g.at(stored)
}

// loadTile loads rows of C as the tile's columns. Those that it lacks are the last one
// again.
func (g *transposedEmitter) loadTile(rows int, w columns) {
	zero := gemmK
	g.asm.MOVQ(gemmC, transposedRow)
	g.asm.LEAQ(mem(transposedN, nil, 0, -1), transposedLeft)
	g.asm.MOVQ(gemmLDC, transposedNext)
	g.asm.XORL(zero.As32(), zero.As32())
	for j := range w.nv {
		for lane := range g.lanesOf(w, j) {
			quarter := lane * g.size / 16
			g.pieces(rows, w, j, lane, nil, func(v reg.VecPhysical, x operand.Op) {
				g.insert(quarter, x, v)
			}, func(p rowGroup, v reg.VecPhysical, x operand.Op, offset int) {
				from := mem(transposedRow, nil, 0, p.first*g.size)
				switch bytes := p.rows * g.size; {
				case bytes == 16 && quarter == 0:
					g.move(from, x)
				case bytes == 16:
					g.insert(quarter, from, v)
				case bytes == 8 && offset == 0:
					g.asm.VMOVSD(from, x)
				case bytes == 8:
					g.asm.VMOVHPS(from, x, x)
				case offset == 0:
					g.asm.VMOVSS(from, x)
				default:
					g.asm.VINSERTPS(operand.U8(offset/4<<4), from, x, x)
				}
			})
			g.asm.DECQ(transposedLeft)
			g.asm.CMOVQLT(zero, transposedNext)
			g.asm.ADDQ(transposedNext, transposedRow)
		}
		for _, p := range g.groups(rows) {
			g.transpose(p, w, j, true)
		}
	}
}

// extract and insert move 16 bytes of v, not the first.
func (g *transposedEmitter) extract(quarter int, v reg.VecPhysical, to operand.Op) {
	if g.bytes == 64 {
		g.asm.VEXTRACTF32X4(operand.U8(quarter), v, to)
	} else {
		g.asm.VEXTRACTF128(operand.U8(quarter), v, to)
	}
}

func (g *transposedEmitter) insert(quarter int, from operand.Op, v reg.VecPhysical) {
	if g.bytes == 64 {
		g.asm.VINSERTF32X4(operand.U8(quarter), from, v, v)
	} else {
		g.asm.VINSERTF128(operand.U8(quarter), from, v, v)
	}
}
