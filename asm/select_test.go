package asm

import (
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestDisabled(t *testing.T) {
	for _, test := range []struct {
		godebug  string
		off, not string
	}{
		{"", "", "avx2 fma"},
		{"cpu.avx2=off", "avx2", "fma avx"},
		{"cpu.avx2=off,cpu.fma=off", "avx2 fma", "avx"},
		{"cpu.all=off", "avx2 fma avx512f", ""},
		{"cpu.all=off,cpu.fma=on", "avx2", "fma"},
		{"cpu.fma=off,cpu.all=on", "", "fma avx2"},
		{"cpu.avx2=off,cpu.avx2=on", "", "avx2"},
		{"gctrace=1, cpu.avx=off ,cpu.fma", "avx", "fma"},
		{"avx2=off,cpu.avx2=no,cpu.=off", "", "avx2"},
	} {
		off := disabled(test.godebug)
		for _, feature := range strings.Fields(test.off) {
			if !off(feature) {
				t.Errorf("%q: %s is on", test.godebug, feature)
			}
		}
		for _, feature := range strings.Fields(test.not) {
			if off(feature) {
				t.Errorf("%q: %s is off", test.godebug, feature)
			}
		}
	}
}

func TestUse(t *testing.T) {
	before := Current().Name
	for _, name := range Levels() {
		restore, err := Use(name)
		if err != nil {
			t.Fatal(err)
		}
		if Current().Name != name || For[float32]() != &Current().F32 || For[float64]() != &Current().F64 {
			t.Errorf("Use(%q) leaves %q in use", name, Current().Name)
		}
		restore()
		if Current().Name != before {
			t.Errorf("after Use(%q) and restore %q is in use, was %q", name, Current().Name, before)
		}
	}
	if _, err := Use("sse9"); err == nil || !strings.Contains(err.Error(), `"sse9"`) || !strings.Contains(err.Error(), "generic") {
		t.Errorf("Use of an unknown level: error %v, want one that names it and those there are", err)
	}
}

// Whoever names levels in LANEWISE_REQUIRE is not to pass because a machine
// skips them, or because nobody knows the name.
func TestRequiredLevels(t *testing.T) {
	for _, name := range strings.Split(os.Getenv("LANEWISE_REQUIRE"), ",") {
		if name != "" && !slices.Contains(Levels(), name) {
			t.Errorf("LANEWISE_REQUIRE names %q; this machine runs %v", name, Levels())
		}
	}
}

// Every level is whole: a kernel left out would fail where it is first called.
func TestLevelsAreWhole(t *testing.T) {
	if levels[0].Name != "generic" {
		t.Errorf("the lowest level is %q", levels[0].Name)
	}
	for _, l := range levels {
		whole(t, l.Name+" F32", l.F32)
		whole(t, l.Name+" F64", l.F64)
	}
}

func whole[T Float](t *testing.T, name string, k Kernels[T]) {
	if k.MR < 1 || k.NR < 1 {
		t.Errorf("level %s has tiles of %d rows and %d columns", name, k.MR, k.NR)
	}
	for i, v := 0, reflect.ValueOf(k); i < v.NumField(); i++ {
		if v.Field(i).Kind() == reflect.Func && v.Field(i).IsNil() {
			t.Errorf("level %s lacks kernel %s", name, v.Type().Field(i).Name)
		}
	}
}

func TestCeiling(t *testing.T) {
	onKernels(t, testCeiling[float32], testCeiling[float64])
}

func testCeiling[T Float](t *testing.T, k *Kernels[T]) {
	if one, ten := k.Ceiling(1), k.Ceiling(10); one <= 0 || ten != 10*one {
		t.Errorf("1 round is %d operations, 10 are %d", one, ten)
	}
}

// TestEnvironment runs this test binary again under the variables that choose a
// level.
func TestEnvironment(t *testing.T) {
	const child = "LANEWISE_TEST_CHILD"
	if os.Getenv(child) != "" {
		fmt.Printf("level=%s levels=%s\n", Current().Name, strings.Join(Levels(), ","))
		return
	}
	if runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		t.Skip("no processes here")
	}
	run := func(env ...string) (string, int) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestEnvironment$")
		cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
			return strings.HasPrefix(v, "LANEWISE_") || strings.HasPrefix(v, "GODEBUG=")
		}), append(env, child+"=1")...)
		out, err := cmd.CombinedOutput()
		if exit, ok := err.(*exec.ExitError); ok {
			return string(out), exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		return string(out), 0
	}
	refused := func(out string, status int, name, valid string) {
		t.Helper()
		// Built for a CPU that has them, the runtime knows no switch for some
		// features, and says so.
		for strings.HasPrefix(out, "GODEBUG: ") {
			_, out, _ = strings.Cut(out, "\n")
		}
		if status != 2 || strings.Count(out, "\n") != 1 || !strings.Contains(out, fmt.Sprintf("%q", name)) || !strings.Contains(out, valid) {
			t.Errorf("level %q: status %d, output %q; want status 2 and one line that names it and %s", name, status, out, valid)
		}
	}
	all, status := run()
	if status != 0 {
		t.Fatalf("status %d: %s", status, all)
	}
	names := strings.Split(strings.TrimSpace(strings.SplitN(strings.SplitN(all, "levels=", 2)[1], "\n", 2)[0]), ",")
	for _, name := range names {
		if out, status := run("LANEWISE_LEVEL=" + name); status != 0 || !strings.Contains(out, "level="+name+" ") {
			t.Errorf("LANEWISE_LEVEL=%s: status %d, output %q", name, status, out)
		}
	}
	for _, name := range []string{"sse9", "AVX2", "avx2,generic"} {
		out, status := run("LANEWISE_LEVEL=" + name)
		refused(out, status, name, strings.Join(names, ", "))
	}
	for _, lost := range []struct{ godebug, level string }{
		{"cpu.avx2=off", "avx2"}, {"cpu.fma=off", "avx2"}, {"cpu.avx=off", "avx2"}, {"cpu.all=off", "avx2"},
		{"cpu.avx2=off", "avx512"}, {"cpu.avx512f=off", "avx512"}, {"cpu.avx512bw=off", "avx512"},
	} {
		out, _ := run("GODEBUG=" + lost.godebug)
		if strings.Contains(strings.SplitN(out, "levels=", 2)[1], lost.level) {
			t.Errorf("GODEBUG=%s leaves %q", lost.godebug, out)
		}
		out, status := run("GODEBUG="+lost.godebug, "LANEWISE_LEVEL="+lost.level)
		refused(out, status, lost.level, "generic")
	}
}
