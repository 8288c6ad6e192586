package main

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/perf/benchfmt"

	"github.com/lanewise/lanewise/asm"
)

// TestMeasure measures shapes of all kinds at every level and reads the samples
// back.
func TestMeasure(t *testing.T) {
	other := ours("other")
	other.f64 = nil
	libs := []library{ours(oursName), other}
	const threads = 2
	for _, level := range asm.Levels() {
		restore, err := asm.Use(level)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w := benchfmt.NewWriter(&out)
		shapes := []shape{newShape(1, 1, 1, "NN"), {3, 4, 5, "TT", 7, 8, 9}, newShape(17, 9, 33, "NT")}
		for _, s := range shapes {
			for typ, take := range map[string]func([]library, shape, int, int) ([]measurement, error){"f32": measure[float32], "f64": measure[float64]} {
				samples, err := take(libs, s, threads, 2)
				if err != nil {
					t.Fatal(err)
				}
				if err := writeSamples(w, []benchfmt.Config{{Key: "level", Value: []byte(level), File: true}}, s, typ, threads, samples); err != nil {
					t.Fatal(err)
				}
			}
		}
		restore()
		r, err := reportOf(t, out.String(), "")
		if err != nil {
			t.Fatal(err)
		}
		if len(r.tables) != 2 {
			t.Fatalf("%s: %d tables, want one for each type", level, len(r.tables))
		}
		for _, table := range r.tables {
			if table.level != level || table.threads != strconv.Itoa(threads) || len(table.rows) != len(shapes) {
				t.Errorf("level %s, threads %s, %d shapes; want %s, %d, %d", table.level, table.threads, len(table.rows), level, threads, len(shapes))
			}
			for i, x := range table.rows {
				if x.shape != shapes[i] || x.samples != 2 {
					t.Errorf("%d samples of %v, want 2 of %v", x.samples, x.shape, shapes[i])
				}
				if _, ok := x.ratios["other"]; ok != (table.typ == "f32") {
					t.Errorf("%s: ratios %v; other has f32 only", table.typ, x.ratios)
				}
			}
		}
	}
}

// TestWrongProducts leaves out, adds to and changes what a product should be.
func TestWrongProducts(t *testing.T) {
	s := shape{4, 4, 4, "NT", 6, 7, 8}
	for name, wrong := range map[string]multiplier[float64]{
		"nothing": func(int, *operands[float64]) {},
		"one element off": func(reps int, p *operands[float64]) {
			gemm(reps, p)
			p.c[2*p.ldc+3] += 1e-9
		},
		"one element left": func(reps int, p *operands[float64]) {
			last := p.c[1]
			gemm(reps, p)
			p.c[1] = last
		},
		"B not transposed": func(reps int, p *operands[float64]) {
			q := *p
			q.op = "NN"
			gemm(reps, &q)
		},
	} {
		_, err := measure[float64]([]library{{name: "wrong", f64: wrong}}, s, 1, 1)
		if err == nil || !strings.HasPrefix(err.Error(), "wrong: wrong product of 4·4·4 NT ld 6,7,8, f64: row ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestAligned(t *testing.T) {
	for n := range 40 {
		if x := aligned[float32](n + 1); len(x) != n+1 || uintptr(unsafe.Pointer(&x[0]))%64 != 0 {
			t.Errorf("%d elements at %p, want %d at a multiple of 64", len(x), &x[0], n+1)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"--count 0", 2, `compare: --count: "0": expected a whole number of at least 1`},
		{"--type f16", 2, `compare: --type must be one of "f32","f64" but got "f16"`},
		{"--level sse", 2, `compare: --level: asm: level "sse" is not one of this machine's: `},
		{"--shapes x --random 2", 2, "compare: --"}, // the two in either order
		{"--shapes testdata/none", 1, "compare: open testdata/none: "},
		{"report", 2, `compare: expected "<files> ..."`},
		{"report testdata/none", 1, "compare: open testdata/none: "},
		{"report --filter ( testdata/samples.txt", 2, "compare: --filter: "},
		{"report --format pdf testdata/samples.txt", 2, "compare: --format must be one of "},
	} {
		var stdout, stderr bytes.Buffer
		status := run(strings.Fields(c.args), &stdout, &stderr)
		if status != c.status || !strings.HasPrefix(stderr.String(), c.want) || strings.Count(stderr.String(), "\n") != 1 || stdout.Len() > 0 {
			t.Errorf("%s: status %d, %q on standard error, %q on standard output; want status %d, %q",
				c.args, status, stderr.String(), stdout.String(), c.status, c.want)
		}
	}
}
