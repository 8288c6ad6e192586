package asm

import (
	"fmt"
	"os"
	"strings"
	"unsafe"
)

// Level is one instruction-set level: its name and its kernels.
type Level struct {
	Name string
	F32  Kernels[float32]
	F64  Kernels[float64]
}

var (
	levels  = machineLevels(features(os.Getenv("GODEBUG")))
	current = choose(os.Getenv("LANEWISE_LEVEL"))
)

// choose returns the level named, the highest if name is empty. It ends the
// program if the machine lacks the level: running on another one without a
// word would void whatever the caller wants to find out.
func choose(name string) *Level {
	if name == "" {
		return levels[len(levels)-1]
	}
	l, err := find(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lanewise: LANEWISE_LEVEL:", err)
		os.Exit(2)
	}
	return l
}

func find(name string) (*Level, error) {
	for _, l := range levels {
		if l.Name == name {
			return l, nil
		}
	}
	return nil, fmt.Errorf("level %q is not one of this machine's: %s", name, strings.Join(Levels(), ", "))
}

// Levels returns the names of the levels that this machine runs, lowest first.
func Levels() []string {
	names := make([]string, len(levels))
	for i, l := range levels {
		names[i] = l.Name
	}
	return names
}

// Current returns the level in use. It must not be modified.
func Current() *Level { return current }

// For returns the kernels in use for type T. They must not be modified.
func For[T Float]() *Kernels[T] {
	if unsafe.Sizeof(T(0)) == 4 {
		return (*Kernels[T])(unsafe.Pointer(&current.F32))
	}
	return (*Kernels[T])(unsafe.Pointer(&current.F64))
}

// Use switches to the level named and returns a function that switches back.
// It is for tests and benchmarks and must not run beside other calls of this
// module.
func Use(name string) (restore func(), err error) {
	l, err := find(name)
	if err != nil {
		return nil, fmt.Errorf("asm: %w", err)
	}
	before := current
	current = l
	return func() { current = before }, nil
}

// disabled returns the CPU features that a GODEBUG value switches off, under
// the names that package internal/cpu gives them: cpu.avx2=off, cpu.all=off.
// As there, a later setting overrides an earlier one and others are ignored.
func disabled(godebug string) func(feature string) bool {
	all, off := false, map[string]bool{}
	for _, field := range strings.Split(godebug, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(field), "=")
		name, isCPU := strings.CutPrefix(name, "cpu.")
		if !ok || !isCPU || (value != "on" && value != "off") {
			continue
		}
		if name == "all" {
			all = value == "off"
			clear(off)
		} else {
			off[name] = value == "off"
		}
	}
	return func(feature string) bool {
		if v, ok := off[feature]; ok {
			return v
		}
		return all
	}
}
