package gonumblas

import "gonum.org/v1/gonum/blas/gonum"

// Implementation is gonum's BLAS with the routines that this package defines in
// place of gonum's own. The zero value is ready to use, by blas64.Use and blas32.Use.
type Implementation struct{ gonum.Implementation }

// sizes says which calls are so small that others are as fast: vectors of at most loop
// elements are a loop of this package, and calls of fewer than the other numbers are left to
// gonum.
type sizes struct {
	loop, dot, axpy, scal, sum, swap                int    // elements; sum is for Asum, Nrm2 and Idamax
	gemv, gemvT, ger, symv                          uint64 // elements of a matrix; gemvT is for transposed ones
	gemm, otherGemm, left, right, symm, rank, rankT uint64 // multiply-adds: Gemm, transposed or scaled, Trsm and Trmm by side, Symm, Syrk and Syr2k
	rankRows                                        int    // rows of C below which Syrk and Syr2k are left to gonum up to four times rank
}

// least are the sizes measured on Zen 4 and, of vectors, matrices of level 2, and Syrk, on
// Zen 3. Tests, whose calls are small, set it.
var least = sizes{
	loop: 6, dot: 110, axpy: 150, scal: 180, sum: 18, swap: 50,
	gemv: 850, gemvT: 320, ger: 380, symv: 1500,
	gemm: 8, otherGemm: 128, left: 1800, right: 300, symm: 200, rank: 1100, rankT: 250, rankRows: 11,
}
