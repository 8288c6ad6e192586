package main

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write puts a file into dir.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// refused demands that the program fails, and says so.
func refused(t *testing.T, status int, parts []string, args ...string) {
	t.Helper()
	got, _, stderr := mlpRun(args...)
	if got != status {
		t.Errorf("mlp %q: status %d, want %d", args, got, status)
	}
	contains(t, stderr, parts...)
}

// tables has one table in several guises: columns that are exchanged, and classes and
// targets of other names.
func tables(t *testing.T) (dir string) {
	dir = t.TempDir()
	rng := rand.New(rand.NewPCG(6, 6))
	var classes, renamed, exchanged, first, targets, turned strings.Builder
	classes.WriteString("a,b,kind\n")
	renamed.WriteString("a,b,kind\n")
	exchanged.WriteString("b,a,kind\n")
	first.WriteString("kind,a,b\n")
	targets.WriteString("a,b,price,tax\n")
	turned.WriteString("a,b,tax,price\n")
	for i := range 120 {
		a, b := float64(i%3)+rng.Float64()/4, rng.Float64()
		k := []string{"low", "mid", "top"}[i%3]
		fmt.Fprintf(&classes, "%v,%v,%s\n", a, b, k)
		fmt.Fprintf(&renamed, "%v,%v,%s\n", a, b, strings.Replace(k, "low", "zero", 1))
		fmt.Fprintf(&exchanged, "%v,%v,%s\n", b, a, k)
		fmt.Fprintf(&first, "%s,%v,%v\n", k, a, b)
		fmt.Fprintf(&targets, "%v,%v,%v,%v\n", a, b, 1000*a, b)
		fmt.Fprintf(&turned, "%v,%v,%v,%v\n", a, b, b, 1000*a)
	}
	for name, text := range map[string]*strings.Builder{
		"classes": &classes, "renamed": &renamed, "exchanged": &exchanged, "first": &first, "targets": &targets, "turned": &turned,
	} {
		write(t, dir, name+".csv", text.String())
	}
	return dir
}

// Columns, classes and targets are told by their names wherever data have some.
func TestNames(t *testing.T) {
	dir := tables(t)
	in := func(name string) string { return filepath.Join(dir, name) }
	net, price := in("net"), in("price")
	sound(t, "train", "--data", in("classes.csv"), "--hidden", "5", "--epochs", "20", "--out", net)
	sound(t, "train", "--data", in("targets.csv"), "--label", "price,tax", "--regression", "--hidden", "5", "--epochs", "5", "--out", price)
	before, _ := os.ReadFile(net)

	refused(t, 1, []string{"renamed.csv: line 2", `"zero"`, "expected a class of the network, one of low, mid, top"}, "train", "--resume", net, "--data", in("renamed.csv"), "--epochs", "21")
	refused(t, 1, []string{`feature 1 is "b": expected "a"`}, "train", "--resume", net, "--data", in("exchanged.csv"), "--epochs", "21")
	refused(t, 1, []string{"--test", "exchanged.csv", `feature 1 is "b": expected "a"`}, "train", "--data", in("classes.csv"), "--test", in("exchanged.csv"))
	refused(t, 1, []string{"--test", "wide.csv", "3 features a sample: expected 2"}, "train", "--data", in("classes.csv"), "--test", write(t, dir, "wide.csv", "a,b,c,kind\n1,2,3,low\n"))
	refused(t, 1, []string{`target 1 is "tax": expected "price"`}, "train", "--resume", price, "--data", in("turned.csv"), "--label", "tax,price", "--epochs", "6")
	refused(t, 1, []string{`target 1 is "tax": expected "price"`}, "eval", "--model", price, "--data", in("turned.csv"), "--label", "tax,price")
	refused(t, 1, []string{"--test", `target 1 is "tax": expected "price"`}, "train", "--data", in("targets.csv"), "--label", "3,4", "--regression", "--test", in("turned.csv"))
	if after, _ := os.ReadFile(net); string(after) != string(before) {
		t.Error("a network was changed by data that do not fit it")
	}

	// A part of the classes is enough to go on with.
	text, _ := os.ReadFile(in("classes.csv"))
	two := write(t, dir, "two.csv", strings.ReplaceAll(string(text), ",top\n", ",mid\n"))
	contains(t, sound(t, "train", "--resume", net, "--data", two, "--epochs", "21", "--out", in("other")), "class 2 is top")

	// Predictions find the features by name, wherever the label stands.
	want := sound(t, "predict", "--model", net, "--data", in("classes.csv"))
	if got := sound(t, "predict", "--model", net, "--data", in("first.csv")); got != want {
		t.Error("other predictions where the label stands first")
	}
	sound(t, "train", "--data", in("classes.csv"), "--label", "3", "--hidden", "5", "--epochs", "20", "--out", in("numbered"))
	if got := sound(t, "predict", "--model", in("numbered"), "--data", in("classes.csv")); got != want {
		t.Error("other predictions of a network whose label was told by number")
	}
}

// The network's own settings stay as they are when its training goes on.
func TestResumeSettings(t *testing.T) {
	dir := tables(t)
	table, net := filepath.Join(dir, "classes.csv"), filepath.Join(dir, "net")
	sound(t, "train", "--data", table, "--hidden", "5", "--epochs", "4", "--out", net)
	for _, flags := range [][]string{{"--hidden", "7"}, {"--activation", "relu"}, {"--scale", "none"}, {"--init", "he"}, {"--cost", "square"}, {"--output", "sigmoid"}} {
		refused(t, 2, []string{flags[0] + " " + flags[1], "--resume"}, append([]string{"train", "--resume", net, "--epochs", "5"}, flags...)...)
	}
	refused(t, 2, []string{"--epochs 3", "at least the 4"}, "train", "--resume", net, "--epochs", "3")
	contains(t, sound(t, "train", "--resume", net, "--epochs", "5", "--hidden", "5"), "epoch 5/5")

	// Without a hidden layer it is softmax regression.
	contains(t, sound(t, "train", "--data", table, "--hidden", "none", "--epochs", "4", "--out", net), "2-3, softmax, cross-entropy: 9 parameters")
	contains(t, sound(t, "train", "--resume", net, "--epochs", "5"), "epoch 5/5")
}

// What a network was trained for stays with it in a file without the state of training.
func TestExportKeepsTask(t *testing.T) {
	dir := t.TempDir()
	numbers := write(t, dir, "numbers.csv", strings.Repeat("1,2,0.25\n2,1,0.75\n3,3,0.5\n", 10))
	model, bare := filepath.Join(dir, "net"), filepath.Join(dir, "bare.safetensors")
	sound(t, "train", "--data", numbers, "--regression", "--output", "sigmoid", "--scale", "unit", "--hidden", "3", "--epochs", "2", "--out", model)
	sound(t, "export", "--model", model, "--out", bare)
	samples := write(t, dir, "samples.csv", "1,2\n2,1\n")
	if a, b := sound(t, "predict", "--model", model, "--data", samples), sound(t, "predict", "--model", bare, "--data", samples); a != b || !strings.HasPrefix(a, "target1\n") {
		t.Errorf("predictions %q, exported %q", a, b)
	}
	sound(t, "train", "--cost", "square", "--output", "identity", "--hidden", "4", "--epochs", "1", "--out", model)
	sound(t, "export", "--model", model, "--out", bare)
	digit := write(t, dir, "digit.csv", strings.Repeat("0.5,", 63)+"0\n")
	contains(t, sound(t, "predict", "--model", bare, "--data", digit), "class,0,1,2,3,4,5,6,7,8,9\n")
}

// Inputs that the network cannot have been trained with are refused, before anything is
// printed.
func TestPredictRefuses(t *testing.T) {
	dir := t.TempDir()
	digits := filepath.Join(dir, "digits")
	sound(t, "train", "--hidden", "4", "--epochs", "1", "--activation", "relu", "--out", digits)
	raw := write(t, dir, "raw.csv", strings.Repeat("0.5,", 63)+"1\n"+strings.Repeat("3,", 63)+"16\n")
	refused(t, 1, []string{"raw.csv: 3 in sample 2", "divided by 16"}, "predict", "--model", digits, "--data", raw)

	table := write(t, dir, "table.csv", "a,b,y\n"+strings.Repeat("0.001,0.002,u\n0.002,0.001,v\n", 20))
	net := filepath.Join(dir, "net")
	sound(t, "train", "--data", table, "--hidden", "9", "--activation", "relu", "--epochs", "2", "--out", net)
	huge := write(t, dir, "huge.csv", "a,b\n0.001,0.001\n3e38,3e38\n")
	for _, flags := range [][]string{nil, {"--json"}} {
		args := append([]string{"predict", "--model", net, "--data", huge}, flags...)
		refused(t, 1, []string{"huge.csv: sample 2 comes to"}, args...)
		if _, stdout, _ := mlpRun(args...); stdout != "" {
			t.Errorf("printed %q", stdout)
		}
	}
	refused(t, 1, []string{"in epoch 1: expected a finite number"}, "train", "--data", table, "--activation", "relu", "--epochs", "1", "--batch", "1000", "--lr", "1e38")
}

// An archive has its test set predicted, and may lack the last class where it is measured.
func TestNPZParts(t *testing.T) {
	dir := t.TempDir()
	// archive writes sets of two features, of so many samples in classes of which each
	// has one value.
	archive := func(name string, sets ...[2]any) string {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		put := func(name, dtype, shape string, values any) {
			w, err := z.Create(name + ".npy")
			if err != nil {
				t.Fatal(err)
			}
			header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", dtype, shape)
			fmt.Fprintf(w, "\x93NUMPY\x01\x00%c\x00%s", len(header), header)
			binary.Write(w, binary.LittleEndian, values)
		}
		for _, s := range sets {
			part, n := s[0].(string), s[1].(int)
			var values []float32
			var labels []int64
			for i := range n {
				k := i % 3
				if n < 20 {
					k = i % 2
				}
				values, labels = append(values, float32(k), 1), append(labels, int64(k))
			}
			put("x"+part, "<f4", fmt.Sprintf("%d, 2", n), values)
			put("y"+part, "<i8", fmt.Sprintf("%d,", n), labels)
		}
		if err := errors.Join(z.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
		return f.Name()
	}
	whole, part := archive("whole.npz", [2]any{"_train", 60}, [2]any{"_test", 4}), archive("part.npz", [2]any{"", 10})
	net := filepath.Join(dir, "net")
	sound(t, "train", "--data", whole, "--hidden", "4", "--epochs", "3", "--out", net)
	if lines := strings.Count(sound(t, "predict", "--model", net, "--data", whole), "\n"); lines != 1+4 {
		t.Errorf("%d lines, want a header and the 4 samples of the test set", lines)
	}
	contains(t, sound(t, "eval", "--model", net, "--data", part), "all samples", "of 10 samples")
	contains(t, sound(t, "train", "--data", whole, "--test", part, "--hidden", "4", "--epochs", "1"), "10 test samples")
}
