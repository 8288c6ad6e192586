// Command compare measures this module's products of matrices beside those of
// other libraries, and reports how they compare.
//
//	go run -tags peers ./bench/compare --peers DIR -o FILE   measure and report
//	go run -tags peers ./bench/compare elementwise --peers DIR   exp and others
//	go run ./bench/compare report FILE...                    report once more
//	go run ./bench/compare paths                             measure the borders between paths
//
// DIR is a folder filled by bench/install-peers. The tag needs cgo and Linux;
// without it this module is measured alone. Results are written in the Go
// benchmark format, so that benchstat reads them too.
//
// What is wrong is told in one line on standard error. The exit status is 2 for
// what the command line alone shows, otherwise 1.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

type commands struct {
	Gemm        gemmCommand        `cmd:"" default:"withargs" help:"Measure products of matrices, and report."`
	Elementwise elementwiseCommand `cmd:"" help:"Measure element-wise functions, and report."`
	Train       trainCommand       `cmd:"" help:"Measure training, whole epochs, and report."`
	Report      reportCommand      `cmd:"" help:"Report from files that were written by earlier runs."`
	Paths       pathsCommand       `cmd:"" help:"Measure both sides of each condition by which products choose a path."`
}

// usageError is what the command line alone shows to be wrong.
type usageError struct{ error }

// exited is what kong's help ends parsing with.
type exited int

// run is the program: it returns the exit status.
func run(args []string, stdout, stderr io.Writer) (status int) {
	defer func() {
		switch code := recover().(type) {
		case nil:
		case exited:
			status = int(code)
		default:
			panic(code)
		}
	}()
	var c commands
	parser, err := kong.New(&c,
		kong.Name("compare"),
		kong.Description("Compare products of matrices with other libraries' products."),
		kong.Writers(stdout, stderr),
		kong.Vars{"trainers": strings.Join(trainers, ", ")},
		kong.WithHyphenPrefixedParameters(true), // a filter may begin with one
		kong.Exit(func(code int) { panic(exited(code)) }))
	if err != nil {
		return fail(stderr, err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return fail(stderr, usageError{err})
	}
	switch parsed.Command() {
	case "report <files>":
		err = c.Report.run(stdout)
	case "paths", "paths <files>":
		err = c.Paths.run(stdout, stderr)
	case "train":
		err = c.Train.run(stdout, stderr)
	case "elementwise":
		err = c.Elementwise.run(stdout, stderr)
	default:
		err = c.Gemm.run(stdout, stderr)
	}
	if err != nil {
		return fail(stderr, err)
	}
	return 0
}

func fail(stderr io.Writer, err error) (status int) {
	fmt.Fprintln(stderr, "compare: "+strings.ReplaceAll(err.Error(), "\n", " "))
	if errors.As(err, new(usageError)) {
		return 2
	}
	return 1
}
