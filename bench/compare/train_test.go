package main

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

const trainSamples = `level: avx2
BenchmarkTrain/units=784-64-64-10/batch=32/type=f32/lib=lanewise-1 60000 2500 ns/op 400000 samples/s 80 %ceiling
BenchmarkTrain/units=784-64-64-10/batch=32/type=f32/lib=torch-1 60000 5000 ns/op 200000 samples/s 40 %ceiling
BenchmarkTrain/units=784-64-64-10/batch=32/type=f32/lib=lanewise-again-1 60000 2500 ns/op 400000 samples/s 80 %ceiling
BenchmarkGemm/m=8/n=8/k=8/op=NN/type=f32/lib=lanewise-1 60000 25 ns/op 40 GFLOP/s 50 %ceiling
`

// Training has a table and a panel of its own, in thousands of samples a second.
func TestTrainReport(t *testing.T) {
	for format, want := range map[string][]string{
		"text":     {"median thousand samples a second in training", "784-64-64-10, batch 32     400.0          80.0      500  200.0  torch  2.000", "8·8·8 NN"},
		"markdown": {"| 784-64-64-10, batch 32 | 400.0 | 80.0 | 500 | 200.0 | torch | 2.000"},
		"csv":      {"avx2,f32,1,0,32,0,784-64-64-10,0,0,0,torch,1,200.0000"},
		"svg":      {"Training, % of the ceiling", "784-64-64-10, batch 32", ">torch</text>"},
	} {
		var out bytes.Buffer
		p := presentation{Format: format}
		if err := p.print(&out, benchfmt.NewReader(strings.NewReader(trainSamples), "test")); err != nil {
			t.Fatal(format, err)
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s: no %q in\n%s", format, w, out.String())
			}
		}
	}
	for _, line := range []string{
		"BenchmarkTrain/units=784/batch=32/type=f32/lib=lanewise-1 1 1 ns/op 1 samples/s 1 %ceiling\n",
		"BenchmarkTrain/units=784-x-10/batch=32/type=f32/lib=lanewise-1 1 1 ns/op 1 samples/s 1 %ceiling\n",
		"BenchmarkTrain/units=784-10/batch=0/type=f32/lib=lanewise-1 1 1 ns/op 1 samples/s 1 %ceiling\n",
		"BenchmarkTrain/units=784-10/batch=1/type=f32/lib=lanewise-1 1 1 ns/op 1 GFLOP/s 1 %ceiling\n",
	} {
		if err := (presentation{Format: "text"}).print(new(bytes.Buffer), benchfmt.NewReader(strings.NewReader(line), "test")); err == nil {
			t.Errorf("%q: no error", line)
		}
	}
}

// The operations are those of W·A and dZ·Aᵀ in each layer and of Wᵀ·dZ in all but the
// first, two for each multiply-add.
func TestTrainingFlops(t *testing.T) {
	if got, want := (training{units: "784-64-64-10"}).flops(), 2.0*(2*784*64+3*64*64+3*64*10); got != want {
		t.Errorf("%v operations a sample, want %v", got, want)
	}
}

func TestParseNet(t *testing.T) {
	hidden, batch, err := parseNet("64-32/128")
	if err != nil || len(hidden) != 2 || hidden[0] != 64 || hidden[1] != 32 || batch != 128 {
		t.Errorf("%v, %d, %v", hidden, batch, err)
	}
	for _, text := range []string{"", "64", "64/0", "64-/8", "x/8", "0/8", "64/8/8"} {
		if _, _, err := parseNet(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
