package gonumblas

import (
	"math"

	api "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"

	"github.com/lanewise/lanewise/blas"
)

// fewestSchur is the size from which many shifts at a time are faster than gonum's four,
// and fewestValues if no vectors are wanted.
const fewestSchur, fewestValues = 76, 200

// Dgeev computes eigenvalues of a matrix and its left and right eigenvectors, as gonum's
// does.
func (l Lapack) Dgeev(jobvl lapack.LeftEVJob, jobvr lapack.RightEVJob, n int, a []float64, lda int, wr, wi []float64, vl []float64, ldvl int, vr []float64, ldvr int, work []float64, lwork int) (first int) {
	left, right := jobvl == lapack.LeftEVCompute, jobvr == lapack.RightEVCompute
	holds := func(v []float64, ld int) bool { return ld >= n && len(v) >= (n-1)*ld+n }
	largest := math.NaN()
	if n >= fewestSchur && holds(a, lda) {
		largest = l.Dlange(lapack.MaxAbs, n, n, a, lda, nil)
	}
	smallest := math.Sqrt(safe) / spacing
	if !(largest >= smallest && largest <= 1/smallest) || // it is to be scaled
		!left && jobvl != lapack.LeftEVNone || !right && jobvr != lapack.RightEVNone ||
		left && !holds(vl, ldvl) || right && !holds(vr, ldvr) || ldvl < 1 || ldvr < 1 ||
		len(wr) != n || len(wi) != n || lwork < 4*n || len(work) < lwork {
		return l.Implementation.Dgeev(jobvl, jobvr, n, a, lda, wr, wi, vl, ldvl, vr, ldvr, work, lwork)
	}
	l.Implementation.Dgeev(jobvl, jobvr, n, a, lda, wr, wi, vl, ldvl, vr, ldvr, work, -1)
	best := work[0]

	scales, tau, rest := work[:n], work[n:2*n-1], work[2*n:lwork]
	ilo, ihi := l.Dgebal(lapack.PermuteScale, n, a, lda, scales)
	l.Dgehrd(n, ilo, ihi, a, lda, tau, rest, len(rest))
	z, ldz := vr, ldvr // Schur vectors
	if left {
		z, ldz = vl, ldvl
	}
	if left || right {
		l.Dlacpy(api.Lower, n, n, a, lda, z, ldz)
		l.Dorghr(n, ilo, ihi, z, ldz, tau, rest, len(rest))
	}
	rest = work[n:lwork]
	job, compz := lapack.EigenvaluesOnly, lapack.SchurNone
	if left || right {
		job, compz = lapack.EigenvaluesAndSchur, lapack.SchurOrig
	}
	if first = l.Dhseqr(job, compz, n, ilo, ihi, a, lda, wr, wi, z, max(1, ldz), rest, len(rest)); first > 0 || !left && !right {
		work[0] = best
		return first
	}
	if left && right {
		l.Dlacpy(api.All, n, n, vl, ldvl, vr, ldvr)
	}
	if left && !leftVectors(n, a, lda, wr, wi, vl, ldvl) {
		l.Dtrevc3(lapack.EVLeft, lapack.EVAllMulQ, nil, n, a, lda, vl, ldvl, vr, ldvr, n, rest, len(rest))
	}
	if right && !rightVectors(n, a, lda, wr, wi, vr, ldvr) {
		l.Dtrevc3(lapack.EVRight, lapack.EVAllMulQ, nil, n, a, lda, vl, ldvl, vr, ldvr, n, rest, len(rest))
	}
	if left {
		l.Dgebak(lapack.PermuteScale, lapack.EVLeft, n, ilo, ihi, scales, n, vl, ldvl)
		normalize(n, wi, vl, ldvl)
	}
	if right {
		l.Dgebak(lapack.PermuteScale, lapack.EVRight, n, ilo, ihi, scales, n, vr, ldvr)
		normalize(n, wi, vr, ldvr)
	}
	work[0] = best
	return 0
}

// Dhseqr finds the eigenvalues of a Hessenberg matrix H and, if asked for, its Schur form
// T, H = Z·T·Zᵀ, with Z or its product with a given matrix, as gonum's does.
func (l Lapack) Dhseqr(job lapack.SchurJob, compz lapack.SchurComp, n, ilo, ihi int, h []float64, ldh int, wr, wi []float64, z []float64, ldz int, work []float64, lwork int) (unconverged int) {
	form, vectors := job == lapack.EigenvaluesAndSchur, compz == lapack.SchurHess || compz == lapack.SchurOrig
	fewest := fewestValues
	if form || vectors {
		fewest = fewestSchur
	}
	if n < fewest || ilo < 0 || ilo >= ihi || ihi >= n || !form && job != lapack.EigenvaluesOnly || !vectors && compz != lapack.SchurNone ||
		ldh < n || len(h) < (n-1)*ldh+n || ldz < 1 || vectors && (ldz < n || len(z) < (n-1)*ldz+n) ||
		len(wr) < n || len(wi) < n || lwork < n || len(work) < lwork ||
		ilo > 0 && h[ilo*ldh+ilo-1] != 0 || ihi+1 < n && h[(ihi+1)*ldh+ihi] != 0 {
		return l.Implementation.Dhseqr(job, compz, n, ilo, ihi, h, ldh, wr, wi, z, ldz, work, lwork)
	}
	for i := range n {
		if i < ilo || i > ihi {
			wr[i], wi[i] = h[i*ldh+i], 0
		}
	}
	l.Dlaset(api.Lower, n-2, n-2, 0, 0, h[2*ldh:], ldh)
	if compz == lapack.SchurHess {
		l.Dlaset(api.All, n, n, 0, 1, z, ldz)
	}
	q := schur{Lapack: l, n: n, ilo: ilo, ihi: ihi, h: h, ldh: ldh, wr: wr, wi: wi, form: form, vectors: vectors, z: z, ldz: ldz}
	unconverged = q.run()
	work[0] = float64(n)
	return unconverged
}

// normalize gives eigenvectors, which are columns, norm 1. Of a conjugate pair of
// them, whose parts two columns are, the largest element becomes real.
func normalize(n int, wi, v []float64, ldv int) {
	x := make([]float64, 2*n)
	for j := 0; j < n; j++ {
		parts := 1
		if wi[j] != 0 {
			parts = 2
		}
		x := x[:parts*n] // element by element
		for i := range n {
			copy(x[i*parts:][:parts], v[i*ldv+j:])
		}
		blas.Scal(1/blas.Nrm2(x), x)
		if parts == 2 {
			at, largest := 0, 0.0
			for i := range n {
				if size := x[2*i]*x[2*i] + x[2*i+1]*x[2*i+1]; size > largest {
					at, largest = i, size
				}
			}
			size := math.Sqrt(largest)
			c, s := x[2*at]/size, x[2*at+1]/size
			for i := range n {
				x[2*i], x[2*i+1] = c*x[2*i]+s*x[2*i+1], c*x[2*i+1]-s*x[2*i]
			}
			x[2*at+1] = 0
		}
		for i := range n {
			copy(v[i*ldv+j:][:parts], x[i*parts:])
		}
		j += parts - 1
	}
}

// schur is a Hessenberg matrix on its way to its Schur form.
type schur struct {
	Lapack
	n, ilo, ihi int
	h           []float64
	ldh         int
	wr, wi      []float64
	form        bool // whether H is to become quasi-triangular
	vectors     bool // whether Z is to be changed
	z           []float64
	ldz         int

	deflation [3][]float64 // scratch of its windows
	work      []float64
	bulges    bulges
}

const (
	// chain is how many shifts go through a matrix at a time. What each takes near the
	// diagonal grows with their number; far from it products of 2·chain rows do the
	// same for any, but faster for many.
	chain = 32
	// stalledWindow and stalledShifts are after how many sweeps without a deflation
	// windows grow, and shifts are made up.
	stalledWindow, stalledShifts = 5, 6
	// small blocks are left to windows, which find nibble percent of eigenvalues before
	// another window is better than a sweep.
	small, nibble = 75, 14
)

// run finds the eigenvalues by QR sweeps with many shifts and aggressive early deflation
// (K. Braman, R. Byers, R. Mathias, The multishift QR algorithm, parts I and II, SIAM J.
// Matrix Anal. Appl. 23, 2002), in the way of LAPACK's dlaqr0: gonum's takes four shifts and
// windows of four rows for any matrix of 30 rows and more. It returns the number of
// eigenvalues, from the first on, that it has not found.
func (q *schur) run() (unconverged int) {
	largestWindow := (q.n - 1) / 3
	shifts, usualWindow := shiftsFor(q.ihi - q.ilo + 1)
	usualWindow = min(usualWindow, largestWindow, small-1) // of larger ones gonum would take four shifts again
	shifts = max(2, min(shifts, (q.n-3)/6, q.ihi-q.ilo)&^1)

	stalled, shrunk, window := 1, 0, largestWindow
	left := 30 * max(10, q.ihi-q.ilo+1)
	for bottom := q.ihi; bottom >= q.ilo; left-- {
		if left == 0 {
			return bottom + 1
		}
		top := bottom
		for top > q.ilo && q.h[top*q.ldh+top-1] != 0 {
			top--
		}
		size := bottom - top + 1
		most := min(size, largestWindow)
		if stalled < stalledWindow {
			window, shrunk = min(most, usualWindow), -1
		} else {
			window = min(most, 2*window)
		}
		if window < largestWindow {
			if window >= size-1 {
				window = size
			} else if i := bottom - window + 1; math.Abs(q.h[i*q.ldh+i-1]) > math.Abs(q.h[(i-1)*q.ldh+i-2]) {
				window++
			}
		}
		if stalled >= stalledWindow && (shrunk >= 0 || window >= most) {
			if shrunk++; window-shrunk < 2 {
				shrunk = 0
			}
			window -= shrunk
		}
		found, deflated := q.deflate(top, bottom, window)
		bottom -= deflated
		if deflated > 0 {
			stalled = 1
			if 100*deflated > window*nibble || bottom-top+1 <= min(small, largestWindow) {
				continue
			}
		}
		q.sweep(top, bottom, q.shifts(top, bottom, found, shifts, stalled))
		if deflated == 0 {
			stalled++
		}
	}
	return 0
}

// shiftsFor returns how many shifts a block is worth, and the size of its windows (R.
// Byers, LAPACK 3.1 xHSEQR: tuning and implementation notes on the small bulge
// multi-shift QR algorithm with aggressive early deflation, LAPACK Working Note 187, 2007).
func shiftsFor(size int) (shifts, window int) {
	switch {
	case size < 30:
		shifts = 2
	case size < 60:
		shifts = 4
	case size < 150:
		shifts = 10
	case size < 590:
		shifts = size / int(math.Round(math.Log2(float64(size)))) &^ 1
	case size < 3000:
		shifts = 64
	case size < 6000:
		shifts = 128
	default:
		shifts = 256
	}
	if size <= 500 {
		return shifts, shifts
	}
	return shifts, 3 * shifts / 2
}

// deflate looks for eigenvalues that have converged in a window at the bottom of rows top
// to bottom: so many are in wr and wi, and before them so many found that have not.
func (q *schur) deflate(top, bottom, window int) (found, deflated int) {
	n := q.n
	for i, size := range [3]int{window * window, window * n, n * window} {
		if len(q.deflation[i]) < size {
			q.deflation[i] = make([]float64, size)
		}
	}
	v, t, wv := q.deflation[0], q.deflation[1], q.deflation[2]
	wr, wi := q.wr[:bottom+1], q.wi[:bottom+1]
	run := func(work []float64, lwork int) (int, int) {
		return q.Dlaqr23(q.form, q.vectors, n, top, bottom, window, q.h, q.ldh, q.ilo, q.ihi, q.z, max(1, q.ldz),
			wr, wi, v, window, n, t, n, n, wv, window, work, lwork, 1)
	}
	if len(q.work) == 0 {
		q.work = make([]float64, 1)
	}
	run(q.work, -1)
	if best := max(int(q.work[0]), 2*window); best > len(q.work) {
		q.work = make([]float64, best)
	}
	return run(q.work, len(q.work))
}

// shifts prepares at most most shifts, of those found in wr and wi before row bottom and,
// where they are too few, others, and returns how many: they end there, pairs side by
// side, those of the largest magnitude first.
func (q *schur) shifts(top, bottom, found, most, stalled int) int {
	l, h, ldh, wr, wi := q.Lapack, q.h, q.ldh, q.wr, q.wi
	most = min(most, max(2, bottom-top)&^1)
	first := bottom - found + 1
	if stalled%stalledShifts == 0 {
		first = bottom - most + 1
		for i := bottom; i > max(first, top+1); i -= 2 {
			size := math.Abs(h[i*ldh+i-1]) + math.Abs(h[(i-1)*ldh+i-2])
			d := 0.75*size + h[i*ldh+i]
			_, _, _, _, wr[i-1], wi[i-1], wr[i], wi[i], _, _ = l.Dlanv2(d, size, -0.4375*size, d)
		}
		if first == top {
			d := h[(first+1)*ldh+first+1]
			wr[first], wi[first], wr[first+1], wi[first+1] = d, 0, d, 0
		}
	} else {
		if found <= most/2 { // those of the last rows
			first = bottom - most + 1
			block := make([]float64, most*most)
			l.Dlacpy(api.All, most, most, h[first*ldh+first:], ldh, block, most)
			re, im := wr[first:first+most], wi[first:first+most]
			if most > small {
				first += l.Dlaqr04(false, false, most, 0, most-1, block, most, re, im, 0, 0, nil, 1, q.work, len(q.work), 0)
			} else {
				first += l.Dlahqr(false, false, most, 0, most-1, block, most, re, im, 0, 0, nil, 1)
			}
			if first >= bottom {
				first = bottom - 1
				at := first*ldh + first
				_, _, _, _, wr[first], wi[first], wr[bottom], wi[bottom], _, _ = l.Dlanv2(h[at], h[at+1], h[at+ldh], h[at+ldh+1])
			}
		}
		magnitude := func(i int) float64 { return math.Abs(wr[i]) + math.Abs(wi[i]) }
		for end, moved := bottom, bottom-first+1 > most; end > first && moved; end-- {
			moved = false
			for i := first; i < end; i++ {
				if magnitude(i) < magnitude(i+1) {
					wr[i], wr[i+1], wi[i], wi[i+1] = wr[i+1], wr[i], wi[i+1], wi[i]
					moved = true
				}
			}
		}
		for i := bottom; i > first+1; i -= 2 { // a real one before a pair goes behind it
			if wi[i] != -wi[i-1] {
				wr[i], wr[i-1], wr[i-2] = wr[i-1], wr[i-2], wr[i]
				wi[i], wi[i-1], wi[i-2] = wi[i-1], wi[i-2], wi[i]
			}
		}
	}
	if bottom-first == 1 && wi[bottom] == 0 { // the better of two, twice
		d := h[bottom*ldh+bottom]
		if math.Abs(wr[bottom]-d) < math.Abs(wr[first]-d) {
			wr[first] = wr[bottom]
		} else {
			wr[bottom] = wr[first]
		}
	}
	return min(most, bottom-first+1) &^ 1
}

// sweep sends shifts, the last ones before row bottom, through rows top to bottom.
func (q *schur) sweep(top, bottom, shifts int) {
	for end := bottom + 1; shifts > 0; {
		some := min(shifts, chain)
		q.chase(top, bottom, q.wr[end-some:end], q.wi[end-some:end])
		end -= some
		shifts -= some
	}
}
