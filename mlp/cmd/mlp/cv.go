package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp"
)

type cvCommand struct {
	settings `embed:""`

	Folds   count `default:"5" placeholder:"K" help:"Parts, each of which is held out once (default: ${default})."`
	Threads count `default:"1" placeholder:"N" help:"Threads that a product may use (default: ${default})."`
	JSON    bool  `name:"json" help:"Print a JSON object a line and nothing else."`
}

func (*cvCommand) Help() string {
	return `Example:

  mlp cv --data iris.csv --folds 10 --epochs 200 --l2 1e-4

Takes the settings of train. Each fold trains a new network on the other folds, scaled
with their statistics alone, and measures it on its own. With --patience the fold
also decides when to stop, which flatters its measures a little. A test set in the data
stays out.`
}

// foldEvent is the JSON object of a fold.
type foldEvent struct {
	Event    string        `json:"event"`
	Fold     int           `json:"fold"`
	Samples  int           `json:"samples"` // held out
	Epochs   int           `json:"epochs"`
	Cost     number        `json:"cost"`
	Accuracy number        `json:"accuracy"`
	Targets  []fitMeasures `json:"targets,omitempty"`
}

// spread is a mean over folds and the standard deviation there.
type spread struct {
	Mean      number `json:"mean"`
	Deviation number `json:"deviation"`
}

type cvResult struct {
	Event     string   `json:"event"`
	Folds     int      `json:"folds"`
	Cost      spread   `json:"cost"`
	Accuracy  *spread  `json:"accuracy,omitempty"`
	Confusion [][]int  `json:"confusion,omitempty"` // of all folds
	R2        []spread `json:"r2,omitempty"`        // of each target
}

func (c *cvCommand) run(ctx context.Context, out *output) error {
	blas.SetThreads(int(c.Threads))
	defer blas.SetThreads(0)
	all, _, err := c.load(nil)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop)
	var net *network
	if !c.JSON {
		out.printf("%s: %d samples in %d folds\n", c.name(), all.Len(), c.Folds)
	}
	result, err := mlp.CrossValidate(all, int(c.Folds), c.Seed, func(fold int, training, held *set) (mlp.Evaluation, error) {
		scaled, err := c.scaled(training, held)
		if err != nil {
			return mlp.Evaluation{}, err
		}
		if net, err = c.network(scaled[0]); err != nil {
			return mlp.Evaluation{}, err
		}
		trainer := c.trainer(net, training)
		watched := scaled[1]
		if trainer.Patience == 0 {
			watched = nil // nothing depends on it
		}
		if _, err := trainer.Train(ctx, scaled[0], watched); err != nil {
			if ctx.Err() != nil {
				return mlp.Evaluation{}, errInterrupted
			}
			return mlp.Evaluation{}, err
		}
		e, err := net.Evaluate(scaled[1])
		if err == nil {
			c.report(out, fold, held.Len(), trainer.State.Epoch, net, e)
		}
		return e, err
	})
	if err != nil {
		return err
	}

	r := cvResult{Event: "result", Folds: int(c.Folds), Cost: newSpread(result.Cost())}
	if confusion := result.Confusion(); confusion != nil {
		accuracy := newSpread(result.Accuracy())
		r.Accuracy, r.Confusion = &accuracy, counts(confusion)
		if !c.JSON {
			out.printf("accuracy %.2f%% ± %.2f%%, cost %.4f ± %.4f (mean and standard deviation over folds)\n\nall folds, each sample as it was held out:\n%v",
				100*accuracy.Mean, 100*accuracy.Deviation, r.Cost.Mean, r.Cost.Deviation, confusion)
		}
	} else {
		for k := range all.Outputs() {
			r2 := newSpread(result.R2(k))
			r.R2 = append(r.R2, r2)
			if !c.JSON {
				out.printf("R² %s ± %s (target %s)\n", fitText(float64(r2.Mean)), fitText(float64(r2.Deviation)), targetName(net, k))
			}
		}
	}
	if c.JSON {
		out.json(r)
	}
	return nil
}

func (c *cvCommand) report(out *output, fold, samples, epochs int, net *network, e mlp.Evaluation) {
	m := newMeasures(net, e)
	if c.JSON {
		out.json(foldEvent{"fold", fold, samples, epochs, m.TestCost, m.TestAccuracy, m.Targets})
		return
	}
	out.printf("fold %*d/%d  %d samples, %d epochs: cost %.4f", len(fmt.Sprint(c.Folds)), fold, c.Folds, samples, epochs, e.Cost)
	if e.Confusion != nil {
		out.printf(" accuracy %6.2f%%", 100*e.Accuracy())
	}
	for k, f := range e.Fits {
		out.printf(" R² %s (%s)", fitText(f.R2), targetName(net, k))
	}
	out.printf("\n")
}

func newSpread(mean, deviation float64) spread { return spread{number(mean), number(deviation)} }

func targetName(net *network, k int) string {
	if names := net.Schema.TargetNames; names != nil {
		return names[k]
	}
	return strconv.Itoa(k + 1)
}
