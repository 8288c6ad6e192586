//go:build peers && linux && cgo

package main

/*
static void run(void *f, long reps, long n, void *dst, const void *src) { ((void (*)(long, long, void *, const void *))f)(reps, n, dst, src); }
*/
import "C"

import (
	"errors"
	"path/filepath"
	"time"
	"unsafe"

	"github.com/lanewise/lanewise/asm"
)

// objects are the libraries of bench/elementwise/loops.c, built for this level.
func (o vectorOperands) objects(folder, level string) ([]vectorLibrary, error) {
	if folder == "" {
		return nil, errors.New("expected --peers DIR, a folder filled by bench/install-peers")
	}
	so, err := openObject(filepath.Join(folder, "elementwise-"+level+".so"))
	if err != nil {
		return nil, err
	}
	var libs []vectorLibrary
	for _, name := range []string{"sleef_u10", "sleef_u35", "sleef_finz", "libmvec", "memcpy"} {
		libs = append(libs, vectorLibrary{name: name, about: "loops of " + filepath.Base(so.path), of: func(v vectorCase) (func(reps int) (time.Duration, error), error) {
			f := so.symbol(name + "_" + v.function + "_" + v.typ)
			if f == nil {
				return nil, nil
			}
			x := o.get(v)
			if v.typ == "f32" {
				return timeObject(v, f, x.dst32, x.src32, eps32)
			}
			return timeObject(v, f, x.dst64, x.src64, eps64)
		}})
	}
	return libs, nil
}

func timeObject[T asm.Float](v vectorCase, f unsafe.Pointer, dst, src []T, eps float64) (func(reps int) (time.Duration, error), error) {
	run := func(reps int) (time.Duration, error) {
		start := time.Now()
		C.run(f, C.long(reps), C.long(v.n), unsafe.Pointer(&dst[0]), unsafe.Pointer(&src[0]))
		return time.Since(start), nil
	}
	clear(dst)
	run(1)
	return run, checkVectors(v, dst, src, eps)
}
