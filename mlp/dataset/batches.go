package dataset

import (
	"math/rand/v2"

	"github.com/lanewise/lanewise/blas"
)

// Batches walks through a data set in mini-batches. It owns the matrices that
// it hands out, so each goroutine needs one of its own.
type Batches[T blas.Float] struct {
	data  *Dataset[T]
	order []int // a permutation of the samples
	next  int   // the place in order where the next batch begins
	x, y  []T

	oneOutput bool
}

// Batches returns a walk through d in the order of its samples.
func (d *Dataset[T]) Batches() *Batches[T] {
	b := &Batches[T]{data: d, order: make([]int, d.Len())}
	b.reset()
	return b
}

// OneOutput returns a walk through d, which has two classes, for a network of one
// output: y has one row, with 1 for class 1 and 0 for class 0.
func (d *Dataset[T]) OneOutput() *Batches[T] {
	b := d.Batches()
	b.oneOutput = true
	return b
}

// Dataset returns the set that b walks through.
func (b *Batches[T]) Dataset() *Dataset[T] { return b.data }

// Shuffle begins a new pass in an order that depends on rng alone, not on
// earlier passes.
func (b *Batches[T]) Shuffle(rng *rand.Rand) {
	b.reset()
	rng.Shuffle(len(b.order), func(i, j int) { b.order[i], b.order[j] = b.order[j], b.order[i] })
}

func (b *Batches[T]) reset() {
	for i := range b.order {
		b.order[i] = i
	}
	b.next = 0
}

// Count returns how many batches one pass takes: ⌈samples / batchSize⌉.
func (b *Batches[T]) Count(batchSize int) int {
	return (len(b.order) + batchSize - 1) / batchSize
}

// NextBatch returns the next N samples as columns: x (features × N) and y, their
// targets or one-hot labels (outputs × N). N is batchSize, or what is left at the
// end of a pass; after that a pass over the same order begins. Both matrices are
// compact (Stride = N) and valid until the next call.
//
// It panics if batchSize < 1 and allocates only when batchSize grows.
func (b *Batches[T]) NextBatch(batchSize int) (x, y blas.General[T]) {
	rows := b.NextIndices(batchSize)
	n := len(rows)
	x = compact(&b.x, b.data.Features, n)
	gather(x.Data, b.data.Samples, rows)
	return x, b.Targets(rows)
}

// NextIndices is NextBatch for those who gather by themselves: it returns which
// samples the batch has. The slice is b's and must not be changed.
func (b *Batches[T]) NextIndices(batchSize int) []int {
	if batchSize < 1 {
		panic(badBatchSize)
	}
	n := min(batchSize, len(b.order)-b.next)
	rows := b.order[b.next : b.next+n]
	if b.next += n; b.next == len(b.order) {
		b.next = 0
	}
	return rows
}

// PeekIndices returns the first n samples of the next batch, or what is left of the
// pass, without going on to it.
func (b *Batches[T]) PeekIndices(n int) []int {
	return b.order[b.next:min(b.next+n, len(b.order))]
}

// Targets returns y of these samples as NextBatch does, valid until the next call of
// either.
func (b *Batches[T]) Targets(rows []int) blas.General[T] {
	n := len(rows)
	switch {
	case b.data.IsRegression():
		y := compact(&b.y, b.data.Outputs(), n)
		gather(y.Data, b.data.Targets, rows)
		return y
	case b.oneOutput:
		y := compact(&b.y, 1, n)
		for j, i := range rows {
			y.Data[j] = T(b.data.Labels[i])
		}
		return y
	}
	y := compact(&b.y, b.data.Classes, n)
	clear(y.Data)
	for j, i := range rows {
		y.Data[b.data.Labels[i]*n+j] = 1
	}
	return y
}

const badBatchSize = "dataset: batch size < 1"

// compact returns a rows×cols matrix on buf, which it replaces if too small.
func compact[T blas.Float](buf *[]T, rows, cols int) blas.General[T] {
	if cap(*buf) < rows*cols {
		*buf = make([]T, rows*cols)
	}
	return blas.General[T]{Rows: rows, Cols: cols, Data: (*buf)[:rows*cols], Stride: cols}
}

// gather sets dst[f·N+j] = samples[rows[j]][f], where N = len(rows): the samples
// as columns. It reads eight samples side by side, so that what it writes to a
// row of dst lies together.
func gather[T blas.Float](dst []T, samples [][]T, rows []int) {
	n := len(rows)
	j := 0
	for ; j+8 <= n; j += 8 {
		s0 := samples[rows[j]]
		s1 := samples[rows[j+1]][:len(s0)]
		s2 := samples[rows[j+2]][:len(s0)]
		s3 := samples[rows[j+3]][:len(s0)]
		s4 := samples[rows[j+4]][:len(s0)]
		s5 := samples[rows[j+5]][:len(s0)]
		s6 := samples[rows[j+6]][:len(s0)]
		s7 := samples[rows[j+7]][:len(s0)]
		at := j
		for f := range s0 {
			d := (*[8]T)(dst[at:])
			d[0], d[1], d[2], d[3] = s0[f], s1[f], s2[f], s3[f]
			d[4], d[5], d[6], d[7] = s4[f], s5[f], s6[f], s7[f]
			at += n
		}
	}
	for ; j < n; j++ {
		at := j
		for _, v := range samples[rows[j]] {
			dst[at] = v
			at += n
		}
	}
}
