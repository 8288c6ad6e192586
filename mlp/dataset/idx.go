package dataset

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/lanewise/lanewise/blas"
)

// The IDX format (Y. LeCun, C. Cortes, C. Burges: The MNIST database): a magic
// number of two zero bytes, the type (8: unsigned byte) and the number of
// dimensions; each dimension as a big-endian 32-bit count; the values row-major.
const (
	imagesMagic = 0x00000803 // bytes in 3 dimensions: images, rows, columns
	labelsMagic = 0x00000801 // bytes in 1 dimension

	idxClasses = 10 // at least
	idxDivisor = 255

	maxCount   = 1 << 24 // images or labels in a file
	maxPixels  = 1 << 20 // of one image; it bounds a single allocation
	maxBytes   = 1 << 30 // data in a file
	chunkBytes = 1 << 20 // of raw data read at once
	maxDeflate = 1032    // deflate makes at most 1,032 bytes of one
)

// LoadIDX reads MNIST or Fashion-MNIST from a folder that holds the files
//
//	train-images-idx3-ubyte   train-labels-idx1-ubyte
//	t10k-images-idx3-ubyte    t10k-labels-idx1-ubyte
//
// each as it is or, with .gz added to its name, gzipped; where both are there
// the former is read. Pixels are divided by 255; there are ten classes, or as many more as
// the labels of the training set need (EMNIST's has 26, 47 or 62).
//
// It is an error if a file is missing or unreadable, if it is truncated or goes
// on after its data, if a magic number or dimension is wrong, if a label of the test
// set is no class, if images and labels differ in number, or if test images differ from
// training images in size.
func LoadIDX[T blas.Float](dir string) (train, test *Dataset[T], err error) {
	train, err = loadPair[T](dir, "train", maxLabel)
	if err != nil {
		return nil, nil, err
	}
	train.Classes = max(idxClasses, slices.Max(train.Labels)+1)
	test, err = loadPair[T](dir, "t10k", train.Classes-1)
	if err != nil {
		return nil, nil, err
	}
	test.Classes = train.Classes
	if test.Features != train.Features {
		return nil, nil, fmt.Errorf("dataset: %s: test images have %d pixels: expected %d as in training", dir, test.Features, train.Features)
	}
	return train, test, nil
}

// maxLabel is the largest that a byte can be.
const maxLabel = math.MaxUint8

// loadPair reads the images and the labels, none of them above most, whose file names begin
// with prefix.
func loadPair[T blas.Float](dir, prefix string, most int) (*Dataset[T], error) {
	d := &Dataset[T]{Divisor: idxDivisor}
	imagesPath, err := withFile(dir, prefix+"-images-idx3-ubyte", func(s *source) (err error) {
		d.Samples, err = readImages[T](s)
		return err
	})
	if err != nil {
		return nil, err
	}
	labelsPath, err := withFile(dir, prefix+"-labels-idx1-ubyte", func(s *source) (err error) {
		d.Labels, err = readLabels(s, most)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(d.Labels) != len(d.Samples) {
		return nil, fmt.Errorf("dataset: %s: offset 4: %d labels: expected %d, one for each image in %s",
			labelsPath, len(d.Labels), len(d.Samples), imagesPath)
	}
	d.Features = len(d.Samples[0])
	return d, nil
}

// withFile calls read on the file dir/name or dir/name.gz, and adds its path to
// an error.
func withFile(dir, name string, read func(*source) error) (path string, err error) {
	path = filepath.Join(dir, name)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		path += ".gz"
		f, err = os.Open(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, statErr := os.Stat(dir); statErr != nil {
			return path, fmt.Errorf("dataset: %w", statErr)
		}
		return path, fmt.Errorf("dataset: %s: expected a file %s or %[2]s.gz in this folder", dir, name)
	}
	if err != nil {
		return path, fmt.Errorf("dataset: %w", err)
	}
	return path, readFile(f, read)
}

// isFolder says that path is a folder.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// open calls read on the file path, and adds the path to an error.
func open(path string, read func(*source) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	return readFile(f, read)
}

// readFile calls read on f, which it closes, and adds its path to an error.
func readFile(f *os.File, read func(*source) error) error {
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("dataset: %s: expected a regular file", f.Name())
	}
	s, err := newSource(f, info.Size())
	if err == nil {
		err = read(s)
	}
	if err != nil {
		return fmt.Errorf("dataset: %s: %w", f.Name(), err)
	}
	return nil
}

// source is the (decompressed) data of a file.
type source struct {
	r    io.Reader
	at   int64 // bytes read so far
	most int64 // bytes that a file of this size can hold at most
}

// newSource returns the data of r, which has size bytes. Data that begin with
// gzip's magic number, which IDX files never do, are decompressed.
func newSource(r io.Reader, size int64) (*source, error) {
	br := bufio.NewReaderSize(r, 1<<16)
	if head, _ := br.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		zr, err := gzip.NewReader(br)
		if err != nil {
			return nil, fmt.Errorf("offset 0: %w", noEOF(err))
		}
		return &source{r: zr, most: maxDeflate * size}, nil
	}
	return &source{r: br, most: size}, nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// read fills p.
func (s *source) read(p []byte) error {
	n, err := io.ReadFull(s.r, p)
	begin := s.at
	s.at += int64(n)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("offset %d: truncated: expected %d bytes from offset %d", s.at, len(p), begin)
	}
	if err != nil {
		return fmt.Errorf("offset %d: %w", s.at, err)
	}
	return nil
}

// dimensions reads a header of the given magic number and n dimensions, and
// checks that none is 0 and that the file can hold so many bytes.
func (s *source) dimensions(magic uint32, n int) ([]int64, error) {
	head := make([]byte, 4+4*n)
	if err := s.read(head); err != nil {
		return nil, err
	}
	if have := binary.BigEndian.Uint32(head); have != magic {
		return nil, fmt.Errorf("offset 0: magic number 0x%08x: expected 0x%08x", have, magic)
	}
	dims := make([]int64, n)
	for i := range dims {
		dims[i] = int64(binary.BigEndian.Uint32(head[4+4*i:]))
		if dims[i] == 0 {
			return nil, fmt.Errorf("offset %d: dimension %d is 0: expected at least 1", 4+4*i, i)
		}
	}
	if dims[0] > maxCount {
		return nil, fmt.Errorf("offset 4: count %d: expected at most %d", dims[0], maxCount)
	}
	most := min(s.most-s.at, maxBytes)
	room := most
	for i, d := range dims {
		if d > room {
			return nil, fmt.Errorf("offset %d: dimensions %d claim more data than the file can hold: expected at most %d bytes after the header",
				4+4*i, dims, most)
		}
		room /= d
	}
	return dims, nil
}

// end checks that the data end here, gzip's checksum included.
func (s *source) end() error {
	switch n, err := io.ReadFull(s.r, make([]byte, 1)); {
	case n == 1 || errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("offset %d: trailing bytes: expected the end of the file", s.at)
	case err != io.EOF:
		return fmt.Errorf("offset %d: %w", s.at, err)
	}
	return nil
}

// readImages reads an IDX file of images, each into a slice of rows·columns
// values.
func readImages[T blas.Float](s *source) ([][]T, error) {
	dims, err := s.dimensions(imagesMagic, 3)
	if err != nil {
		return nil, err
	}
	count, pixels := dims[0], dims[1]*dims[2]
	if pixels > maxPixels {
		return nil, fmt.Errorf("offset 8: images of %d×%d pixels: expected at most %d pixels", dims[1], dims[2], maxPixels)
	}
	var scaled [256]T
	for v := range scaled {
		scaled[v] = T(v) / idxDivisor
	}
	var samples [][]T
	perChunk := min(count, max(1, chunkBytes/pixels))
	raw := make([]byte, perChunk*pixels)
	for count > 0 {
		n := min(count, perChunk)
		raw := raw[:n*pixels]
		if err := s.read(raw); err != nil {
			return nil, err
		}
		values := make([]T, len(raw))
		for i, v := range raw {
			values[i] = scaled[v]
		}
		for p := int(pixels); len(values) > 0; values = values[p:] {
			samples = append(samples, values[:p:p])
		}
		count -= n
	}
	return samples, s.end()
}

// readLabels reads an IDX file of labels up to most.
func readLabels(s *source, most int) ([]int, error) {
	dims, err := s.dimensions(labelsMagic, 1)
	if err != nil {
		return nil, err
	}
	var labels []int
	raw := make([]byte, min(dims[0], chunkBytes))
	for count := dims[0]; count > 0; {
		raw := raw[:min(count, int64(len(raw)))]
		begin := s.at
		if err := s.read(raw); err != nil {
			return nil, err
		}
		for i, v := range raw {
			if int(v) > most {
				return nil, fmt.Errorf("offset %d: label %d: expected 0 to %d, the classes of training", begin+int64(i), v, most)
			}
			labels = append(labels, int(v))
		}
		count -= int64(len(raw))
	}
	return labels, s.end()
}
