package ref

import "math"

// log returns the logarithm of x ≥ 1 or so to twice the precision of float64, by
// one step of Newton's method for e^y = x.
func (x dd) log() dd {
	y := math.Log(x.hi)
	e := Exp(-y)
	r := x.mul(e.m.ldexp(e.exp)).add(dd{-1, 0}) // x·e^−y − 1
	return sum(y, 0).add(r).add(dd{-r.hi * r.hi / 2, 0})
}

// LogSumExp returns log Σ e^x_i and the bound on the error of a result in the
// working precision: as for [Softmax] the sum has a relative error of
//
//	u·(Σ_i p_i·(|d_i| + 2) + m−1),  d_i = x_i − max x
//
// its logarithm, which is at least 0, that absolute one and one unit in the last
// place of its own, and a sum is rounded.
func LogSumExp[T Float](x []T) (want, bound float64) {
	top, logSum, bound := logSum(x)
	s := logSum.add(dd{top, 0})
	return s.hi, bound + Gamma[T](2)*(math.Abs(s.hi)+math.Abs(top))
}

// logSum returns the largest element, the logarithm of Σ e^(x_i − top) and the bound
// on its error.
func logSum[T Float](x []T) (top float64, log dd, bound float64) {
	top = math.Inf(-1)
	for _, v := range x {
		top = max(top, float64(v))
	}
	var total dd
	for _, v := range x {
		if !math.IsInf(float64(v), -1) || math.IsInf(top, 0) {
			total = total.add(power(sum(float64(v), -top)))
		}
	}
	u := Gamma[T](1)
	for _, v := range x {
		if d := float64(v) - top; !math.IsInf(d, 0) {
			bound += 1.01 * u * math.Exp(d) / total.hi * (math.Abs(d) + 2)
		}
	}
	log = total.log()
	return top, log, bound + Gamma[T](len(x)+1) + 2*u*math.Abs(log.hi)
}

// power returns e^x.
func power(x dd) dd {
	e := Exp(x.hi)
	return e.m.ldexp(e.exp).mul(dd{1 + x.lo, 0})
}

// CrossEntropy returns log Σ e^(x_i − max x) − Σ y_i·(x_i − max x) and the bound on
// the error of a result in the working precision: those of the logarithm and, for
// m multiply-adds of rounded differences, of the second sum, and of the
// last one.
func CrossEntropy[T Float](x, y []T) (want, bound float64) {
	top, loss, bound := logSum(x)
	size := 0.0
	for i, v := range x {
		if y[i] != 0 {
			d := sum(float64(v), -top)
			loss = loss.add(d.mul(dd{-float64(y[i]), 0}))
			size += math.Abs(float64(y[i]) * d.hi)
		}
	}
	if math.IsInf(size, 0) && !math.IsInf(top, 0) {
		return math.Inf(1), 0
	}
	return loss.hi, bound + Gamma[T](len(x)+4)*size + Gamma[T](2)*math.Abs(loss.hi) + Tiny[T]()*float64(len(x))
}

// BinaryCrossEntropy returns Σ max(x_i, 0) − x_i·y_i + log(1 + e^−|x_i|) and, for
// each element, σ(x_i) − y_i; and the bounds on the errors of results in the
// working precision, with σ and the logarithm within three units in the last place.
func BinaryCrossEntropy[T Float](x, y []T) (loss, lossBound float64, dx, dxBound []float64) {
	size := 0.0
	for i, v := range x {
		z, label := float64(v), float64(y[i])
		l := math.Log1p(math.Exp(-math.Abs(z)))
		loss += max(z, 0) - z*label + l
		size += max(z, 0) + math.Abs(z*label) + 7*l
		s := Sigmoid(z).Float64()
		dx = append(dx, s-label)
		dxBound = append(dxBound, Gamma[T](8)*s+Gamma[T](1)*math.Abs(s-label)+8*Tiny[T]())
	}
	return loss, Gamma[T](len(x)+3)*size + float64(len(x)+8)*Tiny[T](), dx, dxBound
}
