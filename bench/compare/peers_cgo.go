//go:build peers && linux && cgo

package main

/*
#cgo LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

enum { cblas_s, cblas_d, fortran_s, fortran_d, onednn_s };

// The repetitions stand here, so that a peer pays no call from Go. A status is
// not looked at: C is, once, before anything is timed.
#define CBLAS(T) \
	for (long i = 0; i < reps; i++) \
		((void (*)(int, int, int, int, int, int, T, const T *, int, const T *, int, T, T *, int))f)( \
			101, tA == 'N' ? 111 : 112, tB == 'N' ? 111 : 112, m, n, k, 1, a, lda, b, ldb, 0, c, ldc)

// By columns the operands are their transposes: C' = op(B)'.op(A)'.
#define FORTRAN(T) \
	for (long i = 0; i < reps; i++) { \
		T one = 1, zero = 0; \
		((void (*)(const char *, const char *, const int *, const int *, const int *, const T *, const T *, const int *, \
			const T *, const int *, const T *, T *, const int *))f)( \
			&tB, &tA, &n, &m, &k, &one, b, &ldb, a, &lda, &zero, c, &ldc); \
	}

static void multiply(int convention, void *f, long reps, char tA, char tB, int m, int n, int k,
		const void *a, int lda, const void *b, int ldb, void *c, int ldc) {
	switch (convention) {
	case cblas_s: CBLAS(float); break;
	case cblas_d: CBLAS(double); break;
	case fortran_s: FORTRAN(float); break;
	case fortran_d: FORTRAN(double); break;
	case onednn_s:
		for (long i = 0; i < reps; i++)
			((int (*)(char, char, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *, int64_t, float,
				float *, int64_t))f)(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
	}
}

static const char *text(void *f) { return ((const char *(*)(void))f)(); }
static const char *text_of(void *f, int i) { return ((const char *(*)(int))f)(i); }
static int number(void *f) { return ((int (*)(void))f)(); }
static void fill(void *f, char *buf, int len) { ((void (*)(char *, int))f)(buf, len); }
static const int *numbers(void *f) { return ((const int *(*)(void))f)(); }
*/
import "C"

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"github.com/lanewise/lanewise/asm"
)

// object is a shared library.
type object struct {
	handle unsafe.Pointer
	path   string
}

// openObject opens a shared library, after those of its needs that lie beside
// it, which the dynamic linker would not look for there. Its symbols are its
// own: peers define the same names.
func openObject(path string) (object, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return object{}, err
	}
	opened := map[string]unsafe.Pointer{}
	if err := openWithNeeds(path, opened); err != nil {
		return object{}, err
	}
	return object{opened[path], path}, nil
}

func openWithNeeds(path string, opened map[string]unsafe.Pointer) error {
	opened[path] = nil
	file, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	needs, err := file.ImportedLibraries()
	file.Close()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, name := range needs {
		need := filepath.Join(filepath.Dir(path), name)
		if _, ok := opened[need]; ok {
			continue
		}
		if _, err := os.Stat(need); err != nil {
			continue // the system's
		}
		if err := openWithNeeds(need, opened); err != nil {
			return err
		}
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	handle := C.dlopen(name, C.RTLD_NOW|C.RTLD_LOCAL|C.RTLD_DEEPBIND)
	if handle == nil {
		return errors.New(C.GoString(C.dlerror()))
	}
	opened[path] = handle
	return nil
}

// symbol returns the address of a function, nil if there is none of that name.
func (o object) symbol(name string) unsafe.Pointer {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.dlsym(o.handle, s)
}

// convention is how a library's products are called.
type convention struct{ f32, f64 C.int }

var (
	cblas   = convention{C.cblas_s, C.cblas_d}
	fortran = convention{C.fortran_s, C.fortran_d}
	onednn  = convention{C.onednn_s, -1}
)

// multiplierOf returns nil if f is.
func multiplierOf[T asm.Float](convention C.int, f unsafe.Pointer) multiplier[T] {
	if f == nil {
		return nil
	}
	return func(reps int, p *operands[T]) {
		C.multiply(convention, f, C.long(reps), C.char(p.op[0]), C.char(p.op[1]), C.int(p.m), C.int(p.n), C.int(p.k),
			unsafe.Pointer(&p.a[0]), C.int(p.lda), unsafe.Pointer(&p.b[0]), C.int(p.ldb), unsafe.Pointer(&p.c[0]), C.int(p.ldc))
	}
}

// open opens the peer's shared library and calls it once, which is when some
// read their settings.
func (p peer) open(path string) (library, error) {
	o, err := openObject(path)
	if err != nil {
		return library{}, err
	}
	l := library{name: p.name, covers: p.covers}
	for _, prefix := range p.prefixes {
		if f := o.symbol(prefix + "sgemm"); f != nil {
			l.f32 = multiplierOf[float32](p.convention.f32, f)
		}
		if f := o.symbol(prefix + "dgemm"); f != nil && p.convention.f64 >= 0 {
			l.f64 = multiplierOf[float64](p.convention.f64, f)
		}
	}
	if l.f32 == nil && l.f64 == nil {
		return library{}, fmt.Errorf("%s: no products; expected a function %ssgemm", o.path, strings.Join(p.prefixes, "sgemm or "))
	}
	const first = 8
	if l.f32 != nil {
		l.f32(1, newOperands[float32](newShape(first, first, first, "NN")))
	}
	if l.f64 != nil {
		l.f64(1, newOperands[float64](newShape(first, first, first, "NN")))
	}
	l.about = p.about(o)
	return l, nil
}

// The functions by which libraries tell their version.

func aboutOpenBLAS(o object) string {
	for _, name := range []string{"scipy_openblas_get_config", "openblas_get_config"} {
		if f := o.symbol(name); f != nil {
			return strings.Join(strings.Fields(C.GoString(C.text(f))), " ")
		}
	}
	return "OpenBLAS"
}

func aboutMKL(o object) string {
	f := o.symbol("mkl_get_version_string")
	if f == nil {
		return "oneMKL"
	}
	buf := make([]C.char, 200)
	C.fill(f, &buf[0], C.int(len(buf)))
	buf[len(buf)-1] = 0
	return strings.TrimSpace(C.GoString(&buf[0]))
}

func aboutOneDNN(o object) string {
	f := o.symbol("dnnl_version")
	if f == nil {
		return "oneDNN"
	}
	v := unsafe.Slice(C.numbers(f), 3)
	return fmt.Sprintf("oneDNN %d.%d.%d", v[0], v[1], v[2])
}

// aboutBLIS is for BLIS and what stems from it.
func aboutBLIS(o object) string {
	version, id, name := o.symbol("bli_info_get_version_str"), o.symbol("bli_arch_query_id"), o.symbol("bli_arch_string")
	if version == nil || id == nil || name == nil {
		return "BLIS"
	}
	return fmt.Sprintf("%s, kernels %s", C.GoString(C.text(version)), C.GoString(C.text_of(name, C.number(id))))
}

func aboutLIBXSMM(o object) string {
	f := o.symbol("libxsmm_get_target_arch")
	if f == nil {
		return "LIBXSMM"
	}
	return "LIBXSMM, code for " + C.GoString(C.text(f))
}

func aboutFaer(o object) string {
	f := o.symbol("faer_version")
	if f == nil {
		return "faer"
	}
	return C.GoString(C.text(f))
}
