package blas

// What a misused call panics with.
const (
	badTranspose = "blas: bad transpose"
	badSide      = "blas: bad side"
	badUplo      = "blas: bad uplo"
	badDiag      = "blas: bad diag"

	mLT0 = "blas: m < 0"
	nLT0 = "blas: n < 0"
	kLT0 = "blas: k < 0"

	countLT0   = "blas: count < 0"
	threadsLT0 = "blas: threads < 0"

	badLdA   = "blas: bad lda"
	badLdB   = "blas: bad ldb"
	badLdC   = "blas: bad ldc"
	badLdDz  = "blas: bad lddz"
	badLdDa  = "blas: bad ldda"
	badLdAux = "blas: bad LdAux"
	badLdZ   = "blas: bad ldz"
	badLdY   = "blas: bad ldy"
	badLdDst = "blas: bad ldd"
	badLdSrc = "blas: bad lds"

	badLdRows    = "blas: bad ldr"
	badLdColumns = "blas: bad ldc of columns"

	badStrideA = "blas: bad strideA"
	badStrideB = "blas: bad strideB"
	badStrideC = "blas: bad strideC"

	zeroIncX = "blas: incX is 0"
	zeroIncY = "blas: incY is 0"

	shortX    = "blas: short x"
	shortY    = "blas: short y"
	shortA    = "blas: short a"
	shortB    = "blas: short b"
	shortC    = "blas: short c"
	shortDz   = "blas: short dz"
	shortDa   = "blas: short da"
	shortAux  = "blas: short Aux"
	shortBias = "blas: short Bias"
	shortZ    = "blas: short z"
	shortDst  = "blas: short dst"
	shortSrc  = "blas: short src"
	shortSums = "blas: short sums"

	shortRows    = "blas: short rows"
	shortColumns = "blas: short columns"
	shortSample  = "blas: short sample"
	shortClasses = "blas: short classes"
	shortLosses  = "blas: short losses"
	badClass     = "blas: class out of range"

	badAct     = "blas: bad Act"
	badGrad    = "blas: bad Grad"
	actAndGrad = "blas: Act and Grad together"
	noAux      = "blas: Grad without Aux"

	badSweep  = "blas: bad sweep"
	badPacked = "blas: not a packed operand"

	badIndex = "blas: index out of range"

	badLength  = "blas: slices of different lengths"
	badOverlap = "blas: slices overlap inexactly"
)
