package replace

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func checkFile(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s has %q (%v), want %q", filepath.Base(path), got, err, want)
	}
}

// checkAlone demands that dir has these files and no others.
func checkAlone(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if err != nil || strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("the folder has %q (%v), want %q", names, err, want)
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, s := range []string{"one", "two, longer", ""} {
		if err := Possible(path); err != nil {
			t.Fatal(err)
		}
		if err := File(path, text(s)); err != nil {
			t.Fatal(err)
		}
		checkFile(t, path, s)
	}

	// What fails half way leaves all as it was.
	File(path, text("kept"))
	fails := errors.New("fails")
	err := File(path, func(w io.Writer) error {
		io.WriteString(w, "half")
		return fails
	})
	if !errors.Is(err, fails) {
		t.Errorf("error %v, want that of write", err)
	}
	checkFile(t, path, "kept")
	checkAlone(t, dir, "file")
}

func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "missing", "file")} {
		if err := Possible(path); err == nil {
			t.Errorf("%s is possible", path)
		}
		if err := File(path, text("x")); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
	checkAlone(t, dir)
}

// A link stays one, permissions stay, and a device is written to.
func TestKinds(t *testing.T) {
	switch runtime.GOOS {
	case "windows", "plan9", "js", "wasip1":
		t.Skip("no links, permissions and devices as Unix has them")
	}
	dir := t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	if err := File(link, text("new")); err != nil {
		t.Fatal(err)
	}
	checkFile(t, path, "new")
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v (%v)", info.Mode(), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("permissions %v (%v), want those before", info.Mode(), err)
	}
	checkAlone(t, dir, "file", "link")

	if err := Possible(os.DevNull); err != nil {
		t.Error(err)
	}
	if err := File(os.DevNull, text("x")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode()&os.ModeDevice == 0 {
		t.Errorf("%s is %v (%v), want a device", os.DevNull, info.Mode(), err)
	}
}
