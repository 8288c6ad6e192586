package blas

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// TestGatherSamples gathers samples as a matrix, and packed as PackB packs that.
func TestGatherSamples(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		testGatherSamples[float32](t)
		testGatherSamples[float64](t)
	})
}

func testGatherSamples[T Float](t *testing.T) {
	const junk = -1
	var packed Packed[T] // again and again
	for _, n := range []int{1, 2, 15, 16, 17, 31, 32, 48, 50} {
		for _, k := range []int{1, 7, 16, 33, 784, 1100} { // the last in two blocks
			samples := make([][]T, n)
			for j := range samples {
				samples[j] = make([]T, k+j%2) // longer ones are allowed
				for f := range samples[j] {
					samples[j][f] = T(j*k + f)
				}
			}
			for _, next := range [][][]T{nil, samples, samples[:n/2]} {
				for _, gap := range []int{0, 3} {
					ldr, ldc := k+gap, n+gap
					rows := slices.Repeat([]T{junk}, (n-1)*ldr+k+1)
					columns := slices.Repeat([]T{junk}, (k-1)*ldc+n+1)
					wantRows, wantColumns := slices.Clone(rows), slices.Clone(columns)
					for j, s := range samples {
						for f := range k {
							wantRows[j*ldr+f], wantColumns[f*ldc+j] = s[f], s[f]
						}
					}
					GatherSamples(samples, next, rows, ldr, columns, ldc)
					if !slices.Equal(rows, wantRows) || !slices.Equal(columns, wantColumns) {
						t.Fatalf("%T: %d samples of %d, gap %d: wrong copies", rows, n, k, gap)
					}
					rows = slices.Repeat([]T{junk}, len(rows))
					PackSamples(&packed, samples, next, rows, ldr)
					if !slices.Equal(rows, wantRows) {
						t.Fatalf("%T: %d packed samples of %d, gap %d: wrong rows", rows, n, k, gap)
					}
					want := pack(packed.kernels, samplesKC(packed.kernels, n, k), false, &product[T]{n: n, k: k, b: columns, ldb: ldc})
					if size := len(want.data); !slices.Equal(packed.data[:size], want.data) {
						t.Fatalf("%T: %d packed samples of %d: wrong panels", rows, n, k)
					}
					got := packed
					got.data, want.data = nil, nil
					if !reflect.DeepEqual(got, *want) {
						t.Fatalf("%T: %d packed samples of %d: %+v, want %+v", rows, n, k, got, want)
					}
				}
			}
		}
	}
	GatherSamples[T](nil, nil, nil, 0, nil, 0)
	GatherSamples([][]T{{}, {}}, nil, nil, 1, nil, 2)
	PackSamples(&packed, nil, nil, nil, 0)
	PackSamples(&packed, [][]T{{}, {}}, nil, nil, 1)
	c := []T{5, 5, 5, 5}
	GemmPacked(NoTrans, 2, &packed, nil, 1, 0, c, 2)
	if !slices.Equal(c, make([]T, 4)) {
		t.Errorf("a product with two samples without features is %v", c)
	}
}

func TestGatherSamplesPanics(t *testing.T) {
	two := [][]float32{{1, 2, 3}, {4, 5, 6}}
	rows, columns := make([]float32, 6), make([]float32, 6)
	var packed Packed[float32]
	for _, c := range []struct {
		want string
		call func()
	}{
		{badLdRows, func() { GatherSamples(two, nil, rows, 2, columns, 2) }},
		{badLdRows, func() { GatherSamples([][]float32{{}}, nil, rows, 0, columns, 2) }},
		{badLdColumns, func() { GatherSamples(two, nil, rows, 3, columns, 1) }},
		{shortRows, func() { GatherSamples(two, nil, rows[:5], 3, columns, 2) }},
		{shortColumns, func() { GatherSamples(two, nil, rows, 3, columns[:5], 2) }},
		{shortSample, func() { GatherSamples([][]float32{{1, 2, 3}, {4, 5}}, nil, rows, 3, columns, 2) }},
		{shortSample, func() { GatherSamples(two, [][]float32{{1}}, rows, 3, columns, 2) }},
		{badOverlap, func() { GatherSamples(two, nil, rows, 3, rows, 2) }},
		{badLdRows, func() { PackSamples(nil, two, nil, rows, 2) }},
		{shortRows, func() { PackSamples(&packed, two, nil, rows[:5], 3) }},
		{shortSample, func() { PackSamples(&packed, two, [][]float32{{1}}, rows, 3) }},
		{badPacked, func() { PackSamples(nil, two, nil, rows, 3) }},
	} {
		func() {
			defer func() {
				if r := recover(); r != c.want {
					t.Errorf("panic %v, want %q", r, c.want)
				}
			}()
			c.call()
		}()
	}
	if slices.Max(rows) != 0 || slices.Max(columns) != 0 || packed.kernels != nil {
		t.Error("a call that panics has written")
	}
}

func BenchmarkGatherSamples(b *testing.B) {
	const n, k, all = 128, 784, 20_000
	samples := make([][]float32, all)
	for i := range samples {
		samples[i*7919%all] = make([]float32, k)
	}
	rows, columns := make([]float32, n*k), make([]float32, n*k)
	b.Run(fmt.Sprintf("n=%d/k=%d/type=f32", n, k), func(b *testing.B) {
		b.SetBytes(n * k * 4)
		at := 0
		for b.Loop() {
			next := (at + n) % (all - n)
			GatherSamples(samples[at:at+n], samples[next:next+n], rows, k, columns, n)
			at = next
		}
	})
}
