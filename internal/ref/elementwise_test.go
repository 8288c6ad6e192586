package ref

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

const precision = 200 // bits

func bigFloat(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

// bigExp returns e^x by a Taylor series of x/2^k, squared k times.
func bigExp(x float64) *big.Float {
	const halvings = 40
	r := bigFloat(x)
	r.SetMantExp(r, -halvings)
	e, term := bigFloat(1), bigFloat(1)
	for i := 1; i < 12; i++ {
		term.Mul(term, r).Quo(term, bigFloat(float64(i)))
		e.Add(e, term)
	}
	for range halvings {
		e.Mul(e, e)
	}
	return e
}

// points are values of all magnitudes that matter to e^x.
func points(n int) func(yield func(float64) bool) {
	rng := rand.New(rand.NewPCG(5, 5))
	return func(yield func(float64) bool) {
		for range n {
			x := math.Ldexp(1+rng.Float64(), rng.IntN(13)-3)
			if rng.IntN(2) == 0 {
				x = -x
			}
			if math.Abs(x) < 760 && !yield(x) {
				return
			}
		}
	}
}

// TestExp compares 200-bit results, to more digits than any test here needs.
func TestExp(t *testing.T) {
	n := 20000
	if testing.Short() {
		n = 300
	}
	for x := range points(n) {
		check(t, "e^", x, Exp(x), bigExp(x))
		d := bigFloat(1)
		d.Add(d, bigExp(-x))
		check(t, "sigmoid of ", x, Sigmoid(x), d.Quo(bigFloat(1), d))
	}
}

func check(t *testing.T, what string, x float64, got Exact, want *big.Float) {
	t.Helper()
	g := bigFloat(got.m.hi)
	g.Add(g, bigFloat(got.m.lo)).SetMantExp(g, got.exp)
	g.Sub(g, want).Quo(g, want)
	if err, _ := g.Float64(); math.Abs(err) > 0x1p-95 {
		t.Fatalf("%s%v has a relative error of %v", what, x, err)
	}
}

func TestULP(t *testing.T) {
	const tiny, huge = math.SmallestNonzeroFloat32, math.MaxFloat32
	inf, nan := math.Inf(1), math.NaN()
	for _, test := range []struct {
		got  float32
		want Exact
		ulp  float64
	}{
		{1, Of(1), 0},
		{1, Of(1 + 0x1p-24), 0.5},
		{1, Of(1 - 0x1p-24), 1}, // below 1 the spacing is half as wide
		{1, Exact{m: dd{1, -0x1p-60}}, 0x1p-36},
		{1, Exact{m: dd{1, 0x1p-60}}, 0x1p-37},
		{1, Exact{dd{1.5, 0}, 0}, 1 << 22},
		{0, Of(tiny / 4), 0.25},
		{tiny, Of(0), 1},
		{-tiny, Of(tiny), 2},
		{0x1p-126, Of(0x1p-126 + tiny/8), 0.125},
		{0, Exact{dd{1, 0}, -5000}, 0},
		{float32(inf), Of(huge), 1},
		{float32(inf), Exact{dd{1, 0}, 128}, 0},
		{huge, Exact{dd{1, 0}, 128}, 1},
		{float32(inf), Of(inf), 0},
		{huge, Of(inf), 1},
		{float32(nan), Of(nan), 0},
		{float32(nan), Of(1), inf},
		{1, Of(nan), inf},
	} {
		if got := ULP(test.got, test.want); got != test.ulp {
			t.Errorf("%v is %v ULP from %v, want %v", test.got, got, test.want, test.ulp)
		}
	}
	if got := ULP(inf, Exact{dd{1, 0}, 1024}); got != 0 {
		t.Errorf("+Inf is %v ULP from 2^1024", got)
	}
	if got := ULP(0x1p-1074, Exact{dd{1.5, 0}, -1074}); got != 0.5 {
		t.Errorf("2^-1074 is %v ULP from 1.5·2^-1074", got)
	}
	if got := ULP(1.0, Of(1+0x1p-52)); got != 1 {
		t.Errorf("1 is %v ULP from 1 + 2^-52", got)
	}
}
