package gonumblas

import (
	"math"

	"github.com/lanewise/lanewise/blas"
)

// Limits of eigenvectors by rows.
const (
	// eigenRows is how many rows of eigenvectors are solved for between products.
	eigenRows = 64
	// eigenColumns is how many vectors at a time are multiplied by Z.
	eigenColumns = 128
	// farGrown is what elements are not to grow beyond: gonum's scales them on the way.
	farGrown = 1e150
)

// rightVectors finds the right eigenvectors of a matrix from its Schur form, T of ldt and
// the vectors Z, which they replace: column k for a real eigenvalue, and k and k + 1, real
// and imaginary parts, for one of a conjugate pair, that of wi[k] > 0. ok is false, and Z as
// it was, if they grow far.
func rightVectors(n int, t []float64, ldt int, wr, wi, z []float64, ldz int) (ok bool) {
	x, ok := triangularVectors(n, t, ldt, wr, wi)
	if !ok {
		return false
	}
	multiplyVectors(n, z, ldz, x, func(j, end int) (int, int) { return 0, end })
	return true
}

// leftVectors is rightVectors for left ones, uᴴ·A = λ·uᴴ. With J, which turns the order of
// rows about, S = J·Tᵀ·J is quasi-triangular like T, and if S·x = λ·x, u is the conjugate
// of J·x.
func leftVectors(n int, t []float64, ldt int, wr, wi, z []float64, ldz int) (ok bool) {
	s, re, im := make([]float64, n*n), make([]float64, n), make([]float64, n)
	for i := range n {
		re[n-1-i], im[n-1-i] = wr[i], -wi[i] // the second of a pair comes first
		for j := max(0, i-1); j < n; j++ {
			s[(n-1-j)*n+n-1-i] = t[i*ldt+j]
		}
	}
	x, ok := triangularVectors(n, s, n, re, im)
	if !ok {
		return false
	}
	u := s
	for i := range n {
		row := x[(n-1-i)*n:][:n]
		for k := 0; k < n; k++ {
			if wi[k] == 0 {
				u[i*n+k] = row[n-1-k]
				continue
			}
			u[i*n+k], u[i*n+k+1] = row[n-2-k], -row[n-1-k]
			k++
		}
	}
	multiplyVectors(n, z, ldz, u, func(j, _ int) (int, int) { return max(0, j-1), n }) // a pair may begin at j−1
	return true
}

// multiplyVectors replaces Z by Z·X. Of columns j … end−1 of X no other rows than from …
// to−1, which rows returns, have elements that are not zero.
func multiplyVectors(n int, z []float64, ldz int, x []float64, rows func(j, end int) (from, to int)) {
	v := make([]float64, n*n)
	for j := 0; j < n; j += eigenColumns {
		end := min(j+eigenColumns, n)
		from, to := rows(j, end)
		blas.Gemm(blas.NoTrans, blas.NoTrans, n, end-j, to-from, 1, z[from:], ldz, x[from*n+j:], n, 0, v[j:], n)
	}
	for i := range n {
		copy(z[i*ldz:][:n], v[i*n:])
	}
}

// triangularVectors returns right eigenvectors of a quasi-triangular matrix, an n×n
// matrix whose columns they are. It solves
//
//	(T − λ·I)·x = 0
//
// upwards from where λ stands on T's diagonal, for all λ together, so that nearly all is
// products: LAPACK's dtrevc goes through T once for each. ok is false if elements grow
// far, which only scaling on the way prevents from overflowing.
func triangularVectors(n int, t []float64, ldt int, wr, wi []float64) (x []float64, ok bool) {
	small := make([]float64, n)
	for k := range small {
		small[k] = math.Max(spacing*(math.Abs(wr[k])+math.Abs(wi[k])), safe*(float64(n)/spacing))
	}
	x = make([]float64, n*n)
	for end := n; end > 0; {
		first := max(0, end-eigenRows)
		if first > 0 && t[first*ldt+first-1] != 0 { // not through a pair
			first--
		}
		if rest := n - end; rest > 0 {
			blas.Gemm(blas.NoTrans, blas.NoTrans, end-first, rest, rest, -1, t[first*ldt+end:], ldt, x[end*n+end:], n, 0, x[first*n+end:], n)
		}
		for below := end; below > first; {
			rows := 1
			if i := below - 1; i > first && t[i*ldt+i-1] != 0 {
				rows = 2
			}
			i := below - rows
			if rest := n - below; rest > 0 && end > below {
				blas.Gemm(blas.NoTrans, blas.NoTrans, rows, rest, end-below, -1, t[i*ldt+below:], ldt, x[below*n+below:], n, 1, x[i*n+below:], n)
			}
			if rows == 1 {
				solveRow(x[i*n:][:n], below, t[i*ldt+i], wr, wi, small)
				x[i*n+i] = 1
			} else {
				// Imaginary is the second, so that no column has an element below its own row.
				a, b, c := t[i*ldt+i], t[i*ldt+i+1], t[(i+1)*ldt+i]
				solveRows(x[i*n:][:n], x[(i+1)*n:][:n], below, a, b, c, wr, wi, small)
				if math.Abs(b) >= math.Abs(c) {
					x[i*n+i], x[(i+1)*n+i+1] = 1, wi[i]/b
				} else {
					x[i*n+i], x[(i+1)*n+i+1] = -wi[i]/c, 1
				}
			}
			below = i
		}
		end = first
	}
	sum := blas.Asum(x)
	return x, sum <= farGrown
}

// solveRow divides the elements of a row of vectors, from column k on, by t − λ, of which
// small are the least sizes: about its rounding errors.
func solveRow(x []float64, k int, t float64, wr, wi, small []float64) {
	for ; k < len(x); k++ {
		if wi[k] == 0 {
			d := t - wr[k]
			if math.Abs(d) < small[k] {
				d = small[k]
			}
			x[k] /= d
			continue
		}
		d := complex(t-wr[k], -wi[k])
		if size(d) < small[k] {
			d = complex(small[k], 0)
		}
		y := complex(x[k], x[k+1]) / d
		x[k], x[k+1] = real(y), imag(y)
		k++
	}
}

// solveRows is solveRow for two rows that belong to a pair:
//
//	⎡ a − λ    b   ⎤ ⎡ x ⎤
//	⎣   c    a − λ ⎦·⎣ y ⎦
//
// is what they are.
func solveRows(x, y []float64, k int, a, b, c float64, wr, wi, small []float64) {
	for ; k < len(x); k++ {
		if wi[k] == 0 {
			p := a - wr[k]
			r, s := x[k], y[k]
			// The larger element of the column is the pivot.
			pivot, other, above, beside := p, c, b, p
			if math.Abs(c) > math.Abs(p) {
				pivot, other, above, beside, r, s = c, p, p, b, s, r
			}
			l := other / pivot
			u := beside - l*above
			if math.Abs(u) < small[k] {
				u = small[k]
			}
			y[k] = (s - l*r) / u
			x[k] = (r - above*y[k]) / pivot
			continue
		}
		p, r, s := complex(a-wr[k], -wi[k]), complex(x[k], x[k+1]), complex(y[k], y[k+1])
		pivot, other, above, beside := p, complex(c, 0), complex(b, 0), p
		if math.Abs(c) > size(p) {
			pivot, other, above, beside, r, s = other, p, p, above, s, r
		}
		l := other / pivot
		u := beside - l*above
		if size(u) < small[k] {
			u = complex(small[k], 0)
		}
		second := (s - l*r) / u
		first := (r - above*second) / pivot
		x[k], x[k+1], y[k], y[k+1] = real(first), imag(first), real(second), imag(second)
		k++
	}
}

// size is |re| + |im|.
func size(z complex128) float64 { return math.Abs(real(z)) + math.Abs(imag(z)) }
