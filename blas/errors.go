package blas

// What a misused call panics with.
const (
	badTranspose = "blas: bad transpose"

	mLT0 = "blas: m < 0"
	nLT0 = "blas: n < 0"
	kLT0 = "blas: k < 0"

	threadsLT0 = "blas: threads < 0"

	badLdA   = "blas: bad lda"
	badLdB   = "blas: bad ldb"
	badLdC   = "blas: bad ldc"
	badLdDst = "blas: bad ldd"
	badLdSrc = "blas: bad lds"

	shortA    = "blas: short a"
	shortB    = "blas: short b"
	shortC    = "blas: short c"
	shortDst  = "blas: short dst"
	shortSrc  = "blas: short src"
	shortSums = "blas: short sums"

	badLength  = "blas: slices of different lengths"
	badOverlap = "blas: slices overlap inexactly"
)
