package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// style is how a report in words is laid out.
type style struct {
	heading func(w io.Writer, text string)
	line    func(w io.Writer, text string) // of a list
	grid    func(w io.Writer, rows [][]string)
}

var (
	plain    = style{plainHeading, plainLine, plainGrid}
	markdown = style{markdownHeading, markdownLine, markdownGrid}
)

func plainHeading(w io.Writer, text string) { fmt.Fprintf(w, "\n%s\n\n", text) }
func plainLine(w io.Writer, text string)    { fmt.Fprintln(w, text) }

// plainGrid sets the first column to the left and the others to the right.
func plainGrid(w io.Writer, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, text := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, text := range row {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if i == 0 {
				b.WriteString(text + gap)
			} else {
				b.WriteString("  " + gap + text)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

func markdownHeading(w io.Writer, text string) { fmt.Fprintf(w, "\n## %s\n\n", text) }
func markdownLine(w io.Writer, text string)    { fmt.Fprintln(w, "- "+text) }

func markdownGrid(w io.Writer, rows [][]string) {
	for i, row := range rows {
		fmt.Fprintln(w, "| "+strings.Join(row, " | ")+" |")
		if i == 0 {
			fmt.Fprintln(w, "|---|"+strings.Repeat("---:|", len(row)-1))
		}
	}
}

// write tells the whole report.
func (s style) write(w io.Writer, r *report) {
	for _, c := range r.config {
		s.line(w, c.key+": "+strings.Join(c.values, "; "))
	}
	for _, t := range r.tables {
		s.table(w, t)
	}
}

// unit is that of the table's rates.
func (t *table) unit() string {
	if t.training {
		return "thousand samples a second in training"
	}
	return unitRate
}

func (s style) table(w io.Writer, t *table) {
	title := fmt.Sprintf("%s, %s, threads %s", t.typ, t.level, t.threads)
	s.heading(w, title+": median "+t.unit()+", and the ratio to the best peer with its 95 % interval")
	head := slices.Concat([]string{"shape", oursName, "% of ceiling", "ceiling"}, t.peers)
	if len(t.peers) > 0 {
		head = append(head, "best", "ratio")
	}
	grid := [][]string{head}
	for _, x := range t.rows {
		line := []string{x.label(), rate(x.rates, oursName), fmt.Sprintf("%.1f", x.shares[oursName].center), fmt.Sprintf("%.0f", x.ceiling)}
		for _, peer := range t.peers {
			line = append(line, rate(x.rates, peer))
		}
		if len(t.peers) > 0 {
			name, ratio := x.best()
			line = append(line, dash(name), ratioText(ratio, name != ""))
		}
		grid = append(grid, line)
	}
	s.grid(w, grid)

	if len(t.peers) > 1 {
		s.heading(w, title+": the ratio to each peer")
		grid = [][]string{append([]string{"shape"}, t.peers...)}
		for _, x := range t.rows {
			line := []string{x.label()}
			for _, peer := range t.peers {
				ratio, ok := x.ratios[peer]
				line = append(line, ratioText(ratio, ok))
			}
			grid = append(grid, line)
		}
		s.grid(w, grid)
	}

	s.heading(w, title+": ratios over all shapes")
	grid = [][]string{{"to", "shapes", "geometric mean", "5th percentile", "lowest", "highest", "lost", "slower", "ahead"}}
	add := func(name string, o overall) {
		if o.shapes == 0 {
			return
		}
		ahead := "no"
		if o.mean >= aheadMean && o.lowest >= aheadLowest {
			ahead = "yes"
		}
		grid = append(grid, []string{name, fmt.Sprint(o.shapes), number(o.mean), number(o.low), number(o.lowest), number(o.highest),
			fmt.Sprint(len(o.lost)), fmt.Sprint(o.slower), ahead})
	}
	best := t.over(toBest)
	add("best of them", best)
	for _, peer := range t.peers {
		add(peer, t.over(toPeer(peer)))
	}
	add("A/A, the noise", t.over(toAgain))
	add("one thread", t.over(toAlone))
	s.grid(w, grid)
	s.alone(w, title, t)
	s.cliffs(w, title, t)

	if len(best.lost) > 0 {
		s.heading(w, title+": shapes lost to the best peer, the interval below 1; slower: below 0.97")
		for _, x := range best.lost {
			name, ratio := x.best()
			text := fmt.Sprintf("%s: %s to %s", x.label(), ratioText(ratio, true), name)
			if ratio.slower() {
				text += ", slower"
			}
			s.line(w, text)
		}
	}
}

// alone lists what several threads add to one, shape by shape.
func (s style) alone(w io.Writer, title string, t *table) {
	grid := [][]string{{"shape", oursName, aloneName, "ratio"}}
	for _, x := range t.rows {
		if ratio, ok := toAlone(x); ok {
			grid = append(grid, []string{x.label(), rate(x.rates, oursName), rate(x.rates, aloneName), ratioText(ratio, true)})
		}
	}
	if len(grid) > 1 {
		s.heading(w, title+": the ratio to one thread")
		s.grid(w, grid)
	}
}

func (s style) cliffs(w io.Writer, title string, t *table) {
	if cubes := t.cubes(); len(cubes) < 2 || cubes[0].shape.n+1 != cubes[1].shape.n {
		return // sizes too far apart to tell
	}
	s.heading(w, fmt.Sprintf("%s: cliffs, sizes that take %g × as long as a larger one, up to %d larger, or more", title, cliffLeast, cliffReach))
	for _, c := range t.cliffs() {
		s.line(w, fmt.Sprintf("%v: %.2f × the time of %v", c.row.shape, c.ratio, c.larger.shape))
	}
}

func number(v float64) string { return fmt.Sprintf("%.3f", v) }

func rate(rates map[string]interval, lib string) string {
	r, ok := rates[lib]
	switch {
	case !ok:
		return "–"
	case r.center < 10:
		return fmt.Sprintf("%.2f", r.center)
	}
	return fmt.Sprintf("%.1f", r.center)
}

func ratioText(r interval, ok bool) string {
	if !ok {
		return "–"
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", r.center, r.lo, r.hi)
}

func dash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}
