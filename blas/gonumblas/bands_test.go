package gonumblas

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	api "gonum.org/v1/gonum/blas"
)

// TestBands holds bands to their order: each takes every panel before it once, in turn
// and factored, and nothing else runs on it meanwhile.
func TestBands(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		withThreads(threads, func() {
			for _, size := range [][2]int{{1, 1}, {2, 1}, {2, 2}, {9, 9}, {20, 7}} {
				count, panels := size[0], size[1]
				what := fmt.Sprintf("%d threads, %d bands, %d panels", threads, count, panels)
				taken, busy, factored := make([]int, count), make([]atomic.Bool, count), make([]atomic.Bool, panels)
				enter := func(band int) {
					if busy[band].Swap(true) {
						t.Errorf("%s: band %d twice at once", what, band)
					}
					runtime.Gosched()
				}
				ok := byBands(count, panels, func(band, panel int) {
					enter(band)
					if taken[band] != panel || panel >= min(band, panels) || !factored[panel].Load() {
						t.Errorf("%s: band %d takes panel %d after %d, factored: %v", what, band, panel, taken[band], factored[panel].Load())
					}
					taken[band]++
					busy[band].Store(false)
				}, func(panel int) bool {
					enter(panel)
					if taken[panel] != panel || factored[panel].Load() {
						t.Errorf("%s: panel %d is factored after %d", what, panel, taken[panel])
					}
					factored[panel].Store(true)
					busy[panel].Store(false)
					return true
				})
				if !ok {
					t.Errorf("%s: false", what)
				}
				for band, n := range taken {
					if n != min(band, panels) || band < panels && !factored[band].Load() {
						t.Errorf("%s: band %d has taken %d", what, band, n)
					}
				}
			}
		})
	}
}

// Bands end when a panel has no factors, or when one panics.
func TestBandsEnd(t *testing.T) {
	for _, threads := range []int{1, 3} {
		withThreads(threads, func() {
			after := func(fail func()) (ok bool) {
				return byBands(10, 10, func(band, panel int) {
					if panel >= 4 {
						t.Errorf("%d threads: band %d takes panel %d", threads, band, panel)
					}
				}, func(panel int) bool {
					if panel == 4 {
						fail()
						return false
					}
					return true
				})
			}
			if after(func() {}) {
				t.Errorf("%d threads: true", threads)
			}
			func() {
				defer func() {
					if got := recover(); got != "fourth" {
						t.Errorf("%d threads: panic %v", threads, got)
					}
				}()
				after(func() { panic("fourth") })
			}()
		})
	}
}

// TestFactorsThreads holds factors to the same bits at any number of threads.
func TestFactorsThreads(t *testing.T) {
	next := rand.New(rand.NewPCG(41, 1))
	sizes := [][2]int{{400, 400}, {431, 517}, {530, 449}, {481, 481}, {500, 481}, {481, 577}, {673, 673}} // the latter ones with a column or row beyond whole bands
	if !testing.Short() {
		sizes = append(sizes, [2]int{1539, 1539})
	}
	for _, size := range sizes {
		m, n := size[0], size[1]
		lda, least := n+3, min(m, n)
		for _, singular := range []bool{false, true} {
			a := normal(next, m, n, lda, 1)
			if singular {
				for i := range m {
					a[i*lda+250] = a[i*lda+249]
				}
			}
			s := slices.Clone(a)
			for i := range least {
				s[i*lda+i] = 4 * float64(n)
			}
			if singular {
				s[300*lda+300] = -1
			}
			var want [][]float64
			for _, threads := range []int{1, 2, 3, 8} {
				withThreads(threads, func() {
					lu, pivots := slices.Clone(a), make([]int, least)
					regular := Lapack{}.Dgetrf(m, n, lu, lda, pivots)
					got := [][]float64{lu, nil, {0}, nil, nil}
					for _, p := range pivots {
						got[1] = append(got[1], float64(p))
					}
					if regular {
						got[2][0] = 1
					}
					for i, uplo := range []api.Uplo{api.Upper, api.Lower} {
						c := slices.Clone(s)[:(least-1)*lda+least]
						ok := Lapack{}.Dpotrf(uplo, least, c, lda)
						if ok == singular {
							t.Errorf("Dpotrf %c %d: %v", uplo, least, ok)
						}
						if ok { // what is left of others is nobody's
							got[3+i] = c
						}
					}
					if want == nil {
						want = got
					}
					for i := range got {
						if !slices.Equal(got[i], want[i]) {
							t.Errorf("%d×%d, %d threads: result %d differs from that of one", m, n, threads, i)
						}
					}
				})
			}
		}
	}
}
