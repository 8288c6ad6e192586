package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/lanewise/lanewise/asm"
	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp"
	"github.com/lanewise/lanewise/mlp/dataset"
)

// trainers are what bench/peers/train.py trains with.
var trainers = []string{"jax-scan", "jax-jit", "numpy", "torch", "torch-compile", "sklearn"}

type trainCommand struct {
	presentation
	Data    string   `required:"" placeholder:"DIR" help:"Folder of MNIST's or Fashion-MNIST's four IDX files."`
	Nets    []string `default:"64-64/32,64-64/128,64-64/1024,512-512/32,512-512/128" help:"Units of the hidden layers, and samples in a batch: ${default}."`
	Level   string   `help:"Instruction-set level of this module. The highest by default."`
	Threads count    `default:"1" help:"Threads that compute."`
	Count   count    `default:"9" help:"Epochs that each library is timed for."`
	Python  string   `placeholder:"FILE" help:"Python that has the libraries; without it this module is measured alone."`
	Libs    []string `help:"Libraries: ${trainers} by default."`
	Out     string   `short:"o" placeholder:"FILE" help:"Write each sample to this file, in the Go benchmark format."`
}

// training is a network's way through one epoch: all of its units, and the samples of
// a batch.
type training struct {
	units string // 784-64-64-10; "" for a product of matrices
	batch int
}

// trainName is that of its results.
const trainName = "Train"

// key is the training in a benchmark's name.
func (t training) key() string { return fmt.Sprintf("units=%s/batch=%d", t.units, t.batch) }

// parseTraining reads the parts of a key.
func parseTraining(units, batch string) (training, error) {
	t := training{units: units}
	var err error
	if t.batch, err = strconv.Atoi(batch); err != nil || t.batch < 1 || t.flops() == 0 {
		return training{}, fmt.Errorf("units=%s/batch=%s; expected such as units=784-64-64-10/batch=32", units, batch)
	}
	return t, nil
}

func (t training) String() string { return fmt.Sprintf("%s, batch %d", t.units, t.batch) }

// flops returns the operations of the products for one sample: forwards, for the
// weights and, except to the inputs, backwards.
func (t training) flops() float64 {
	var units []int
	for _, u := range strings.Split(t.units, "-") {
		n, err := strconv.Atoi(u)
		if err != nil {
			return 0
		}
		units = append(units, n)
	}
	flops := 0.0
	for i := range units[1:] {
		products := 3
		if i == 0 {
			products = 2
		}
		flops += 2 * float64(products) * float64(units[i]) * float64(units[i+1])
	}
	return flops
}

// epochs is something that trains: it goes through an epoch and tells how long that
// took.
type epochs struct {
	name, about string
	run         func() (time.Duration, error)
}

func (c *trainCommand) run(stdout, stderr io.Writer) error {
	if c.Level == "" {
		c.Level = asm.Current().Name
	}
	restore, err := asm.Use(c.Level)
	if err != nil {
		return usageError{fmt.Errorf("--level: %w", err)}
	}
	defer restore()
	if len(c.Libs) == 0 {
		c.Libs = trainers
	}
	blas.SetThreads(int(c.Threads))
	runtime.GOMAXPROCS(int(c.Threads))
	pinned, err := pin(int(c.Threads)) // those that are started inherit it
	if err != nil {
		return err
	}
	data, _, err := dataset.LoadIDX[float32](c.Data)
	if err != nil {
		return err
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
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	w := benchfmt.NewWriter(out)
	for _, net := range c.Nets {
		fmt.Fprintln(stderr, net)
		if err := c.measure(w, stderr, net, data, pinned); err != nil {
			return fmt.Errorf("%s: %w", net, err)
		}
	}
	return c.print(stdout, benchfmt.NewReader(&kept, "measured"))
}

// measure takes samples of one network by each library in turn.
func (c *trainCommand) measure(w *benchfmt.Writer, stderr io.Writer, net string, data *dataset.Dataset[float32], pinned string) error {
	hidden, batch, err := parseNet(net)
	if err != nil {
		return usageError{err}
	}
	units := slices.Concat([]int{data.Features}, hidden, []int{data.Classes})
	t := training{units: strings.Trim(strings.ReplaceAll(fmt.Sprint(units), " ", "-"), "[]"), batch: batch}
	ours, err := ourEpochs(units, batch, data)
	if err != nil {
		return err
	}
	libs := []epochs{ours}
	var peers []library
	if c.Python != "" {
		for _, lib := range c.Libs {
			peer, stop, err := peerEpochs(c.Python, lib, c.Data, hidden, batch, int(c.Threads), stderr)
			if err != nil {
				fmt.Fprintf(stderr, "compare: %s left out: %v\n", lib, err)
				continue
			}
			defer stop()
			libs = append(libs, peer)
			peers = append(peers, library{name: peer.name, about: peer.about})
		}
	}
	libs = append(libs, epochs{name: againName, run: ours.run})
	config := configuration(c.Level, "whole epochs of "+filepath.Base(c.Data), pinned, peers)
	rounds := calibrateCeiling[float32]()
	for range c.Count {
		top := ceiling[float32](rounds) * float64(c.Threads) * 1e9 / t.flops() // samples a second
		for _, l := range libs {
			if c.Threads > 1 {
				if err := settle(); err != nil {
					return err
				}
			}
			took, err := l.run()
			if err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			rate := float64(data.Len()) / took.Seconds()
			err = w.Write(&benchfmt.Result{
				Config: config,
				Name:   benchfmt.Name(fmt.Sprintf("%s/%s/type=f32/lib=%s-%d", trainName, t.key(), l.name, int(c.Threads))),
				Iters:  data.Len(),
				Values: []benchfmt.Value{
					{Value: rounded(1e9 / rate), Unit: unitTime},
					{Value: rounded(rate), Unit: unitSamples},
					{Value: rounded(100 * rate / top), Unit: unitShare},
				},
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// parseNet reads 64-64/32.
func parseNet(text string) (hidden []int, batch int, err error) {
	layers, size, ok := strings.Cut(text, "/")
	if batch, err = strconv.Atoi(size); !ok || err != nil || batch < 1 {
		return nil, 0, fmt.Errorf("--nets %q; expected units and batch, such as 64-64/32", text)
	}
	for u := range strings.SplitSeq(layers, "-") {
		n, err := strconv.Atoi(u)
		if err != nil || n < 1 {
			return nil, 0, fmt.Errorf("--nets %q; expected units and batch, such as 64-64/32", text)
		}
		hidden = append(hidden, n)
	}
	return hidden, batch, nil
}

// minAccuracy is what a network has learned after minSteps, in whole epochs, if it learns at all.
const minAccuracy, minSteps = 0.3, 400

// ourEpochs are this module's, after those that are checked.
func ourEpochs(units []int, batch int, data *dataset.Dataset[float32]) (epochs, error) {
	net, err := mlp.New(units, mlp.Sigmoid[float32](), mlp.Softmax[float32](), mlp.CrossEntropy[float32](), 1)
	if err != nil {
		return epochs{}, err
	}
	net.Initialize(mlp.FanIn(), 1)
	trainer := mlp.Trainer[float32]{Net: net, BatchSize: batch, LearningRate: mlp.ConstantRate(0.5), Seed: 1}
	run := func() (time.Duration, error) {
		trainer.Epochs++
		start := time.Now()
		_, err := trainer.Train(context.Background(), data, nil)
		return time.Since(start), err
	}
	for steps := 0; steps < minSteps; steps += (data.Len() + batch - 1) / batch {
		if _, err := run(); err != nil {
			return epochs{}, err
		}
	}
	e, err := net.Evaluate(data)
	if err == nil && !(e.Accuracy() > minAccuracy) {
		err = fmt.Errorf("accuracy %.3f after %d epochs; expected more than %v", e.Accuracy(), trainer.Epochs, minAccuracy)
	}
	return epochs{name: oursName, run: run}, err
}

// peerEpochs starts a library's process, which waits to be told to train an epoch.
func peerEpochs(python, lib, data string, hidden []int, batch, threads int, stderr io.Writer) (e epochs, stop func(), err error) {
	_, file, _, _ := runtime.Caller(0)
	script := filepath.Join(filepath.Dir(file), "..", "peers", "train.py")
	cmd := exec.Command(python, script, lib, "--turns", "--data", data,
		"--hidden", strings.Trim(strings.ReplaceAll(fmt.Sprint(hidden), " ", ","), "[]"),
		"--batch", strconv.Itoa(batch), "--threads", strconv.Itoa(threads))
	var warnings bytes.Buffer
	cmd.Stderr = &warnings
	to, err := cmd.StdinPipe()
	if err != nil {
		return epochs{}, nil, err
	}
	from, err := cmd.StdoutPipe()
	if err != nil {
		return epochs{}, nil, err
	}
	if err := cmd.Start(); err != nil {
		return epochs{}, nil, err
	}
	stop = func() {
		to.Close()
		cmd.Wait()
	}
	lines := bufio.NewScanner(from)
	next := func() (string, error) {
		if !lines.Scan() {
			text := strings.Split(strings.TrimSpace(warnings.String()), "\n")
			return "", errors.New("ended: " + text[len(text)-1])
		}
		return lines.Text(), nil
	}
	about, err := next()
	if err != nil {
		stop()
		return epochs{}, nil, err
	}
	run := func() (time.Duration, error) {
		if _, err := fmt.Fprintln(to); err != nil {
			return 0, err
		}
		line, err := next()
		if err != nil {
			return 0, err
		}
		r := benchfmt.NewReader(strings.NewReader(line+"\n"), lib)
		if !r.Scan() {
			return 0, fmt.Errorf("%q; expected a line in the Go benchmark format", line)
		}
		if result, ok := r.Result().(*benchfmt.Result); ok {
			if seconds, ok := result.Value("sec/op"); ok {
				return time.Duration(seconds * float64(result.Iters) * 1e9), nil
			}
		}
		return 0, fmt.Errorf("%q; expected a line in the Go benchmark format", line)
	}
	_, version, _ := strings.Cut(about, ": ")
	return epochs{name: lib, about: version, run: run}, stop, nil
}
