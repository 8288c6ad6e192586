package ref

import "math"

// dd is an unevaluated sum hi + lo of two float64, |lo| at most half a unit in
// the last place of hi: numbers of about 106 bits. The operations are those of
// T. J. Dekker, A floating-point technique for extending the available
// precision, 1971, with products' errors by fused multiply-adds; each has a
// relative error of a few 2⁻¹⁰⁴.
type dd struct{ hi, lo float64 }

// fastSum returns x + y for |x| ≥ |y| or x = 0.
func fastSum(x, y float64) dd {
	s := x + y
	return dd{s, y - (s - x)}
}

// sum returns x + y exactly.
func sum(x, y float64) dd {
	s := x + y
	t := s - x
	return dd{s, (x - (s - t)) + (y - t)}
}

// product returns x·y exactly.
func product(x, y float64) dd {
	p := float64(x * y)
	return dd{p, math.FMA(x, y, -p)}
}

func (d dd) add(e dd) dd {
	s, t := sum(d.hi, e.hi), sum(d.lo, e.lo)
	s = fastSum(s.hi, s.lo+t.hi)
	return fastSum(s.hi, s.lo+t.lo)
}

// addProduct returns d + x·y.
func (d dd) addProduct(x, y float64) dd { return d.add(product(x, y)) }

func (d dd) mul(e dd) dd {
	p := product(d.hi, e.hi)
	return fastSum(p.hi, p.lo+float64(d.hi*e.lo)+float64(d.lo*e.hi))
}

func (d dd) div(e dd) dd {
	q := d.hi / e.hi
	r := d.add(e.mul(dd{-q, 0}))
	return fastSum(q, r.hi/e.hi)
}

func (d dd) ldexp(n int) dd { return dd{math.Ldexp(d.hi, n), math.Ldexp(d.lo, n)} }
