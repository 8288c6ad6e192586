package asm

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/lanewise/lanewise/internal/ref"
)

// long reports whether the sweeps that take minutes are to run.
var long = os.Getenv("LANEWISE_LONG") != ""

// unary is a function of one number, its kernels and its reference.
type unary struct {
	name string
	f32  func(*Kernels[float32]) func(n int, dst, src *float32)
	f64  func(*Kernels[float64]) func(n int, dst, src *float64)
	// exact is the reference for float64. For float32 near is enough: its
	// error of a few units in float64's last place is 2⁻²⁷ in float32's.
	exact func(x float64) ref.Exact
	near  func(x float64) float64
	// outputs is the SHA-256 of all 2³² results of the assembly levels for
	// float32, in the order of the inputs' bits, NaNs as 0x7fc00000, in
	// little-endian pieces of 2²⁴ each hashed to 32 bytes of the whole. These
	// bits are a promise.
	outputs string
	// The errors that the assembly levels and, for float64, the generic one may
	// have, if not 1.
	simd, portable64 float64
	// portable is the same of the generic level's results for every 65,521st
	// float32, the same on every architecture.
	portable string
}

var unaries = []unary{
	{
		name:  "Exp",
		f32:   func(k *Kernels[float32]) func(int, *float32, *float32) { return k.Exp },
		f64:   func(k *Kernels[float64]) func(int, *float64, *float64) { return k.Exp },
		exact: ref.Exp,
		near:  math.Exp,

		portable: "4b1c5fdfb806bf1ef8fb534e4bdc2c8c8c51dadc03566a26487e737caac6cae8",
		outputs:  "8be6c91b51df435ae261a84d418650b4aabeffe433011c966f38deb00077df20",
	},
	{
		name:  "Sigmoid",
		f32:   func(k *Kernels[float32]) func(int, *float32, *float32) { return k.Sigmoid },
		f64:   func(k *Kernels[float64]) func(int, *float64, *float64) { return k.Sigmoid },
		exact: ref.Sigmoid,
		near:  func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },

		portable: "59aa69477675744b14bde2eff3c2da0d9f99d15a87884dd1464eab6fbc087489",
		outputs:  "32d87a47f259ee473ff19b51078c1af1077753618fb267b64f1f3244535612d7",
	},
	{
		name:  "Tanh",
		f32:   func(k *Kernels[float32]) func(int, *float32, *float32) { return k.Tanh },
		f64:   func(k *Kernels[float64]) func(int, *float64, *float64) { return k.Tanh },
		exact: ref.Tanh,
		near:  math.Tanh,

		portable64: 2,
		portable:   "24665faf743e6f9bdd16883616e10df27f907e543dfcc1ef18e68c851a11357a",
		outputs:    "957a5ac2508e49a8ccf18fe9e5166dfd0480dc17c853aa60b91be32eec6c1389",
	},
	{
		name:  "SiLU",
		f32:   func(k *Kernels[float32]) func(int, *float32, *float32) { return k.SiLU },
		f64:   func(k *Kernels[float64]) func(int, *float64, *float64) { return k.SiLU },
		exact: ref.SiLU,
		near:  func(x float64) float64 { x = max(x, -math.MaxFloat64); return x / (1 + math.Exp(-x)) }, // −0 at −Inf

		simd: 2, portable64: 2,
		portable: "59646f29fac2e758ab82f97cc8c97b80e4308176b81d8c58f30ed8d3436ed9cd",
		outputs:  "d821174f8d1907c5c1d73db4c4fa71d82f1237a3e29dc9214d6f5b71c060bf5b",
	},
	{
		name:  "Log",
		f32:   func(k *Kernels[float32]) func(int, *float32, *float32) { return k.Log },
		f64:   func(k *Kernels[float64]) func(int, *float64, *float64) { return k.Log },
		exact: ref.Log,
		near:  math.Log,

		portable: "a0f43e2c67431ec909c5672ef90312b2073e4ccaf6d731e689e802fda500396e",
		outputs:  "459e9057e6c463a80ecef9056220e6a6df88f6a74bc1d26bd2951715739778bd",
	},
}

// bound is the error in units in the last place that a level's results are held
// to.
func (f *unary) bound(l *Level, size uintptr) float64 {
	switch {
	case l.Name != "generic":
		return max(1, f.simd)
	case size == 4:
		return 0.51
	default:
		return max(1, f.portable64)
	}
}

// worst is the largest error seen, and where.
type worst[T Float] struct {
	ulp float64
	x   T
}

func (w *worst[T]) see(ulp float64, x T) {
	if ulp > w.ulp {
		*w = worst[T]{ulp, x}
	}
}

// TestFloat32 tries inputs of all exponents, with LANEWISE_LONG all there are,
// at every level: the errors, and that the assembly levels give the same bits.
func TestFloat32(t *testing.T) {
	step := uint64(1021)
	if long {
		step = 1
	}
	for _, f := range unaries {
		t.Run(f.name, func(t *testing.T) {
			sweep32(t, f, 65521)
			if !testing.Short() {
				sweep32(t, f, step)
			}
		})
	}
}

func sweep32(t *testing.T, f unary, step uint64) {
	const piece = 1 << 24 // inputs, tried or passed over
	type result struct {
		hash    []byte // of generic and the level above; further levels are compared to that
		differs bool
		worst[float32]
	}
	results := make([][256]result, len(levels))
	var wait sync.WaitGroup
	next := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			const block = 4096
			src, dst, near := make([]float32, 0, block), make([]float32, block), make([]float64, block)
			var bytes, below []byte
			for number := range next {
				hashes := [2]hash.Hash{sha256.New(), sha256.New()}
				lo, hi := number*piece, (number+1)*piece
				bits := (lo + step - 1) / step * step
				for bits < hi {
					src = src[:0]
					for ; bits < hi && len(src) < block; bits += step {
						src = append(src, math.Float32frombits(uint32(bits)))
					}
					for i, x := range src {
						near[i] = f.near(float64(x))
					}
					for i, l := range levels {
						f.f32(&l.F32)(len(src), first(dst), first(src))
						r := &results[i][number]
						for j, got := range dst[:len(src)] {
							// What is rounded right is half a unit off at most.
							if want := near[j]; got != float32(want) && (got == got || want == want) {
								r.see(ref.ULP(got, ref.Of(want)), src[j])
							}
						}
						bytes = appendBits(bytes[:0], dst[:len(src)])
						if i < len(hashes) {
							hashes[i].Write(bytes)
						} else if !slices.Equal(bytes, below) {
							r.differs = true
						}
						bytes, below = below, bytes
					}
				}
				for i := range min(len(levels), len(hashes)) {
					results[i][number].hash = hashes[i].Sum(nil)
				}
			}
		})
	}
	for number := range uint64(256) {
		next <- number
	}
	close(next)
	wait.Wait()

	for i, l := range levels {
		all, w, differs := sha256.New(), worst[float32]{ulp: 0.5}, false
		for _, r := range results[i] {
			all.Write(r.hash)
			w.see(r.ulp, r.x)
			differs = differs || r.differs
		}
		sum := hex.EncodeToString(all.Sum(nil))
		t.Logf("level %s, every %dth input: %.4f ULP at %v", l.Name, step, w.ulp, w.x)
		if most := f.bound(l, 4); !(w.ulp <= most) {
			t.Errorf("level %s: %v ULP at %v, want at most %v", l.Name, w.ulp, w.x, most)
		}
		if differs {
			t.Errorf("level %s: other bits than the level below", l.Name)
		}
		if want := f.portable; i == 0 && step == 65521 && sum != want {
			t.Errorf("level %s: the outputs' SHA-256 is %s, want %s", l.Name, sum, want)
		}
		if want := f.outputs; i == 1 && step == 1 && sum != want {
			t.Errorf("level %s: the outputs' SHA-256 is %s, want %s", l.Name, sum, want)
		}
	}
}

// appendBits appends the little-endian bits of x to data, for NaNs those of one.
func appendBits(data []byte, x []float32) []byte {
	for _, v := range x {
		bits := math.Float32bits(v)
		if v != v {
			bits = 0x7fc00000
		}
		data = binary.LittleEndian.AppendUint32(data, bits)
	}
	return data
}

// TestFloat64 tries 64 numbers on either side of where the functions or their
// kernels change their ways, and random ones of all magnitudes: as many as
// LANEWISE_POINTS says, if it is set.
func TestFloat64(t *testing.T) {
	n := 200_000
	switch points, err := strconv.Atoi(os.Getenv("LANEWISE_POINTS")); {
	case err == nil:
		n = points
	case testing.Short():
		n = 2_000
	case long:
		n = 5_000_000
	}
	for _, f := range unaries {
		t.Run(f.name, func(t *testing.T) { sample64(t, f, n) })
	}
}

// borders are where functions of float64 or their kernels change their ways.
var borders = []float64{
	0, 0x1p-1074, 0x1p-1022, 0x1p-1021, 0x1p-60, 0x1p-54, 0x1p-53, 0x1p-27, math.Ln2 / 2, 1.5 * math.Ln2, 1, 2, 36.04, 36.74, 44.36,
	64 * math.Ln2, 708.396, 709.09, 709.782712893384, 710, 744.4400719213812, 745.133219101941, 746, 1000, 1 << 40, math.MaxFloat64,
	0.25, 0.375, 0.5, 0.75, 1.5, 3, 0x1p53, // log's
	0.945, 20, // tanh's
	752, 753, // silu's
}

func sample64(t *testing.T, f unary, n int) {
	const block = 1 << 12
	found := make([]worst[float64], len(levels))
	var lock sync.Mutex
	try := func(src []float64) {
		dst, simd, exact := make([]float64, len(src)), make([]float64, len(src)), make([]ref.Exact, len(src))
		for i, x := range src {
			exact[i] = f.exact(x)
		}
		for l, level := range levels {
			f.f64(&level.F64)(len(src), first(dst), first(src))
			var w worst[float64]
			for i, got := range dst {
				w.see(ref.ULP(got, exact[i]), src[i])
				if l > 1 && !ref.Same(got, simd[i]) {
					t.Errorf("level %s: %v for %v; the level below has %v", level.Name, got, src[i], simd[i])
				}
			}
			copy(simd, dst)
			lock.Lock()
			found[l].see(w.ulp, w.x)
			lock.Unlock()
		}
	}
	var near []float64
	for _, x := range borders {
		for i := -64; i <= 64; i++ {
			if v := math.Float64frombits(math.Float64bits(x) + uint64(i)); v == v && (x != 0 || i >= 0) {
				near = append(near, v, -v)
			}
		}
	}
	try(near)
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Go(func() {
			rng := rand.New(rand.NewPCG(6, uint64(w)))
			src := make([]float64, block)
			for done := w * block; done < n; done += workers * block {
				for i := range src {
					sign := float64(rng.IntN(2)) - 0.5
					switch i % 8 {
					case 0: // any exponent
						src[i] = math.Copysign(math.Ldexp(1+rng.Float64(), rng.IntN(2046)-1022), sign)
					case 1: // about 1, where log is 0
						src[i] = math.Float64frombits(math.Float64bits(1) + uint64(rng.Int64N(1<<53)-1<<52))
					case 2:
						src[i] = 750 * (2*rng.Float64() - 1)
					default:
						src[i] = math.Copysign(math.Ldexp(1+rng.Float64(), rng.IntN(17)-6), sign)
					}
				}
				try(src)
			}
		})
	}
	wait.Wait()
	for l, level := range levels {
		t.Logf("level %s: %.4f ULP at %v", level.Name, found[l].ulp, found[l].x)
		if most := f.bound(level, 8); !(found[l].ulp <= most) {
			t.Errorf("level %s: %v ULP at %v, want at most %v", level.Name, found[l].ulp, found[l].x, most)
		}
	}
}

// TestSpecial holds the functions to C99's special values, which are exact.
func TestSpecial(t *testing.T) {
	onKernels(t, testSpecial[float32], testSpecial[float64])
}

func testSpecial[T Float](t *testing.T, k *Kernels[T]) {
	inf, zero := T(math.Inf(1)), T(math.Copysign(0, -1))
	tiny := T(ref.Tiny[T]())
	nan := T(math.NaN())
	const any = -77 // a value that is not exact, and other tests'
	for _, test := range []struct{ x, exp, sigmoid, tanh, log, silu, relu T }{
		{nan, nan, nan, nan, nan, nan, nan},
		{-nan, nan, nan, nan, nan, nan, nan},
		{inf, inf, 1, 1, inf, inf, inf},
		{-inf, 0, 0, -1, nan, zero, 0},
		{0, 1, 0.5, 0, -inf, 0, 0}, {zero, 1, 0.5, zero, -inf, zero, zero},
		{tiny, 1, 0.5, tiny, any, any, tiny}, {-tiny, 1, 0.5, -tiny, nan, any, 0},
		{1, any, any, any, 0, any, 1}, {-1, any, any, any, nan, any, 0},
		{2000, inf, 1, 1, any, 2000, 2000}, {-2000, 0, 0, -1, nan, zero, 0},
	} {
		want := []T{test.exp, test.sigmoid, test.tanh, test.log, test.silu, test.relu}
		var got [6]T
		for i, f := range []func(n int, dst, src *T){k.Exp, k.Sigmoid, k.Tanh, k.Log, k.SiLU, k.ReLU} {
			f(1, &got[i], &test.x)
			if want[i] == any {
				want[i] = got[i]
			}
		}
		checkSame(t, fmt.Sprintf("exp, sigmoid, tanh, log, silu and relu of %v", test.x), got[:], want)
	}
}

// TestPosition computes 4,096 numbers at every place in a vector and in a tail,
// beside other numbers and beside NaNs, up to the edge of forbidden memory: a
// number's result is what it is alone.
func TestPosition(t *testing.T) {
	onKernels(t, testPosition[float32], testPosition[float64])
}

func testPosition[T Float](t *testing.T, k *Kernels[T]) {
	// Beyond dense lengths are tried in steps: pipelines of all rows, some passes and
	// every rest come about.
	const dense, most = 257, 900
	count := 4096
	if testing.Short() {
		count = 300
	}
	rng := rand.New(rand.NewPCG(7, 7))
	values := fill(make([]T, count), func() T { return T(30 * rng.NormFloat64()) })
	for _, f := range []struct {
		name   string
		kernel func(n int, dst, src *T)
	}{{"Exp", k.Exp}, {"Sigmoid", k.Sigmoid}, {"Tanh", k.Tanh}, {"Log", k.Log}, {"SiLU", k.SiLU}, {"ReLU", k.ReLU}} {
		alone := make([]T, count)
		for i := range values {
			f.kernel(1, &alone[i], &values[i])
		}
		nan := T(math.NaN())
		for _, edge := range edges {
			src, dst := guarded(t, most, edge, func() T { return nan }), guarded(t, most, edge, func() T { return 7 })
			base := 0
			for n := 0; n <= most; n += 1 + n/20*shortStep(1) + n/dense*12 {
				lo := 0
				if edge == ref.Tail {
					lo = most - n
				}
				in, out, want := src.X[lo:][:n], dst.X[lo:][:n], fill(make([]T, most), func() T { return 7 })
				for junk := range 3 { // no NaNs, every even one, every odd one
					for i := range n {
						v := (base + i) % count
						in[i], want[lo+i] = values[v], alone[v]
						if junk > 0 && i%2 == junk-1 {
							in[i], want[lo+i] = nan, nan
						}
					}
					f.kernel(n, first(out), first(in))
					checkSame(t, fmt.Sprintf("%s n=%d %v", f.name, n, edge), dst.X, want)
					f.kernel(n, first(in), first(in))
					checkSame(t, fmt.Sprintf("%s n=%d %v in place", f.name, n, edge), in, want[lo:][:n])
					fill(dst.X, func() T { return 7 })
				}
				base += n
			}
			for _, b := range []*ref.Buffer[T]{src, dst} {
				if err := b.Check(); err != nil {
					t.Fatal(f.name, edge, err)
				}
			}
		}
	}
}

// TestSoftmax compares columns with the reference, and each with the same
// column alone, at all widths about those of vectors, in memory that ends with
// the matrix.
func TestSoftmax(t *testing.T) {
	onKernels(t, testSoftmax[float32], testSoftmax[float64])
}

func testSoftmax[T Float](t *testing.T, k *Kernels[T]) {
	inf := math.Inf(1)
	next := func(spread float64) func() T {
		rng := rand.New(rand.NewPCG(8, 8))
		return func() T {
			x := spread * rng.NormFloat64()
			switch rng.IntN(60) {
			case 0:
				x = -inf
			case 1:
				if rng.IntN(3) == 0 {
					x = []float64{inf, math.NaN(), math.MaxFloat32, -math.MaxFloat32}[rng.IntN(4)]
				}
			}
			return T(x)
		}
	}
	for n := 1; n <= 150; n += 1 + n/32 + n/9*shortStep(1) {
		for _, m := range []int{1, 2, 10, 37} {
			spread := []float64{1, 30, 200}[(n+m)%3]
			lds, ldd := n+n%2, n+m%3
			src := guarded(t, (m-1)*lds+n, edges[n%2], next(spread))
			if n%11 == 0 {
				for i := range m { // a column of nothing but −Inf
					src.X[i*lds+n/2] = T(-inf)
				}
			}
			src.ReadOnly(t)
			dst := guarded(t, (m-1)*ldd+n, edges[n/2%2], func() T { return 7 })
			k.Softmax(m, n, first(dst.X), ldd, first(src.X), lds)
			what := fmt.Sprintf("m=%d n=%d", m, n)
			want, bound := ref.Softmax(m, n, ref.Matrix[T]{Data: src.X, LD: lds})
			column := make([]T, m)
			for j := range n {
				k.Softmax(m, 1, first(column), 1, &src.X[j], lds)
				for i := range m {
					got := dst.X[i*ldd+j]
					checkSame(t, fmt.Sprintf("%s: row %d of column %d, alone", what, i, j), column[i:][:1], []T{got})
					if w := want[i*n+j]; !(math.Abs(float64(got)-w) <= bound[i*n+j]) && (w == w || got == got) {
						t.Fatalf("%s: row %d of column %d is %v, want %v ± %v", what, i, j, got, w, bound[i*n+j])
					}
				}
			}
			for i := range m - 1 {
				checkSame(t, what+" gap", dst.X[i*ldd+n:][:ldd-n], fill(make([]T, ldd-n), func() T { return 7 }))
			}
			if err := dst.Check(); err != nil {
				t.Fatal(what, err)
			}
			src.Writable(t)
			k.Softmax(m, n, first(src.X), lds, first(src.X), lds)
			for i := range m {
				checkSame(t, what+" in place", src.X[i*lds:][:n], dst.X[i*ldd:][:n])
			}
		}
	}
}
