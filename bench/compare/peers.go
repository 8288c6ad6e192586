//go:build peers && linux && cgo

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/lanewise/lanewise/asm"
)

// peer is a library that this module is compared with.
type peer struct {
	name       string // in flags, file names and results
	convention convention
	prefixes   []string // of sgemm and dgemm: what its builds call them
	about      func(object) string
	covers     func(shape) bool
	notHeld    bool // it can't be held to AVX2 where there is AVX-512
	oneThread  bool // it has no more
	// settings are the environment that the library reads when it is opened
	// and first called: what holds it to so many threads, and at its best or,
	// at level avx2, to AVX2. A variable that is "" is unset.
	settings func(level string, threads int) map[string]string
}

var peers = []peer{
	{
		name: "openblas", convention: cblas, prefixes: []string{"scipy_cblas_", "cblas_"}, about: aboutOpenBLAS,
		settings: func(level string, threads int) map[string]string {
			return map[string]string{
				"OPENBLAS_NUM_THREADS": strconv.Itoa(threads),
				"OPENBLAS_CORETYPE":    at(level, "avx2", "Haswell"), // left alone it knows the CPU
				"OPENBLAS_L2_SIZE":     "",
			}
		},
	},
	{
		name: "mkl", convention: cblas, prefixes: []string{"cblas_"}, about: aboutMKL,
		settings: func(level string, threads int) map[string]string {
			layer := "SEQUENTIAL"
			if threads > 1 {
				layer = "GNU" // its own OpenMP ends a process that has LLVM's, which aocl may
			}
			return map[string]string{
				"MKL_NUM_THREADS":         strconv.Itoa(threads),
				"MKL_ENABLE_INSTRUCTIONS": at(level, "avx2", "AVX2"),
				"MKL_THREADING_LAYER":     layer,
			}
		},
	},
	{
		// Its threads are as many as the process has CPUs.
		name: "onednn", convention: onednn, prefixes: []string{"dnnl_"}, about: aboutOneDNN,
		settings: func(level string, _ int) map[string]string {
			return map[string]string{"ONEDNN_MAX_CPU_ISA": at(level, "avx2", "AVX2"), "DNNL_MAX_CPU_ISA": ""}
		},
	},
	{
		name: "blis", convention: cblas, prefixes: []string{"cblas_"}, about: aboutBLIS,
		settings: func(level string, threads int) map[string]string {
			// BLIS 0.9 takes CPUs newer than itself for very old ones. These
			// are its numbers of skx and haswell.
			return map[string]string{
				"BLIS_NUM_THREADS": strconv.Itoa(threads),
				"BLIS_ARCH_TYPE":   at(level, "avx512", "0") + at(level, "avx2", "3"),
			}
		},
	},
	{
		name: "aocl", convention: cblas, prefixes: []string{"cblas_"}, about: aboutBLIS,
		settings: func(level string, threads int) map[string]string {
			return map[string]string{
				"BLIS_NUM_THREADS":         strconv.Itoa(threads),
				"BLIS_ARCH_TYPE":           "",
				"AOCL_ENABLE_INSTRUCTIONS": at(level, "avx2", "avx2"),
			}
		},
	},
	{
		name: "libxsmm", convention: fortran, prefixes: []string{"libxsmm_"}, about: aboutLIBXSMM, oneThread: true,
		// Larger products it hands on to another library. A transposed operand
		// it copies to the stack, which large ones overrun.
		covers: func(s shape) bool {
			return s.flops() <= 2*128*128*128 && (s.op == "NN" || max(s.m, s.n)*s.k <= 1<<18)
		},
		settings: func(level string, _ int) map[string]string {
			return map[string]string{"LIBXSMM_TARGET": at(level, "avx2", "hsw")}
		},
	},
	{
		name: "faer", convention: cblas, prefixes: []string{"faer_"}, about: aboutFaer, notHeld: true, oneThread: true, // as bench/faer calls it
		settings: func(string, int) map[string]string { return nil },
	},
}

// at returns value if the level is the one wanted, otherwise "".
func at(level, wanted, value string) string {
	if level == wanted {
		return value
	}
	return ""
}

// openPeers opens the peers that it finds, as paths names them or as
// folder/NAME.so, and tells which ones it leaves out and why.
func openPeers(folder string, paths map[string]string, level string, threads int) (libs []library, notes []string, err error) {
	var names []string
	for _, p := range peers {
		names = append(names, p.name)
	}
	for name := range paths {
		if !slices.Contains(names, name) {
			return nil, nil, fmt.Errorf("--lib %s=…: expected one of %s", name, strings.Join(names, ", "))
		}
	}
	if folder == "" && len(paths) == 0 {
		return nil, []string{"no peers: expected --peers DIR, a folder filled by bench/install-peers, or --lib NAME=PATH"}, nil
	}
	os.Setenv("OMP_NUM_THREADS", strconv.Itoa(threads))
	for _, p := range peers {
		if p.notHeld && level == "avx2" && slices.Contains(asm.Levels(), "avx512") {
			notes = append(notes, fmt.Sprintf("%s left out: it can't be held to AVX2", p.name))
			continue
		}
		if p.oneThread && threads > 1 {
			notes = append(notes, fmt.Sprintf("%s left out: it runs on one thread", p.name))
			continue
		}
		path, ok := paths[p.name]
		if !ok {
			if folder == "" {
				continue
			}
			path = filepath.Join(folder, p.name+".so")
		}
		settings := p.settings(level, threads)
		for name, value := range settings {
			if value == "" {
				os.Unsetenv(name)
			} else {
				os.Setenv(name, value)
			}
		}
		l, err := p.open(path)
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s left out: %v", p.name, err))
			continue
		}
		l.about += describe(settings)
		libs = append(libs, l)
	}
	return libs, notes, nil
}

// describe is the settings in a line.
func describe(settings map[string]string) string {
	var set []string
	for name, value := range settings {
		if value != "" {
			set = append(set, name+"="+value)
		}
	}
	if len(set) == 0 {
		return ""
	}
	sort.Strings(set)
	return " (" + strings.Join(set, " ") + ")"
}
