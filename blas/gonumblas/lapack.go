package gonumblas

import (
	"math"
	"slices"

	api "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
	native "gonum.org/v1/gonum/lapack/gonum"

	"github.com/lanewise/lanewise/blas"
)

// Lapack is gonum's LAPACK with other routines where loops of its own, which no BLAS
// reaches, take most of the time: eigenvalues and eigenvectors, singular vectors, LU and
// Cholesky. The zero value is ready to use, by lapack64.Use.
//
// QR iterations turn pairs of columns of the matrix of vectors, one pass over it for
// each iteration. Here rotations are saved up and applied by [blas.Rotate], which
// reads the matrix once for many iterations. Eigenvalues of general matrices take as many
// shifts at a time as LAPACK does, where gonum takes four. LU and Cholesky go by halves,
// for which gonum's blocks leave more to loops, or by bands that threads take, to the same
// bits, and what mat then asks about condition numbers and norms goes by rows.
//
// What is small or misused goes to gonum's, and so do singular values, and eigenvalues of
// symmetric matrices, without vectors.
type Lapack struct {
	native.Implementation
}

// fewest is the size from which the routines of this package are faster than
// gonum's.
const fewest = 32

// What LAPACK's dlamch says of float64.
const (
	epsilon = 0x1p-53   // E: the largest relative error of rounding
	spacing = 0x1p-52   // P: the distance of 1 from the next number
	safe    = 0x1p-1022 // S: the smallest number whose reciprocal is finite
)

// rotations are sweeps that wait to be applied to one matrix.
type rotations struct {
	side   blas.Side
	m, n   int
	a      []float64
	lda    int
	sweeps []blas.Sweep[float64]
	cs     []float64
}

// saved is how many rotations wait at most: they stay in L2 while they are applied to some
// columns, and are worth copying those. What turns k vectors is about k² of them.
const saved = 1 << 15

// vectors returns the queue for an m×n matrix whose rows (columns) are turned, nil if
// it has no elements.
func vectors(side blas.Side, m, n int, a []float64, lda int) *rotations {
	if m == 0 || n == 0 {
		return nil
	}
	turned := n
	if side == blas.Left {
		turned = m
	}
	waiting := max(min(2*turned*turned, saved), m+n)
	return &rotations{side: side, m: m, n: n, a: a, lda: lda, cs: make([]float64, 0, 2*waiting)}
}

// sweep returns where c and s of count rotations are to be written.
func (r *rotations) sweep(first, step, count int) []float64 {
	if r == nil {
		return nil
	}
	if len(r.cs)+2*count > cap(r.cs) {
		r.apply()
	}
	at := len(r.cs)
	r.cs = r.cs[:at+2*count]
	cs := r.cs[at:]
	r.sweeps = append(r.sweeps, blas.Sweep[float64]{First: first, Step: step, CS: cs})
	return cs
}

// put writes rotation i of a sweep.
func put(cs []float64, i int, c, s float64) {
	if cs != nil {
		cs[2*i], cs[2*i+1] = c, s
	}
}

// one adds a single rotation.
func (r *rotations) one(first int, c, s float64) { put(r.sweep(first, 1, 1), 0, c, s) }

// apply applies all that wait.
func (r *rotations) apply() {
	if r != nil {
		blas.Rotate(r.side, r.m, r.n, r.sweeps, r.a, r.lda)
		r.sweeps, r.cs = r.sweeps[:0], r.cs[:0]
	}
}

// permute puts vector order[i] in place i.
func (r *rotations) permute(order []int) {
	switch {
	case r == nil:
	case r.side == blas.Right:
		row := make([]float64, len(order))
		for i := range r.m {
			x := r.a[i*r.lda:][:len(order)]
			for j, from := range order {
				row[j] = x[from]
			}
			copy(x, row)
		}
	default:
		rows := make([]float64, len(order)*r.n)
		for i := range order {
			copy(rows[i*r.n:][:r.n], r.a[i*r.lda:])
		}
		for i, from := range order {
			copy(r.a[i*r.lda:][:r.n], rows[from*r.n:])
		}
	}
}

// sorted sorts x and returns where its elements stood.
func sorted(x []float64, compare func(a, b float64) int) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	before := slices.Clone(x)
	slices.SortStableFunc(order, func(i, j int) int { return compare(before[i], before[j]) })
	for i, from := range order {
		x[i] = before[from]
	}
	return order
}

// isFinite says that x is a number.
func isFinite(x float64) bool { return x-x == 0 }

// Dsyev computes eigenvalues and eigenvectors of a symmetric matrix, as gonum's does, but
// reports that one with NaN or infinities does not converge.
func (l Lapack) Dsyev(jobz lapack.EVJob, uplo api.Uplo, n int, a []float64, lda int, w, work []float64, lwork int) (ok bool) {
	if jobz != lapack.EVCompute || n < fewest || uplo != api.Upper && uplo != api.Lower || lda < n ||
		lwork < 3*n-1 || len(work) < lwork || len(a) < (n-1)*lda+n || len(w) < n {
		return l.Implementation.Dsyev(jobz, uplo, n, a, lda, w, work, lwork)
	}
	// A's elements are brought to where their squares neither overflow nor vanish.
	const (
		small = safe / spacing
		large = 1 / small
	)
	norm := l.Dlansy(lapack.MaxAbs, uplo, n, a, lda, work)
	if !isFinite(norm) {
		return false
	}
	sigma := 1.0
	if least := math.Sqrt(small); norm > 0 && norm < least {
		sigma = least / norm
	} else if most := math.Sqrt(large); norm > most {
		sigma = most / norm
	}
	if sigma != 1 {
		kind := lapack.LowerTri
		if uplo == api.Upper {
			kind = lapack.UpperTri
		}
		l.Dlascl(kind, 0, 0, 1, sigma, n, n, a, lda)
	}
	e, tau, rest := work[:n], work[n:2*n], work[2*n:lwork]
	l.Dsytrd(uplo, n, a, lda, w, e, tau, rest, len(rest))
	l.Dorgtr(uplo, n, a, lda, tau, rest, len(rest))
	if !tridiagonalVectors(l, n, w[:n], e[:n-1], vectors(blas.Right, n, n, a, lda)) {
		return false
	}
	if sigma != 1 {
		for i := range w[:n] {
			w[i] /= sigma
		}
	}
	l.Implementation.Dsyev(jobz, uplo, n, nil, lda, nil, work, -1) // the best size, to work[0]
	return true
}

// Dsteqr computes eigenvalues and eigenvectors of a symmetric tridiagonal matrix, as
// gonum's does, but reports that one with NaN does not converge.
func (l Lapack) Dsteqr(compz lapack.EVComp, n int, d, e, z []float64, ldz int, work []float64) (ok bool) {
	if compz != lapack.EVTridiag && compz != lapack.EVOrig || n < fewest || ldz < n ||
		len(d) < n || len(e) < n-1 || len(z) < (n-1)*ldz+n || len(work) < 2*n-2 {
		return l.Implementation.Dsteqr(compz, n, d, e, z, ldz, work)
	}
	if compz == lapack.EVTridiag {
		l.Dlaset(api.All, n, n, 0, 1, z, ldz)
	}
	return tridiagonalVectors(l, n, d[:n], e[:n-1], vectors(blas.Right, n, n, z, ldz))
}

// tridiagonalVectors computes the eigenvalues of a symmetric tridiagonal matrix of
// diagonal d and off-diagonal e, in ascending order, and turns the columns of z as
// the iteration does. It is the implicit QL iteration with Wilkinson's shift, and
// its mirror image, QR, where the diagonal grows (B. N. Parlett, The Symmetric
// Eigenvalue Problem, chapter 8; LAPACK's dsteqr, whose criteria these are). It
// reports whether all eigenvalues have converged.
func tridiagonalVectors(l Lapack, n int, d, e []float64, z *rotations) bool {
	left := 30 * n // iterations
	for start := 0; start < n; {
		// A block ends where an off-diagonal element is negligible.
		end := start
		for end < n-1 {
			x := math.Abs(e[end])
			if x <= math.Sqrt(math.Abs(d[end]))*math.Sqrt(math.Abs(d[end+1]))*epsilon {
				e[end] = 0
				break
			}
			end++
		}
		if end > start && !tridiagonalBlock(l, d[start:end+1], e[start:end], start, z, &left) {
			z.apply()
			return false
		}
		start = end + 1
	}
	// A block that falls apart is seen again only by its own iteration, which goes
	// to its end: nothing is left.
	z.apply()
	z.permute(sorted(d, func(a, b float64) int {
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	}))
	return true
}

// tridiagonalBlock does a block that begins with column first of z.
func tridiagonalBlock(l Lapack, d, e []float64, first int, z *rotations, left *int) bool {
	n := len(d)
	// It is scaled, so that squares neither overflow nor vanish.
	norm := l.Dlanst(lapack.MaxAbs, n, d, e)
	if !isFinite(norm) {
		return false
	}
	scaled := norm
	if most := math.Sqrt(1/safe) / 3; norm > most {
		scaled = most
	} else if least := math.Sqrt(safe) / (epsilon * epsilon); norm < least {
		scaled = least
	}
	if norm == 0 {
		return true
	}
	scale := func(from, to float64) {
		if from != to {
			l.Dlascl(lapack.General, 0, 0, from, to, n, 1, d, 1)
			l.Dlascl(lapack.General, 0, 0, from, to, n-1, 1, e, 1)
		}
	}
	scale(norm, scaled)
	defer scale(scaled, norm)

	// Element i of the iteration is element at(i) of the block, and e(i), between i
	// and i+1, is e[between(i)].
	base, step := 0, 1
	if math.Abs(d[n-1]) < math.Abs(d[0]) {
		base, step = n-1, -1
	}
	at := func(i int) int { return base + step*i }
	between := func(i int) int { return min(at(i), at(i+1)) }
	for low := 0; low < n; {
		m := low
		for m < n-1 {
			x := math.Abs(e[between(m)])
			if x*x <= epsilon*epsilon*math.Abs(d[at(m)])*math.Abs(d[at(m+1)])+safe {
				e[between(m)] = 0
				break
			}
			m++
		}
		switch m {
		case low: // an eigenvalue
			low++
			continue
		case low + 1:
			i := between(low)
			var c, s float64
			d[i], d[i+1], c, s = l.Dlaev2(d[i], e[i], d[i+1])
			e[i] = 0
			z.one(first+i, c, s)
			low += 2
			continue
		}
		if *left == 0 {
			return false
		}
		*left--

		p := d[at(low)]
		g := (d[at(low+1)] - p) / (2 * e[between(low)])
		r := math.Hypot(g, 1)
		g = d[at(m)] - p + e[between(low)]/(g+math.Copysign(r, g))
		c, s := 1.0, 1.0
		p = 0
		cs := z.sweep(first+at(m), -step, m-low)
		for i := m - 1; i >= low; i-- {
			f, b := s*e[between(i)], c*e[between(i)]
			c, s, r = rotation(g, f)
			if i != m-1 {
				e[between(i+1)] = r
			}
			g = d[at(i+1)] - p
			r = (d[at(i)]-g)*s + 2*c*b
			p = s * r
			d[at(i+1)] = g + p
			g = c*r - b
			put(cs, m-1-i, c, s)
		}
		d[at(low)] -= p
		e[between(low)] = g
	}
	return true
}

// rotation returns c, s and r with c·f + s·g = r and c·g − s·f = 0, as LAPACK's dlartg.
func rotation(f, g float64) (c, s, r float64) {
	if g == 0 {
		return 1, 0, f
	}
	if f == 0 {
		return 0, 1, g
	}
	x, y := math.Abs(f), math.Abs(g)
	const least, most = 0x1p-500, 0x1p500
	if x > least && x < most && y > least && y < most {
		r = math.Sqrt(f*f + g*g)
		c, s = f/r, g/r
		if x > y && c < 0 {
			return -c, -s, -r
		}
		return c, s, r
	}
	return native.Implementation{}.Dlartg(f, g)
}

// Dbdsqr computes the singular value decomposition of a bidiagonal matrix, as gonum's
// does.
func (l Lapack) Dbdsqr(uplo api.Uplo, n, ncvt, nru, ncc int, d, e, vt []float64, ldvt int, u []float64, ldu int, c []float64, ldc int, work []float64) (ok bool) {
	if n < fewest || min(ncvt, nru, ncc) < 0 || ncvt+nru+ncc == 0 || uplo != api.Upper && uplo != api.Lower ||
		ldvt < max(1, ncvt) || ldu < 1 || nru > 0 && ldu < n || ldc < max(1, ncc) || len(d) < n || len(e) < n-1 || len(work) < 4*(n-1) ||
		ncvt > 0 && len(vt) < (n-1)*ldvt+ncvt || nru > 0 && len(u) < (nru-1)*ldu+n || ncc > 0 && len(c) < (n-1)*ldc+ncc {
		return l.Implementation.Dbdsqr(uplo, n, ncvt, nru, ncc, d, e, vt, ldvt, u, ldu, c, ldc, work)
	}
	s := bidiagonal{
		lapack: l, d: d[:n], e: e[:n-1],
		right: vectors(blas.Left, n, ncvt, vt, ldvt),
		left:  []*rotations{vectors(blas.Right, nru, n, u, ldu), vectors(blas.Left, n, ncc, c, ldc)},
	}
	if uplo == api.Lower {
		s.toUpper()
	}
	return s.run()
}

// bidiagonal is an upper bidiagonal matrix of diagonal d and superdiagonal e on its way
// to a diagonal one, and what is turned with its columns (right) and rows (left).
type bidiagonal struct {
	lapack Lapack
	d, e   []float64
	right  *rotations
	left   []*rotations
}

// chain adds a sweep to what turns with rows, or columns, and returns what puts its
// rotations.
func (s *bidiagonal) chain(rows bool, first, step, count int) func(i int, c, sn float64) {
	if !rows {
		cs := s.right.sweep(first, step, count)
		return func(i int, c, sn float64) { put(cs, i, c, sn) }
	}
	u, v := s.left[0].sweep(first, step, count), s.left[1].sweep(first, step, count)
	return func(i int, c, sn float64) {
		put(u, i, c, sn)
		put(v, i, c, sn)
	}
}

// toUpper makes an upper bidiagonal matrix of a lower one, by rotations of rows.
func (s *bidiagonal) toUpper() {
	d, e := s.d, s.e
	save := s.chain(true, 0, 1, len(e))
	for i := range e {
		c, sn, r := rotation(d[i], e[i])
		d[i] = r
		e[i] = sn * d[i+1]
		d[i+1] *= c
		save(i, c, sn)
	}
}

// run is the implicit zero-shift QR iteration, which computes small singular values to
// full relative accuracy (J. Demmel, W. Kahan, Accurate singular values of bidiagonal
// matrices, SIAM J. Sci. Stat. Comput. 11, 1990), with LAPACK's criteria, those of
// dbdsqr. It reports whether all singular values have converged.
func (s *bidiagonal) run() bool {
	d, e, n := s.d, s.e, len(s.d)
	tol := max(10, min(100, math.Pow(epsilon, -0.125))) * epsilon
	// A lower bound for the smallest singular value.
	least := math.Abs(d[0])
	for i, mu := 1, least; i < n && least != 0; i++ {
		mu = math.Abs(d[i]) * (mu / (mu + math.Abs(e[i-1])))
		least = min(least, mu)
	}
	const iterations = 6
	negligible := max(tol*least/math.Sqrt(float64(n)), iterations*float64(n)*float64(n)*safe)

	left := iterations * n * n // rotations
	down := true
	lastLow, lastHigh := n, -1
	for high := n - 1; high > 0; {
		if left < 0 {
			s.apply()
			return false
		}
		// The block low … high ends in e's last elements that are not negligible.
		low, largest := high, math.Abs(d[high])
		for low > 0 {
			x := math.Abs(e[low-1])
			if x <= negligible {
				e[low-1] = 0
				break
			}
			low--
			largest = max(largest, math.Abs(d[low]), x)
		}
		switch low {
		case high: // a singular value
			high--
			continue
		case high - 1:
			var sinR, cosR, sinL, cosL float64
			d[high], d[low], sinR, cosR, sinL, cosL = s.lapack.Dlasv2(d[low], e[low], d[high])
			e[low] = 0
			s.right.one(low, cosR, sinR)
			s.left[0].one(low, cosL, sinL)
			s.left[1].one(low, cosL, sinL)
			high -= 2
			continue
		}
		// Another block than before is chased from its larger end to its smaller one.
		if low > lastHigh || high < lastLow {
			down = math.Abs(d[low]) >= math.Abs(d[high])
		}
		lastLow, lastHigh = low, high
		first, step := low, 1
		if !down {
			first, step = high, -1
		}
		count := high - low
		at := func(i int) int { return first + step*i }
		between := func(i int) int { return min(at(i), at(i+1)) }

		smallest, split := s.split(at, between, count, tol)
		if split {
			lastLow, lastHigh = n, -1
			continue
		}
		// Unless a shift would spoil relative accuracy, or makes no difference.
		shift := 0.0
		if float64(n)*tol*(smallest/largest) > max(epsilon, 0.01*tol) {
			i := between(count - 1)
			shift, _ = s.lapack.Dlas2(d[i], e[i], d[i+1])
			if x := math.Abs(d[first]); x > 0 && (shift/x)*(shift/x) < epsilon {
				shift = 0
			}
		}
		left -= count
		if shift == 0 {
			s.unshifted(at, between, count, down)
		} else {
			s.shifted(at, between, count, down, shift)
		}
		if last := between(count - 1); math.Abs(e[last]) <= negligible {
			e[last] = 0
		}
	}

	s.apply()
	for i, v := range d {
		if v < 0 || v == 0 && math.Signbit(v) {
			d[i] = -v
			if r := s.right; r != nil {
				row := r.a[i*r.lda:][:r.n]
				for j := range row {
					row[j] = -row[j]
				}
			}
		}
	}
	order := sorted(d, func(a, b float64) int {
		switch {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	s.right.permute(order)
	s.left[0].permute(order)
	s.left[1].permute(order)
	return true
}

func (s *bidiagonal) apply() {
	s.right.apply()
	s.left[0].apply()
	s.left[1].apply()
}

// split sets an element of a block's superdiagonal to 0 if that changes its singular
// values by no more than tol of each, and reports whether it has. Otherwise it
// returns a lower bound for the smallest one.
func (s *bidiagonal) split(at, between func(i int) int, count int, tol float64) (smallest float64, split bool) {
	d, e := s.d, s.e
	if last := between(count - 1); math.Abs(e[last]) <= tol*math.Abs(d[at(count)]) {
		e[last] = 0
		return 0, true
	}
	mu := math.Abs(d[at(0)])
	smallest = mu
	for i := range count {
		x := math.Abs(e[between(i)])
		if x <= tol*mu {
			e[between(i)] = 0
			return 0, true
		}
		mu = math.Abs(d[at(i+1)]) * (mu / (mu + x))
		smallest = min(smallest, mu)
	}
	return smallest, false
}

// unshifted is an iteration with shift 0. Seen from the end of the block, rows are
// columns.
func (s *bidiagonal) unshifted(at, between func(i int) int, count int, down bool) {
	d, e := s.d, s.e
	step := at(1) - at(0)
	save1, save2 := s.chain(!down, at(0), step, count), s.chain(down, at(0), step, count)
	c, c2, s2 := 1.0, 1.0, 0.0
	for i := range count {
		var sn, r float64
		c, sn, r = rotation(d[at(i)]*c, e[between(i)])
		if i > 0 {
			e[between(i-1)] = s2 * r
		}
		c2, s2, d[at(i)] = rotation(c2*r, d[at(i+1)]*sn)
		save1(i, c, sn)
		save2(i, c2, s2)
	}
	h := d[at(count)] * c
	d[at(count)] = h * c2
	e[between(count-1)] = h * s2
}

// shifted is an iteration with a shift: it chases the bulge that the first rotation
// makes.
func (s *bidiagonal) shifted(at, between func(i int) int, count int, down bool, shift float64) {
	d, e := s.d, s.e
	step := at(1) - at(0)
	save1, save2 := s.chain(!down, at(0), step, count), s.chain(down, at(0), step, count)
	x := d[at(0)]
	f, g := (math.Abs(x)-shift)*(math.Copysign(1, x)+shift/x), e[between(0)]
	for i := range count {
		j, k, b := at(i), at(i+1), between(i)
		c, sn, r := rotation(f, g)
		if i > 0 {
			e[between(i-1)] = r
		}
		f = c*d[j] + sn*e[b]
		e[b] = c*e[b] - sn*d[j]
		g = sn * d[k]
		d[k] *= c
		save1(i, c, sn)
		c, sn, r = rotation(f, g)
		d[j] = r
		f = c*e[b] + sn*d[k]
		d[k] = c*d[k] - sn*e[b]
		if i < count-1 {
			g = sn * e[between(i+1)]
			e[between(i+1)] *= c
		}
		save2(i, c, sn)
	}
	e[between(count-1)] = f
}
