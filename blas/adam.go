package blas

import "github.com/lanewise/lanewise/asm"

// Adam makes a step of the method of that name (D. Kingma, J. Ba: Adam: a method for
// stochastic optimization, 2015) for parameters x with gradient g, whose running mean
// is m and that of its squares v:
//
//	m[i] = β₁·m[i] + (1 − β₁)·g[i]
//	v[i] = β₂·v[i] + (1 − β₂)·g[i]²
//	x[i] = x[i] − step·m[i]/(√v[i] + ε)
//
// The correction for means that begin at 0 is the same for all elements and left to
// the caller: in step t, with learning rate α, step is α·√(1−β₂ᵗ)/(1−β₁ᵗ) and ε the
// method's times √(1−β₂ᵗ).
//
// β₁, 1 − β₁, β₂, 1 − β₂, step and ε are each rounded to T, and so is every operation on
// elements: the bits are the same at every level. The slices must have the same
// length; Adam panics if any two overlap.
func Adam[T Float](beta1, beta2, step, epsilon float64, g, m, v, x []T) {
	if len(g) != len(x) || len(m) != len(x) || len(v) != len(x) {
		panic(badLength)
	}
	if overlaps(g, m) || overlaps(g, v) || overlaps(g, x) || overlaps(m, v) || overlaps(m, x) || overlaps(v, x) {
		panic(badOverlap)
	}
	s := adamStep[T]{
		kernel: asm.For[T]().Adam,
		b1:     T(beta1), c1: T(1 - beta1), b2: T(beta2), c2: T(1 - beta2), step: T(step), epsilon: T(epsilon),
		g: g, m: m, v: v, x: x,
	}
	if t := threadsFor(float64(len(x)), vectorGrain); t > 1 {
		ws := getWorkspace[T](0, 0)
		defer putWorkspace(ws)
		runVector(vectorTask[T]{adam: s}, ws, len(x), 1, t)
		return
	}
	s.span(0, len(x))
}

// adamStep is a call of Adam.
type adamStep[T Float] struct {
	kernel                        func(n int, b1, c1, b2, c2, step, epsilon T, grad, m, v, x *T)
	b1, c1, b2, c2, step, epsilon T
	g, m, v, x                    []T
}

// span does the elements from i to end.
func (s *adamStep[T]) span(i, end int) {
	for ; i < end; i += chunk {
		preemptible()
		s.kernel(min(chunk, end-i), s.b1, s.c1, s.b2, s.c2, s.step, s.epsilon, &s.g[i], &s.m[i], &s.v[i], &s.x[i])
	}
}
