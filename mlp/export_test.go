package mlp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/internal/replace"
	"github.com/lanewise/lanewise/mlp/dataset"
	"github.com/lanewise/lanewise/mlp/internal/npz"
)

// fields returns the values of a protobuf message by their fields.
func fields(t *testing.T, b []byte) map[protowire.Number][][]byte {
	t.Helper()
	all := map[protowire.Number][][]byte{}
	for len(b) > 0 {
		field, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		var v []byte
		switch typ {
		case protowire.BytesType:
			v, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			var i uint64
			i, n = protowire.ConsumeVarint(b)
			v = binary.LittleEndian.AppendUint64(nil, i)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		all[field] = append(all[field], v)
		b = b[n:]
	}
	return all
}

func integer(v []byte) int { return int(binary.LittleEndian.Uint64(v)) }

// table is a matrix of the small interpreter below, a sample a row.
type table struct {
	rows, cols int
	v          []float64
}

func (m table) at(i, j int) float64 { return m.v[i%m.rows*m.cols+j%m.cols] } // broadcast

// interpret runs an ONNX model, as its operators are documented, in float64.
func interpret(t *testing.T, model []byte, x table) table {
	t.Helper()
	top := fields(t, model)
	if integer(top[1][0]) != 7 || integer(fields(t, top[8][0])[2][0]) != 13 {
		t.Errorf("IR version and opset: %v, %v", top[1], top[8])
	}
	graph := fields(t, top[7][0])
	values := map[string]table{}
	for _, raw := range graph[5] {
		init := fields(t, raw)
		m := table{rows: 1}
		if dims := init[1]; len(dims) == 2 {
			m.rows, m.cols = integer(dims[0]), integer(dims[1])
		} else {
			m.cols = integer(dims[0])
		}
		data := init[9][0]
		switch integer(init[2][0]) {
		case onnxFloat:
			for ; len(data) > 0; data = data[4:] {
				m.v = append(m.v, float64(math.Float32frombits(binary.LittleEndian.Uint32(data))))
			}
		case onnxDouble:
			for ; len(data) > 0; data = data[8:] {
				m.v = append(m.v, math.Float64frombits(binary.LittleEndian.Uint64(data)))
			}
		}
		if len(m.v) != m.rows*m.cols {
			t.Fatalf("initializer %s: %d values of %d×%d", init[8], len(m.v), m.rows, m.cols)
		}
		values[string(init[8][0])] = m
	}
	values[string(fields(t, graph[11][0])[1][0])] = x
	for _, raw := range graph[1] {
		node := fields(t, raw)
		var in []table
		for _, name := range node[1] {
			m, ok := values[string(name)]
			if !ok {
				t.Fatalf("node %s: no value %s before it", node[3], name)
			}
			in = append(in, m)
		}
		attributes := map[string]int{}
		for _, raw := range node[5] {
			a := fields(t, raw)
			attributes[string(a[1][0])] = integer(a[3][0])
		}
		each := func(f func(a, b float64) float64) table {
			out := table{in[0].rows, in[0].cols, nil}
			for i := range out.rows {
				for j := range out.cols {
					out.v = append(out.v, f(in[0].at(i, j), in[len(in)-1].at(i, j)))
				}
			}
			return out
		}
		var out table
		switch op := string(node[4][0]); op {
		case "Gemm":
			if attributes["transB"] != 1 {
				t.Errorf("Gemm with %v", attributes)
			}
			out = table{in[0].rows, in[1].rows, nil}
			for i := range out.rows {
				for j := range out.cols {
					sum := in[2].at(0, j)
					for p := range in[0].cols {
						sum += in[0].at(i, p) * in[1].at(j, p)
					}
					out.v = append(out.v, sum)
				}
			}
		case "Softmax":
			if attributes["axis"] != 1 {
				t.Errorf("Softmax with %v", attributes)
			}
			out = each(func(a, _ float64) float64 { return math.Exp(a) })
			for i := range out.rows {
				sum := 0.0
				for j := range out.cols {
					sum += out.at(i, j)
				}
				for j := range out.cols {
					out.v[i*out.cols+j] /= sum
				}
			}
		default:
			f, ok := map[string]func(a, b float64) float64{
				"Sigmoid":  func(a, _ float64) float64 { return 1 / (1 + math.Exp(-a)) },
				"Tanh":     func(a, _ float64) float64 { return math.Tanh(a) },
				"Relu":     func(a, _ float64) float64 { return max(0, a) },
				"Identity": func(a, _ float64) float64 { return a },
				"Cast":     func(a, _ float64) float64 { return a },
				"Sub":      func(a, b float64) float64 { return a - b },
				"Div":      func(a, b float64) float64 { return a / b },
				"Mul":      func(a, b float64) float64 { return a * b },
				"Add":      func(a, b float64) float64 { return a + b },
			}[op]
			if !ok {
				t.Fatalf("operator %s", op)
			}
			out = each(f)
		}
		values[string(node[2][0])] = out
	}
	return values[string(fields(t, graph[12][0])[1][0])]
}

// Every activation as ONNX computes what the network does, scaling included.
func TestONNX(t *testing.T) {
	for _, g := range activations[float64]() {
		for _, scaled := range []bool{false, true} {
			hidden := g
			if g.OutputOnly {
				hidden = Sigmoid[float64]()
			}
			net := mustNew(t, []int{3, 5, 4, 2}, hidden, g, Square[float64](), 7)
			for i := range net.Params {
				net.Params[i] += .1
			}
			if scaled {
				net.Schema.InputScaling = dataset.Scaling{Rule: "standard", Shift: []float64{1, -2, .5}, Scale: []float64{2, .5, 3}}
				net.Schema.TargetScaling = dataset.Scaling{Rule: "unit", Shift: []float64{10, 20}, Scale: []float64{5, 7}}
			}
			var b bytes.Buffer
			if err := net.EncodeONNX(&b); err != nil {
				t.Fatal(err)
			}
			const samples = 4
			x := table{samples, 3, nil}
			for i := range samples * 3 {
				x.v = append(x.v, math.Sin(float64(i)))
			}
			got := interpret(t, b.Bytes(), x)

			columns := blas.General[float64]{Rows: 3, Cols: samples, Stride: samples, Data: make([]float64, 3*samples)}
			for i := range samples {
				for f := range 3 {
					columns.Data[f*samples+i] = net.Schema.InputScaling.Value(f, x.at(i, f))
				}
			}
			want := net.Propagate(columns)
			for i := range samples {
				for k := range 2 {
					w := net.Schema.TargetScaling.Raw(k, want.Data[k*want.Stride+i])
					if math.Abs(got.at(i, k)-w) > 1e-13*max(1, math.Abs(w)) {
						t.Errorf("%s, scaled %v: sample %d, output %d is %v, want %v", g.Name, scaled, i, k, got.at(i, k), w)
					}
				}
			}
		}
	}

	net := small[float32](t)
	net.Layers[0].Activation.Name = "swish"
	wantError(t, net.EncodeONNX(new(bytes.Buffer)), "ONNX", "swish", "layer 1")
}

func TestNPZ(t *testing.T) {
	t.Run("type=float32", testNPZ[float32])
	t.Run("type=float64", testNPZ[float64])
}

func testNPZ[T blas.Float](t *testing.T) {
	// Twelve arrays, so that arr_10 comes after arr_9.
	net := mustNew(t, []int{3, 5, 4, 6, 2, 3, 2}, Sigmoid[T](), Softmax[T](), CrossEntropy[T](), 7)
	for i := range net.Params {
		net.Params[i] += .1
	}
	path := filepath.Join(t.TempDir(), "w.NPZ")
	if err := net.Export(path); err != nil {
		t.Fatal(err)
	}
	got, err := LoadNPZ(path, Sigmoid[T](), Softmax[T](), CrossEntropy[T]())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Params, net.Params) || !slices.Equal(got.UnitsPerLayer(), net.UnitsPerLayer()) || got.Layers[0].Activation.Name != "sigmoid" {
		t.Error("the network loaded is another")
	}

	// The order of Keras: inputs × units.
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, _ := f.Stat()
	arrays, err := npz.Read(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	if a := arrays[0]; a.Name != "arr_0" || !slices.Equal(a.Shape, []int{3, 5}) {
		t.Errorf("array %s of shape %v, want arr_0 of [3 5]", a.Name, a.Shape)
	}
	if w, _ := npz.Values[T](arrays[0]); w[1] != net.Layers[0].Weights.Data[3] {
		t.Errorf("element (0, 1) is %v, want that of (1, 0) in W: %v", w[1], net.Layers[0].Weights.Data[3])
	}
}

func TestNPZErrors(t *testing.T) {
	load := func(arrays ...npz.Named[float32]) error {
		path := filepath.Join(t.TempDir(), "w.npz")
		if err := replace.File(path, func(w io.Writer) error { return npz.Write(w, arrays) }); err != nil {
			t.Fatal(err)
		}
		_, err := LoadNPZ(path, Sigmoid[float32](), Softmax[float32](), CrossEntropy[float32]())
		return err
	}
	array := func(shape ...int) npz.Named[float32] {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return npz.Named[float32]{Name: fmt.Sprint("a", shape), Shape: shape, Values: make([]float32, n)}
	}
	numbered := func(n int, a npz.Named[float32]) npz.Named[float32] {
		a.Name = fmt.Sprint("arr_", n)
		return a
	}
	if err := load(numbered(10, array(3, 2)), numbered(11, array(2)), numbered(2, array(4, 3)), numbered(9, array(3))); err != nil {
		t.Errorf("numbered arrays in another order: %v", err)
	}
	wantError(t, load(), "0 arrays", "weights and a bias")
	wantError(t, load(array(2, 3)), "1 arrays")
	wantError(t, load(array(2), array(3)), "a[2]", "shape [2]", "layer 1")
	wantError(t, load(array(2, 3), array(2)), "a[2]", "shape [2]", "expected [3]", "layer 1")
	wantError(t, load(array(2, 3), array(3), array(2, 4), array(4)), "a[2 4]", "shape [2 4]", "layer 2")
	_, err := LoadNPZ("testdata", Sigmoid[float32](), Softmax[float32](), CrossEntropy[float32]())
	wantError(t, err, "testdata", "regular file")
}

func TestExportErrors(t *testing.T) {
	net := small[float32](t)
	dir := t.TempDir()
	wantError(t, net.Export(filepath.Join(dir, "net.h5")), "net.h5", "expected a name that ends with .safetensors, .onnx or .npz")
	wantError(t, net.Export(filepath.Join(dir, "nowhere", "net.onnx")), "nowhere")
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
	net.Layers[0].Activation.Name = "swish"
	path := filepath.Join(dir, "net.onnx")
	os.WriteFile(path, []byte("old"), 0o666)
	wantError(t, net.Export(path), "swish")
	if data, _ := os.ReadFile(path); string(data) != "old" || strings.Contains(fmt.Sprint(os.ReadDir(dir)), "tmp") {
		t.Errorf("the file is now %q, want %q alone", data, "old")
	}
}
