// Package blas multiplies matrices and applies the element-wise functions of
// neural networks, at the speed of the machine's vector units, in plain Go. It
// needs no cgo and no build flags: the kernels are chosen at program start for
// the CPU that runs them (package asm tells how), with pure Go where there is
// nothing better.
//
// # Matrices
//
// Matrices are row-major: element (i, j) of a matrix with stride ld (its
// leading dimension, in elements) is a[i*ld+j]. A slice holds a matrix of r
// rows and c columns if it has at least (r−1)·ld + c elements. What lies
// between the rows and behind the last one is neither read nor written.
//
// # Panics
//
// A call that is misused panics with one of the constants in errors.go, such
// as "blas: bad ldc", before it has touched anything. Arguments are checked in
// a fixed order: transpositions, dimensions, leading dimensions; then calls
// with nothing to do return; then the lengths of slices, then overlap.
//
// # Order of operations
//
// The order in which a result is computed depends on the operation, its
// dimensions and its type alone: never on the level, the strides, the
// alignment, block sizes or packing. Each function states its order. The
// assembly levels give the same bits as each other; the generic level rounds
// products where they fuse and gives its own bits, the same on every
// architecture.
//
// # Allocation
//
// A call allocates nothing once it has run with operands of that size, if the
// operands are already on the heap: they are passed to kernels through a table
// of functions, so the compiler moves local arrays there. Scratch memory is
// kept and used again: as much as the blocks of one call need, for as many
// calls as ever ran at once.
package blas
