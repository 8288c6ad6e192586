package gonumblas

import (
	"sync"

	"github.com/lanewise/lanewise/blas"
)

// bands is a factorization under way, of a matrix cut into bands. The first of them
// are panels: of a panel comes a part of the factors, by which all bands behind it
// are then changed. Band j takes panels 0, 1, … in turn, each once it is factored, and
// after panel j−1 is factored itself, if it is one. Bands are independent of each other
// but for that, and threads take steps of whichever is ready, the foremost first: so the
// next panel is factored while others still take the last one.
type bands struct {
	panels int
	take   func(band, panel int)
	factor func(panel int) bool

	mu      sync.Mutex
	changed sync.Cond
	taken   []int // by each band: panels, itself among them
	busy    []bool
	left    int // bands that are to take more
	failed  bool
}

// byBands runs take(band, panel) for each panel that a band takes, and factor(panel) once
// it has taken all before. Those of one band run one after another. It ends early,
// and returns false, if factor does.
func byBands(count, panels int, take func(band, panel int), factor func(panel int) bool) bool {
	s := &bands{panels: panels, take: take, factor: factor, taken: make([]int, count), busy: make([]bool, count), left: count}
	s.changed.L = &s.mu
	blas.Parallel(count, func(int) { s.work() })
	return !s.failed
}

// work runs steps until none is left.
func (s *bands) work() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.left > 0 && !s.failed {
		if band := s.ready(); band >= 0 {
			s.run(band)
		} else {
			s.changed.Wait()
		}
	}
}

// ready returns the foremost band that can take its next panel, or be factored, or −1.
func (s *bands) ready() int {
	for band, panel := range s.taken {
		if !s.busy[band] && panel < s.total(band) && (panel == band || s.taken[panel] > panel) {
			return band
		}
	}
	return -1
}

// total returns how many panels a band is to take, itself among them.
func (s *bands) total(band int) int { return min(band+1, s.panels) }

// run has a band take its next panel, or be factored. The mutex is held, but not
// meanwhile.
func (s *bands) run(band int) {
	panel, ok := s.taken[band], false // if it panics
	s.busy[band] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.busy[band] = false
		s.taken[band]++
		if s.taken[band] == s.total(band) {
			s.left--
		}
		s.failed = s.failed || !ok
		s.changed.Broadcast()
	}()
	if panel == band {
		ok = s.factor(band)
	} else {
		s.take(band, panel)
		ok = true
	}
}
