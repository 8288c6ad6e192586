//go:build peers && linux && cgo

package main

/*
#cgo LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

static void gemm(void *f, int tA, int tB, int m, int n, int k, double alpha, double *a, int lda, double *b, int ldb, double beta, double *c, int ldc) {
	((void (*)(int, int, int, int, int, int, double, double *, int, double *, int, double, double *, int))f)(101, tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
static void triangular(void *f, int s, int ul, int tA, int d, int m, int n, double alpha, double *a, int lda, double *b, int ldb) {
	((void (*)(int, int, int, int, int, int, int, double, double *, int, double *, int))f)(101, s, ul, tA, d, m, n, alpha, a, lda, b, ldb);
}
static void symm(void *f, int s, int ul, int m, int n, double alpha, double *a, int lda, double *b, int ldb, double beta, double *c, int ldc) {
	((void (*)(int, int, int, int, int, double, double *, int, double *, int, double, double *, int))f)(101, s, ul, m, n, alpha, a, lda, b, ldb, beta, c, ldc);
}
static void syrk(void *f, int ul, int tA, int n, int k, double alpha, double *a, int lda, double beta, double *c, int ldc) {
	((void (*)(int, int, int, int, int, double, double *, int, double, double *, int))f)(101, ul, tA, n, k, alpha, a, lda, beta, c, ldc);
}
static void syr2k(void *f, int ul, int tA, int n, int k, double alpha, double *a, int lda, double *b, int ldb, double beta, double *c, int ldc) {
	((void (*)(int, int, int, int, int, double, double *, int, double *, int, double, double *, int))f)(101, ul, tA, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
static void gemv(void *f, int tA, int m, int n, double alpha, double *a, int lda, double *x, int incX, double beta, double *y, int incY) {
	((void (*)(int, int, int, int, double, double *, int, double *, int, double, double *, int))f)(101, tA, m, n, alpha, a, lda, x, incX, beta, y, incY);
}
static void ger(void *f, int m, int n, double alpha, double *x, int incX, double *y, int incY, double *a, int lda) {
	((void (*)(int, int, int, double, double *, int, double *, int, double *, int))f)(101, m, n, alpha, x, incX, y, incY, a, lda);
}
static void symv(void *f, int ul, int n, double alpha, double *a, int lda, double *x, int incX, double beta, double *y, int incY) {
	((void (*)(int, int, int, double, double *, int, double *, int, double, double *, int))f)(101, ul, n, alpha, a, lda, x, incX, beta, y, incY);
}
static void trv(void *f, int ul, int tA, int d, int n, double *a, int lda, double *x, int incX) {
	((void (*)(int, int, int, int, int, double *, int, double *, int))f)(101, ul, tA, d, n, a, lda, x, incX);
}
static double dot(void *f, int n, double *x, int incX, double *y, int incY) {
	return ((double (*)(int, double *, int, double *, int))f)(n, x, incX, y, incY);
}
static void axpy(void *f, int n, double alpha, double *x, int incX, double *y, int incY) {
	((void (*)(int, double, double *, int, double *, int))f)(n, alpha, x, incX, y, incY);
}
static void scal(void *f, int n, double alpha, double *x, int incX) {
	((void (*)(int, double, double *, int))f)(n, alpha, x, incX);
}
static double norm(void *f, int n, double *x, int incX) { return ((double (*)(int, double *, int))f)(n, x, incX); }
static size_t largest(void *f, int n, double *x, int incX) { return ((size_t (*)(int, double *, int))f)(n, x, incX); }
static void rot(void *f, int n, double *x, int incX, double *y, int incY, double c, double s) {
	((void (*)(int, double *, int, double *, int, double, double))f)(n, x, incX, y, incY, c, s);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"gonum.org/v1/gonum/blas"
	native "gonum.org/v1/gonum/blas/gonum"
)

// peer is a library's BLAS: the routines that gonumblas replaces, and those that a
// user of netlib's adapter would have of it too where gonum's LAPACK calls them.
type peer struct {
	native.Implementation
	f map[string]unsafe.Pointer
}

func open(path string) (blas.Float64, string, error) {
	for _, setting := range []string{"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} { // left alone it knows the CPU
		os.Unsetenv(setting)
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	handle := C.dlopen(name, C.RTLD_NOW|C.RTLD_LOCAL|C.RTLD_DEEPBIND)
	if handle == nil {
		return nil, "", errors.New(C.GoString(C.dlerror()))
	}
	p := peer{f: map[string]unsafe.Pointer{}}
	for _, routine := range []string{"dgemm", "dtrsm", "dtrmm", "dsymm", "dsyrk", "dsyr2k", "dgemv", "dger", "dsymv", "dtrmv", "dtrsv",
		"ddot", "daxpy", "dscal", "dnrm2", "dasum", "idamax", "drot"} {
		for _, prefix := range []string{"cblas_", "scipy_cblas_"} {
			symbol := C.CString(prefix + routine)
			if f := C.dlsym(handle, symbol); f != nil {
				p.f[routine] = f
			}
			C.free(unsafe.Pointer(symbol))
		}
		if p.f[routine] == nil {
			return nil, "", fmt.Errorf("%s: no cblas_%s", path, routine)
		}
	}
	return p, "gonum with the library", nil
}

func op(t blas.Transpose) C.int {
	if t == blas.NoTrans {
		return 111
	}
	return 112
}

func triangle(ul blas.Uplo) C.int {
	if ul == blas.Upper {
		return 121
	}
	return 122
}

func side_(s blas.Side) C.int {
	if s == blas.Left {
		return 141
	}
	return 142
}

func unit(d blas.Diag) C.int {
	if d == blas.NonUnit {
		return 131
	}
	return 132
}

func at(x []float64) *C.double { return (*C.double)(unsafe.Pointer(unsafe.SliceData(x))) }

func (p peer) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	C.gemm(p.f["dgemm"], op(tA), op(tB), C.int(m), C.int(n), C.int(k), C.double(alpha), at(a), C.int(lda), at(b), C.int(ldb), C.double(beta), at(c), C.int(ldc))
}

func (p peer) Dtrsm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	C.triangular(p.f["dtrsm"], side_(s), triangle(ul), op(tA), unit(d), C.int(m), C.int(n), C.double(alpha), at(a), C.int(lda), at(b), C.int(ldb))
}

func (p peer) Dtrmm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	C.triangular(p.f["dtrmm"], side_(s), triangle(ul), op(tA), unit(d), C.int(m), C.int(n), C.double(alpha), at(a), C.int(lda), at(b), C.int(ldb))
}

func (p peer) Dsymm(s blas.Side, ul blas.Uplo, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	C.symm(p.f["dsymm"], side_(s), triangle(ul), C.int(m), C.int(n), C.double(alpha), at(a), C.int(lda), at(b), C.int(ldb), C.double(beta), at(c), C.int(ldc))
}

func (p peer) Dsyrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, a []float64, lda int, beta float64, c []float64, ldc int) {
	C.syrk(p.f["dsyrk"], triangle(ul), op(tA), C.int(n), C.int(k), C.double(alpha), at(a), C.int(lda), C.double(beta), at(c), C.int(ldc))
}

func (p peer) Dsyr2k(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	C.syr2k(p.f["dsyr2k"], triangle(ul), op(tA), C.int(n), C.int(k), C.double(alpha), at(a), C.int(lda), at(b), C.int(ldb), C.double(beta), at(c), C.int(ldc))
}

func (p peer) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	C.gemv(p.f["dgemv"], op(tA), C.int(m), C.int(n), C.double(alpha), at(a), C.int(lda), at(x), C.int(incX), C.double(beta), at(y), C.int(incY))
}

func (p peer) Dger(m, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	C.ger(p.f["dger"], C.int(m), C.int(n), C.double(alpha), at(x), C.int(incX), at(y), C.int(incY), at(a), C.int(lda))
}

func (p peer) Dsymv(ul blas.Uplo, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	C.symv(p.f["dsymv"], triangle(ul), C.int(n), C.double(alpha), at(a), C.int(lda), at(x), C.int(incX), C.double(beta), at(y), C.int(incY))
}

func (p peer) Dtrmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	C.trv(p.f["dtrmv"], triangle(ul), op(tA), unit(d), C.int(n), at(a), C.int(lda), at(x), C.int(incX))
}

func (p peer) Dtrsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	C.trv(p.f["dtrsv"], triangle(ul), op(tA), unit(d), C.int(n), at(a), C.int(lda), at(x), C.int(incX))
}

func (p peer) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	return float64(C.dot(p.f["ddot"], C.int(n), at(x), C.int(incX), at(y), C.int(incY)))
}

func (p peer) Daxpy(n int, alpha float64, x []float64, incX int, y []float64, incY int) {
	C.axpy(p.f["daxpy"], C.int(n), C.double(alpha), at(x), C.int(incX), at(y), C.int(incY))
}

func (p peer) Dscal(n int, alpha float64, x []float64, incX int) {
	C.scal(p.f["dscal"], C.int(n), C.double(alpha), at(x), C.int(incX))
}

func (p peer) Dnrm2(n int, x []float64, incX int) float64 {
	return float64(C.norm(p.f["dnrm2"], C.int(n), at(x), C.int(incX)))
}

func (p peer) Dasum(n int, x []float64, incX int) float64 {
	return float64(C.norm(p.f["dasum"], C.int(n), at(x), C.int(incX)))
}

func (p peer) Idamax(n int, x []float64, incX int) int {
	if n == 0 {
		return -1
	}
	return int(C.largest(p.f["idamax"], C.int(n), at(x), C.int(incX)))
}

func (p peer) Drot(n int, x []float64, incX int, y []float64, incY int, c, s float64) {
	C.rot(p.f["drot"], C.int(n), at(x), C.int(incX), at(y), C.int(incY), C.double(c), C.double(s))
}
