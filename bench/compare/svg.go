package main

import (
	"errors"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"
)

// The picture's measures, in pixels.
const (
	plotWidth, plotHeight     = 760, 360
	marginLeft, marginTop     = 56, 40
	marginRight, marginBottom = 130, 48
	panelWidth                = marginLeft + plotWidth + marginRight
	panelHeight               = marginTop + plotHeight + marginBottom
)

// colors are for peers in the order of the files, after Okabe and Ito's palette
// for all kinds of colour vision. Ours is black and thicker.
var colors = []string{"#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#b8a800"}

// writeSVG draws GFLOP/s over the size of square products, A and B as they are,
// a panel for each table that has some, with the ceiling above. It writes the
// few elements itself, for a plotting library would bring modules for fonts,
// PDF and TeX.
func writeSVG(w io.Writer, r *report) error {
	var panels, peers []string // a peer has one colour in all panels
	for _, t := range r.tables {
		for _, peer := range t.peers {
			if !slices.Contains(peers, peer) {
				peers = append(peers, peer)
			}
		}
		if cubes := t.cubes(); len(cubes) > 1 {
			panels = append(panels, t.panel(cubes, peers, len(panels)*panelHeight))
		}
		if t.training {
			panels = append(panels, t.bars(peers, len(panels)*panelHeight))
		}
	}
	if len(panels) == 0 {
		return errors.New("nothing to draw: expected two or more shapes n n n NN without gaps, or training")
	}
	height := len(panels) * panelHeight
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="12">
<rect width="100%%" height="100%%" fill="white"/>
%s</svg>
`, panelWidth, height, strings.Join(panels, ""))
	return err
}

// cubes returns the rows of square products, smallest first.
func (t *table) cubes() []*row {
	var cubes []*row
	for _, x := range t.rows {
		if x.shape == newShape(x.shape.n, x.shape.n, x.shape.n, "NN") {
			cubes = append(cubes, x)
		}
	}
	slices.SortFunc(cubes, func(x, y *row) int { return x.shape.n - y.shape.n })
	return cubes
}

// panel draws one table, y pixels down.
func (t *table) panel(cubes []*row, peers []string, y int) string {
	top := 0.0
	for _, x := range cubes {
		top = max(top, x.ceiling)
		for _, r := range x.rates {
			top = max(top, r.center)
		}
	}
	step := roundStep(top / 6)
	top = step * math.Ceil(top/step)
	first, last := float64(cubes[0].shape.n), float64(cubes[len(cubes)-1].shape.n)
	atX := func(n int) float64 { return marginLeft + plotWidth*math.Log(float64(n)/first)/math.Log(last/first) }
	if last-first == float64(len(cubes)-1) { // every size: edges stand as far apart as they are
		atX = func(n int) float64 { return marginLeft + plotWidth*(float64(n)-first)/(last-first) }
	}
	atY := func(rate float64) float64 { return marginTop + plotHeight*(1-rate/top) }

	var b strings.Builder
	fmt.Fprintf(&b, "<g transform=\"translate(0 %d)\">\n", y)
	fmt.Fprintf(&b, "<text x=\"%d\" y=\"22\" font-size=\"14\">%s</text>\n", marginLeft,
		html.EscapeString(fmt.Sprintf("GFLOP/s of n × n × n products, %s, %s, threads %s", t.typ, t.level, t.threads)))
	for rate := 0.0; rate <= top; rate += step {
		fmt.Fprintf(&b, "<path d=\"M%d %.1fh%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
			marginLeft, atY(rate), plotWidth, marginLeft-6, atY(rate)+4, rate)
	}
	free := 0.0 // where the next label may begin
	for _, x := range cubes {
		at := atX(x.shape.n)
		if at < free {
			continue
		}
		free = at + 30
		fmt.Fprintf(&b, "<path d=\"M%.1f %dv5\" stroke=\"black\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n",
			at, marginTop+plotHeight, at, marginTop+plotHeight+18, x.shape.n)
	}
	fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">n</text>\n", marginLeft+plotWidth/2, marginTop+plotHeight+36)

	legend := marginTop + 10
	line := func(name, color, attributes string, value func(*row) (float64, bool)) {
		var path strings.Builder
		command := "M"
		for _, x := range cubes {
			v, ok := value(x)
			if !ok {
				command = "M" // a gap in the line
				continue
			}
			fmt.Fprintf(&path, "%s%.1f %.1f", command, atX(x.shape.n), atY(v))
			command = "L"
		}
		if path.Len() == 0 {
			return
		}
		fmt.Fprintf(&b, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" %s/>\n", path.String(), color, attributes)
		fmt.Fprintf(&b, "<path d=\"M%d %dh22\" stroke=\"%s\" %s/><text x=\"%d\" y=\"%d\">%s</text>\n",
			marginLeft+plotWidth+10, legend, color, attributes, marginLeft+plotWidth+38, legend+4, html.EscapeString(name))
		legend += 18
	}
	rateOf := func(lib string) func(*row) (float64, bool) {
		return func(x *row) (float64, bool) {
			r, ok := x.rates[lib]
			return r.center, ok
		}
	}
	line("ceiling", "#666", `stroke-dasharray="6 4"`, func(x *row) (float64, bool) { return x.ceiling, true })
	line("one thread", "#666", `stroke-width="1.5"`, rateOf(aloneName))
	for i, peer := range peers {
		line(peer, colors[i%len(colors)], `stroke-width="1.5"`, rateOf(peer))
	}
	line(oursName, "black", `stroke-width="2.5"`, rateOf(oursName))
	b.WriteString("</g>\n")
	return b.String()
}

// bars draws the rates of training as shares of the ceiling, which differ much less
// between networks than samples a second, y pixels down.
func (t *table) bars(peers []string, y int) string {
	libs := append([]string{oursName}, peers...)
	colorOf := func(i int) string {
		if i == 0 {
			return "black"
		}
		return colors[(i-1)%len(colors)]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<g transform=\"translate(0 %d)\">\n", y)
	fmt.Fprintf(&b, "<text x=\"%d\" y=\"22\" font-size=\"14\">%s</text>\n", marginLeft,
		html.EscapeString(fmt.Sprintf("Training, %% of the ceiling of multiply-adds, %s, %s, threads %s", t.typ, t.level, t.threads)))
	atY := func(share float64) float64 { return marginTop + plotHeight*(1-share/100) }
	for share := 0.0; share <= 100; share += 20 {
		fmt.Fprintf(&b, "<path d=\"M%d %.1fh%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
			marginLeft, atY(share), plotWidth, marginLeft-6, atY(share)+4, share)
	}
	group := float64(plotWidth) / float64(len(t.rows))
	width := 0.8 * group / float64(len(libs))
	for i, x := range t.rows {
		left := marginLeft + group*(float64(i)+0.1)
		for j, lib := range libs {
			share, ok := x.shares[lib]
			if !ok {
				continue
			}
			fmt.Fprintf(&b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
				left+width*float64(j), atY(share.center), 0.9*width, plotHeight*share.center/100, colorOf(j))
		}
		fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" font-size=\"10\">%s</text>\n",
			left+0.4*group, marginTop+plotHeight+18, html.EscapeString(x.label()))
	}
	for j, lib := range libs {
		at := marginTop + 10 + 18*j
		fmt.Fprintf(&b, "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"10\" fill=\"%s\"/><text x=\"%d\" y=\"%d\">%s</text>\n",
			marginLeft+plotWidth+10, at-5, colorOf(j), marginLeft+plotWidth+30, at+4, html.EscapeString(lib))
	}
	b.WriteString("</g>\n")
	return b.String()
}

// roundStep returns the smallest of 1, 2, 5, 10, 20 … that is at least v.
func roundStep(v float64) float64 {
	for unit := 1.0; ; unit *= 10 {
		for _, f := range []float64{1, 2, 5} {
			if f*unit >= v {
				return f * unit
			}
		}
	}
}
