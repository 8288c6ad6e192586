//go:build !purego

package asm

import "testing"

// TestHalved runs kernels in the way that this CPU would not choose.
func TestHalved(t *testing.T) {
	halved = !halved
	defer func() { halved = !halved }()
	onKernels(t, testGemmStrip[float32], testGemmStrip[float64])
	onKernels(t, testDots[float32], testDots[float64])
}
