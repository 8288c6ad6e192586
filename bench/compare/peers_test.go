//go:build peers && linux && cgo

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMissingPeers(t *testing.T) {
	folder := t.TempDir()
	// A text, and a library of C without products.
	if err := os.WriteFile(filepath.Join(folder, "mkl.so"), []byte("a text, not a library"), 0o666); err != nil {
		t.Fatal(err)
	}
	libs, notes, err := openPeers(folder, map[string]string{"blis": "/lib/x86_64-linux-gnu/libm.so.6"}, "avx2", 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(libs) > 0 || len(notes) != len(peers) {
		t.Errorf("%d libraries, notes %q; want none and a note for each peer", len(libs), notes)
	}
	for i, want := range map[int]string{
		0: "openblas left out: lstat " + folder + "/openblas.so: no such file or directory",
		1: "mkl left out: " + folder + "/mkl.so: bad magic number",
		3: "blis left out: ",
	} {
		if i >= len(notes) || !strings.HasPrefix(notes[i], want) {
			t.Errorf("notes %q, want %q as number %d", notes, want, i+1)
		}
	}
	if _, notes, _ := openPeers("", nil, "avx2", 1); len(notes) != 1 || !strings.Contains(notes[0], "expected --peers DIR") {
		t.Errorf("without a folder: notes %q", notes)
	}
	if _, _, err := openPeers("", map[string]string{"atlas": "x"}, "avx2", 1); err == nil || !strings.HasPrefix(err.Error(), "--lib atlas=…: expected one of openblas, mkl") {
		t.Errorf("unknown peer: error %v", err)
	}
}

// TestSettings looks for settings that one peer leaves to the next by accident:
// each names the same variables at every level.
func TestSettings(t *testing.T) {
	for _, p := range peers {
		var names [][]string
		for _, level := range []string{"generic", "avx2", "avx512"} {
			var of []string
			for name := range p.settings(level, 1) {
				of = append(of, name)
			}
			slices.Sort(of)
			names = append(names, of)
		}
		if !slices.Equal(names[0], names[1]) || !slices.Equal(names[1], names[2]) {
			t.Errorf("%s sets %v at three levels, want the same variables", p.name, names)
		}
	}
}
