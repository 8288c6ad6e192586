// Package npz reads and writes arrays of numbers in NumPy's npz format: a zip
// archive of files NAME.npy, each with
//
//	"\x93NUMPY", version, length of the header (little-endian: 16 bits in
//	version 1, 32 in versions 2 and 3)
//	the header, a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
//	the elements
//
// It trusts nothing that a header says before the file has borne it out: memory
// is taken as data arrive, and no more than a file of its size can hold.
package npz

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lanewise/lanewise/blas"
)

const (
	magic     = "\x93NUMPY"
	maxHeader = 1 << 16 // of an array; those of plain numbers take a hundred bytes
	maxArrays = 1 << 14 // in a file
	maxBytes  = 1 << 30 // of an array
	// deflate makes at most 1,032 bytes of one.
	maxDeflate = 1032
	chunk      = 1 << 16 // bytes that are converted at once
)

// Array is one array of a file. Its elements are read by Values.
type Array struct {
	Name  string // without .npy
	DType string // as NumPy has it, such as <f4
	Shape []int

	fortran bool // columns lie together, not rows
	element func(raw []byte) float64
	size    int // bytes of an element
	header  int64
	file    *zip.File
}

// Len returns the number of elements.
func (a *Array) Len() int {
	n := 1
	for _, d := range a.Shape {
		n *= d
	}
	return n
}

// IsInteger says that the elements are whole numbers or truth values.
func (a *Array) IsInteger() bool { return !strings.Contains(a.DType, "f") }

// elements has the types that there are, without byte order, with bytes an element.
var elements = map[string]int{"f4": 4, "f8": 8, "i1": 1, "i2": 2, "i4": 4, "i8": 8, "u1": 1, "u2": 2, "u4": 4, "u8": 8, "b1": 1}

// Read returns the arrays of the npz file r of size bytes, in its order. An error
// names the array.
func Read(r io.ReaderAt, size int64) ([]*Array, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("npz: %w", err)
	}
	if len(z.File) > maxArrays {
		return nil, fmt.Errorf("npz: %d arrays: expected at most %d", len(z.File), maxArrays)
	}
	compressed := uint64(0)
	for _, f := range z.File {
		if compressed += f.CompressedSize64; f.CompressedSize64 > uint64(size) || compressed > uint64(size) {
			return nil, fmt.Errorf("npz: %.80q: arrays that take more than the file's %d bytes: expected them not to overlap", f.Name, size)
		}
	}
	var arrays []*Array
	seen := map[string]bool{}
	for _, f := range z.File {
		a := &Array{Name: strings.TrimSuffix(f.Name, ".npy"), file: f}
		switch {
		case a.Name == f.Name:
			err = errors.New("expected a name that ends with .npy")
		case seen[a.Name]:
			err = errors.New("expected this array once")
		default:
			err = a.open(size)
		}
		if err != nil {
			return nil, fmt.Errorf("npz: %.80q: %w", f.Name, err)
		}
		seen[a.Name] = true
		arrays = append(arrays, a)
	}
	return arrays, nil
}

// open reads the array's header and holds it against the size of the file.
func (a *Array) open(size int64) error {
	r, err := a.file.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	head := make([]byte, 12)
	if _, err := io.ReadFull(r, head[:10]); err != nil {
		return fmt.Errorf("header: %w", noEOF(err))
	}
	if string(head[:6]) != magic {
		return fmt.Errorf("magic number %q: expected %q", head[:6], magic)
	}
	n := int64(binary.LittleEndian.Uint16(head[8:]))
	a.header = 10
	switch head[6] {
	case 1:
	case 2, 3:
		if _, err := io.ReadFull(r, head[10:]); err != nil {
			return fmt.Errorf("header: %w", noEOF(err))
		}
		n = int64(binary.LittleEndian.Uint32(head[8:]))
		a.header = 12
	default:
		return fmt.Errorf("version %d: expected 1, 2 or 3", head[6])
	}
	if n > maxHeader {
		return fmt.Errorf("header of %d bytes: expected at most %d", n, maxHeader)
	}
	a.header += n
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return fmt.Errorf("header: %w", noEOF(err))
	}
	if err := a.parse(string(text)); err != nil {
		return err
	}

	most := int64(maxBytes)
	if a.file.Method == zip.Store {
		most = min(most, size)
	} else if size < most/maxDeflate {
		most = maxDeflate * size
	}
	bytes := int64(a.size)
	for _, d := range a.Shape {
		if d > 0 && bytes > most/int64(d) {
			return fmt.Errorf("shape %d: expected at most %d bytes, as the file can hold", a.Shape, most)
		}
		bytes *= int64(d)
	}
	if have := a.file.UncompressedSize64; have != uint64(a.header+bytes) {
		return fmt.Errorf("%d bytes: expected %d, a header of %d and %d for elements", have, a.header+bytes, a.header, bytes)
	}
	return nil
}

// entry is one entry of the header's dictionary.
var entry = regexp.MustCompile(`^\s*'([a-z_]+)'\s*:\s*('[^']*'|True|False|\([0-9, ]*\)|\[[^\]]*\])\s*(,|$)`)

func (a *Array) parse(header string) error {
	text := strings.TrimSpace(header)
	if !strings.HasPrefix(text, "{") || !strings.HasSuffix(text, "}") {
		return fmt.Errorf("header %.60q: expected a dictionary", text)
	}
	rest := text[1 : len(text)-1]
	fields := map[string]string{}
	for strings.TrimSpace(rest) != "" {
		m := entry.FindStringSubmatch(rest)
		if m == nil {
			return fmt.Errorf("header: %.60q: expected an entry of a dictionary", rest)
		}
		fields[m[1]] = m[2]
		rest = rest[len(m[0]):]
	}
	if len(fields) != 3 || fields["descr"] == "" || fields["fortran_order"] == "" || fields["shape"] == "" {
		return fmt.Errorf("header %.60q: expected descr, fortran_order and shape", text)
	}

	a.DType = strings.Trim(fields["descr"], "'")
	var ok bool
	order := byte('?')
	if a.DType != "" {
		order = a.DType[0]
		a.size, ok = elements[a.DType[1:]]
	}
	if !ok || order != '<' && order != '>' && (order != '|' || a.size != 1) {
		return fmt.Errorf("dtype %.40s: expected numbers of 32 or 64 bits (f4, f8), whole numbers of 8 to 64 (i1 … u8) or b1", a.DType)
	}
	a.element = reader(a.DType)
	switch fields["fortran_order"] {
	case "True":
		a.fortran = true
	case "False":
	default:
		return fmt.Errorf("fortran_order %.40s: expected True or False", fields["fortran_order"])
	}
	shape := fields["shape"]
	if shape[0] != '(' {
		return fmt.Errorf("shape %.40s: expected a tuple", shape)
	}
	dims := strings.Split(strings.TrimSuffix(strings.Trim(shape, "()"), ","), ",")
	if strings.TrimSpace(strings.Trim(shape, "()")) == "" {
		dims = nil
	}
	for _, text := range dims {
		d, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
		if err != nil || d < 1 {
			return fmt.Errorf("shape %.60s: expected dimensions of at least 1", shape)
		}
		a.Shape = append(a.Shape, int(d))
	}
	return nil
}

// reader returns what decodes an element of dtype.
func reader(dtype string) func(raw []byte) float64 {
	var order binary.ByteOrder = binary.LittleEndian
	if dtype[0] == '>' {
		order = binary.BigEndian
	}
	switch dtype[1:] {
	case "f4":
		return func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) }
	case "f8":
		return func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) }
	case "i1":
		return func(b []byte) float64 { return float64(int8(b[0])) }
	case "i2":
		return func(b []byte) float64 { return float64(int16(order.Uint16(b))) }
	case "i4":
		return func(b []byte) float64 { return float64(int32(order.Uint32(b))) }
	case "i8":
		return func(b []byte) float64 { return float64(int64(order.Uint64(b))) }
	case "u2":
		return func(b []byte) float64 { return float64(order.Uint16(b)) }
	case "u4":
		return func(b []byte) float64 { return float64(order.Uint32(b)) }
	case "u8":
		return func(b []byte) float64 { return float64(order.Uint64(b)) }
	}
	return func(b []byte) float64 { return float64(b[0]) } // u1, b1
}

// Values returns the elements row-major, each rounded to T.
func Values[T blas.Float](a *Array) ([]T, error) {
	values, err := read[T](a)
	if err != nil {
		return nil, fmt.Errorf("npz: %.80q: %w", a.file.Name, noEOF(err))
	}
	if a.fortran && len(a.Shape) > 1 {
		return rowMajor(values, a.Shape), nil
	}
	return values, nil
}

// read returns the elements in the order of the file. The archive's checksum is
// compared once all has been read.
func read[T blas.Float](a *Array) ([]T, error) {
	r, err := a.file.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, a.header); err != nil {
		return nil, err
	}
	n := a.Len()
	var values []T // grows as data arrive: the file may end before the array
	raw := make([]byte, min(chunk, n*a.size))
	for left := n; left > 0; {
		part := raw[:min(len(raw)/a.size, left)*a.size]
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, err
		}
		for i := 0; i < len(part); i += a.size {
			values = append(values, T(a.element(part[i:])))
		}
		left -= len(part) / a.size
	}
	if _, err := io.ReadFull(r, raw[:1]); err != io.EOF {
		if err == nil {
			err = errors.New("expected the end of the array")
		}
		return nil, err
	}
	return values, nil
}

// rowMajor reorders elements of which the first index runs fastest.
func rowMajor[T blas.Float](values []T, shape []int) []T {
	out := make([]T, len(values))
	index := make([]int, len(shape))
	strides := make([]int, len(shape)) // in values
	stride := 1
	for i, d := range shape {
		strides[i] = stride
		stride *= d
	}
	for o := range out {
		at := 0
		for i, k := range index {
			at += k * strides[i]
		}
		out[o] = values[at]
		for i := len(shape) - 1; i >= 0; i-- {
			if index[i]++; index[i] < shape[i] {
				break
			}
			index[i] = 0
		}
	}
	return out
}

// Named is an array to be written: its elements, row-major.
type Named[T blas.Float] struct {
	Name   string
	Shape  []int
	Values []T
}

// Write writes arrays as np.savez does, uncompressed and little-endian.
func Write[T blas.Float](w io.Writer, arrays []Named[T]) error {
	dtype := "<f8"
	if _, ok := any(T(0)).(float32); ok {
		dtype = "<f4"
	}
	z := zip.NewWriter(w)
	for _, a := range arrays {
		f, err := z.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Store})
		if err != nil {
			return err
		}
		shape := ""
		for _, d := range a.Shape {
			shape += strconv.Itoa(d) + ", "
		}
		if len(a.Shape) == 1 {
			shape = strings.TrimSuffix(shape, " ") // (3,), as Python writes it
		} else {
			shape = strings.TrimSuffix(shape, ", ")
		}
		header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", dtype, shape)
		header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n" // elements begin at a multiple of 64 bytes
		head := append([]byte(magic), 1, 0)
		head = binary.LittleEndian.AppendUint16(head, uint16(len(header)))
		if _, err := f.Write(append(head, header...)); err != nil {
			return err
		}
		for part := range slices.Chunk(a.Values, chunk/8) {
			raw, err := binary.Append(nil, binary.LittleEndian, part)
			if err != nil {
				return err
			}
			if _, err := f.Write(raw); err != nil {
				return err
			}
		}
	}
	return z.Close()
}

// noEOF says unexpected where data end early.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
