package blas

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// workspace is the scratch memory of one running call or one worker.
type workspace[T Float] struct {
	a, b   []T // packed panels, on cache lines
	c      []T // of a transposed product
	ones   []T // a row of a tile
	sums   []T // of blocks or chunks of rows
	square []T // blocks of triangular and symmetric matrices

	// The records of a call that runs in pieces. They hold operands only
	// while it runs.
	epilogue   epilogue[T]
	grid       gridTask[T]
	vector     vectorTask[T]
	rows       gatherRowsTask[T]
	gather     gatherTask[T]
	columns    columnsTask[T]
	triangular triangularTask[T]
	rank       rankTask[T]
	rotate     rotateTask[T]
}

// workspaceOf returns the worker's workspace.
func workspaceOf[T Float](w *worker) *workspace[T] {
	if unsafe.Sizeof(T(0)) == 4 {
		return (*workspace[T])(unsafe.Pointer(&w.f32))
	}
	return (*workspace[T])(unsafe.Pointer(&w.f64))
}

// freeList keeps the workspaces of calls that have ended. Unlike a sync.Pool it
// is not emptied by the collector, so a warmed-up call never allocates.
type freeList[T Float] struct {
	last atomic.Pointer[workspace[T]] // the one put back last: small products feel a lock
	mu   sync.Mutex
	free []*workspace[T]
}

var (
	free32 freeList[float32]
	free64 freeList[float64]
)

func freeListOf[T Float]() *freeList[T] {
	if unsafe.Sizeof(T(0)) == 4 {
		return (*freeList[T])(unsafe.Pointer(&free32))
	}
	return (*freeList[T])(unsafe.Pointer(&free64))
}

// getWorkspace returns a workspace with room for the elements asked for. Its
// contents are undefined.
func getWorkspace[T Float](a, b int) *workspace[T] {
	l := freeListOf[T]()
	ws := l.last.Swap(nil)
	if ws == nil {
		ws = l.take()
	}
	ws.a = grow(ws.a, a)
	ws.b = grow(ws.b, b)
	return ws
}

func putWorkspace[T Float](ws *workspace[T]) {
	l := freeListOf[T]()
	if l.last.CompareAndSwap(nil, ws) {
		return
	}
	l.mu.Lock()
	l.free = append(l.free, ws)
	l.mu.Unlock()
}

// take returns a workspace out of the list, or a new one.
func (l *freeList[T]) take() *workspace[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := len(l.free) - 1
	if last < 0 {
		return new(workspace[T])
	}
	ws := l.free[last]
	l.free = l.free[:last]
	return ws
}

// grow returns x if it has n elements and otherwise a slice that does and
// begins on a cache line.
func grow[T Float](x []T, n int) []T {
	if len(x) >= n {
		return x
	}
	const line = 64
	size := int(unsafe.Sizeof(T(0)))
	raw := make([]T, n+line/size)
	skip := 0
	if r := int(uintptr(unsafe.Pointer(&raw[0])) % line); r != 0 {
		skip = (line - r) / size
	}
	return raw[skip : skip+n : skip+n]
}

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }
