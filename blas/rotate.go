package blas

import "github.com/lanewise/lanewise/asm"

// Sweep is a chain of plane rotations of neighbouring vectors: the i-th, with c =
// CS[2i] and s = CS[2i+1], turns vectors First + i·Step and First + (i+1)·Step,
//
//	x, y = c·x + s·y, c·y − s·x
//
// Step is 1 or −1.
type Sweep[T Float] struct {
	First, Step int
	CS          []T
}

// span returns the first and the last vector that the sweep turns.
func (s Sweep[T]) span() (low, high int) {
	end := s.First + s.Step*(len(s.CS)/2)
	return min(s.First, end), max(s.First, end)
}

// Rotate applies sweeps, one after the other, to the rows of an m×n matrix if side =
// Left, to its columns if side = Right: LAPACK's dlasr with a variable pivot, many
// times. Passes over the matrix cost more than the arithmetic, so all sweeps are
// applied to some columns (rows) of it while those are in cache (F. G. Van Zee, R.
// A. van de Geijn, G. Quintana-Ortí, Restructuring the tridiagonal and bidiagonal QR
// algorithms for performance, ACM TOMS 40 (3), 2014).
//
// Elements are fma(s, y, c·x) and fma(−s, x, c·y), the products with c rounded; at the
// generic level all are.
//
// Rotate panics if side is none of the constants, if a dimension is negative, if lda
// is smaller than n, or 1, if a is too short, and if a sweep turns vectors that the
// matrix does not have, or its Step is neither 1 nor −1.
func Rotate[T Float](side Side, m, n int, sweeps []Sweep[T], a []T, lda int) {
	vectors := side.of(m, n)
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case lda < max(1, n):
		panic(badLdA)
	case m == 0 || n == 0:
		return
	case !holds(len(a), m, n, lda):
		panic(shortA)
	}
	low, high, count := vectors, -1, 0
	for _, s := range sweeps {
		if len(s.CS) < 2 {
			continue
		}
		l, h := s.span()
		if l < 0 || h >= vectors || s.Step != 1 && s.Step != -1 {
			panic(badSweep)
		}
		low, high, count = min(low, l), max(high, h), count+len(s.CS)/2
	}
	if high < 0 {
		return
	}
	s := rotateTask[T]{kernels: asm.For[T](), right: side == Right, sweeps: sweeps, low: low, vectors: high + 1 - low, lda: lda}
	if s.right {
		s.a, s.length = a[low:], m
	} else {
		s.a, s.length = a[low*lda:], n
	}
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	panels := (s.length + s.kernels.NR - 1) / s.kernels.NR
	// A rotation of an element costs about four multiply-adds.
	work := 4 * float64(count) * float64(s.length)
	t := min(threadsFor(work, gemmGrain), panels)
	if t <= 1 {
		s.panels(0, panels, ws)
		return
	}
	s.each = (panels + 4*t - 1) / (4 * t)
	s.ws = ws
	defer func() { ws.rotate = rotateTask[T]{} }()
	ws.rotate = s
	workers.run(&ws.rotate, (panels+s.each-1)/s.each, t, work < patient*gemmGrain)
}

// rotateTask is a call of Rotate. The vectors are length long; NR elements of each at
// a time are copied to a panel, side by side.
type rotateTask[T Float] struct {
	kernels *asm.Kernels[T]
	right   bool
	sweeps  []Sweep[T]
	low     int // the first vector that is turned, where a begins
	vectors int
	length  int
	a       []T
	lda     int

	each int // panels of a piece
	ws   *workspace[T]
}

func (s *rotateTask[T]) run(piece int, w *worker) {
	ws := s.ws
	if w != nil {
		ws = workspaceOf[T](w)
	}
	panels := (s.length + s.kernels.NR - 1) / s.kernels.NR
	s.panels(piece*s.each, min(piece*s.each+s.each, panels), ws)
}

func (s *rotateTask[T]) whole() {
	s.panels(0, (s.length+s.kernels.NR-1)/s.kernels.NR, s.ws)
}

// panels turns the elements of panels p0 … p1.
func (s *rotateTask[T]) panels(p0, p1 int, ws *workspace[T]) {
	k := s.kernels
	nr := k.NR
	most := chunk / nr // vectors or rotations of a kernel call
	ws.b = grow(ws.b, s.vectors*nr)
	panel := ws.b[:s.vectors*nr]
	for p := p0; p < p1; p++ {
		n := min(nr, s.length-p*nr)
		for i := 0; i < s.vectors; i += most {
			preemptible()
			if count := min(most, s.vectors-i); s.right {
				k.Transpose(n, count, 1, ptr(s.a, p*nr*s.lda+i), s.lda, ptr(panel, i*nr), nr)
			} else {
				k.PackB(n, count, 1, ptr(s.a, i*s.lda+p*nr), s.lda, ptr(panel, i*nr))
			}
		}
		for _, w := range s.sweeps {
			for i := 0; i < len(w.CS)/2; i += most {
				preemptible()
				k.Rotate(n, min(most, len(w.CS)/2-i), ptr(w.CS, 2*i), ptr(panel, (w.First-s.low+i*w.Step)*nr), w.Step*nr)
			}
		}
		if !s.right {
			for i := range s.vectors {
				copy(s.a[i*s.lda+p*nr:][:n], panel[i*nr:])
			}
			continue
		}
		for i := 0; i < s.vectors; i += most {
			preemptible()
			k.Transpose(min(most, s.vectors-i), n, 1, ptr(panel, i*nr), nr, ptr(s.a, p*nr*s.lda+i), s.lda)
		}
	}
}
