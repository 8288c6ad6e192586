package mlp

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/internal/replace"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// small is a network of two layers, 2-3-2.
func small[T blas.Float](t *testing.T) *MLP[T] {
	t.Helper()
	net := mustNew(t, []int{2, 3, 2}, Sigmoid[T](), Softmax[T](), CrossEntropy[T](), 1)
	for i := range net.Params {
		net.Params[i] = T(i) - 1.5
	}
	net.InputDivisor = 255
	return net
}

// The file of small, byte by byte: little-endian on every machine.
func TestEncodedBytes(t *testing.T) {
	for _, c := range []struct {
		encode func(io.Writer) error
		header string
		data   string // the first four values: −1.5, −0.5, 0.5, 1.5
		size   int    // of all values
	}{
		{small[float32](t).Encode, `{"0.bias":{"dtype":"F32","shape":[3],"data_offsets":[24,36]},` +
			`"0.weight":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},` +
			`"1.bias":{"dtype":"F32","shape":[2],"data_offsets":[60,68]},` +
			`"1.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[36,60]},` +
			`"__metadata__":{"activations":"sigmoid,softmax","cost":"cross-entropy","input_divisor":"255"}}`,
			"0000c0bf" + "000000bf" + "0000003f" + "0000c03f", 17 * 4},
		{small[float64](t).Encode, `{"0.bias":{"dtype":"F64","shape":[3],"data_offsets":[48,72]},` +
			`"0.weight":{"dtype":"F64","shape":[3,2],"data_offsets":[0,48]},` +
			`"1.bias":{"dtype":"F64","shape":[2],"data_offsets":[120,136]},` +
			`"1.weight":{"dtype":"F64","shape":[2,3],"data_offsets":[72,120]},` +
			`"__metadata__":{"activations":"sigmoid,softmax","cost":"cross-entropy","input_divisor":"255"}}`,
			"000000000000f8bf" + "000000000000e0bf" + "000000000000e03f" + "000000000000f83f", 17 * 8},
	} {
		var b bytes.Buffer
		if err := c.encode(&b); err != nil {
			t.Fatal(err)
		}
		file := b.Bytes()
		n := int(binary.LittleEndian.Uint64(file))
		if n%8 != 0 || n < len(c.header) || n > len(c.header)+7 {
			t.Fatalf("header of %d bytes, want %d rounded up to a multiple of 8", n, len(c.header))
		}
		if got := strings.TrimRight(string(file[8:8+n]), " "); got != c.header {
			t.Errorf("header\n%s\nwant\n%s", got, c.header)
		}
		data := file[8+n:]
		if len(data) != c.size {
			t.Errorf("%d bytes of values, want %d", len(data), c.size)
		}
		if got := hex.EncodeToString(data[:len(c.data)/2]); got != c.data {
			t.Errorf("values %s, want %s", got, c.data)
		}
	}
}

func TestSaveLoad(t *testing.T) {
	t.Run("type=float32", testSaveLoad[float32])
	t.Run("type=float64", testSaveLoad[float64])
}

func testSaveLoad[T blas.Float](t *testing.T) {
	// Layers of more values than are converted at once.
	net := mustNew(t, []int{300, 40, 7, 5}, Sigmoid[T](), Identity[T](), Square[T](), 3)
	net.Layers[1].Activation = Identity[T]()
	net.InputDivisor = 0.1
	net.Params[0], net.Params[1] = T(math.Inf(-1)), T(math.NaN())
	dir := t.TempDir()
	path := filepath.Join(dir, "net.safetensors")
	for range 2 { // the second time over a file that is there
		if err := net.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Load[T](path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got.Params, net.Params, sameBits[T]) {
		t.Error("the parameters loaded differ from those saved")
	}
	if got.InputDivisor != net.InputDivisor || got.Cost.Name != "square" || !slices.Equal(got.UnitsPerLayer(), net.UnitsPerLayer()) {
		t.Errorf("divisor %v, cost %s, units %v", got.InputDivisor, got.Cost.Name, got.UnitsPerLayer())
	}
	for i, l := range got.Layers {
		if want := net.Layers[i].Activation.Name; l.Activation.Name != want {
			t.Errorf("layer %d: activation %s, want %s", i+1, l.Activation.Name, want)
		}
	}
	onlyFile(t, dir, "net.safetensors")
}

func sameBits[T blas.Float](a, b T) bool {
	return math.Float64bits(float64(a)) == math.Float64bits(float64(b))
}

func onlyFile(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("files %v, want %s alone", entries, name)
	}
}

// A file is replaced whole or not at all.
func TestSaveKeepsTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "net.safetensors")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	err := replace.File(path, func(w io.Writer) error {
		w.Write([]byte("half of the new"))
		return full
	})
	if !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
	if data, _ := os.ReadFile(path); string(data) != "old" {
		t.Errorf("the file is now %q, want %q", data, "old")
	}
	onlyFile(t, dir, "net.safetensors")

	wantError(t, small[float32](t).Save(filepath.Join(dir, "nowhere", "net")), "mlp: save", "nowhere")
}

// What Load would refuse is not saved: a good file stays.
func TestSaveRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.safetensors")
	if err := small[float32](t).Save(path); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	infinite := dataset.Scaling{Rule: "unit", Shift: []float64{0, 0}, Scale: []float64{1, math.Inf(1)}}
	for _, c := range []struct {
		change func(*MLP[float32], *State[float32])
		want   string
	}{
		{func(m *MLP[float32], _ *State[float32]) { m.Layers[0].Activation.Name = "mine" }, "mine"},
		{func(m *MLP[float32], _ *State[float32]) { m.InputDivisor = -1 }, "input_divisor"},
		{func(m *MLP[float32], _ *State[float32]) { m.Schema.FeatureNames = []string{"a"} }, "feature_names"},
		{func(m *MLP[float32], _ *State[float32]) { m.Schema.InputScaling = infinite }, "unsupported value"},
		{func(_ *MLP[float32], s *State[float32]) { s.Buffers[0].Name = "a,b" }, "a,b"},
		{func(_ *MLP[float32], s *State[float32]) { s.Buffers[1].Name = s.Buffers[0].Name }, "each once"},
	} {
		m := small[float32](t)
		s := newState(Adam[float32](.9, .999, 1e-8), m.Params, false)
		c.change(m, s)
		wantError(t, m.SaveState(path, s), path, c.want)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the file has changed (%v)", err)
	}
	onlyFile(t, filepath.Dir(path), filepath.Base(path))
}

// file returns a model file of the header and n bytes of data.
func file(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	return append(b, make([]byte, n)...)
}

// soundHeader is that of a network 2-3-2 in float32, with 68 bytes of data.
const soundHeader = `{"__metadata__":{"activations":"sigmoid,softmax","cost":"cross-entropy","input_divisor":"0"},` +
	`"0.weight":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},` +
	`"0.bias":{"dtype":"F32","shape":[3],"data_offsets":[24,36]},` +
	`"1.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[36,60]},` +
	`"1.bias":{"dtype":"F32","shape":[2],"data_offsets":[60,68]}}`

const soundData = 68

func TestDecodeErrors(t *testing.T) {
	if _, err := decodeBytes(file(soundHeader, soundData)); err != nil {
		t.Fatal(err)
	}
	with := func(old, new string) []byte {
		if !strings.Contains(soundHeader, old) {
			t.Fatalf("%q isn't in the header", old)
		}
		return file(strings.Replace(soundHeader, old, new, 1), soundData)
	}
	length := func(n uint64) []byte {
		b := file(soundHeader, soundData)
		binary.LittleEndian.PutUint64(b, n)
		return b
	}
	size := uint64(len(soundHeader))
	for _, c := range []struct {
		name string
		file []byte
		want []string
	}{
		{"empty", nil, []string{"header length", "0 bytes in all"}},
		{"cut in the length", make([]byte, 7), []string{"header length", "at least 8"}},
		{"cut in the header", file(soundHeader, 0)[:100], []string{"header length", "expected at most 92"}},
		{"cut in the data", file(soundHeader, soundData-1), []string{"data", "67 bytes", "expected 68"}},
		{"no data", file(soundHeader, 0), []string{"0.weight", "shape [3 2]", "at most 0 bytes"}},
		{"more data", file(soundHeader, soundData+1), []string{"data", "69 bytes", "expected 68"}},
		{"header length wraps", length(1<<64 - 1), []string{"header length 18446744073709551615"}},
		{"header length negative", length(1 << 63), []string{"header length 9223372036854775808"}},
		{"header length past the end", length(size + soundData + 1), []string{"header length", fmt.Sprint("expected at most ", size+soundData)}},
		{"header length within the data", length(size + 1), []string{"header"}},
		{"header length short", length(size - 1), []string{"header"}},
		{"header length 0", length(0), []string{"header", "JSON object"}},
		{"header huge", file(strings.Repeat(" ", maxHeader+1), 0), []string{"header length 16777217", "expected at most 16777216"}},
		{"no object", file(`[]`, 0), []string{"header", "JSON object"}},
		{"no JSON", file(`{"a`, 0), []string{"header"}},
		{"nested", file(`{"a":`+strings.Repeat("[", 100000), 0), []string{"header", `"a"`}},
		{"space in front", file(" "+soundHeader, soundData), []string{"header", "first byte"}},
		{"behind the object", file(soundHeader+"{}", soundData), []string{"header", "expected nothing behind"}},
		{"no tensors", file(`{}`, 0), []string{"0 tensors"}},
		{"metadata alone", file(`{"__metadata__":{}}`, 0), []string{"0 tensors"}},
		{"one tensor", file(`{"0.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}`, 4), []string{"1 tensors", "a weight and a bias"}},
		{"key twice", with(`"1.bias"`, `"0.bias"`), []string{`"0.bias"`, "expected it once"}},
		{"unknown tensor", with(`"1.bias"`, `"2.bias"`), []string{"1.bias", "expected this tensor"}},
		{"layer from 1", with(`"0.weight"`, `"00.weight"`), []string{"0.weight", "expected this tensor"}},
		{"dtype unknown", with(`"F32"`, `"BF16"`), []string{"0.weight", `dtype "BF16"`, "expected F32"}},
		{"dtype of the other precision", with(`"F32"`, `"F64"`), []string{"0.weight", `dtype "F64"`, "expected F32"}},
		{"dtype no string", with(`"F32"`, `32`), []string{`"0.weight"`, "dtype"}},
		{"dtype missing", with(`"dtype":"F32",`, ``), []string{`"0.weight"`, "expected dtype, shape and data_offsets"}},
		{"field unknown", with(`"dtype"`, `"DType"`), []string{`"0.weight"`, `"DType"`}},
		{"field twice", with(`"dtype":"F32",`, `"dtype":"F32","dtype":"F32",`), []string{`"0.weight"`, `"dtype"`, "once"}},
		{"shape of 1 dimension", with(`[3,2]`, `[6]`), []string{"0.weight", "shape [6]", "expected 2 dimensions"}},
		{"shape of 3 dimensions", with(`[3,2]`, `[3,2,1]`), []string{"0.weight", "shape [3 2 1]", "expected 2 dimensions"}},
		{"shape null", with(`[3,2]`, `null`), []string{"0.weight", "shape", "expected 2 dimensions"}},
		{"shape 0", with(`[3,2]`, `[0,2]`), []string{`"0.weight"`, "shape [0 2]", "expected dimensions of 1"}},
		{"shape negative", with(`[3,2]`, `[-3,-2]`), []string{`"0.weight"`, "shape [-3 -2]", "expected dimensions of 1"}},
		{"shape fractional", with(`[3,2]`, `[3,2.5]`), []string{`"0.weight"`, "shape"}},
		{"shape beyond int64", with(`[3,2]`, `[3,9223372036854775808]`), []string{`"0.weight"`, "shape"}},
		{"shape that wraps", with(`[3,2]`, `[268435456,268435456]`), []string{"shape"}},
		{"shape larger than the file", file(strings.NewReplacer(`[3,2]`, `[3,200000000]`).Replace(soundHeader), soundData), []string{"0.weight", "shape [3 200000000]", "at most 68 bytes"}},
		{"shape of weight and bias", with(`[3],`, `[4],`), []string{"0.bias", "shape [4]", "expected [3]"}},
		{"shape of two layers", with(`[2,3]`, `[3,2]`), []string{"1.weight", "shape [3 2]", "expected 3 columns"}},
		{"offsets overlap", with(`[24,36]`, `[20,32]`), []string{"0.bias", "data_offsets [20 32]", "expected [24 36]"}},
		{"offsets equal", with(`[36,60]`, `[0,24]`), []string{"data_offsets [0 24]", "expected [24 48]"}},
		{"offsets with a gap", with(`[24,36]`, `[28,40]`), []string{"0.bias", "data_offsets [28 40]", "expected [24 36]"}},
		{"offsets backwards", with(`[24,36]`, `[36,24]`), []string{`"0.bias"`, "data_offsets [36 24]", "begin and an end"}},
		{"offsets negative", with(`[0,24]`, `[-24,0]`), []string{`"0.weight"`, "data_offsets [-24 0]"}},
		{"offsets of another size", with(`[60,68]`, `[60,64]`), []string{"1.bias", "data_offsets [60 64]", "expected [60 68]"}},
		{"offsets past the end", with(`[60,68]`, `[60,9223372036854775807]`), []string{"1.bias", "data_offsets [60 9223372036854775807]"}},
		{"offsets of 3", with(`[0,24]`, `[0,24,24]`), []string{`"0.weight"`, "data_offsets"}},
		{"metadata missing", file(`{`+soundHeader[strings.Index(soundHeader, `"0.weight"`):], soundData), []string{"__metadata__", "expected activations"}},
		{"metadata no object", with(`{"activations":"sigmoid,softmax","cost":"cross-entropy","input_divisor":"0"}`, `[]`), []string{`"__metadata__"`, "JSON object"}},
		{"metadata no strings", with(`"0"}`, `0}`), []string{`"__metadata__"`, `"input_divisor"`, "string"}},
		{"activations missing", with(`"activations"`, `"act"`), []string{"__metadata__", "activations", "expected 2 names"}},
		{"activations of 3 layers", with(`sigmoid,softmax`, `sigmoid,sigmoid,softmax`), []string{"activations", "expected 2 names"}},
		{"activation unknown", with(`sigmoid,softmax`, `swish,softmax`), []string{"activations", `"swish"`, "expected one of sigmoid, tanh, relu, silu, identity, softmax"}},
		{"activation out of place", with(`sigmoid,softmax`, `softmax,softmax`), []string{"activation softmax of layer 1"}},
		{"activation and cost", with(`sigmoid,softmax`, `sigmoid,sigmoid`), []string{"cost cross-entropy with output sigmoid"}},
		{"cost unknown", with(`cross-entropy`, `hinge`), []string{"cost", `"hinge"`, "expected one of cross-entropy, binary-cross-entropy, square"}},
		{"divisor missing", with(`"input_divisor"`, `"divisor"`), []string{"input_divisor"}},
		{"divisor NaN", with(`"0"}`, `"NaN"}`), []string{"input_divisor", `"NaN"`, "at least 0"}},
		{"divisor negative", with(`"0"}`, `"-1"}`), []string{"input_divisor", `"-1"`, "at least 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decodeBytes(c.file)
			wantError(t, err, c.want...)
			if err != nil && (strings.ContainsAny(err.Error(), "\n\r") || len(err.Error()) > 300) {
				t.Errorf("error %q: expected one line of at most 300 bytes", err)
			}
		})
	}
}

func decodeBytes(b []byte) (*MLP[float32], error) {
	return Decode[float32](bytes.NewReader(b), int64(len(b)))
}

// A file that is shorter than its size said, as when it is cut while it is read.
func TestDecodeShortReader(t *testing.T) {
	whole := file(soundHeader, soundData)
	for _, n := range []int{0, 4, 8, 50, 8 + len(soundHeader), len(whole) - 1} {
		_, err := Decode[float32](bytes.NewReader(whole[:n]), int64(len(whole)))
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes: error %v, want %v", n, err, io.ErrUnexpectedEOF)
		}
	}
}

// What a header claims takes no memory before the file has borne it out.
func TestDecodeMemory(t *testing.T) {
	claims := strings.NewReplacer(`[3,2]`, `[60000000,2]`, `[0,24]`, `[0,480000000]`).Replace(soundHeader)
	wide := mustNew(t, []int{4000, 250}, Identity[float32](), Identity[float32](), Square[float32](), 1)
	var b bytes.Buffer
	if err := wide.Encode(&b); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file []byte
		most uint64
	}{
		{"length", binary.LittleEndian.AppendUint64(nil, 1<<40), 1 << 14},
		{"shape", file(claims, soundData), 1 << 16},
		// The file's own size, and a little for its conversion.
		{"sound", b.Bytes(), uint64(b.Len()) + 1<<17},
	} {
		if got := allocated(func() { decodeBytes(c.file) }); got > c.most {
			t.Errorf("%s: %d bytes allocated for a file of %d, want at most %d", c.name, got, len(c.file), c.most)
		}
	}
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	missing, bad := filepath.Join(dir, "missing"), filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, file(soundHeader, 1), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Load[float32](missing)
	wantError(t, err, "mlp: ", missing)
	_, err = Load[float32](dir)
	wantError(t, err, "mlp: ", dir, "regular file")
	_, err = Load[float32](bad)
	wantError(t, err, "mlp: ", bad, "0.weight")
}

// Whatever is decoded is a network that encodes to the same parameters, in a
// file whose size bounds what was allocated.
func FuzzSafetensors(f *testing.F) {
	f.Add(file(soundHeader, soundData))
	f.Fuzz(func(t *testing.T, b []byte) {
		net, state, err := decode[float32](bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		buffers := 1
		if state != nil {
			buffers += len(state.Buffers)
		}
		if 4*len(net.Params)*buffers > len(b) {
			t.Fatalf("%d buffers of %d parameters from %d bytes", buffers, len(net.Params), len(b))
		}
		file := encodeState(t, net, state)
		again, state, err := decode[float32](bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatalf("encoded again: %v", err)
		}
		if !bytes.Equal(encodeState(t, again, state), file) {
			t.Error("encoded twice again, it is another file")
		}
		if !slices.EqualFunc(again.Params, net.Params, sameBits[float32]) || again.InputDivisor != net.InputDivisor ||
			again.Cost.Name != net.Cost.Name || !slices.Equal(again.UnitsPerLayer(), net.UnitsPerLayer()) {
			t.Error("encoded and decoded again, it is another network")
		}
		for i, l := range net.Layers {
			if again.Layers[i].Activation.Name != l.Activation.Name {
				t.Errorf("layer %d: activation %s, want %s", i+1, again.Layers[i].Activation.Name, l.Activation.Name)
			}
		}
	})
}
