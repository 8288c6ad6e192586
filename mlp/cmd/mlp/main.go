// Command mlp trains multi-layer perceptrons, measures them, and predicts with them.
//
//	mlp train                      the lecture's network on the embedded digits
//	mlp train --data DIR --json    on a folder of IDX files, a JSON object a line
//	mlp train --data FILE.csv      on a table, for classes or --regression
//	mlp train --resume FILE        on from where it ended
//	mlp eval --model FILE          the measures of a saved network on a test set
//	mlp predict --model FILE       predictions for CSV or IDX, as CSV or JSON
//	mlp cv --folds 5               cross-validation of train's settings
//	mlp inspect --model FILE       what is in a model file
//	mlp export --model FILE        as ONNX, npz or safetensors, for others
//	mlp gradcheck                  back-propagation against central differences
//
// On a terminal, train shows a bar and in the end a curve; elsewhere it prints a line
// for each epoch. What is wrong is told in one line on standard error. The exit status
// is 2 for what the command line alone shows, 1 for files and data and for gradients
// that differ, and 130 after Ctrl-C, which ends training with the epoch at hand and
// saves the network; a second one ends the program at once.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

type commands struct {
	Train     trainCommand     `cmd:"" help:"Train a network and measure it on the test set."`
	Eval      evalCommand      `cmd:"" help:"Measure a saved network on the test set."`
	Predict   predictCommand   `cmd:"" help:"Predict classes or targets with a saved network."`
	CV        cvCommand        `cmd:"" name:"cv" help:"Cross-validate the settings of training."`
	Inspect   inspectCommand   `cmd:"" help:"Show what is in a model file."`
	Export    exportCommand    `cmd:"" help:"Write a network for others: ONNX, npz or safetensors."`
	Gradcheck gradcheckCommand `cmd:"" help:"Compare the gradients with central differences."`
}

// command is what a subcommand does, with its output.
type command interface {
	run(ctx context.Context, out *output) error
}

// usageError is what the command line alone shows to be wrong.
type usageError struct{ error }

// errInterrupted is what a command ends with after Ctrl-C.
var errInterrupted = errors.New("interrupted")

// exited is what kong's help ends parsing with.
type exited int

// run is the program: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out := &output{w: stdout}
	if f, ok := stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		out.columns, _, _ = term.GetSize(int(f.Fd()))
	}
	status, err := dispatch(ctx, args, out, stderr)
	if err == nil && out.err != nil {
		status, err = 1, fmt.Errorf("standard output: %w", out.err)
	}
	if err != nil {
		line := strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), " ")
		fmt.Fprintln(stderr, "mlp: "+strings.TrimPrefix(line, "mlp: "))
	}
	return status
}

func dispatch(ctx context.Context, args []string, out *output, stderr io.Writer) (status int, err error) {
	defer func() {
		if code, ok := recover().(exited); ok {
			status, err = int(code), nil
		}
	}()
	c := new(commands)
	name, err := c.parse(args, nil, out, stderr)
	if err != nil {
		return 2, err
	}
	// What a model file says of its training stands in for flags that aren't given.
	if settings := c.settingsFor(name); settings != nil {
		c = new(commands)
		if name, err = c.parse(args, settings, out, stderr); err != nil {
			return 2, err
		}
	}
	chosen := map[string]command{
		"train": &c.Train, "eval": &c.Eval, "predict": &c.Predict, "cv": &c.CV,
		"inspect": &c.Inspect, "export": &c.Export, "gradcheck": &c.Gradcheck,
	}
	err = chosen[name].run(ctx, out)
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, new(usageError)):
		return 2, err
	case errors.Is(err, errInterrupted):
		return 130, err // 128 + SIGINT, as shells have it
	}
	return 1, err
}

// parse sets c and returns the name of the command. Flags that are not among args have
// the values in settings, if there are any.
func (c *commands) parse(args []string, settings map[string]string, stdout, stderr io.Writer) (string, error) {
	parser, err := kong.New(c,
		kong.Name("mlp"),
		kong.Description("Train multi-layer perceptrons, measure them, and predict with them."),
		kong.Writers(stdout, stderr),
		vars(),
		kong.WithHyphenPrefixedParameters(true), // so that -1 is a bad value, not an unknown flag
		kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
			if text, ok := settings[flag.Name]; ok {
				return text, nil
			}
			return nil, nil
		})),
		kong.Exit(func(code int) { panic(exited(code)) }))
	if err != nil {
		return "", err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return "", err
	}
	c.Train.keep = kept(parsed.Flags())
	return parsed.Command(), nil
}

// settingsFor returns the settings in the model file that the command is given.
func (c *commands) settingsFor(name string) map[string]string {
	labels := func(flag string) bool { return flag == "label" || flag == "regression" }
	switch {
	case name == "train" && c.Train.Resume != "":
		return settingsIn(c.Train.Resume, func(flag string) bool { return !notKept[flag] })
	case name == "eval":
		return settingsIn(c.Eval.Model, labels)
	case name == "predict":
		return settingsIn(c.Predict.Model, labels)
	}
	return nil
}

// output is standard output. It keeps the first error, after which it writes no
// more.
type output struct {
	w       io.Writer
	columns int // of the terminal; 0 if it is none
	err     error
}

func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	o.err = err
	return n, err
}

func (o *output) printf(format string, args ...any) { fmt.Fprintf(o, format, args...) }

// json writes v as one line.
func (o *output) json(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		panic(err) // all that is passed here can be encoded
	}
	o.Write(append(line, '\n'))
}
