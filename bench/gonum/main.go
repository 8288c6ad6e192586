// Gonum measures operations of gonum's mat with its own BLAS, with lanewise's and,
// built with the tag peers, with that of a library, all in one process and by turns.
//
//	go run -tags peers ./bench/gonum --library /path/to/libopenblas.so [--n 100,500,1000] [--threads 1] [--only Mul,LU]
//	go run ./bench/gonum --routines [--n 1,2,3,5,8]
//
// Columns are medians in milliseconds, and of the ratios to lanewise's turn by turn.
package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	native "gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/lapack"
	nativelapack "gonum.org/v1/gonum/lapack/gonum"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/lanewise/lanewise/asm"
	lanewise "github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/blas/gonumblas"
)

// side is one implementation to measure.
type side struct {
	name   string
	blas   blas64Implementation
	lapack lapack.Float64
}

type blas64Implementation = blas.Float64

// operation is what is measured: f prepares its operands for a size.
type operation struct {
	name    string
	prepare func(n int) func()
}

func dense(m, n int) *mat.Dense {
	rng := rand.New(rand.NewPCG(uint64(m), uint64(n)))
	x := make([]float64, m*n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return mat.NewDense(m, n, x)
}

func symmetric(n int) *mat.SymDense {
	d := dense(n, n)
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, d.At(i, j)+d.At(j, i))
		}
	}
	return s
}

func positive(n int) *mat.SymDense {
	s := mat.NewSymDense(n, nil)
	s.SymOuterK(1, dense(n, n))
	for i := range n {
		s.SetSym(i, i, s.At(i, i)+float64(n))
	}
	return s
}

func require(ok bool) {
	if !ok {
		panic("did not converge")
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

var operations = []operation{
	{"Mul", func(n int) func() {
		a, b, c := dense(n, n), dense(n, n+1).Slice(0, n, 0, n), mat.NewDense(n, n, nil)
		return func() { c.Mul(a, b) }
	}},
	{"Mul(Sym)", func(n int) func() {
		a, b, c := symmetric(n), dense(n, n), mat.NewDense(n, n, nil)
		return func() { c.Mul(a, b) }
	}},
	{"SymOuterK", func(n int) func() {
		a, c := dense(n, n), mat.NewSymDense(n, nil)
		return func() { c.SymOuterK(1, a) }
	}},
	{"LU", func(n int) func() {
		a := dense(n, n)
		var lu mat.LU
		return func() { lu.Factorize(a) }
	}},
	{"Solve", func(n int) func() {
		a, b := dense(n, n), dense(n, n+1).Slice(0, n, 0, n)
		var x mat.Dense
		return func() { check(x.Solve(a, b)) }
	}},
	{"Inverse", func(n int) func() {
		a := dense(n, n)
		var x mat.Dense
		return func() { check(x.Inverse(a)) }
	}},
	{"Cholesky", func(n int) func() {
		a := positive(n)
		var c mat.Cholesky
		return func() { require(c.Factorize(a)) }
	}},
	{"QR", func(n int) func() {
		a := dense(n, n)
		var qr mat.QR
		return func() { qr.Factorize(a) }
	}},
	{"SVD values", func(n int) func() {
		a := dense(n, n)
		var svd mat.SVD
		return func() { require(svd.Factorize(a, mat.SVDNone)) }
	}},
	{"SVD thin", func(n int) func() {
		a := dense(n, n)
		var svd mat.SVD
		return func() { require(svd.Factorize(a, mat.SVDThin)) }
	}},
	{"Eigen", func(n int) func() {
		a := dense(n, n)
		var e mat.Eigen
		return func() { require(e.Factorize(a, mat.EigenRight)) }
	}},
	{"EigenSym", func(n int) func() {
		a := symmetric(n)
		var e mat.EigenSym
		return func() { require(e.Factorize(a, true)) }
	}},
	{"Covariance", func(n int) func() {
		a, c := dense(2*n, n), mat.NewSymDense(n, nil)
		return func() { stat.CovarianceMatrix(c, a, nil) }
	}},
	{"PCA", func(n int) func() {
		a := dense(2*n, n)
		var pc stat.PC
		return func() { require(pc.PrincipalComponents(a, nil)) }
	}},
	{"Exp", func(n int) func() {
		a := dense(n, n)
		a.Scale(1/math.Sqrt(float64(n)), a)
		var e mat.Dense
		return func() { e.Exp(a) }
	}},
}

// use switches gonum to a side.
func (s side) use() {
	if w, ok := s.blas.(withThreads); ok {
		lanewise.SetThreads(w.n)
	}
	blas64.Use(s.blas)
	lapack64.Use(s.lapack)
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("gonum: ")
	library := flag.String("library", "", "a shared library with cblas functions")
	sizes := flag.String("n", "100,500,1000", "sizes")
	threads := flag.String("threads", "1", "numbers of threads of lanewise's")
	only := flag.String("only", "", "operations, separated by commas (all)")
	samples := flag.Int("samples", 9, "samples of each")
	skipNative := flag.Bool("fast", false, "leave gonum's own out")
	swept := flag.Bool("routines", false, "compare routines of BLAS with gonum's instead")
	flag.Parse()
	if *swept {
		lanewise.SetThreads(1)
		var ns []int
		for _, text := range strings.Split(*sizes, ",") {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 {
				log.Fatalf("--n: %q is not a size", text)
			}
			ns = append(ns, n)
		}
		sweep(ns, *samples)
		return
	}

	sides := []side{}
	for _, t := range strings.Split(*threads, ",") {
		n, err := strconv.Atoi(t)
		if err != nil || n < 1 {
			log.Fatalf("--threads: %q is not a number of threads", t)
		}
		sides = append(sides, side{fmt.Sprintf("lanewise, %d", n), withThreads{gonumblas.Implementation{}, n}, ourLapack})
	}
	if !*skipNative {
		sides = append(sides, side{"gonum", native.Implementation{}, nativelapack.Implementation{}})
	}
	if *library != "" {
		peer, name, err := open(*library)
		if err != nil {
			log.Fatal(err)
		}
		sides = append(sides, side{name, peer, nativelapack.Implementation{}})
	}
	fmt.Printf("%s, level %s, GOMAXPROCS %d\n\n", runtime.Version(), asm.Current().Name, runtime.GOMAXPROCS(0))
	fmt.Printf("| operation | n |")
	for i, s := range sides {
		fmt.Printf(" %s, ms |", s.name)
		if i > 0 {
			fmt.Printf(" ratio |")
		}
	}
	fmt.Printf("\n|---|---|%s\n", strings.Repeat("---|", 2*len(sides)-1))
	for _, text := range strings.Split(*sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			log.Fatalf("--n: %q is not a size", text)
		}
		for _, op := range operations {
			if *only != "" && !slices.Contains(strings.Split(*only, ","), op.name) {
				continue
			}
			times := measure(op, n, sides, *samples)
			fmt.Printf("| %s | %d |", op.name, n)
			for i := range times {
				fmt.Printf(" %.3g |", median(times[i]))
				if i > 0 {
					ratios := make([]float64, len(times[i]))
					for turn, took := range times[i] {
						ratios[turn] = took / times[0][turn]
					}
					fmt.Printf(" %.2f |", median(ratios))
				}
			}
			fmt.Println()
		}
	}
	os.Stdout.Sync()
}

// Before a sample a side computes for settling: after long calls of C Go's runtime looks
// after its threads every 20 µs, and less and less often when they run Go. What takes
// long is not repeated for it.
const settling, long = 10 * time.Millisecond, 100 * time.Millisecond

// measure returns each side's samples, in milliseconds: each is as many calls as take at
// least 4 ms, and sides take turns.
func measure(op operation, n int, sides []side, samples int) [][]float64 {
	calls := make([]func(), len(sides))
	counts := make([]int, len(sides))
	settled := make([]int, len(sides))
	for i, s := range sides {
		s.use()
		calls[i] = op.prepare(n)
		calls[i]()
		start := time.Now()
		calls[i]()
		took := max(time.Since(start), 1)
		counts[i] = max(1, int(4*time.Millisecond/took))
		if took < long {
			settled[i] = 1 + int(settling/took)
		}
	}
	times := make([][]float64, len(sides))
	for range samples {
		for i, s := range sides {
			s.use()
			for range settled[i] {
				calls[i]()
			}
			start := time.Now()
			for range counts[i] {
				calls[i]()
			}
			times[i] = append(times[i], time.Since(start).Seconds()*1e3/float64(counts[i]))
		}
	}
	return times
}

func median(x []float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	return sorted[len(sorted)/2]
}

// withThreads sets lanewise's threads once it is used.
type withThreads struct {
	gonumblas.Implementation
	n int
}

var ourLapack lapack.Float64 = gonumblas.Lapack{}
