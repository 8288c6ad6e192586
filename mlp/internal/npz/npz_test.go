package npz

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// array returns an npy file of version 1.
func array(header string, data ...byte) []byte {
	b := append([]byte(magic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	return append(append(b, header...), data...)
}

func dict(dtype, fortran, shape string) string {
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", dtype, fortran, shape)
}

// archive returns a zip file of one member.
func archive(name string, method uint16, data []byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	if err != nil {
		panic(err)
	}
	f.Write(data)
	z.Close()
	return b.Bytes()
}

// values reads all of a file.
func values(file []byte) (all [][]float64, err error) {
	arrays, err := Read(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	for _, a := range arrays {
		v, err := Values[float64](a)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func TestTypes(t *testing.T) {
	for _, c := range []struct {
		dtype string
		data  []byte
		want  []float64
	}{
		{"<f4", []byte{0, 0, 0xc0, 0x3f, 0, 0, 0, 0x80}, []float64{1.5, math.Copysign(0, -1)}},
		{">f4", []byte{0x3f, 0xc0, 0, 0, 0x7f, 0x80, 0, 0}, []float64{1.5, math.Inf(1)}},
		{"<f8", []byte{0, 0, 0, 0, 0, 0, 0xf8, 0xbf, 0, 0, 0, 0, 0, 0, 0, 0}, []float64{-1.5, 0}},
		{"|i1", []byte{0x80, 127}, []float64{-128, 127}},
		{"|u1", []byte{0x80, 127}, []float64{128, 127}},
		{"|b1", []byte{1, 0}, []float64{1, 0}},
		{"<i2", []byte{0xff, 0xff, 1, 0}, []float64{-1, 1}},
		{">u2", []byte{0xff, 0xff, 1, 0}, []float64{65535, 256}},
		{"<i4", []byte{0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0}, []float64{-1, 1}},
		{"<u4", []byte{0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0}, []float64{1<<32 - 1, 1}},
		{"<i8", []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0}, []float64{-2, 1}},
		{"<u8", []byte{0, 0, 0, 0, 0, 0, 0, 0x80, 1, 0, 0, 0, 0, 0, 0, 0}, []float64{1 << 63, 1}},
	} {
		for _, method := range []uint16{zip.Store, zip.Deflate} {
			got, err := values(archive("a.npy", method, array(dict(c.dtype, "False", "(2,)"), c.data...)))
			if err != nil {
				t.Fatalf("%s: %v", c.dtype, err)
			}
			same := func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }
			if !slices.EqualFunc(got[0], c.want, same) {
				t.Errorf("%s: %v, want %v", c.dtype, got[0], c.want)
			}
		}
	}
}

// Rows and columns of Fortran's order; versions of the header; a scalar.
func TestLayouts(t *testing.T) {
	six := []byte{0, 1, 2, 3, 4, 5}
	wide := array(dict("|u1", "False", "(2, 3)"), six...)
	v2 := append([]byte(magic), 2, 0)
	v2 = binary.LittleEndian.AppendUint32(v2, uint32(len(dict("|u1", "False", "(6,)"))))
	v2 = append(append(v2, dict("|u1", "False", "(6,)")...), six...)
	for name, c := range map[string]struct {
		file []byte
		want []float64
	}{
		"C":                      {wide, []float64{0, 1, 2, 3, 4, 5}},
		"Fortran":                {array(dict("|u1", "True", "(2, 3)"), six...), []float64{0, 2, 4, 1, 3, 5}},
		"Fortran 3":              {array(dict("|u1", "True", "(1, 2, 3)"), six...), []float64{0, 2, 4, 1, 3, 5}},
		"version 2":              {v2, []float64{0, 1, 2, 3, 4, 5}},
		"scalar":                 {array(dict("|u1", "False", "()"), 7), []float64{7}},
		"other order of entries": {array("{'shape': (2,), 'descr': '|u1', 'fortran_order': False}", 1, 2), []float64{1, 2}},
	} {
		got, err := values(archive("a.npy", zip.Store, c.file))
		if err != nil || !slices.Equal(got[0], c.want) {
			t.Errorf("%s: %v, %v: want %v", name, got, err, c.want)
		}
	}
}

func TestWriteRead(t *testing.T) {
	in := []Named[float32]{
		{"arr_0", []int{2, 3}, []float32{1, 2, 3, 4, 5, -0.1}},
		{"arr_1", []int{3}, []float32{1e-40, float32(math.Inf(1)), 7}},
		{"big", []int{300, 100}, make([]float32, 30000)},
	}
	for i := range in[2].Values {
		in[2].Values[i] = float32(i) / 7
	}
	var b bytes.Buffer
	if err := Write(&b, in); err != nil {
		t.Fatal(err)
	}
	arrays, err := Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil || len(arrays) != len(in) {
		t.Fatal(arrays, err)
	}
	for i, a := range arrays {
		got, err := Values[float32](a)
		if err != nil || a.Name != in[i].Name || a.DType != "<f4" || !slices.Equal(a.Shape, in[i].Shape) || !slices.Equal(got, in[i].Values) {
			t.Errorf("array %d: %s %s %v, %v", i, a.Name, a.DType, a.Shape, err)
		}
		if a.header%64 != 0 {
			t.Errorf("array %d: header of %d bytes, want a multiple of 64", i, a.header)
		}
	}
}

func TestErrors(t *testing.T) {
	sound := array(dict("<f4", "False", "(2,)"), make([]byte, 8)...)
	stored := archive("a.npy", zip.Store, sound)
	if _, err := values(stored); err != nil {
		t.Fatal(err)
	}
	with := func(header string, n int) []byte {
		return archive("a.npy", zip.Store, array(header, make([]byte, n)...))
	}
	corrupt := bytes.Clone(stored)
	corrupt[bytes.Index(corrupt, []byte("}\n"))+2] ^= 1
	v9 := bytes.Clone(sound)
	v9[6] = 9
	long := append([]byte(magic), 2, 0, 0, 0, 0, 0x10)
	var twice bytes.Buffer
	z := zip.NewWriter(&twice)
	for range 2 {
		f, _ := z.Create("a.npy")
		f.Write(sound)
	}
	z.Close()
	for _, c := range []struct {
		name string
		file []byte
		want []string
	}{
		{"no zip", []byte("not a zip file"), []string{"npz: zip"}},
		{"empty", nil, []string{"npz: zip"}},
		{"cut", stored[:len(stored)-8], []string{"npz: zip"}},
		{"name", archive("a.txt", zip.Store, sound), []string{`"a.txt"`, "ends with .npy"}},
		{"name twice", twice.Bytes(), []string{`"a.npy"`, "once"}},
		{"magic", archive("a.npy", zip.Store, []byte("0123456789")), []string{`"a.npy"`, "magic number"}},
		{"no header", archive("a.npy", zip.Store, []byte(magic)), []string{`"a.npy"`, "header", "unexpected EOF"}},
		{"version", archive("a.npy", zip.Store, v9), []string{"version 9", "expected 1, 2 or 3"}},
		{"header length", archive("a.npy", zip.Store, long), []string{"header"}},
		{"header cut", archive("a.npy", zip.Store, sound[:20]), []string{"header", "unexpected EOF"}},
		{"no dictionary", with("x", 0), []string{"header", "expected a dictionary"}},
		{"unknown entry", with("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': ()}", 8), []string{"expected descr"}},
		{"missing entry", with("{'descr': '<f4', 'shape': (2,)}", 8), []string{"expected descr"}},
		{"code", with("{'descr': __import__('os'), 'fortran_order': False, 'shape': (2,)}", 8), []string{"expected an entry"}},
		{"dtype of objects", with(dict("|O", "False", "(2,)"), 8), []string{"dtype |O", "expected numbers"}},
		{"dtype of halves", with(dict("<f2", "False", "(2,)"), 4), []string{"dtype <f2"}},
		{"dtype without order", with(dict("|f4", "False", "(2,)"), 8), []string{"dtype |f4"}},
		{"dtype empty", with(dict("", "False", "(2,)"), 8), []string{"dtype"}},
		{"records", with("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", 8), []string{"dtype"}},
		{"fortran", with(dict("<f4", "(1,)", "(2,)"), 8), []string{"fortran_order (1,)"}},
		{"shape", with(dict("<f4", "False", "True"), 8), []string{"shape True", "tuple"}},
		{"shape 0", with(dict("<f4", "False", "(0, 2)"), 0), []string{"shape (0, 2)", "at least 1"}},
		{"shape negative", with(dict("<f4", "False", "(-1, 2)"), 0), []string{"expected an entry"}},
		{"shape huge", with(dict("<f4", "False", "(99999999999, 2)"), 0), []string{"shape (99999999999, 2)"}},
		{"shape wraps", with(dict("<f4", "False", "(2147483647, 2147483647, 4)"), 0), []string{"shape [2147483647 2147483647 4]", "as the file can hold"}},
		{"shape of more", with(dict("<f4", "False", "(3,)"), 8), []string{"bytes: expected"}},
		{"shape of less", with(dict("<f4", "False", "(1,)"), 8), []string{"bytes: expected"}},
		{"checksum", corrupt, []string{`"a.npy"`, "checksum"}},
	} {
		_, err := values(c.file)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %q: expected %q in it", c.name, err, part)
			}
		}
		if strings.Contains(err.Error(), "\n") || len(err.Error()) > 300 {
			t.Errorf("%s: error %q: expected one line of at most 300 bytes", c.name, err)
		}
	}
}

// A claim takes no memory before the file has borne it out.
func TestMemory(t *testing.T) {
	noise := make([]byte, 1<<18) // which deflate can't make shorter
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	const elements = 50_000_000 // which so long a file could hold, deflated, but doesn't
	for _, data := range [][]byte{{1, 2, 3, 4}, noise} {
		for _, method := range []uint16{zip.Store, zip.Deflate} {
			head := array(dict("<f4", "False", fmt.Sprintf("(%d,)", elements)))
			claim := archive("a.npy", method, append(head, data...))
			for i := range len(claim) - 4 { // the claimed size in the directory, too
				if string(claim[i:i+4]) == "PK\x01\x02" {
					binary.LittleEndian.PutUint32(claim[i+24:], uint32(len(head)+4*elements))
				}
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if _, err := values(claim); err == nil {
				t.Error("no error")
			}
			runtime.ReadMemStats(&after)
			// Eight bytes for each four in the file, as the slice grows by quarters.
			if got := after.TotalAlloc - before.TotalAlloc; got > 1<<22 {
				t.Errorf("%d bytes allocated for a file of %d", got, len(claim))
			}
		}
	}
}

// Arrays that share bytes of the file could come to many times its size.
func TestOverlap(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	big := append(array(dict("<f4", "False", "(1000,)")), make([]byte, 4000)...)
	for name, data := range map[string][]byte{"a.npy": big, "b.npy": append(array(dict("<f4", "False", "(1,)")), 0, 0, 0, 0)} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		w.Write(data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := b.Bytes()
	if _, err := Read(bytes.NewReader(file), int64(len(file))); err != nil {
		t.Fatal(err)
	}
	// Both of the directory's entries get the sizes of the larger array.
	for i := range len(file) - 28 {
		if string(file[i:i+4]) == "PK\x01\x02" {
			binary.LittleEndian.PutUint32(file[i+20:], uint32(len(big)))
			binary.LittleEndian.PutUint32(file[i+24:], uint32(len(big)))
		}
	}
	if _, err := Read(bytes.NewReader(file), int64(len(file))); err == nil || !strings.Contains(err.Error(), "overlap") {
		t.Errorf("error %v, want one of arrays that overlap", err)
	}
}

// Whatever is read is what the shape says and fits the file. The bytes are tried
// as a file, and as the only array in one.
func FuzzNPZ(f *testing.F) {
	sound := array(dict("<f4", "False", "(2,)"), make([]byte, 8)...)
	f.Add(sound)
	f.Add(array(dict("|u1", "True", "(2, 3)"), 0, 1, 2, 3, 4, 5))
	f.Add(archive("a.npy", zip.Store, sound))
	f.Add(archive("a.npy", zip.Deflate, sound))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, file := range [][]byte{b, archive("a.npy", zip.Store, b)} {
			arrays, err := Read(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				continue
			}
			for _, a := range arrays {
				v, err := Values[float64](a)
				if err != nil {
					continue
				}
				if len(v) != a.Len() || len(v) > maxDeflate*len(file) {
					t.Fatalf("%d elements of shape %v from %d bytes", len(v), a.Shape, len(file))
				}
			}
		}
	})
}
