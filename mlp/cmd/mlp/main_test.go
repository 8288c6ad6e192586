package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp"
)

// mlpRun runs the program.
func mlpRun(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = run(context.Background(), args, &out, &err)
	return status, out.String(), err.String()
}

// sound runs the program, which must succeed, and returns its output.
func sound(t *testing.T, args ...string) string {
	t.Helper()
	status, stdout, stderr := mlpRun(args...)
	if status != 0 || stderr != "" {
		t.Fatalf("mlp %q: status %d, stderr %q: want 0 and nothing", args, status, stderr)
	}
	return stdout
}

// contains demands these parts.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q: expected %q in it", text, p)
		}
	}
}

// objects decodes JSON lines.
func objects(t *testing.T, text string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(text) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		all = append(all, o)
	}
	return all
}

// idxFolder writes the four IDX files of n training images and 20 test images,
// 4×4 pixels, in classes that differ in one bright pixel.
func idxFolder(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 1))
	for prefix, count := range map[string]int{"train": n, "t10k": 20} {
		images := []uint32{0x803, uint32(count), 4, 4}
		labels := []uint32{0x801, uint32(count)}
		var pixels, classes []byte
		for i := range count {
			image := make([]byte, 16)
			for p := range image {
				image[p] = byte(rng.IntN(64))
			}
			image[i%10] = 255
			pixels = append(pixels, image...)
			classes = append(classes, byte(i%10))
		}
		write := func(name string, header []uint32, data []byte) {
			var b bytes.Buffer
			binary.Write(&b, binary.BigEndian, header)
			b.Write(data)
			if err := os.WriteFile(filepath.Join(dir, prefix+name), b.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		write("-images-idx3-ubyte", images, pixels)
		write("-labels-idx1-ubyte", labels, classes)
	}
	return dir
}

// The network of the lecture on the embedded digits, as a newcomer starts it,
// but for fewer epochs, of smaller batches.
func TestTrainAndEval(t *testing.T) {
	model := filepath.Join(t.TempDir(), "digits.safetensors")
	text := sound(t, "train", "--epochs", "6", "--batch", "16", "--out", model)
	contains(t, text,
		"1294 training, 143 validation, 360 test samples",
		"64-64-64-10, sigmoid, softmax, cross-entropy: 8970 parameters",
		"level "+blas.Level(),
		"epoch 1/6  training cost", "epoch 6/6", "validation cost",
		"confusion matrix (rows: true class, columns: predicted class)",
		"class  accuracy   recall precision  F-score", "error rate")

	out := objects(t, sound(t, "eval", "--model", model, "--json"))
	if len(out) != 1 || out[0]["event"] != "result" || out[0]["test_samples"] != 360.0 {
		t.Fatalf("eval printed %v", out)
	}
	accuracy := out[0]["test_accuracy"].(float64)
	if accuracy < .9 {
		t.Errorf("accuracy %v, want at least 0.9", accuracy)
	}
	// What was trained is what was saved.
	measures := text[strings.Index(text, "confusion matrix"):]
	contains(t, sound(t, "eval", "--model", model), measures)
}

func TestTrainJSON(t *testing.T) {
	for _, level := range asm.Levels() {
		t.Run("level="+level, func(t *testing.T) {
			restore, err := asm.Use(level)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			dir := idxFolder(t, 200)
			out := objects(t, sound(t, "train", "--data", dir, "--hidden", "12,8", "--activation", "sigmoid",
				"--batch", "16", "--lr", "1", "--epochs", "40", "--seed", "1", "--threads", "1", "--json"))
			if len(out) != 41 {
				t.Fatalf("%d lines, want 40 epochs and a result", len(out))
			}
			for i, o := range out[:40] {
				if o["event"] != "epoch" || o["epoch"] != float64(i+1) {
					t.Errorf("line %d: %v", i+1, o)
				}
				for _, key := range []string{"learning_rate", "train_cost", "train_accuracy", "validation_cost", "validation_accuracy"} {
					if _, ok := o[key].(float64); !ok {
						t.Errorf("line %d: %s is %v, want a number", i+1, key, o[key])
					}
				}
			}
			last := out[40]
			if last["event"] != "result" || last["level"] != level || last["threads"] != 1.0 || last["test_accuracy"].(float64) < .9 {
				t.Errorf("result %v", last)
			}
			for _, key := range []string{"train_seconds", "samples_per_second"} {
				if v, ok := last[key].(float64); !ok || !(v > 0) {
					t.Errorf("%s is %v, want a positive number", key, last[key])
				}
			}
		})
	}
}

// The network trained has the same bits at every number of threads.
func TestTrainThreads(t *testing.T) {
	dir, models := idxFolder(t, 300), [2][]byte{}
	for i := range models {
		model := filepath.Join(t.TempDir(), "model.safetensors")
		sound(t, "train", "--data", dir, "--hidden", "200", "--batch", "200", "--epochs", "2", "--threads", strconv.Itoa(1+2*i), "--out", model, "--quiet")
		var err error
		if models[i], err = os.ReadFile(model); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(models[0], models[1]) {
		t.Error("three threads train another network than one")
	}
}

func TestTrainQuietAndConstant(t *testing.T) {
	dir := idxFolder(t, 40)
	if text := sound(t, "train", "--data", dir, "--hidden", "5", "--epochs", "2", "--quiet"); !strings.HasPrefix(text, "test set") {
		t.Errorf("printed %q, want the measures alone", text)
	}
	for schedule, want := range map[string][]float64{"constant": {.5, .5}, "linear": {.5, .25}} {
		out := objects(t, sound(t, "train", "--data", dir, "--hidden", "5", "--epochs", "2", "--schedule", schedule, "--json"))
		for i, rate := range want {
			if got := out[i]["learning_rate"]; got != rate {
				t.Errorf("%s: learning rate %v in epoch %d, want %v", schedule, got, i+1, rate)
			}
		}
	}
}

// Nothing is undefined in JSON but null: here most classes have no sample.
func TestUndefinedIsNull(t *testing.T) {
	dir := idxFolder(t, 30)
	labels := append([]byte{0, 0, 8, 1, 0, 0, 0, 20}, make([]byte, 20)...)
	if err := os.WriteFile(filepath.Join(dir, "t10k-labels-idx1-ubyte"), labels, 0o666); err != nil {
		t.Fatal(err)
	}
	out := objects(t, sound(t, "train", "--data", dir, "--hidden", "5", "--epochs", "1", "--json"))
	class := out[len(out)-1]["classes"].([]any)[1].(map[string]any)
	if v, ok := class["recall"]; !ok || v != nil {
		t.Errorf("recall of a class without samples is %v, want null", v)
	}
	contains(t, sound(t, "train", "--data", dir, "--hidden", "5", "--epochs", "1"), "–", "left out of the mean: accuracy 0, recall 9")
}

func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, data []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return p
	}
	// idxWith is a sound folder but for one file.
	idxWith := func(name string, data []byte) string {
		d := idxFolder(t, 20)
		if err := os.WriteFile(filepath.Join(d, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
		return d
	}
	header := func(magic byte, dims ...byte) []byte {
		b := []byte{0, 0, 8, magic}
		for _, d := range dims {
			b = append(b, 0, 0, 0, d)
		}
		return b
	}
	missing := filepath.Join(dir, "missing")
	garbage := put("garbage", []byte("not a model at all"))
	fashion := filepath.Join(dir, "fashion")
	sound(t, "train", "--data", idxFolder(t, 20), "--hidden", "3", "--epochs", "1", "--out", fashion)
	model := filepath.Join(dir, "model") // never to be written

	for _, c := range []struct {
		args   []string
		status int
		want   []string
	}{
		{nil, 2, []string{"train", "eval", "predict"}},
		{[]string{"trian"}, 2, []string{"trian"}},
		{[]string{"train", "extra"}, 2, []string{"extra"}},
		{[]string{"train", "--unknown"}, 2, []string{"--unknown"}},
		{[]string{"train", "--hidden", "64,x"}, 2, []string{"--hidden", `"64,x"`, "whole numbers of at least 1"}},
		{[]string{"train", "--hidden", "64,,64"}, 2, []string{"--hidden", `"64,,64"`}},
		{[]string{"train", "--hidden", "0"}, 2, []string{"--hidden", `"0"`}},
		{[]string{"train", "--hidden", ""}, 2, []string{"--hidden"}},
		{[]string{"train", "--hidden", "99999999999999999999"}, 2, []string{"--hidden"}},
		{[]string{"train", "--hidden", "1000000,1000000"}, 2, []string{"units", "at most 268435456 weights and biases"}},
		{[]string{"train", "--activation", "swish"}, 2, []string{"--activation", "swish", "sigmoid"}},
		{[]string{"train", "--activation", "softmax"}, 2, []string{"--activation", "softmax"}},
		{[]string{"train", "--schedule", "sine"}, 2, []string{"--schedule", "sine", "linear"}},
		{[]string{"train", "--scale", "max"}, 2, []string{"--scale", "max", "standard"}},
		{[]string{"train", "--dropout", "1"}, 2, []string{"--dropout", `"1"`, "less than 1"}},
		{[]string{"train", "--l2", "-1"}, 2, []string{"--l2", `"-1"`, "at least 0"}},
		{[]string{"train", "--patience", "-1"}, 2, []string{"--patience", `"-1"`, "at least 0"}},
		{[]string{"train", "--cost", "binary-cross-entropy"}, 2, []string{"binary-cross-entropy with 10 outputs", "two classes"}},
		{[]string{"train", "--cost", "cross-entropy", "--output", "sigmoid"}, 2, []string{"cross-entropy with output sigmoid"}},
		{[]string{"train", "--regression"}, 2, []string{"--regression without --data"}},
		{[]string{"cv", "--folds", "0"}, 2, []string{"--folds", `"0"`}},
		{[]string{"export", "--model", "x"}, 2, []string{"--out"}},
		{[]string{"train", "--lr", "NaN"}, 2, []string{"--lr", `"NaN"`, "positive number"}},
		{[]string{"train", "--lr", "-0.5"}, 2, []string{"--lr", `"-0.5"`, "positive number"}},
		{[]string{"train", "--lr=-0.5"}, 2, []string{"--lr", `"-0.5"`, "positive number"}},
		{[]string{"train", "--lr", "0"}, 2, []string{"--lr", `"0"`, "positive number"}},
		{[]string{"train", "--lr", "inf"}, 2, []string{"--lr", `"inf"`, "positive number"}},
		{[]string{"train", "--lr", "fast"}, 2, []string{"--lr", `"fast"`, "positive number"}},
		{[]string{"train", "--batch", "0"}, 2, []string{"--batch", `"0"`, "at least 1"}},
		{[]string{"train", "--batch", "-3"}, 2, []string{"--batch", `"-3"`, "at least 1"}},
		{[]string{"train", "--batch", "1.5"}, 2, []string{"--batch", `"1.5"`, "whole number"}},
		{[]string{"train", "--batch"}, 2, []string{"--batch"}},
		{[]string{"train", "--epochs", "0"}, 2, []string{"--epochs", `"0"`, "at least 1"}},
		{[]string{"train", "--threads", "0"}, 2, []string{"--threads", `"0"`, "at least 1"}},
		{[]string{"train", "--seed", "-1"}, 2, []string{"--seed", "-1"}},
		{[]string{"train", "--seed", "x"}, 2, []string{"--seed", "x"}},
		{[]string{"train", "--data", ""}, 2, []string{"--data", "expected a path"}},
		{[]string{"train", "--out", "--json"}, 2, []string{"--out", `"--json"`, "expected a path"}},
		{[]string{"train", "--json=maybe"}, 2, []string{"--json", "maybe"}},
		{[]string{"eval"}, 2, []string{"--model"}},
		{[]string{"gradcheck", "--seed", "1e3"}, 2, []string{"--seed"}},

		{[]string{"train", "--out", filepath.Join(missing, "model")}, 1, []string{"--out", missing}},
		{[]string{"train", "--out", dir}, 1, []string{"--out", dir, "expected a file"}},
		{[]string{"train", "--data", missing}, 1, []string{missing}},
		{[]string{"train", "--data", dir}, 1, []string{dir, "expected a file train-images-idx3-ubyte"}},
		{[]string{"train", "--data", garbage}, 1, []string{garbage, "line 1: 1 columns"}},
		{[]string{"train", "--data", put("bad.csv", []byte("a,b,c\n1,2,x\n3,?,y\n"))}, 1, []string{"bad.csv: line 3, column 2 (b)"}},
		{[]string{"train", "--data", put("bad.npz", []byte("PK"))}, 1, []string{"bad.npz", "npz"}},
		{[]string{"train", "--resume", missing}, 1, []string{missing}},
		{[]string{"train", "--data", put("one.csv", []byte("1,x\n2,x\n3,x\n"))}, 1, []string{"one.csv: 1 class in the data"}},
		{[]string{"predict", "--model", garbage}, 1, []string{garbage, "header length"}},
		{[]string{"predict", "--model", fashion, "--data", put("few.csv", []byte("1,2\n"))}, 1, []string{"few.csv: 2 values a sample: expected 16"}},
		{[]string{"inspect", "--model", missing}, 1, []string{missing}},
		{[]string{"export", "--model", fashion, "--out", filepath.Join(dir, "net.h5")}, 1, []string{"net.h5", ".onnx"}},
		{[]string{"export", "--model", fashion, "--out", filepath.Join(missing, "net.onnx")}, 1, []string{"--out", missing}},
		{[]string{"cv", "--folds", "2000"}, 1, []string{"2000 folds"}},
		{[]string{"train", "--data", idxWith("t10k-images-idx3-ubyte", header(3, 20, 4, 4))}, 1, []string{"t10k-images-idx3-ubyte", "offset 4", "more data than the file"}},
		{[]string{"train", "--data", idxWith("train-images-idx3-ubyte", []byte{0, 0, 8})}, 1, []string{"train-images-idx3-ubyte", "truncated"}},
		{[]string{"train", "--data", idxWith("train-labels-idx1-ubyte", append(header(1, 2), 1, 2))}, 1, []string{"train-labels-idx1-ubyte", "2 labels", "expected 20"}},
		{[]string{"train", "--data", idxWith("t10k-labels-idx1-ubyte", append(header(1, 20), bytes.Repeat([]byte{10}, 20)...))}, 1, []string{"t10k-labels-idx1-ubyte", "label 10", "expected 0 to 9"}},
		{[]string{"train", "--lr", "1e39", "--epochs", "2"}, 1, []string{"cost NaN in epoch 1", "smaller learning rate"}},
		{[]string{"eval", "--model", missing}, 1, []string{missing}},
		{[]string{"eval", "--model", dir}, 1, []string{dir, "regular file"}},
		{[]string{"eval", "--model", garbage}, 1, []string{garbage, "header length"}},
		{[]string{"eval", "--model", fashion}, 1, []string{"64 features", "expected 16"}},
	} {
		t.Run(strings.ReplaceAll(strings.Join(c.args, " "), dir, "DIR"), func(t *testing.T) {
			args := c.args
			if len(args) > 0 && args[0] == "train" && !strings.Contains(strings.Join(args, " "), "--out") {
				args = append(args, "--out="+model)
			}
			status, stdout, stderr := mlpRun(args...)
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "mlp: ") || strings.HasPrefix(stderr, "mlp: mlp:") {
				t.Errorf("stderr %q, want one line that begins with mlp:", stderr)
			}
			contains(t, stderr, c.want...)
			if c.status == 2 && stdout != "" {
				t.Errorf("stdout %q, want nothing", stdout)
			}
			if _, err := os.Stat(model); err == nil {
				t.Error("a model was written")
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, command := range []string{"", "train", "eval", "predict", "cv", "inspect", "export", "gradcheck"} {
		args := append(strings.Fields(command), "--help")
		text := sound(t, args...)
		contains(t, text, "Usage: mlp")
		if command != "" && command != "gradcheck" {
			contains(t, text, "Example", "\n    mlp "+command)
		}
	}
}

// Interrupted, training ends with the epoch at hand and saves; resumed with nothing but
// the file, it gives the file of training straight through, but for its length.
func TestInterruptAndResume(t *testing.T) {
	dir := t.TempDir()
	for name, flags := range map[string][]string{
		"sgd":  {"--schedule", "constant"},
		"adam": {"--optimizer", "adam", "--schedule", "cosine", "--dropout", "0.1", "--patience", "30", "--hidden", "20", "--scale", "standard", "--seed", "7"},
	} {
		straight, model := filepath.Join(dir, name+"-straight"), filepath.Join(dir, name)
		args := append([]string{"train", "--epochs", "8"}, flags...)
		measured := sound(t, append(args, "--out", straight, "--quiet")...)

		ctx, cancel := context.WithCancel(context.Background())
		// The third epoch's line is what brings the interrupt about.
		stdout := writerFunc(func(p []byte) (int, error) {
			if bytes.HasPrefix(p, []byte("epoch 3/8")) {
				cancel()
			}
			return len(p), nil
		})
		var stderr bytes.Buffer
		if status := run(ctx, append(args, "--out", model), stdout, &stderr); status != 130 {
			t.Errorf("%s: status %d, want 130", name, status)
		}
		contains(t, stderr.String(), "mlp: interrupted after epoch 3 of 8: saved; on with: mlp train --resume "+model+"\n")

		if resumed := sound(t, "train", "--resume", model, "--quiet"); resumed != measured {
			t.Errorf("%s: resumed, training ends with\n%s\nwant\n%s", name, resumed, measured)
		}
		want, _ := os.ReadFile(straight)
		if got, _ := os.ReadFile(model); !bytes.Equal(got, want) {
			t.Errorf("%s: the file of training resumed differs from that of training straight through", name)
		}
	}

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stderr bytes.Buffer
	if status := run(ctx, []string{"train"}, io.Discard, &stderr); status != 130 {
		t.Errorf("status %d, want 130", status)
	}
	contains(t, stderr.String(), "interrupted after epoch 0 of 80: nothing saved")
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Output that can't be written fails the command.
func TestFullOutput(t *testing.T) {
	full := writerFunc(func(p []byte) (int, error) { return 0, errors.New("no space left") })
	var stderr bytes.Buffer
	if status := run(context.Background(), []string{"gradcheck"}, full, &stderr); status != 1 {
		t.Errorf("status %d, want 1", status)
	}
	contains(t, stderr.String(), "mlp: standard output: no space left\n")
}

func TestGradcheck(t *testing.T) {
	contains(t, sound(t, "gradcheck"), "weights", "bias", "inputs", "cross-entropy", "square", "identity", "ok")

	// Softmax without its Jacobian.
	broken := kinds()
	last := &broken[len(broken)-1]
	if last.output.Name != "softmax" || last.cost.Name != "square" {
		t.Fatalf("the last kind is %s, %s: want softmax, square", last.output.Name, last.cost.Name)
	}
	last.output.Derivative = mlp.Sigmoid[float64]().Derivative
	var text bytes.Buffer
	err := (&gradcheckCommand{Seed: 1}).check(broken, &output{w: &text})
	if err == nil || !strings.Contains(err.Error(), "3 of "+strconv.Itoa(3*len(broken))+" blocks differ") {
		t.Errorf("error %v, want 3 blocks that differ", err)
	}
	if strings.Count(text.String(), "WRONG") != 1 {
		t.Errorf("printed %s\nwant WRONG once", &text)
	}
}

// tableFile writes a table of three classes by name, of which each has a centre.
func tableFile(t *testing.T, n int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 3))
	var b strings.Builder
	b.WriteString("length,colour,width\n")
	for i := range n {
		k := i % 3
		fmt.Fprintf(&b, "%.3f,%s,%.3f\n", 1000+float64(100*k)+30*rng.NormFloat64(), []string{"red", "green", "blue"}[k], rng.NormFloat64()-float64(k))
	}
	path := filepath.Join(t.TempDir(), "colours.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// A table from training to predictions: the file of the network knows the label, the
// names and the scaling.
func TestTable(t *testing.T) {
	table, dir := tableFile(t, 300), t.TempDir()
	model := filepath.Join(dir, "colours.safetensors")
	text := sound(t, "train", "--data", table, "--label", "colour", "--hidden", "8", "--epochs", "60", "--out", model, "--plot", filepath.Join(dir, "plots"))
	contains(t, text, "216 training, 24 validation, 60 test samples", "2-8-3", "class 0 is blue", "class 2 is red")
	for _, name := range []string{"learning-curves.svg", "learning-curves.png", "confusion.svg", "confusion.png"} {
		if info, err := os.Stat(filepath.Join(dir, "plots", name)); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if accuracy := objects(t, sound(t, "eval", "--model", model, "--data", table, "--json"))[0]["test_accuracy"].(float64); accuracy < .9 {
		t.Errorf("accuracy %v, want at least 0.9", accuracy)
	}

	lines := strings.Split(sound(t, "predict", "--model", model, "--data", table), "\n")
	if lines[0] != "class,blue,green,red" || len(lines) != 302 {
		t.Errorf("header %q, %d lines", lines[0], len(lines))
	}
	right := 0
	for i, line := range lines[1:301] {
		fields := strings.Split(line, ",")
		sum := 0.0
		for _, f := range fields[1:] {
			p, err := strconv.ParseFloat(f, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += p
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Errorf("line %d: probabilities sum to %v", i+2, sum)
		}
		if fields[0] == []string{"red", "green", "blue"}[i%3] {
			right++
		}
	}
	if right < 270 {
		t.Errorf("%d of 300 predictions are right, want at least 270", right)
	}

	// From standard input, without the label, as JSON into a file.
	samples := filepath.Join(dir, "samples")
	os.WriteFile(samples, []byte("length,width\n1000,0\n1200,-2\n"), 0o666)
	f, err := os.Open(samples)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stdin := os.Stdin
	defer func() { os.Stdin = stdin }()
	os.Stdin = f
	predictions := filepath.Join(dir, "predictions")
	if text := sound(t, "predict", "--model", model, "--json", "--out", predictions); text != "" {
		t.Errorf("printed %q", text)
	}
	written, _ := os.ReadFile(predictions)
	out := objects(t, string(written))
	if len(out) != 2 || out[0]["class"] != "red" || out[1]["class"] != "blue" || len(out[0]["outputs"].(map[string]any)) != 3 {
		t.Errorf("predictions %s", written)
	}

	// Columns in another order are not taken for those of training.
	os.WriteFile(samples, []byte("width,length\n0,1000\n"), 0o666)
	if status, _, stderr := mlpRun("predict", "--model", model, "--data", samples); status != 1 || !strings.Contains(stderr, `feature 1 is "width"`) {
		t.Errorf("status %d, %s", status, stderr)
	}

	contains(t, sound(t, "inspect", "--model", model), "2-8-3, sigmoid, softmax, cross-entropy", "scaling standard: length, width", "blue, green, red", "60 epochs", "--label colour",
		"\n    1           8 × 2  sigmoid     weights  ", "\n                                   bias     ")
	if o := objects(t, sound(t, "inspect", "--model", model, "--json")); o[0]["parameters"] != 51.0 || o[0]["state"].(map[string]any)["epoch"] != 60.0 {
		t.Errorf("inspect printed %v", o)
	}

	// As npz and back; the bits stay.
	weights, again := filepath.Join(dir, "w.npz"), filepath.Join(dir, "w.safetensors")
	sound(t, "export", "--model", model, "--out", weights)
	sound(t, "export", "--model", weights, "--out", again)
	a, errA := mlp.Load[float32](model)
	b, errB := mlp.Load[float32](again)
	if errA != nil || errB != nil || !slices.Equal(a.Params, b.Params) {
		t.Errorf("%v, %v: parameters differ, or errors", errA, errB)
	}
	sound(t, "export", "--model", model, "--out", filepath.Join(dir, "w.onnx"))
}

// Two classes by one output.
func TestBinary(t *testing.T) {
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "%d,%s\n", i%20, []string{"few", "many"}[i%20/10])
	}
	dir := t.TempDir()
	table, model := filepath.Join(dir, "t.csv"), filepath.Join(dir, "net")
	os.WriteFile(table, []byte(b.String()), 0o666)
	contains(t, sound(t, "train", "--data", table, "--cost", "binary-cross-entropy", "--hidden", "4", "--epochs", "50", "--out", model), "1-4-1, sigmoid, sigmoid, binary-cross-entropy", "class 1 is many")
	os.WriteFile(table, []byte("0\n19\n"), 0o666)
	lines := strings.Split(sound(t, "predict", "--model", model, "--data", table), "\n")
	if lines[0] != "class,few,many" || !strings.HasPrefix(lines[1], "few,") || !strings.HasPrefix(lines[2], "many,") {
		t.Errorf("predictions %q", lines)
	}
}

// y = 3 + 1000·sin x, and predictions in the same unit.
func TestRegression(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var b strings.Builder
	b.WriteString("x,y\n")
	for range 500 {
		x := 6 * rng.Float64()
		fmt.Fprintf(&b, "%v,%v\n", x, 3+1000*math.Sin(x))
	}
	dir := t.TempDir()
	table, model := filepath.Join(dir, "sin.csv"), filepath.Join(dir, "net")
	os.WriteFile(table, []byte(b.String()), 0o666)
	args := []string{"--data", table, "--regression", "--hidden", "20", "--activation", "tanh", "--optimizer", "adam", "--lr", "0.02", "--epochs", "60"}
	out := objects(t, sound(t, append([]string{"train", "--json", "--out", model}, args...)...))
	result := out[len(out)-1]
	y := result["targets"].([]any)[0].(map[string]any)
	if r2 := y["r2"].(float64); y["name"] != "y" || r2 < .98 || result["test_accuracy"] != nil {
		t.Errorf("result %v, want R² of at least 0.98", result)
	}
	contains(t, sound(t, "eval", "--model", model, "--data", table), "R²", "y ", "(500 samples)")

	os.WriteFile(table, []byte("x\n1.5708\n4.7124\n"), 0o666)
	lines := strings.Split(sound(t, "predict", "--model", model, "--data", table), "\n")
	for i, want := range []float64{1003, -997} {
		if got, err := strconv.ParseFloat(lines[1+i], 64); err != nil || math.Abs(got-want) > 100 {
			t.Errorf("prediction %v (%v), want about %v", got, err, want)
		}
	}
	if lines[0] != "y" {
		t.Errorf("header %q, want y", lines[0])
	}
}

func TestCrossValidation(t *testing.T) {
	table := tableFile(t, 90)
	args := []string{"cv", "--data", table, "--label", "colour", "--folds", "3", "--hidden", "6", "--epochs", "80"}
	contains(t, sound(t, args...), "90 samples in 3 folds", "fold 3/3  30 samples, 80 epochs", "± ", "(", "of 90 samples")
	out := objects(t, sound(t, append(args, "--json")...))
	if len(out) != 4 || out[0]["event"] != "fold" || out[3]["folds"] != 3.0 {
		t.Fatalf("printed %v", out)
	}
	mean := 0.0
	for _, fold := range out[:3] {
		mean += fold["accuracy"].(float64) / 3
	}
	if got := out[3]["accuracy"].(map[string]any)["mean"].(float64); math.Abs(got-mean) > 1e-12 || mean < .8 {
		t.Errorf("mean accuracy %v, want %v and at least 0.8", got, mean)
	}
}

// A bar, and in the end a curve, where standard output is a terminal.
func TestTerminal(t *testing.T) {
	var text bytes.Buffer
	out := &output{w: &text, columns: 80}
	if status, err := dispatch(context.Background(), []string{"train", "--epochs", "3"}, out, io.Discard); status != 0 || err != nil {
		t.Fatal(status, err)
	}
	contains(t, text.String(), "100% ", "epoch 3/3 cost 0.", "acc ", "/s", "training cost", "epochs 1 to 3", "confusion matrix")
	if strings.Contains(text.String(), "epoch 1/3  training") {
		t.Error("lines beside the bar")
	}
}
