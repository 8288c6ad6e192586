package mlp

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/internal/replace"
)

// maxHeader bounds the header, which takes some hundred bytes a layer, and fifty a
// feature if these are scaled.
const maxHeader = 1 << 24

const (
	metadataKey = "__metadata__"
	statePrefix = "state." // of keys in metadata, and of tensors
)

// dtype returns T's name in the format and its size in bytes.
func dtype[T blas.Float]() (name string, size int) {
	var zero T
	if _, ok := any(zero).(float32); ok {
		return "F32", 4
	}
	return "F64", 8
}

// Save writes the network to the file path. The file is replaced whole or not
// at all: the data go to a temporary file in the same folder, which is synced
// and then renamed.
func (m *MLP[T]) Save(path string) error {
	return m.SaveState(path, nil)
}

// SaveState is Save with the state of its training, unless that is nil.
func (m *MLP[T]) SaveState(path string, s *State[T]) error {
	if err := replace.File(path, func(w io.Writer) error { return m.encode(w, s) }); err != nil {
		return fmt.Errorf("mlp: save %s: %w", path, err)
	}
	return nil
}

// tensor is one entry of the header.
type tensor struct {
	DType  string   `json:"dtype"`
	Shape  []int    `json:"shape"`
	Offset [2]int64 `json:"data_offsets"` // begin and end in the data
}

// Encode writes the network as safetensors.
func (m *MLP[T]) Encode(w io.Writer) error { return m.encode(w, nil) }

func (m *MLP[T]) encode(w io.Writer, s *State[T]) error {
	name, size := dtype[T]()
	metadata, err := m.metadata(s)
	if err != nil {
		return err
	}
	if _, _, err := described[T](metadata, m.UnitsPerLayer()); err != nil {
		return fmt.Errorf("what could not be loaded: %w", err)
	}
	header := map[string]any{metadataKey: metadata}
	end := int64(0)
	entry := func(shape []int, elements int) tensor {
		begin := end
		end += int64(elements * size)
		return tensor{name, shape, [2]int64{begin, end}}
	}
	for i, l := range m.Layers {
		header[weightKey(i)] = entry([]int{l.Weights.Rows, l.Weights.Cols}, len(l.Weights.Data))
		header[biasKey(i)] = entry([]int{len(l.Bias)}, len(l.Bias))
	}
	buffers := [][]T{m.Params}
	if s != nil {
		for _, b := range s.Buffers {
			header[statePrefix+b.Name] = entry([]int{len(b.Values)}, len(b.Values))
			buffers = append(buffers, b.Values)
		}
	}
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	if len(text) > maxHeader {
		return fmt.Errorf("header of %d bytes: expected at most %d", len(text), maxHeader)
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text)))); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	for _, values := range buffers {
		if err := writeValues(w, values); err != nil {
			return err
		}
	}
	return nil
}

func weightKey(layer int) string { return strconv.Itoa(layer) + ".weight" }
func biasKey(layer int) string   { return strconv.Itoa(layer) + ".bias" }

// valuesAtOnce is how many values are converted at once.
const valuesAtOnce = 1 << 13

// writeValues writes values little-endian.
func writeValues[T blas.Float](w io.Writer, values []T) error {
	raw := make([]byte, 0, 8*min(valuesAtOnce, len(values)))
	for part := range slices.Chunk(values, valuesAtOnce) {
		raw = raw[:0]
		switch part := any(part).(type) {
		case []float32:
			for _, v := range part {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
			}
		case []float64:
			for _, v := range part {
				raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
			}
		}
		if _, err := w.Write(raw); err != nil {
			return err
		}
	}
	return nil
}

// readValues fills values.
func readValues[T blas.Float](r io.Reader, values []T) error {
	_, size := dtype[T]()
	raw := make([]byte, size*min(valuesAtOnce, len(values)))
	for part := range slices.Chunk(values, valuesAtOnce) {
		raw := raw[:size*len(part)]
		if _, err := io.ReadFull(r, raw); err != nil {
			return err
		}
		switch part := any(part).(type) {
		case []float32:
			for i := range part {
				part[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			}
		case []float64:
			for i := range part {
				part[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
			}
		}
	}
	return nil
}

// Load reads the network in the file path, as Save writes it. Errors are those
// of Decode, with the path.
func Load[T blas.Float](path string) (*MLP[T], error) {
	net, _, err := LoadState[T](path)
	return net, err
}

// LoadState is Load with the state of training, as SaveState writes it; nil if the
// file has none.
func LoadState[T blas.Float](path string) (net *MLP[T], s *State[T], err error) {
	err = readFile(path, func(f *os.File, size int64) error {
		net, s, err = decode[T](f, size)
		return err
	})
	return net, s, err
}

// Decode reads a network from the size bytes of r.
//
// It is an error, which names the field, if the header is longer than the file
// or 16 MiB, isn't strict JSON (repeated keys included), or lacks metadata; if
// tensors are missing, unknown or of another type than T, or don't chain as
// layers; if they overlap, leave gaps, or do not fill the file exactly; and if
// an activation or cost is not known or can't stand in its place. Parameters
// are allocated once all of that is known to be right.
func Decode[T blas.Float](r io.Reader, size int64) (*MLP[T], error) {
	net, _, err := decode[T](r, size)
	if err != nil {
		return nil, fmt.Errorf("mlp: %w", err)
	}
	return net, nil
}

func decode[T blas.Float](r io.Reader, size int64) (*MLP[T], *State[T], error) {
	var length [8]byte
	if size < 8 {
		return nil, nil, fmt.Errorf("header length: %d bytes in all: expected at least 8", size)
	}
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, nil, fmt.Errorf("header length: %w", noEOF(err))
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > uint64(size-8) || n > maxHeader {
		return nil, nil, fmt.Errorf("header length %d: expected at most %d; the file is cut off or no safetensors file", n, min(size-8, maxHeader))
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, nil, fmt.Errorf("header: %w", noEOF(err))
	}
	h, err := parseHeader(text)
	if err != nil {
		return nil, nil, err
	}
	net, state, err := layout[T](h, size-8-int64(n))
	if err != nil {
		return nil, nil, err
	}
	tensors := net.tensors(state)
	for _, key := range h.byOffset {
		if err := readValues(r, tensors[key]); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", key, noEOF(err))
		}
	}
	return net, state, nil
}

// noEOF says unexpected where a file ends before the size it had.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// tensors returns the values of a file's tensors by their keys; s may be nil.
func (m *MLP[T]) tensors(s *State[T]) map[string][]T {
	values := map[string][]T{}
	for i, l := range m.Layers {
		values[weightKey(i)], values[biasKey(i)] = l.Weights.Data, l.Bias
	}
	if s != nil {
		for _, b := range s.Buffers {
			values[statePrefix+b.Name] = b.Values
		}
	}
	return values
}

// header is a parsed header.
type header struct {
	metadata map[string]string
	tensors  map[string]tensor
	byOffset []string // keys of tensors in the order of their data
}

func parseHeader(text []byte) (*header, error) {
	h := &header{tensors: map[string]tensor{}}
	if len(text) == 0 || text[0] != '{' {
		return nil, errors.New("header: expected a JSON object from its first byte")
	}
	fields, err := parseObject(text)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	for _, f := range fields {
		if f.key == metadataKey {
			h.metadata, err = parseMetadata(f.value)
		} else {
			h.tensors[f.key], err = parseTensor(f.value)
			h.byOffset = append(h.byOffset, f.key)
		}
		if err != nil {
			return nil, fmt.Errorf("%.40q: %w", f.key, err)
		}
	}
	slices.SortStableFunc(h.byOffset, func(a, b string) int {
		return cmp.Compare(h.tensors[a].Offset[0], h.tensors[b].Offset[0])
	})
	return h, nil
}

func parseMetadata(raw json.RawMessage) (map[string]string, error) {
	fields, err := parseObject(raw)
	if err != nil {
		return nil, err
	}
	metadata := map[string]string{}
	for _, f := range fields {
		var v string
		if len(f.value) == 0 || f.value[0] != '"' || json.Unmarshal(f.value, &v) != nil {
			return nil, fmt.Errorf("%.40q: expected a string", f.key)
		}
		metadata[f.key] = v
	}
	return metadata, nil
}

func parseTensor(raw json.RawMessage) (tensor, error) {
	var t tensor
	fields, err := parseObject(raw)
	if err != nil {
		return t, err
	}
	var shape, offsets []int64
	seen := 0
	for _, f := range fields {
		switch f.key {
		case "dtype":
			err = json.Unmarshal(f.value, &t.DType)
		case "shape":
			err = json.Unmarshal(f.value, &shape)
		case "data_offsets":
			err = json.Unmarshal(f.value, &offsets)
		default:
			return t, fmt.Errorf("unknown field %.40q: expected dtype, shape and data_offsets", f.key)
		}
		if err != nil {
			return t, fmt.Errorf("%s: %w", f.key, err)
		}
		seen++
	}
	if seen != 3 {
		return t, errors.New("expected dtype, shape and data_offsets")
	}
	for _, d := range shape {
		if d < 1 || d > maxParams {
			return t, fmt.Errorf("shape %d: expected dimensions of 1 to %d", shape, maxParams)
		}
		t.Shape = append(t.Shape, int(d))
	}
	if len(offsets) != 2 || offsets[0] < 0 || offsets[1] < offsets[0] {
		return t, fmt.Errorf("data_offsets %d: expected a begin and an end", offsets)
	}
	t.Offset = [2]int64(offsets)
	return t, nil
}

// field is a member of a JSON object.
type field struct {
	key   string
	value json.RawMessage
}

// parseObject returns the members of the JSON object that text is, in their
// order. Unlike json.Unmarshal it refuses repeated keys.
func parseObject(text []byte) ([]field, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("expected a JSON object")
	}
	var fields []field
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, noEOF(err)
		}
		f := field{key: key.(string)} // the decoder takes nothing else here
		if seen[f.key] {
			return nil, fmt.Errorf("key %.40q: expected it once", f.key)
		}
		seen[f.key] = true
		if err := dec.Decode(&f.value); err != nil {
			return nil, fmt.Errorf("%.40q: %w", f.key, noEOF(err))
		}
		fields = append(fields, f)
	}
	if _, err := dec.Token(); err != nil {
		return nil, noEOF(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("expected nothing behind the JSON object")
	}
	return fields, nil
}

// layout checks that the tensors are those of a network and of its training's state,
// and fill dataSize bytes. It returns these, with values of 0; the state is nil if
// there is none.
func layout[T blas.Float](h *header, dataSize int64) (*MLP[T], *State[T], error) {
	name, size := dtype[T]()
	tensors := len(h.tensors)
	for _, key := range h.byOffset {
		if strings.HasPrefix(key, statePrefix) {
			tensors--
		}
	}
	layers := tensors / 2
	if layers == 0 || tensors%2 != 0 {
		return nil, nil, fmt.Errorf("header: %d tensors: expected a weight and a bias for each layer", tensors)
	}
	var units []int
	for i := range layers {
		for j, key := range []string{weightKey(i), biasKey(i)} {
			dims := 2 - j
			t, ok := h.tensors[key]
			switch {
			case !ok:
				return nil, nil, fmt.Errorf("%s: expected this tensor, as one of %d layers", key, layers)
			case t.DType != name:
				return nil, nil, fmt.Errorf("%s: dtype %.20q: expected %s", key, t.DType, name)
			case len(t.Shape) != dims:
				return nil, nil, fmt.Errorf("%s: shape %d: expected %d dimensions", key, t.Shape, dims)
			}
		}
		w, b := h.tensors[weightKey(i)].Shape, h.tensors[biasKey(i)].Shape
		if i == 0 {
			units = append(units, w[1])
		}
		if w[1] != units[i] {
			return nil, nil, fmt.Errorf("%s: shape %d: expected %d columns, the units before it", weightKey(i), w, units[i])
		}
		if b[0] != w[0] {
			return nil, nil, fmt.Errorf("%s: shape %d: expected [%d] as %s has rows", biasKey(i), b, w[0], weightKey(i))
		}
		units = append(units, w[0])
	}

	end := int64(0)
	for _, key := range h.byOffset {
		t := h.tensors[key]
		bytes := int64(size)
		for _, d := range t.Shape {
			if bytes > dataSize/int64(d) {
				return nil, nil, fmt.Errorf("%s: shape %d: expected a tensor of at most %d bytes, the data in the file", key, t.Shape, dataSize)
			}
			bytes *= int64(d)
		}
		if t.Offset != [2]int64{end, end + bytes} {
			return nil, nil, fmt.Errorf("%s: data_offsets %d: expected [%d %d], the tensors following each other", key, t.Offset, end, end+bytes)
		}
		end += bytes
	}
	if end != dataSize {
		return nil, nil, fmt.Errorf("data: %d bytes: expected %d as the tensors take", dataSize, end)
	}

	net, err := network[T](h.metadata, units)
	if err != nil {
		return nil, nil, err
	}
	state, err := stateOf[T](h, len(net.Params))
	if err != nil {
		return nil, nil, err
	}
	return net, state, nil
}
