package blas

import (
	"unsafe"

	"github.com/klauspost/cpuid/v2"

	"github.com/lanewise/lanewise/asm"
)

// blocks are the sizes of the blocks that multiply cuts a product into.
type blocks struct{ mc, kc, nc int }

// plan says how multiply goes about a product. No plan moves a bit.
type plan struct {
	blocks
	packA, packB bool // before the kernel reads them
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

// blocksFor cuts blocks for the machine's caches. A sliver of B (KC × NR) takes
// half of L1 while tiles of A stream past it, but KC is at least 192, so that
// loading and storing a tile of C stays small beside its KC steps, and at most
// 512. A block of A (MC × KC) takes half of L2. NC bounds the packed block of B
// (KC × NC: 4 to 16 MiB), which L3 holds.
func blocksFor[T Float](kernels *asm.Kernels[T]) blocks {
	size := int(unsafe.Sizeof(T(0)))
	kc := min(max(192, cacheL1/2/(kernels.NR*size)), 512)
	mc := max(1, cacheL2/2/(kc*size)/kernels.MR) * kernels.MR
	return blocks{mc: mc, kc: kc, nc: 4096}
}

// blockSize cuts n into the fewest blocks of at most limit, as even as
// multiples of unit allow.
func blockSize(n, limit, unit int) int {
	limit = max(limit/unit, 1) * unit
	count := (n + limit - 1) / limit
	each := (n + count - 1) / count
	return (each + unit - 1) / unit * unit
}

// planFor is the table of conditions that decides how a product is computed.
func planFor[T Float](kernels *asm.Kernels[T], g *product[T]) plan {
	return plan{
		blocks: blocksFor(kernels),
		packA:  g.alpha != 1 || g.m*g.k > unpackedA,
		packB:  g.tB || g.n*g.k > unpackedB,
	}
}

const (
	unpackedA = 1 << 14
	unpackedB = 1 << 14
)
