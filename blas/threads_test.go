package blas

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lanewise/lanewise/asm"
)

// withThreads runs f with so many threads and processors.
func withThreads(n, procs int, f func()) {
	before, procsBefore := int(threadSetting.Load()), runtime.GOMAXPROCS(procs)
	SetThreads(n)
	defer func() {
		SetThreads(before)
		runtime.GOMAXPROCS(procsBefore)
	}()
	f()
}

// operation is a call with operands of its own: run returns what it writes.
type operation[T Float] struct {
	name string
	run  func() []T
}

// vectorShapes has a product for each path of its own, so large that threads share
// it where they can.
var vectorShapes = []struct {
	op      [2]Transpose
	m, n, k int
	by      path
}{
	{[2]Transpose{NoTrans, NoTrans}, 20, 30, 20, byBlock},
	{[2]Transpose{NoTrans, Trans}, 20, 30, 20, byBlockT},
	{[2]Transpose{Trans, Trans}, 30, 5, 20, byColumns},
	{[2]Transpose{Trans, NoTrans}, 300, 5, 900, byColumns},
	{[2]Transpose{NoTrans, NoTrans}, 1500, 1, 90, byRows},
	{[2]Transpose{NoTrans, Trans}, 1, 1500, 90, byRowsOfB},
	{[2]Transpose{NoTrans, Trans}, 3, 1000, 400, byFewRows},
	{[2]Transpose{NoTrans, Trans}, 1100, 2, 500, byFewRows},
	{[2]Transpose{NoTrans, NoTrans}, 3, 4, 900, byThin},
	{[2]Transpose{NoTrans, NoTrans}, 1, 1500, 90, byRow},
	{[2]Transpose{Trans, NoTrans}, 1500, 1, 90, byColumn},
	{[2]Transpose{Trans, NoTrans}, 1200, 9, 300, bySwapping},
	{[2]Transpose{NoTrans, NoTrans}, 130, 120, 140, byBlocks},
}

// TestPaths holds the shapes for tests to the paths that they are for.
func TestPaths(t *testing.T) {
	for _, s := range vectorShapes {
		if s.by == byColumns && s.k > 100 && asm.For[float64]().NR < 8 { // without vectors it is swapped
			continue
		}
		g := product[float64]{tA: s.op[0] != NoTrans, tB: s.op[1] != NoTrans, m: s.m, n: s.n, k: s.k, alpha: 1, lda: s.m, ldb: s.n, ldc: s.n}
		if got := pathFor(asm.For[float64](), &g); got != s.by {
			t.Errorf("%v: path %d", s, got)
		}
	}
}

// operations are calls of all functions that use threads, so large that they do:
// by rows, by columns and by both.
func operations[T Float](short bool) []operation[T] {
	rng := rand.New(rand.NewPCG(37, 1))
	next := normals[T](rng)
	var ops []operation[T]
	start := slices.Repeat([]T{3, -1, 0, 0.5, 7}, 100_000) // what results overwrite
	add := func(name string, size int, f func(dst []T)) {
		dst := make([]T, size)
		ops = append(ops, operation[T]{name, func() []T {
			for i := 0; i < size; i += copy(dst[i:], start) {
			}
			f(dst)
			return dst
		}})
	}
	shapes := [][3]int{{150, 149, 151}, {2000, 9, 127}, {7, 2311, 131}, {100, 100, 600}}
	n := 3*streamGrain + 77
	if short {
		shapes = [][3]int{{113, 151, 121}}
		n = 2*streamGrain + 77
	}
	for i, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		for j, op := range transposes {
			if short && j != i {
				continue
			}
			rows, cols := opShape(op[0], m, k)
			a := newOperand(rows, cols, 1, next)
			rows, cols = opShape(op[1], k, n)
			b := newOperand(rows, cols, 3, next)
			add(fmt.Sprintf("Gemm op=%c%c m=%d n=%d k=%d", op[0], op[1], m, n, k), m*(n+1), func(dst []T) {
				Gemm(op[0], op[1], m, n, k, 0.7, a.data, a.ld, b.data, b.ld, -0.5, dst, n+1)
			})
		}
	}
	for _, s := range vectorShapes {
		rows, cols := opShape(s.op[0], s.m, s.k)
		a := newOperand(rows, cols, 1, next)
		rows, cols = opShape(s.op[1], s.k, s.n)
		b := newOperand(rows, cols, 0, next)
		add(fmt.Sprint("Gemm ", s), s.m*(s.n+1), func(dst []T) {
			Gemm(s.op[0], s.op[1], s.m, s.n, s.k, 1, a.data, a.ld, b.data, b.ld, -0.5, dst, s.n+1)
		})
	}
	{
		a := newOperand(401, 307, 3, next)
		x := newOperand(1, 2*401, 0, next).data
		for _, tA := range []Transpose{NoTrans, Trans} {
			for _, inc := range [][2]int{{1, 1}, {2, 1}, {1, 2}, {-1, -2}} {
				add(fmt.Sprintf("Gemv %c %v", tA, inc), 2*401, func(dst []T) { Gemv(tA, 401, 307, 0.7, a.data, a.ld, x, inc[0], -0.5, dst, inc[1]) })
			}
		}
	}
	{ // what products can do beyond Gemm
		m, n, k := 93, 301, 77
		a, b, aux := newOperand(m, k, 0, next), newOperand(k, n, 0, next), newOperand(m, n, 0, next)
		bias, sums := newOperand(1, m, 0, next).data, make([]T, m)
		add("GemmEpilogue forwards", m*n+m, func(dst []T) {
			GemmEpilogue(NoTrans, NoTrans, m, n, k, 1, a.data, k, b.data, n, 0, dst[m:], n, Epilogue[T]{Bias: bias, Act: ActSigmoid, Sums: sums})
			copy(dst, sums)
		})
		add("GemmEpilogue backwards", m*n, func(dst []T) {
			GemmEpilogue(NoTrans, NoTrans, m, n, k, 0.7, a.data, k, b.data, n, 1, dst, n, Epilogue[T]{Grad: ActSigmoid, Aux: aux.data, LdAux: n})
		})
		pa, pb := PackA(NoTrans, m, k, a.data, k), PackB(NoTrans, k, n, b.data, n)
		add("GemmPacked A", m*n, func(dst []T) { GemmPacked(NoTrans, n, pa, b.data, n, 0.5, dst, n) })
		add("GemmPacked B", m*n, func(dst []T) { GemmPacked(NoTrans, m, pb, a.data, k, 0, dst, n) })
		for _, s := range [][4]int{{9, 8, 7, 4200}, {90, 70, 60, 6}, {800, 1, 90, 3}} {
			m, n, k, count := s[0], s[1], s[2], s[3]
			x, y := newOperand(count, m*k, 0, next).data, newOperand(count, k*n, 0, next).data
			add(fmt.Sprint("GemmBatched ", s), m*n*count, func(dst []T) {
				GemmBatched(NoTrans, NoTrans, m, n, k, 1, x, k, m*k, y, n, k*n, 1, dst, n, m*n, count)
			})
		}
	}
	// A thousand and one numbers again and again: no piece is like another.
	few := newOperand(1, 1001, 0, next).data
	x := slices.Repeat(few, n/len(few)+2)[:n]
	y := slices.Repeat(few, n/len(few)+2)[500:][:n]
	add("Exp", n, func(dst []T) { Exp(dst, x) })
	add("Sigmoid", n, func(dst []T) { Sigmoid(dst, x) })
	add("SigmoidGrad", n, func(dst []T) { SigmoidGrad(dst, x, y) })
	add("Axpy", n, func(dst []T) { Axpy(0.3, x, dst) })
	add("Scal", n, func(dst []T) { Scal(0.3, dst) })
	add("Add", n, func(dst []T) { Add(dst, x, y) })
	add("Mul", n, func(dst []T) { Mul(dst, x, y) })
	add("Adam", 3*n, func(dst []T) {
		m, v, params := dst[:n], dst[n:2*n], dst[2*n:]
		Mul(v, v, v) // no root of a negative number
		Adam(0.9, 0.999, 0.3, 1e-8, x, m, v, params)
	})
	add("reductions", 5, func(dst []T) {
		dst[0], dst[1], dst[2], dst[3], dst[4] = Dot(x, y), Asum(x), Nrm2(x), T(MaxIndex(x)), T(MaxAbsIndex(y))
	})
	for _, m := range []int{1, 10, 700} {
		add(fmt.Sprintf("Softmax m=%d", m), n/m*m, func(dst []T) { Softmax(m, n/m, dst, n/m, x, n/m) })
	}
	for _, m := range []int{10, 700}[:1+min(len(shapes)-1, 1)] {
		w := (2*vectorGrain + 77) / m
		labels := make([]int, w)
		for i := range labels {
			labels[i] = rng.IntN(m)
		}
		add(fmt.Sprintf("CrossEntropy m=%d", m), (m+1)*w, func(dst []T) { CrossEntropy(m, w, x, w, y, w, dst[w:], w, dst[:w]) })
		add(fmt.Sprintf("CrossEntropyClasses m=%d", m), (m+1)*w, func(dst []T) { CrossEntropyClasses(m, w, x, w, labels, dst[w:], w, dst[:w]) })
		add(fmt.Sprintf("BinaryCrossEntropy m=%d", m), (m+1)*w, func(dst []T) { BinaryCrossEntropy(m, w, x, w, y, w, dst[w:], w, dst[:w]) })
		add(fmt.Sprintf("LogSumExp m=%d", m), w, func(dst []T) { LogSumExp(m, w, x, w, dst) })
	}
	add("SoftmaxRows", n/10*10, func(dst []T) { SoftmaxRows(n/10, 10, dst, 10, x, 10) })
	add("ColSums", 1000, func(dst []T) { ColSums(n/1000, 1000, x, 1000, dst) })
	index := make([]int, 2*streamGrain/101+1)
	for i := range index {
		index[i] = rng.IntN(7)
	}
	add("GatherRows", len(index)*101, func(dst []T) { GatherRows(7, 101, dst, 101, x, 101, index) })
	add("GatherRowsTrans", len(index)*101, func(dst []T) { GatherRowsTrans(7, 101, dst, len(index), x, 101, index) })
	samples := make([][]T, 3*asm.GatherRows[T]()+5)
	for i := range samples {
		samples[i] = x[7*i:][:2*gatherGrain/len(samples)+9]
	}
	add("GatherSamples", 2*len(samples)*len(samples[0]), func(dst []T) {
		k := len(samples[0])
		half := dst[len(samples)*k:]
		GatherSamples(samples, samples[:asm.GatherRows[T]()+1], dst[:len(samples)*k], k, half, len(samples))
	})
	packed := new(Packed[T])
	add("PackSamples", 2*len(samples)*len(samples[0]), func(dst []T) {
		k := len(samples[0])
		PackSamples(packed, samples, nil, dst[:len(samples)*k], k)
		copy(dst[len(samples)*k:], packed.data)
	})
	for _, m := range []int{1, 3, 10, 700} {
		add(fmt.Sprintf("RowSums m=%d", m), m, func(dst []T) { RowSums(m, n/m, x, n/m, dst) })
	}
	return ops
}

// TestThreadsSameBits runs calls at many numbers of threads while the number of
// processors changes: all give what one thread gives.
func TestThreadsSameBits(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, threadsSameBits[float32], threadsSameBits[float64])
	})
}

func threadsSameBits[T Float](t *testing.T) {
	if testing.Short() || raceDetector || Level() == "generic" {
		repeatThreads(t, operations[T](true), 4)
		return
	}
	repeatThreads(t, operations[T](true), 200)
	repeatThreads(t, operations[T](false), 8)
}

func repeatThreads[T Float](t *testing.T, ops []operation[T], repeats int) {
	rng := rand.New(rand.NewPCG(41, 1))
	for _, op := range ops {
		var want []T
		withThreads(1, 1, func() { want = slices.Clone(op.run()) })
		// The numbers of threads go round, and 0, for GOMAXPROCS.
		count := func(i int) int { return []int{2, 3, 4, 5, 6, 7, 8, 32, 0}[(i+rng.IntN(9))%9] }
		for i := range repeats / 2 {
			n, procs := count(i), 1+rng.IntN(4)
			withThreads(n, procs, func() {
				checkSame(t, fmt.Sprintf("%s, %d threads, GOMAXPROCS %d", op.name, n, procs), op.run(), want)
			})
		}
		whileProcsChange(func() {
			for i := range repeats - repeats/2 {
				n := count(i)
				SetThreads(n)
				checkSame(t, fmt.Sprintf("%s, %d threads, GOMAXPROCS changing", op.name, n), op.run(), want)
			}
			SetThreads(0)
		})
	}
}

// whileProcsChange runs f while GOMAXPROCS goes round from 1 to 4.
func whileProcsChange(f func()) {
	before := runtime.GOMAXPROCS(0)
	var stop atomic.Bool
	var changer sync.WaitGroup
	changer.Go(func() {
		for n := 0; !stop.Load(); n++ {
			runtime.GOMAXPROCS(1 + n%4)
			time.Sleep(20 * time.Microsecond)
		}
	})
	f()
	stop.Store(true)
	changer.Wait()
	runtime.GOMAXPROCS(before)
}

// TestGridLattice cuts small products into many pieces, with small blocks in
// them, and compares them with what one piece gives.
func TestGridLattice(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, gridLattice[float32], gridLattice[float64])
	})
}

func gridLattice[T Float](t *testing.T) {
	kernels := asm.For[T]()
	mr, nr := kernels.MR, kernels.NR
	rng := rand.New(rand.NewPCG(43, 1))
	next := normals[T](rng)
	SetThreads(4)
	defer SetThreads(0)
	count := 0
	for _, m := range lattice(1, mr, mr+1, 3*mr-1, 5*mr+2) {
		for _, n := range lattice(1, nr-1, nr, 2*nr+1, 5*nr+3) {
			for _, k := range []int{1, 9, 19} {
				op := transposes[count%4]
				rows, cols := opShape(op[0], m, k)
				a := newOperand(rows, cols, count%3, next)
				rows, cols = opShape(op[1], k, n)
				b := newOperand(rows, cols, count%2, next)
				c := newOperand(m, n, 2, next)
				p := plan{
					blocks: blocks{mc: 2 * mr, kc: 8, nc: 2 * nr},
					packA:  count/4%2 == 1, packB: count/8%2 == 1 || op[1] != NoTrans,
				}
				g := product[T]{
					tA: op[0] != NoTrans, tB: op[1] != NoTrans, m: m, n: n, k: k,
					alpha: 1, a: a.data, lda: a.ld, b: b.data, ldb: b.ld, beta: 0.5, ldc: c.ld,
				}
				count++
				ws := getWorkspace[T](0, 0)
				want := c.clone()
				g.c = want.data
				multiplyBlocks(kernels, p, &g, ws)
				for threads := 2; threads <= 8; threads += 3 {
					got := c.clone()
					g.c = got.data
					multiplyGrid(kernels, p, &g, threads, ws)
					checkSame(t, fmt.Sprintf("op=%c%c m=%d n=%d k=%d, %d threads", op[0], op[1], m, n, k, threads), got.data, want.data)
				}
				putWorkspace(ws)
			}
		}
	}
}

// TestGridFor holds grids to what they promise: pieces of whole tiles, at least
// one a thread where there are so many tiles, at most about four, and work that
// is shared evenly.
func TestGridFor(t *testing.T) {
	const mr, nr = 8, 32
	sizes := []int{1, 7, 31, 64, 100, 192, 333, 512, 1000, 1024, 2048, 5000}
	for _, m := range sizes {
		for _, n := range sizes {
			for _, threads := range []int{2, 3, 4, 7, 16, 64} {
				s := gridFor(m, n, mr, nr, threads)
				what := fmt.Sprintf("m=%d n=%d threads=%d: %v", m, n, threads, s)
				if s.rows%mr != 0 && s.rows < m || s.cols%nr != 0 && s.cols < n || s.rows < 1 || s.cols < 1 {
					t.Fatalf("%s: not of whole tiles", what)
				}
				pieces := s.down(m) * s.across(n)
				tiles := ((m + mr - 1) / mr) * ((n + nr - 1) / nr)
				if pieces > 4*threads {
					t.Errorf("%s: %d pieces", what, pieces)
				}
				if tiles >= 32*threads {
					rounds := (pieces + threads - 1) / threads
					share := float64(rounds*min(s.rows, m)*min(s.cols, n)) / (float64(m*n) / float64(threads))
					if share > 1.3 {
						t.Errorf("%s: the busiest thread has %.2f of its share", what, share)
					}
				}
			}
		}
	}
}

func TestSetThreads(t *testing.T) {
	defer func() {
		if got := recover(); got != threadsLT0 {
			t.Errorf("panic %v, want %v", got, threadsLT0)
		}
	}()
	withThreads(0, 3, func() {
		if got := Threads(); got != 3 {
			t.Errorf("%d threads with GOMAXPROCS 3", got)
		}
	})
	withThreads(5, 2, func() {
		if got := Threads(); got != 5 {
			t.Errorf("%d threads, want 5", got)
		}
	})
	SetThreads(-1)
}

// funcTask is a task for tests.
type funcTask func(piece int, w *worker)

func (f funcTask) run(piece int, w *worker) { f(piece, w) }
func (f funcTask) whole()                   { f(-1, nil) }

// TestPoolPieces counts that each piece runs once, whoever does it.
func TestPoolPieces(t *testing.T) {
	for _, pieces := range []int{1, 2, 3, 100, 1000} {
		for _, threads := range []int{2, 3, 8, 40} {
			withThreads(threads, 4, func() {
				counts := make([]atomic.Int32, pieces)
				var others atomic.Int32
				workers.run(funcTask(func(piece int, w *worker) {
					counts[piece].Add(1)
					if w != nil {
						others.Add(1)
					}
					if piece%10 == 0 {
						runtime.Gosched()
					}
				}), pieces, threads, false)
				for i := range counts {
					if n := counts[i].Load(); n != 1 {
						t.Errorf("%d threads: piece %d of %d ran %d times", threads, i, pieces, n)
					}
				}
			})
		}
	}
}

// TestPoolPanics has one of two pieces panic that run at once, one by the caller
// and one by a worker: the caller gets the value either way, and the pool goes
// on.
func TestPoolPanics(t *testing.T) {
	withThreads(2, 2, func() {
		for i := range 20 {
			byWorker := i%2 == 0
			var both sync.WaitGroup
			both.Add(2)
			got := func() (got any) {
				defer func() { got = recover() }()
				workers.run(funcTask(func(piece int, w *worker) {
					both.Done()
					both.Wait()
					if (w != nil) == byWorker {
						panic(i)
					}
				}), 2, 2, false)
				return nil
			}()
			if got != i {
				t.Fatalf("panic %v, want %v", got, i)
			}
		}
		var ran atomic.Int32
		workers.run(funcTask(func(int, *worker) { ran.Add(1) }), 10, 2, false)
		if ran.Load() != 10 {
			t.Errorf("%d of 10 pieces ran after the panics", ran.Load())
		}
	})
	if n := workers.helping.Load(); n != 0 {
		t.Errorf("%d jobs are still open", n)
	}
}

// After a panic the pieces that have not begun do not.
func TestPoolPanicEnds(t *testing.T) {
	withThreads(1, 1, func() {
		ran := 0
		func() {
			defer func() { _ = recover() }()
			workers.run(funcTask(func(int, *worker) { ran++; panic("first") }), 100, 1, false)
		}()
		if ran != 1 {
			t.Errorf("%d pieces ran", ran)
		}
	})
}

// TestPoolNested runs tasks in the pieces of tasks.
func TestPoolNested(t *testing.T) {
	withThreads(4, 3, func() {
		var ran atomic.Int32
		workers.run(funcTask(func(int, *worker) {
			workers.run(funcTask(func(int, *worker) {
				workers.run(funcTask(func(int, *worker) { ran.Add(1) }), 5, 4, false)
			}), 5, 4, false)
		}), 5, 4, false)
		if ran.Load() != 125 {
			t.Errorf("%d of 125 pieces ran", ran.Load())
		}
	})
}

// TestParallel counts that each call is made once, by no more threads than may be, and
// has a panic reach the caller.
func TestParallel(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		withThreads(threads, 4, func() {
			for _, n := range []int{0, 1, 2, 100} {
				counts := make([]atomic.Int32, n)
				var now, most atomic.Int32
				Parallel(n, func(i int) {
					if running := now.Add(1); running > most.Load() {
						most.Store(running)
					}
					counts[i].Add(1)
					runtime.Gosched()
					now.Add(-1)
				})
				for i := range counts {
					if got := counts[i].Load(); got != 1 {
						t.Errorf("%d threads: call %d of %d was made %d times", threads, i, n, got)
					}
				}
				if got := most.Load(); int(got) > threads {
					t.Errorf("%d threads: %d calls at once", threads, got)
				}
			}
			var ran atomic.Int32
			func() {
				defer func() {
					if got := recover(); got != "third" {
						t.Errorf("%d threads: panic %v", threads, got)
					}
				}()
				Parallel(1000, func(i int) {
					if ran.Add(1) == 3 {
						panic("third")
					}
				})
			}()
			if got := ran.Load(); threads == 1 && got != 3 {
				t.Errorf("%d calls were made, of which the third panics", got)
			}
		})
	}
	defer func() {
		if got := recover(); got != nLT0 {
			t.Errorf("panic %v, want %v", got, nLT0)
		}
	}()
	Parallel(-1, func(int) { t.Error("called") })
}

// TestPoolSpins calls a worker that spins, which fills the pool: it comes as it is,
// for parking and waking would take longer than many a product.
func TestPoolSpins(t *testing.T) {
	const rounds, long = 1000, 1 << 30
	withThreads(2, 2, func() {
		p := &pool{size: 1, open: []*job{{pieces: long, most: long}}}
		p.limit.Store(2)
		p.running.Store(1) // the caller
		w := new(worker)
		w.init()
		p.idle = append(p.idle, w)
		var served sync.WaitGroup
		served.Go(func() {
			for range rounds {
				w.wait(1<<30, p, 0)
				p.mu.Lock()
				p.running.Add(-1)
				p.idle = append(p.idle, w)
				p.mu.Unlock()
			}
		})
		for i := 0; i < rounds; {
			p.mu.Lock()
			free := len(p.idle) > 0
			called := p.call()
			p.mu.Unlock()
			wake(called)
			if called[0] != nil {
				t.Errorf("round %d: the worker has parked", i)
			}
			if free {
				i++
			} else {
				runtime.Gosched()
			}
		}
		served.Wait()
	})
}

// TestPoolShort has short calls done by the caller alone while all threads are
// busy.
func TestPoolShort(t *testing.T) {
	withThreads(2, 2, func() {
		var both, end sync.WaitGroup
		both.Add(2)
		end.Add(2)
		workers.run(funcTask(func(piece int, _ *worker) {
			both.Done()
			both.Wait() // two threads are busy until the end
			whole := false
			workers.run(funcTask(func(piece int, _ *worker) { whole = piece == -1 }), 2, 2, true)
			if !whole {
				t.Error("a short call was shared with a busy pool")
			}
			end.Done()
			end.Wait()
		}), 2, 2, false)
	})
}

// TestConcurrentCallers has many goroutines call at once: each gets its own
// result, and the pool has no more workers than one call could use.
func TestConcurrentCallers(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		const callers = 8
		repeats := 10
		if testing.Short() || Level() == "generic" {
			repeats = 2
		}
		before, _ := poolSize()
		withThreads(3, 4, func() {
			var all sync.WaitGroup
			for range callers {
				all.Go(func() {
					for _, op := range operations[float32](true) {
						want := slices.Clone(op.run())
						for range repeats {
							if got := op.run(); !slices.Equal(got, want) {
								t.Errorf("%s: other bits beside other callers", op.name)
							}
						}
					}
				})
			}
			all.Wait()
		})
		if size, _ := poolSize(); size > max(before, 2) {
			t.Errorf("%d workers for 3 threads, before %d", size, before)
		}
	})
}

// TestThreadsLeakNothing calls a thousand times, at changing numbers of threads:
// goroutines are bounded by the largest.
func TestThreadsLeakNothing(t *testing.T) {
	x := make([]float32, 2*vectorGrain)
	before := runtime.NumGoroutine()
	size, _ := poolSize()
	for i := range 1000 {
		withThreads(1+i%8, 1+i%4, func() { Exp(x, x) })
	}
	if n := runtime.NumGoroutine() - before; n > max(7-size, 0) {
		t.Errorf("%d goroutines more after 1000 calls of at most 8 threads; %d workers before", n, size)
	}
	if _, free := poolSize(); free > 64 {
		t.Errorf("%d free job records", free)
	}
}

// poolSize returns how many workers and free records the pool has.
func poolSize() (size, free int) {
	workers.mu.Lock()
	defer workers.mu.Unlock()
	return workers.size, len(workers.free)
}

// TestThreadsAllocateNothing counts allocations of the whole program, so that
// workers' are among them, once each of them has met the call. As
// testing.AllocsPerRun does, it rounds their number a call down: now and then
// the runtime needs a record for a goroutine that parks.
func TestThreadsAllocateNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	onLevels(t, func(t *testing.T) {
		onTypes(t, threadsAllocate[float32], threadsAllocate[float64])
	})
}

func threadsAllocate[T Float](t *testing.T) {
	var runs uint64 = 20
	if testing.Short() {
		runs = 4
	}
	for _, op := range operations[T](true) {
		for _, procs := range []int{1, 3} {
			withThreads(3, procs, func() {
				least := runs
				// Workers that meet the call late grow their workspace then:
				// that is not for ever.
				for try := 0; try < 5 && least >= runs; try++ {
					var before, after runtime.MemStats
					op.run()
					runtime.ReadMemStats(&before)
					for range runs {
						op.run()
					}
					runtime.ReadMemStats(&after)
					least = min(least, after.Mallocs-before.Mallocs)
				}
				if least >= runs {
					t.Errorf("%s, GOMAXPROCS %d: %d allocations in %d calls", op.name, procs, least, runs)
				}
			})
		}
	}
}

// TestScratchIsBounded runs many shapes again and again: what is kept is a few
// workspaces, each within the bound that the package comment states.
func TestScratchIsBounded(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, scratchIsBounded[float32], scratchIsBounded[float64])
	})
}

func scratchIsBounded[T Float](t *testing.T) {
	l := freeListOf[T]()
	kept := func() (count, elements int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		free := l.free
		if last := l.last.Load(); last != nil {
			free = append(slices.Clone(free), last)
		}
		for _, ws := range free {
			count++
			elements = max(elements, len(ws.a)+len(ws.b)+len(ws.c)+len(ws.ones)+len(ws.sums))
		}
		return count, elements
	}
	run := func() {
		for i, s := range [][3]int{{5, 300, 700}, {300, 5, 700}, {64, 64, 64}, {1, 90, 300}, {90, 1, 300}, {150, 130, 20}} {
			m, n, k := s[0], s[1], s[2]
			a, b, c := make([]T, m*k), make([]T, k*n), make([]T, m*n)
			op := transposes[i%4]
			_, lda := opShape(op[0], m, k)
			_, ldb := opShape(op[1], k, n)
			Gemm(op[0], op[1], m, n, k, 0.5, a, lda, b, ldb, 0, c, n)
			GemmEpilogue(op[0], op[1], m, n, k, 1, a, lda, b, ldb, 0, c, n, Epilogue[T]{Act: ActSigmoid, Sums: make([]T, m)})
			GemmBatched(op[0], op[1], m, n, k, 1, a, lda, 0, b, ldb, 0, 0, c, n, 0, 1)
		}
	}
	withThreads(2, 2, func() {
		run()
		count, _ := kept()
		repeats := 20
		if testing.Short() {
			repeats = 3
		}
		for range repeats {
			run()
		}
		after, elements := kept()
		if after > count+1 {
			t.Errorf("%d workspaces are kept after many calls, %d after the first", after, count)
		}
		kernels := asm.For[T]()
		bl := blocksFor(kernels, 0, 1)
		if most := max(slab, bl.mc*bl.kc) + bl.kc*3/2*(bl.nc+kernels.NR) + 1024; elements > most {
			t.Errorf("a workspace has %d elements, more than %d", elements, most)
		}
	})
}

// TestOneMeaning computes products of every path in all ways that promise the same
// bits: at each assembly level, with small blocks, packed and not, packed before,
// fused, in a batch, and by threads.
func TestOneMeaning(t *testing.T) {
	onTypes(t, oneMeaning[float32], oneMeaning[float64])
}

func oneMeaning[T Float](t *testing.T) {
	next := normals[T](rand.New(rand.NewPCG(71, 1)))
	for _, s := range vectorShapes {
		for _, alpha := range []T{1, -1, 0.7} {
			m, n, k := s.m, s.n, s.k
			rows, lda := opShape(s.op[0], m, k)
			a := newOperand(rows, lda, 0, next).data
			rows, ldb := opShape(s.op[1], k, n)
			b := newOperand(rows, ldb, 0, next).data
			bias := newOperand(1, m, 0, next).data
			start := make([]T, m*n)
			for i := range start {
				start[i] = bias[i/n]
			}
			var want []T
			var by string
			onLevels(t, func(t *testing.T) {
				if Level() == "generic" {
					return // has bits of its own
				}
				compare := func(way string, f func(c []T)) {
					c := slices.Clone(start)
					f(c)
					if way += " at " + Level(); want == nil {
						want, by = c, way
					}
					checkSame(t, fmt.Sprintf("%v alpha=%v: %s, and %s", s, alpha, way, by), c, want)
				}
				gemm := func(c []T) { Gemm(s.op[0], s.op[1], m, n, k, alpha, a, lda, b, ldb, 1, c, n) }
				withThreads(1, 1, func() { compare("Gemm", gemm) })
				for _, threads := range []int{2, 3, 8} {
					withThreads(threads, 3, func() { compare(fmt.Sprint(threads, " threads"), gemm) })
				}
				compare("bias in place of C", func(c []T) {
					GemmEpilogue(s.op[0], s.op[1], m, n, k, alpha, a, lda, b, ldb, 0, c, n, Epilogue[T]{Bias: bias})
				})
				compare("a batch", func(c []T) {
					both := slices.Concat(c, c)
					GemmBatched(s.op[0], s.op[1], m, n, k, alpha, a, lda, 0, b, ldb, 0, 1, both, n, m*n, 2)
					copy(c, both[m*n:])
				})
				if alpha == 1 {
					compare("packed A", func(c []T) { GemmPacked(s.op[1], n, PackA(s.op[0], m, k, a, lda), b, ldb, 1, c, n) })
					compare("packed B", func(c []T) { GemmPacked(s.op[0], m, PackB(s.op[1], k, n, b, ldb), a, lda, 1, c, n) })
				}
				g := product[T]{
					tA: s.op[0] != NoTrans, tB: s.op[1] != NoTrans, m: m, n: n, k: k,
					alpha: alpha, a: a, lda: lda, b: b, ldb: ldb, beta: 1, ldc: n,
				}
				if g.order() != chain {
					return
				}
				kernels := asm.For[T]()
				for i := range 4 {
					p := plan{
						blocks: blocks{mc: 2 * kernels.MR, kc: 7 + i, nc: 2 * kernels.NR},
						packA:  i%2 == 1 || alpha != 1, packB: i/2 == 1 || g.tB,
					}
					compare(fmt.Sprint("plan ", p), func(c []T) {
						h := g
						h.c = c
						multiply(kernels, p, &h)
					})
				}
			})
		}
	}
}
