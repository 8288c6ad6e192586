package mlp

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// TestTorchGradients compares gradients with PyTorch's on the same weights and samples:
// those of the methods of MLP and those of the trainer's step. In float64 they are
// PyTorch's up to roundings. In float32 the layer of a network that is farthest from
// PyTorch's of float64 is as near as the farthest of PyTorch's own in float32, within a
// factor of two. LANEWISE_TORCH names a Python that has torch and safetensors; without
// it there is nothing to run.
func TestTorchGradients(t *testing.T) {
	python := os.Getenv("LANEWISE_TORCH")
	if python == "" {
		t.Skip("LANEWISE_TORCH is not set")
	}
	dir := t.TempDir()
	var all []torchCase
	for i, c := range nets[float64]() {
		rng := rand.New(rand.NewPCG(uint64(i), 8))
		net := mustNew(t, []int{50, 40, 30, 6}, c.hidden, c.output, c.cost, uint64(i))
		for _, l := range net.Layers {
			for j := range l.Bias {
				l.Bias[j] = rng.NormFloat64()
			}
		}
		for j, v := range net.Params {
			net.Params[j] = float64(float32(v))
		}
		d := random[float32](uint64(i), torchBatch, 50, 0, 6)
		for _, y := range d.Targets { // shares of classes, their sum exactly 1
			clear(y)
			for range 64 {
				y[rng.IntN(len(y))] += 1. / 64
			}
		}
		name := filepath.Join(dir, fmt.Sprintf("%s-%s-%s", c.hidden.Name, c.output.Name, c.cost.Name))
		if err := net.Save(name + ".safetensors"); err != nil {
			t.Fatal(err)
		}
		writeTable(t, name+".x.csv", d.Samples)
		writeTable(t, name+".y.csv", d.Targets)
		all = append(all, torchCase{name: name, params: net.Params, samples: d.Samples, targets: d.Targets})
	}
	out, err := exec.Command(python, filepath.Join("testdata", "torch_gradients.py"), dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%d networks, %s", len(all), out)
	for i := range all {
		for name, to := range map[string]*[]float64{"float64": &all[i].torch, "float32": &all[i].torch32} {
			net, err := Load[float64](all[i].name + "." + name + ".safetensors")
			if err != nil {
				t.Fatal(err)
			}
			*to = net.Params
		}
	}
	onLevels(t, func(t *testing.T) {
		// Sums of 50 terms through three layers, each term of a few roundings.
		testTorchGradients[float64](t, all, func(difference, _ float64) bool { return difference <= 40*0x1p-53 })
		testTorchGradients[float32](t, all, func(difference, torch32 float64) bool { return difference <= 2*torch32 })
	})
}

const torchBatch = 37

type torchCase struct {
	name             string
	params           []float64
	samples, targets [][]float32
	torch, torch32   []float64 // gradients
}

// testTorchGradients calls near with how far the gradients of a network are from
// PyTorch's of float64, and how far PyTorch's of float32 are: of all weights and biases
// of layers the most.
func testTorchGradients[T blas.Float](t *testing.T, all []torchCase, near func(difference, torch32 float64) bool) {
	worst := 0.0
	for i, c := range nets[T]() {
		data := &dataset.Dataset[T]{Features: 50, Divisor: 1, Samples: convert[T](all[i].samples), Targets: convert[T](all[i].targets)}
		net := mustNew(t, []int{50, 40, 30, 6}, c.hidden, c.output, c.cost, 1)
		for j, v := range all[i].params {
			net.Params[j] = T(v)
		}
		x, y := data.Batches().NextBatch(torchBatch)
		pred := net.Propagate(x)
		grad := blas.General[T]{Rows: 6, Cols: torchBatch, Stride: torchBatch, Data: make([]T, 6*torchBatch)}
		net.Cost.Derivative(grad, y, pred)
		net.Backpropagate(grad)
		s := newStepper(&Trainer[T]{Net: net}, Optimizer[T]{Name: "none", Update: func([]T, []T, [][]T, float64, int) {}}, nil)
		b := data.Batches()
		s.run(b, b.NextIndices(torchBatch), 1, 1)
		farthest := func(gradients []float64) float64 {
			at, most := 0, 0.0
			for _, l := range net.Layers {
				for _, size := range []int{len(l.Weights.Data), len(l.Bias)} {
					most = max(most, relativeDifference(gradients[at:at+size], all[i].torch[at:at+size]))
					at += size
				}
			}
			return most
		}
		torch32 := farthest(all[i].torch32)
		for form, gradients := range map[string][]T{"plain": net.Gradients(), "step": s.gradients} {
			difference := farthest(wide(gradients))
			worst = max(worst, difference)
			if !near(difference, torch32) {
				t.Errorf("%T: %s, %s form: difference %.1e; PyTorch's in float32 %.1e", T(0), filepath.Base(all[i].name), form, difference, torch32)
			}
		}
	}
	t.Logf("%T: the most %.1e", T(0), worst)
}

func convert[T blas.Float](x [][]float32) [][]T {
	converted := make([][]T, len(x))
	for i, row := range x {
		converted[i] = make([]T, len(row))
		for j, v := range row {
			converted[i][j] = T(v)
		}
	}
	return converted
}

func wide[T blas.Float](x []T) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}

// writeTable writes a sample a line, with digits that tell each number.
func writeTable(t *testing.T, path string, samples [][]float32) {
	t.Helper()
	var b strings.Builder
	for _, s := range samples {
		for i, v := range s {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%.17g", v)
		}
		b.WriteByte('\n')
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}
