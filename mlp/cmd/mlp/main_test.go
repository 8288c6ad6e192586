package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
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
		{nil, 2, []string{"train", "eval", "gradcheck"}},
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
		{[]string{"train", "--schedule", "cosine"}, 2, []string{"--schedule", "cosine", "linear"}},
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
		{[]string{"train", "--data", garbage}, 1, []string{"train-images-idx3-ubyte"}},
		{[]string{"train", "--data", idxWith("t10k-images-idx3-ubyte", header(3, 20, 4, 4))}, 1, []string{"t10k-images-idx3-ubyte", "offset 4", "more data than the file"}},
		{[]string{"train", "--data", idxWith("train-images-idx3-ubyte", []byte{0, 0, 8})}, 1, []string{"train-images-idx3-ubyte", "truncated"}},
		{[]string{"train", "--data", idxWith("train-labels-idx1-ubyte", append(header(1, 2), 1, 2))}, 1, []string{"train-labels-idx1-ubyte", "2 labels", "expected 20"}},
		{[]string{"train", "--data", idxWith("train-labels-idx1-ubyte", append(header(1, 20), bytes.Repeat([]byte{10}, 20)...))}, 1, []string{"train-labels-idx1-ubyte", "label 10", "expected 0 to 9"}},
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
	for _, args := range [][]string{{"--help"}, {"train", "--help"}} {
		contains(t, sound(t, args...), "Usage: mlp")
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	model := filepath.Join(t.TempDir(), "model")
	// The third epoch's line is what brings the interrupt about.
	stdout := writerFunc(func(p []byte) (int, error) {
		if bytes.HasPrefix(p, []byte("epoch    3/1000")) {
			cancel()
		}
		return len(p), nil
	})
	var stderr bytes.Buffer
	status := run(ctx, []string{"train", "--epochs", "1000", "--out", model}, stdout, &stderr)
	if status != 130 {
		t.Errorf("status %d, want 130", status)
	}
	contains(t, stderr.String(), "mlp: interrupted: training stopped", "epoch 4 of 1000", "nothing saved")
	if strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("stderr %q, want one line", &stderr)
	}
	if _, err := os.Stat(model); err == nil {
		t.Error("a model was written")
	}
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
