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
// matrices and vectors, and vectors' norms and sums. All others are gonum's own.
// Arguments are checked as gonum does, in its order, and misuse panics with its
// messages.
//
// # What changes
//
// Results lie within the same bounds as gonum's, but are not its bits: the order of
// operations is that of package blas, in fused multiply-adds where the machine has
// them. It depends on an operation, its dimensions and its type alone, so bits are
// the same at any number of threads, any strides and any alignment, with AVX2 and
// with AVX-512; small calls, which gonum computes faster, have gonum's own. Machines
// without either have other bits, the same on all of them.
//
// gonum skips what is multiplied by a zero in A or x (and computes it elsewhere), so
// that a NaN or an infinity may vanish: here no zero is skipped, and 0·NaN and 0·∞
// are NaN, wherever a call is not small. A result that beta = 0 or alpha = 0 sets is
// 0 whatever stood there, and triangles and elements that a routine does not use are
// neither read nor written, as in gonum.
package gonumblas
