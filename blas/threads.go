package blas

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// SetThreads sets how many threads one call may use, the caller's among them: 1
// for none but the caller's, 0, as at the start, for as many as GOMAXPROCS
// allows, which is followed as it changes. It panics if n is negative.
//
// Results have the same bits at every number of threads. Small calls use fewer
// threads than allowed or the caller's alone. More threads than GOMAXPROCS do
// not run at once and gain nothing.
func SetThreads(n int) {
	if n < 0 {
		panic(threadsLT0)
	}
	threadSetting.Store(int64(n))
}

var threadSetting atomic.Int64

// Threads returns how many threads a call may use now: what [SetThreads] has set, or
// GOMAXPROCS.
func Threads() int {
	if n := int(threadSetting.Load()); n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// threadsFor returns how many threads work is worth: each gets at least grain
// of it.
func threadsFor(work, grain float64) int {
	if work < 2*grain {
		return 1
	}
	return int(min(float64(Threads()), work/grain))
}

// Parallel calls f(0), …, f(n−1), each once and in any order, on at most as many threads
// as [SetThreads] allows, the caller's among them, and returns when all have returned.
// While all of those threads are busy with f, calls of this package that f makes have its
// own thread alone, so that a computation may be cut into pieces that take longer than
// its products: 20 µs and more. An f that waits for another is not to count on more
// than one thread. f must return, or panic: not end its goroutine (runtime.Goexit, which testing's
// FailNow calls), for that may be a worker's. If f panics, Parallel does, with the same value, and calls that had
// not begun are left out.
func Parallel(n int, f func(i int)) {
	if n < 0 {
		panic(nLT0)
	}
	if t := min(n, Threads()); t > 1 {
		workers.run(calls{f, n}, n, t, false)
		return
	}
	for i := range n {
		f(i)
	}
}

// calls is a task of Parallel.
type calls struct {
	f func(i int)
	n int
}

func (c calls) run(piece int, _ *worker) { c.f(piece) }

func (c calls) whole() {
	for i := range c.n {
		c.f(i)
	}
}

// preemptible is a place where the runtime can stop the goroutine, to collect garbage
// for instance. It can't inside a kernel, and hardly in a loop that calls nothing
// else: kernels don't look at the stack bound when they begin, as Go's functions do,
// which is how they are asked to stop. Such loops call this.
//
//go:noinline
func preemptible() { leaf() }

// leaf is there because a function that calls nothing doesn't look either.
//
//go:noinline
func leaf() {}

// task is a call cut into pieces that may run in any order and at once.
type task interface {
	// run does one piece, on the goroutine of worker w or, if w is nil, on the
	// caller's.
	run(piece int, w *worker)
	// whole does what all pieces do, on the caller's goroutine.
	whole()
}

// job is a task under way. Whoever takes part claims pieces one at a time, so
// that nobody waits for a goroutine that does not run; the caller's does. The caller
// takes them from the front and workers from the back: of calls that cut their
// operands alike, a processor has the same part as the time before, where its caches
// hold it.
type job struct {
	task   task
	pieces int64
	front  int64 // pieces that the caller has claimed

	// What the pool's mutex guards: how many workers have been sent, how many
	// may be, and how many goroutines hold the record.
	helpers, most, refs int

	failed   atomic.Bool
	panicked any // by the first piece that did

	done sleeper // the caller, waiting for the last piece

	_       [cacheLine]byte
	claimed atomic.Int64 // pieces, and how often none was left
	back    atomic.Int64 // pieces that workers have claimed
	_       [cacheLine]byte
	left    atomic.Int64 // pieces that have not ended
	_       [cacheLine]byte
}

const cacheLine = 64

// wantsHelp reports whether a worker more may find a piece.
func (j *job) wantsHelp() bool { return j.helpers < j.most && j.claimed.Load() < j.pieces }

// work runs pieces until all have been claimed and reports whether the last of
// all to end was among them.
func (j *job) work(w *worker) (last bool) {
	var ended int64
	for j.claim(w, &ended) {
	}
	return ended > 0 && j.left.Add(-ended) == 0
}

// claim runs pieces until none is left, or one panics: then it reports that
// there may be more. After a panic pieces are claimed but not run.
func (j *job) claim(w *worker, ended *int64) (more bool) {
	defer func() {
		if r := recover(); r != nil {
			if j.failed.CompareAndSwap(false, true) {
				j.panicked = r
			}
			more = true
		}
	}()
	for j.claimed.Add(1) <= j.pieces {
		var piece int64
		if w == nil {
			piece = j.front
			j.front++
		} else {
			piece = j.pieces - j.back.Add(1)
		}
		*ended++
		if !j.failed.Load() {
			j.task.run(int(piece), w)
		}
	}
	return false
}

// worker is a goroutine of the pool that outlives calls.
type worker struct {
	sleeper
	job *job
	f32 workspace[float32]
	f64 workspace[float64]
	_   [cacheLine]byte
}

// pool is the workers and the jobs they may help with.
type pool struct {
	// running counts callers and workers that are not idle. Beyond limit, more
	// of them would only take the processors from each other.
	running atomic.Int64
	limit   atomic.Int64 // threads of the last call
	spins   atomic.Int64
	helping atomic.Int64 // jobs in open

	_    [cacheLine]byte
	mu   sync.Mutex
	open []*job    // begun and not ended
	idle []*worker // the last to become so, which may still spin, at the end
	free []*job
	size int // workers ever started: they do not end
}

var workers pool

// spinning is how often a goroutine looks for what it waits for before it
// parks: some hundred microseconds, about what waking up the processor of a virtual
// machine takes; where there is nothing between, ten.
const spinning = 100_000

// patient is how many grains of work are so long, about 100 µs, that help may
// come while they run, where there is none at their start.
const patient = 12

// run has all pieces of t run, by the caller and at most most−1 workers, and
// returns when they have ended. If a piece panics, run does, with the same
// value. If all threads are busy and the call is short, the caller does it
// alone, without a look at anybody.
func (p *pool) run(t task, pieces, most int, short bool) {
	limit, spins := int64(Threads()), int64(0)
	if runtime.GOMAXPROCS(0) > 1 {
		spins = spinning
	}
	if p.limit.Load() != limit || p.spins.Load() != spins {
		p.limit.Store(limit)
		p.spins.Store(spins)
	}

	if p.running.Add(1) > limit && short {
		defer p.leave()
		t.whole()
		return
	}
	j := p.begin(t, pieces, min(most, pieces)-1)
	if !j.work(nil) {
		j.done.wait(int(spins), p, 1)
	}
	failed, panicked := j.failed.Load(), j.panicked
	p.end(j)
	if failed {
		panic(panicked)
	}
}

// begin opens a job and sends it its first workers.
func (p *pool) begin(t task, pieces, helpers int) *job {
	p.mu.Lock()
	var j *job
	if last := len(p.free) - 1; last >= 0 {
		j, p.free = p.free[last], p.free[:last]
	} else {
		j = new(job)
		j.done.init()
	}
	j.task, j.pieces = t, int64(pieces)
	j.helpers, j.most, j.refs = 0, helpers, 1
	j.claimed.Store(0)
	j.front = 0
	j.back.Store(0)
	j.left.Store(int64(pieces))
	p.open = append(p.open, j)
	p.helping.Add(1)
	called := p.call()
	p.mu.Unlock()
	wake(called)
	return j
}

// end closes a job whose pieces have all ended.
func (p *pool) end(j *job) {
	p.mu.Lock()
	for i, o := range p.open {
		if o == j {
			last := len(p.open) - 1
			p.open[i], p.open[last] = p.open[last], nil
			p.open = p.open[:last]
			break
		}
	}
	j.task = nil
	p.helping.Add(-1)
	p.running.Add(-1)
	p.release(j)
	called := p.call()
	p.mu.Unlock()
	wake(called)
}

// leave ends a call that asked for no help: its thread may help others.
func (p *pool) leave() {
	p.running.Add(-1)
	if p.helping.Load() > 0 {
		p.summon()
	}
}

func (p *pool) summon() {
	p.mu.Lock()
	called := p.call()
	p.mu.Unlock()
	wake(called)
}

// release gives back a hold of j's record. The last one frees it: a worker that
// comes late finds no piece, but it looks. The mutex is held.
func (p *pool) release(j *job) {
	j.refs--
	if j.refs == 0 {
		j.failed.Store(false)
		j.panicked = nil
		p.free = append(p.free, j)
	}
}

// find returns an open job that wants help, counting a worker as sent, or nil.
// The mutex is held.
func (p *pool) find() *job {
	for _, j := range p.open {
		if j.wantsHelp() {
			j.helpers++
			j.refs++
			return j
		}
	}
	return nil
}

// call takes up to two idle workers, or new ones, for jobs that want help. Each
// calls two more once it runs, so that many are awake soon and no caller wakes
// them all. It returns those that are parked. The mutex is held; the caller wakes
// them without it.
func (p *pool) call() (called [2]*worker) {
	for i := range called {
		last := len(p.idle) - 1
		limit := p.limit.Load()
		if p.running.Load() >= limit || last < 0 && int64(p.size) >= limit-1 {
			break
		}
		j := p.find()
		if j == nil {
			break
		}
		var w *worker
		if last >= 0 {
			w, p.idle = p.idle[last], p.idle[:last]
		} else {
			w = new(worker)
			w.init()
			p.size++
			go p.serve(w)
		}
		w.job = j
		// In this order: a worker that still spins parks if all threads are
		// busy, and is not to take its own call for that.
		asleep := w.call()
		p.running.Add(1)
		if asleep {
			called[i] = w
		}
	}
	return called
}

func wake(called [2]*worker) {
	for _, w := range called {
		if w != nil {
			w.sem <- struct{}{}
		}
	}
}

// serve is what a worker's goroutine does: it waits for a job, takes part in it
// and in others that want help, and waits again.
func (p *pool) serve(w *worker) {
	for {
		w.wait(int(p.spins.Load()), p, 0)
		// Once it is idle w.job is whoever's calls it next.
		for j := w.job; j != nil; {
			if j.most > 2 {
				p.summon()
			}
			if j.work(w) {
				j.done.wake()
			}
			p.mu.Lock()
			p.release(j)
			j = nil
			if p.running.Load() <= p.limit.Load() {
				j = p.find()
			}
			if j == nil {
				p.running.Add(-1)
				p.idle = append(p.idle, w)
			}
			p.mu.Unlock()
		}
	}
}

// sleeper is a goroutine that waits for one other to wake it.
type sleeper struct {
	state atomic.Uint32
	sem   chan struct{} // of capacity 1: waking does not wait
}

const (
	waiting uint32 = iota
	woken
	parked
)

func (s *sleeper) init() { s.sem = make(chan struct{}, 1) }

// wait returns when wake has been called, once for each call of it. It spins
// before it parks, but not while p is busy without own, which is how often p counts
// the goroutine itself: then the processor is wanted elsewhere.
func (s *sleeper) wait(spins int, p *pool, own int64) {
	for i := range spins {
		if s.state.Load() == woken {
			s.state.Store(waiting)
			return
		}
		if i%64 == 63 && p.running.Load()-own >= p.limit.Load() {
			break
		}
	}
	if s.state.CompareAndSwap(waiting, parked) {
		<-s.sem
	}
	s.state.Store(waiting)
}

func (s *sleeper) wake() {
	if s.call() {
		s.sem <- struct{}{}
	}
}

// call is wake without its end: it reports whether the goroutine is parked, and
// then needs something sent to sem.
func (s *sleeper) call() (asleep bool) { return s.state.Swap(woken) == parked }
