package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/lanewise/lanewise/internal/ref"
)

// onKernels runs f for each type with the kernels of every level that this
// machine has.
func onKernels(t *testing.T, f32 func(t *testing.T, k *Kernels[float32]), f64 func(t *testing.T, k *Kernels[float64])) {
	for _, l := range levels {
		t.Run("level="+l.Name+"/type=f32", func(t *testing.T) { f32(t, &l.F32) })
		t.Run("level="+l.Name+"/type=f64", func(t *testing.T) { f64(t, &l.F64) })
	}
}

// fused reports whether k's multiply-adds round once.
func fused[T Float](k *Kernels[T]) bool { return k.MR != genericMR }

func fill[T Float](x []T, next func() T) []T {
	for i := range x {
		x[i] = next()
	}
	return x
}

func normals[T Float](seed uint64) func() T {
	rng := rand.New(rand.NewPCG(seed, 1))
	return func() T { return T(rng.NormFloat64()) }
}

// guarded returns a buffer of n numbers that lies against forbidden memory.
func guarded[T Float](t *testing.T, n int, edge ref.Edge, next func() T) *ref.Buffer[T] {
	b := ref.NewBuffer[T](t, n, edge)
	fill(b.X, next)
	return b
}

func first[T Float](x []T) *T { return unsafe.SliceData(x) }

var edges = []ref.Edge{ref.Head, ref.Tail}

// checkSame fails unless got has the bits of want, NaNs being equal.
func checkSame[T Float](t *testing.T, what string, got, want []T) {
	t.Helper()
	for i, w := range want {
		if !ref.Same(got[i], w) {
			t.Fatalf("%s: element %d is %v (%#x), want %v (%#x)", what, i, got[i], ref.Bits(got[i]), w, ref.Bits(w))
		}
	}
}

// TestGemmStrip runs the micro-kernel on every number of rows and columns, with
// operands that end where memory does, packed and not.
func TestGemmStrip(t *testing.T) {
	onKernels(t, testGemmStrip[float32], testGemmStrip[float64])
}

func testGemmStrip[T Float](t *testing.T, kernels *Kernels[T]) {
	mr := kernels.MR
	next := normals[T](1)
	for m := 1; m <= max(2*mr+1, 26); m++ { // two of the tallest tiles and more
		for n := kernels.NR; n > 0; n -= 1 + shortStep(2) {
			// k on both sides of the kernel's unrolling by four.
			for _, k := range []int{1 + (m+n)%3, 4 + (m*7+n)%8} {
				checkGemmStrip(t, kernels, m, n, k, next)
			}
		}
	}
	// A larger than what the kernel takes to be in a cache, so that it asks for rows
	// ahead until fewer are left.
	const fromMemory = 512 << 10
	for i := range 4 {
		m, n := 2*mr+i, kernels.NR-i%2
		checkGemmStrip(t, kernels, m, n, fromMemory/int(unsafe.Sizeof(T(0)))/(mr+1)+i, next)
	}
}

// checkGemmStrip multiplies in memory that ends where the operands do.
func checkGemmStrip[T Float](t *testing.T, kernels *Kernels[T], m, n, k int, next func() T) {
	mr := kernels.MR
	edge := edges[(m+n)%2]
	beta := []T{0, 1, -0.5}[n%3]
	ldc := n + m%3
	trans := m%2 == 1
	lda, sizeA := k+n%2, 0
	tsa, rsa, csa := mr*lda, lda, 1
	sizeA = (m-1)*lda + k
	if trans {
		lda = m + n%2
		tsa, rsa, csa = mr, 1, lda
		sizeA = (k-1)*lda + m
	}
	a := guarded(t, sizeA, edge, next)
	b := guarded(t, k*n, edge, next)
	c := guarded(t, (m-1)*ldc+n, edge, next)
	want := ref.GemmChain(fused(kernels), m, n, k, 1,
		ref.Matrix[T]{Data: a.X, LD: lda, Trans: trans}, ref.Matrix[T]{Data: b.X, LD: n}, beta, ref.Matrix[T]{Data: c.X, LD: ldc})
	gaps := append([]T(nil), c.X...)
	a.ReadOnly(t)
	b.ReadOnly(t)
	kernels.Gemm(m, n, k, first(a.X), tsa, rsa, csa, first(b.X), n, beta, first(c.X), ldc)
	what := fmt.Sprintf("m=%d n=%d k=%d beta=%v trans=%v", m, n, k, beta, trans)
	for i := range m {
		checkSame(t, fmt.Sprintf("%s row %d", what, i), c.X[i*ldc:][:n], want[i*n:][:n])
		if i < m-1 {
			checkSame(t, what+" gap", c.X[i*ldc+n:][:ldc-n], gaps[i*ldc+n:][:ldc-n])
		}
	}
	if err := c.Check(); err != nil {
		t.Fatal(what, err)
	}
}

// TestPrefetch asks for what lies in a matrix, beyond its end and before it, where nobody may
// read.
func TestPrefetch(t *testing.T) {
	onKernels(t, testPrefetch[float32], testPrefetch[float64])
}

func testPrefetch[T Float](t *testing.T, kernels *Kernels[T]) {
	const rows, ld = 5, 40
	for _, edge := range edges {
		x := ref.NewBuffer[T](t, rows*ld, edge)
		for i := range x.X {
			x.X[i] = T(i)
		}
		x.ReadOnly(t)
		for _, ahead := range []int{0, 7, rows * ld, 1 << 20, -1 << 20} {
			for k := range rows + 1 {
				kernels.Prefetch(k, first(x.X), ld, ahead)
			}
		}
		for i, v := range x.X {
			if v != T(i) {
				t.Fatalf("element %d has become %v", i, v)
			}
		}
	}
}

// TestGemmTransposed runs the kernel on every number of rows of its tiles, and of
// columns, with operands that end where memory does.
func TestGemmTransposed(t *testing.T) {
	onKernels(t, testGemmTransposed[float32], testGemmTransposed[float64])
}

// transposedColumns returns how many columns GemmTransposed takes of m rows at most.
func transposedColumns[T Float](kernels *Kernels[T], m int) int {
	if m <= 2 {
		return 2 * kernels.NR
	}
	return kernels.NR
}

func testGemmTransposed[T Float](t *testing.T, kernels *Kernels[T]) {
	next := normals[T](11)
	for m := 1; m <= 29; m += 1 + m/13*shortStep(2) { // two of the tallest tiles and more
		for n := transposedColumns(kernels, m) - m%3*shortStep(1); n > 0; n -= 1 + shortStep(4) {
			for i, beta := range []T{0, 1, -0.5} {
				if i > 0 && (m+n)%3 == i { // each of both after a tile of any shape
					continue
				}
				checkGemmTransposed(t, kernels, m, n, (m+n+i)%5, m%2 == 0, 0, m%3, beta, edges[(m+n)%2], next)
			}
		}
	}
}

// checkGemmTransposed compares GemmTransposed with the chain that Gemm's comment
// states.
func checkGemmTransposed[T Float](t *testing.T, kernels *Kernels[T], m, n, k int, trans bool, gapB, gapC int, beta T, edge ref.Edge, next func() T) {
	t.Helper()
	lda, sizeA, rsa, csa := k+1, (m-1)*(k+1)+k, k+1, 1
	if trans {
		lda, sizeA, rsa, csa = m, k*m, 1, m
	}
	ldb, ldc := n+gapB, m+gapC
	a := guarded(t, max(0, sizeA), edge, next).ReadOnly(t)
	b := guarded(t, max(0, (k-1)*ldb+n), edge, next).ReadOnly(t)
	if beta == 0 { // C is not read
		next = ref.Payload[T]
	}
	c := guarded(t, max(0, (n-1)*ldc+m), edge, next)
	old := make([]T, 0, m*n)
	for i := range m {
		for j := range n {
			old = append(old, c.X[j*ldc+i])
		}
	}
	product := ref.GemmChain(fused(kernels), m, n, k, 1,
		ref.Matrix[T]{Data: a.X, LD: lda, Trans: trans}, ref.Matrix[T]{Data: b.X, LD: ldb}, beta, ref.Matrix[T]{Data: old, LD: n})
	want := append([]T(nil), c.X...)
	for i := range m {
		for j := range n {
			want[j*ldc+i] = product[i*n+j]
		}
	}
	kernels.GemmTransposed(m, n, k, first(a.X), rsa, csa, first(b.X), ldb, beta, first(c.X), ldc)
	checkBuffer(t, fmt.Sprintf("m=%d n=%d k=%d trans=%v beta=%v %v", m, n, k, trans, beta, edge), c, want)
}

// TestRotate runs rotations down rows of every width, forwards and backwards, in
// memory that ends where they do.
func TestRotate(t *testing.T) {
	onKernels(t, testRotate[float32], testRotate[float64])
}

func testRotate[T Float](t *testing.T, kernels *Kernels[T]) {
	next := normals[T](2)
	for n := 1; n <= kernels.NR; n++ {
		for _, k := range []int{0, 1, 2, 7} {
			checkRotate(t, kernels, n, k, n+k%3, n%3 == 0, edges[n%2], edges[k%2], next)
		}
	}
}

// checkRotate holds k rotations of rows of n elements, ldx apart, to loops.
func checkRotate[T Float](t *testing.T, kernels *Kernels[T], n, k, ldx int, backwards bool, edgeX, edgeCS ref.Edge, next func() T) {
	t.Helper()
	x := guarded(t, k*ldx+n, edgeX, next)
	cs := guarded(t, 2*k, edgeCS, next)
	cs.ReadOnly(t)
	want := append([]T(nil), x.X...)
	start, step := 0, ldx
	if backwards {
		start, step = k*ldx, -ldx
	}
	for i := range k {
		c, s := cs.X[2*i], cs.X[2*i+1]
		for j := range n {
			at := start + i*step + j
			v, w := want[at], want[at+step]
			want[at] = ref.MulAdd(fused(kernels), s, w, T(c*v))
			want[at+step] = ref.MulAdd(fused(kernels), -s, v, T(c*w))
		}
	}
	kernels.Rotate(n, k, first(cs.X), &x.X[start], step)
	checkSame(t, fmt.Sprintf("n=%d k=%d ldx=%d", n, k, step), x.X, want)
	if err := x.Check(); err != nil {
		t.Fatal(err)
	}
}

// packer is one of a level's kernels that copy.
type packer[T Float] struct {
	name   string
	width  int  // of its panels, or the most rows to try
	across bool // the source's rows run across the panel's steps
	pack   func(r, k int, alpha T, x *T, ldx int, dst *T, ldd int)
}

func packers[T Float](kernels *Kernels[T]) []packer[T] {
	panels := func(pack func(r, k int, alpha T, x *T, ldx int, dst *T)) func(r, k int, alpha T, x *T, ldx int, dst *T, ldd int) {
		return func(r, k int, alpha T, x *T, ldx int, dst *T, _ int) { pack(r, k, alpha, x, ldx, dst) }
	}
	return []packer[T]{
		{"PackAT", kernels.MR, false, panels(kernels.PackAT)},
		{"PackB", kernels.NR, false, panels(kernels.PackB)},
		{"Transpose", 35, true, kernels.Transpose},
	}
}

// TestDots runs products with vectors on numbers of rows, vectors and steps about those
// that are summed side by side, with operands that end where memory does.
func TestDots(t *testing.T) { onKernels(t, testDots[float32], testDots[float64]) }

func testDots[T Float](t *testing.T, kernels *Kernels[T]) {
	next := normals[T](9)
	for m := range 20 {
		for k := 0; k <= 3*DotLanes[T]()+1; k += 1 + shortStep(4) {
			d := dotsCase[T]{m: m, n: (m + k) % 9, k: k, lda: k + m%3, ldx: k + m%2,
				alpha: []T{1, -1, 0.7}[k%3], beta: []T{0, 1, -0.5}[m%3], edge: edges[(m+k)%2]}
			if d.incy, d.ldy = 1+k%3, m*(1+k%3); k%2 == 0 { // columns or rows of a matrix
				d.incy, d.ldy = d.n+1, 1
			}
			checkDots(t, kernels, d, func() T {
				if k%7 == 3 { // lanes that underflow to −0
					return T(math.Copysign(ref.Tiny[T](), float64(next())))
				}
				return next()
			})
		}
	}
	// Matrices that L1 has no room for.
	for _, k := range []int{DotLanes[T]() * 30, DotLanes[T]()*30 + 3} {
		for m := range 3 {
			m += 64 << 10 / int(unsafe.Sizeof(T(0))) / k
			checkDots(t, kernels, dotsCase[T]{m: m, n: 1, k: k, lda: k + m%2, ldx: k, alpha: 1, beta: 0.5, incy: 1, ldy: m, edge: edges[m%2]}, next)
		}
	}
}

type dotsCase[T Float] struct {
	m, n, k, lda, ldx int
	alpha, beta       T
	incy, ldy         int
	edge              ref.Edge
}

func checkDots[T Float](t *testing.T, kernels *Kernels[T], d dotsCase[T], next func() T) {
	t.Helper()
	a := guarded(t, max(0, (d.m-1)*d.lda+d.k), d.edge, next).ReadOnly(t)
	x := guarded(t, max(0, (d.n-1)*d.ldx+d.k), d.edge, next).ReadOnly(t)
	y := guarded(t, max(0, d.m-1)*d.incy+max(0, d.n-1)*d.ldy+1, d.edge, next)
	want := append([]T(nil), y.X...)
	for i := range d.m {
		for j := range d.n {
			at := i*d.incy + j*d.ldy
			sum := T(d.alpha * ref.DotLanes(fused(kernels), a.X[i*d.lda:][:d.k], x.X[j*d.ldx:][:d.k]))
			if d.beta != 0 {
				sum += T(d.beta * want[at])
			}
			want[at] = sum
		}
	}
	old := append([]T(nil), y.X...)
	kernels.Dots(d.m, d.n, d.k, first(a.X), d.lda, first(x.X), d.ldx, d.alpha, d.beta, first(y.X), d.incy, d.ldy)
	checkBuffer(t, fmt.Sprintf("%+v", d), y, want)
	copy(y.X, old)
	kernels.DotsInTurn(d.m, d.n, d.k, first(a.X), d.lda, first(x.X), d.ldx, d.alpha, d.beta, first(y.X), d.incy, d.ldy)
	checkBuffer(t, fmt.Sprintf("in turn, %+v", d), y, want)
}

// TestCombine compares Combine with the chain that Gemm's comment states.
func TestCombine(t *testing.T) { onKernels(t, testCombine[float32], testCombine[float64]) }

func testCombine[T Float](t *testing.T, kernels *Kernels[T]) {
	next := normals[T](10)
	for n := 0; n <= 300; n += 1 + n/40 + shortStep(3) {
		for _, k := range []int{0, 1, 2, 3, 7} {
			checkCombine(t, kernels, n, k, 1+n%3, n+k%2, []T{0, 1, -0.5}[(n+k)%3], edges[(n+k)%2], next)
		}
	}
}

func checkCombine[T Float](t *testing.T, kernels *Kernels[T], n, k, incx, ldb int, beta T, edge ref.Edge, next func() T) {
	t.Helper()
	x := guarded(t, max(0, k-1)*incx+1, edge, next).ReadOnly(t)
	b := guarded(t, max(0, (k-1)*ldb+n), edge, next).ReadOnly(t)
	y := guarded(t, n, edge, next)
	want := ref.GemmChain(fused(kernels), 1, n, k, 1,
		ref.Matrix[T]{Data: x.X, LD: incx, Trans: true}, ref.Matrix[T]{Data: b.X, LD: ldb}, beta, ref.Matrix[T]{Data: y.X, LD: n})
	kernels.Combine(n, k, first(x.X), incx, first(b.X), ldb, beta, first(y.X))
	checkBuffer(t, fmt.Sprintf("n=%d k=%d beta=%v %v", n, k, beta, edge), y, want)
}

// TestGer compares Ger with its comment's formula.
func TestGer(t *testing.T) { onKernels(t, testGer[float32], testGer[float64]) }

func testGer[T Float](t *testing.T, kernels *Kernels[T]) {
	next := normals[T](15)
	for n := 0; n <= 300; n += 1 + n/20 + shortStep(3) {
		for _, m := range []int{0, 1, 2, 5} {
			checkGer(t, kernels, m, n, 1+n%3, n+m%2, []T{1, -1, 0.7}[(n+m)%3], edges[(n+m)%2], next)
		}
	}
}

func checkGer[T Float](t *testing.T, kernels *Kernels[T], m, n, incx, lda int, alpha T, edge ref.Edge, next func() T) {
	t.Helper()
	x := guarded(t, max(0, m-1)*incx+1, edge, next).ReadOnly(t)
	y := guarded(t, n, edge, next).ReadOnly(t)
	a := guarded(t, max(0, (m-1)*lda+n), edge, next)
	scaled := make([]T, m)
	for i := range scaled {
		scaled[i] = alpha * x.X[i*incx]
	}
	sum := ref.GemmChain(fused(kernels), m, n, 1, 1,
		ref.Matrix[T]{Data: scaled, LD: 1}, ref.Matrix[T]{Data: y.X, LD: n}, 1, ref.Matrix[T]{Data: a.X, LD: lda})
	want := slices.Clone(a.X)
	for i := range m {
		copy(want[min(i*lda, len(want)):], sum[i*n:][:n])
	}
	kernels.Ger(m, n, alpha, first(x.X), incx, first(y.X), first(a.X), lda)
	checkBuffer(t, fmt.Sprintf("m=%d n=%d alpha=%v lda=%d %v", m, n, alpha, lda, edge), a, want)
}

// TestPackers packs panels of every width and of lengths about those of
// vectors, from sources and into panels that end where memory does.
func TestPackers(t *testing.T) {
	onKernels(t, testPackers[float32], testPackers[float64])
}

func testPackers[T Float](t *testing.T, kernels *Kernels[T]) {
	for _, packer := range packers(kernels) {
		next := normals[T](2)
		for r := packer.width; r > 0; r -= 1 + shortStep(1) {
			for _, k := range []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31} {
				edge := edges[(r+k)%2]
				alpha := []T{1, -1, 0.7}[k%3]
				rows, cols := k, r
				if packer.across {
					rows, cols = r, k
				}
				ldx, ldd := cols+r%2, packer.width
				if packer.across {
					ldd = r + k%3
				}
				x := guarded(t, (rows-1)*ldx+cols, edge, next).ReadOnly(t)
				dst := guarded(t, packer.size(r, k, ldd), edge, next)
				want := append([]T(nil), dst.X...)
				packer.pack(r, k, alpha, first(x.X), ldx, first(dst.X), ldd)
				packer.expect(r, k, alpha, x.X, ldx, dst.X, want, ldd)
				checkBuffer(t, fmt.Sprintf("%s r=%d k=%d alpha=%v %v", packer.name, r, k, alpha, edge), dst, want)
			}
		}
	}
}

// size returns how many elements of dst there must be.
func (p packer[T]) size(r, k, ldd int) int {
	switch {
	case !p.across:
		return k * ldd
	case r == 0 || k == 0:
		return 0
	}
	return (k-1)*ldd + r
}

// expect sets want, which is what dst held before, to what it should hold now: of
// panels, got's elements where there are no rows, for those may be anything.
func (p packer[T]) expect(r, k int, alpha T, x []T, ldx int, got, want []T, ldd int) {
	for s := range k {
		for i := range r {
			from := s*ldx + i
			if p.across {
				from = i*ldx + s
			}
			want[s*ldd+i] = alpha * x[from]
		}
		if !p.across {
			copy(want[s*ldd+r:(s+1)*ldd], got[s*ldd+r:])
		}
	}
}

// TestBlockSums compares the sums of blocks, bit for bit, with the reference,
// and those with the bound.
func TestBlockSums(t *testing.T) {
	onKernels(t, testBlockSums[float32], testBlockSums[float64])
}

func testBlockSums[T Float](t *testing.T, kernels *Kernels[T]) {
	next := normals[T](3)
	for n := 1; n <= 2*SumBlock+70; n += 1 + shortStep(6) {
		m, ldx := 1+n%3, n+n%2
		blocks := (n + SumBlock - 1) / SumBlock
		lds := blocks + n%2
		x := guarded(t, (m-1)*ldx+n, edges[n/2%2], next)
		if n%5 == 0 { // lanes of nothing but −0, and values that are not finite
			fill(x.X, func() T { return T(math.Copysign(0, -1)) })
		}
		if n%7 == 0 {
			x.X[n/2] = T(math.Inf(1))
		}
		x.ReadOnly(t)
		sums := guarded(t, (m-1)*lds+blocks, edges[n%2], next)
		want := append([]T(nil), sums.X...)
		for i := range m {
			for b := range blocks {
				want[i*lds+b] = ref.BlockSum(x.X[i*ldx+b*SumBlock : i*ldx+min((b+1)*SumBlock, n)])
			}
		}
		kernels.BlockSums(m, n, first(x.X), ldx, first(sums.X), lds)
		checkSame(t, fmt.Sprintf("m=%d n=%d", m, n), sums.X, want)
		if err := sums.Check(); err != nil {
			t.Fatalf("n=%d: %v", n, err)
		}
		for i := range m {
			for b := range blocks {
				block := x.X[i*ldx+b*SumBlock : i*ldx+min((b+1)*SumBlock, n)]
				var exact, size float64
				for _, v := range block {
					exact += float64(v)
					size += math.Abs(float64(v))
				}
				// Four sums in a lane, six in the tree; and those here.
				bound := (ref.Gamma[T](10) + ref.Gamma[float64](SumBlock)) * size
				if got := float64(want[i*lds+b]); !(math.Abs(got-exact) <= bound) && got != exact {
					t.Fatalf("n=%d: block %d is %v, want %v ± %v", n, b, got, exact, bound)
				}
			}
		}
	}
}

// gradientKernel is a kernel that sets dz from da and a, and its definition.
type gradientKernel[T Float] struct {
	name   string
	kernel func(n int, dz, da, a *T)
	sums   func(m, n int, dz *T, lddz int, da *T, ldda int, a *T, lda int, sums *T, lds int)
	want   func(da, a T) T
}

func gradients[T Float](k *Kernels[T]) []gradientKernel[T] {
	return []gradientKernel[T]{
		{"SigmoidGrad", k.SigmoidGrad, k.SigmoidGradSums, func(da, a T) T { return ref.SigmoidGrad(fused(k), da, a) }},
		{"TanhGrad", k.TanhGrad, k.TanhGradSums, func(da, a T) T { return ref.TanhGrad(fused(k), da, a) }},
		{"ReLUGrad", k.ReLUGrad, k.ReLUGradSums, ref.ReLUGrad[T]},
	}
}

// TestGradientSums compares rows with the gradient alone, their sums with those of
// blocks, and what stands beside both with what stood there.
func TestGradientSums(t *testing.T) {
	onKernels(t, testGradientSums[float32], testGradientSums[float64])
}

func testGradientSums[T Float](t *testing.T, k *Kernels[T]) {
	next := normals[T](12)
	for n := 0; n <= 2*SumBlock+70; n += 1 + shortStep(6) {
		for i := range gradients(k) {
			checkGradientSums(t, k, i, n%4, n, n%3, n%2+i, edges[n/2%2], next)
		}
	}
}

// checkGradientSums has dz apart, as da and as a, by what inPlace is modulo 3.
func checkGradientSums[T Float](t *testing.T, k *Kernels[T], which, m, n, gap, inPlace int, edge ref.Edge, next func() T) {
	t.Helper()
	g := gradients(k)[which]
	blocks := (n + SumBlock - 1) / SumBlock
	ldda, lda, lddz, lds := n+gap, n+gap/2, n+1, blocks+gap
	switch inPlace % 3 {
	case 1:
		lddz = ldda
	case 2:
		lddz = lda
	}
	size := func(cols, ld int) int {
		if m == 0 || cols == 0 {
			return 0
		}
		return (m-1)*ld + cols
	}
	da, a := guarded(t, size(n, ldda), edge, next), guarded(t, size(n, lda), edge, next)
	dz := guarded(t, size(n, lddz), edge, next)
	switch inPlace % 3 {
	case 1:
		dz = da
	case 2:
		dz = a
	}
	sums := guarded(t, size(blocks, lds), edge, next)
	wantZ, wantS := append([]T(nil), dz.X...), append([]T(nil), sums.X...)
	for i := range m {
		if n == 0 {
			break
		}
		row := make([]T, n)
		for j := range row {
			row[j] = g.want(da.X[i*ldda+j], a.X[i*lda+j])
		}
		copy(wantZ[i*lddz:], row)
		for b := range blocks {
			wantS[i*lds+b] = ref.BlockSum(row[b*SumBlock : min((b+1)*SumBlock, n)])
		}
	}
	g.sums(m, n, first(dz.X), lddz, first(da.X), ldda, first(a.X), lda, first(sums.X), lds)
	what := fmt.Sprintf("%sSums m=%d n=%d gap=%d inPlace=%d %v", g.name, m, n, gap, inPlace%3, edge)
	checkBuffer(t, what, dz, wantZ)
	checkBuffer(t, what+", sums", sums, wantS)
}

// TestLevel1 runs the kernels that are a few operations at all lengths about
// those of vectors, at all offsets, ending or beginning where memory does.
func TestLevel1(t *testing.T) {
	onKernels(t, testLevel1[float32], testLevel1[float64])
}

func testLevel1[T Float](t *testing.T, kernels *Kernels[T]) {
	const most = 257
	next := normals[T](4)
	for _, edge := range edges {
		x, a, y := guarded(t, most, edge, next).ReadOnly(t), guarded(t, most, edge, next).ReadOnly(t), guarded(t, most, edge, next)
		for n := 0; n <= most; n += 1 + n/64*shortStep(8) {
			// The n elements next to the forbidden memory; the others must stay.
			lo := 0
			if edge == ref.Tail {
				lo = most - n
			}
			xs, as, ys := x.X[lo:][:n], a.X[lo:][:n], y.X[lo:][:n]
			run := func(name string, kernel func(), want func(i int) T) {
				t.Helper()
				expect := make([]T, most)
				copy(expect, y.X)
				for i := range n {
					expect[lo+i] = want(i)
				}
				kernel()
				checkSame(t, fmt.Sprintf("%s n=%d %v", name, n, edge), y.X, expect)
			}
			run("Axpy", func() { kernels.Axpy(n, -0.7, first(xs), first(ys)) }, func(i int) T { return ref.MulAdd(fused(kernels), -0.7, xs[i], ys[i]) })
			run("Axpy in place", func() { kernels.Axpy(n, 1, first(ys), first(ys)) }, func(i int) T { return 2 * ys[i] })
			run("Scal", func() { kernels.Scal(n, -0.7, first(xs), first(ys)) }, func(i int) T { return -0.7 * xs[i] })
			run("Scal in place", func() { kernels.Scal(n, 3, first(ys), first(ys)) }, func(i int) T { return 3 * ys[i] })
			run("Add", func() { kernels.Add(n, first(ys), first(xs), first(as)) }, func(i int) T { return xs[i] + as[i] })
			run("Add in place", func() { kernels.Add(n, first(ys), first(xs), first(ys)) }, func(i int) T { return xs[i] + ys[i] })
			run("Mul", func() { kernels.Mul(n, first(ys), first(xs), first(as)) }, func(i int) T { return xs[i] * as[i] })
			run("Mul in place", func() { kernels.Mul(n, first(ys), first(ys), first(as)) }, func(i int) T { return ys[i] * as[i] })
			for _, g := range gradients(kernels) {
				want := func(i int) T { return g.want(xs[i], as[i]) }
				run(g.name, func() { g.kernel(n, first(ys), first(xs), first(as)) }, want)
				copy(ys, as)
				run(g.name+" in place", func() { g.kernel(n, first(ys), first(xs), first(ys)) }, want)
			}
		}
		if err := y.Check(); err != nil {
			t.Fatal(edge, err)
		}
	}
}

// TestAdam takes steps at all lengths about those of vectors, ending or beginning
// where memory does, from numbers of all kinds.
func TestAdam(t *testing.T) { onKernels(t, testAdam[float32], testAdam[float64]) }

func testAdam[T Float](t *testing.T, kernels *Kernels[T]) {
	const most = 140
	normal, rng, specials := normals[T](9), rand.New(rand.NewPCG(9, 2)), ref.Specials[T]()
	next := func() T {
		if rng.IntN(9) == 0 {
			return specials[rng.IntN(len(specials))]
		}
		return normal()
	}
	for _, edge := range edges {
		for n := 0; n <= most; n += 1 + shortStep(4) {
			g := guarded(t, n, edge, next).ReadOnly(t)
			m, v, x := guarded(t, n, edge, next), guarded(t, n, edge, func() T { return max(next(), -next()) }), guarded(t, n, edge, next)
			b1, c1, b2, c2, step, epsilon := T(0.9), T(0.1), T(0.999), T(0.001), normal(), T(1e-8)
			wantM, wantV, wantX := make([]T, n), make([]T, n), make([]T, n)
			for i := range n {
				wantM[i], wantV[i], wantX[i] = ref.Adam(b1, c1, b2, c2, step, epsilon, g.X[i], m.X[i], v.X[i], x.X[i])
			}
			kernels.Adam(n, b1, c1, b2, c2, step, epsilon, first(g.X), first(m.X), first(v.X), first(x.X))
			what := fmt.Sprintf("n=%d %v", n, edge)
			checkBuffer(t, what+", m", m, wantM)
			checkBuffer(t, what+", v", v, wantV)
			checkBuffer(t, what+", x", x, wantX)
		}
	}
}

// shortStep returns n if tests are to be short and 0 otherwise.
func shortStep(n int) int {
	if testing.Short() {
		return n
	}
	return 0
}

// TestThin compares Thin with its definition, with operands that end where memory
// does.
func TestThin(t *testing.T) { onKernels(t, testThin[float32], testThin[float64]) }

func testThin[T Float](t *testing.T, kernels *Kernels[T]) {
	next := normals[T](11)
	for m := range 10 {
		for n := 1; n <= 4; n++ {
			for k := 0; k <= 20; k += 4 {
				checkThin(t, kernels, m, n, k, k+m%3, n+k%3, n+m%2, []T{1, -1, 0.7}[(m+k)%3], []T{0, 1, -0.5}[(n+m)%3], edges[(m+n+k/4)%2], next)
			}
		}
	}
}

func checkThin[T Float](t *testing.T, kernels *Kernels[T], m, n, k, lda, ldb, ldc int, alpha, beta T, edge ref.Edge, next func() T) {
	t.Helper()
	a := guarded(t, max(0, (m-1)*lda+k), edge, next).ReadOnly(t)
	b := guarded(t, max(0, (k-1)*ldb+n), edge, next).ReadOnly(t)
	c := guarded(t, max(0, (m-1)*ldc+n), edge, next)
	want := append([]T(nil), c.X...)
	for i := range m {
		for j := range n {
			sum := T(alpha * ref.DotChains(fused(kernels), k, func(p int) (x, y T) { return a.X[i*lda+p], b.X[p*ldb+j] }))
			if beta != 0 {
				sum += T(beta * want[i*ldc+j])
			}
			want[i*ldc+j] = sum
		}
	}
	kernels.Thin(m, n, k, first(a.X), lda, first(b.X), ldb, alpha, beta, first(c.X), ldc)
	checkBuffer(t, fmt.Sprintf("m=%d n=%d k=%d alpha=%v beta=%v %v", m, n, k, alpha, beta, edge), c, want)
}

// TestTotals compares sums of vectors, bit for bit, with the reference, at lengths
// about those of vectors, chunks and blocks, in memory that ends with them.
func TestTotals(t *testing.T) { onKernels(t, testTotals[float32], testTotals[float64]) }

func testTotals[T Float](t *testing.T, kernels *Kernels[T]) {
	next := normals[T](12)
	for n := 0; n <= 5*SumBlock+70; n += 1 + n/300*5 + shortStep(9) {
		checkTotals(t, kernels, n, edges[n%2], func() T {
			if n%5 == 3 { // lanes of nothing but −0, and products that underflow to it
				return T(math.Copysign(ref.Tiny[T](), float64(next())))
			}
			return next()
		})
	}
	for _, n := range []int{1, SumLanes, SumBlock, 4 * SumBlock, 4*SumBlock + 1, 8 * SumBlock} { // sums of −0 alone are +0
		checkTotals(t, kernels, n, ref.Tail, func() T { return T(math.Copysign(0, -1)) })
	}
}

func checkTotals[T Float](t *testing.T, kernels *Kernels[T], n int, edge ref.Edge, next func() T) {
	t.Helper()
	x, y := guarded(t, n, edge, next).ReadOnly(t), guarded(t, n, edge, next).ReadOnly(t)
	got := []T{kernels.Sum(n, first(x.X)), kernels.Asum(n, first(x.X)), kernels.Squares(n, first(x.X)), kernels.Dot(n, first(x.X), first(y.X))}
	checkSame(t, fmt.Sprintf("Sum, Asum, Squares and Dot, n=%d %v", n, edge), got, []T{
		ref.RowSums(1, n, x.X, n)[0], ref.RowSums(1, n, ref.Magnitudes(x.X), n)[0],
		ref.DotBlocks(fused(kernels), x.X, x.X), ref.DotBlocks(fused(kernels), x.X, y.X),
	})
}

// TestMaxIndex looks for the largest at every place, among smaller ones and among
// equals, and for NaNs, in memory that ends with the elements.
func TestMaxIndex(t *testing.T) { onKernels(t, testMaxIndex[float32], testMaxIndex[float64]) }

func testMaxIndex[T Float](t *testing.T, kernels *Kernels[T]) {
	inf, nan := T(math.Inf(1)), T(math.NaN())
	count := 0
	for n := 1; n <= 300; n += 1 + n/20*3 + shortStep(6) {
		for _, rest := range []func() T{normals[T](13), func() T { return -inf }, func() T { return T(math.Copysign(0, -1)) }} {
			for at := 0; at < n; at += 1 + n/20 + shortStep(5) {
				count++
				checkMaxIndex(t, kernels, n, edges[count%2], rest, nil)
				for _, v := range []T{9, inf, nan, 0} {
					checkMaxIndex(t, kernels, n, edges[count%2], rest, map[int]T{at: v, n - 1: v})
				}
				checkMaxIndex(t, kernels, n, edges[count%2], rest, map[int]T{at: nan, n / 2: inf, n / 3: -nan})
			}
		}
	}
	ascending := T(0)
	checkMaxIndex(t, kernels, 1000, ref.Tail, func() T { ascending++; return ascending }, nil)
	checkMaxIndex(t, kernels, 1000, ref.Tail, func() T { ascending--; return ascending }, nil)
}

func checkMaxIndex[T Float](t *testing.T, kernels *Kernels[T], n int, edge ref.Edge, next func() T, values map[int]T) {
	t.Helper()
	x := fill(make([]T, n), next)
	for i, v := range values {
		x[i] = v
	}
	b := copied(t, x, edge).ReadOnly(t)
	if got, want := kernels.MaxIndex(n, first(b.X)), ref.MaxIndex(x); got != want {
		t.Fatalf("n=%d, %v: MaxIndex of %v is %d, want %d", n, edge, x, got, want)
	}
	if got, want := kernels.MaxAbsIndex(n, first(b.X)), ref.MaxIndex(ref.Magnitudes(x)); got != want {
		t.Fatalf("n=%d, %v: MaxAbsIndex of %v is %d, want %d", n, edge, x, got, want)
	}
}

// TestGatherT transposes rows of every number and length about those that go side
// by side, from and into memory that ends with them.
func TestGatherT(t *testing.T) { onKernels(t, testGatherT[float32], testGatherT[float64]) }

func testGatherT[T Float](t *testing.T, kernels *Kernels[T]) {
	rng := rand.New(rand.NewPCG(14, 1))
	next := normals[T](14)
	for m := 0; m <= 27; m++ {
		for n := 0; n <= 19; n += 1 + shortStep(2) {
			checkGatherT(t, kernels, m, n, m+n%3, n+m%3, edges[(m+n)%2], next, rng.IntN)
		}
	}
}

func checkGatherT[T Float](t *testing.T, kernels *Kernels[T], m, n, ldd, lds int, edge ref.Edge, next func() T, rows func(n int) int) {
	t.Helper()
	const most = 9 // rows of the source
	src := guarded(t, (most-1)*lds+n, edge, next).ReadOnly(t)
	index := make([]int, m)
	for i := range index {
		index[i] = rows(most)
	}
	dst := guarded(t, max(0, (n-1)*ldd+m), edge, next)
	if m == 0 {
		dst = guarded(t, 0, edge, next)
	}
	want := append([]T(nil), dst.X...)
	for i, row := range index {
		for p := range n {
			want[p*ldd+i] = src.X[row*lds+p]
		}
	}
	kernels.GatherT(m, n, first(dst.X), ldd, first(src.X), lds, unsafe.SliceData(index))
	checkBuffer(t, fmt.Sprintf("m=%d n=%d ldd=%d lds=%d index=%v %v", m, n, ldd, lds, index, edge), dst, want)
}

// TestColSums adds rows of all lengths about those of vectors, in memory that ends
// with them.
func TestColSums(t *testing.T) { onKernels(t, testColSums[float32], testColSums[float64]) }

func testColSums[T Float](t *testing.T, kernels *Kernels[T]) {
	next := normals[T](15)
	for n := 0; n <= 300; n += 1 + n/40 + shortStep(3) {
		for m := range 4 {
			checkColumnSums(t, kernels, m, n, n+m%2, edges[(m+n)%2], next)
		}
	}
}

func checkColumnSums[T Float](t *testing.T, kernels *Kernels[T], m, n, ldx int, edge ref.Edge, next func() T) {
	t.Helper()
	x := guarded(t, max(0, (m-1)*ldx+n), edge, next).ReadOnly(t)
	sums := guarded(t, n, edge, next)
	want := append([]T(nil), sums.X...)
	for i := range m {
		for j := range n {
			want[j] += x.X[i*ldx+j]
		}
	}
	kernels.ColSums(m, n, first(x.X), ldx, first(sums.X))
	checkBuffer(t, fmt.Sprintf("m=%d n=%d ldx=%d %v", m, n, ldx, edge), sums, want)
}
