// Package plots draws learning curves and confusion matrices, as SVG and PNG.
package plots

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/lanewise/lanewise/internal/replace"
)

// Colours that are told apart by people who don't see red and green, too
// (M. Okabe, K. Ito: Color universal design, 2008).
var palette = []color.RGBA{{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255}, {86, 180, 233, 255}, {230, 159, 0, 255}}

// Series is one curve: Y[i] belongs to epoch First + i. What is not finite is left out.
type Series struct {
	Name   string
	First  int
	Y      []float64
	Dashed bool
	Color  int // number in the palette
}

// Panel is one diagram of curves over epochs.
type Panel struct {
	Title, Label string // of the panel, and of its vertical axis
	Series       []Series
	LegendBelow  bool    // in the lower right corner, not the upper
	Max          float64 // unless 0, the vertical axis goes from 0 to there
}

// Curves writes DIR/NAME.svg and .png with the panels beside each other.
func Curves(dir, name string, panels ...Panel) error {
	const width, height = 12 * vg.Centimeter, 9 * vg.Centimeter
	ps := make([]*plot.Plot, len(panels))
	for i, panel := range panels {
		p := plot.New()
		p.Title.Text = panel.Title
		p.X.Label.Text = "epoch"
		p.Y.Label.Text = panel.Label
		p.Legend.Top = !panel.LegendBelow
		p.Add(plotter.NewGrid())
		for _, s := range panel.Series {
			var points plotter.XYs
			for k, y := range s.Y {
				if !math.IsNaN(y) && !math.IsInf(y, 0) {
					points = append(points, plotter.XY{X: float64(s.First + k), Y: y})
				}
			}
			if len(points) == 0 {
				continue
			}
			line, err := plotter.NewLine(points)
			if err != nil {
				return fmt.Errorf("plot %s: %w", name, err)
			}
			line.Color = palette[s.Color%len(palette)]
			line.Width = vg.Points(1.5)
			if s.Dashed {
				line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
			}
			p.Add(line)
			p.Legend.Add(s.Name, line)
			if len(points) == 1 { // of which there is no line
				dot, err := plotter.NewScatter(points)
				if err != nil {
					return fmt.Errorf("plot %s: %w", name, err)
				}
				dot.GlyphStyle = draw.GlyphStyle{Color: line.Color, Radius: vg.Points(3), Shape: draw.CircleGlyph{}}
				p.Add(dot)
			}
		}
		if panel.Max > 0 {
			p.Y.Min, p.Y.Max = 0, panel.Max
		}
		ps[i] = p
	}
	return save(dir, name, vg.Length(len(panels))*width, height, func(c draw.Canvas) {
		tiles := draw.Tiles{Rows: 1, Cols: len(ps), PadX: vg.Millimeter * 6, PadTop: vg.Millimeter * 2, PadRight: vg.Millimeter * 3}
		for i, p := range ps {
			p.Draw(tiles.At(c, i, 0))
		}
	})
}

// Confusion writes DIR/NAME.svg and .png with a confusion matrix: counts[k][j]
// samples of class k were predicted as j. Each row is shaded by its shares.
func Confusion(dir, name, title string, counts [][]int, classes []string) error {
	n := len(counts)
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = "predicted class"
	p.Y.Label.Text = "true class"
	labels := plotter.XYLabels{}
	for k, row := range counts {
		for j, count := range row {
			labels.XYs = append(labels.XYs, plotter.XY{X: float64(j), Y: float64(n - 1 - k)})
			labels.Labels = append(labels.Labels, strconv.Itoa(count))
		}
	}
	p.Add(shades(counts))
	texts, err := plotter.NewLabels(labels)
	if err != nil {
		return fmt.Errorf("plot %s: %w", name, err)
	}
	for i := range texts.TextStyle {
		k, j := i/n, i%n
		texts.TextStyle[i].XAlign, texts.TextStyle[i].YAlign = -0.5, -0.5
		texts.TextStyle[i].Font.Size = vg.Points(8)
		if share(counts[k], j) > 0.5 {
			texts.TextStyle[i].Color = color.White
		}
	}
	if n <= 40 { // more would only blot
		p.Add(texts)
	}
	var x, y []plot.Tick
	longest := 0
	for k := range counts {
		label := strconv.Itoa(k)
		if classes != nil {
			label = printable(classes[k])
		}
		longest = max(longest, utf8.RuneCountInString(label))
		x = append(x, plot.Tick{Value: float64(k), Label: label})
		y = append(y, plot.Tick{Value: float64(n - 1 - k), Label: label})
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks(x), plot.ConstantTicks(y)
	p.X.Tick.Length, p.Y.Tick.Length = 0, 0
	if longest > 4 { // wider than a cell
		p.X.Tick.Label.Rotation = math.Pi / 2
		p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = text.XRight, text.YCenter
		p.X.Tick.Length, p.X.Tick.LineStyle.Color = vg.Points(4), color.Transparent // a gap
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.5, float64(n)-0.5, -0.5, float64(n)-0.5
	p.X.Padding, p.Y.Padding = 0, 0
	side := max(9, min(30, 4+vg.Length(n)*1.1)) * vg.Centimeter
	return save(dir, name, side, side, func(c draw.Canvas) { p.Draw(draw.Crop(c, 0, -3*vg.Millimeter, 0, 0)) })
}

// printable returns at most 24 characters of a name, those that XML can't have replaced.
func printable(name string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, name))
	if len(runes) > 24 {
		runes = append(runes[:23], '…')
	}
	return string(runes)
}

// share is what part of a row is in column j.
func share(row []int, j int) float64 {
	sum := 0
	for _, v := range row {
		sum += v
	}
	return float64(row[j]) / float64(max(1, sum))
}

// shades draws the cells of a confusion matrix, from white to blue.
type shades [][]int

func (s shades) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	n := len(s)
	for k, row := range s {
		for j := range row {
			f := math.Sqrt(share(row, j)) // so that few mistakes can be seen
			fade := func(full uint8) uint8 { return uint8(255 - f*(255-float64(full))) }
			fill := color.RGBA{fade(8), fade(81), fade(156), 255}
			l, b := float64(j)-0.5, float64(n-1-k)-0.5
			c.FillPolygon(fill, []vg.Point{{X: x(l), Y: y(b)}, {X: x(l + 1), Y: y(b)}, {X: x(l + 1), Y: y(b + 1)}, {X: x(l), Y: y(b + 1)}})
		}
	}
}

// save draws on both formats.
func save(dir, name string, width, height vg.Length, drawOn func(draw.Canvas)) error {
	svg := vgsvg.New(width, height)
	drawOn(draw.New(svg))
	png := vgimg.PngCanvas{Canvas: vgimg.New(width, height)}
	drawOn(draw.New(png))
	for format, canvas := range map[string]io.WriterTo{".svg": svg, ".png": png} {
		path := filepath.Join(dir, name+format)
		err := replace.File(path, func(w io.Writer) error {
			_, err := canvas.WriteTo(w)
			return err
		})
		if err != nil {
			return fmt.Errorf("plot %s: %w", path, err)
		}
	}
	return nil
}
