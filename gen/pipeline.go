package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A pipeline is a loop that begins a vector while those before it are at later steps
// (software pipelining by modulo scheduling; M. Lam, 1988; B. R. Rau, 1994). A
// function's steps are a chain of some eighty cycles. The CPU looks for what is ready
// among some hundred instructions that wait, the steps of three or four vectors,
// however they are interleaved: multiply-adds are idle for a third of the time. Here
// the next instruction is one that is about ready.
//
// One vector's steps are recorded and dealt to slots of time, in rows of as many slots
// as there are steps. Each row begins a vector and goes on with those before, so that
// in a full row each step is taken once, for one vector or another. The operations of a
// vector, and so its bits, are those of vectors side by side.
type pipeline struct {
	*emitter
	offset  reg.GPPhysical // of the vectors in memory
	steps   []*step        // of one vector, by their places in a row
	values  []*value
	parked  []*value   // in memory
	kept    []constant // the last registers have them
	rows    int        // that a vector takes
	vectors int        // rows of a pass of the loop: after so many registers are the same again
}

// step is an instruction for one vector.
type step struct {
	*ir.Instruction
	values   map[reg.ID]*value // in its registers
	parks    bool              // stores what later steps will load
	after    []dependency
	pending  int // steps after this one that have no slot yet
	deadline int // the last slot in time for them
	slot     int
	placed   bool
}

// dependency says that a step stands so many cycles behind another one.
type dependency struct {
	on     *step
	cycles int
}

// value is what a register has from an instruction that only writes it to the last
// use, whatever changes it between. A pipeline gives each a register, one for every
// vector of a pass, or a place in memory.
type value struct {
	kind       reg.Kind
	at         operand.Mem // where one is that is parked
	first      *step
	last       *step   // that has changed it
	readers    []*step // since then
	begin, end int     // slots
	registers  []reg.Register
}

// parked is the kind of values in memory.
const parked = reg.KindPseudo

// parkedAt stands for where a slot is parked. A pipeline has a place for each vector of a
// pass.
func parkedAt(slot int) operand.Mem { return mem(reg.StackPointer, nil, 0, slot) }

// place returns which parked value is one of ops, or −1.
func (p *pipeline) place(ops ...operand.Op) int {
	return slices.IndexFunc(p.parked, func(v *value) bool { return slices.Contains(ops, operand.Op(v.at)) })
}

// newPipeline schedules the steps of f, which compute writes for one vector, pace of
// them a cycle. With more a CPU comes closer to what its units can do, as long as there
// are registers: constants have those that values leave.
func (e *emitter) newPipeline(f *formula, pace float64, offset reg.GPPhysical, compute func(*group)) *pipeline {
	constants := f.constants(e)
	record := func(kept []constant) []*ir.Instruction {
		return e.record(func(e *emitter) {
			g := &group{emitter: e, constants: map[string]operand.Op{}, parks: !e.opmasks}
			for _, c := range constants {
				g.constants[c.name] = e.replicated(c)
			}
			for i, c := range kept {
				g.constants[c.name] = e.v(len(e.isa.vectors) - 1 - i)
			}
			compute(g)
		})
	}
	byUse := e.sortByUse(constants, record(nil))
	for kept := min(len(byUse), len(e.isa.vectors)-f.slots); kept >= 0; kept-- {
		p := &pipeline{emitter: e, offset: offset, kept: byUse[:kept]}
		p.findValues(record(p.kept))
		if p.schedule(pace) && p.allocate() {
			return p
		}
	}
	panic(fmt.Sprintf("%sF%d%s: at %v steps a cycle registers are too few", f.name, 8*e.size, e.name, pace))
}

// record returns the instructions that f writes.
func (e *emitter) record(f func(*emitter)) []*ir.Instruction {
	scratch := *e
	scratch.asm = build.NewContext()
	scratch.asm.Function("steps")
	f(&scratch)
	file, err := scratch.asm.Result()
	check(err)
	return file.Functions()[0].Instructions()
}

// sortByUse returns constants, those first that are read most often.
func (e *emitter) sortByUse(constants []constant, instructions []*ir.Instruction) []constant {
	uses := map[operand.Op]int{}
	for _, i := range instructions {
		for _, op := range i.Operands {
			uses[op]++
		}
	}
	return slices.SortedStableFunc(slices.Values(constants), func(a, b constant) int {
		return uses[e.replicated(b)] - uses[e.replicated(a)]
	})
}

// findValues makes instructions the pipeline's steps, and tells their values apart.
func (p *pipeline) findValues(instructions []*ir.Instruction) {
	current := map[reg.ID]*value{}
	var parking []*step // since another step
	for _, i := range instructions {
		s := &step{Instruction: i, values: map[reg.ID]*value{}}
		p.steps = append(p.steps, s)
		for _, r := range inputs(i) {
			v := current[r.ID()]
			switch {
			case v != nil && s.values[r.ID()] == nil:
				s.values[r.ID()] = v
				s.comesAfter(v.last, latency(v.last))
			case v == nil && !p.isKept(r):
				panic(fmt.Sprint(i.Opcode, " reads ", r, ", which nothing has written"))
			}
		}
		for _, r := range outputs(i) {
			v := s.values[r.ID()]
			if v == nil {
				v = p.newValue(r.Kind(), s)
				current[r.ID()], s.values[r.ID()] = v, v
				continue
			}
			for _, reader := range v.readers {
				s.comesAfter(reader, 0)
			}
			v.last, v.readers = s, nil
		}
		for _, v := range s.values {
			if v.last != s {
				v.readers = append(v.readers, s)
			}
		}
		if at, ok := i.Outputs[0].(operand.Mem); ok && at.Base == reg.StackPointer {
			s.parks = true
			v := p.newValue(parked, s)
			v.at = at
			p.parked = append(p.parked, v)
			parking = append(parking, s)
			continue
		}
		// What is parked is so before the next step, or its operands would wait as well.
		for _, other := range parking {
			s.comesAfter(other, 0)
		}
		parking = nil
		if place := p.place(i.Inputs...); place >= 0 {
			v := p.parked[place]
			s.comesAfter(v.first, latency(v.first))
			v.last = s
		}
	}
}

func (p *pipeline) newValue(kind reg.Kind, s *step) *value {
	v := &value{kind: kind, first: s, last: s}
	p.values = append(p.values, v)
	return v
}

// isKept reports whether r has a constant.
func (p *pipeline) isKept(r reg.Physical) bool {
	return r.Kind() == reg.KindVector && int(r.PhysicalIndex()) >= len(p.isa.vectors)-len(p.kept)
}

// inputs returns the vector registers and opmasks that an instruction reads: those
// that it merges with, too.
func inputs(i *ir.Instruction) []reg.Physical {
	if strings.HasPrefix(i.Opcode, "VBLENDM") { // chooses, where avo has it merge
		return lanes(i.Operands[:3])
	}
	return lanes(i.Inputs)
}

func outputs(i *ir.Instruction) []reg.Physical { return lanes(i.Outputs) }

// lanes returns the vector registers and opmasks among operands.
func lanes(ops []operand.Op) []reg.Physical {
	var all []reg.Physical
	for _, op := range ops {
		if r, ok := op.(reg.Physical); ok && r.Kind() != reg.KindGP {
			all = append(all, r)
		}
	}
	return all
}

func (s *step) comesAfter(other *step, cycles int) {
	s.after = append(s.after, dependency{other, cycles})
	other.pending++
}

// latency returns after how many cycles there is a step's result: about what today's
// CPUs take.
func latency(s *step) int {
	is := func(prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s.Opcode, p) })
	}
	switch {
	case s.parks:
		return 8
	case is("VDIV"):
		return 12
	case is("VFMADD", "VFNMADD", "VMUL"):
		return 4
	case is("VADD", "VSUB", "VMIN", "VMAX", "VCMP", "VSCALEF", "VGETEXP", "VGETMANT", "VFIXUP"):
		return 3
	case is("VMOVUP"): // early enough if from memory, else renamed
		return 0
	}
	return 1
}

// schedule gives each step its slot, from the last to the first the latest that is
// free and in time, for values to live shortly; but values are parked as soon as
// they are there. It reports whether it could.
func (p *pipeline) schedule(pace float64) bool {
	n := len(p.steps)
	slots := func(cycles int) int { return max(1, int(float64(cycles)*pace)) }
	taken := make([]bool, n)
	place := func(s *step, slot, direction int) {
		for taken[modulo(slot, n)] {
			slot += direction
		}
		taken[modulo(slot, n)] = true
		s.slot, s.placed = slot, true
	}
	var precede func(s *step)
	precede = func(s *step) {
		for _, d := range s.after {
			d.on.pending--
			d.on.deadline = min(d.on.deadline, s.deadline-slots(d.cycles))
			if d.on.parks && d.on.pending == 0 {
				precede(d.on)
			}
		}
	}
	earliest := 0
	for {
		var next *step
		for _, s := range p.steps {
			if !s.placed && !s.parks && s.pending == 0 && (next == nil || s.deadline >= next.deadline) {
				next = s
			}
		}
		if next == nil {
			break
		}
		place(next, next.deadline, -1)
		earliest = min(earliest, next.slot)
		for _, s := range p.steps {
			if s.parks && s.after[0].on == next {
				place(s, next.slot+slots(s.after[0].cycles), 1)
				if s.slot > s.deadline {
					return false
				}
			}
		}
		next.deadline = next.slot
		precede(next)
	}
	first := earliest - modulo(earliest, n)
	for _, s := range p.steps {
		s.slot -= first
		p.rows = max(p.rows, s.slot/n+1)
	}
	slices.SortFunc(p.steps, func(a, b *step) int { return cmp.Compare(a.slot%n, b.slot%n) })
	return true
}

// findLives sets from which slot to which there are values.
func (p *pipeline) findLives() {
	for _, v := range p.values {
		v.begin = v.first.slot
	}
	for _, s := range p.steps {
		for _, v := range s.values {
			v.end = max(v.end, s.slot)
		}
	}
	for _, v := range p.parked {
		v.end = v.last.slot
	}
}

// modulo returns a mod b, 0 ≤ a mod b < b.
func modulo(a, b int) int { return (a%b + b) % b }

// allocate gives values their registers, for a pass of as many vectors as makes them
// fewest. It reports whether there are enough.
func (p *pipeline) allocate() bool {
	const frame = 640 // bytes, of those that a NOSPLIT function may have
	p.findLives()
	least := 1
	for _, v := range p.values {
		least = max(least, (v.end-v.begin-1)/len(p.steps)+1)
	}
	fewest := len(p.isa.vectors) - len(p.kept) + 1
	for vectors := least; vectors < least+4 && len(p.parked)*vectors*p.bytes <= frame; vectors++ {
		if used, ok := p.color(vectors); ok && used < fewest {
			fewest, p.vectors = used, vectors
		}
	}
	if p.vectors > 0 {
		p.color(p.vectors)
	}
	return p.vectors > 0
}

// color gives registers to the values of so many vectors, one after another as they
// begin, in a circle of time that is cut where the fewest are alive. It returns how
// many vector registers it has used, and whether there are so many.
func (p *pipeline) color(vectors int) (int, bool) {
	circle := vectors * len(p.steps)
	type arc struct {
		*value
		vector, begin, length int
	}
	has := func(a arc, slot int) bool { return modulo(slot-a.begin, circle) < a.length }
	var arcs []arc
	alive := make([]int, circle)
	for _, v := range p.values {
		if v.kind == parked {
			continue
		}
		v.registers = make([]reg.Register, vectors)
		for i := range vectors {
			a := arc{v, i, modulo(v.begin+i*len(p.steps), circle), v.end - v.begin}
			arcs = append(arcs, a)
			for slot := range a.length {
				alive[(a.begin+slot)%circle]++
			}
		}
	}
	cut := slices.Index(alive, slices.Min(alive))
	// Those alive there come first.
	begins := func(a arc) int {
		if has(a, cut) {
			return modulo(a.begin-cut, circle) - circle
		}
		return modulo(a.begin-cut, circle)
	}
	slices.SortStableFunc(arcs, func(a, b arc) int { return begins(a) - begins(b) })

	registers := map[reg.Kind][]reg.Register{reg.KindOpmask: opmasks}
	for _, r := range p.isa.vectors[:len(p.isa.vectors)-len(p.kept)] {
		registers[reg.KindVector] = append(registers[reg.KindVector], r)
	}
	holders := map[reg.Kind][][]arc{}
	for _, a := range arcs {
		of := holders[a.kind]
		free, idle := len(of), circle
		for r, others := range of {
			// Of those that are free the one that has been so for the shortest time.
			since := circle
			for _, b := range others {
				if has(a, b.begin) || has(b, a.begin) {
					since = -1
					break
				}
				since = min(since, modulo(a.begin-b.begin-b.length, circle))
			}
			if since >= 0 && since < idle {
				free, idle = r, since
			}
		}
		if free == len(registers[a.kind]) {
			return 0, false
		}
		if free == len(of) {
			of = append(of, nil)
		}
		of[free] = append(of[free], a)
		holders[a.kind] = of
		a.registers[a.vector] = registers[a.kind][free]
	}
	return len(holders[reg.KindVector]), true
}

// write writes the loop, for as many of n elements as make one pass or more, and
// leaves the rest in n.
func (p *pipeline) write(n reg.GPPhysical) {
	filling := p.rows - 1
	elements := func(rows int) operand.I32 { return operand.I32(rows * p.lanes()) }
	all := func(int) bool { return true }
	if len(p.parked) > 0 {
		p.asm.AllocLocal(len(p.parked) * p.vectors * p.bytes)
	}
	p.asm.SUBQ(elements(filling+p.vectors), n)
	p.asm.JLT(target("pipeline_end"))
	for i, c := range p.kept {
		p.move(p.replicated(c), p.v(len(p.isa.vectors)-1-i))
	}
	for row := range filling {
		p.row(row, 0, func(age int) bool { return age <= row })
	}
	p.asm.ADDQ(operand.I32(filling*p.bytes), p.offset)
	p.at(target("pipeline_loop"))
	for row := range p.vectors {
		p.row(filling+row, filling, all)
	}
	p.asm.ADDQ(operand.I32(p.vectors*p.bytes), p.offset)
	p.asm.SUBQ(elements(p.vectors), n)
	p.asm.JGE(target("pipeline_loop"))
	for row := range filling {
		p.row(filling+row, filling, func(age int) bool { return age > row })
	}
	p.asm.SUBQ(elements(filling), n) // they are counted already
	p.at(target("pipeline_end"))
	p.asm.ADDQ(elements(filling+p.vectors), n)
}

// row writes those steps of a row that are for vectors begun a wanted number of rows
// ago. Offset is that of the vector which begins in row first.
func (p *pipeline) row(row, first int, wanted func(age int) bool) {
	for _, s := range p.steps {
		age := s.slot / len(p.steps)
		if !wanted(age) {
			continue
		}
		i := *s.Instruction
		for _, ops := range []*[]operand.Op{&i.Operands, &i.Inputs, &i.Outputs} {
			*ops = slices.Clone(*ops)
			for j, op := range *ops {
				(*ops)[j] = p.operandOf(s, op, row-age, row-age-first)
			}
		}
		p.asm.Instruction(&i)
	}
}

// operandOf returns what stands for an operand of a step for one vector, so many
// vectors from offset.
func (p *pipeline) operandOf(s *step, op operand.Op, vector, distance int) operand.Op {
	turn := vector % p.vectors
	switch op := op.(type) {
	case operand.Mem:
		switch {
		case op.Base == reg.StackPointer:
			op.Disp = (p.place(op)*p.vectors + turn) * p.bytes
		case op.Index == p.offset:
			op.Disp += distance * p.bytes
		}
		return op
	case reg.Physical:
		if v := s.values[op.ID()]; v != nil {
			return v.registers[turn]
		}
	}
	return op
}
