package mlp

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
)

// onLevels runs f once at every level that this machine has.
func onLevels(t *testing.T, f func(t *testing.T)) {
	for _, level := range asm.Levels() {
		t.Run("level="+level, func(t *testing.T) {
			restore, err := asm.Use(level)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			f(t)
		})
	}
}

// matrix returns the matrix of these rows.
func matrix[T blas.Float](rows ...[]T) blas.General[T] {
	m := blas.General[T]{Rows: len(rows), Cols: len(rows[0]), Stride: len(rows[0])}
	for _, r := range rows {
		m.Data = append(m.Data, r...)
	}
	return m
}

// strided returns m with gap elements of junk behind each row.
func strided[T blas.Float](m blas.General[T], gap int, junk T) blas.General[T] {
	s := blas.General[T]{Rows: m.Rows, Cols: m.Cols, Stride: m.Cols + gap}
	for i := range m.Rows {
		s.Data = append(s.Data, row(m, i)...)
		for range gap {
			s.Data = append(s.Data, junk)
		}
	}
	return s
}

// normal returns a matrix of standard normal numbers.
func normal[T blas.Float](rng *rand.Rand, rows, cols int) blas.General[T] {
	m := blas.General[T]{Rows: rows, Cols: cols, Stride: cols, Data: make([]T, rows*cols)}
	for i := range m.Data {
		m.Data[i] = T(rng.NormFloat64())
	}
	return m
}

// labels returns soft labels: columns of positive numbers that sum to 1.
func labels[T blas.Float](rng *rand.Rand, classes, samples int) blas.General[T] {
	y := normal[T](rng, classes, samples)
	Softmax[T]().Value(y, y)
	return y
}

// mustNew is New for tests whose settings are right.
func mustNew[T blas.Float](t *testing.T, units []int, hidden, output Activation[T], cost Cost[T], seed uint64) *MLP[T] {
	t.Helper()
	net, err := New(units, hidden, output, cost, seed)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// mustPanic runs f, which must panic with want.
func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if r := recover(); r != want {
			t.Errorf("panic %v, want %q", r, want)
		}
	}()
	f()
}

// wantError demands an error with these parts in it.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error: expected one with %q", parts)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q: expected %q in it", err, p)
		}
	}
}
