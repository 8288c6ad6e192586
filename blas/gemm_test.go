package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/internal/ref"
)

// operand is a matrix for tests: rows of cols elements, stride ld, the gaps
// between rows filled with a payload that must survive.
type operand[T Float] struct {
	rows, cols, ld int
	data           []T
}

func newOperand[T Float](rows, cols, pad int, next func() T) operand[T] {
	x := operand[T]{rows: rows, cols: cols, ld: max(1, cols+pad)}
	if rows > 0 && cols > 0 {
		x.data = make([]T, (rows-1)*x.ld+cols)
	}
	for i := range x.data {
		if i%x.ld < cols {
			x.data[i] = next()
		} else {
			x.data[i] = ref.Payload[T]()
		}
	}
	return x
}

func (x operand[T]) matrix(t Transpose) ref.Matrix[T] {
	return ref.Matrix[T]{Data: x.data, LD: x.ld, Trans: t != NoTrans}
}

func (x operand[T]) clone() operand[T] {
	x.data = slices.Clone(x.data)
	return x
}

// checkGaps returns an error if an element between rows has changed.
func (x operand[T]) checkGaps() error {
	for i, v := range x.data {
		if i%x.ld >= x.cols && ref.Bits(v) != ref.Bits(ref.Payload[T]()) {
			return fmt.Errorf("the gap behind row %d changed to %v", i/x.ld, v)
		}
	}
	return nil
}

func smallIntegers[T Float](rng *rand.Rand) func() T {
	return func() T { return T(rng.IntN(17) - 8) }
}

func normals[T Float](rng *rand.Rand) func() T {
	return func() T { return T(rng.NormFloat64()) }
}

// transposes are the four combinations of operands.
var transposes = [][2]Transpose{{NoTrans, NoTrans}, {NoTrans, Trans}, {Trans, NoTrans}, {Trans, Trans}}

// checkGemm runs one product at the level in use by the plan given, and by Gemm,
// and compares both, bit for bit, with the orders that Gemm's comment states. What
// cannot be read where it lies is packed whatever the plan says.
func checkGemm[T Float](t *testing.T, p plan, tA, tB Transpose, m, n, k, pad int, alpha, beta T, next func() T) {
	t.Helper()
	rows, cols := opShape(tA, m, k)
	a := newOperand(rows, cols, pad, next)
	rows, cols = opShape(tB, k, n)
	b := newOperand(rows, cols, pad, next)
	c := newOperand(m, n, pad, next)
	if beta == 0 {
		for i := range c.data {
			c.data[i] = ref.Payload[T]()
		}
	}
	got := c.clone()
	kernels := asm.For[T]()
	switch {
	case m == 0 || n == 0:
	case alpha == 0 || k == 0:
		scale(m, n, beta, got.data, got.ld)
	default:
		p.packA = p.packA || alpha != 1
		p.packB = p.packB || tB != NoTrans
		multiply(kernels, p, &product[T]{
			tA: tA != NoTrans, tB: tB != NoTrans, m: m, n: n, k: k,
			alpha: alpha, a: a.data, lda: a.ld, b: b.data, ldb: b.ld, beta: beta, c: got.data, ldc: got.ld,
		})
	}
	compare := func(by string, got operand[T], want []T) {
		t.Helper()
		what := fmt.Sprintf("level=%s op=%c%c m=%d n=%d k=%d pad=%d alpha=%v beta=%v by %s", Level(), tA, tB, m, n, k, pad, alpha, beta, by)
		for i := range m {
			for j := range n {
				if g, w := got.data[i*got.ld+j], want[i*n+j]; !ref.Same(g, w) {
					t.Fatalf("%s: c[%d,%d] = %v (%#x), want %v (%#x)", what, i, j, g, ref.Bits(g), w, ref.Bits(w))
				}
			}
		}
		if err := got.checkGaps(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	chained := ref.GemmChain(fused(), m, n, k, alpha, a.matrix(tA), b.matrix(tB), beta, c.matrix(NoTrans))
	compare(fmt.Sprintf("plan %v", p), got, chained)
	got = c.clone()
	Gemm(tA, tB, m, n, k, alpha, a.data, a.ld, b.data, b.ld, beta, got.data, got.ld)
	switch orderOf(tA != NoTrans, tB != NoTrans, m, n, k) {
	case fours:
		chained = ref.GemmFours(fused(), m, n, k, alpha, a.matrix(tA), b.matrix(tB), beta, c.matrix(NoTrans))
	case lanes:
		chained = ref.GemmLanes(fused(), m, n, k, alpha, a.matrix(tA), b.matrix(tB), beta, c.matrix(NoTrans))
	}
	compare("Gemm", got, chained)
}

// TestGemmLattice meets every edge of tiles and blocks with blocks so small
// that all of them lie below 64: the chain must hold bit for bit.
func TestGemmLattice(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, gemmLattice[float32], gemmLattice[float64])
	})
}

func gemmLattice[T Float](t *testing.T) {
	kernels := asm.For[T]()
	mr, nr := kernels.MR, kernels.NR
	bl := blocks{mc: 2 * mr, kc: 8, nc: 2 * nr}
	ms := lattice(0, 1, 2, 3, mr-1, mr, mr+1, 2*mr-1, 2*mr, 2*mr+1, 4*mr+1)
	ns := lattice(0, 1, 2, 3, nr/2-1, nr/2, nr/2+1, nr-1, nr, nr+1, 2*nr-1, 2*nr, 2*nr+1, 4*nr+1)
	ks := lattice(0, 1, 2, 3, 4, 5, 7, 8, 9, 19)
	factors := [][2]T{{1, 0}, {1, 1}, {-1, 1}, {0.7, 0}, {1, -0.3}, {0.7, -0.3}, {0, 0.5}, {0, 0}, {-1, 0}}
	if testing.Short() {
		ms, ns, ks = lattice(1, mr-1, mr, 2*mr+1), lattice(1, nr/2+1, nr, 2*nr+1), lattice(1, 7, 19)
		factors = factors[:6]
	}
	rng := rand.New(rand.NewPCG(3, 7))
	count := 0
	for _, op := range transposes {
		for _, m := range ms {
			for _, n := range ns {
				for _, k := range ks {
					// The factors and paddings go round so that each meets
					// every neighbourhood without all meeting all.
					for range 2 {
						f, pad := factors[count%len(factors)], []int{0, 1, 5}[count%3]
						p := plan{blocks: bl, packA: count/2%2 == 1, packB: count/4%2 == 1}
						count++
						checkGemm(t, p, op[0], op[1], m, n, k, pad, f[0], f[1], smallIntegers[T](rng))
						checkGemm(t, p, op[0], op[1], m, n, k, pad, f[0], f[1], normals[T](rng))
					}
				}
			}
		}
	}
}

// lattice returns the values given that are not negative, ascending, once each.
func lattice(values ...int) []int {
	slices.Sort(values)
	values = slices.Compact(values)
	return slices.DeleteFunc(values, func(v int) bool { return v < 0 })
}

// TestGemmVectors multiplies with vectors of all lengths about those of lanes and
// blocks, from strides of one and more.
func TestGemmVectors(t *testing.T) {
	lengths := []int{1, 2, 31, 64, 100, 300}
	long := []int{1, 7, 33, 130, dotBlock - 1, dotBlock, dotBlock + 40}
	if testing.Short() {
		lengths, long = []int{1, 9, 33}, []int{1, 33, dotBlock + 1}
	}
	onLevels(t, func(t *testing.T) {
		onTypes(t,
			func(t *testing.T) { gemmVectors[float32](t, lengths, long) },
			func(t *testing.T) { gemmVectors[float64](t, lengths, long) })
	})
}

func gemmVectors[T Float](t *testing.T, lengths, long []int) {
	rng := rand.New(rand.NewPCG(4, 9))
	count := 0
	for _, op := range transposes {
		for _, length := range lengths {
			for _, k := range long {
				alpha, beta, pad := []T{1, 0.7, -1}[count%3], []T{0, 1, -0.3}[count/3%3], count%4
				count++
				p := plan{blocks: blocks{mc: 64, kc: 512, nc: 64}}
				checkGemm(t, p, op[0], op[1], length, 1, k, pad, alpha, beta, normals[T](rng))
				checkGemm(t, p, op[0], op[1], 1, length, k, pad, alpha, beta, normals[T](rng))
				checkGemm(t, p, op[0], op[1], 1+length%9, 1+k%8, k, pad, alpha, beta, normals[T](rng))
				checkGemm(t, p, op[0], op[1], length, 2+k%3, k, pad, alpha, beta, normals[T](rng))
				checkGemm(t, p, op[0], op[1], 2+k%3, length, k, pad, alpha, beta, normals[T](rng))
			}
		}
		checkGemm(t, plan{blocks: blocks{mc: 64, kc: 512, nc: 64}}, op[0], op[1], 9, 3, columnSteps+5, 1, 1, 0.5, normals[T](rng))
	}
}

// TestCaches computes by the rules that planFor and pathFor have for other CPUs than this one:
// caches of Zen 3, Zen 4, Zen 5 and Intel's servers. None of them moves a bit.
func TestCaches(t *testing.T) {
	defer func(l1, l2 int, halves bool) {
		cacheL1, cacheL2, halves512 = l1, l2, halves
		bigL2, smallL2, fullWidth = kinds()
		fromMemory, farRows, crowding = borders()
	}(cacheL1, cacheL2, halves512)
	cpus := []struct {
		name   string
		l1, l2 int
		halves bool
	}{
		{"Zen 3", 32 << 10, 512 << 10, true},
		{"Zen 4", 32 << 10, 1 << 20, true},
		{"Zen 5", 48 << 10, 1 << 20, false},
		{"Emerald Rapids", 48 << 10, 2 << 20, false},
	}
	onLevels(t, func(t *testing.T) {
		for _, cpu := range cpus {
			cacheL1, cacheL2, halves512 = cpu.l1, cpu.l2, cpu.halves
			bigL2, smallL2, fullWidth = kinds()
			fromMemory, farRows, crowding = borders()
			t.Run(cpu.name, func(t *testing.T) {
				onTypes(t, gemmCaches[float32], gemmCaches[float64])
			})
		}
	})
}

// gemmCaches multiplies rows that share sets of L1 and rows across lines, few steps and many.
func gemmCaches[T Float](t *testing.T) {
	shapes := [][3]int{{100, 64, 70}, {50, 512, 24}, {7, 250, 3}, {30, 700, 2}, {20, 1024, 20}, {9, 70, 300}, {300, 9, 70}}
	if !testing.Short() {
		shapes = append(shapes, [][3]int{{100, 128, 130}, {100, 53, 101}, {100, 128, 270}, {150, 512, 4}, {26, 64, 1100}, {240, 40, 270}}...)
	}
	rng := rand.New(rand.NewPCG(4, 12))
	p := plan{blocks: blocks{mc: 64, kc: 512, nc: 64}}
	for _, s := range shapes {
		for _, op := range []string{"NN", "NT", "TN", "TT"} {
			checkGemm(t, p, Transpose(op[0]), Transpose(op[1]), s[0], s[1], s[2], 0, 1, 0, normals[T](rng))
		}
	}
}

// TestFromMemory computes with matrices as if they came from memory, in whose order they are
// then read: products with vectors and with few rows or columns, packing, and sums of columns.
func TestFromMemory(t *testing.T) {
	defer func(size int) { fromMemory = size }(fromMemory)
	fromMemory = 8 << 10
	onLevels(t, func(t *testing.T) {
		onTypes(t, vectorsFromMemory[float32], vectorsFromMemory[float64])
		onTypes(t, rowsFromMemory[float32], rowsFromMemory[float64])
		onTypes(t, columnsFromMemory[float32], columnsFromMemory[float64])
	})
}

func vectorsFromMemory[T Float](t *testing.T) {
	size := int(unsafe.Sizeof(T(0)))
	lengths, ks := []int{5, 100, 300}, []int{33, 200, dotBlock + 1}
	if testing.Short() {
		lengths, ks = []int{40}, []int{200, dotBlock + 1}
	}
	gemmVectors[T](t, lengths, ks)
	rng := rand.New(rand.NewPCG(4, 10))
	p := plan{blocks: blocks{mc: 64, kc: 512, nc: 64}}
	for _, long := range []int{2*dotBlock - 1, cacheL1/2/size + dotBlock + 1} {
		checkGemm(t, p, 'N', 'N', 13, 1, long, 1, 0.7, -0.3, normals[T](rng))
		checkGemm(t, p, 'N', 'N', 1, long, 25, 1, 0.7, -0.3, normals[T](rng))
	}
}

// rowsFromMemory multiplies few rows and many by rows of a page or more, of half a page and of
// odd lines, which are read ahead, and of a period of L1's sets.
func rowsFromMemory[T Float](t *testing.T) {
	size := int(unsafe.Sizeof(T(0)))
	rng := rand.New(rand.NewPCG(4, 12))
	for i, n := range []int{5100 / size, 2100 / size, 632 / size, l1Period / size} {
		for j, m := range []int{3, 13, 50} {
			for l, op := range transposes {
				alpha, beta := []T{1, 1, 1, 0.7}[(i+l)%4], []T{0, 1, -0.3}[(i+j+l)%3]
				p := plan{blocks: blocks{mc: 64, kc: 16, nc: 256}, packB: m == 50, ahead: []int{0, 64, 5 * n}[(i+j)%3]}
				checkGemm(t, p, op[0], op[1], m, n, 37, i%2*4, alpha, beta, normals[T](rng))
				checkGemm(t, p, op[0], op[1], n, m, 37, i%2*4, alpha, beta, normals[T](rng))
				if testing.Short() {
					break
				}
			}
		}
	}
}

func columnsFromMemory[T Float](t *testing.T) {
	next := normals[T](rand.New(rand.NewPCG(79, 2)))
	for _, shape := range [][2]int{{90, 30}, {270, 200}, {25, columnSumWidth + 5}} {
		checkColSums(t, newOperand(shape[0], shape[1], 1, next))
	}
}

// TestGemmCrowded multiplies by rows that are half a period of L1's sets apart, and one:
// small products then store a B once more that is read where it lies otherwise.
func TestGemmCrowded(t *testing.T) {
	onLevels(t, func(t *testing.T) { onTypes(t, gemmCrowded[float32], gemmCrowded[float64]) })
}

func gemmCrowded[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 9))
	mr := asm.For[T]().MR
	for i, stride := range []int{l1Period, l1Period / 2} {
		ld := stride / int(unsafe.Sizeof(T(0)))
		for j, nk := range []int{3, 9, 37} { // both, so that B has the stride, and so has C
			for _, m := range []int{2*mr - 1, 4*mr + 1, 17 * mr} {
				op, beta := transposes[(i+j+m)%4], []T{0, 1, -0.3}[(i+m)%3]
				p := plan{blocks: blocks{mc: 64, kc: 512, nc: 64}}
				checkGemm(t, p, op[0], NoTrans, m, nk, nk, ld-nk, 1, beta, normals[T](rng))
			}
		}
	}
}

// TestGemmBlocks checks the machine's own blocks at shapes that need several of
// each, against a reference in twice the precision and the bound.
func TestGemmBlocks(t *testing.T) {
	shapes := [][3]int{{5, 4100, 3}, {300, 7, 600}, {67, 129, 1100}, {130, 70, 257}}
	if testing.Short() {
		shapes = [][3]int{{67, 33, 520}}
	}
	onLevels(t, func(t *testing.T) {
		for _, s := range shapes {
			onTypes(t,
				func(t *testing.T) { gemmBound[float32](t, s[0], s[1], s[2]) },
				func(t *testing.T) { gemmBound[float64](t, s[0], s[1], s[2]) })
		}
	})
}

func gemmBound[T Float](t *testing.T, m, n, k int) {
	rng := rand.New(rand.NewPCG(5, uint64(m*n*k)))
	for _, op := range transposes {
		rows, cols := opShape(op[0], m, k)
		a := newOperand(rows, cols, 3, normals[T](rng))
		rows, cols = opShape(op[1], k, n)
		b := newOperand(rows, cols, 1, normals[T](rng))
		c := newOperand(m, n, 2, normals[T](rng))
		want, bound := ref.Gemm(m, n, k, 0.7, a.matrix(op[0]), b.matrix(op[1]), -0.5, c.matrix(NoTrans))
		Gemm(op[0], op[1], m, n, k, 0.7, a.data, a.ld, b.data, b.ld, -0.5, c.data, c.ld)
		for i := range m {
			for j := range n {
				if got := float64(c.data[i*c.ld+j]); !(math.Abs(got-want[i*n+j]) <= bound[i*n+j]) {
					t.Fatalf("op=%c%c m=%d n=%d k=%d: c[%d,%d] = %v, want %v ± %v", op[0], op[1], m, n, k, i, j, got, want[i*n+j], bound[i*n+j])
				}
			}
		}
		if err := c.checkGaps(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGemmSpecialValues puts values that misbehave at the corners of operands.
func TestGemmSpecialValues(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, gemmSpecials[float32], gemmSpecials[float64])
	})
}

func gemmSpecials[T Float](t *testing.T) {
	inf := T(math.Inf(1))
	large := T(math.MaxFloat32)
	specials := []T{T(math.NaN()), inf, -inf, 0, T(math.Copysign(0, -1)), T(ref.Tiny[T]()), large, -large}
	factors := []T{0, 1, -1, 0.7, T(math.NaN()), inf}
	kernels := asm.For[T]()
	m, n := kernels.MR+1, kernels.NR+3
	rng := rand.New(rand.NewPCG(11, 5))
	for _, special := range specials {
		for _, alpha := range factors {
			for _, beta := range factors {
				op := transposes[rng.IntN(4)]
				k := []int{1, 5}[rng.IntN(2)]
				at := []int{0, rng.IntN(n), n - 1}[rng.IntN(3)]
				count := rng.IntN(2)
				checkGemm(t, plan{blocks: blocks{mc: kernels.MR, kc: 3, nc: kernels.NR}, packB: count%2 == 0}, op[0], op[1], m, n, k, 1, alpha, beta, func() T {
					count++
					if count%n == at {
						return special
					}
					return T(rng.IntN(5) - 2)
				})
			}
		}
	}
}

// TestGemmUnread lays what must not be read on a page without access: A and B
// if alpha or k is 0, and operands that end with their page otherwise.
func TestGemmUnread(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, gemmUnread[float32], gemmUnread[float64])
	})
}

func gemmUnread[T Float](t *testing.T) {
	kernels := asm.For[T]()
	m, n, k := 2*kernels.MR+1, 2*kernels.NR+1, 9
	for _, op := range transposes {
		for _, edge := range []ref.Edge{ref.Head, ref.Tail} {
			for _, pad := range []int{0, 5} {
				rowsA, colsA := opShape(op[0], m, k)
				rowsB, colsB := opShape(op[1], k, n)
				guarded := func(rows, cols int, v T) (*ref.Buffer[T], int) {
					ld := cols + pad
					b := ref.NewBuffer[T](t, (rows-1)*ld+cols, edge)
					for i := range b.X {
						b.X[i] = v
					}
					return b, ld
				}
				a, lda := guarded(rowsA, colsA, 2)
				b, ldb := guarded(rowsB, colsB, 3)
				c, ldc := guarded(m, n, 1)
				a.ReadOnly(t)
				b.ReadOnly(t)
				Gemm(op[0], op[1], m, n, k, 1, a.X, lda, b.X, ldb, 1, c.X, ldc)
				for i := range m {
					for j := range n {
						if got := c.X[i*ldc+j]; got != T(1+6*k) {
							t.Fatalf("op=%c%c %v pad=%d: c[%d,%d] = %v, want %d", op[0], op[1], edge, pad, i, j, got, 1+6*k)
						}
					}
				}
				if err := c.Check(); err != nil {
					t.Fatal(err)
				}
				// With alpha = 0 nothing of A and B is read.
				a.NoAccess(t)
				b.NoAccess(t)
				Gemm(op[0], op[1], m, n, k, 0, a.X, lda, b.X, ldb, 2, c.X, ldc)
				GemmEpilogue(op[0], op[1], m, n, k, 0, a.X, lda, b.X, ldb, 1, c.X, ldc, Epilogue[T]{})
				Gemm(op[0], op[1], m, n, 0, 1, a.X, lda, b.X, ldb, 1, c.X, ldc)
				for i := range m {
					for j := range n {
						if got := c.X[i*ldc+j]; got != T(2+12*k) {
							t.Fatalf("op=%c%c %v pad=%d: c[%d,%d] = %v with alpha = 0, want %d", op[0], op[1], edge, pad, i, j, got, 2+12*k)
						}
					}
				}
			}
		}
	}
}

func TestGemmPanics(t *testing.T) {
	a, b, c := make([]float64, 12), make([]float64, 20), make([]float64, 15)
	const huge = math.MaxInt / 2
	for _, test := range []struct {
		name      string
		tA, tB    Transpose
		m, n, k   int
		lenA, lda int
		lenB, ldb int
		lenC, ldc int
		want      any
	}{
		{"transpose of A", 'X', 'N', -1, 5, 4, 12, 4, 20, 5, 15, 5, badTranspose},
		{"transpose of B", 'N', 0, -1, 5, 4, 12, 4, 20, 5, 15, 5, badTranspose},
		{"m", 'N', 'N', -1, -5, 4, 12, 4, 20, 5, 15, 5, mLT0},
		{"n", 'N', 'N', 3, -5, -4, 12, 4, 20, 5, 15, 5, nLT0},
		{"k", 'N', 'N', 3, 5, -4, 12, 0, 20, 5, 15, 5, kLT0},
		{"lda", 'N', 'N', 3, 5, 4, 12, 3, 20, 4, 15, 5, badLdA},
		{"lda of Aᵀ", 'T', 'N', 3, 5, 4, 12, 2, 20, 5, 15, 5, badLdA},
		{"lda, empty", 'N', 'N', 0, 0, 0, 0, 0, 0, 1, 0, 1, badLdA},
		{"ldb", 'N', 'N', 3, 5, 4, 12, 4, 20, 4, 15, 4, badLdB},
		{"ldb of Bᵀ", 'N', 'C', 3, 5, 4, 12, 4, 20, 3, 15, 5, badLdB},
		{"ldc", 'N', 'N', 3, 5, 4, 0, 4, 20, 5, 15, 4, badLdC},
		{"ldc negative", 'N', 'N', 3, 5, 4, 12, 4, 20, 5, 15, -5, badLdC},
		{"short a", 'N', 'N', 3, 5, 4, 11, 4, 19, 5, 15, 5, shortA},
		{"short aᵀ", 'T', 'N', 3, 5, 4, 11, 3, 19, 5, 15, 5, shortA},
		{"nil a", 'N', 'N', 3, 5, 4, 0, 4, 20, 5, 15, 5, shortA},
		{"short b", 'N', 'N', 3, 5, 4, 12, 4, 19, 5, 14, 5, shortB},
		{"short c", 'N', 'N', 3, 5, 4, 12, 4, 20, 5, 14, 5, shortC},
		{"short c, alpha 0 and k 0", 'N', 'N', 3, 5, 0, 0, 1, 0, 5, 14, 5, shortC},
		{"huge lda", 'N', 'N', 3, 5, 4, 12, huge, 20, 5, 15, 5, shortA},
		{"lda that wraps", 'N', 'N', 3, 5, 4, 12, math.MaxInt, 20, 5, 15, 5, shortA},
		{"huge ldb", 'N', 'N', 3, 5, 4, 12, 4, 20, huge + 1, 15, 5, shortB},
		{"huge ldc", 'N', 'N', 3, 5, 4, 12, 4, 20, 5, 15, huge + 1, shortC},
		{"huge m", 'N', 'N', math.MaxInt, 5, 4, 12, 4, 20, 5, 15, 5, shortA},
		{"huge n", 'N', 'N', 3, math.MaxInt, 4, 12, 4, 20, math.MaxInt, 15, math.MaxInt, shortB},
		{"right", 'N', 'N', 3, 5, 4, 12, 4, 20, 5, 15, 5, nil},
		{"empty C", 'N', 'N', 0, 5, 4, 0, 4, 0, 5, 0, 5, nil},
		{"k 0", 'N', 'N', 3, 5, 0, 0, 1, 0, 5, 15, 5, nil},
		{"one row of any stride", 'N', 'N', 1, 5, 4, 4, huge, 20, 5, 5, huge, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for i := range c {
				c[i] = 7
			}
			defer func() {
				if got := recover(); got != test.want {
					t.Errorf("panic %v, want %v", got, test.want)
				}
				for i, v := range c {
					if test.want != nil && v != 7 {
						t.Errorf("c[%d] was written", i)
					}
				}
			}()
			Gemm(test.tA, test.tB, test.m, test.n, test.k, 1, a[:test.lenA], test.lda, b[:test.lenB], test.ldb, 0, c[:test.lenC], test.ldc)
		})
	}
}

func TestGemmAllocatesNothing(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		for _, size := range []int{1, 30, 200} {
			x, y, z := make([]float32, size*size), make([]float32, size*size), make([]float32, size*size)
			for _, op := range transposes {
				if n := testing.AllocsPerRun(5, func() {
					Gemm(op[0], op[1], size, size, size, 0.5, x, size, y, size, 1, z, size)
				}); n != 0 {
					t.Errorf("size %d, op=%c%c: %v allocations a call", size, op[0], op[1], n)
				}
			}
		}
	})
}
