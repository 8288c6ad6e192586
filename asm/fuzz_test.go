package asm

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"unsafe"

	"github.com/lanewise/lanewise/internal/ref"
)

// Each target takes numbers as raw bits and runs its kernel at every level and
// for both types on operands that begin or end where memory does. Operands that
// need more numbers than there are get them over and over.

// addBits adds raw numbers to f as seeds, followed by the arguments given.
func addBits(f *testing.F, rest ...any) {
	for _, data := range ref.RawSeeds() {
		f.Add(append([]any{data}, rest...)...)
	}
}

// numbers returns all of data as numbers, but at most limit.
func numbers[T Float](data []byte, limit int) []T {
	n := min(len(data)/int(unsafe.Sizeof(T(0))), limit)
	return fill(make([]T, n), ref.RawBits[T](data))
}

// kernelsOf returns the kernels of a level.
func kernelsOf[T Float](l *Level) *Kernels[T] {
	if k, ok := any(&l.F32).(*Kernels[T]); ok {
		return k
	}
	return any(&l.F64).(*Kernels[T])
}

// copied returns a guarded buffer that holds x.
func copied[T Float](t *testing.T, x []T, edge ref.Edge) *ref.Buffer[T] {
	b := ref.NewBuffer[T](t, len(x), edge)
	copy(b.X, x)
	return b
}

// checkBuffer fails unless b has the bits of want, NaNs being equal, and
// nothing beside it has changed.
func checkBuffer[T Float](t *testing.T, what string, b *ref.Buffer[T], want []T) {
	t.Helper()
	checkSame(t, what, b.X, want)
	if err := b.Check(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func FuzzGemm(f *testing.F) {
	addBits(f, byte(17), byte(33), byte(9), byte(3), byte(1), byte(0), byte(1), byte(0), byte(2))
	addBits(f, byte(6), byte(16), byte(4), byte(0), byte(1), byte(6), byte(16), byte(0), byte(0))
	addBits(f, byte(27), byte(5), byte(7), byte(0), byte(9), byte(1), byte(7), byte(1), byte(1))
	addBits(f, byte(0), byte(0), byte(0), byte(0), byte(0), byte(0), byte(0), byte(0), byte(1))
	addBits(f, byte(8), byte(5), byte(0), byte(39), byte(39), byte(39), byte(39), byte(8), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, m, n, k, tsa, rsa, csa, ldb, gap, edge byte) {
		fuzzGemm[float32](t, data, m, n, k, tsa, rsa, csa, ldb, gap, edge)
		fuzzGemm[float64](t, data, m, n, k, tsa, rsa, csa, ldb, gap, edge)
	})
}

func fuzzGemm[T Float](t *testing.T, data []byte, m8, n8, k8, tsa8, rsa8, csa8, ldb8, gap, edge8 byte) {
	const strides = 40
	tsa, rsa, csa, ldb := int(tsa8%strides), int(rsa8%strides), int(csa8%strides), int(ldb8%strides)
	k, edge := int(k8%19), edges[edge8%2]
	for _, l := range levels {
		kernels := kernelsOf[T](l)
		m, n := int(m8)%28, min(int(n8)%(2*kernels.NR), kernels.NR)
		ldc := n + int(gap%9)
		tsa := tsa
		if m > kernels.MR && m%kernels.MR != 0 {
			tsa = kernels.MR * rsa
		}
		index := func(i, p int) int { return i/kernels.MR*tsa + i%kernels.MR*rsa + p*csa }
		sizeA, sizeB, sizeC := 0, 0, 0
		if m > 0 && k > 0 {
			for i := range m {
				sizeA = max(sizeA, index(i, k-1)+1)
			}
		}
		if n > 0 && k > 0 {
			sizeB = (k-1)*ldb + n
		}
		if m > 0 && n > 0 {
			sizeC = (m-1)*ldc + n
		}
		next := ref.RawBits[T](data)
		beta := next()
		a, b, c := guarded(t, sizeA, edge, next), guarded(t, sizeB, edge, next), guarded(t, sizeC, edge, next)
		rows := make([]T, 0, m*k)
		for i := range m {
			for p := range k {
				rows = append(rows, a.X[index(i, p)])
			}
		}
		product := ref.GemmChain(fused(kernels), m, n, k, 1,
			ref.Matrix[T]{Data: rows, LD: k}, ref.Matrix[T]{Data: b.X, LD: ldb}, beta, ref.Matrix[T]{Data: c.X, LD: ldc})
		want := slices.Clone(c.X)
		for i := range m {
			copy(want[min(i*ldc, len(want)):], product[i*n:][:n])
		}
		a.ReadOnly(t)
		b.ReadOnly(t)
		kernels.Gemm(m, n, k, first(a.X), tsa, rsa, csa, first(b.X), ldb, beta, first(c.X), ldc)
		what := fmt.Sprintf("level=%s m=%d n=%d k=%d tsa=%d rsa=%d csa=%d ldb=%d beta=%v ldc=%d %v", l.Name, m, n, k, tsa, rsa, csa, ldb, beta, ldc, edge)
		checkBuffer(t, what, c, want)
	}
}

// FuzzGemv fuzzes the kernels of products with a vector or with few rows.
func FuzzGemv(f *testing.F) {
	addBits(f, byte(9), byte(3), byte(70), byte(2))
	addBits(f, byte(3), byte(4), byte(8), byte(27))
	addBits(f, byte(0), byte(0), byte(0), byte(0))
	f.Fuzz(func(t *testing.T, data []byte, m, n, k, mode byte) {
		for _, l := range levels {
			fuzzGemv(t, &l.F32, data, m, n, k, mode)
			fuzzGemv(t, &l.F64, data, m, n, k, mode)
		}
	})
}

func fuzzGemv[T Float](t *testing.T, kernels *Kernels[T], data []byte, m8, n8, k8, mode byte) {
	m, n, k, edge := int(m8%20), 1+int(n8%4), int(k8)%(3*DotLanes[T]()), edges[mode%2]
	gap, inc := int(mode/2%4), 1+int(mode/8%4)
	next := ref.RawBits[T](data)
	alpha, beta := next(), next()
	checkDots(t, kernels, dotsCase[T]{m: m, n: n, k: k, lda: k + gap, ldx: k + inc - 1, alpha: alpha, beta: beta, incy: inc, ldy: m * inc, edge: edge}, next)
	checkThin(t, kernels, m, n, k&^3, k&^3+gap, n+gap, n+inc-1, alpha, beta, edge, next)
	checkCombine(t, kernels, int(k8), m, inc, int(k8)+gap, beta, edge, next)
	checkGer(t, kernels, m, int(k8), inc, int(k8)+gap, alpha, edge, next)
	checkGemmTransposed(t, kernels, max(m, 1), 1+int(k8)%transposedColumns(kernels, m), int(n8)%9, mode&1 != 0, gap, inc-1, beta, edge, next)
}

func FuzzPack(f *testing.F) {
	addBits(f, byte(5), byte(9), byte(0), byte(0))
	addBits(f, byte(31), byte(33), byte(3), byte(1))
	addBits(f, byte(7), byte(0), byte(1), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, r, k, gap, edge byte) {
		fuzzPack[float32](t, data, r, k, gap, edge)
		fuzzPack[float64](t, data, r, k, gap, edge)
	})
}

func fuzzPack[T Float](t *testing.T, data []byte, r8, k8, gap, edge8 byte) {
	k, edge := int(k8%40), edges[edge8%2]
	for _, l := range levels {
		for _, packer := range packers(kernelsOf[T](l)) {
			r := 1 + int(r8)%packer.width
			rows, cols := k, r
			if packer.across {
				rows, cols = r, k
			}
			ldx, ldd := cols+int(gap%9), packer.width
			if packer.across {
				ldd = r + int(gap/9%3)
			}
			next := ref.RawBits[T](data)
			alpha := next()
			x := guarded(t, max(0, (rows-1)*ldx+cols), edge, next).ReadOnly(t)
			dst := guarded(t, packer.size(r, k, ldd), edge, next)
			want := slices.Clone(dst.X)
			packer.pack(r, k, alpha, first(x.X), ldx, first(dst.X), ldd)
			packer.expect(r, k, alpha, x.X, ldx, dst.X, want, ldd)
			what := fmt.Sprintf("level=%s %s r=%d k=%d alpha=%v ldx=%d ldd=%d %v", l.Name, packer.name, r, k, alpha, ldx, ldd, edge)
			checkBuffer(t, what, dst, want)
		}
	}
}

func FuzzBlockSums(f *testing.F) {
	addBits(f, byte(1), uint16(70), byte(0), byte(0))
	addBits(f, byte(2), uint16(SumBlock+SumLanes), byte(3), byte(1))
	addBits(f, byte(3), uint16(3*SumBlock-1), byte(1), byte(1))
	addBits(f, byte(0), uint16(0), byte(0), byte(0))
	f.Fuzz(func(t *testing.T, data []byte, m byte, n uint16, gap, edge byte) {
		fuzzBlockSums[float32](t, data, m, n, gap, edge)
		fuzzBlockSums[float64](t, data, m, n, gap, edge)
	})
}

func fuzzBlockSums[T Float](t *testing.T, data []byte, m8 byte, n16 uint16, gap, edge8 byte) {
	m, n, edge := int(m8%4), int(n16)%(4*SumBlock), edges[edge8%2]
	blocks := (n + SumBlock - 1) / SumBlock
	ldx, lds := n+int(gap%9), blocks+int(gap%4)
	sizeX, sizeS := 0, 0
	if m > 0 && n > 0 {
		sizeX, sizeS = (m-1)*ldx+n, (m-1)*lds+blocks
	}
	next := ref.RawBits[T](data)
	x := guarded(t, sizeX, edge, next).ReadOnly(t)
	before := fill(make([]T, sizeS), next)
	want := slices.Clone(before)
	for i := range m {
		for b := range blocks {
			want[i*lds+b] = ref.BlockSum(x.X[i*ldx+b*SumBlock : i*ldx+min((b+1)*SumBlock, n)])
		}
	}
	for _, l := range levels {
		sums := copied(t, before, edge)
		kernelsOf[T](l).BlockSums(m, n, first(x.X), ldx, first(sums.X), lds)
		checkBuffer(t, fmt.Sprintf("level=%s m=%d n=%d ldx=%d lds=%d %v", l.Name, m, n, ldx, lds, edge), sums, want)
	}
}

// FuzzReductions fuzzes the kernels that return one number of a vector.
func FuzzReductions(f *testing.F) {
	addBits(f, uint16(70), byte(0))
	addBits(f, uint16(SumBlock+SumLanes), byte(1))
	addBits(f, uint16(4*SumBlock+300), byte(1))
	addBits(f, uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, data []byte, n uint16, edge byte) {
		for _, l := range levels {
			fuzzReductions(t, &l.F32, data, int(n)%(9*SumBlock), edges[edge%2])
			fuzzReductions(t, &l.F64, data, int(n)%(9*SumBlock), edges[edge%2])
		}
	})
}

func fuzzReductions[T Float](t *testing.T, kernels *Kernels[T], data []byte, n int, edge ref.Edge) {
	next := ref.RawBits[T](data)
	checkTotals(t, kernels, n, edge, next)
	checkColumnSums(t, kernels, n%7, n/7, n/7+n%3, edge, next)
	if n > 0 {
		checkMaxIndex(t, kernels, n, edge, next, nil)
	}
}

func FuzzRotate(f *testing.F) {
	addBits(f, byte(0), byte(1), byte(0), false)
	addBits(f, byte(7), byte(3), byte(1), true)
	addBits(f, byte(31), byte(16), byte(5), false)
	f.Fuzz(func(t *testing.T, data []byte, n, k, gap byte, backwards bool) {
		for _, l := range levels {
			fuzzRotate(t, &l.F32, data, int(n), int(k%20), int(gap%9), backwards)
			fuzzRotate(t, &l.F64, data, int(n), int(k%20), int(gap%9), backwards)
		}
	})
}

func fuzzRotate[T Float](t *testing.T, kernels *Kernels[T], data []byte, n, k, gap int, backwards bool) {
	n = 1 + n%kernels.NR
	checkRotate(t, kernels, n, k, n+gap, backwards, edges[gap%2], edges[k%2], ref.RawBits[T](data))
}

// addArguments adds seeds for exponentials: arguments at the ends of their
// range and of the normal results, where e^x is half way between powers of two,
// and where the largest errors are.
func addArguments(f *testing.F) {
	addBits(f)
	var x32 []float32
	var x64 []float64
	for _, v := range []float64{
		88.72283, 88.722839, 89, -87.33654, -103.27893, -103.97208, -104, 16.635532, -16.635532, // float32
		709.782712893384, 709.7827128933841, 709.4361393, 710, -708.3964185322641, -744.4400719213812, -745.1332191019411, -746, 36.7368005696771, // float64
		0.945, 0.96336716, 0.9737751262523764, 10, 20, // tanh
		0.75, 1.5, 0x1p-126, 0x1p-1022, 1.4698635773667041, 1.6399707, // log
		math.Ln2 / 2, -math.Ln2 / 2, 3 * math.Ln2 / 2, -5.8486419, -27.382631, 0.37439072,
	} {
		x32 = append(x32, float32(v), math.Nextafter32(float32(v), 0), -float32(v))
		x64 = append(x64, v, math.Nextafter(v, 0), -v)
	}
	f.Add(ref.Bytes(x32...))
	f.Add(ref.Bytes(x64...))
}

func FuzzUnary(f *testing.F) {
	addArguments(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, u := range unaries {
			fuzzUnary(t, data, &u, u.f32)
			fuzzUnary(t, data, &u, u.f64)
		}
	})
}

type unaryKernel[T Float] = func(n int, dst, src *T)

// fuzzUnary holds a kernel's results to the error promised, the assembly
// levels to the same bits, and an element to what it is alone and in place.
func fuzzUnary[T Float](t *testing.T, data []byte, u *unary, kernel func(*Kernels[T]) unaryKernel[T]) {
	x := numbers[T](data, 150)
	n, edge := len(x), edges[len(data)/8%2]
	src := copied(t, x, edge).ReadOnly(t)
	var simd []T // what the first assembly level gave
	for _, l := range levels {
		k := kernelsOf[T](l)
		run := kernel(k)
		what := fmt.Sprintf("%s level=%s", u.name, l.Name)
		dst := guarded(t, n, edge, func() T { return 7 })
		run(n, first(dst.X), first(src.X))
		for i, v := range x {
			got := dst.X[i]
			if e, most := ref.ULP(got, u.exact(float64(v))), u.bound(l, unsafe.Sizeof(v)); !(e <= most) {
				t.Fatalf("%s: %v for %v (%#x): %v ULP, want at most %v", what, got, v, ref.Bits(v), e, most)
			}
		}
		if err := dst.Check(); err != nil {
			t.Fatalf("%s n=%d: %v", what, n, err)
		}
		if fused(k) && simd == nil {
			simd = dst.X
		} else if fused(k) {
			checkSame(t, what+" and the assembly level below", dst.X, simd)
		}
		inPlace := copied(t, x, edge)
		run(n, first(inPlace.X), first(inPlace.X))
		checkBuffer(t, what+" in place", inPlace, dst.X)
		for i, v := range x {
			one := v
			run(1, &one, &one)
			checkSame(t, fmt.Sprintf("%s, %v alone", what, v), []T{one}, dst.X[i:i+1])
		}
	}
}

func FuzzGradients(f *testing.F) {
	addBits(f, byte(0))
	addBits(f, byte(1))
	addBits(f, byte(2))
	f.Fuzz(func(t *testing.T, data []byte, mode byte) {
		fuzzGradients[float32](t, data, mode)
		fuzzGradients[float64](t, data, mode)
		for _, l := range levels {
			fuzzGradientSums(t, &l.F32, data, mode)
			fuzzGradientSums(t, &l.F64, data, mode)
		}
	})
}

func fuzzGradientSums[T Float](t *testing.T, k *Kernels[T], data []byte, mode byte) {
	n := len(data) % (2*SumBlock + 90)
	for i := range gradients(k) {
		checkGradientSums(t, k, i, int(mode/3%4), n, int(mode/12%8), int(mode%3), edges[mode/96%2], ref.RawBits[T](data))
	}
}

// fuzzGradients takes the first half of data as da and the second as a; dz is
// neither, da or a.
func fuzzGradients[T Float](t *testing.T, data []byte, same byte) {
	x := numbers[T](data, 600)
	n, edge := len(x)/2, edges[len(data)/8%2]
	for _, l := range levels {
		for _, g := range gradients(kernelsOf[T](l)) {
			da, a := copied(t, x[:n], edge), copied(t, x[n:2*n], edge)
			dz := []*ref.Buffer[T]{guarded(t, n, edge, func() T { return 7 }), da, a}[same%3]
			g.kernel(n, first(dz.X), first(da.X), first(a.X))
			want := make([]T, n)
			for i := range want {
				want[i] = g.want(x[i], x[n+i])
			}
			checkBuffer(t, fmt.Sprintf("%s level=%s n=%d same=%d", g.name, l.Name, n, same%3), dz, want)
		}
	}
}

// FuzzLevel1 fuzzes Scal, Add and Mul on halves of the numbers, the second one
// overwritten.
func FuzzLevel1(f *testing.F) {
	addBits(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, l := range levels {
			fuzzLevel1(t, &l.F32, data)
			fuzzLevel1(t, &l.F64, data)
		}
	})
}

func fuzzLevel1[T Float](t *testing.T, k *Kernels[T], data []byte) {
	numbers := numbers[T](data, 600)
	n, edge := len(numbers)/2, edges[len(data)/8%2]
	xs, ys := numbers[:n], numbers[n:2*n]
	for name, f := range map[string]struct {
		kernel func(x, y *T)
		want   func(x, y T) T
	}{
		"Scal": {func(x, y *T) { k.Scal(n, 0.7, x, y) }, func(x, _ T) T { return 0.7 * x }},
		"Add":  {func(x, y *T) { k.Add(n, y, x, y) }, func(x, y T) T { return x + y }},
		"Mul":  {func(x, y *T) { k.Mul(n, y, x, y) }, func(x, y T) T { return x * y }},
	} {
		x, y := copied(t, xs, edge).ReadOnly(t), copied(t, ys, edge)
		f.kernel(first(x.X), first(y.X))
		want := make([]T, n)
		for i := range want {
			want[i] = f.want(xs[i], ys[i])
		}
		checkBuffer(t, fmt.Sprintf("%s n=%d %v", name, n, edge), y, want)
	}
}

func FuzzAxpy(f *testing.F) {
	addBits(f, false)
	addBits(f, true)
	f.Fuzz(func(t *testing.T, data []byte, same bool) {
		fuzzAxpy[float32](t, data, same)
		fuzzAxpy[float64](t, data, same)
	})
}

// fuzzAxpy takes the first number as alpha and then half of the rest as x and
// half as y, or both as the same.
func fuzzAxpy[T Float](t *testing.T, data []byte, same bool) {
	numbers := numbers[T](data, 600)
	if len(numbers) == 0 {
		return
	}
	alpha, numbers := numbers[0], numbers[1:]
	n, edge := len(numbers)/2, edges[len(data)/8%2]
	xs, ys := numbers[:n], numbers[n:2*n]
	if same {
		xs = ys
	}
	for _, l := range levels {
		k := kernelsOf[T](l)
		y := copied(t, ys, edge)
		x := y
		if !same {
			x = copied(t, xs, edge).ReadOnly(t)
		}
		k.Axpy(n, alpha, first(x.X), first(y.X))
		want := make([]T, n)
		for i := range want {
			want[i] = ref.MulAdd(fused(k), alpha, xs[i], ys[i])
		}
		checkBuffer(t, fmt.Sprintf("level=%s n=%d alpha=%v same=%v", l.Name, n, alpha, same), y, want)
	}
}

func FuzzAdam(f *testing.F) {
	addBits(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzAdam[float32](t, data)
		fuzzAdam[float64](t, data)
	})
}

// fuzzAdam takes the first six numbers as scalars, and then quarters of the rest as
// g, m, v and x.
func fuzzAdam[T Float](t *testing.T, data []byte) {
	numbers := numbers[T](data, 600)
	if len(numbers) < 6 {
		return
	}
	s, numbers := numbers[:6], numbers[6:]
	n, edge := len(numbers)/4, edges[len(data)/8%2]
	gs, ms, vs, xs := numbers[:n], numbers[n:2*n], numbers[2*n:3*n], numbers[3*n:4*n]
	wantM, wantV, wantX := make([]T, n), make([]T, n), make([]T, n)
	for i := range n {
		wantM[i], wantV[i], wantX[i] = ref.Adam(s[0], s[1], s[2], s[3], s[4], s[5], gs[i], ms[i], vs[i], xs[i])
	}
	for _, l := range levels {
		g, m, v, x := copied(t, gs, edge).ReadOnly(t), copied(t, ms, edge), copied(t, vs, edge), copied(t, xs, edge)
		kernelsOf[T](l).Adam(n, s[0], s[1], s[2], s[3], s[4], s[5], first(g.X), first(m.X), first(v.X), first(x.X))
		what := fmt.Sprintf("level=%s n=%d scalars=%v", l.Name, n, s)
		checkBuffer(t, what+", m", m, wantM)
		checkBuffer(t, what+", v", v, wantV)
		checkBuffer(t, what+", x", x, wantX)
	}
}

func FuzzGatherT(f *testing.F) {
	addBits(f, byte(13), byte(9), byte(3))
	addBits(f, byte(8), byte(4), byte(0))
	addBits(f, byte(0), byte(3), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, m, n, gaps byte) {
		for _, l := range levels {
			fuzzGatherT(t, &l.F32, data, int(m%40), int(n%40), int(gaps))
			fuzzGatherT(t, &l.F64, data, int(m%40), int(n%40), int(gaps))
		}
	})
}

func fuzzGatherT[T Float](t *testing.T, kernels *Kernels[T], data []byte, m, n, gaps int) {
	next, row := ref.RawBits[T](data), uint32(gaps)
	checkGatherT(t, kernels, m, n, m+gaps%8, n+gaps/8%8, edges[gaps/64%2], next, func(n int) int {
		row = row*5 + 1
		return int(row % uint32(n))
	})
}

// FuzzCrossEntropy compares the labels of classes with the same in a matrix, and
// gradients with softmax less the labels.
func FuzzCrossEntropy(f *testing.F) {
	addBits(f, byte(3), byte(70), byte(0), byte(1))
	addBits(f, byte(10), byte(17), byte(20), byte(0))
	addBits(f, byte(1), byte(1), byte(0), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, m, n, gaps, edge byte) {
		for _, l := range levels {
			fuzzCrossEntropy(t, &l.F32, data, 1+int(m%24), 1+int(n%140), int(gaps), edges[edge%2])
			fuzzCrossEntropy(t, &l.F64, data, 1+int(m%24), 1+int(n%140), int(gaps), edges[edge%2])
		}
	})
}

func fuzzCrossEntropy[T Float](t *testing.T, k *Kernels[T], data []byte, m, n, gaps int, edge ref.Edge) {
	ldz, ldy, ld := n+gaps%8, n+gaps/8%4, n+gaps/32%4
	next := ref.RawBits[T](data)
	z := guarded(t, (m-1)*ldz+n, edge, next).ReadOnly(t)
	y := guarded(t, (m-1)*ldy+n, edge, func() T { return 0 })
	classes := guarded(t, n, edge, func() T { return 0 })
	for j := range n {
		c := (j*7 + gaps) % m
		y.X[c*ldy+j], classes.X[j] = 1, Class[T](c)
	}
	y.ReadOnly(t)
	classes.ReadOnly(t)
	seven := func() T { return 7 }
	var dz, sums, losses [2]*ref.Buffer[T]
	for i := range 2 {
		dz[i], sums[i], losses[i] = guarded(t, (m-1)*ld+n, edge, seven), guarded(t, n, edge, seven), guarded(t, n, edge, seven)
	}
	k.CrossEntropy(m, n, first(z.X), ldz, first(y.X), ldy, first(dz[0].X), ld, first(sums[0].X), first(losses[0].X))
	k.CrossEntropyClasses(m, n, first(z.X), ldz, first(classes.X), first(dz[1].X), ld, first(sums[1].X), first(losses[1].X))
	what := fmt.Sprintf("m=%d n=%d gaps=%d %v", m, n, gaps, edge)
	checkBuffer(t, what+" dz by class", dz[1], dz[0].X)
	checkBuffer(t, what+" sums by class", sums[1], sums[0].X)
	checkBuffer(t, what+" losses by class", losses[1], losses[0].X)

	want := fill(make([]T, (m-1)*ld+n), seven)
	k.Softmax(m, n, &want[0], ld, first(z.X), ldz)
	for i := range m {
		for j := range n {
			want[i*ld+j] -= y.X[i*ldy+j]
		}
	}
	checkBuffer(t, what+" dz", dz[0], want)
	tops, again := guarded(t, n, edge, seven), guarded(t, n, edge, seven)
	k.LogSumExp(m, n, first(z.X), ldz, first(tops.X), first(again.X))
	checkBuffer(t, what+" sums of LogSumExp", again, sums[0].X)
	for _, b := range []*ref.Buffer[T]{tops, sums[0], losses[0]} {
		if err := b.Check(); err != nil {
			t.Fatal(what, err)
		}
	}
	loss := guarded(t, n, edge, seven)
	binary := guarded(t, (m-1)*ld+n, edge, seven)
	k.BinaryCrossEntropy(m, n, first(z.X), ldz, first(y.X), ldy, first(binary.X), ld, first(loss.X))
	for _, b := range []*ref.Buffer[T]{loss, binary} {
		if err := b.Check(); err != nil {
			t.Fatal(what, err)
		}
	}
}

func FuzzSoftmax(f *testing.F) {
	addBits(f, byte(3), byte(70), byte(0), byte(1))
	addBits(f, byte(10), byte(17), byte(20), byte(0))
	addBits(f, byte(1), byte(1), byte(0), byte(2))
	addBits(f, byte(0), byte(5), byte(0), byte(0))
	f.Fuzz(func(t *testing.T, data []byte, m, n, gaps, mode byte) {
		fuzzSoftmax[float32](t, data, m, n, gaps, mode)
		fuzzSoftmax[float64](t, data, m, n, gaps, mode)
	})
}

func fuzzSoftmax[T Float](t *testing.T, data []byte, m8, n8, gaps, mode byte) {
	m, n := int(m8%24), int(n8%140)
	lds, ldd := n+int(gaps%8), n+int(gaps/8%8)
	edge, inPlace := edges[mode%2], mode/2%2 == 1
	if inPlace {
		ldd = lds
	}
	size := func(ld int) int {
		if m == 0 || n == 0 {
			return 0
		}
		return (m-1)*ld + n
	}
	next := ref.RawBits[T](data)
	x := fill(make([]T, size(lds)), next)
	before := x
	if !inPlace {
		before = fill(make([]T, size(ldd)), next)
	}
	for _, l := range levels {
		k := kernelsOf[T](l)
		dst := copied(t, before, edge)
		src := dst
		if !inPlace {
			src = copied(t, x, edge).ReadOnly(t)
		}
		k.Softmax(m, n, first(dst.X), ldd, first(src.X), lds)
		want := slices.Clone(before)
		column := make([]T, m)
		for j := range n {
			for i := range m {
				column[i] = x[i*lds+j]
			}
			exp := func(v T) T {
				k.Exp(1, &v, &v)
				return v
			}
			for i, v := range ref.SoftmaxChain(exp, column) {
				want[i*ldd+j] = v
			}
		}
		checkBuffer(t, fmt.Sprintf("level=%s m=%d n=%d ldd=%d lds=%d in place=%v %v", l.Name, m, n, ldd, lds, inPlace, edge), dst, want)
	}
}
