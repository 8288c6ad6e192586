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

// TestTorchGradients compares gradients with PyTorch's on the same weights and samples, in
// float32: those of the methods of MLP and those of the trainer's step. LANEWISE_TORCH
// names a Python that has torch and safetensors; without it there is nothing to run.
func TestTorchGradients(t *testing.T) {
	python := os.Getenv("LANEWISE_TORCH")
	if python == "" {
		t.Skip("LANEWISE_TORCH is not set")
	}
	const batch, roundings = 37, 20 * 0x1p-24
	dir := t.TempDir()
	type one struct {
		name string
		net  *MLP[float32]
		data *dataset.Dataset[float32]
	}
	var all []one
	for i, c := range nets[float32]() {
		rng := rand.New(rand.NewPCG(uint64(i), 8))
		net := mustNew(t, []int{50, 40, 30, 6}, c.hidden, c.output, c.cost, uint64(i))
		for _, l := range net.Layers {
			for j := range l.Bias {
				l.Bias[j] = float32(rng.NormFloat64())
			}
		}
		y := labels[float32](rng, 6, batch)
		d := random[float32](uint64(i), batch, 50, 0, 6)
		for j := range d.Targets {
			for k := range d.Targets[j] {
				d.Targets[j][k] = y.Data[k*batch+j]
			}
		}
		name := filepath.Join(dir, fmt.Sprintf("%s-%s-%s", c.hidden.Name, c.output.Name, c.cost.Name))
		if err := net.Save(name + ".safetensors"); err != nil {
			t.Fatal(err)
		}
		writeTable(t, name+".x.csv", d.Samples)
		writeTable(t, name+".y.csv", d.Targets)
		all = append(all, one{name, net, d})
	}
	out, err := exec.Command(python, filepath.Join("testdata", "torch_gradients.py"), dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	onLevels(t, func(t *testing.T) {
		worst := 0.0
		for _, c := range all {
			torch, err := Load[float32](c.name + ".gradients.safetensors")
			if err != nil {
				t.Fatal(err)
			}
			net := c.net
			x, y := c.data.Batches().NextBatch(batch)
			pred := net.Propagate(x)
			grad := blas.General[float32]{Rows: 6, Cols: batch, Stride: batch, Data: make([]float32, 6*batch)}
			net.Cost.Derivative(grad, y, pred)
			net.Backpropagate(grad)
			s := newStepper(&Trainer[float32]{Net: net}, Optimizer[float32]{Name: "none", Update: func([]float32, []float32, [][]float32, float64, int) {}}, nil)
			b := c.data.Batches()
			s.run(b, b.NextIndices(batch), 1, 1)
			for form, got := range map[string][]float32{"plain": net.Gradients(), "step": s.gradients} {
				at := 0
				for i, l := range net.Layers {
					for _, size := range []int{len(l.Weights.Data), len(l.Bias)} {
						r := relativeDifference(wide(got[at:at+size]), wide(torch.Params[at:at+size]))
						worst = max(worst, r)
						// Roundings of sums of 50 terms through three layers, and of 1 − a where
						// σ is near 1: twenty in all.
						if !(r <= roundings) {
							t.Errorf("%s, %s form, layer %d: difference %.1e, want at most %.1e", filepath.Base(c.name), form, i+1, r, roundings)
						}
						at += size
					}
				}
			}
		}
		t.Logf("%d networks, worst block %.1e", len(all), worst)
	})
}

func wide(x []float32) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}

// writeTable writes a sample a line, with digits that tell each float32.
func writeTable(t *testing.T, path string, samples [][]float32) {
	t.Helper()
	var b strings.Builder
	for _, s := range samples {
		for i, v := range s {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%.9g", v)
		}
		b.WriteByte('\n')
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}
