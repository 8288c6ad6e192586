package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set as data.
type isa struct {
	name     string            // in the names of functions
	bytes    int               // width of a vector
	vectors  []reg.VecPhysical // the vector registers, by number
	opmasks  bool              // tails are masked by opmask registers, not by vectors
	halves   bool              // half a register's work may cost half
	gate     []string          // what asm/level_amd64.go asks of a machine
	mr       int               // rows of the GEMM tile
	last     []int             // rows of the next tile where mr+1, mr+2 … are left
	nrVector int               // columns of the GEMM tile, in vectors
}

// The vectors are named physically: an allocator that runs out of Y0–Y15 would
// take Y16, which only AVX-512 can encode.
var avx2 = &isa{
	name:     "AVX2",
	bytes:    32,
	vectors:  []reg.VecPhysical{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7, reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15},
	gate:     []string{"AVX", "AVX2", "FMA3"},
	mr:       6,
	last:     []int{4, 4, 5},
	nrVector: 2,
}

var avx512 = &isa{
	name:  "AVX512",
	bytes: 64,
	vectors: []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7, reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23, reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	},
	opmasks:  true,
	halves:   true,
	gate:     []string{"AVX", "AVX2", "FMA3", "AVX512F", "AVX512DQ", "AVX512BW", "AVX512VL"},
	mr:       8,
	last:     []int{9, 10, 11, 12},
	nrVector: 2,
}

// halved is package asm's variable: not 0 where half a register's work does cost half.
var halved = operand.Mem{Symbol: operand.Symbol{Name: "·halved"}, Base: reg.StaticBase}

// embeds is package asm's variable: not 0 where instructions are scarcer than loads.
var embeds = operand.Mem{Symbol: operand.Symbol{Name: "·embeds"}, Base: reg.StaticBase}

// vex returns the set whose code serves where width does not matter.
func (s *isa) vex() *isa { return avx2 }

// checkRequirements returns an error if a kernel uses instructions that its
// level's gate does not ask for. SSE and SSE2, though every amd64 has them, are
// errors too: their encodings would mix with VEX ones and stall. What every
// amd64 has and does no harm is CMOV, and MMX+ as avo has it for PREFETCHT0.
func checkRequirements(file *ir.File) error {
	for _, f := range file.Functions() {
		for _, set := range []*isa{avx2, avx512} {
			if !strings.HasSuffix(f.Name, set.name) {
				continue
			}
			for _, extension := range f.ISA {
				if !slices.Contains(set.gate, extension) && extension != "CMOV" && extension != "MMX+" {
					return fmt.Errorf("%s requires %s; the level's gate has %s", f.Name, extension, strings.Join(set.gate, ", "))
				}
			}
		}
	}
	return nil
}

// checkRegisters returns an error if a kernel returns without clearing the upper
// halves of the vector registers, on which SSE code that follows would stall, or
// writes to the frame pointer, which profilers read at any time, or to the control
// register of rounding, which is the whole thread's.
func checkRegisters(file *ir.File) error {
	for _, f := range file.Functions() {
		last := ""
		for _, i := range f.Instructions() {
			if i.Opcode == "RET" && last != "VZEROUPPER" {
				return fmt.Errorf("%s returns after %s, not VZEROUPPER", f.Name, last)
			}
			if strings.HasSuffix(i.Opcode, "LDMXCSR") {
				return fmt.Errorf("%s writes to MXCSR", f.Name)
			}
			for _, r := range i.OutputRegisters() {
				if p, ok := r.(reg.Physical); ok && p.Kind() == reg.KindGP && p.PhysicalIndex() == reg.RBP.PhysicalIndex() {
					return fmt.Errorf("%s writes to BP", f.Name)
				}
			}
			last = i.Opcode
		}
	}
	return nil
}
