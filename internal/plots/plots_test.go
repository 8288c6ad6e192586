package plots

import (
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// read returns an SVG picture, which must be XML, and checks the PNG beside it.
func read(t *testing.T, dir, name string) string {
	t.Helper()
	svg, err := os.ReadFile(filepath.Join(dir, name+".svg"))
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%s.svg: %v", name, err)
		}
	}
	f, err := os.Open(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := png.Decode(f); err != nil {
		t.Fatalf("%s.png: %v", name, err)
	}
	return string(svg)
}

// One epoch is a dot, where more are a line.
func TestCurves(t *testing.T) {
	dir := t.TempDir()
	with := func(name string, y ...float64) string {
		if err := Curves(dir, name, Panel{Title: "cost", Series: []Series{{Name: "training", First: 1, Y: y}}}); err != nil {
			t.Fatal(err)
		}
		return read(t, dir, name)
	}
	none, one := with("none"), with("one", 0.5)
	with("two", 0.5, 0.25)
	if color := "#0072B2"; strings.Contains(none, color) || strings.Count(one, "fill:"+color) != 1 {
		t.Errorf("%d dots of one epoch, want 1", strings.Count(one, "fill:"+color))
	}
}

func TestConfusion(t *testing.T) {
	dir := t.TempDir()
	counts := [][]int{{5, 1}, {0, 7}}
	for name, classes := range map[string][]string{"numbers": nil, "short": {"a", "<&>\""}, "long": {"bell\a", strings.Repeat("very long ", 10)}} {
		if err := Confusion(dir, name, "all", counts, classes); err != nil {
			t.Fatal(err)
		}
		svg := read(t, dir, name)
		// The vertical axis' label is always turned.
		if turned := strings.Count(svg, "rotate(90)") - 1; turned != map[string]int{"long": 2}[name] {
			t.Errorf("%s: %d names under the columns are turned", name, turned)
		}
	}
}
