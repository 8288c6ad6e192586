package main

import (
	"fmt"
	"math"
	"time"

	"github.com/guptarohit/asciigraph"
	"github.com/schollz/progressbar/v3"

	"github.com/lanewise/lanewise/internal/plots"
	"github.com/lanewise/lanewise/mlp"
)

// progress shows how training goes on: as a bar on a terminal, as lines elsewhere, or
// as JSON.
type progress struct {
	out     *output
	c       *trainCommand
	bar     *progressbar.ProgressBar // nil without one
	seconds float64                  // in training
	samples int
	history []mlp.Epoch
}

// newProgress has the trainer report.
func newProgress(out *output, c *trainCommand, t *mlp.Trainer[float32], samples int) *progress {
	p := &progress{out: out, c: c}
	t.Progress = p.epoch
	if c.JSON || c.Quiet || out.columns == 0 {
		return p
	}
	done := 0
	if t.State != nil {
		done = t.State.Epoch
	}
	p.bar = progressbar.NewOptions64(int64(int(c.Epochs)-done)*int64(samples),
		progressbar.OptionSetWriter(out),
		progressbar.OptionFullWidth(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetDescription(fmt.Sprintf("epoch 1/%d", c.Epochs)),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "·", BarStart: "▕", BarEnd: "▏"}))
	t.BatchDone = func(samples int) { p.bar.Add(samples) }
	return p
}

func (p *progress) epoch(e mlp.Epoch) {
	p.seconds += e.Duration.Seconds()
	p.samples += e.Samples
	p.history = append(p.history, e)
	epochs := int(p.c.Epochs)
	switch {
	case p.c.Quiet:
	case p.c.JSON:
		p.out.json(newEpochEvent(e, epochs))
	case p.bar != nil:
		p.bar.Describe(barText(e, epochs))
	default:
		printEpoch(p.out, e, epochs)
	}
}

// barText is what stands before the bar: fifty columns or so, of eighty.
func barText(e mlp.Epoch, epochs int) string {
	accuracy := ""
	if !math.IsNaN(e.ValidationAccuracy) {
		accuracy = fmt.Sprintf(" acc %5.2f%%", 100*e.ValidationAccuracy)
	}
	return fmt.Sprintf("epoch %*d/%d cost %.4f val %.4f%s %s/s", len(fmt.Sprint(epochs)), e.Epoch, epochs,
		e.TrainCost, e.ValidationCost, accuracy, short(samplesPerSecond(e)))
}

// short writes v with a suffix, in three digits or so.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.2fM", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%.0fk", v/1e3)
	}
	return fmt.Sprintf("%.0f", v)
}

// done ends the bar's line.
func (p *progress) done() {
	if p.bar != nil {
		p.bar.Exit()
		p.out.printf("\n")
	}
}

func (p *progress) perSecond() float64 { return float64(p.samples) / max(p.seconds, 1e-9) }

// costs returns the curves of training and validation costs.
func (p *progress) costs() (training, validation []float64) {
	return p.curve(func(e mlp.Epoch) float64 { return e.TrainCost }), p.curve(func(e mlp.Epoch) float64 { return e.ValidationCost })
}

func (p *progress) curve(value func(mlp.Epoch) float64) []float64 {
	var ys []float64
	for _, e := range p.history {
		ys = append(ys, value(e))
	}
	return ys
}

// chart draws the costs on a terminal.
func (p *progress) chart() {
	if p.bar == nil || len(p.history) < 2 {
		return
	}
	// The first epochs' costs would leave no room for those of the last on a plain
	// scale.
	logs := func(ys []float64) []float64 {
		for i, y := range ys {
			ys[i] = math.Log10(max(y, 1e-9))
		}
		return ys
	}
	training, validation := p.costs()
	first, last := p.history[0].Epoch, p.history[len(p.history)-1].Epoch
	p.out.printf("%s\n\n", asciigraph.PlotMany([][]float64{logs(training), logs(validation)},
		asciigraph.Height(8), asciigraph.Width(min(100, p.out.columns)-12), asciigraph.YAxisValueFormatter(func(v float64) string { return fmt.Sprintf("%.4f", math.Pow(10, v)) }),
		asciigraph.SeriesColors(asciigraph.Blue, asciigraph.Red), asciigraph.SeriesLegends("training cost", "validation cost"),
		asciigraph.Caption(fmt.Sprintf("epochs %d to %d, cost on a logarithmic scale", first, last))))
}

// plot writes learning curves and, for classes, the confusion matrix.
func (p *progress) plot(dir string, net *network, tested mlp.Evaluation) error {
	if len(p.history) == 0 {
		return nil
	}
	first := p.history[0].Epoch
	training, validation := p.costs()
	panels := []plots.Panel{{Title: "cost", Label: net.Cost.Name, Series: []plots.Series{
		{Name: "training", First: first, Y: training},
		{Name: "validation", First: first, Y: validation, Color: 1},
	}}}
	if tested.Confusion != nil {
		accuracy := func(value func(mlp.Epoch) float64) []float64 {
			return p.curve(func(e mlp.Epoch) float64 { return 100 * value(e) })
		}
		panels = append(panels, plots.Panel{Title: "accuracy", Label: "percent", Series: []plots.Series{
			{Name: "training", First: first, Y: accuracy(func(e mlp.Epoch) float64 { return e.TrainAccuracy })},
			{Name: "validation", First: first, Y: accuracy(func(e mlp.Epoch) float64 { return e.ValidationAccuracy }), Color: 1},
		}})
		panels[1].LegendBelow = true
	}
	if err := plots.Curves(dir, "learning-curves", panels...); err != nil || tested.Confusion == nil {
		return err
	}
	title := fmt.Sprintf("test set: %.2f %% of %d correct", 100*tested.Confusion.Accuracy(), tested.Confusion.Samples())
	return plots.Confusion(dir, "confusion", title, counts(tested.Confusion), net.Schema.ClassNames)
}

func counts(c *mlp.Confusion) [][]int {
	rows := make([][]int, c.Classes())
	for k := range rows {
		rows[k] = make([]int, c.Classes())
		for j := range rows[k] {
			rows[k][j] = c.At(k, j)
		}
	}
	return rows
}

func newEpochEvent(e mlp.Epoch, epochs int) epochEvent {
	return epochEvent{
		Event: "epoch", Epoch: e.Epoch, Epochs: epochs, LearningRate: e.LearningRate,
		TrainCost: number(e.TrainCost), TrainAccuracy: number(e.TrainAccuracy),
		ValidationCost: number(e.ValidationCost), ValidationAccuracy: number(e.ValidationAccuracy),
		Best: e.Best, Seconds: e.Duration.Seconds(), SamplesPerSecond: samplesPerSecond(e),
	}
}

func samplesPerSecond(e mlp.Epoch) float64 {
	return float64(e.Samples) / max(e.Duration, time.Nanosecond).Seconds()
}

func printEpoch(out *output, e mlp.Epoch, epochs int) {
	accuracy := func(v float64) string {
		if math.IsNaN(v) {
			return ""
		}
		return fmt.Sprintf(" accuracy %6.2f%%", 100*v)
	}
	out.printf("epoch %*d/%d  training cost %.4f%s  validation cost %.4f%s  %.0f samples/s\n",
		len(fmt.Sprint(epochs)), e.Epoch, epochs,
		e.TrainCost, accuracy(e.TrainAccuracy), e.ValidationCost, accuracy(e.ValidationAccuracy), samplesPerSecond(e))
}
