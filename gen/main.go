// Gen writes the assembly of package asm: one *_amd64.s a kernel family and one
// file with the declarations of all. It runs in that package's folder, by
//
//	go generate ./asm
//
// Each family stands in a file of its own here and is written once: the
// emitters are parametrised by element size and instruction set (isa.go), and
// the loops below call them for each pair.
package main

import (
	"log"
	"os"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/buildtags"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// families maps each file's name to what writes its kernels for one
// instruction set and element size.
var families = []struct {
	name string
	emit func(*emitter)
}{
	{"gemm", gemm},
	{"gemmtransposed", gemmTransposed},
	{"gemv", gemv},
	{"pack", packers},
	{"gather", gather},
	{"sums", sums},
	{"colsums", colSums},
	{"maxindex", maxIndices},
	{"gathert", gatherT},
	{"level1", level1},
	{"adam", adam},
	{"gradient", gradients},
	{"exp", exponentials},
	{"tanh", tanhs},
	{"silu", silus},
	{"log", logarithms},
	{"softmax", softmax},
	{"rotate", rotate},
	{"prefetch", prefetch},
	{"ceiling", ceiling},
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("gen: ")
	cfg := printer.Config{Name: "the programs in ../gen", Pkg: "asm"}
	constraint, err := buildtags.ParseConstraint("!purego")
	check(err)

	all := &ir.File{Constraints: buildtags.Constraints{constraint}}
	for _, family := range families {
		ctx := build.NewContext()
		ctx.ConstraintExpr("!purego")
		shared := &data{ctx: ctx, seen: map[string]bool{}}
		for _, set := range []*isa{avx2, avx512} {
			for _, size := range []int{4, 8} {
				family.emit(&emitter{asm: ctx, isa: set, size: size, data: shared})
			}
		}
		file, err := ctx.Result()
		check(err)
		broadcast(file)
		check(pass.Compile.Execute(file))
		check(checkRequirements(file))
		check(checkRegisters(file))
		write(family.name+"_amd64.s", printer.NewGoAsm(cfg), file)
		for _, f := range file.Functions() {
			all.AddSection(f)
		}
	}
	write("stubs_amd64.go", printer.NewStubs(cfg), all)
}

// write prints the whole file before it touches the old one.
func write(name string, p printer.Printer, file *ir.File) {
	text, err := p.Print(file)
	check(err)
	check(os.WriteFile(name, text, 0o666))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
