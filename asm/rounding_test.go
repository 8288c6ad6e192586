package asm

import (
	"math"
	"reflect"
	"runtime"
	"testing"
)

// TestRoundingKept calls every kernel of every level and finds the thread's
// floating-point unit as Go wants it (on amd64 by MXCSR): rounding to nearest,
// subnormal numbers kept, and no operation trapping.
func TestRoundingKept(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	onKernels(t, roundingKept[float32], roundingKept[float64])
}

func roundingKept[T Float](t *testing.T, k *Kernels[T]) {
	table, calls := reflect.ValueOf(k).Elem(), 0
	for i := range table.NumField() {
		kernel := table.Field(i)
		if kernel.Kind() != reflect.Func {
			continue
		}
		name, size := table.Type().Field(i).Name, 2
		if name == "Thin" {
			size = 4 // which its k is a multiple of
		}
		var args []reflect.Value
		for j := range kernel.Type().NumIn() {
			switch in := kernel.Type().In(j); in.Kind() {
			case reflect.Int: // a count or a stride
				args = append(args, reflect.ValueOf(size))
			case reflect.Pointer: // to numbers, slices of them or indices of rows
				operand := reflect.MakeSlice(reflect.SliceOf(in.Elem()), 1024, 1024)
				for l := range operand.Len() {
					switch x := operand.Index(l); x.Kind() {
					case reflect.Slice:
						x.Set(reflect.MakeSlice(x.Type(), 1024, 1024))
					case reflect.Int:
						x.SetInt(int64(l))
					default:
						x.SetFloat(float64(l))
					}
				}
				args = append(args, operand.Index(0).Addr())
			default:
				args = append(args, reflect.ValueOf(T(0.5)))
			}
		}
		kernel.Call(args)
		calls++
		checkRounding(t, name)
	}
	if calls < 15 {
		t.Errorf("only %d kernels in the table", calls)
	}
}

// Variables, so that the compiler does not do the sums.
var (
	roundOne, roundZero = 1.0, 0.0
	roundUlp            = math.Ldexp(1, -52) // of 1
	roundTiny           = math.Ldexp(1, -1022)
)

func checkRounding(t *testing.T, after string) {
	t.Helper()
	for _, sign := range []float64{1, -1} {
		one, ulp := sign*roundOne, sign*roundUlp
		if one+ulp/4 != one || one+ulp*3/4 != one+ulp {
			t.Errorf("after %s sums near %v are not rounded to nearest", after, sign)
		}
		if half := sign * roundTiny / 2; half == 0 || half*2 != sign*roundTiny {
			t.Errorf("after %s half of %v is %v", after, sign*roundTiny, half)
		}
	}
	// Each of these would end the program if its exception were not masked.
	inf := roundOne / roundZero
	if nan := inf - inf; nan == nan || roundTiny*roundTiny != 0 || math.MaxFloat64*(roundOne+1) != inf {
		t.Errorf("after %s special values are wrong", after)
	}
}
