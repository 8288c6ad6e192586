package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/cpuid/v2"
	"golang.org/x/perf/benchfmt"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
)

// presentation are the flags that say what is reported, and how.
type presentation struct {
	Format string `enum:"text,markdown,csv,svg" default:"text" help:"What to print: ${enum}."`
	Filter string `placeholder:"EXPR" help:"Which results to report, as benchstat's -filter has it: /type:f32 -/lib:mkl."`
}

// print reports what reader finds.
func (p presentation) print(w io.Writer, reader results) error {
	c, err := newCollector(p.Filter)
	if err != nil {
		return usageError{err}
	}
	if err := c.read(reader); err != nil {
		return err
	}
	r, err := c.report()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	switch p.Format {
	case "text":
		plain.write(&out, r)
	case "markdown":
		markdown.write(&out, r)
	case "csv":
		err = writeCSV(&out, r)
	case "svg":
		err = writeSVG(&out, r)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

type reportCommand struct {
	presentation
	Files []string `arg:"" placeholder:"FILE" help:"Files in the Go benchmark format."`
}

func (c *reportCommand) run(stdout io.Writer) error {
	return c.print(stdout, &benchfmt.Files{Paths: c.Files})
}

type gemmCommand struct {
	presentation
	Shapes  string            `placeholder:"FILE" xor:"shapes" help:"Shapes to measure, a line each: m n k op, perhaps lda ldb ldc. 26 built-in ones by default."`
	Cubes   count             `placeholder:"N" xor:"shapes" help:"Measure n n n NN instead, for n = 1, 2, … N."`
	Random  count             `placeholder:"N" xor:"shapes" help:"Measure N random shapes instead: sizes log-uniform in 1…1500, any transposes, gaps of 0 to 9."`
	Seed    uint64            `default:"1" help:"Of --random."`
	Type    []string          `enum:"f32,f64" default:"f32,f64" help:"Types: ${enum}."`
	Level   string            `help:"Instruction-set level of this module; avx2 holds the peers to AVX2 too. The highest by default."`
	Threads count             `default:"1" help:"Threads that compute."`
	Count   count             `default:"9" help:"Samples of each library at each shape."`
	Peers   string            `placeholder:"DIR" env:"LANEWISE_PEERS" help:"Folder filled by bench/install-peers: NAME.so for each peer."`
	Lib     map[string]string `placeholder:"NAME=PATH" help:"Shared library of one peer, in place of that folder's."`
	Out     string            `short:"o" placeholder:"FILE" help:"Write each sample to this file, in the Go benchmark format."`
}

// count is a flag's whole number of at least 1.
type count int

func (c *count) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 {
		return fmt.Errorf("%q: expected a whole number of at least 1", text)
	}
	*c = count(n)
	return nil
}

func (c *gemmCommand) run(stdout, stderr io.Writer) error {
	shapes, origin, err := c.shapes()
	if err != nil {
		return err
	}
	if c.Level == "" {
		c.Level = asm.Current().Name
	}
	restore, err := asm.Use(c.Level)
	if err != nil {
		return usageError{fmt.Errorf("--level: %w", err)}
	}
	defer restore()
	blas.SetThreads(int(c.Threads))
	runtime.GOMAXPROCS(int(c.Threads))
	pinned, err := pin(int(c.Threads)) // before libraries start threads of their own
	if err != nil {
		return err
	}
	peers, notes, err := openPeers(c.Peers, c.Lib, c.Level, int(c.Threads))
	if err != nil {
		return usageError{err}
	}
	for _, note := range notes {
		fmt.Fprintln(stderr, "compare:", note)
	}
	var kept bytes.Buffer
	var out io.Writer = &kept
	if c.Out != "" {
		file, err := os.Create(c.Out)
		if err != nil {
			return err
		}
		defer file.Close()
		out = io.MultiWriter(&kept, file)
	}
	config := configuration(c.Level, origin, pinned, peers)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	libs := slices.Concat([]library{ours(oursName)}, peers, []library{ours(againName)})
	if c.Threads > 1 {
		libs = append(libs, aloneOf(ours(aloneName), int(c.Threads)))
	}
	w := benchfmt.NewWriter(out)
	for _, typ := range c.Type {
		take := measure[float32]
		if typ == "f64" {
			take = measure[float64]
		}
		for i, s := range shapes {
			fmt.Fprintf(stderr, "%s %d/%d: %v\n", typ, i+1, len(shapes), s)
			samples, err := take(libs, s, int(c.Threads), int(c.Count))
			if err != nil {
				return err
			}
			if err := writeSamples(w, config, s, typ, int(c.Threads), samples); err != nil {
				return err
			}
		}
	}
	return c.print(stdout, benchfmt.NewReader(&kept, "measured"))
}

// shapes returns what to measure, and where it is from.
func (c *gemmCommand) shapes() ([]shape, string, error) {
	switch {
	case c.Cubes > 0:
		return cubes(int(c.Cubes)), fmt.Sprintf("n n n NN to %d", c.Cubes), nil
	case c.Random > 0:
		return randomShapes(int(c.Random), c.Seed), fmt.Sprintf("%d random, seed %d", c.Random, c.Seed), nil
	case c.Shapes != "":
		file, err := os.Open(c.Shapes)
		if err != nil {
			return nil, "", err
		}
		defer file.Close()
		shapes, err := parseShapes(file, c.Shapes)
		return shapes, "from a file", err
	}
	return layers(), "built in", nil
}

// configuration is what results depend on, beside their names.
func configuration(level, shapes, pinned string, peers []library) []benchfmt.Config {
	var config []benchfmt.Config
	add := func(key, value string) {
		if value == "" {
			return
		}
		config = append(config, benchfmt.Config{Key: key, Value: []byte(value), File: true})
	}
	add("goos", runtime.GOOS)
	add("goarch", runtime.GOARCH)
	add("cpu", fmt.Sprintf("%s, family %d, model %d", strings.TrimSpace(cpuid.CPU.BrandName), cpuid.CPU.Family, cpuid.CPU.Model))
	add("go", runtime.Version())
	add("date", time.Now().UTC().Format(time.DateOnly))
	if commit, err := exec.Command("git", "describe", "--always", "--dirty").Output(); err == nil {
		add("commit", strings.TrimSpace(string(commit)))
	}
	add("level", level)
	add("shapes", shapes)
	add("pinned", pinned)
	for _, l := range peers {
		add(l.name, l.about)
	}
	return config
}
