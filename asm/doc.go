// Package asm holds the kernels: what one core does to one tile or one vector.
// It knows no matrices and checks nothing; package blas does both. Its exports
// stand outside the module's compatibility promise.
//
// # Levels
//
// A level is a table of kernels, one [Kernels] for float32 and one for
// float64. Generic is pure Go and exists everywhere; avx2 and avx512 are
// assembly, written by the programs in ../gen. The level in use is chosen once,
// at program start: the highest that the CPU and the operating system support,
// unless a variable says otherwise.
//
//	LANEWISE_LEVEL=name      use this level; the program ends with status 2 if
//	                         the machine does not have it
//	GODEBUG=cpu.avx2=off     and its kin, as for the standard library: the level
//	                         is then taken from what is left
//
// The build tag purego leaves the assembly out.
//
// # Panels
//
// The micro-kernel Gemm walks down a strip of C, MR rows at a time, and keeps
// one MR × NR tile in registers while it runs along k:
//
//	             B: k × NR, row stride ldb
//	             ┌───────────────┐
//	             │ b[p*ldb+j]  → │ one row a step
//	             └───────────────┘
//	A: tile t    C: tile t
//	┌─────────┐  ┌───────────────┐
//	│ a(i,p)↓ │  │ c[i*ldc+j]    │ MR rows in registers
//	└─────────┘  └───────────────┘
//
// An operand may be used where it lies (A through any two strides, B as rows)
// or packed. Packing cuts A into panels of MR rows and B into panels of NR
// columns, each stored step by step, so that a panel is read front to back:
//
//	packed A: a(0,0) … a(MR−1,0) │ a(0,1) … a(MR−1,1) │ …      (rsa=1, csa=MR)
//	packed B: b(0,0) … b(0,NR−1) │ b(1,0) … b(1,NR−1) │ …      (ldb=NR)
//
// with nothing in particular in place of the rows and columns that the last panel
// lacks. A transposed operand differs only in which kernel packs it.
//
// # Order
//
// ACCURACY.md says how far results of element-wise functions are from the exact ones.
//
// Every kernel fixes the order of its operations, and the assembly levels give
// the same bits as each other. Sums of rows, and their order, are the same at
// every level.
package asm

//go:generate go run ../gen
