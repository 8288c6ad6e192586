package gonumblas

import (
	"slices"
	"testing"

	native "gonum.org/v1/gonum/blas/gonum"
)

// TestSwap exchanges vectors of some pieces, apart from each other and not.
func TestSwap(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 127, 128, 129, 256, 300} {
		for _, apart := range []int{400, 0, 1, 100} {
			got := make([]float64, 700)
			narrow := make([]float32, len(got))
			for i := range got {
				got[i], narrow[i] = float64(i), float32(i)
			}
			want, wantNarrow := slices.Clone(got), slices.Clone(narrow)
			Implementation{}.Dswap(n, got, 1, got[apart:], 1)
			native.Implementation{}.Dswap(n, want, 1, want[apart:], 1)
			Implementation{}.Sswap(n, narrow, 1, narrow[apart:], 1)
			native.Implementation{}.Sswap(n, wantNarrow, 1, wantNarrow[apart:], 1)
			if !slices.Equal(got, want) || !slices.Equal(narrow, wantNarrow) {
				t.Errorf("%d elements, %d apart: not what gonum makes of them", n, apart)
			}
		}
	}
}
