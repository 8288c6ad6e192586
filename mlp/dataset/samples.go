package dataset

import (
	"encoding/binary"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/lanewise/lanewise/blas"
)

// ReadSamples reads samples without labels, for predictions: an IDX file of images
// or a table of comma-separated values, each gzipped or not, told apart by their
// first bytes. If table.Label names columns that the table has, they are left out.
func ReadSamples[T blas.Float](r io.Reader, table Table) (*Dataset[T], error) {
	table.Unlabelled = true
	text, err := decompressed(r)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	head, _ := text.Peek(4)
	if len(head) < 4 || head[0] != 0 { // no text begins so, and every IDX file does
		d, err := readCSV[T](text, table)
		if err != nil {
			return nil, fmt.Errorf("dataset: %w", err)
		}
		return d, nil
	}
	if magic := binary.BigEndian.Uint32(head); magic != imagesMagic {
		return nil, fmt.Errorf("dataset: offset 0: magic number 0x%08x: expected 0x%08x, images", magic, imagesMagic)
	}
	d := &Dataset[T]{Divisor: idxDivisor}
	if d.Samples, err = readImages[T](&source{r: text, most: maxBytes}); err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	d.Features = len(d.Samples[0])
	return d, nil
}

// Load reads the data at path: a folder of IDX files (LoadIDX), an npz file
// (LoadNPZ) if the name ends so, or else a table (LoadCSV). test is nil where the
// data have no part of that name.
func Load[T blas.Float](path string, table Table) (train, test *Dataset[T], err error) {
	switch {
	case isFolder(path):
		if table.Regression || table.Label != "" {
			return nil, nil, fmt.Errorf("dataset: %s: a folder of images: expected no label and no regression", path)
		}
		return LoadIDX[T](path)
	case strings.EqualFold(filepath.Ext(path), ".npz"):
		return LoadNPZ[T](path, table)
	}
	train, err = LoadCSV[T](path, table)
	return train, nil, err
}
