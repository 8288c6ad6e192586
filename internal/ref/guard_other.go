//go:build !darwin && !linux

package ref

import (
	"testing"
	"unsafe"
)

// guardedPages returns memory with a margin on both sides instead of guards:
// Check sees stray writes, stray reads go unnoticed.
func guardedPages(_ testing.TB, size int) []byte {
	const margin = 256
	words := make([]uint64, (size+7)/8+2*margin/8)
	all := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), 8*len(words))
	return all[margin : margin+max(8, (size+7)/8*8)]
}

func protect(testing.TB, []byte, int) {}
