package gonumblas

import (
	"math"
	"slices"

	"github.com/lanewise/lanewise/blas"
)

// bulges is a chain of bulges, three by three, on its way through a Hessenberg matrix.
// Reflections move it from column to column, each bulge two columns behind the next. They
// change what is near the diagonal at once: for twice as many columns as the chain is
// long, a stage. Of all beyond, and of Z, their product is a factor, after each stage.
type bulges struct {
	top, bottom int // rows of the block
	count       int
	re, im      []float64 // the shifts, two for a bulge
	first       int       // of the rows and columns of the stage
	size        int       // and how many those are, with such before top or behind bottom
	reflections []reflection
	u           []float64 // Uᵀ, size×size, U the product
	scratch     []float64
}

// reflection is I − tau·v·vᵀ, v = (1, v1, v2), or (1, v1) if short.
type reflection struct {
	tau, v1, v2 float64
	short       bool
}

// rows reflects rows of matrices: a, b and, if not short, c.
func (r reflection) rows(a, b, c []float64) {
	t1, t2 := r.tau*r.v1, r.tau*r.v2
	b = b[:len(a)]
	if r.short {
		for j, x := range a {
			sum := x + r.v1*b[j]
			a[j] = x - sum*r.tau
			b[j] -= sum * t1
		}
		return
	}
	c = c[:len(a)]
	for j, x := range a {
		y, z := b[j], c[j]
		sum := x + r.v1*y + r.v2*z
		a[j] = x - sum*r.tau
		b[j] = y - sum*t1
		c[j] = z - sum*t2
	}
}

// columns reflects the columns of rows from … to−1 of a matrix, of which the first is j.
func (r reflection) columns(a []float64, lda, from, to, j int) {
	t1, t2 := r.tau*r.v1, r.tau*r.v2
	for i := from; i < to; i++ {
		if r.short {
			x := (*[2]float64)(a[i*lda+j:])
			sum := x[0] + r.v1*x[1]
			x[0] -= sum * r.tau
			x[1] -= sum * t1
			continue
		}
		x := (*[3]float64)(a[i*lda+j:])
		sum := x[0] + r.v1*x[1] + r.v2*x[2]
		x[0] -= sum * r.tau
		x[1] -= sum * t1
		x[2] -= sum * t2
	}
}

// chase sends a chain of bulges through rows top to bottom, made by shifts that are pairs
// of real or conjugate numbers, of which the last go first.
func (q *schur) chase(top, bottom int, re, im []float64) {
	s := &q.bulges
	s.top, s.bottom, s.count, s.re, s.im = top, bottom, len(re)/2, re, im
	s.size = 4 * s.count
	s.reflections = slices.Grow(s.reflections[:0], s.count)[:s.count]
	s.u = slices.Grow(s.u[:0], s.size*s.size)[:s.size*s.size]
	if top+2 <= bottom {
		q.h[(top+2)*q.ldh+top] = 0
	}
	for column := top - 2*s.count + 1; column <= bottom-2; column += 2 * s.count {
		s.first = column + 1
		clear(s.u)
		for i := range s.size {
			s.u[i*s.size+i] = 1
		}
		for c := column; c < min(column+2*s.count, bottom-1); c++ {
			q.step(c)
		}
		q.finish()
	}
}

// step moves all bulges by a column, the first of them to column + 1.
func (q *schur) step(column int) {
	s, h, ldh := &q.bulges, q.h, q.ldh
	from := max(0, (s.top-column)/2) // others are not there yet
	end := min(s.count, (s.bottom-column-1)/2)
	above, right := max(s.top, s.first-1), min(s.first-1+s.size, s.bottom)+1
	if k := column + 2*end; end < s.count && k == s.bottom-2 { // one leaves
		r := q.short(end, k)
		r.columns(h, ldh, above, s.bottom+1, k+1)
		r.rows(h[(k+1)*ldh+k+1:][:right-k-1], h[(k+2)*ldh+k+1:], nil)
		q.drop(k)
		q.accumulate(r, k, max(0, s.top-s.first), s.size)
	}
	for m := end - 1; m >= from; m-- {
		k := column + 2*m
		r := q.reflect(m, k)
		s.reflections[m] = r
		r.columns(h, ldh, above, min(s.bottom, k+3)+1, k+1)
		// Of what is reflected from the left, the test wants the first column.
		at := (k+1)*ldh + k + 1
		r.rows(h[at:][:1], h[at+ldh:], h[at+2*ldh:])
		q.drop(k)
	}
	for m := end - 1; m >= from; m-- {
		k, j := column+2*m, max(s.top, column+2*(m+1))
		if j < right {
			s.reflections[m].rows(h[(k+1)*ldh+j:][:right-j], h[(k+2)*ldh+j:], h[(k+3)*ldh+j:])
		}
	}
	for m := end - 1; m >= from; m-- {
		k := column + 2*m
		left := max(0, s.top-s.first, k-column)
		q.accumulate(s.reflections[m], k, left, min(s.size, column+2*end-s.first+4))
	}
}

// accumulate takes a reflection of rows from k + 1 on into U, whose rows from … to−1 are
// not zero there.
func (q *schur) accumulate(r reflection, k, from, to int) {
	s := &q.bulges
	row := func(i int) []float64 { return s.u[(k+i-s.first)*s.size+from:][:to-from] }
	if r.short {
		r.rows(row(1), row(2), nil)
	} else {
		r.rows(row(1), row(2), row(3))
	}
}

// short returns the reflection by which bulge m, of two rows at the end, leaves column k.
func (q *schur) short(m, k int) reflection {
	s, h, ldh := &q.bulges, q.h, q.ldh
	var v [2]float64
	if k == s.top-1 {
		q.Dlaqr1(2, h[(k+1)*ldh+k+1:], ldh, s.re[2*m], s.im[2*m], s.re[2*m+1], s.im[2*m+1], v[:])
		_, v[0] = q.Dlarfg(2, v[0], v[1:], 1)
	} else {
		v[1] = h[(k+2)*ldh+k]
		h[(k+1)*ldh+k], v[0] = q.Dlarfg(2, h[(k+1)*ldh+k], v[1:], 1)
		h[(k+2)*ldh+k] = 0
	}
	return reflection{tau: v[0], v1: v[1], short: true}
}

// reflect returns the reflection by which bulge m leaves column k, or comes into being.
func (q *schur) reflect(m, k int) reflection {
	s, h, ldh := &q.bulges, q.h, q.ldh
	begin := func() reflection {
		var v [3]float64
		q.Dlaqr1(3, h[(k+1)*ldh+k+1:], ldh, s.re[2*m], s.im[2*m], s.re[2*m+1], s.im[2*m+1], v[:])
		_, v[0] = q.Dlarfg(3, v[0], v[1:], 1)
		return reflection{tau: v[0], v1: v[1], v2: v[2]}
	}
	if k == s.top-1 {
		return begin()
	}
	// The reflection before has still to reach the row below the bulge, of which it finds
	// two zeros.
	x, y, z := h[(k+1)*ldh+k:], h[(k+2)*ldh+k:], (*[3]float64)(h[(k+3)*ldh+k:])
	before := s.reflections[m]
	sum := before.tau * before.v2 * z[2]
	z[0], z[1] = -sum, -sum*before.v1
	z[2] -= sum * before.v2
	v := [2]float64{y[0], z[0]}
	beta, tau := q.Dlarfg(3, x[0], v[:], 1)
	r := reflection{tau: tau, v1: v[0], v2: v[1]}
	if z[0] == 0 && z[1] == 0 && z[2] != 0 {
		// The bulge has vanished. Another one begins here, if it fills nothing.
		again := begin()
		sum := x[0] + again.v1*y[0]
		scale := math.Abs(h[k*ldh+k]) + math.Abs(x[1]) + math.Abs(y[2])
		if math.Abs(y[0]-sum*again.tau*again.v1)+math.Abs(sum*again.tau*again.v2) <= spacing*scale {
			r, beta = again, x[0]-sum*again.tau
		}
	}
	x[0], y[0], z[0] = beta, 0, 0
	return r
}

// drop sets the element below the diagonal of column k to zero if it is negligible, by
// LAPACK's criterion and that of M. Ahues and F. Tisseur (A new deflation criterion for
// the QR algorithm, LAPACK Working Note 122, 1997).
func (q *schur) drop(k int) {
	s, h, ldh := &q.bulges, q.h, q.ldh
	if k < s.top || h[(k+1)*ldh+k] == 0 {
		return
	}
	abs := func(i, j int) float64 { return math.Abs(h[i*ldh+j]) }
	below, beside, a, b := abs(k+1, k), abs(k, k+1), abs(k, k), abs(k+1, k+1)
	near := a + b
	if near == 0 {
		for d := 1; d <= 3; d++ {
			if k-d >= s.top {
				near += abs(k, k-d)
			}
			if k+1+d <= s.bottom {
				near += abs(k+1+d, k+1)
			}
		}
	}
	tiny := safe * (float64(q.n) / spacing)
	if below > math.Max(tiny, spacing*near) {
		return
	}
	difference := math.Abs(h[k*ldh+k] - h[(k+1)*ldh+k+1])
	small, large := math.Min(b, difference), math.Max(b, difference)
	sum := large + math.Max(below, beside)
	if bound := small * (large / sum); bound == 0 || math.Min(below, beside)*(math.Max(below, beside)/sum) <= math.Max(tiny, spacing*bound) {
		h[(k+1)*ldh+k] = 0
	}
}

// finish multiplies what is far from the diagonal, and Z, by the product of a stage's
// reflections.
func (q *schur) finish() {
	s := &q.bulges
	before := max(0, s.top-s.first) // rows that are not there
	size := s.size - before - max(0, s.first-1+s.size-s.bottom)
	first, u := s.first+before, s.u[before*s.size+before:]
	above, end := s.top, s.bottom+1
	if q.form {
		above, end = 0, q.n
	}
	s.scratch = slices.Grow(s.scratch[:0], size*q.n)[:size*q.n]
	if from := min(s.first-1+s.size, s.bottom) + 1; from < end {
		columns, h := end-from, q.h[first*q.ldh+from:]
		for i := range size {
			copy(s.scratch[i*columns:][:columns], h[i*q.ldh:])
		}
		blas.Gemm(blas.NoTrans, blas.NoTrans, size, columns, size, 1, u, s.size, s.scratch, columns, 0, h, q.ldh)
	}
	q.fromRight(size, u, q.h, q.ldh, above, max(s.top, s.first-1), first)
	if q.vectors {
		q.fromRight(size, u, q.z, q.ldz, q.ilo, q.ihi+1, first)
	}
}

// fromRight multiplies rows from … to−1 of a matrix, of their columns size from j on,
// by U.
func (q *schur) fromRight(size int, u, a []float64, lda, from, to, j int) {
	const strip = 128 // rows that stay in L1 or near
	s := &q.bulges
	for i := from; i < to; i += strip {
		rows, x := min(strip, to-i), a[i*lda+j:]
		for r := range rows {
			copy(s.scratch[r*size:][:size], x[r*lda:])
		}
		blas.Gemm(blas.NoTrans, blas.Trans, rows, size, size, 1, s.scratch, size, u, s.size, 0, x, lda)
	}
}
