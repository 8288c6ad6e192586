//go:build !purego

package asm

import "testing"

// TestOtherCPUs runs kernels in the ways that this CPU would not choose.
func TestOtherCPUs(t *testing.T) {
	for _, way := range []struct {
		name string
		set  *bool
	}{{"halved", &halved}, {"embeds", &embeds}} {
		t.Run(way.name, func(t *testing.T) {
			*way.set = !*way.set
			defer func() { *way.set = !*way.set }()
			onKernels(t, testGemmStrip[float32], testGemmStrip[float64])
			onKernels(t, testDots[float32], testDots[float64])
		})
	}
}
