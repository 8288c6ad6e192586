package main

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

func TestParseShapes(t *testing.T) {
	got, err := parseShapes(strings.NewReader(`
# m n k op
64 128 784 NT
8 8 8 NN # a cube
	3 4 5  TT  7 8 9
`), "list")
	if err != nil {
		t.Fatal(err)
	}
	want := []shape{
		{64, 128, 784, "NT", 784, 784, 128},
		{8, 8, 8, "NN", 8, 8, 8},
		{3, 4, 5, "TT", 7, 8, 9},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestParseShapesErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "list: no shapes; expected lines m n k op, such as 64 128 784 NT"},
		{"8 8 8 NN\n# x\n8 8 8\n", "list:3: 3 fields; expected m n k op, such as 64 128 784 NT, and perhaps lda ldb ldc"},
		{"8 8 8 NN 8", "list:1: 5 fields; expected m n k op, such as 64 128 784 NT, and perhaps lda ldb ldc"},
		{"8 8 x NN", `list:1: k "x"; expected a whole number from 1 to 268435456`},
		{"8 0 8 NN", `list:1: n "0"; expected a whole number from 1 to 268435456`},
		{"-8 8 8 NN", `list:1: m "-8"; expected a whole number from 1 to 268435456`},
		{"8 8 8 NC", `list:1: op "NC"; expected NN, NT, TN or TT`},
		{"8 8 8 NN 8 8 1.5", `list:1: ldc "1.5"; expected a whole number from 1 to 268435456`},
		{"2 3 4 TT 2 3 3", "list:1: lda ldb ldc 2 3 3; expected at least 2 4 3"},
		{"\n65536 65536 1 NN", "list:2: an operand of 4294967296 elements; expected at most 268435456"},
	} {
		shapes, err := parseShapes(strings.NewReader(c.text), "list")
		if err == nil || err.Error() != c.want {
			t.Errorf("%q: got %v, error %v; want %q", c.text, shapes, err, c.want)
		}
	}
}

func TestBuiltInShapes(t *testing.T) {
	shapes := layers()
	if len(shapes) != 26 {
		t.Errorf("%d shapes, want 26", len(shapes))
	}
	for i, s := range shapes {
		if slices.Contains(shapes[:i], s) {
			t.Errorf("%v stands there twice", s)
		}
	}
}

func TestRandomShapes(t *testing.T) {
	shapes := randomShapes(1000, 1)
	if !slices.Equal(shapes[:10], randomShapes(10, 1)) {
		t.Error("the same seed gives other shapes")
	}
	if slices.Equal(shapes[:10], randomShapes(10, 2)) {
		t.Error("another seed gives the same shapes")
	}
	ops, small := map[string]int{}, 0
	for _, s := range shapes {
		ops[s.op]++
		tight := newShape(s.m, s.n, s.k, s.op)
		for _, d := range []struct{ got, lo, hi int }{
			{s.m, 1, 1500}, {s.n, 1, 1500}, {s.k, 1, 1500},
			{s.lda - tight.lda, 0, 9}, {s.ldb - tight.ldb, 0, 9}, {s.ldc - tight.ldc, 0, 9},
		} {
			if d.got < d.lo || d.got > d.hi {
				t.Errorf("%v: %d, want %d to %d", s, d.got, d.lo, d.hi)
			}
		}
		if s.m < 39 { // √1501, the median
			small++
		}
	}
	// 500 ± 100 and 250 ± 70 are five standard deviations and more.
	if small < 400 || small > 600 {
		t.Errorf("m < 39 in %d of 1000 shapes, want about 500", small)
	}
	for _, op := range []string{"NN", "NT", "TN", "TT"} {
		if ops[op] < 180 || ops[op] > 320 {
			t.Errorf("%s in %d of 1000 shapes, want about 250", op, ops[op])
		}
	}
}

// TestShapeNames reads shapes back from the names that results carry.
func TestShapeNames(t *testing.T) {
	c, err := newCollector("")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range append(layers(), randomShapes(50, 1)...) {
		r := &benchfmt.Result{Name: benchfmt.Name("Gemm/" + s.key() + "/type=f32/lib=lanewise-1")}
		if got, _, err := shapeOf(c.shape.Project(r)); err != nil || got != s {
			t.Errorf("%s: got %v, error %v; want %v", r.Name, got, err, s)
		}
	}
}
