package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitter writes one kernel for one instruction set and element size. Its
// methods name what an instruction does; which one that is, single or double,
// masked by a vector or an opmask, is decided here alone.
//
// Operands stand as in Go's assembly: sources, the last one named first in the
// formula, then the destination.
type emitter struct {
	asm *build.Context // a field: embedded, its thousands of methods would be compiled for each type that holds an emitter
	*isa
	size int // bytes of an element: 4 or 8
	data *data
}

// function begins kernel name, with T in signature standing for the element.
func (e *emitter) function(name, signature, doc string) {
	element := map[int]string{4: "float32", 8: "float64"}[e.size]
	e.asm.Function(fmt.Sprintf("%sF%d%s", name, 8*e.size, e.name))
	e.asm.Attributes(attr.NOSPLIT)
	e.asm.SignatureExpr(strings.ReplaceAll(signature, "T", element))
	e.asm.Doc(fmt.Sprintf("%sF%d%s %s", name, 8*e.size, e.name, doc))
}

// ret ends a kernel: the upper halves of registers are cleared first, or SSE
// code that runs later would stall on them.
func (e *emitter) ret() {
	e.asm.VZEROUPPER()
	e.asm.RET()
}

func (e *emitter) lanes() int { return e.bytes / e.size }

// v returns the vector register of a number.
func (e *emitter) v(i int) reg.VecPhysical { return e.vectors[i] }

// param returns where an argument lies on the stack.
func (e *emitter) param(name string) operand.Mem {
	b, err := e.asm.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// arg loads an integer or pointer argument.
func (e *emitter) arg(name string, r reg.GPPhysical) reg.GPPhysical {
	e.asm.MOVQ(e.param(name), r)
	return r
}

// strideArg loads an argument that counts elements, as bytes.
func (e *emitter) strideArg(name string, r reg.GPPhysical) reg.GPPhysical {
	e.arg(name, r)
	e.toBytes(r)
	return r
}

// compareZero sets the zero flag if an argument is ±0, which is what its bits
// without the sign tell. It may use r.
func (e *emitter) compareZero(name string, r reg.GPPhysical) {
	if e.size == 4 {
		e.asm.MOVL(e.param(name), r.As32())
		e.asm.ADDL(r.As32(), r.As32())
	} else {
		e.asm.MOVQ(e.param(name), r)
		e.asm.ADDQ(r, r)
	}
}

func (e *emitter) toBytes(r reg.GPPhysical) {
	e.asm.SHLQ(operand.U8(e.shift()), r)
}

func (e *emitter) shift() int {
	if e.size == 4 {
		return 2
	}
	return 3
}

// either picks the single or the double form of an instruction.
func (e *emitter) either(single, double func(...operand.Op), ops ...operand.Op) {
	if e.size == 4 {
		single(ops...)
	} else {
		double(ops...)
	}
}

func (e *emitter) move(ops ...operand.Op) { e.either(e.asm.VMOVUPS, e.asm.VMOVUPD, ops...) }
func (e *emitter) add(ops ...operand.Op)  { e.either(e.asm.VADDPS, e.asm.VADDPD, ops...) }
func (e *emitter) sub(ops ...operand.Op)  { e.either(e.asm.VSUBPS, e.asm.VSUBPD, ops...) }
func (e *emitter) and(ops ...operand.Op)  { e.either(e.asm.VANDPS, e.asm.VANDPD, ops...) }
func (e *emitter) or(ops ...operand.Op)   { e.either(e.asm.VORPS, e.asm.VORPD, ops...) }
func (e *emitter) mul(ops ...operand.Op)  { e.either(e.asm.VMULPS, e.asm.VMULPD, ops...) }
func (e *emitter) div(ops ...operand.Op)  { e.either(e.asm.VDIVPS, e.asm.VDIVPD, ops...) }
func (e *emitter) sqrt(ops ...operand.Op) { e.either(e.asm.VSQRTPS, e.asm.VSQRTPD, ops...) }

// Of two operands min and max return the first named if one is NaN.
func (e *emitter) min(ops ...operand.Op) { e.either(e.asm.VMINPS, e.asm.VMINPD, ops...) }
func (e *emitter) max(ops ...operand.Op) { e.either(e.asm.VMAXPS, e.asm.VMAXPD, ops...) }

// fma adds a product: acc = y*x + acc for operands x, y, acc.
func (e *emitter) fma(ops ...operand.Op) { e.either(e.asm.VFMADD231PS, e.asm.VFMADD231PD, ops...) }

// fmaRepeated is fma for a y that is the element at m, in all lanes.
func (e *emitter) fmaRepeated(m operand.Mem, x, acc operand.Op) {
	e.either(e.asm.VFMADD231PS_BCST, e.asm.VFMADD231PD_BCST, m, x, acc)
}

// fma213 is a step of Horner's rule: q = q*y + x for operands x, y, q.
func (e *emitter) fma213(ops ...operand.Op) { e.either(e.asm.VFMADD213PS, e.asm.VFMADD213PD, ops...) }

// fma132 is acc = acc*y + x for operands y, x, acc: y may be in memory.
func (e *emitter) fma132(ops ...operand.Op) { e.either(e.asm.VFMADD132PS, e.asm.VFMADD132PD, ops...) }

// fnma132 is acc = x − acc*y for operands y, x, acc: y may be in memory.
func (e *emitter) fnma132(ops ...operand.Op) {
	e.either(e.asm.VFNMADD132PS, e.asm.VFNMADD132PD, ops...)
}

// fnma213 is q = x − q*y for operands x, y, q.
func (e *emitter) fnma213(ops ...operand.Op) {
	e.either(e.asm.VFNMADD213PS, e.asm.VFNMADD213PD, ops...)
}

// fnma subtracts a product: acc = acc − y*x for operands x, y, acc.
func (e *emitter) fnma(ops ...operand.Op) { e.either(e.asm.VFNMADD231PS, e.asm.VFNMADD231PD, ops...) }

// The scalar forms work in the low lane of XMM registers.
func (e *emitter) moveOne(ops ...operand.Op) { e.either(e.asm.VMOVSS, e.asm.VMOVSD, ops...) }
func (e *emitter) mulOne(ops ...operand.Op)  { e.either(e.asm.VMULSS, e.asm.VMULSD, ops...) }
func (e *emitter) addOne(ops ...operand.Op)  { e.either(e.asm.VADDSS, e.asm.VADDSD, ops...) }

// broadcast fills v with the element at m.
func (e *emitter) broadcast(m operand.Mem, v operand.Op) {
	e.either(e.asm.VBROADCASTSS, e.asm.VBROADCASTSD, m, v)
}

// repeat is broadcast for loops that multiply by what they load: the integer form
// is a load and nothing else, where Zen 4 gives the other one, 64 bytes wide, a
// place among the multiply-adds.
func (e *emitter) repeat(m operand.Mem, v operand.Op) {
	e.either(e.asm.VPBROADCASTD, e.asm.VPBROADCASTQ, m, v)
}

// zero sets v to +0. VEX code zeroes the whole register.
func (e *emitter) zero(v reg.VecPhysical) {
	if v.PhysicalIndex() >= 16 {
		e.asm.VPXORD(v, v, v)
		return
	}
	x := v.AsX()
	e.asm.VXORPS(x, x, x)
}

// mask is a set of lanes: a vector of ones and zeros, or an opmask.
type mask struct{ operand.Op }

// tailMask sets m to the first count lanes, 1 ≤ count ≤ lanes; count is lost,
// and so is CX.
func (e *emitter) tailMask(count reg.GPPhysical, m mask) {
	if e.opmasks {
		if count != reg.RCX {
			e.asm.MOVQ(count, reg.RCX)
		}
		e.asm.MOVL(operand.I32(1), reg.EAX)
		e.asm.SHLL(reg.CL, reg.EAX)
		e.asm.DECL(reg.EAX)
		e.asm.KMOVW(reg.EAX, m.Op)
		return
	}
	e.maskBelow(count, 0, m.Op.(reg.VecPhysical))
}

// maskBelow sets vector v to the lanes l with l + first < count.
func (e *emitter) maskBelow(count reg.GPPhysical, first int, v reg.VecPhysical) {
	if e.size == 4 {
		e.asm.VMOVD(count.As32(), v.AsX())
		e.asm.VPBROADCASTD(v.AsX(), v)
		e.asm.VPCMPGTD(e.iota(first), v, v)
	} else {
		e.asm.VMOVQ(count, v.AsX())
		e.asm.VPBROADCASTQ(v.AsX(), v)
		e.asm.VPCMPGTQ(e.iota(first), v, v)
	}
}

// load loads the lanes of m, or all if m is nil, and zeros elsewhere.
func (e *emitter) load(from operand.Op, m *mask, v operand.Op) {
	switch {
	case m == nil:
		e.move(from, v)
	case e.opmasks && e.size == 4:
		e.asm.VMOVUPS_Z(from, m.Op, v)
	case e.opmasks:
		e.asm.VMOVUPD_Z(from, m.Op, v)
	case e.size == 4:
		e.asm.VMASKMOVPS(from, m.Op, v)
	default:
		e.asm.VMASKMOVPD(from, m.Op, v)
	}
}

// store stores the lanes of m, or all if m is nil.
func (e *emitter) store(v operand.Op, m *mask, to operand.Mem) {
	switch {
	case m == nil:
		e.move(v, to)
	case e.opmasks:
		e.move(v, m.Op, to)
	case e.size == 4:
		e.asm.VMASKMOVPS(v, m.Op, to)
	default:
		e.asm.VMASKMOVPD(v, m.Op, to)
	}
}

// loop runs body for every step steps that count holds, and leaves the rest in
// count.
func (e *emitter) loop(name string, count reg.GPPhysical, step int, body func()) {
	e.asm.SUBQ(operand.I32(step), count)
	e.asm.JLT(target("%s_end", name))
	e.at(target("%s_loop", name))
	body()
	e.asm.SUBQ(operand.I32(step), count)
	e.asm.JGE(target("%s_loop", name))
	e.at(target("%s_end", name))
	e.asm.ADDQ(operand.I32(step), count)
}

// target returns a name for a label of this function.
func target(format string, args ...any) operand.LabelRef {
	return operand.LabelRef(fmt.Sprintf(format, args...))
}

func (e *emitter) at(l operand.LabelRef) { e.asm.Label(string(l)) }

// mem returns the address base + index*scale + disp; index may be nil.
func mem(base, index reg.Register, scale, disp int) operand.Mem {
	m := operand.Mem{Base: base, Disp: disp}
	if index != nil {
		m.Index, m.Scale = index, uint8(scale)
	}
	return m
}

// data holds the constants of one file, each written once.
type data struct {
	ctx  *build.Context
	seen map[string]bool
}

// vector returns the address of constant words, all of size bytes.
func (d *data) vector(name string, size int, words ...uint64) operand.Mem {
	if !d.seen[name] {
		d.seen[name] = true
		d.ctx.StaticGlobal(name)
		d.ctx.DataAttributes(attr.RODATA | attr.NOPTR)
		for _, w := range words {
			if size == 4 {
				d.ctx.AppendDatum(operand.U32(w))
			} else {
				d.ctx.AppendDatum(operand.U64(w))
			}
		}
	}
	return operand.NewDataAddr(operand.NewStaticSymbol(name), 0)
}

// iota returns the address of first, first+1, … for every lane.
func (e *emitter) iota(first int) operand.Mem {
	words := make([]uint64, e.lanes())
	for i := range words {
		words[i] = uint64(first + i)
	}
	return e.data.vector(fmt.Sprintf("iota%d_%dx%d", first, e.lanes(), 8*e.size), e.size, words...)
}

// float returns the bits of x as an element.
func (e *emitter) float(x float64) uint64 {
	if e.size == 4 {
		return uint64(math.Float32bits(float32(x)))
	}
	return math.Float64bits(x)
}

// magnitude is all bits of an element but its sign.
func (e *emitter) magnitude() uint64 { return 1<<(8*e.size-1) - 1 }

// The predicates of compare. What is false of NaN is its own negation's too,
// but for notLess.
const (
	equal   = operand.U8(0x00)
	less    = operand.U8(0x11)
	notLess = operand.U8(0x15)
	greater = operand.U8(0x1e)
)

// compare sets the lanes of vector m to ones where x stands so to y, which may be
// in memory, and to zeros elsewhere. It is for sets without opmasks.
func (e *emitter) compare(predicate operand.U8, x reg.VecPhysical, y operand.Op, m reg.VecPhysical) {
	e.either(e.asm.VCMPPS, e.asm.VCMPPD, predicate, y, x, m)
}

func (e *emitter) compareOpmask(predicate operand.U8, x reg.VecPhysical, y operand.Op, m operand.Op) {
	e.either(e.asm.VCMPPS, e.asm.VCMPPD, predicate, y, x, m)
}

// choose sets v to the lanes of yes, which may be in memory, that k has and to those
// of no elsewhere.
func (e *emitter) choose(k, yes operand.Op, no, v reg.VecPhysical) {
	e.either(e.asm.VBLENDMPS, e.asm.VBLENDMPD, yes, no, k, v)
}

// blend replaces the lanes of v by those of x where sign is negative.
func (e *emitter) blend(sign reg.VecPhysical, x operand.Op, v reg.VecPhysical) {
	if !e.opmasks {
		if e.size == 4 {
			e.asm.VBLENDVPS(sign, x, v, v)
		} else {
			e.asm.VBLENDVPD(sign, x, v, v)
		}
		return
	}
	negative := reg.K2
	if e.size == 4 {
		e.asm.VPMOVD2M(sign, negative)
	} else {
		e.asm.VPMOVQ2M(sign, negative)
	}
	e.move(x, negative, v)
}

// fold adds the lanes of v by halves, down to its first; scratch is lost.
func (e *emitter) fold(v, scratch reg.VecPhysical) {
	x, upper := v.AsX(), scratch.AsX()
	if e.bytes == 64 {
		e.asm.VEXTRACTF64X4(operand.Imm(1), v, scratch.AsY())
		e.add(scratch.AsY(), v.AsY(), v.AsY())
	}
	e.asm.VEXTRACTF128(operand.Imm(1), v.AsY(), upper)
	e.add(upper, x, x)
	e.asm.VPERMILPD(operand.Imm(1), x, upper)
	e.add(upper, x, x)
	if e.size == 4 {
		e.asm.VMOVSHDUP(x, upper)
		e.addOne(upper, x, x)
	}
}

// foldFour folds four registers side by side, in the order of fold: each sum comes to
// the low lane of its register. low and high are lost.
func (e *emitter) foldFour(v [4]reg.VecPhysical, low, high reg.VecPhysical) {
	// halves brings to low and to high a half each of what a and b hold, and adds them.
	type shuffle = func(ops ...operand.Op)
	halves := func(lower, upper shuffle, a, b reg.VecPhysical) {
		lower(b, a, low)
		upper(b, a, high)
		e.add(high, low, a)
	}
	lanes := func(of uint8) shuffle { // of 128 bits
		return func(ops ...operand.Op) {
			b, a, to := ops[0], ops[1], ops[2]
			if e.bytes == 64 {
				e.asm.VSHUFF64X2(operand.U8(of), b, a, to)
			} else {
				e.asm.VPERM2F128(operand.U8(of), b, a, to)
			}
		}
	}
	if e.bytes == 64 {
		halves(lanes(0b01_00_01_00), lanes(0b11_10_11_10), v[0], v[1])
		halves(lanes(0b01_00_01_00), lanes(0b11_10_11_10), v[2], v[3])
		halves(lanes(0b10_00_10_00), lanes(0b11_01_11_01), v[0], v[2]) // one lane for each
		e.asm.VPERMILPD(operand.U8(0b01_01_01_01), v[0], low)
		e.add(low, v[0], v[0])
	} else {
		halves(lanes(0x20), lanes(0x31), v[0], v[1])
		halves(lanes(0x20), lanes(0x31), v[2], v[3])
		halves(e.asm.VUNPCKLPD, e.asm.VUNPCKHPD, v[0], v[2]) // 64 bits for each: 0, 2, 1, 3
	}
	if e.size == 4 {
		e.asm.VMOVSHDUP(v[0], low)
		e.add(low, v[0], v[0])
	}
	if e.bytes == 64 {
		for i := 1; i < 4; i++ {
			e.asm.VEXTRACTF32X4(operand.U8(i), v[0], v[i].AsX())
		}
		return
	}
	e.asm.VEXTRACTF128(operand.Imm(1), v[0], v[1].AsX())
	for i := range 2 {
		e.asm.VPERMILPD(operand.Imm(1), v[i].AsX(), v[2+i].AsX())
	}
}
