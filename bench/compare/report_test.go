package main

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

// TestReports holds the reports of samples with round numbers against files
// that were written by report --format, and read.
func TestReports(t *testing.T) {
	for _, format := range []string{"text", "markdown", "csv", "svg"} {
		var stdout, stderr bytes.Buffer
		if status := run([]string{"report", "--format", format, "testdata/samples.txt"}, &stdout, &stderr); status != 0 {
			t.Errorf("%s: status %d, %s", format, status, stderr.String())
			continue
		}
		want, err := os.ReadFile("testdata/report." + format)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(stdout.String(), "\n")
		for i, line := range strings.Split(string(want), "\n") {
			if i >= len(got) || got[i] != line {
				t.Errorf("line %d of testdata/report.%s is\n%s\nand the report has\n%s", i+1, format, line, strings.Join(got[min(i, len(got)):min(i+1, len(got))], ""))
				break
			}
		}
		if len(got) > strings.Count(string(want), "\n")+1 {
			t.Errorf("%s: the report has more lines than testdata/report.%[1]s", format)
		}
	}
}

// reportOf reports the results in text.
func reportOf(t *testing.T, text, filter string) (*report, error) {
	t.Helper()
	c, err := newCollector(filter)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.read(benchfmt.NewReader(strings.NewReader(text), "results")); err != nil {
		return nil, err
	}
	return c.report()
}

// line is a result of a product of two ones.
func line(lib, values string) string {
	return "BenchmarkGemm/m=1/n=1/k=1/op=NN/type=f32/lib=" + lib + "-1 1 1 ns/op " + values + "\n"
}

func TestReportErrors(t *testing.T) {
	const values = "2 GFLOP/s 50 %ceiling"
	for _, c := range []struct{ name, text, filter, want string }{
		{"nothing", "goos: linux\n", "", "no results; expected lines such as BenchmarkGemm/m=64/n=64/k=64/op=NN/type=f32/lib=lanewise-1"},
		{"all filtered out", line("lanewise", values), "/type:f64", "no results; expected lines such as"},
		{"no peer's counterpart", line("peer", values), "", "1·1·1 NN: peer without lib=lanewise in the same file"},
		{"cut", line("lanewise", values) + line("peer", values) + line("lanewise", values), "", "1·1·1 NN: 2 samples of lanewise and 1 of peer; expected as many"},
		{"unit", "\n" + line("lanewise", "2 GFLOP/s"), "", "results:2: Gemm/m=1/n=1/k=1/op=NN/type=f32/lib=lanewise-1: expected units GFLOP/s and %ceiling"},
		{"zero", line("lanewise", "0 GFLOP/s 50 %ceiling"), "", "0 GFLOP/s, 50 %ceiling: expected positive numbers"},
		{"name", "BenchmarkExp/n=8-1 1 1 ns/op " + values + "\n", "", "Exp/n=8-1: not a shape; expected m=, n=, k= and op= in the name"},
		{"library", "BenchmarkGemm/m=1/n=1/k=1/op=NN/type=f32-1 1 1 ns/op " + values + "\n", "", "no library; expected lib=NAME in the name"},
		{"gaps", "BenchmarkGemm/m=1/n=1/k=1/op=NN/ld=1,1/type=f32/lib=peer-1 1 1 ns/op " + values + "\n", "", "6 fields; expected m n k op"},
		{"syntax", "BenchmarkGemm/m=1 1 x ns/op\n", "", "results:1: "},
	} {
		r, err := reportOf(t, c.text, c.filter)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, error %v; want %q", c.name, r, err, c.want)
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	r, err := reportOf(t, line("lanewise", "2 GFLOP/s 50 %ceiling"), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := writeSVG(new(bytes.Buffer), r); err == nil || !strings.Contains(err.Error(), "expected two or more shapes") {
		t.Errorf("error %v", err)
	}
}

// TestFilesArePaired has two files whose machine was twice as fast in one: each
// peer's ratio is taken within its file.
func TestFilesArePaired(t *testing.T) {
	folder := t.TempDir()
	var paths []string
	for name, text := range map[string]string{
		"slow": line("lanewise", "10 GFLOP/s 50 %ceiling") + line("x", "20 GFLOP/s 50 %ceiling"),
		"fast": line("lanewise", "40 GFLOP/s 50 %ceiling") + line("y", "20 GFLOP/s 50 %ceiling"),
	} {
		path := folder + "/" + name
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	c, err := newCollector("")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.read(&benchfmt.Files{Paths: paths}); err != nil {
		t.Fatal(err)
	}
	r, err := c.report()
	if err != nil {
		t.Fatal(err)
	}
	x := r.tables[0].rows[0]
	if x.ratios["x"].center != 0.5 || x.ratios["y"].center != 2 {
		t.Errorf("ratios %v, want 0.5 to x and 2 to y", x.ratios)
	}
	if name, _ := x.best(); name != "x" {
		t.Errorf("best is %s, want x", name)
	}
}

func TestSummarize(t *testing.T) {
	// Of nine the second and the eighth bound the median with 96 %
	// confidence: 1 − 2·(1 + 9)/2⁹.
	got := summarize([]float64{9, 2, 3, 100, 5, 6, 7, 8, 1})
	if want := (interval{6, 2, 9}); got != want {
		t.Errorf("of nine: %v, want %v", got, want)
	}
	got = summarize([]float64{3, 1, 2})
	if want := (interval{2, math.Inf(-1), math.Inf(1)}); got != want {
		t.Errorf("of three: %v, want %v", got, want)
	}
}

func TestOverall(t *testing.T) {
	table := &table{}
	for _, center := range []float64{4, 0.5, 1, 2, 0.98} {
		table.rows = append(table.rows, &row{ratios: map[string]interval{"x": {center, center * 0.99, center * 1.01}}})
	}
	table.rows = append(table.rows, &row{}) // a shape that x does not cover
	o := table.over(toPeer("x"))
	if o.shapes != 5 || o.lowest != 0.5 || o.highest != 4 || math.Abs(o.mean-math.Pow(4*0.98, 0.2)) > 1e-14 {
		t.Errorf("%+v, want 5 shapes from 0.5 to 4 with the mean %v", o, math.Pow(4*0.98, 0.2))
	}
	if len(o.lost) != 2 || o.lost[0] != table.rows[1] || o.lost[1] != table.rows[4] || o.slower != 1 {
		t.Errorf("lost %v, %d slower; want those of 0.5 and 0.98, the first of them slower", o.lost, o.slower)
	}
	for range 95 {
		table.rows = append(table.rows, &row{ratios: map[string]interval{"x": {3, 3, 3}}})
	}
	if o := table.over(toPeer("x")); o.low < 2 || o.low > 3 {
		t.Errorf("5th percentile %v, want it between 2 and 3, the fourth and fifth of 100", o.low)
	}
}

// TestCliffs has a size that is slower than one four larger, and one that is
// faster but by no more than noise.
func TestCliffs(t *testing.T) {
	table := &table{}
	for n, took := range map[int]float64{10: 100, 11: 130, 12: 131, 13: 102, 14: 104, 15: 125, 40: 60} {
		s := newShape(n, n, n, "NN")
		table.rows = append(table.rows, &row{shape: s, rates: map[string]interval{oursName: {center: s.flops() / took}}})
	}
	var got [][2]int
	for _, c := range table.cliffs() {
		got = append(got, [2]int{c.row.shape.n, c.larger.shape.n})
	}
	if want := [][2]int{{11, 13}, {12, 13}}; !slices.Equal(got, want) {
		t.Errorf("cliffs, and the larger sizes that are faster: %v, want %v", got, want)
	}
}

// TestAlone has ours on one thread beside several: it is no peer.
func TestAlone(t *testing.T) {
	r, err := reportOf(t, line("lanewise", "6 GFLOP/s 50 %ceiling")+line("x", "5 GFLOP/s 50 %ceiling")+line("lanewise-alone", "4 GFLOP/s 50 %ceiling"), "")
	if err != nil {
		t.Fatal(err)
	}
	x := r.tables[0].rows[0]
	if ratio, ok := toAlone(x); !ok || ratio.center != 1.5 {
		t.Errorf("ratio to one thread %v, want 1.5", ratio.center)
	}
	if name, ratio := x.best(); name != "x" || ratio.center != 1.2 {
		t.Errorf("best is %s at %v, want x at 1.2", name, ratio.center)
	}
	if len(r.tables[0].peers) != 1 {
		t.Errorf("peers %v, want x alone", r.tables[0].peers)
	}
}
