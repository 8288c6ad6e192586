package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// pathsCommand measures the borders of the table by which package blas chooses how
// a product is computed: BenchmarkPaths there, which can force either way.
type pathsCommand struct {
	Count  count  `default:"9" help:"Samples of each shape."`
	Rule   string `default:"." placeholder:"REGEXP" help:"Only conditions in whose names it occurs, with _ for blanks."`
	Format string `enum:"text,markdown" default:"text" help:"What to print: ${enum}."`
	Out    string `short:"o" placeholder:"FILE" help:"Write each sample to this file, in the Go benchmark format."`

	Files []string `arg:"" optional:"" placeholder:"FILE" help:"Report from these files, written by earlier runs, and measure nothing."`
}

func (c *pathsCommand) run(stdout, stderr io.Writer) error {
	var measured results = &benchfmt.Files{Paths: c.Files}
	if len(c.Files) == 0 {
		kept, err := c.measure(stderr)
		if err != nil {
			return err
		}
		measured = benchfmt.NewReader(kept, "measured")
	}
	borders, config, err := readBorders(measured)
	if err != nil {
		return err
	}
	how := plain
	if c.Format == "markdown" {
		how = markdown
	}
	for _, line := range config {
		how.line(stdout, line)
	}
	how.borders(stdout, borders)
	return nil
}

// measure returns what BenchmarkPaths prints.
func (c *pathsCommand) measure(stderr io.Writer) (*bytes.Buffer, error) {
	var kept bytes.Buffer
	var out io.Writer = &kept
	if c.Out != "" {
		file, err := os.Create(c.Out)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		out = io.MultiWriter(&kept, file)
	}
	for _, setting := range configuration("", "", "", nil) {
		fmt.Fprintf(out, "%s: %s\n", setting.Key, setting.Value)
	}
	// Rounds, not samples one after another: what comes and goes on the machine
	// meets all shapes.
	for range c.Count {
		test := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkPaths$/rule=.*("+c.Rule+")", "-benchtime", "2x", "github.com/lanewise/lanewise/blas")
		var printed bytes.Buffer
		test.Stdout, test.Stderr = io.MultiWriter(out, &printed), stderr
		if err := test.Run(); err != nil {
			_, failure, _ := strings.Cut(printed.String(), "--- FAIL: ")
			return nil, fmt.Errorf("%v: %w: %s", test, err, strings.Join(strings.Fields(failure), " "))
		}
	}
	return &kept, nil
}

// border is a shape near a border of the table, computed in the way that the table
// chooses and in the other one.
type border struct {
	rule, shape, typ, level, chosen, other string
	took, ratios                           []float64 // ns; the other way's time over it
}

// readBorders reads what BenchmarkPaths has printed.
func readBorders(r results) (borders []*border, config []string, err error) {
	place := map[string]*border{}
	for r.Scan() {
		result, ok := r.Result().(*benchfmt.Result)
		if !ok {
			continue // lines that go test prints beside results
		}
		chosen, okChosen := result.Value("chosen-sec") // benchfmt reads ns as seconds
		other, okOther := result.Value("other-sec")
		name := map[string]string{}
		_, parts := result.Name.Parts()
		for _, part := range parts {
			key, value, _ := strings.Cut(strings.TrimPrefix(string(part), "/"), "=")
			name[key] = strings.ReplaceAll(value, "_", " ")
		}
		if !okChosen || !okOther || name["rule"] == "" {
			return nil, nil, fmt.Errorf("%s: expected units chosen-ns and other-ns, and rule= in the name", result.Name)
		}
		b := place[result.Name.String()]
		if b == nil {
			b = &border{rule: name["rule"], typ: name["type"], level: name["level"], chosen: name["chosen"], other: name["other"],
				shape: fmt.Sprintf("%s·%s·%s %s", name["m"], name["n"], name["k"], name["op"])}
			place[result.Name.String()] = b
			borders = append(borders, b)
			if config == nil {
				for _, x := range result.Config {
					if x.File && slices.Contains([]string{"cpu", "go", "date", "commit"}, x.Key) {
						config = append(config, fmt.Sprintf("%s: %s", x.Key, x.Value))
					}
				}
			}
		}
		b.took = append(b.took, 1e9*chosen)
		b.ratios = append(b.ratios, other/chosen)
	}
	if err := r.Err(); err != nil {
		return nil, nil, err
	}
	if len(borders) == 0 {
		return nil, nil, fmt.Errorf("no results; expected lines of BenchmarkPaths")
	}
	return borders, config, nil
}

// borders writes a table for each condition: a ratio below 1 says that the other
// way would be faster.
func (s style) borders(w io.Writer, borders []*border) {
	var rules []string
	for _, b := range borders {
		if !slices.Contains(rules, b.rule) {
			rules = append(rules, b.rule)
		}
	}
	for _, rule := range rules {
		s.heading(w, rule+": time of the other way over that of the one chosen, with its 95 % interval")
		grid := [][]string{{"shape", "type", "level", "chosen", "other", "ns", "ratio", ""}}
		for _, b := range borders {
			if b.rule != rule {
				continue
			}
			ratio := summarize(b.ratios)
			verdict := ""
			if ratio.slower() {
				verdict = "the other is faster"
			}
			grid = append(grid, []string{b.shape, b.typ, b.level, b.chosen, b.other, fmt.Sprintf("%.0f", summarize(b.took).center), ratioText(ratio, true), verdict})
		}
		s.grid(w, grid)
	}
}
