package dataset

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func parse(text string, table Table) (*Dataset[float32], error) {
	return ReadCSV[float32](strings.NewReader(text), table)
}

func TestReadCSV(t *testing.T) {
	rows := [][]float32{{1, 2.5}, {-3e2, 0}, {.25, 7}}
	for _, c := range []struct {
		name, text string
		table      Table
		samples    [][]float32
		labels     []int
		classes    []string
		features   []string
	}{
		{"numbers", "1,2.5,0\n-3e2,0,1\n.25,7,0\n", Table{}, rows, []int{0, 1, 0}, []string{"0", "1"}, nil},
		{"header", "a,b,class\n1,2.5,0\n-3e2,0,1\n.25,7,0", Table{}, rows, []int{0, 1, 0}, []string{"0", "1"}, []string{"a", "b"}},
		{"text classes", "1,2.5,yes\n-3e2,0,no\n.25,7,yes\n", Table{}, rows, []int{1, 0, 1}, []string{"no", "yes"}, nil},
		{"numbers in their order", "1,2.5,10\n-3e2,0,9\n.25,7,-1\n", Table{}, rows, []int{2, 1, 0}, []string{"-1", "9", "10"}, nil},
		{"label by number", "x,1,2.5\ny,-3e2,0\nx,.25,7\n", Table{Label: "1"}, rows, []int{0, 1, 0}, []string{"x", "y"}, nil},
		{"label by name", "a,kind,b\n1,x,2.5\n-3e2,y,0\n.25,x,7\n", Table{Label: "kind"}, rows, []int{0, 1, 0}, []string{"x", "y"}, []string{"a", "b"}},
		{"classes given", "1,2.5,yes\n-3e2,0,no\n.25,7,yes\n", Table{Classes: []string{"maybe", "yes", "no"}}, rows, []int{1, 2, 1}, []string{"maybe", "yes", "no"}, nil},
		{"unlabelled", "1,2.5\n-3e2,0\n.25,7\n", Table{Unlabelled: true}, rows, nil, nil, nil},
		{"unlabelled, header", "a,b\n1,2.5\n-3e2,0\n.25,7\n", Table{Unlabelled: true}, rows, nil, nil, []string{"a", "b"}},
		{"label left out", "a,kind,b\n1,x,2.5\n-3e2,,0\n.25,x,7\n", Table{Unlabelled: true, Label: "kind"}, rows, nil, nil, []string{"a", "b"}},
		{"label not there to leave out", "a,b\n1,2.5\n-3e2,0\n.25,7\n", Table{Unlabelled: true, Label: "kind"}, rows, nil, nil, []string{"a", "b"}},
		{"spaces, quotes, CRLF, mark", "\ufeff\"a, or\",b,\"cl\"\"ass\"\r\n 1 , 2.5,\"x y\"\r\n-3e2,0,z\r\n.25,7, x y \r\n", Table{}, rows, []int{0, 1, 0}, []string{"x y", "z"}, []string{"a, or", "b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, text := range []string{c.text, string(gzipped([]byte(c.text)))} {
				d, err := parse(text, c.table)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.EqualFunc(d.Samples, c.samples, slices.Equal) || !slices.Equal(d.Labels, c.labels) || d.Targets != nil {
					t.Errorf("samples %v, labels %v", d.Samples, d.Labels)
				}
				if !slices.Equal(d.ClassNames, c.classes) || d.Classes != len(c.classes) || !slices.Equal(d.FeatureNames, c.features) || d.Features != 2 || d.Divisor != 1 {
					t.Errorf("classes %v (%d), features %v (%d)", d.ClassNames, d.Classes, d.FeatureNames, d.Features)
				}
			}
		})
	}
}

func TestReadCSVTargets(t *testing.T) {
	for _, c := range []struct {
		name, text, label string
		targets           [][]float32
		names             []string
	}{
		{"last column", "1,2,3.5\n4,5,6\n", "", [][]float32{{3.5}, {6}}, nil},
		{"by name", "y,a,b\n3.5,1,2\n6,4,5\n", "y", [][]float32{{3.5}, {6}}, []string{"y"}},
		{"two", "a,y,b,z\n1,3.5,2,9\n4,6,5,8\n", "z,y", [][]float32{{3.5, 9}, {6, 8}}, []string{"y", "z"}},
		{"two by number", "1,3.5,2,9\n4,6,5,8\n", "2,4", [][]float32{{3.5, 9}, {6, 8}}, nil},
	} {
		d, err := parse(c.text, Table{Label: c.label, Regression: true})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(d.Samples, [][]float32{{1, 2}, {4, 5}}, slices.Equal) || !slices.EqualFunc(d.Targets, c.targets, slices.Equal) ||
			!slices.Equal(d.TargetNames, c.names) || d.Labels != nil || d.Classes != 0 || d.Outputs() != len(c.targets[0]) {
			t.Errorf("%s: samples %v, targets %v, names %v", c.name, d.Samples, d.Targets, d.TargetNames)
		}
	}
}

func TestReadCSVErrors(t *testing.T) {
	regression := Table{Regression: true}
	for _, c := range []struct {
		name, text string
		table      Table
		want       []string
	}{
		{"empty", "", Table{}, []string{"no samples"}},
		{"header alone", "a,b,c\n", Table{}, []string{"no samples"}},
		{"text in a number", "a,b,c\n1,2,x\n3,two,y\n", Table{}, []string{"line 3", "column 2 (b)", `"two"`, "finite number"}},
		{"text without header", "1,2,x\n3,two,y\n", Table{}, []string{"line 2, column 2:", `"two"`}},
		{"empty cell", "a,b,c\n1,2,x\n,4,y\n", Table{}, []string{"line 3", "column 1 (a)", `""`}},
		{"NaN", "1,2,x\nNaN,4,y\n", Table{}, []string{"line 2, column 1", `"NaN"`, "finite"}},
		{"infinite", "1,2,x\n3,-inf,y\n", Table{}, []string{"line 2, column 2", `"-inf"`}},
		{"beyond float32", "1,2,x\n3,1e39,y\n", Table{}, []string{"line 2, column 2", `"1e39"`, "float32 can hold"}},
		{"no class", "1,2,x\n3,4,\n", Table{}, []string{"line 2, column 3", "expected a class"}},
		{"fractional class", "1,2,0.5\n3,4,1\n", Table{}, []string{"line 1, column 3", `"0.5"`, "regression"}},
		{"class of no network", "1,2,x\n3,4,z\n", Table{Classes: []string{"x", "y"}}, []string{"line 2, column 3", `"z"`, "one of x, y"}},
		{"half a header", "1,b,x\n3,4,y\n", Table{}, []string{"line 1, column 2", `"b"`, "header without numbers"}},
		{"half a header with the label", "1,kind\n3,4\n", Table{Label: "kind"}, []string{"line 1", "header without numbers"}},
		{"bad target", "a,y\n1,2\n3,x\n", regression, []string{"line 3", "column 2 (y)", `"x"`}},
		{"fewer columns", "1,2,x\n3,y\n", Table{}, []string{"line 2", "2 columns: expected 3"}},
		{"more columns", "1,2,x\n3,4,5,y\n", Table{}, []string{"line 2", "4 columns: expected 3"}},
		{"open quote", "1,2,x\n3,\"4,y\n", Table{}, []string{"line 2", "quote"}},
		{"stray quote", "1,2,x\n3,4\"4,y\n", Table{}, []string{"line 2, byte 4", "quote"}},
		{"label unknown", "a,b,c\n1,2,x\n", Table{Label: "d"}, []string{"line 1", `label "d"`, "number from 1 to 3"}},
		{"label 0", "1,2,x\n", Table{Label: "0"}, []string{`label "0"`}},
		{"label past the end", "1,2,x\n", Table{Label: "4"}, []string{`label "4"`}},
		{"label twice", "a,y\n1,2\n", Table{Label: "y,y", Regression: true}, []string{`label "y"`, "each column once"}},
		{"label of two columns", "a,y,y\n1,2,3\n", Table{Label: "y"}, []string{"line 1", `label "y"`, "several columns"}},
		{"Latin-1", "a,b,c\n1,2,gr\xfcn\n", Table{}, []string{"line 2, column 3", "UTF-8"}},
		{"too many columns", "1,2,x\n" + strings.Repeat(",", 1<<20), Table{}, []string{"line 2", "more than 1048576 columns"}},
		{"hexadecimal", "1,2,x\n3,0x1p4,y\n", Table{}, []string{"line 2, column 2", `"0x1p4"`, "finite number"}},
		{"quote that goes on", "1,2,x\n3,\"4,y\n5,6,z\n", Table{}, []string{"begins in line 2", "quote"}},
		{"label alone", "x\ny\n", Table{}, []string{"line 1", "at least one beside the label"}},
		{"line after a quoted line break", "a,b,c\n1,2,\"x\nx\"\n3,?,y\n", Table{}, []string{"line 4", "column 2 (b)"}},
		{"gzip cut", string(gzipped([]byte("1,2,x\n"))[:12]), Table{}, []string{"EOF"}},
	} {
		_, err := parse(c.text, c.table)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		for _, part := range append(c.want, "dataset: ") {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %q: expected %q in it", c.name, err, part)
			}
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %q of several lines", c.name, err)
		}
	}

	var many strings.Builder
	for i := range maxClasses + 1 {
		fmt.Fprintf(&many, "1,c%d\n", i)
	}
	if _, err := parse(many.String(), Table{}); err == nil || !strings.Contains(err.Error(), "line 4097, column 2") {
		t.Errorf("too many classes: error %v", err)
	}
	path := filepath.Join(t.TempDir(), "t.csv")
	if _, err := LoadCSV[float32](path, Table{}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("no file: error %v", err)
	}
	os.WriteFile(path, []byte("1,x\n?,y\n"), 0o666)
	if _, err := LoadCSV[float32](path, Table{}); err == nil || !strings.Contains(err.Error(), path+": line 2, column 1") {
		t.Errorf("bad file: error %v", err)
	}
}

// Memory is a small multiple of the text's size.
func TestReadCSVMemory(t *testing.T) {
	for _, text := range []string{strings.Repeat("1,0\n", 1<<16), strings.Repeat("1,", 1<<17) + "0\n" + strings.Repeat("1,", 1<<17) + "0\n"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := parse(text, Table{}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(64*len(text)) {
			t.Errorf("%d bytes allocated for %d", got, len(text))
		}
	}
}

// Whatever is read has as many values as there can be in so much text, all of
// them finite, and labels in range; and it reads the same when its numbers are
// written anew.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("a,b,class\n1,2,x\n3,4.5e-3,y\n"), "class", false)
	f.Add([]byte("1,2,3\n4,5,6\n"), "1,3", true)
	f.Add(gzipped([]byte("1,2,3\n")), "", false)
	f.Add([]byte("\"1\",\" 2\"\r\n\r\n3,4"), "", true)
	f.Fuzz(func(t *testing.T, text []byte, label string, regression bool) {
		d, err := ReadCSV[float64](bytes.NewReader(text), Table{Label: label, Regression: regression})
		if err != nil {
			return
		}
		if d.Len()*d.Features > maxDeflate*len(text) {
			t.Fatalf("%d samples of %d from %d bytes", d.Len(), d.Features, len(text))
		}
		var again strings.Builder
		for i, s := range d.Samples {
			for _, v := range s {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("sample %d has %v", i, v)
				}
				fmt.Fprintf(&again, "%v,", v)
			}
			if regression {
				for _, v := range d.Targets[i] {
					fmt.Fprintf(&again, "%v,", v)
				}
				again.WriteString("0\n")
			} else {
				fmt.Fprintf(&again, "%d\n", d.Labels[i])
			}
		}
		n := d.Features
		if regression {
			n += d.Outputs()
		}
		e, err := ReadCSV[float64](strings.NewReader(again.String()), Table{})
		if err != nil || e.Len() != d.Len() || e.Features != n {
			t.Fatalf("written anew: %v", err)
		}
		for i, s := range d.Samples {
			if !slices.Equal(e.Samples[i][:d.Features], s) || regression && !slices.Equal(e.Samples[i][d.Features:], d.Targets[i]) {
				t.Fatalf("written anew, sample %d is %v, want %v", i, e.Samples[i], s)
			}
		}
	})
}
