// Package gonumblas puts lanewise behind gonum's interfaces: after
//
//	blas64.Use(gonumblas.Implementation{})
//	blas32.Use(gonumblas.Implementation{})
//	lapack64.Use(gonumblas.Lapack{})
//
// gonum's mat, stat, optimize and whatever else stands on its BLAS and LAPACK run on
// the kernels of [github.com/lanewise/lanewise/blas], with its threads. No cgo is
// needed.
//
// [Implementation] replaces the real routines that carry those packages: products of
// matrices and vectors, and vectors' norms and sums. All others are gonum's own. With
// [Lapack], Eigen and vectors of SVD and EigenSym gain as well, and LU and Cholesky once
// more.
//
// # What changes: bits
//
// Results lie within the same bounds as gonum's, but are not its bits: the order of
// operations is that of package blas, in fused multiply-adds where the machine has
// them. Each function there states its order. It depends on an operation, its
// dimensions and its type alone, so that bits are the same at any number of threads,
// any strides and any alignment of matrices, with AVX2 and with AVX-512; machines
// without either have other bits, the same on all of them but for what [Lapack] computes in
// loops of Go, where compilers fuse multiply-adds on some.
//
// Calls so small that gonum's loops are as fast, and vectors of level 1 that are short
// or whose elements do not stand side by side, have gonum's bits: it depends on the
// dimensions, transpositions and factors, and on those increments, which. Vectors of at most six elements, at positive
// increments, are summed in their order, each step rounded.
//
// Eigenvectors and singular vectors of either sign are right, and which one comes out
// is decided by roundings, as with any other BLAS.
//
// # What changes: NaN
//
// gonum skips what is multiplied by a zero of A or x in some routines, so that a NaN or
// an infinity beside it may vanish. Here 0·NaN and 0·∞ are NaN, wherever a call is not
// left to gonum. A result that beta = 0 or alpha = 0 sets is set whatever stood there:
// gonum's Dsyrk, Dsyr2k and Dgemm let a NaN of C, or of A where alpha = 0, through in
// some cases. Idamax sees NaN as gonum's does: as the smallest unless it is the first.
//
// # What does not change
//
// Arguments are checked as gonum does, in its order, and misuse panics with its
// messages, before anything has been written. Triangles and elements that a routine
// does not use are neither read nor written.
package gonumblas
