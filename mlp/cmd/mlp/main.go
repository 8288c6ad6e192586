// Command mlp trains a multi-layer perceptron, measures it, and checks its
// gradients.
//
//	mlp train                      the lecture's network on the embedded digits
//	mlp train --data DIR --json    on a folder of IDX files, a JSON object a line
//	mlp eval --model FILE          the measures of a saved network on a test set
//	mlp gradcheck                  back-propagation against central differences
//
// What is wrong is told in one line on standard error. The exit status is 2 for
// what the command line alone shows, 1 for files and data and for gradients
// that differ, and 130 after Ctrl-C, which ends training with the batch at hand.
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

	"github.com/lanewise/lanewise/mlp"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

type commands struct {
	Train     trainCommand     `cmd:"" help:"Train a network and measure it on the test set."`
	Eval      evalCommand      `cmd:"" help:"Measure a saved network on the test set."`
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
	var c commands
	parser, err := kong.New(&c,
		kong.Name("mlp"),
		kong.Description("Train and measure multi-layer perceptrons."),
		kong.Writers(out, stderr),
		kong.Vars{"activations": strings.Join(mlp.HiddenActivations(), ",")},
		kong.WithHyphenPrefixedParameters(true), // so that -1 is a bad value, not an unknown flag
		kong.Exit(func(code int) { panic(exited(code)) }))
	if err != nil {
		return 1, err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return 2, err
	}
	chosen := map[string]command{"train": &c.Train, "eval": &c.Eval, "gradcheck": &c.Gradcheck}
	err = chosen[parsed.Command()].run(ctx, out)
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

// output is standard output. It keeps the first error, after which it writes no
// more.
type output struct {
	w   io.Writer
	err error
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
