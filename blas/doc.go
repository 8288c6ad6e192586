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
// dimensions and its type alone: never on the level, the number of threads, the
// strides, the alignment, block sizes or packing. Each function states its
// order; batches, epilogues and packed operands have those of [Gemm]. The
// assembly levels give the same bits as each other; the generic level rounds
// products where they fuse and gives its own bits, the same on every
// architecture.
//
// # Threads
//
// Large calls use several threads: the caller's and those of a pool of
// goroutines that outlives calls and has at most one fewer than [SetThreads]
// ever allowed. The bits of a result are the same at every number of threads:
// C, vectors, rows and columns are cut into pieces, chains and blocks of sums never.
// Calls too small to gain use the caller's thread alone. Any number of
// goroutines may call at once; they share the pool, and whoever finds it busy
// does its own work. A panic in a worker becomes one of the caller's. [Parallel] lends
// the threads to what a caller cuts into pieces of its own.
//
// # Memory
//
// A call, but for [PackA] and [PackB], and [Parallel]'s own, allocates nothing once it, and each worker,
// has run with operands of that size, if the operands are already on the heap: they are passed to
// kernels through a table of functions, so the compiler moves local arrays
// there. Scratch memory is kept and used again. It is, for each call under way
// at once and each worker,
//
//   - for products, a slab of packed A (at most 2²¹ elements, or MC × KC if that is
//     more) and a block of packed B (KC × NC, the size of L2, or at most 1,024 × 512
//     elements if A is read where it lies). KC is at most 768 if both are packed and
//     1,024 if A has 128 rows or fewer: with an L2 of 1 MiB less than 10 MiB for
//     float32 and 18 MiB for float64;
//   - for products computed as their transposes, 19,000 elements of C;
//   - for [Symm], a block of at most 512 × 512; for [Trsm], [Trmm], [Syrk] and [Syr2k],
//     64 × 64 or a few tiles; for [Rotate], NR elements of each vector that is turned;
//   - for vectors that do not lie at stride 1, a copy;
//   - for the row sums of an epilogue, 1/256 of C; for [RowSums] of rows above
//     16,384 columns, 1/16,384 of the matrix; likewise for vectors that long;
//   - for [ColSums] of more than 256 rows, 4,096 columns of at most ⌈log₂(m/256)⌉ + 1
//     blocks;
//   - for [Nrm2] of vectors whose squares are out of range, 16,384 elements; for the row sums of
//     [SigmoidGradSums] and its kin above 256 columns, 1/256 of the matrix; for [GemmPacked] of a few
//     columns or rows, those of the packed operand;
//   - for [SoftmaxRows], 16,384 elements, or 16 rows if that is more; for losses and
//     [LogSumExp], two numbers for each of a kernel call's columns.
package blas
