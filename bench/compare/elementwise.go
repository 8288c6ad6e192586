package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
)

type elementwiseCommand struct {
	Functions []string `default:"exp,log,tanh,sigmoid" help:"Functions: ${default}, relu, silu, copy."`
	N         []int    `default:"4096" help:"Lengths of the vectors, multiples of 16."`
	Type      []string `enum:"f32,f64" default:"f32,f64" help:"Types: ${enum}."`
	Level     string   `help:"Instruction-set level of this module; avx2 holds the peers to AVX2 too. The highest by default."`
	Count     count    `default:"9" help:"Samples of each library."`
	Peers     string   `placeholder:"DIR" env:"LANEWISE_PEERS" help:"Folder filled by bench/install-peers."`
	Python    string   `placeholder:"FILE" help:"Python that has numpy and torch; DIR/venv's by default."`
	Out       string   `short:"o" placeholder:"FILE" help:"Write each sample to this file, in the Go benchmark format."`
}

// vectorCase is a function of vectors of one length and type.
type vectorCase struct {
	function string
	n        int
	typ      string
}

func (v vectorCase) String() string { return fmt.Sprintf("%s n=%d %s", v.function, v.n, v.typ) }

// vectorLibrary is something that computes functions of vectors: it returns what
// runs a case so many times, and how long that took, or nil.
type vectorLibrary struct {
	name, about string
	of          func(vectorCase) (func(reps int) (time.Duration, error), error)
}

func (c *elementwiseCommand) run(stdout, stderr io.Writer) error {
	if c.Level == "" {
		c.Level = asm.Current().Name
	}
	restore, err := asm.Use(c.Level)
	if err != nil {
		return usageError{fmt.Errorf("--level: %w", err)}
	}
	defer restore()
	blas.SetThreads(1)
	runtime.GOMAXPROCS(1)
	pinned, err := pin(1)
	if err != nil {
		return err
	}
	operands := vectorOperands{map[vectorCase]vectors{}}
	libs := []vectorLibrary{operands.ours(oursName)}
	objects, err := operands.objects(c.Peers, c.Level)
	if err != nil {
		fmt.Fprintln(stderr, "compare: no SLEEF and libmvec:", err)
	}
	libs = append(libs, objects...)
	if c.Python == "" && c.Peers != "" {
		c.Python = filepath.Join(c.Peers, "venv", "bin", "python")
	}
	python, stop, err := startPython(c.Python, c.Level, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "compare: no numpy and torch:", err)
	}
	defer stop()
	libs = append(append(libs, python...), operands.ours(againName))
	out := io.Discard
	if c.Out != "" {
		file, err := os.Create(c.Out)
		if err != nil {
			return err
		}
		defer file.Close()
		out = file
	}
	var peers []library
	for _, l := range libs[1 : len(libs)-1] {
		peers = append(peers, library{name: l.name, about: l.about})
	}
	config := configuration(c.Level, "vectors", pinned, peers)
	w := benchfmt.NewWriter(out)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var table vectorTable
	for _, typ := range c.Type {
		for _, n := range c.N {
			for _, f := range c.Functions {
				v := vectorCase{f, n, typ}
				fmt.Fprintln(stderr, v)
				if err := measureVectors(w, config, libs, v, int(c.Count), &table); err != nil {
					return fmt.Errorf("%v: %w", v, err)
				}
				operands.forget(v)
			}
		}
	}
	return table.write(stdout, libs)
}

// measureVectors takes count samples of each library in turn.
func measureVectors(w *benchfmt.Writer, config []benchfmt.Config, libs []vectorLibrary, v vectorCase, count int, table *vectorTable) error {
	type contender struct {
		name string
		run  func(reps int) (time.Duration, error)
		reps int
	}
	var contenders []contender
	for _, l := range libs {
		run, err := l.of(v)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		if run == nil {
			continue
		}
		reps, err := calibrateVectors(run)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		contenders = append(contenders, contender{l.name, run, reps})
	}
	times := map[string][]float64{} // nanoseconds an element
	for range count {
		for _, c := range contenders {
			// Once untimed: another process may have had the caches, and see measure.
			if _, err := c.run(c.reps); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			took, err := c.run(c.reps)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			each := float64(took.Nanoseconds()) / float64(c.reps)
			times[c.name] = append(times[c.name], each/float64(v.n))
			err = w.Write(&benchfmt.Result{
				Config: config,
				Name:   benchfmt.Name(fmt.Sprintf("Elementwise/function=%s/n=%d/type=%s/lib=%s-1", v.function, v.n, v.typ, c.name)),
				Iters:  c.reps,
				Values: []benchfmt.Value{
					{Value: rounded(each), Unit: unitTime},
					{Value: rounded(each / float64(v.n)), Unit: "ns/element"},
				},
			})
			if err != nil {
				return err
			}
		}
	}
	table.cases = append(table.cases, v)
	table.times = append(table.times, times)
	return nil
}

func calibrateVectors(run func(reps int) (time.Duration, error)) (reps int, err error) {
	if _, err := run(warmUps); err != nil {
		return 0, err
	}
	for reps = 1; ; {
		took, err := run(reps)
		if err != nil || took >= sampleTime {
			return reps, err
		}
		reps = max(reps+1, min(int(float64(reps)*1.2*float64(sampleTime)/float64(max(took, time.Microsecond))), 100*reps))
	}
}

// vectorTable is what was measured, a row a case.
type vectorTable struct {
	cases []vectorCase
	times []map[string][]float64
}

// write prints medians, and how often as fast as the fastest peer we are: by the
// ratio of the rounds, with its interval.
func (t *vectorTable) write(out io.Writer, libs []vectorLibrary) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "ns/element\t")
	for _, l := range libs[:len(libs)-1] {
		fmt.Fprintf(w, "%s\t", l.name)
	}
	fmt.Fprintln(w, "fastest peer\tits time over ours\tA/A")
	for i, v := range t.cases {
		ours := t.times[i][oursName]
		fmt.Fprintf(w, "%v\t", v)
		best, fastest := "", interval{}
		for _, l := range libs[:len(libs)-1] {
			theirs, ok := t.times[i][l.name]
			if !ok {
				fmt.Fprint(w, "–\t")
				continue
			}
			fmt.Fprintf(w, "%.4f\t", summarize(theirs).center)
			if r := ratioOf(theirs, ours); l.name != oursName && (best == "" || r.center < fastest.center) {
				best, fastest = l.name, r
			}
		}
		again := ratioOf(t.times[i][againName], ours)
		fmt.Fprintf(w, "%s\t%.3f (%.3f…%.3f)\t%.3f\n", best, fastest.center, fastest.lo, fastest.hi, again.center)
	}
	return w.Flush()
}

func ratioOf(theirs, ours []float64) interval {
	var ratios []float64
	for i, x := range theirs {
		ratios = append(ratios, x/ours[i])
	}
	return summarize(ratios)
}

// vectors are a case's operands, of either type.
type vectors struct {
	src32, dst32 []float32
	src64, dst64 []float64
}

// vectorOperands are those of the libraries in this process, the same for all.
type vectorOperands struct{ of map[vectorCase]vectors }

func (o vectorOperands) get(v vectorCase) vectors {
	x, ok := o.of[v]
	if !ok {
		if v.typ == "f32" {
			x.src32, x.dst32 = normalVector[float32](v), aligned[float32](v.n)
		} else {
			x.src64, x.dst64 = normalVector[float64](v), aligned[float64](v.n)
		}
		o.of[v] = x
	}
	return x
}

func (o vectorOperands) forget(v vectorCase) {
	delete(o.of, v)
	runtime.GC()
}

func normalVector[T asm.Float](v vectorCase) []T {
	rng := rand.New(rand.NewPCG(uint64(v.n), 1))
	x := aligned[T](v.n)
	for i := range x {
		r := rng.NormFloat64()
		if v.function == "log" {
			r = math.Abs(r)
		}
		x[i] = T(r)
	}
	return x
}

// vectorFunctions are ours.
func vectorFunctions[T asm.Float]() map[string]func(dst, src []T) {
	return map[string]func(dst, src []T){
		"exp": blas.Exp[T], "log": blas.Log[T], "tanh": blas.Tanh[T], "sigmoid": blas.Sigmoid[T], "relu": blas.ReLU[T], "silu": blas.SiLU[T],
		"copy": func(dst, src []T) { copy(dst, src) },
	}
}

// vectorDefinitions are what results are held to, in float64.
var vectorDefinitions = map[string]func(x float64) float64{
	"exp": math.Exp, "log": math.Log, "tanh": math.Tanh,
	"sigmoid": func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
	"silu":    func(x float64) float64 { return x / (1 + math.Exp(-x)) },
	"relu":    func(x float64) float64 { return max(x, 0) },
	"copy":    func(x float64) float64 { return x },
}

// checkVectors returns an error if dst isn't v's function of src to eps.
func checkVectors[T asm.Float](v vectorCase, dst, src []T, eps float64) error {
	f := vectorDefinitions[v.function]
	for i, x := range src {
		if got, want := float64(dst[i]), f(float64(x)); !(math.Abs(got-want) <= eps*math.Abs(want)) {
			return fmt.Errorf("%s(%v) = %v, want %v", v.function, x, got, want)
		}
	}
	return nil
}

// Peers' results may be a few units in the last place off.
const eps32, eps64 = 1e-6, 1e-14

func (o vectorOperands) ours(name string) vectorLibrary {
	return vectorLibrary{name: name, of: func(v vectorCase) (func(reps int) (time.Duration, error), error) {
		x := o.get(v)
		if v.typ == "f32" {
			return timeVectors(v, vectorFunctions[float32]()[v.function], x.dst32, x.src32, eps32)
		}
		return timeVectors(v, vectorFunctions[float64]()[v.function], x.dst64, x.src64, eps64)
	}}
}

func timeVectors[T asm.Float](v vectorCase, f func(dst, src []T), dst, src []T, eps float64) (func(reps int) (time.Duration, error), error) {
	if f == nil {
		return nil, errors.New("there is no such function")
	}
	f(dst, src)
	if err := checkVectors(v, dst, src, eps); err != nil {
		return nil, err
	}
	return func(reps int) (time.Duration, error) {
		start := time.Now()
		for range reps {
			f(dst, src)
		}
		return time.Since(start), nil
	}, nil
}

// startPython starts bench/elementwise/peers.py and returns the libraries that it
// has.
func startPython(python, level string, stderr io.Writer) (libs []vectorLibrary, stop func(), err error) {
	stop = func() {}
	if python == "" {
		return nil, stop, errors.New("expected --peers DIR or --python FILE")
	}
	_, file, _, _ := runtime.Caller(0)
	script := filepath.Join(filepath.Dir(file), "..", "elementwise", "peers.py")
	cmd := exec.Command(python, script)
	cmd.Env = os.Environ()
	if level == "avx2" {
		cmd.Env = append(cmd.Env, "ATEN_CPU_CAPABILITY=avx2", "NPY_DISABLE_CPU_FEATURES=X86_V4 AVX512_ICL AVX512_SPR AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL")
	}
	var warnings bytes.Buffer
	cmd.Stderr = &warnings
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, stop, err
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, stop, err
	}
	if err := cmd.Start(); err != nil {
		return nil, stop, err
	}
	stop = func() {
		in.Close()
		cmd.Wait()
	}
	answers := bufio.NewScanner(pipe)
	ask := func(name string, v vectorCase, reps int) (string, error) {
		fmt.Fprintf(in, "%s %s %s %d %d\n", name, v.function, v.typ, v.n, reps)
		if !answers.Scan() {
			return "", fmt.Errorf("%s ended: %s", script, warnings.String())
		}
		return answers.Text(), nil
	}
	for answers.Scan() && answers.Text() != "" {
		name, version, _ := strings.Cut(answers.Text(), " ")
		libs = append(libs, vectorLibrary{name: name, about: version, of: func(v vectorCase) (func(reps int) (time.Duration, error), error) {
			if answer, err := ask(name, v, 1); err != nil || answer == "none" {
				return nil, err
			}
			return func(reps int) (time.Duration, error) {
				answer, err := ask(name, v, reps)
				if err != nil {
					return 0, err
				}
				took, err := strconv.ParseInt(answer, 10, 64)
				return time.Duration(took), err
			}, nil
		}})
	}
	if len(libs) == 0 {
		stop()
		return nil, func() {}, fmt.Errorf("%s: %s", script, warnings.String())
	}
	return slices.Clip(libs), stop, nil
}
