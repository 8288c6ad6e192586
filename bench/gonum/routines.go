package main

import (
	"fmt"
	"slices"
	"time"

	"gonum.org/v1/gonum/blas"
	native "gonum.org/v1/gonum/blas/gonum"

	"github.com/lanewise/lanewise/blas/gonumblas"
)

// routine is a call of BLAS for a size.
type routine struct {
	name string
	call func(i blas64Implementation, n int, a, b, c, x, y []float64)
}

var routines = []routine{
	{"Ddot", func(i blas64Implementation, n int, a, b, c, x, y []float64) { i.Ddot(n, x, 1, y, 1) }},
	{"Daxpy", func(i blas64Implementation, n int, a, b, c, x, y []float64) { i.Daxpy(n, 1e-9, x, 1, y, 1) }},
	{"Dscal", func(i blas64Implementation, n int, a, b, c, x, y []float64) { i.Dscal(n, -1, x, 1) }},
	{"Dnrm2", func(i blas64Implementation, n int, a, b, c, x, y []float64) { i.Dnrm2(n, x, 1) }},
	{"Dasum", func(i blas64Implementation, n int, a, b, c, x, y []float64) { i.Dasum(n, x, 1) }},
	{"Idamax", func(i blas64Implementation, n int, a, b, c, x, y []float64) { i.Idamax(n, x, 1) }},
	{"Dgemv N", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dgemv(blas.NoTrans, n, n, 1, a, n, x, 1, 0, y, 1)
	}},
	{"Dgemv T", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dgemv(blas.Trans, n, n, 1, a, n, x, 1, 0, y, 1)
	}},
	{"Dgemv N strided", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dgemv(blas.NoTrans, n, n, 1, a, n, b, n, 0, c, n)
	}},
	{"Dgemv T strided", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dgemv(blas.Trans, n, n, -1, a, n, b, n, 1, c, n)
	}},
	{"Dger", func(i blas64Implementation, n int, a, b, c, x, y []float64) { i.Dger(n, n, 1e-9, x, 1, y, 1, c, n) }},
	{"Dsymv", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dsymv(blas.Upper, n, 1, a, n, x, 1, 0, y, 1)
	}},
	{"Dgemm NN", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, a, n, b, n, 0, c, n)
	}},
	{"Dgemm NT", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dgemm(blas.NoTrans, blas.Trans, n, n, n, 1, a, n, b, n, 0, c, n)
	}},
	{"Dgemm TN -1", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dgemm(blas.Trans, blas.NoTrans, n, n, n, -1, a, n, b, n, 0, c, n)
	}},
	{"Dtrsm L", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dtrsm(blas.Left, blas.Lower, blas.NoTrans, blas.Unit, n, n, 1, a, n, c, n)
	}},
	{"Dtrsm R", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dtrsm(blas.Right, blas.Lower, blas.Trans, blas.Unit, n, n, 1, a, n, c, n)
	}},
	{"Dtrmm L", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dtrmm(blas.Left, blas.Upper, blas.NoTrans, blas.Unit, n, n, 1, a, n, c, n)
	}},
	{"Dtrmm R", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dtrmm(blas.Right, blas.Upper, blas.NoTrans, blas.Unit, n, n, 1, a, n, c, n)
	}},
	{"Dsyrk N", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dsyrk(blas.Upper, blas.NoTrans, n, n, 1, a, n, 0, c, n)
	}},
	{"Dsyrk T", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dsyrk(blas.Lower, blas.Trans, n, n, 1, a, n, 0, c, n)
	}},
	{"Dsyr2k", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dsyr2k(blas.Upper, blas.NoTrans, n, n, 1, a, n, b, n, 0, c, n)
	}},
	{"Dsymm", func(i blas64Implementation, n int, a, b, c, x, y []float64) {
		i.Dsymm(blas.Left, blas.Upper, n, n, 1, a, n, b, n, 0, c, n)
	}},
}

// sweep prints, for each routine and size, how many times faster lanewise's is than
// gonum's, and in the end what is slower.
func sweep(sizes []int, samples int) {
	ours, theirs := gonumblas.Implementation{}, native.Implementation{}
	fmt.Printf("| routine |")
	for _, n := range sizes {
		fmt.Printf(" %d |", n)
	}
	fmt.Println()
	var slower []string
	for _, r := range routines {
		fmt.Printf("| %s |", r.name)
		for _, n := range sizes {
			// Elements so small that chains of calls neither overflow nor fade.
			a, b, c := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
			x, y := make([]float64, n), make([]float64, n)
			for i := range a {
				a[i], b[i], c[i] = float64(i%7-3)/float64(8*n), float64(i%5-2), float64(i%3)
			}
			for i := range x {
				x[i], y[i] = float64(i%7-3), float64(i%5-2)
			}
			time := func(i blas64Implementation, count int) float64 {
				start := time.Now()
				for range count {
					r.call(i, n, a, b, c, x, y)
				}
				return float64(time.Since(start).Nanoseconds()) / float64(count)
			}
			time(ours, 2)
			time(theirs, 1)
			count := max(1, int(1e5/time(ours, 3)))
			var ratios []float64
			for range samples {
				mine := time(ours, count)
				ratios = append(ratios, time(theirs, count)/mine)
			}
			slices.Sort(ratios)
			ratio := ratios[len(ratios)/2]
			fmt.Printf(" %.2f |", ratio)
			if ratio < 1 {
				slower = append(slower, fmt.Sprintf("%s %d: %.2f", r.name, n, ratio))
			}
		}
		fmt.Println()
	}
	fmt.Printf("\n%d slower: %q\n", len(slower), slower)
}
