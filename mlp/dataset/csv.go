package dataset

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lanewise/lanewise/blas"
)

// Table says how the columns of a table become samples.
type Table struct {
	// Label is the column of classes or targets: its name in the header, or its
	// number from 1. Empty is the last column. For regression it may be several
	// columns, separated by commas.
	Label string

	// Regression makes the label columns targets.
	Regression bool

	// Unlabelled says that the table has samples only, for predictions. If
	// Label names columns that it has, they are left out all the same, and so is
	// each column that Features does not name, if the header names all of those.
	Unlabelled bool
	Features   []string

	// Classes, unless nil, are the only classes there may be, in their order;
	// otherwise they are those in the table: in the order of numbers if all are
	// whole numbers, or else of their texts.
	Classes []string
}

const (
	maxColumns = 1 << 20 // of a table
	maxClasses = 1 << 12 // of a table; more are hardly classes
)

// ReadCSV reads a table of comma-separated values (RFC 4180; gzipped or not): a
// sample a line, in which every column but those of the label is a number. A
// first line without any number among the features is a header.
//
// A number is decimal and finite in T. A class is a text or a whole number, of
// which the spelling counts (1 and 01 are two). A cell that is neither, a missing
// one included, is an error that names its line and column.
func ReadCSV[T blas.Float](r io.Reader, table Table) (*Dataset[T], error) {
	d, err := readCSV[T](r, table)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	return d, nil
}

// LoadCSV is ReadCSV of the file path, which errors name.
func LoadCSV[T blas.Float](path string, table Table) (d *Dataset[T], err error) {
	err = open(path, func(s *source) error {
		d, err = readCSV[T](s.r, table)
		return err
	})
	return d, err
}

func readCSV[T blas.Float](r io.Reader, table Table) (*Dataset[T], error) {
	text, err := decompressed(r)
	if err != nil {
		return nil, err
	}
	if head, _ := text.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		text.Discard(3) // a byte order mark, as spreadsheets write it
	}
	limited := &io.LimitedReader{R: text, N: maxBytes}
	records := csv.NewReader(&columnLimit{r: limited, line: 1})
	records.ReuseRecord = true
	records.FieldsPerRecord = -1 // add tells
	c := &csvReader[T]{table: table, data: &Dataset[T]{Divisor: 1}, classes: map[string]int{}}
	for {
		record, err := records.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, csvError(err)
		}
		line, _ := records.FieldPos(0)
		if i := slices.IndexFunc(record, func(cell string) bool { return !utf8.ValidString(cell) }); i >= 0 {
			return nil, fmt.Errorf("line %d, column %d: %.40q: expected text in UTF-8", line, i+1, record[i])
		}
		if c.roles == nil {
			isHeader, err := c.begin(record, line)
			if err != nil {
				return nil, err
			}
			if isHeader {
				continue
			}
		}
		if err := c.add(record, line); err != nil {
			return nil, err
		}
	}
	if limited.N == 0 {
		return nil, fmt.Errorf("more than %d bytes of text: expected fewer", maxBytes)
	}
	return c.finish()
}

// columnLimit ends with an error where a line has more commas than a table can have columns,
// before encoding/csv takes it in, which needs a hundred times its size.
type columnLimit struct {
	r            io.Reader
	line, commas int
}

func (c *columnLimit) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for _, b := range p[:n] {
		switch b {
		case '\n':
			c.line++
			c.commas = 0
		case ',':
			if c.commas++; c.commas >= maxColumns {
				return 0, fmt.Errorf("line %d: more than %d columns: expected at most so many", c.line, maxColumns)
			}
		}
	}
	return n, err
}

// csvError is encoding/csv's error in one line that begins with the place.
func csvError(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return err
	}
	if p.StartLine != p.Line {
		return fmt.Errorf("line %d, byte %d, of what begins in line %d: %w", p.Line, p.Column, p.StartLine, p.Err)
	}
	return fmt.Errorf("line %d, byte %d: %w", p.Line, p.Column, p.Err)
}

// role is what a column is for.
type role byte

const (
	feature role = iota
	class
	target
	unused
)

type csvReader[T blas.Float] struct {
	table   Table
	header  []string // nil without one
	roles   []role   // of each column; nil before the first line
	targets int
	data    *Dataset[T]
	values  []T            // room for samples to come
	classes map[string]int // in the order of appearance
	names   []string       // likewise
}

// begin decides on the roles of columns by the first line, and whether that is a
// header.
func (c *csvReader[T]) begin(record []string, line int) (isHeader bool, err error) {
	if len(record) > maxColumns {
		return false, fmt.Errorf("line %d: %d columns: expected at most %d", line, len(record), maxColumns)
	}
	// Which columns are labels can depend on the header, and whether there is one
	// on which columns are labels; a name that is no number settles both.
	roles, byName, err := c.assign(record)
	if err != nil {
		return false, fmt.Errorf("line %d: %w", line, err)
	}
	numbers, others, other := 0, 0, 0
	for i, cell := range record {
		switch {
		case roles[i] != feature && roles[i] != target:
		case isNumber(cell):
			numbers++
		default:
			others++
			other = i
		}
	}
	isHeader = byName || others > 0
	if isHeader && numbers > 0 {
		if byName {
			return false, fmt.Errorf("line %d: a number among the names of columns: expected a header without numbers", line)
		}
		return false, fmt.Errorf("line %d, column %d: %.40q: expected a number, or a header without numbers", line, other+1, record[other])
	}
	c.roles = roles
	if isHeader {
		c.header = make([]string, len(record))
		for i, cell := range record {
			c.header[i] = strings.Clone(strings.TrimSpace(cell))
		}
	}
	for _, r := range roles {
		switch r {
		case feature:
			c.data.Features++
		case target:
			c.targets++
		}
	}
	if c.data.Features == 0 {
		return false, fmt.Errorf("line %d: %d columns: expected at least one beside the label", line, len(record))
	}
	for i, name := range c.header {
		switch roles[i] {
		case feature:
			c.data.FeatureNames = append(c.data.FeatureNames, name)
		case target:
			c.data.TargetNames = append(c.data.TargetNames, name)
		}
	}
	return isHeader, nil
}

// assign returns the role of each column, and whether a name in record, which
// then is a header, says so.
func (c *csvReader[T]) assign(record []string) (roles []role, byName bool, err error) {
	label := class
	switch {
	case c.table.Unlabelled:
		label = unused
	case c.table.Regression:
		label = target
	}
	roles = make([]role, len(record))
	if c.table.Unlabelled && c.hasFeatures(record) {
		for i, cell := range record {
			if !slices.Contains(c.table.Features, strings.TrimSpace(cell)) {
				roles[i] = unused
			}
		}
		return roles, true, nil
	}
	if c.table.Label == "" {
		if label != unused {
			roles[len(roles)-1] = label
		}
		return roles, false, nil
	}
	wanted := []string{c.table.Label}
	if c.table.Regression {
		wanted = strings.Split(c.table.Label, ",")
	}
	for _, name := range wanted {
		isNamed := func(cell string) bool { return strings.TrimSpace(cell) == name }
		i := slices.IndexFunc(record, isNamed)
		n, numErr := strconv.Atoi(name)
		switch {
		case numErr != nil && i >= 0:
			byName = true
			if slices.ContainsFunc(record[i+1:], isNamed) {
				return nil, false, fmt.Errorf("label %.40q: several columns have that name: expected one, or its number", name)
			}
		case numErr == nil && n >= 1 && n <= len(record):
			i = n - 1
		case label == unused:
			continue
		default:
			return nil, false, fmt.Errorf("label %.40q: expected the name of a column in the header, or a number from 1 to %d", name, len(record))
		}
		if roles[i] != feature {
			return nil, false, fmt.Errorf("label %.40q: expected each column once", name)
		}
		roles[i] = label
	}
	return roles, byName, nil
}

// hasFeatures says that record, then a header, names all features that are wanted.
func (c *csvReader[T]) hasFeatures(record []string) bool {
	for _, name := range c.table.Features {
		if !slices.ContainsFunc(record, func(cell string) bool { return strings.TrimSpace(cell) == name }) {
			return false
		}
	}
	return len(c.table.Features) > 0
}

// isNumber says that a cell is a number, of whatever size.
func isNumber(cell string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
	return (err == nil || errors.Is(err, strconv.ErrRange)) && isDecimal(cell)
}

// isDecimal says that a number is not one in Go's other notations.
func isDecimal(cell string) bool { return !strings.ContainsAny(cell, "xX_") }

// column names column i in errors.
func (c *csvReader[T]) column(i int) string {
	if c.header != nil && c.header[i] != "" {
		return fmt.Sprintf("column %d (%.40s)", i+1, c.header[i])
	}
	return fmt.Sprintf("column %d", i+1)
}

// add takes in a line of the table.
func (c *csvReader[T]) add(record []string, line int) error {
	if len(record) != len(c.roles) {
		return fmt.Errorf("line %d: %d columns: expected %d, as in the first line", line, len(record), len(c.roles))
	}
	width := c.data.Features + c.targets
	if len(c.values) < width {
		c.values = make([]T, max(1, min(c.data.Len(), chunkBytes/8/width))*width)
	}
	sample := c.values[:0:c.data.Features]
	goal := c.values[c.data.Features:c.data.Features:width]
	c.values = c.values[width:]
	for i, cell := range record {
		switch c.roles[i] {
		case class:
			k, err := c.class(strings.TrimSpace(cell))
			if err != nil {
				return fmt.Errorf("line %d, %s: %.40q: %w", line, c.column(i), cell, err)
			}
			c.data.Labels = append(c.data.Labels, k)
		case feature, target:
			v, err := number[T](strings.TrimSpace(cell))
			if err != nil {
				return fmt.Errorf("line %d, %s: %.40q: %w", line, c.column(i), cell, err)
			}
			if c.roles[i] == feature {
				sample = append(sample, v)
			} else {
				goal = append(goal, v)
			}
		}
	}
	c.data.Samples = append(c.data.Samples, sample)
	if c.targets > 0 {
		c.data.Targets = append(c.data.Targets, goal)
	}
	return nil
}

var errNumber = errors.New("expected a finite number")

// number parses a decimal number.
func number[T blas.Float](cell string) (T, error) {
	bits := 64
	if _, ok := any(T(0)).(float32); ok {
		bits = 32
	}
	v, err := strconv.ParseFloat(cell, bits)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("expected a number that float%d can hold", bits)
	}
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || !isDecimal(cell) {
		return 0, errNumber
	}
	return T(v), nil
}

// class returns the number of a class by its appearance.
func (c *csvReader[T]) class(name string) (int, error) {
	if k, ok := c.classes[name]; ok {
		return k, nil
	}
	switch _, err := strconv.Atoi(name); {
	case name == "":
		return 0, errors.New("expected a class")
	case c.table.Classes != nil && !slices.Contains(c.table.Classes, name):
		return 0, fmt.Errorf("expected a class of the network, one of %.100s", strings.Join(c.table.Classes, ", "))
	case err != nil && isNumber(name):
		return 0, errors.New("expected a class, which is a text or a whole number, unless this is regression")
	case len(c.names) == maxClasses:
		return 0, fmt.Errorf("expected at most %d classes, unless this is regression", maxClasses)
	}
	name = strings.Clone(name)
	k := len(c.names)
	c.classes[name] = k
	c.names = append(c.names, name)
	return k, nil
}

// finish puts classes in order.
func (c *csvReader[T]) finish() (*Dataset[T], error) {
	d := c.data
	if d.Len() == 0 {
		return nil, errors.New("no samples: expected at least one line of numbers")
	}
	if len(c.names) == 0 {
		return d, nil
	}
	d.ClassNames = c.table.Classes
	if d.ClassNames == nil {
		d.ClassNames = slices.Clone(c.names)
		sortClasses(d.ClassNames)
	}
	d.Classes = len(d.ClassNames)
	place := make([]int, len(c.names))
	for k, name := range c.names {
		place[k] = slices.Index(d.ClassNames, name)
	}
	for i, k := range d.Labels {
		d.Labels[i] = place[k]
	}
	return d, nil
}

// sortClasses sorts as numbers if all are whole numbers, or else as texts.
func sortClasses(names []string) {
	numbers := map[string]int{}
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			numbers[name] = n
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if len(numbers) == len(names) && numbers[a] != numbers[b] {
			return cmp.Compare(numbers[a], numbers[b])
		}
		return cmp.Compare(a, b)
	})
}

// decompressed returns the data of r, decompressed if they are gzipped.
func decompressed(r io.Reader) (*bufio.Reader, error) {
	s, err := newSource(r, 0)
	if err != nil {
		return nil, err
	}
	if br, ok := s.r.(*bufio.Reader); ok {
		return br, nil
	}
	return bufio.NewReader(s.r), nil
}
