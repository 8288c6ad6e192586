//go:build !purego

package asm

import "testing"

// TestSplitStores runs the micro-kernel with the stores that this CPU would not choose.
func TestSplitStores(t *testing.T) {
	splitStores = !splitStores
	defer func() { splitStores = !splitStores }()
	onKernels(t, testGemmStrip[float32], testGemmStrip[float64])
}
