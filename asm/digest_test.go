package asm

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
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

// float64Digests are the SHA-256 of float64 functions' results at the assembly levels, as
// little-endian float64 with one NaN for all, for 2¹⁷ inputs: by turns any bits, uniform in
// ±40 and in ±800, in that order from PCG(1, 2).
var float64Digests = map[string]string{
	"Exp":     "f1915b392ffed18a79cd12f91f8099a2ca2a81b9bab8b9126489aa66344c67d4",
	"Log":     "95ab555aa22e662371b607b1a9d98a1eb867af1fd9ec094ddb455aa4154f8a46",
	"Tanh":    "b5a2c8766e729e19887c40ebace15b66e9b3c75dba423197117a3d40283bd61b",
	"Sigmoid": "be46758e382d3c5869a1f6291cb3b758c4a5bc731fcdd455b31d4eae31cea111",
	"SiLU":    "1e3df857712d32072ef56adce763bbbf5f9f9cd31d2d7921f503271d85c9a624",
}

func TestFloat64Digests(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 1<<17)
	for i := range x {
		switch i % 3 {
		case 0:
			x[i] = math.Float64frombits(rng.Uint64())
		case 1:
			x[i] = (rng.Float64() - 0.5) * 80
		case 2:
			x[i] = (rng.Float64() - 0.5) * 1600
		}
	}
	y, bytes := make([]float64, len(x)), make([]byte, 8*len(x))
	for _, l := range levels[1:] {
		k := &l.F64
		for name, f := range map[string]unaryKernel[float64]{"Exp": k.Exp, "Log": k.Log, "Tanh": k.Tanh, "Sigmoid": k.Sigmoid, "SiLU": k.SiLU} {
			t.Run(name, func(t *testing.T) {
				f(len(x), first(y), first(x))
				for i, v := range y {
					if v != v {
						v = math.NaN()
					}
					binary.LittleEndian.PutUint64(bytes[8*i:], math.Float64bits(v))
				}
				if got := fmt.Sprintf("%x", sha256.Sum256(bytes)); got != float64Digests[name] {
					t.Errorf("level %s: digest %s, want %s", l.Name, got, float64Digests[name])
				}
			})
		}
	}
}
