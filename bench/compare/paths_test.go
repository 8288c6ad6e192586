package main

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

func lines(text string) results { return benchfmt.NewReader(strings.NewReader(text), "lines") }

// TestPathsReport has samples of one shape, of which the way not chosen
// takes half the time.
func TestPathsReport(t *testing.T) {
	const name = "BenchmarkPaths/rule=B_packed/m=3/n=4/k=5/op=NN/type=f32/level=avx2/chosen=where_it_lies/other=packed-2 2 "
	text := "cpu: a CPU\ndate: 2026-01-02\n" + strings.Repeat(name+"100 chosen-ns 50 other-ns\n", 6) + "PASS\n"
	borders, config, err := readBorders(lines(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(config, ", "); got != "cpu: a CPU, date: 2026-01-02" {
		t.Errorf("configuration %q", got)
	}
	var out bytes.Buffer
	plain.borders(&out, borders)
	for _, want := range []string{
		"B packed: time of the other way over that of the one chosen",
		"3·4·5 NN   f32   avx2  where it lies  packed  100  0.500 [0.500, 0.500]  the other is faster",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	for _, text := range []string{"PASS\n", "BenchmarkX-2 1 3 ns/op\n"} {
		if _, _, err := readBorders(lines(text)); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
