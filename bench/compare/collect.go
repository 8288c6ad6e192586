package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"
)

// The units of a sample.
const (
	unitTime  = "ns/op"
	unitRate  = "GFLOP/s"
	unitShare = "%ceiling"

	unitSamples = "samples/s" // in place of the rate, for training
)

// writeSamples writes what was measured for one shape in the Go benchmark
// format, a line a sample.
func writeSamples(w *benchfmt.Writer, config []benchfmt.Config, s shape, typ string, threads int, samples []measurement) error {
	for _, m := range samples {
		rate := m.rate(s)
		err := w.Write(&benchfmt.Result{
			Config: config,
			Name:   benchfmt.Name(fmt.Sprintf("Gemm/%s/type=%s/lib=%s-%d", s.key(), typ, m.lib, threads)),
			Iters:  m.reps,
			Values: []benchfmt.Value{
				{Value: rounded(float64(m.took.Nanoseconds()) / float64(m.reps)), Unit: unitTime},
				{Value: rounded(rate), Unit: unitRate},
				{Value: rounded(100 * rate / m.ceiling), Unit: unitShare},
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rounded keeps five digits, more than any clock here is good for.
func rounded(v float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 5, 64), 64)
	if err != nil {
		panic(err) // what was formatted can be parsed
	}
	return v
}

// collector groups samples as they are read.
type collector struct {
	filter                 *benchproc.Filter
	table, shape, lib, run *benchproc.Projection
	samples                map[cell]*series
	cells                  []cell    // the keys of samples, in the order of the files
	config                 []setting // likewise
}

// cell is where samples belong: of one library, for one shape, in one file.
type cell struct{ table, shape, lib, run benchproc.Key }

// series are the samples of one cell, in the order of the rounds.
type series struct{ rates, shares []float64 }

// setting is a configuration key of the files, and its values.
type setting struct {
	key    string
	values []string
}

// newCollector returns a collector of the results that match a filter of
// benchproc's syntax, of all if it is empty.
func newCollector(filter string) (*collector, error) {
	f, err := benchproc.NewFilter(cmp.Or(filter, "*"))
	if err != nil {
		return nil, fmt.Errorf("--filter: %w", err)
	}
	c := &collector{filter: f, samples: map[cell]*series{}}
	var parser benchproc.ProjectionParser
	for _, p := range []struct {
		to     **benchproc.Projection
		fields string
	}{
		{&c.table, "level /type /gomaxprocs .name"},
		{&c.shape, "/m /n /k /op /ld /units /batch"},
		{&c.lib, "/lib"},
		{&c.run, ".file"},
	} {
		if *p.to, err = parser.Parse(p.fields, f); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// results is a reader of the benchmark format: of files, or of one stream.
type results interface {
	Scan() bool
	Result() benchfmt.Record
	Err() error
}

// read collects what a reader finds.
func (c *collector) read(r results) error {
	for r.Scan() {
		switch record := r.Result().(type) {
		case *benchfmt.Result:
			if err := c.add(record); err != nil {
				file, line := record.Pos()
				return fmt.Errorf("%s:%d: %w", file, line, err)
			}
		case *benchfmt.SyntaxError:
			return record
		}
	}
	return r.Err()
}

func (c *collector) add(r *benchfmt.Result) error {
	if ok, err := c.filter.Apply(r); err != nil {
		return err
	} else if !ok {
		return nil
	}
	unit := unitRate
	if string(r.Name.Base()) == trainName {
		unit = unitSamples
	}
	rate, okRate := r.Value(unit)
	share, okShare := r.Value(unitShare)
	if !okRate || !okShare {
		return fmt.Errorf("%s: expected units %s and %s", r.Name, unit, unitShare)
	}
	if rate <= 0 || share <= 0 {
		return fmt.Errorf("%s: %v %s, %v %s: expected positive numbers", r.Name, rate, unit, share, unitShare)
	}
	if unit == unitSamples {
		rate /= 1000
	}
	at := cell{c.table.Project(r), c.shape.Project(r), c.lib.Project(r), c.run.Project(r)}
	of := c.samples[at]
	if of == nil {
		if _, _, err := shapeOf(at.shape); err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		if libOf(at.lib) == "" {
			return fmt.Errorf("%s: no library; expected lib=NAME in the name", r.Name)
		}
		of = new(series)
		c.samples[at] = of
		c.cells = append(c.cells, at)
		c.addConfig(r)
	}
	of.rates = append(of.rates, rate)
	of.shares = append(of.shares, share)
	return nil
}

// addConfig keeps the configuration that stands in the file itself.
func (c *collector) addConfig(r *benchfmt.Result) {
	for _, x := range r.Config {
		if !x.File {
			continue
		}
		i := slices.IndexFunc(c.config, func(s setting) bool { return s.key == x.Key })
		if i < 0 {
			i = len(c.config)
			c.config = append(c.config, setting{key: x.Key})
		}
		if !slices.Contains(c.config[i].values, string(x.Value)) {
			c.config[i].values = append(c.config[i].values, string(x.Value))
		}
	}
}

// fields returns the values of a key, in the order of its projection.
func fields(k benchproc.Key) []string {
	var values []string
	for _, f := range k.Projection().Fields() {
		values = append(values, k.Get(f))
	}
	return values
}

func libOf(k benchproc.Key) string { return fields(k)[0] }

// shapeOf is the inverse of shape.key, or of training.key.
func shapeOf(k benchproc.Key) (s shape, t training, err error) {
	values := fields(k)
	switch ld, units, batch := values[4], values[5], values[6]; {
	case units != "":
		t, err = parseTraining(units, batch)
	case slices.Contains(values[:4], ""):
		err = errors.New("not a shape; expected m=, n=, k= and op= in the name, or units= and batch=")
	case ld != "":
		s, err = parseShape(append(values[:4:4], strings.Split(ld, ",")...))
	default:
		s, err = parseShape(values[:4])
	}
	return s, t, err
}
