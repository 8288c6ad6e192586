package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// idx returns a file of the magic number, the dimensions and the data.
func idx(magic uint32, dims []uint32, data ...byte) []byte {
	file := binary.BigEndian.AppendUint32(nil, magic)
	for _, d := range dims {
		file = binary.BigEndian.AppendUint32(file, d)
	}
	return append(file, data...)
}

// images returns n images of 2×3 pixels: 0, 1, 2 …
func images(n int) []byte {
	data := make([]byte, 6*n)
	for i := range data {
		data[i] = byte(i)
	}
	return idx(imagesMagic, []uint32{uint32(n), 2, 3}, data...)
}

func labels(values ...byte) []byte {
	return idx(labelsMagic, []uint32{uint32(len(values))}, values...)
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

const (
	trainImages = "train-images-idx3-ubyte"
	trainLabels = "train-labels-idx1-ubyte"
	testImages  = "t10k-images-idx3-ubyte"
	testLabels  = "t10k-labels-idx1-ubyte"
)

// sound returns the files of a folder that LoadIDX takes.
func sound() map[string][]byte {
	return map[string][]byte{
		trainImages: images(4),
		trainLabels: labels(0, 9, 3, 3),
		testImages:  images(2),
		testLabels:  labels(1, 2),
	}
}

func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoadIDX(t *testing.T) {
	plain := sound()
	zipped := map[string][]byte{}
	for name, data := range plain {
		zipped[name+".gz"] = gzipped(data)
	}
	both := sound()
	for name := range plain {
		both[name+".gz"] = []byte("not read")
	}
	misnamed := sound()
	misnamed[trainImages] = gzipped(plain[trainImages])
	for name, files := range map[string]map[string][]byte{"plain": plain, "gzipped": zipped, "both": both, "gzipped without .gz": misnamed} {
		t.Run(name, func(t *testing.T) {
			train, test, err := LoadIDX[float64](folder(t, files))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(train.Labels, []int{0, 9, 3, 3}) || !slices.Equal(test.Labels, []int{1, 2}) {
				t.Errorf("labels %v and %v", train.Labels, test.Labels)
			}
			for _, d := range []*Dataset[float64]{train, test} {
				if d.Features != 6 || d.Classes != 10 || d.Divisor != 255 || len(d.Samples) != len(d.Labels) {
					t.Errorf("%d features, %d classes, divisor %v, %d samples", d.Features, d.Classes, d.Divisor, len(d.Samples))
				}
				for i, s := range d.Samples {
					for f, v := range s {
						if v != float64(6*i+f)/255 {
							t.Errorf("sample %d: value %d is %v, want %d/255", i, f, v, 6*i+f)
						}
					}
				}
			}
		})
	}
}

// Images that take more than one chunk.
func TestReadImagesInChunks(t *testing.T) {
	const count, side = 3000, 28
	data := make([]byte, count*side*side)
	for i := range data {
		data[i] = byte(i % 251)
	}
	file := idx(imagesMagic, []uint32{count, side, side}, data...)
	for _, file := range [][]byte{file, gzipped(file)} {
		samples, err := imagesOf(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := encodeImages(samples, side, side); !bytes.Equal(got, idx(imagesMagic, []uint32{count, side, side}, data...)) {
			t.Error("the images read differ from those written")
		}
	}
}

func imagesOf(file []byte) ([][]float32, error) {
	s, err := newSource(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	return readImages[float32](s)
}

func labelsOf(file []byte) ([]int, error) {
	s, err := newSource(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	return readLabels(s, maxLabel)
}

func encodeImages(samples [][]float32, rows, cols uint32) []byte {
	file := idx(imagesMagic, []uint32{uint32(len(samples)), rows, cols})
	for _, s := range samples {
		for _, v := range s {
			file = append(file, byte(math.Round(float64(v)*idxDivisor)))
		}
	}
	return file
}

func TestLoadIDXErrors(t *testing.T) {
	// A header of 0xffffffff images, with and without room for one.
	huge := idx(imagesMagic, []uint32{0xffffffff, 0xffffffff, 0xffffffff})
	corrupt := gzipped(images(4))
	corrupt[len(corrupt)-5] ^= 1 // in the checksum
	for _, c := range []struct {
		name, file string
		data       []byte // nil: no such file
		want       []string
	}{
		{"missing", trainLabels, nil, []string{"expected a file", ".gz"}},
		{"empty", trainImages, []byte{}, []string{"offset 0", "truncated", "expected 16 bytes"}},
		{"header cut", trainImages, images(4)[:15], []string{"offset 15", "truncated", "expected 16 bytes"}},
		{"magic of labels", trainImages, labels(0, 1, 2, 3, 4, 5, 6, 7, 8), []string{"offset 0", "magic number 0x00000801", "expected 0x00000803"}},
		{"magic of images", testLabels, images(2), []string{"offset 0", "magic number 0x00000803", "expected 0x00000801"}},
		{"no images", trainImages, idx(imagesMagic, []uint32{0, 2, 3}), []string{"offset 4", "is 0", "expected at least 1"}},
		{"no columns", trainImages, idx(imagesMagic, []uint32{4, 2, 0}), []string{"offset 12", "is 0", "expected at least 1"}},
		{"no labels", trainLabels, labels(), []string{"offset 4", "is 0", "expected at least 1"}},
		{"count too large", trainImages, idx(imagesMagic, []uint32{5, 2, 3}, make([]byte, 24)...), []string{"offset 12", "[5 2 3]", "at most 24 bytes"}},
		{"count huge", trainImages, huge, []string{"offset 4", "4294967295", "expected at most 16777216"}},
		{"image huge", trainImages, idx(imagesMagic, []uint32{1, 1 << 20, 1 << 20}), []string{"offset 4", "at most 0 bytes"}},
		{"image too large", trainImages, idx(imagesMagic, []uint32{1, 1, 1<<20 + 1}, make([]byte, 1<<20+1)...), []string{"offset 8", "expected at most 1048576 pixels"}},
		{"labels claimed", trainLabels, idx(labelsMagic, []uint32{5}, 1, 2, 3, 4), []string{"offset 4", "at most 4 bytes"}},
		{"truncated in gzip", trainImages, gzipped(idx(imagesMagic, []uint32{5, 2, 3}, make([]byte, 29)...)), []string{"offset 45", "truncated", "expected 30 bytes from offset 16"}},
		{"gzip cut", trainImages, gzipped(images(4))[:20], []string{"truncated"}},
		{"gzip header cut", trainImages, gzipped(images(4))[:6], []string{"offset 0", "unexpected EOF"}},
		{"gzip checksum", trainImages, corrupt, []string{"offset 40", "invalid checksum"}},
		{"trailing bytes", trainImages, append(images(4), 0), []string{"offset 40", "trailing bytes", "expected the end"}},
		{"trailing after gzip", trainImages, append(gzipped(images(4)), "xxxxxxxxxxxx"...), []string{"offset 40", "trailing bytes"}},
		{"trailing labels", trainLabels, append(labels(1, 2, 3, 4), 5), []string{"offset 12", "trailing bytes"}},
		{"label out of range", testLabels, labels(1, 10), []string{"offset 9", "label 10", "expected 0 to 9"}},
		{"fewer labels", trainLabels, labels(1, 2, 3), []string{"3 labels", "expected 4", trainImages}},
		{"more labels", testLabels, labels(1, 2, 3), []string{"3 labels", "expected 2", testImages}},
		{"other image size", testImages, idx(imagesMagic, []uint32{2, 2, 2}, make([]byte, 8)...), []string{"4 pixels", "expected 6 as in training"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := sound()
			if files[c.file] = c.data; c.data == nil {
				delete(files, c.file)
			}
			dir := folder(t, files)
			_, _, err := LoadIDX[float32](dir)
			if err == nil {
				t.Fatal("no error")
			}
			name := c.file
			if c.name == "other image size" {
				name = dir // of two files, neither is wrong by itself
			}
			for _, part := range append(c.want, name) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q: expected %q in it", err, part)
				}
			}
		})
	}
}

func TestLoadIDXBadFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nowhere")
	if _, _, err := LoadIDX[float32](dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("no folder: error %v", err)
	}
	files := sound()
	delete(files, trainImages)
	dir = folder(t, files)
	if err := os.Mkdir(filepath.Join(dir, trainImages), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, _, err := LoadIDX[float32](dir); err == nil || !strings.Contains(err.Error(), "regular file") {
		t.Errorf("a folder as file: error %v", err)
	}
}

// Whatever is accepted is what the file says, and takes no more memory than a
// file of that size can hold.
func FuzzIDX(f *testing.F) {
	f.Add(images(2))
	f.Add(labels(3, 1, 4))
	f.Add(gzipped(images(2)))
	f.Add(gzipped(labels(3, 1, 4)))
	f.Fuzz(func(t *testing.T, file []byte) {
		isGzip := bytes.HasPrefix(file, []byte{0x1f, 0x8b})
		if samples, err := imagesOf(file); err == nil {
			if got := len(samples) * len(samples[0]); got > maxDeflate*len(file) {
				t.Errorf("%d pixels from %d bytes", got, len(file))
			}
			if !isGzip {
				rows, cols := binary.BigEndian.Uint32(file[8:]), binary.BigEndian.Uint32(file[12:])
				if !bytes.Equal(encodeImages(samples, rows, cols), file) {
					t.Error("the images read differ from the file")
				}
			}
		}
		if read, err := labelsOf(file); err == nil {
			values := make([]byte, len(read))
			for i, v := range read {
				if v < 0 || v > maxLabel {
					t.Errorf("label %d", v)
				}
				values[i] = byte(v)
			}
			if !isGzip && !bytes.Equal(labels(values...), file) {
				t.Error("the labels read differ from the file")
			}
		}
	})
}

// More than ten classes are as many as the training set has, also in the test set.
func TestLoadIDXClasses(t *testing.T) {
	files := sound()
	files[trainLabels], files[testLabels] = labels(0, 25, 3, 3), labels(11, 2)
	train, test, err := LoadIDX[float32](folder(t, files))
	if err != nil || train.Classes != 26 || test.Classes != 26 || train.Check() != nil || test.Check() != nil {
		t.Fatalf("%d and %d classes (%v), want 26", train.Classes, test.Classes, err)
	}
	files[testLabels] = labels(26, 2)
	if _, _, err := LoadIDX[float32](folder(t, files)); err == nil || !strings.Contains(err.Error(), "label 26: expected 0 to 25") {
		t.Errorf("error %v, want one of label 26", err)
	}
	if train, _, err = LoadIDX[float32](folder(t, sound())); err != nil || train.Classes != 10 {
		t.Errorf("%d classes (%v), want 10", train.Classes, err)
	}
}
