package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// formula is an element-wise function: dst[i] … = f(scalars, src[i] …). It says
// what happens to vectors in registers; the skeleton does the rest.
type formula struct {
	name      string
	signature string
	doc       string
	scalars   []string                   // arguments broadcast to registers
	src       []string                   // the slices read
	dst       []string                   // the slices written
	slots     int                        // registers a vector needs
	unroll    map[string]int             // vectors side by side, by set, to hide latency
	pace      map[string]map[int]float64 // by set and element size: steps a cycle of a pipeline, 0 without one
	// constants returns the function's, by name, as bits.
	constants func(e *emitter) []constant
	// compute turns the sources, loaded to slots 0, 1 …, to the results in
	// the same slots.
	compute func(g *group)
}

// constant is a number that all lanes share.
type constant struct {
	name string
	bits uint64
}

// group is some vectors computed side by side: each operation is written for
// all of them before the next one. Slot s of vector u is a register of its own.
type group struct {
	*emitter
	vectors   int
	constants map[string]operand.Op
	scalars   []reg.VecPhysical
	spare     []spare
	later     []func()       // what stands behind the kernel's end
	reload    func(slot int) // loads the first source again
	parks     bool           // values that are long idle are kept in memory
}

// spare is a register that holds one of the constants in memory, the one that was
// needed last: vectors side by side load it once. (Two loads a cycle are as many as
// there are multiply-adds, so that constants in memory would halve the rate.)
type spare struct {
	v    reg.VecPhysical
	name string
}

// slots names the registers of one vector.
type slots = func(slot int) reg.VecPhysical

// each writes one step for all vectors.
func (g *group) each(step func(v slots)) {
	for u := range g.vectors {
		step(func(slot int) reg.VecPhysical { return g.v(slot*g.vectors + u) })
	}
}

// eachMasked is each with an opmask of the vector's own.
func (g *group) eachMasked(step func(v slots, k reg.Register)) {
	u := 0
	g.each(func(v slots) {
		u++
		step(v, opmasks[u]) // the first is a tail's
	})
}

// opmasks are the opmask registers that select lanes: K0 is none.
var opmasks = []reg.Register{reg.K1, reg.K2, reg.K3, reg.K4, reg.K5, reg.K6, reg.K7}

// park stores a slot that recall will load again, where a pipeline is short of
// registers.
func (g *group) park(slot int) {
	if g.parks {
		g.each(func(v slots) { g.move(v(slot), parkedAt(slot)) })
	}
}

func (g *group) recall(slot int) {
	if g.parks {
		g.each(func(v slots) { g.move(parkedAt(slot), v(slot)) })
	}
}

// c returns a constant, for the next instruction alone: a register where there is
// one, else memory.
func (g *group) c(name string) operand.Op {
	op, ok := g.constants[name]
	if !ok {
		panic("no constant " + name)
	}
	if _, ok := op.(operand.Mem); !ok || len(g.spare) == 0 {
		return op
	}
	i := slices.IndexFunc(g.spare, func(s spare) bool { return s.name == name })
	if i < 0 {
		i = 0 // the one not used for longest
		g.move(op, g.spare[i].v)
		g.spare[i].name = name
	}
	used := g.spare[i]
	g.spare = append(slices.Delete(g.spare, i, i+1), used)
	return used.v
}

// forget tells that the spare registers may hold anything.
func (g *group) forget() {
	for i := range g.spare {
		g.spare[i].name = ""
	}
}

// inRegister returns a constant as a register, scratch if it has none of its own.
func (g *group) inRegister(name string, scratch reg.VecPhysical) reg.VecPhysical {
	if r, ok := g.c(name).(reg.VecPhysical); ok {
		return r
	}
	g.move(g.c(name), scratch)
	return scratch
}

// coefficients returns those of a polynomial as constants, the lowest first.
func (e *emitter) coefficients(name string, c []float64) []constant {
	var all []constant
	for i, name := range names(name, len(c)) {
		all = append(all, constant{name, e.float(c[i])})
	}
	return all
}

// names returns the names of the first n coefficients.
func names(name string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprint(name, i)
	}
	return all
}

// horner sets slot q to the polynomial of n such coefficients in slot r.
func (g *group) horner(name string, n, r, q int) {
	g.each(func(v slots) { g.move(g.c(fmt.Sprint(name, n-1)), v(q)) })
	for i := n - 2; i >= 0; i-- {
		g.each(func(v slots) { g.fma213(g.c(fmt.Sprint(name, i)), v(r), v(q)) })
	}
}

// elementwise writes the kernel of f: a pipeline if it has one, groups of vectors,
// then single vectors, then a masked one. All are the same operations, so that a
// value's bits do not depend on its place.
func elementwise(e *emitter, f *formula) {
	e.function(f.name, f.signature, f.doc)
	n, offset := reg.RDX, reg.R9
	pointers := map[string]reg.GPPhysical{}
	free := []reg.GPPhysical{reg.RSI, reg.RDI, reg.R8, reg.R10}
	for _, name := range slices.Concat(f.dst, f.src) {
		if _, ok := pointers[name]; !ok {
			pointers[name] = e.arg(name, free[len(pointers)])
		}
	}
	e.arg("n", n)
	e.asm.XORQ(offset, offset)
	// vectors writes the steps of some vectors side by side.
	vectors := func(g *group, count int, m *mask) {
		g.vectors = count
		g.forget()
		at := func(name string, u int) operand.Mem { return mem(pointers[name], offset, 1, u*g.bytes) }
		load := func(name string, slot int) {
			for u := range count {
				g.load(at(name, u), m, g.v(slot*count+u))
			}
		}
		g.reload = func(slot int) { load(f.src[0], slot) }
		for slot, name := range f.src {
			load(name, slot)
		}
		f.compute(g)
		for slot, name := range f.dst {
			for u := range count {
				g.store(g.v(slot*count+u), m, at(name, u))
			}
		}
	}
	advance := func(count int) { e.asm.ADDQ(operand.I32(count*e.bytes), offset) }
	if pace := f.pace[e.name][e.size]; pace > 0 {
		e.newPipeline(f, pace, offset, func(g *group) { vectors(g, 1, nil) }).write(n)
	}
	g := &group{emitter: e}
	unroll := f.unroll[e.name]
	g.place(f, unroll)
	if unroll > 1 {
		e.loop("vectors", n, unroll*e.lanes(), func() { vectors(g, unroll, nil); advance(unroll) })
	}
	e.loop("vector", n, e.lanes(), func() { vectors(g, 1, nil); advance(1) })
	e.asm.TESTQ(n, n)
	e.asm.JEQ(target("done"))
	m := g.lastMask()
	e.tailMask(n, m)
	vectors(g, 1, &m)
	e.at(target("done"))
	e.ret()
	for _, write := range g.later {
		write()
	}
}

// rarely jumps to other steps where the sign of a lane of slot test is set, of any
// vector: they stand behind the kernel's end and come back behind usual ones.
// Vector 0's slot is lost. It is for sets without opmasks.
func (g *group) rarely(test int, rare, usual func()) {
	g.each(func(v slots) {
		if first := g.v(test * g.vectors); v(test) != first {
			g.or(v(test), first, first)
		}
	})
	there, back := target("rare%d", len(g.later)), target("usual%d", len(g.later))
	if g.size == 4 {
		g.asm.VMOVMSKPS(g.v(test*g.vectors), reg.EAX)
	} else {
		g.asm.VMOVMSKPD(g.v(test*g.vectors), reg.EAX)
	}
	g.asm.TESTL(reg.EAX, reg.EAX)
	g.asm.JNE(there)
	vectors, reload := g.vectors, g.reload
	g.later = append(g.later, func() {
		g.vectors, g.reload = vectors, reload
		g.forget()
		g.at(there)
		rare()
		g.asm.JMP(back)
	})
	usual()
	g.forget()
	g.at(back)
}

// lastMask returns where a tail's mask goes: with one vector, the registers of
// the others are free.
func (e *emitter) lastMask() mask {
	if e.opmasks {
		return mask{reg.K1}
	}
	return mask{e.v(15)}
}

// place loads the scalars and places the constants behind the slots of unroll
// vectors.
func (g *group) place(f *formula, unroll int) {
	next := f.slots * unroll
	for _, name := range f.scalars {
		g.scalars = append(g.scalars, g.v(next))
		g.broadcast(g.param(name), g.v(next))
		next++
	}
	if f.constants == nil {
		return
	}
	constants := f.constants(g.emitter)
	end := len(g.isa.vectors)
	if next+len(constants) > end {
		end -= 2 // spare
	}
	next = g.placeConstants(constants, next, end)
	for ; g.isSpare(next); next++ {
		g.spare = append(g.spare, spare{v: g.v(next)})
	}
}

// isSpare reports whether there is a register of this number, and it isn't where
// a tail's mask goes.
func (g *group) isSpare(i int) bool {
	return i < len(g.isa.vectors) && (g.opmasks || i != 15)
}

// placeConstants keeps constants in the registers from next on, as far as the
// set has more than 16 of them and before end, and the others replicated in memory.
// It returns the next register.
func (g *group) placeConstants(constants []constant, next, end int) int {
	g.constants = map[string]operand.Op{}
	for _, c := range constants {
		m := g.replicated(c)
		if g.opmasks && next < end {
			g.move(m, g.v(next))
			g.constants[c.name] = g.v(next)
			next++
		} else {
			g.constants[c.name] = m
		}
	}
	return next
}

// replicated returns the address of a vector full of c, or where one number will do of
// c alone: broadcast then makes an instruction that reads it fill a vector.
func (e *emitter) replicated(c constant) operand.Mem {
	if e.opmasks {
		return e.data.vector(fmt.Sprintf("c%x%s%d", c.bits, alone, 8*e.size), e.size, c.bits)
	}
	words := make([]uint64, e.lanes())
	for i := range words {
		words[i] = c.bits
	}
	return e.data.vector(fmt.Sprintf("c%x_%dx%d", c.bits, e.lanes(), 8*e.size), e.size, words...)
}

// alone is in the names of constants that are one number.
const alone = "_1x"

// broadcast makes the instructions that read one number where they need a vector fill
// that with it. A vector of 64 bytes in memory might lie across two lines, for a
// linker aligns data to 32: where that came about Zen 5 took one and a half times as long.
func broadcast(file *ir.File) {
	for _, f := range file.Functions() {
		for _, i := range f.Instructions() {
			from := slices.IndexFunc(i.Operands, func(op operand.Op) bool {
				m, ok := op.(operand.Mem)
				return ok && strings.Contains(m.Symbol.Name, alone)
			})
			switch {
			case from < 0:
			case i.Opcode == "VMOVUPS":
				i.Opcode = "VPBROADCASTD"
			case i.Opcode == "VMOVUPD":
				i.Opcode = "VPBROADCASTQ"
			default:
				i.Suffixes = append([]string{"BCST"}, i.Suffixes...)
			}
		}
	}
}

// level1 writes the kernels that are a few operations.
func level1(e *emitter) {
	elementwise(e, &formula{
		name:      "relu",
		signature: "func(n int, dst, src *T)",
		doc:       "is Kernels.ReLU.",
		src:       []string{"src"},
		dst:       []string{"dst"},
		slots:     2,
		unroll:    map[string]int{"AVX2": 4, "AVX512": 4},
		constants: zeroConstant,
		compute: func(g *group) {
			g.each(func(v slots) { g.max(v(0), g.inRegister("0", v(1)), v(0)) })
		},
	})
	elementwise(e, &formula{
		name:      "axpy",
		signature: "func(n int, alpha T, x, y *T)",
		doc:       "is Kernels.Axpy.",
		scalars:   []string{"alpha"},
		src:       []string{"y", "x"},
		dst:       []string{"y"},
		slots:     2,
		unroll:    map[string]int{"AVX2": 4, "AVX512": 4},
		compute: func(g *group) {
			g.each(func(v slots) { g.fma(v(1), g.scalars[0], v(0)) })
		},
	})
	elementwise(e, &formula{
		name:      "scal",
		signature: "func(n int, alpha T, x, y *T)",
		doc:       "is Kernels.Scal.",
		scalars:   []string{"alpha"},
		src:       []string{"x"},
		dst:       []string{"y"},
		slots:     1,
		unroll:    map[string]int{"AVX2": 4, "AVX512": 4},
		compute: func(g *group) {
			g.each(func(v slots) { g.mul(v(0), g.scalars[0], v(0)) })
		},
	})
	for _, f := range []struct {
		name, kernel string
		step         func(...operand.Op)
	}{{"add", "Add", e.add}, {"mul", "Mul", e.mul}} {
		elementwise(e, &formula{
			name:      f.name,
			signature: "func(n int, dst, x, y *T)",
			doc:       "is Kernels." + f.kernel + ".",
			src:       []string{"x", "y"},
			dst:       []string{"dst"},
			slots:     2,
			unroll:    map[string]int{"AVX2": 4, "AVX512": 4},
			compute: func(g *group) {
				g.each(func(v slots) { f.step(v(1), v(0), v(0)) })
			},
		})
	}
}
