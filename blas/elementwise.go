package blas

import "github.com/lanewise/lanewise/asm"

// chunk is how many elements one kernel call takes: assembly cannot be
// preempted, and the collector waits for it. It is a multiple of every vector. (Columns of softmax and
// of losses are never cut: a call takes up to 16 of whatever height.)
const chunk = 1 << 14

// Exp sets dst[i] = e^src[i].
//
// At the assembly levels the error is below 1 ULP; at the generic level at most
// 0.51 ULP for float32 and 1 ULP for float64. A value's result does not depend
// on its place. e^NaN = NaN, e^(+Inf) = +Inf, e^(−Inf) = 0; results that
// overflow are +Inf, results below the normal range are rounded once.
//
// dst and src must have the same length. They may be the same slice; Exp
// panics if they overlap otherwise.
func Exp[T Float](dst, src []T) { unary(asm.For[T]().Exp, dst, src) }

// Sigmoid sets dst[i] = σ(src[i]) = 1/(1 + e^(−src[i])).
//
// Errors, lengths and overlap are as for [Exp]. σ(NaN) = NaN, σ(+Inf) = 1,
// σ(−Inf) = 0.
func Sigmoid[T Float](dst, src []T) { unary(asm.For[T]().Sigmoid, dst, src) }

// Tanh sets dst[i] = tanh(src[i]).
//
// Errors are as for [Exp], but at the generic level 2 ULP for float64; lengths
// and overlap too. tanh(NaN) = NaN, tanh(±Inf) = ±1, tanh(±0) = ±0.
func Tanh[T Float](dst, src []T) { unary(asm.For[T]().Tanh, dst, src) }

// SiLU sets dst[i] = src[i]·σ(src[i]).
//
// The error is at most 2 ULP; lengths and overlap are as for [Exp]. SiLU(NaN) =
// NaN, SiLU(+Inf) = +Inf, SiLU(−Inf) = −0, SiLU(±0) = ±0.
func SiLU[T Float](dst, src []T) { unary(asm.For[T]().SiLU, dst, src) }

// Log sets dst[i] = log(src[i]), the natural logarithm.
//
// Errors, lengths and overlap are as for [Exp]. log(NaN) = NaN, log(+Inf) =
// +Inf, log(±0) = −Inf; of a negative number it is NaN.
func Log[T Float](dst, src []T) { unary(asm.For[T]().Log, dst, src) }

// ReLU sets dst[i] = max(src[i], 0): src[i] itself unless it is negative, so that
// NaN is NaN and −0 is −0. The bits are the same at every level.
//
// Lengths and overlap are as for [Exp].
func ReLU[T Float](dst, src []T) { unaryBy(asm.For[T]().ReLU, dst, src, streamGrain) }

func unary[T Float](kernel func(n int, dst, src *T), dst, src []T) {
	unaryBy(kernel, dst, src, vectorGrain)
}

// unaryBy uses a thread for each so many elements.
func unaryBy[T Float](kernel func(n int, dst, src *T), dst, src []T, grain float64) {
	if len(dst) != len(src) {
		panic(badLength)
	}
	if overlapsInexactly(dst, src) {
		panic(badOverlap)
	}
	if t := threadsFor(float64(len(dst)), grain); t > 1 {
		ws := getWorkspace[T](0, 0)
		defer putWorkspace(ws)
		runVector(vectorTask[T]{unary: kernel, dst: dst, x: src}, ws, len(dst), 1, t)
		return
	}
	unarySpan(kernel, dst, src)
}

// binary checks the operands of dst[i] = f(x[i], y[i]) and computes it.
func binary[T Float](kernel func(n int, dst, x, y *T), dst, x, y []T) {
	if len(dst) != len(x) || len(dst) != len(y) {
		panic(badLength)
	}
	if overlapsInexactly(dst, x) || overlapsInexactly(dst, y) {
		panic(badOverlap)
	}
	if t := threadsFor(float64(len(dst)), streamGrain); t > 1 {
		ws := getWorkspace[T](0, 0)
		defer putWorkspace(ws)
		runVector(vectorTask[T]{binary: kernel, dst: dst, x: x, y: y}, ws, len(dst), 1, t)
		return
	}
	binarySpan(kernel, dst, x, y)
}

// Axpy sets y[i] = alpha·x[i] + y[i], each by one fused multiply-add (at the
// generic level a rounded product and a rounded sum).
//
// The slices must have the same length. They may be the same slice; Axpy
// panics if they overlap otherwise.
func Axpy[T Float](alpha T, x, y []T) { scaled(asm.For[T]().Axpy, alpha, x, y) }

// Scal sets x[i] = alpha·x[i]. No product is left out: 0·NaN is NaN.
func Scal[T Float](alpha T, x []T) { scaled(asm.For[T]().Scal, alpha, x, x) }

// Add sets dst[i] = x[i] + y[i].
//
// The slices must have the same length; dst may be x or y, and Add panics if it
// overlaps them otherwise.
func Add[T Float](dst, x, y []T) { binary(asm.For[T]().Add, dst, x, y) }

// Mul sets dst[i] = x[i]·y[i]: the Hadamard product.
//
// Lengths and overlap are as for [Add].
func Mul[T Float](dst, x, y []T) { binary(asm.For[T]().Mul, dst, x, y) }

// scaled checks the operands of y[i] = f(alpha, x[i], y[i]) and computes it.
func scaled[T Float](kernel func(n int, alpha T, x, y *T), alpha T, x, y []T) {
	if len(x) != len(y) {
		panic(badLength)
	}
	if overlapsInexactly(x, y) {
		panic(badOverlap)
	}
	if t := threadsFor(float64(len(x)), streamGrain); t > 1 {
		ws := getWorkspace[T](0, 0)
		defer putWorkspace(ws)
		runVector(vectorTask[T]{scaled: kernel, alpha: alpha, x: x, dst: y}, ws, len(x), 1, t)
		return
	}
	scaledSpan(kernel, alpha, x, y)
}

// minColumns is the least number of columns that a kernel walks down at once: a
// vector of the widest level.
const minColumns = 16
