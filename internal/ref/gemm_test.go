package ref

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// FMA for float32 against exact arithmetic, near-ties among the inputs.
func TestFMA32(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200_000 {
		x := math.Float32frombits(rng.Uint32())
		y := math.Float32frombits(rng.Uint32())
		z := float32(-float64(x) * float64(y) * (1 + float64(rng.IntN(5)-2)*0x1p-25))
		if rng.IntN(2) == 0 {
			z = math.Float32frombits(rng.Uint32())
		}
		got := FMA(x, y, z)
		if x != x || y != y || z != z || math.IsInf(float64(x)*float64(y), 0) || math.IsInf(float64(z), 0) {
			if want := float32(float64(x)*float64(y) + float64(z)); !Same(got, want) {
				t.Fatalf("FMA(%v, %v, %v) = %v, want %v", x, y, z, got, want)
			}
			continue
		}
		exact := new(big.Float).SetPrec(2000).SetFloat64(float64(x) * float64(y))
		exact.Add(exact, big.NewFloat(float64(z)))
		if want, _ := exact.Float32(); got != want {
			t.Fatalf("FMA(%v, %v, %v) = %v, want %v", x, y, z, got, want)
		}
	}
}

func TestGemmReferencesAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	const m, n, k = 5, 4, 33
	random := func(rows, ld int, trans bool) Matrix[float64] {
		x := make([]float64, rows*ld)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		return Matrix[float64]{x, ld, trans}
	}
	a, b, c := random(k, m+1, true), random(k, n+2, false), random(m, n, false)
	want, bound := Gemm(m, n, k, 0.7, a, b, -1.5, c)
	for _, fused := range []bool{false, true} {
		got := GemmChain(fused, m, n, k, 0.7, a, b, -1.5, c)
		for i := range got {
			if !(math.Abs(got[i]-want[i]) <= bound[i]) {
				t.Errorf("fused=%v: element %d is %v, want %v ± %v", fused, i, got[i], want[i], bound[i])
			}
		}
	}
}
