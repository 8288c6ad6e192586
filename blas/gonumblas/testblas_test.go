package gonumblas

import (
	"fmt"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/blas/testblas"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
)

// onLevels runs f at every level that this machine has, with one and with two
// threads.
func onLevels(t *testing.T, f func(t *testing.T)) {
	for _, level := range asm.Levels() {
		for _, threads := range []int{1, 2} {
			t.Run(fmt.Sprintf("level=%s/threads=%d", level, threads), func(t *testing.T) {
				restore, err := asm.Use(level)
				if err != nil {
					t.Fatal(err)
				}
				defer restore()
				withThreads(threads, func() { f(t) })
			})
		}
	}
}

// withThreads runs f with so many threads and processors.
func withThreads(n int, f func()) {
	procs := runtime.GOMAXPROCS(n)
	blas.SetThreads(n)
	defer func() {
		blas.SetThreads(0)
		runtime.GOMAXPROCS(procs)
	}()
	f()
}

// withSmall runs f while no call is so small that it is left to gonum, or to a loop.
func withSmall(f func()) {
	before := least
	defer func() { least = before }()
	least = sizes{dot: 1, axpy: 1, scal: 1, sum: 1, swap: 1}
	f()
}

// conformance is gonum's tests of its own real BLAS.
var conformance = []struct {
	name string
	test func(t *testing.T, impl Implementation)
}{
	{"Dasum", func(t *testing.T, i Implementation) { testblas.DasumTest(t, i) }},
	{"Daxpy", func(t *testing.T, i Implementation) { testblas.DaxpyTest(t, i) }},
	{"Ddot", func(t *testing.T, i Implementation) { testblas.DdotTest(t, i) }},
	{"Dnrm2", func(t *testing.T, i Implementation) { testblas.Dnrm2Test(t, i) }},
	{"Idamax", func(t *testing.T, i Implementation) { testblas.IdamaxTest(t, i) }},
	{"Dswap", func(t *testing.T, i Implementation) { testblas.DswapTest(t, i) }},
	{"Dcopy", func(t *testing.T, i Implementation) { testblas.DcopyTest(t, i) }},
	{"Drotg", func(t *testing.T, i Implementation) { testblas.DrotgTest(t, i, false) }},
	{"Drotmg", func(t *testing.T, i Implementation) { testblas.DrotmgTest(t, i) }},
	{"Drot", func(t *testing.T, i Implementation) { testblas.DrotTest(t, i) }},
	{"Drotm", func(t *testing.T, i Implementation) { testblas.DrotmTest(t, i) }},
	{"Dscal", func(t *testing.T, i Implementation) { testblas.DscalTest(t, i) }},
	{"Dgemv", func(t *testing.T, i Implementation) { testblas.DgemvTest(t, i) }},
	{"Dger", func(t *testing.T, i Implementation) { testblas.DgerTest(t, i) }},
	{"Dtxmv", func(t *testing.T, i Implementation) { testblas.DtxmvTest(t, i) }},
	{"Dgbmv", func(t *testing.T, i Implementation) { testblas.DgbmvTest(t, i) }},
	{"Dtbsv", func(t *testing.T, i Implementation) { testblas.DtbsvTest(t, i) }},
	{"Dsbmv", func(t *testing.T, i Implementation) { testblas.DsbmvTest(t, i) }},
	{"Dtbmv", func(t *testing.T, i Implementation) { testblas.DtbmvTest(t, i) }},
	{"Dtrsv", func(t *testing.T, i Implementation) { testblas.DtrsvTest(t, i) }},
	{"Dtrmv", func(t *testing.T, i Implementation) { testblas.DtrmvTest(t, i) }},
	{"Dsymv", func(t *testing.T, i Implementation) { testblas.DsymvTest(t, i) }},
	{"Dsyr", func(t *testing.T, i Implementation) { testblas.DsyrTest(t, i) }},
	{"Dsyr2", func(t *testing.T, i Implementation) { testblas.Dsyr2Test(t, i) }},
	{"Dspr2", func(t *testing.T, i Implementation) { testblas.Dspr2Test(t, i) }},
	{"Dspr", func(t *testing.T, i Implementation) { testblas.DsprTest(t, i) }},
	{"Dspmv", func(t *testing.T, i Implementation) { testblas.DspmvTest(t, i) }},
	{"Dtpsv", func(t *testing.T, i Implementation) { testblas.DtpsvTest(t, i) }},
	{"Dtpmv", func(t *testing.T, i Implementation) { testblas.DtpmvTest(t, i) }},
	{"Dgemm", func(t *testing.T, i Implementation) { testblas.TestDgemm(t, i) }},
	{"Dsymm", func(t *testing.T, i Implementation) { testblas.DsymmTest(t, i) }},
	{"Dtrsm", func(t *testing.T, i Implementation) { testblas.DtrsmTest(t, i) }},
	{"Dsyrk", func(t *testing.T, i Implementation) { testblas.DsyrkTest(t, i) }},
	{"Dsyr2k", func(t *testing.T, i Implementation) { testblas.Dsyr2kTest(t, i) }},
	{"Dtrmm", func(t *testing.T, i Implementation) { testblas.DtrmmTest(t, i) }},
}

func TestConformance(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		for _, c := range conformance {
			t.Run(c.name, func(t *testing.T) {
				c.test(t, Implementation{})
				withSmall(func() { c.test(t, Implementation{}) })
			})
		}
	})
}
