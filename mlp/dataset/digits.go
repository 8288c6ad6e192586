package dataset

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/lanewise/lanewise/blas"
)

//go:embed digits.csv.gz
var digitsGz []byte

const (
	digitsTest = 360 // of 1,797 samples
	digitsSeed = 1
)

// Digits returns the embedded handwritten digits: 8×8 pixels, row-major, 0…16
// divided by 16, in ten classes. Of the 1,797 samples 360 are held out as test
// (stratified, always the same) and 1,437 are train.
//
// The data are by E. Alpaydin and C. Kaynak (UCI Machine Learning Repository,
// CC BY 4.0); digits.md tells more.
func Digits[T blas.Float]() (train, test *Dataset[T]) {
	all, err := readDigits[T](digitsGz)
	if err == nil {
		train, test, err = all.Split(digitsTest, digitsSeed)
	}
	if err != nil {
		panic(fmt.Sprintf("dataset: the embedded digits: %v", err))
	}
	return train, test
}

// readDigits reads gzipped lines of 64 pixels and a class, separated by commas.
func readDigits[T blas.Float](gz []byte) (*Dataset[T], error) {
	const features, classes, divisor = 64, 10, 16
	zr, err := gzip.NewReader(bytes.NewReader(gz))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(zr)
	if err != nil {
		return nil, err
	}
	d := &Dataset[T]{Features: features, Classes: classes, Divisor: divisor}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), ",")
		if len(fields) != features+1 {
			return nil, fmt.Errorf("line %d: %d fields: expected %d", d.Len()+1, len(fields), features+1)
		}
		sample := make([]T, features)
		for f := range sample {
			v, err := strconv.ParseUint(fields[f], 10, 8)
			if err != nil || v > divisor {
				return nil, fmt.Errorf("line %d: pixel %q: expected 0 to %d", d.Len()+1, fields[f], divisor)
			}
			sample[f] = T(v) / divisor
		}
		label, err := strconv.ParseUint(fields[features], 10, 8)
		if err != nil || label >= classes {
			return nil, fmt.Errorf("line %d: class %q: expected 0 to %d", d.Len()+1, fields[features], classes-1)
		}
		d.Samples = append(d.Samples, sample)
		d.Labels = append(d.Labels, int(label))
	}
	return d, nil
}
