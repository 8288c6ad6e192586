package blas

import (
	"unsafe"

	"github.com/klauspost/cpuid/v2"

	"github.com/lanewise/lanewise/asm"
)

// blocks are the sizes of the blocks that multiply cuts a product into.
type blocks struct{ mc, kc, nc int }

// slab is about how many elements of A are packed at a time: 8 MiB of float32.
const slab = 2 << 20

// order is one of the orders of operations that Gemm's comment states.
type order byte

const (
	chain order = iota
	lanes
	fours
)

// orderOf is the table of shapes: which order a product is computed in. It looks
// at nothing else, so that nothing else moves a bit.
func orderOf(tA, tB bool, m, n, k int) order {
	switch {
	case k <= 8:
		return chain
	case n == 1 && !tA, m == 1 && tB: // rows of a matrix times a vector
		return lanes
	case !tA && !tB && k >= 128 && 1 < m && m <= 4 && n <= 4: // few rows times few columns
		return fours
	case !tA && tB && k >= 128 && (m <= 3 || n <= 3 || m <= 8 && n <= 8): // rows times few rows
		return lanes
	}
	return chain
}

// path is a way to compute a product.
type path byte

const (
	byBlocks   path = iota // multiply, by a plan
	byBlock                // small products: multiplyBlock
	byBlockT               // and multiplyBlockT
	byColumns              // and multiplyColumns
	byRows                 // rows of A times a vector: multiplyDots
	byRowsOfB              // and rows of B
	byFewRows              // multiplyFew
	byThin                 // multiplyThin
	byRow                  // a vector times B: multiplyRow
	byColumn               // and times A transposed
	bySwapping             // multiplySwapped
)

// pathFor is the table of conditions that decides which path a product takes. In
// the orders other than chain there is one each.
func pathFor[T Float](kernels *asm.Kernels[T], g *product[T]) path {
	order := g.order()
	rowwise := g.alpha == 1 && isRowwise(kernels, g.m, g.n, g.k)
	far := g.alpha == 1 && g.tA && isFar[T](g.k, g.m)
	switch {
	case order == lanes && g.n == 1 && !g.tA:
		return byRows
	case order == lanes && g.m == 1:
		return byRowsOfB
	case order == lanes:
		return byFewRows
	case order == fours:
		return byThin
	case g.m == 1 && !g.tB:
		return byRow
	case g.alpha == 1 && g.tA && (g.tB || !rowwise) && isSmall[T](g.m, g.n, g.k) && columnsSooner(kernels, g.tB, g.m, g.n, g.k, g.lda, g.ldc):
		return byColumns
	case rowwise && g.tB:
		return byBlockT
	case rowwise:
		return byBlock
	case far && g.n > 1 && g.n <= fewFar(kernels, g.m):
		return bySwapping
	case g.alpha == 1 && g.tA && !isSmall[T](g.m, g.n, g.k) && isFewColumns(kernels, g.n, g.lda):
		return byColumns
	case g.n == 1 && g.tA && g.alpha == 1: // alpha would have to scale A, not b
		return byColumn
	case g.alpha == 1 && (g.tA || g.tB) && !far && swaps(kernels, g.tA, g.tB, g.m, g.n, g.k):
		return bySwapping
	case g.tA && crowdsA(kernels, g.n, g.k, g.lda): // which is packed then
		return byBlocks
	case g.alpha == 1 && g.tB && isSmall[T](g.m, g.n, g.k):
		return byBlockT
	case g.alpha == 1 && !g.tB && isSmall[T](g.m, g.n, g.k):
		return byBlock
	}
	return byBlocks
}

// columnsSooner reports whether a small product with a transposed A, whose columns are
// rows there, takes less time by C's columns (multiplyColumns) than by its rows. Either
// way the other operand's elements are repeated; by columns C's are stored in pieces,
// by rows a transposed B is stored once more. One column is vectors that are then
// scattered, in any way, and the kernel for it holds more of them at once.
func columnsSooner[T Float](kernels *asm.Kernels[T], tB bool, m, n, k, lda, ldc int) bool {
	switch {
	case n == 1:
		return ldc > 1 && k <= 2*smallK
	case crowds(kernels, n, k, lda, 1): // what is B for the kernel
		return false
	}
	size := int(unsafe.Sizeof(T(0)))
	bytes := float64(m * n * size) // stored in pieces
	byColumns, byRows := sweep(kernels, n, m, k), sweep(kernels, m, n, k)
	switch {
	case !tB:
		return byColumns+bytes/32 < byRows
	case bigL2: // pieces are slow there, and B is transposed by whole registers
		return byColumns+bytes/9 < byRows+transposing[T](n, roundUp(k, 64/size))+100
	}
	return byColumns+bytes/32 < byRows+transposing[T](n, k)
}

// swaps reports whether a chain is computed sooner as Cᵀ = op(B)ᵀ·op(A)ᵀ, whose
// columns are C's rows: a transposed B is packed, and so is what is a transposed B in
// the other way, an A that isn't; and that way's C is transposed, for which there is
// more to prepare. A small product with a transposed A has columnsSooner's choice.
func swaps[T Float](kernels *asm.Kernels[T], tA, tB bool, m, n, k int) bool {
	if m < 2 || n < 2 || min(m, n) > 64 || tA && isSmall[T](m, n, k) { // of what is larger neither way saves a tenth
		return false
	}
	straight, swapped := sweep(kernels, m, n, k), sweep(kernels, n, m, k)+transposing[T](n, m)+150
	size := int(unsafe.Sizeof(T(0)))
	switch {
	case tB:
		straight += transposing[T](n, k)
	case smallL2 && m*size > l1Period && 64%(kernels.MR*size) != 0: // Zen 3 waits for a tile's column of A, in two lines and another page each step
		straight *= 1.25
	}
	if !tA {
		swapped += transposing[T](m, k)
	}
	return swapped < 15./16*straight
}

// sweep estimates how many cycles of a core with two multipliers the steps of m rows and
// n columns take: columns cost by what one of them takes at a time, and a tile of few
// rows waits for its sums.
func sweep[T Float](kernels *asm.Kernels[T], m, n, k int) float64 {
	size := int(unsafe.Sizeof(T(0)))
	width := 32
	if isAVX512(kernels) && !halves512 {
		width = 64
	}
	if fullWidth && width == 64 && m <= fewChains && n > 2*kernels.NR && isSmall[T](m, n, k) { // by Combine, eight vectors at a time
		return float64(m*roundUp((n*size+width-1)/width, 8)) / 2 * float64(k)
	}
	cycles := float64(max(m*((n*size+width-1)/width), 8*((n*size+127)/128))) / 2 * float64(k)
	if fullWidth && n*size <= width { // a row's element is loaded for one multiply-add, and B's one vector for a tile
		cycles *= 1 + 1/float64(kernels.MR)
	}
	return cycles
}

// transposing estimates what it takes to store a matrix once more, transposed: from memory three
// bytes a cycle, for each row is on another page.
func transposing[T Float](rows, cols int) float64 {
	bytes := float64(rows) * float64(cols*int(unsafe.Sizeof(T(0))))
	switch {
	case bytes > float64(fromMemory):
		return bytes / 3
	case fullWidth:
		return bytes/16 + 50
	case bytes > float64(cacheL1):
		bytes *= 2
	}
	return bytes/14 + 50
}

// isAVX2 and isAVX512 tell kernels by their panels of B, which are two vectors wide. What the
// tables ask of them is how much of a row a strip reads, and how many registers there are.
func isAVX2[T Float](kernels *asm.Kernels[T]) bool {
	return kernels.NR*int(unsafe.Sizeof(T(0))) == 64
}

func isAVX512[T Float](kernels *asm.Kernels[T]) bool {
	return kernels.NR*int(unsafe.Sizeof(T(0))) == 128
}

// halves512 tells Zen 4, which takes 64 bytes as twice 32.
var halves512 = cpuid.CPU.IsVendor(cpuid.AMD) && cpuid.CPU.Family == 25

// plan says how multiply goes about a chain. No plan moves a bit.
type plan struct {
	blocks
	packA, packB bool // before the kernel reads them
	ahead        int  // how many elements further along B's rows are asked for, if not 0
}

// The caches that blocks are cut for where the machine does not tell its own.
const (
	defaultL1 = 32 << 10
	defaultL2 = 512 << 10
)

var cacheL1, cacheL2 = cacheSizes()

func cacheSizes() (l1, l2 int) {
	l1, l2 = cpuid.CPU.Cache.L1D, cpuid.CPU.Cache.L2
	if l1 <= 0 {
		l1 = defaultL1
	}
	if l2 <= 0 {
		l2 = defaultL2
	}
	return l1, l2
}

// bigL2 tells Intel's servers since Golden Cove by their L2 of 2 MiB. It is slower
// than AMD's, and so is L3; a core has 96 entries in its first table of pages'
// addresses, where a row of a large matrix takes one.
//
// smallL2 tells Zen 3, and older ones, by their L2 of 512 KiB: L1 has to pay for itself
// there, half of it for a sliver of B.
//
// fullWidth tells cores such as Zen 5, whose caches are as fast as their multipliers at
// AVX-512: sets that rows share cost it more than Zen 4, and so does C.
var bigL2, smallL2, fullWidth = kinds()

func kinds() (bigL2, smallL2, fullWidth bool) {
	bigL2 = cacheL2 >= 2<<20
	return bigL2, cacheL2 < 1<<20, !halves512 && !bigL2
}

// blocksFor cuts blocks for the machine's caches.
//
// A block of B (KC × NC) fills L2, a block of A (MC × KC) half of it: slivers and
// tiles come from L2 as fast as the kernel takes them, from L3 not always. KC is at
// most 512, more saves no time, and NC at least 256 where L2 allows it; but half as
// many steps more are no block of their own, for which C would be read again.
//
// Where L2 is big, a sliver of B stays in L1 beside tiles of A, 32 KiB of 48; a block
// of B takes a quarter of L2, and of A as many rows as have their pages at hand beside
// C's.
//
// If so many rows of A are read along them, KC is twice as long with an L2 of 1 MiB or less,
// or four times, so that C comes from L3 less often: slivers of B are then 64 or 128 KiB, of
// which a block may lie in L3, and MC rows of A, of k elements if they are shorter, half of
// L2. An A from memory is read half as often, for NC is twice as long.
func blocksFor[T Float](kernels *asm.Kernels[T], along, k int) blocks {
	size := int(unsafe.Sizeof(T(0)))
	elements := cacheL2 / size
	if along > 0 && !bigL2 {
		const kc = 1024
		mc, nc := min(elements/2/max(min(k, kc), 1), 256), 256
		if along*k*size > fromMemory {
			nc *= 2
		}
		return blocks{mc: max(mc/kernels.MR, 1) * kernels.MR, kc: kc, nc: nc}
	}
	if bigL2 {
		const kc = 256
		return blocks{mc: max(32/kernels.MR, 1) * kernels.MR, kc: kc, nc: max(elements/4/kc/kernels.NR, 1) * kernels.NR}
	}
	kc := min(max(elements/256, 128), 512)
	if k > kc && k <= 3*kc/2 {
		kc = k
	}
	return blocks{
		mc: max(elements/2/kc/kernels.MR, 1) * kernels.MR,
		kc: kc,
		nc: max(elements/kc/kernels.NR, 1) * kernels.NR,
	}
}

// samplesKC is the most steps of a block of n packed samples, which are multiplied by weights
// that are read along their rows, in blocks that planFor would choose for such products.
func samplesKC[T Float](kernels *asm.Kernels[T], n, k int) int {
	if n <= 128 {
		return 1024
	}
	return blocksFor(kernels, 1, k).kc
}

// blockSize cuts n into the fewest blocks of at most limit, as even as
// multiples of unit allow.
func blockSize(n, limit, unit int) int {
	limit = max(limit/unit, 1) * unit
	count := (n + limit - 1) / limit
	each := (n + count - 1) / count
	return (each + unit - 1) / unit * unit
}

// isSmall reports whether a product is one block, for one thread, whose operands
// stay in L1, and its result not far from it if time goes into that, and no kernel for
// vectors would do better.
func isSmall[T Float](m, n, k int) bool {
	size := int(unsafe.Sizeof(T(0)))
	limit := cacheL1 / size
	return (m > 1 && n > 1 || k <= 8) && m*k <= limit && k*n <= limit && (k > smallK || m*n <= 4*limit) && m*n*k < smallWork*4/size
}

// isRowwise reports whether few steps are computed one row of C after another, so that it is
// written in order: long rows that stay in L1 with B's, or long beside the number of them, for
// which strips of a few tiles each would be called. Measured on Zen 3 (2026-12-01).
func isRowwise[T Float](kernels *asm.Kernels[T], m, n, k int) bool {
	if !smallL2 || k > smallK/2 || m < 2 {
		return false
	}
	row := n * int(unsafe.Sizeof(T(0)))
	return isAVX2(kernels) && row*k <= cacheL1*3/4 && row >= min(max(96*m, 640), 2<<10)
}

// smallWork is how many multiply-adds of float32, of float64 half, a small product has at
// most; what is larger pays for a look at how its rows lie.
const smallWork = 2 * 70 * 70 * 70

// smallK is how many steps take less time than loading and storing C.
const smallK = 8

// isFewColumns reports whether n columns of C are one tile that is stored transposed: a
// transposed A is read once so, lines of its rows at a time.
func isFewColumns[T Float](kernels *asm.Kernels[T], n, lda int) bool {
	size := int(unsafe.Sizeof(T(0)))
	return 1 < n && n <= 6 && kernels.NR*size >= 64 && !apart(lda*size)
}

// isRow reports whether a product of one row and n columns is a chain, and one call of
// the kernel for those.
func isRow[T Float](tA bool, n, k int) bool {
	return (n > 1 || tA || k <= 8) && n <= combineColumns && k <= 128 && n*k <= cacheL1/int(unsafe.Sizeof(T(0)))
}

// isShort reports whether a column of m elements of k products each is done sooner in
// tiles, of which it is one column, than as a row that is then stored as a column.
func isShort(m, k int) bool { return m*(k+3) <= 400 }

// isDots reports whether m rows of k elements times a vector are one call of the kernel
// for those.
func isDots[T Float](m, k int) bool {
	return m <= dotRows && k <= dotBlock && m*k <= cacheL1/int(unsafe.Sizeof(T(0)))
}

// fromMemory is the size of a matrix, in bytes, beyond which most of it comes from memory,
// by which CPUs fetch ahead on pages that they read on: then time goes by how rows follow
// each other, up to threefold. farRows is how many rows of A at AVX2 meet a B from there
// where it lies. Rows at multiples of crowding may push each other out of their sets of L1.
// Measured on Zen 4 (2026-11-30), Zen 5 and Zen 3 (2026-12-01).
var fromMemory, farRows, crowding = borders()

func borders() (fromMemory, farRows, crowding int) {
	if smallL2 {
		return 8 << 20, 24, l1Period / 8
	}
	return 12 << 20, 48, l1Period / 2
}

// dotsFar reports whether m rows of k elements times a vector are read as from memory. For
// float32 Dots asks for rows ahead, and is as fast in L3, even in a large one; for float64 at
// AVX2 it is not. Zen 5 is as fast from memory, too, at AVX-512, and of float64 at AVX2 reads
// one row after another sooner even from L3.
func dotsFar[T Float](kernels *asm.Kernels[T], m, k int) bool {
	size := int(unsafe.Sizeof(T(0)))
	bytes, narrow := m*k*size, isAVX2(kernels)
	switch {
	case fullWidth && (size == 4 || !narrow), smallL2 && narrow && size == 8 && k*size <= cacheL1/2:
		return false
	case fullWidth && 256 <= k && k <= dotBlock:
		return bytes > fromMemory/6
	case size == 4:
		return bytes > 2*fromMemory
	case narrow:
		return bytes > fromMemory/2
	}
	return bytes > fromMemory
}

// dotsFor returns the kernel for m rows of k elements times a vector, and for how many of
// them it takes all blocks of k before it goes on to others: all rows where caches have
// them, so that a block of the vector stays in L1. From memory one comes after another, if
// the vector leaves room for them in L1, else a few side by side; from L3 so are rows of
// float64 at AVX-512 on Zen 5.
func dotsFor[T Float](kernels *asm.Kernels[T], m, k int) (dots dotsKernel[T], rows int) {
	size := int(unsafe.Sizeof(T(0)))
	switch {
	case fullWidth && size == 8 && isAVX512(kernels) && 600 <= k && k <= dotBlock && 2*cacheL2 < m*k*size && m*k*size <= fromMemory*4/3:
		return kernels.Dots, 6
	case !dotsFar(kernels, m, k):
		return kernels.Dots, m
	case isAVX512(kernels) && k*size > cacheL1/4:
		return kernels.Dots, 8
	case k*size > cacheL1/2:
		return kernels.Dots, 6
	case k > dotBlock:
		return kernels.DotsInTurn, 1
	}
	return kernels.DotsInTurn, m
}

// fewPlan says how rows meet a few others in the lanes order.
type fewPlan[T Float] struct {
	dots   dotsKernel[T]
	rows   int // that meet
	others int // at once, rows enough for L1,
	group  int // and so many meet all blocks of k of those before others do
}

// fewFarRows reports whether m rows of k elements that meet a few others are read as from memory.
func fewFarRows[T Float](m, k int) bool { return m*k*int(unsafe.Sizeof(T(0))) > fromMemory*4/3 }

// planForFew plans how m rows of k elements meet n others. From memory rows come one after
// another, if they are short, and meet the others from L1 again; or one meets all of them, if
// they leave room for it there; else rows come side by side, as many as the kernel has: at AVX2
// that is with one of the others.
func planForFew[T Float](kernels *asm.Kernels[T], m, n, k int) fewPlan[T] {
	size := int(unsafe.Sizeof(T(0)))
	rows, wide := min(max(cacheL1/2/size/min(dotBlock, k), 8), dotRows), isAVX512(kernels)
	inTurn := wide || size == 8 && !smallL2
	if fullWidth {
		inTurn = wide && size == 8
	}
	switch {
	case !fewFarRows[T](m, k):
		return fewPlan[T]{kernels.Dots, rows, n, m}
	case inTurn && n <= 3 && k <= dotBlock && k*size <= 4<<10:
		return fewPlan[T]{kernels.DotsInTurn, max(4800/(k*size), 1), n, m}
	case n*k*size <= cacheL1/2 && k <= dotBlock:
		return fewPlan[T]{kernels.Dots, rows, n, m}
	case n*k*size <= cacheL1/2 && !(fullWidth && wide):
		return fewPlan[T]{kernels.Dots, 1, n, 1}
	case wide && n <= 3:
		return fewPlan[T]{kernels.Dots, 8, 1, 8}
	case wide:
		return fewPlan[T]{kernels.Dots, 4, n, 4}
	}
	return fewPlan[T]{kernels.Dots, 3, 1, 3}
}

// alignsFew reports whether the other rows, x, are stored once more for so many rows to meet
// them: at AVX2 the kernel reads their vectors for each row, and those lie in two lines.
func alignsFew[T Float](kernels *asm.Kernels[T], m int, x []T, ldx int) bool {
	size := int(unsafe.Sizeof(T(0)))
	const vector = 32
	return isAVX2(kernels) && m >= 24 && (ldx*size%vector != 0 || uintptr(unsafe.Pointer(unsafe.SliceData(x)))%vector != 0)
}

// rowsTogether returns how many rows of an m×n matrix a kernel reads side by side that goes
// down its columns, 256 bytes of each row at a time: near of them if caches have the
// matrix, fewer from memory, and one if a page has several. Zen 5 fetches ahead on as many.
func rowsTogether[T Float](m, n, near int) int {
	row := n * int(unsafe.Sizeof(T(0)))
	switch {
	case fullWidth || m*row <= fromMemory || row < 512 || smallL2 && row <= 4<<10:
		return near
	case m*row > 2*fromMemory && row <= 4<<10:
		return 1
	}
	return 10
}

// isFar reports whether a matrix comes from memory, in rows of some lines: then a few of them
// are read to their ends before others, at up to three times the rate.
func isFar[T Float](rows, columns int) bool {
	row := columns * int(unsafe.Sizeof(T(0)))
	return rows*row > fromMemory && row >= 500
}

// isScattered reports whether strips of a matrix that is far are slow to read, which shorter rows
// of whole lines are not, but on Zen 5.
func isScattered[T Float](rows, columns, stride int) bool {
	size := int(unsafe.Sizeof(T(0)))
	return isFar[T](rows, columns) && (fullWidth || columns*size >= 2000 || stride*size%64 != 0)
}

// fewFar returns for how many columns at most a product with a transposed A of m columns, which
// is far, is computed as its transpose.
func fewFar[T Float](kernels *asm.Kernels[T], m int) int {
	switch size := int(unsafe.Sizeof(T(0))); {
	case smallL2:
		return 64
	case isAVX2(kernels):
		return farRows
	case fullWidth:
		return 192 / size
	case m*size >= 2000:
		return 24
	}
	return 8
}

// stepsFar returns for m rows that meet a B from memory of n columns how many of its rows they
// meet at a time, and how many elements ahead these are asked for, since a CPU fetches ahead on
// few of them, and late: short ones as a block of the next rows, long ones along them.
func stepsFar[T Float](kernels *asm.Kernels[T], m, n, ldb int) (kc, ahead int) {
	size := int(unsafe.Sizeof(T(0)))
	long, narrow, bytes := n*size > 5000, isAVX2(kernels), 256
	switch {
	case fullWidth && narrow && long:
		kc = 48
	case fullWidth && narrow:
		kc = 24
	case fullWidth && long:
		kc, bytes = 16, 512
	case fullWidth && m > kernels.MR:
		kc = 20
	case narrow:
		kc = 16
	default:
		kc = 12
	}
	if long {
		return kc, bytes / size
	}
	return kc, kc * ldb
}

// fewMeet reports whether so few rows meet a B from memory that it is not packed, but read as isFar
// says. C comes from L2 each time.
func fewMeet[T Float](kernels *asm.Kernels[T], m, n int) bool {
	size := int(unsafe.Sizeof(T(0)))
	switch {
	case isAVX2(kernels):
		return m <= farRows && m*n*size <= 2*cacheL2
	case fullWidth:
		return m*size <= 256 && m*n*size <= cacheL2
	}
	return m*size <= 192 && m*n*size <= cacheL2/2
}

// packing says how rows that run along the steps are packed: so many side by side, while as many
// more are asked for, or none.
type packing struct {
	steps int
	asks  bool
}

// packingFor plans it for k rows at a stride of ld. What caches near have needs no asking; of rows
// from memory that share sets of L1 few have room there.
func packingFor[T Float](k, ld int) packing {
	stride := ld * int(unsafe.Sizeof(T(0)))
	switch {
	case k*stride <= 2*cacheL2:
		return packing{16, false}
	case k*stride > fromMemory && conflicts(stride, l1Period):
		return packing{4, true}
	}
	return packing{8, true}
}

// planFor is the table of conditions that decides how a product is computed.
//
// Reading an operand where it lies is the rule: packing costs a pass over it,
// which only many uses pay for. B is used once for each MR rows of C, A once for
// each NR columns. Measured at both assembly levels on Zen 4 (2026-11-26, 29) and Zen 5
// (2026-11-27, 12-01), by `go run ./bench/compare paths`, which measures both sides of each
// condition, some on Zen 3, those of bigL2 on Emerald Rapids (2026-11-30); bench/README.md
// has the figures.
func planFor[T Float](kernels *asm.Kernels[T], g *product[T]) plan {
	size := int(unsafe.Sizeof(T(0)))
	bytesA, bytesB := g.m*g.k*size, g.k*g.n*size
	strideA, strideB := g.lda*size, g.ldb*size
	var p plan
	switch {
	case g.alpha != 1: // A is scaled as it is packed
		p.packA = true
	case bytesA <= cacheL1 && !(g.tA && crowdsA(kernels, g.n, g.k, g.lda)): // stays there
	case g.tA: // MR elements are read at a time, of two lines if MR is no power of two
		switch straddles := 64%(kernels.MR*size) != 0; {
		case conflicts(strideA, l1Period):
			p.packA = straddles && g.n >= 24 || fullWidth && g.n >= 96 || bigL2 && g.n >= 128
		default:
			p.packA = g.n >= 128 && (kernels.MR < 4 || bigL2) || g.n >= 256 && straddles || smallL2 && g.n >= 96 && straddles && strideA >= l1Period/2
		}
	default: // MR rows side by side: Zen 3 gains 2 to 5 per cent here, Zen 4 loses 4
		p.packA = smallL2 && g.n >= 128 && g.k > 256 && bytesA > 8*cacheL2 && conflicts(strideA, l1Period/4)
	}
	p.blocks = blocksFor(kernels, g.along(p.packA), g.k)
	pages := bigL2 && strideB >= 6<<10                // a page or two
	straddling := isAVX2(kernels) && strideB%32 != 0  // vectors lie in two lines,
	alwaysStraddling := straddling && strideB%16 != 0 // those of every row
	scattered := !g.tB && isScattered[T](g.k, g.n, g.ldb)
	readsFar := scattered && !conflicts(strideB, l1Period) && fewMeet(kernels, g.m, g.n) // else rows would push each other out of their sets
	switch {
	case g.tB, g.pb != nil: // the kernel reads rows
		p.packB = true
	case readsFar:
	case scattered && (isAVX2(kernels) && g.m > farRows || conflicts(strideB, l1Period) && (g.m*size >= 64 || smallL2 && g.m >= 8)):
		p.packB = true
	case bytesB <= cacheL1:
		p.packB = crowds(kernels, g.m, g.k, g.ldb, g.ldc)
	case conflicts(strideB, l1Period), bigL2 && strideB%64 != 0: // so would rows of one sliver; vectors straddle lines
		p.packB = g.m >= crowded(kernels)*kernels.MR || pages && g.m >= 5*kernels.MR
	case fillsSets(kernels, g.k, strideB, 5):
		p.packB = g.m >= tilesFor(g.k)*kernels.MR
	case smallL2 && alwaysStraddling:
		p.packB = g.m >= 10*kernels.MR && bytesB >= 64<<10 || g.m >= 16*kernels.MR
	case straddling:
		p.packB = g.m >= 16*kernels.MR && bytesB >= 128<<10
	case fullWidth && bytesB <= cacheL2 && strideB%64 == 0 && !conflicts(strideB, l1Period/4): // slivers come from L2 as they are
		p.packB = g.m >= 70*kernels.MR && bytesB >= 128<<10
	default:
		p.packB = g.m >= 40*kernels.MR && bytesB >= 128<<10 || pages && g.m >= 12*kernels.MR
	}
	switch { // the fewer steps, the fewer rows of C
	case g.k > 2*smallK:
	case smallL2 && isAVX2(kernels) && g.k <= smallK/2 && g.m*g.n*size > fromMemory && !conflicts(g.ldc*size, l1Period/2): // which comes from memory
		p.mc = 4 * kernels.MR
	case smallL2:
	case conflicts(g.ldc*size, l1Period/2): // which share sets, and the place in a page that loads and stores are told apart by
		p.mc = 2 * kernels.MR
	case bigL2 && g.ldc*size%64 != 0: // whose lines strips share
		p.mc = max(4*g.k/kernels.MR, 2) * kernels.MR
	case bigL2 && (g.k <= smallK/2 || g.k <= smallK && isAVX512(kernels)): // C's rows are other lines for each strip
		p.mc = 128 / kernels.MR * kernels.MR
	}
	// A tile reads a column of A that is transposed, and of B, where they lie. Rows that
	// are apart go as many at a time as have their addresses at hand: C, which is read and
	// written so often, has few rows or columns then.
	switch {
	case g.k > 128 && (g.tA && !p.packA && bytesA > cacheL1 && g.n < 128 && apart(strideA) || !p.packB && g.m <= 8*kernels.MR && apart(strideB)):
		p.kc = 48
	case readsFar:
		p.kc, p.ahead = stepsFar(kernels, g.m, g.n, g.ldb)
	case scattered && !p.packB && g.m <= 4: // of which too many rows share sets, or C is large
		p.kc = 12
	case scattered && !p.packB && g.m <= 10 && !(fullWidth && isAVX512(kernels)):
		p.kc = 10
	case g.n <= narrow(kernels, bytesA) && !g.tA && !p.packA: // each row of A is read to its end
		p.kc = min(cacheL2/2/(kernels.NR*size), 2*cacheL2/(g.n*size))
		p.mc = max(stream/((min(p.kc, g.k)+g.n)*size)/kernels.MR, 1) * kernels.MR
	case bigL2 && g.n <= 128 && !g.tA && !p.packA && (p.packB || !apart(strideB)): // C comes less often, slivers of B from L2
		p.kc = 1024
		p.mc = 64 / kernels.MR * kernels.MR
	case g.tA && conflicts(strideA, l1Period) && (!p.packA || g.n < 128):
		p.kc = min(p.kc, 256)
	case !p.packB && conflicts(strideB, l1Period) && g.m <= 2: // rows of B side by side, each to its end
		p.kc = 32
	case !p.packB && conflicts(strideB, l1Period):
		p.kc = min(p.kc, 512)
	case !p.packB && smallL2 && g.k > 2*smallK && g.m >= 4*kernels.MR: // a sliver of half of L1
		p.mc, p.kc = 128/kernels.MR*kernels.MR, cacheL1/2/64
		if alwaysStraddling {
			p.kc /= 2
		}
	case !p.packB && g.m <= 128 && !conflicts(strideB, l1Period/2): // L1 would not pay back loading C more often
		p.kc = 1024
		if g.n <= 128 { // a sliver of B and tiles of A come from L2
			p.kc = 4 << 10 / size
		}
	}
	return p
}

// apart reports whether a column of a matrix of rows of about a page or more is slow to
// read, which it is where L2 is big.
func apart(stride int) bool {
	return bigL2 && (stride >= 3<<10 || conflicts(stride, l1Period))
}

// narrow returns for how many columns at most the time to read A counts more than that to
// read B and C: where it comes from memory six rows at a time, as at AVX2, for many.
func narrow[T Float](kernels *asm.Kernels[T], bytesA int) int {
	if isAVX2(kernels) && !smallL2 && bytesA > 8*cacheL2 {
		return 128
	}
	return kernels.NR
}

// stream is how many bytes of A and C a call of the kernel goes through: in a tenth of a
// millisecond, for no call can be stopped.
const stream = 4 << 20

// crowds reports whether a B that L1 would hold lies so that its rows, with those of C, push
// each other out of their sets, and m rows of A use it often enough to store it once more.
// It is inlined, for the smallest products ask it: hence no call of conflicts.
func crowds[T Float](kernels *asm.Kernels[T], m, k, ldb, ldc int) bool {
	return ldb*int(unsafe.Sizeof(T(0)))&(crowding-1) == 0 && crowdsEnough(kernels, m, k, ldb, ldc)
}

// crowdsEnough is crowds for a B whose rows share sets at least every other one.
func crowdsEnough[T Float](kernels *asm.Kernels[T], m, k, ldb, ldc int) bool {
	size := int(unsafe.Sizeof(T(0)))
	tiles, ways := m/kernels.MR, cacheL1/l1Period
	if fullWidth || bigL2 {
		tiles /= 2
	}
	switch both := conflicts(ldb*size, l1Period/2) && conflicts(ldc*size, l1Period/2); {
	case conflicts(ldb*size, l1Period):
		return tiles >= 2 && (k > ways/2 || k > ways/4 && both)
	case fillsSets(kernels, k, ldb*size, ways):
		return tiles >= tilesFor(k)
	case both:
		return tiles >= 8 && k > ways/2 || tiles >= 16 && k > ways/4
	}
	return false
}

// fillsSets reports whether k rows' lines at a stride of a multiple of 512 bytes take so many
// ways of the sets of L1 that they share that too few are left for A and C, where a small L2
// makes AVX2 wait for them; the generic level does not.
func fillsSets[T Float](kernels *asm.Kernels[T], k, stride, ways int) bool {
	period := min(stride&-stride, l1Period)
	return smallL2 && isAVX2(kernels) && period >= l1Period/8 && k*period >= ways*l1Period
}

// tilesFor returns how many tiles of rows of A pay for storing such a B of k rows once more.
func tilesFor(k int) int { return min(max(k/6, 8), 16) }

// crowdsA reports whether rows of a transposed A share sets, of which a tile's elements lie
// in two lines each, and n columns use them often enough to pack it.
func crowdsA[T Float](kernels *asm.Kernels[T], n, k, lda int) bool {
	size := int(unsafe.Sizeof(T(0)))
	return conflicts(lda*size, l1Period) && 64%(kernels.MR*size) != 0 && n >= 24 && k > cacheL1/l1Period/2
}

// crowded returns for how many tiles of rows a B is packed whose rows share sets.
func crowded[T Float](kernels *asm.Kernels[T]) int {
	switch {
	case smallL2 && isAVX2(kernels):
		return 3
	case !fullWidth:
		return 8
	case isAVX2(kernels):
		return 2
	}
	return 4
}

// l1Period is the distance of addresses that share a set of L1: all have 64 sets
// of 64 bytes' lines, in 8 ways or 12.
const l1Period = 64 * 64

// conflicts reports whether rows at a stride of so many bytes compete for the same
// sets.
func conflicts(stride, period int) bool { return stride%period == 0 }
