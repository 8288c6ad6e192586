package ref

import (
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
)

const precision = 256 // bits

func bigFloat(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

// bigExp returns e^x by a Taylor series of x/2^k, squared k times.
func bigExp(x *big.Float) *big.Float {
	const halvings, terms = 24, 16 // (760/2^24)^16/16! < 2^−240
	r := new(big.Float).SetMantExp(x, -halvings)
	e, term := bigFloat(1), bigFloat(1)
	for i := 1; i < terms; i++ {
		term.Mul(term, r).Quo(term, bigFloat(float64(i)))
		e.Add(e, term)
	}
	for range halvings {
		e.Mul(e, e)
	}
	return e
}

// bigLog returns log x by y + 2·(x − e^y)/(x + e^y), which triples the digits.
func bigLog(x float64) *big.Float {
	m, k := math.Frexp(x) // math.Log is wrong for subnormal numbers on amd64
	y := bigFloat(math.Log(m) + float64(k)*math.Ln2)
	if k == 0 || k == 1 {
		y = bigFloat(math.Log(x))
	}
	for range 2 {
		e := bigExp(y)
		d, s := bigFloat(x), bigFloat(x)
		d.Quo(d.Sub(d, e), s.Add(s, e))
		y.Add(y, d.Mul(d, bigFloat(2)))
	}
	return y
}

// TestAgainstBig compares results to more digits than any test here needs.
func TestAgainstBig(t *testing.T) {
	n := 20_000
	switch {
	case testing.Short():
		n = 300
	case os.Getenv("LANEWISE_LONG") != "":
		n = 1_000_000
	}
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Go(func() {
			rng := rand.New(rand.NewPCG(5, uint64(w)))
			for i := w; i < n; i += workers {
				// All magnitudes that matter to the exponentials, and below.
				x := math.Copysign(math.Ldexp(1+rng.Float64(), rng.IntN(13)-3), float64(rng.IntN(2))-0.5)
				if math.Abs(x) > 760 || i%16 == 0 {
					x = math.Ldexp(x, -rng.IntN(70))
				}
				if math.Abs(x) > 760 {
					continue
				}
				e := bigExp(bigFloat(x))
				inverse := bigFloat(1)
				inverse.Quo(inverse, e)
				check(t, "e^", x, Exp(x), e)
				d := bigFloat(1)
				check(t, "sigmoid of ", x, Sigmoid(x), d.Quo(e, d.Add(d, e)))
				p, q := bigFloat(0), bigFloat(0)
				check(t, "tanh of ", x, Tanh(x), p.Quo(p.Sub(e, inverse), q.Add(e, inverse)))
				y := math.Abs(x)
				switch i % 3 {
				case 0:
					y = math.Ldexp(y, rng.IntN(2000)-1000)
				case 1:
					y = 1 + math.Ldexp(x, -12-rng.IntN(45))
				}
				if y > 0 && y != 1 {
					check(t, "log of ", y, Log(y), bigLog(y))
				}
			}
		})
	}
	wait.Wait()
}

func check(t *testing.T, what string, x float64, got Exact, want *big.Float) {
	t.Helper()
	g := bigFloat(got.m.hi)
	g.Add(g, bigFloat(got.m.lo)).SetMantExp(g, got.exp)
	g.Sub(g, want).Quo(g, want)
	if err, _ := g.Float64(); math.Abs(err) > 0x1p-95 {
		t.Errorf("%s%v has a relative error of %v", what, x, err)
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
