package blas

import (
	"math"

	"github.com/lanewise/lanewise/asm"
)

// Softmax sets, down each of the n columns of two m×n matrices,
//
//	dst_ij = e^(src_ij − max_i src_ij) / Σ_i e^(src_ij − max_i src_ij)
//
// so that each column of dst, one sample's class probabilities, sums to 1. The
// exponentials are those of [Exp]; they are summed in the order i = 0, 1, …
// m−1 and each is divided by the sum. A column with a NaN, a +Inf or nothing
// but −Inf becomes NaN.
//
// dst may be src with ldd = lds; Softmax panics if they overlap otherwise, if a
// dimension is negative, if a leading dimension is smaller than n, or 1, and if
// a slice is too short.
func Softmax[T Float](m, n int, dst []T, ldd int, src []T, lds int) {
	if s, ok := softmaxOf(m, n, dst, ldd, src, lds); ok {
		runColumns(s, n, vectorGrain)
	}
}

// softmaxOf checks the operands of softmax and reports whether there is anything to
// do.
func softmaxOf[T Float](m, n int, dst []T, ldd int, src []T, lds int) (s columnsTask[T], ok bool) {
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case ldd < max(1, n):
		panic(badLdDst)
	case lds < max(1, n):
		panic(badLdSrc)
	}
	if m == 0 || n == 0 {
		return s, false
	}
	switch {
	case !holds(len(dst), m, n, ldd):
		panic(shortDst)
	case !holds(len(src), m, n, lds):
		panic(shortSrc)
	}
	dst, src = dst[:(m-1)*ldd+n], src[:(m-1)*lds+n]
	if overlapsInexactly(dst, src) || (&dst[0] == &src[0] && ldd != lds && m > 1) {
		panic(badOverlap)
	}
	return columnsTask[T]{softmax: asm.For[T]().Softmax, m: m, z: src, ldz: lds, dz: dst, lddz: ldd}, true
}

// SoftmaxRows is [Softmax] along the rows of the matrices: each row of dst sums to
// 1. It has the bits of Softmax of the transposed matrix.
func SoftmaxRows[T Float](m, n int, dst []T, ldd int, src []T, lds int) {
	s, ok := softmaxOf(m, n, dst, ldd, src, lds)
	if !ok {
		return
	}
	s.rows = true
	s.m = n
	runColumns(s, m, vectorGrain)
}

// softmaxRows transposes the rows from i to end, some at a time, has them
// exponentiated as columns and transposes them back.
func (s *columnsTask[T]) softmaxRows(i, end int, ws *workspace[T]) {
	kernels := asm.For[T]()
	width := min(end-i, max(minColumns, chunk/s.m&^(minColumns-1)))
	ws.a = grow(ws.a, s.m*width)
	for ; i < end; i += width {
		w := min(width, end-i)
		preemptible()
		kernels.Transpose(w, s.m, 1, &s.z[i*s.ldz], s.ldz, &ws.a[0], width)
		preemptible()
		s.softmax(s.m, w, &ws.a[0], width, &ws.a[0], width)
		preemptible()
		kernels.Transpose(s.m, w, 1, &ws.a[0], width, &s.dz[i*s.lddz], s.lddz)
	}
}

// LogSumExp sets, for each of the n columns of an m×n matrix,
//
//	dst_j = max_i a_ij + log Σ_i e^(a_ij − max_i a_ij) = log Σ_i e^a_ij
//
// which does not overflow. The sum is that of [Softmax]; its logarithm, rounded,
// is added. A column with a NaN becomes NaN, else one with a +Inf becomes +Inf,
// and one of nothing but −Inf, or of nothing, −Inf.
//
// It panics if a dimension is negative, if lda is smaller than n, or 1, if a slice
// is too short, and if dst overlaps a.
func LogSumExp[T Float](m, n int, a []T, lda int, dst []T) {
	switch {
	case m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case lda < max(1, n):
		panic(badLdA)
	}
	if n == 0 {
		return
	}
	switch {
	case !holds(len(a), m, n, lda):
		panic(shortA)
	case len(dst) < n:
		panic(shortDst)
	}
	dst = dst[:n]
	if m == 0 {
		for j := range dst {
			dst[j] = T(math.Inf(-1))
		}
		return
	}
	a = a[:(m-1)*lda+n]
	if overlaps(dst, a) {
		panic(badOverlap)
	}
	runColumns(columnsTask[T]{logSumExp: asm.For[T]().LogSumExp, m: m, z: a, ldz: lda, losses: dst}, n, vectorGrain)
}

// CrossEntropy computes the cross-entropy loss of softmax and its gradient, of n
// samples that are the columns of m×n matrices: logits Z and labels Y, whose columns
// sum to 1 (one-hot or soft). With Ŷ = [Softmax](Z),
//
//	losses_j = −Σ_i y_ij·log ŷ_ij = log Σ_i e^(z_ij − max_j) − Σ_i y_ij·(z_ij − max_j)
//	dZ = Ŷ − Y
//
// where max_j is the column's largest logit: no loss is the logarithm of a ŷ that
// has underflowed. Labels of 0 count as nothing, even where a logit is −Inf. The
// second sum is a chain of fused multiply-adds in the order i = 0, 1, … m−1 (at the
// generic level rounded products and rounded sums). A column with a NaN, a +Inf
// or nothing but −Inf has NaN for its loss and in dZ. Of no classes the loss is 0.
//
// dz may be z with lddz = ldz. CrossEntropy panics if a dimension is negative, if a
// leading dimension is smaller than n, or 1, if a slice is too short, and if
// dz overlaps z otherwise, or y, or losses overlaps any other.
func CrossEntropy[T Float](m, n int, z []T, ldz int, y []T, ldy int, dz []T, lddz int, losses []T) {
	entropy(columnsTask[T]{labels: asm.For[T]().CrossEntropy, m: m, z: z, ldz: ldz, y: y, ldy: ldy, dz: dz, lddz: lddz, losses: losses}, n)
}

// CrossEntropyClasses is [CrossEntropy] with labels of 1 for the class of each
// sample, and of 0 for the others; the bits are the same. It panics also if a class
// is not in 0 … m−1.
func CrossEntropyClasses[T Float](m, n int, z []T, ldz int, classes []int, dz []T, lddz int, losses []T) {
	entropy(columnsTask[T]{byClass: asm.For[T]().CrossEntropyClasses, m: m, z: z, ldz: ldz, classes: classes, dz: dz, lddz: lddz, losses: losses}, n)
}

// BinaryCrossEntropy computes the cross-entropy loss of σ and its gradient, of n
// samples that are the columns of m×n matrices: logits Z and labels Y in [0, 1],
// of m outputs that are independent of each other.
//
//	losses_j = −Σ_i (y·log σ(z) + (1−y)·log(1−σ(z))) = Σ_i (max(z, 0) − z·y) + log(1 + e^−|z|)
//	dZ = σ(Z) − Y
//
// The sum is taken in the order i = 0, 1, … m−1; max(z, 0) − z·y is rounded once
// (at the generic level the product is, too). σ is within 3 ULP here, and so is the
// logarithm. A NaN or infinite logit gives NaN for its sample's loss, but −Inf with a label
// above 0 +Inf. Of no outputs
// the loss is 0. Aliasing and panics are CrossEntropy's.
func BinaryCrossEntropy[T Float](m, n int, z []T, ldz int, y []T, ldy int, dz []T, lddz int, losses []T) {
	entropy(columnsTask[T]{binary: asm.For[T]().BinaryCrossEntropy, m: m, z: z, ldz: ldz, y: y, ldy: ldy, dz: dz, lddz: lddz, losses: losses}, n)
}

// entropy checks the operands of s and computes it for n columns.
func entropy[T Float](s columnsTask[T], n int) {
	switch {
	case s.m < 0:
		panic(mLT0)
	case n < 0:
		panic(nLT0)
	case s.ldz < max(1, n):
		panic(badLdZ)
	case s.byClass == nil && s.ldy < max(1, n):
		panic(badLdY)
	case s.lddz < max(1, n):
		panic(badLdDz)
	}
	if n == 0 {
		return
	}
	switch {
	case !holds(len(s.z), s.m, n, s.ldz):
		panic(shortZ)
	case s.byClass == nil && !holds(len(s.y), s.m, n, s.ldy):
		panic(shortY)
	case s.byClass != nil && len(s.classes) < n:
		panic(shortClasses)
	case !holds(len(s.dz), s.m, n, s.lddz):
		panic(shortDz)
	case len(s.losses) < n:
		panic(shortLosses)
	}
	s.losses = s.losses[:n]
	if s.byClass != nil {
		s.classes = s.classes[:n]
		for _, c := range s.classes {
			if uint(c) >= uint(s.m) {
				panic(badClass)
			}
		}
	}
	if s.m == 0 {
		clear(s.losses)
		return
	}
	s.z, s.dz = s.z[:(s.m-1)*s.ldz+n], s.dz[:(s.m-1)*s.lddz+n]
	if s.byClass == nil {
		s.y = s.y[:(s.m-1)*s.ldy+n]
	}
	if overlapsInexactly(s.dz, s.z) || &s.dz[0] == &s.z[0] && s.lddz != s.ldz && s.m > 1 ||
		overlaps(s.dz, s.y) || overlaps(s.losses, s.z) || overlaps(s.losses, s.y) || overlaps(s.losses, s.dz) {
		panic(badOverlap)
	}
	runColumns(s, n, vectorGrain)
}

// columnsTask is a function that goes down the columns of matrices. One of the
// kernels is set.
type columnsTask[T Float] struct {
	softmax   func(m, n int, dst *T, ldd int, src *T, lds int)
	logSumExp func(m, n int, src *T, lds int, tops, sums *T)
	labels    func(m, n int, z *T, ldz int, y *T, ldy int, dz *T, lddz int, sums, losses *T)
	byClass   func(m, n int, z *T, ldz int, classes *T, dz *T, lddz int, sums, losses *T)
	binary    func(m, n int, z *T, ldz int, y *T, ldy int, dz *T, lddz int, losses *T)
	colSums   func(m, n int, x *T, ldx int, sums *T)

	rows           bool // softmax of rows, each of m elements
	m              int
	z, y, dz       []T
	ldz, ldy, lddz int
	classes        []int
	losses         []T

	columns, each int // how many there are, and how many a piece has
	ws            *workspace[T]
}

// runColumns runs a task of n columns, for one thread below twice the grain.
func runColumns[T Float](s columnsTask[T], n int, grain float64) {
	t := threadsFor(float64(s.m)*float64(n), grain)
	if t == 1 && (s.softmax != nil && !s.rows || s.binary != nil || s.colSums != nil && s.m <= columnBlock) {
		s.span(0, n, nil)
		return
	}
	ws := getWorkspace[T](0, 0)
	defer putWorkspace(ws)
	if t == 1 {
		s.span(0, n, ws)
		return
	}
	// As in runVector.
	s.columns, s.ws = n, ws
	s.each = roundUp(max((n+4*t-1)/(4*t), (chunk+s.m-1)/s.m), minColumns)
	defer func() { ws.columns = columnsTask[T]{} }()
	ws.columns = s
	workers.run(&ws.columns, (n+s.each-1)/s.each, t, float64(n)*float64(s.m) < patient*vectorGrain)
}

func (s *columnsTask[T]) run(piece int, w *worker) {
	ws := s.ws
	if w != nil {
		ws = workspaceOf[T](w)
	}
	s.span(piece*s.each, min(piece*s.each+s.each, s.columns), ws)
}

func (s *columnsTask[T]) whole() { s.span(0, s.columns, s.ws) }

// span does the columns from i to j, as many at a time as a kernel call takes. The
// kernels leave sums, of which the logarithm is taken here.
func (s *columnsTask[T]) span(i, end int, ws *workspace[T]) {
	switch {
	case s.colSums != nil:
		s.columnSums(i, end, ws)
		return
	case s.rows:
		s.softmaxRows(i, end, ws)
		return
	}
	kernels := asm.For[T]()
	width := max(minColumns, chunk/s.m&^(minColumns-1))
	for ; i < end; i += width {
		preemptible()
		n := min(width, end-i)
		switch {
		case s.softmax != nil:
			s.softmax(s.m, n, &s.dz[i], s.lddz, &s.z[i], s.ldz)
			continue
		case s.binary != nil:
			s.binary(s.m, n, &s.z[i], s.ldz, &s.y[i], s.ldy, &s.dz[i], s.lddz, &s.losses[i])
			continue
		}
		ws.a = grow(ws.a, n)
		sums, losses := ws.a[:n], s.losses[i:i+n]
		switch {
		case s.logSumExp != nil:
			s.logSumExp(s.m, n, &s.z[i], s.ldz, &losses[0], &sums[0])
		case s.labels != nil:
			s.labels(s.m, n, &s.z[i], s.ldz, &s.y[i], s.ldy, &s.dz[i], s.lddz, &sums[0], &losses[0])
		default:
			ws.b = grow(ws.b, n)
			for l, c := range s.classes[i : i+n] {
				ws.b[l] = asm.Class[T](c)
			}
			s.byClass(s.m, n, &s.z[i], s.ldz, &ws.b[0], &s.dz[i], s.lddz, &sums[0], &losses[0])
		}
		kernels.Log(n, &sums[0], &sums[0])
		kernels.Add(n, &losses[0], &losses[0], &sums[0])
		if s.logSumExp != nil {
			s.infinities(i, n)
		}
	}
}

// infinities sets the results of columns of which Softmax makes NaN: +Inf or −Inf
// if that is the largest element.
func (s *columnsTask[T]) infinities(i, n int) {
	for j := i; j < i+n; j++ {
		if s.losses[j] == s.losses[j] {
			continue
		}
		top := math.Inf(-1)
		for r := range s.m {
			top = max(top, float64(s.z[r*s.ldz+j])) // NaN if one is
		}
		s.losses[j] = T(top)
	}
}
