package asm

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

// expDigest is the SHA-256 of Exp's results, as little-endian float32, at the
// assembly levels for each x of 64 ≤ |x| < 88, from the negative ones on, ascending
// in |x|. There the last bit of log₂e, of ln 2 or of a coefficient shows, which the
// bounds of other tests, but for that over all of float32, let pass.
const expDigest = "da4066b1ab27d107016722e0663f34eb228a645fe0f27bb2b9f67b686c4e9c5e"

func TestExpDigest(t *testing.T) {
	for _, l := range levels[1:] {
		hash := sha256.New()
		const chunk = 1 << 12
		x, bytes := make([]float32, chunk), make([]byte, 4*chunk)
		for _, sign := range []uint32{1 << 31, 0} {
			for from := math.Float32bits(64); from < math.Float32bits(88); from += chunk {
				for i := range x {
					x[i] = math.Float32frombits(sign | (from + uint32(i)))
				}
				l.F32.Exp(chunk, first(x), first(x))
				for i, v := range x {
					binary.LittleEndian.PutUint32(bytes[4*i:], math.Float32bits(v))
				}
				hash.Write(bytes)
			}
		}
		if got := fmt.Sprintf("%x", hash.Sum(nil)); got != expDigest {
			t.Errorf("level %s: digest %s, want %s", l.Name, got, expDigest)
		}
	}
}
