package blas

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lanewise/lanewise/asm"
)

// onLevels runs f once at every level that this machine has.
func onLevels(t *testing.T, f func(t *testing.T)) {
	for _, level := range asm.Levels() {
		t.Run("level="+level, func(t *testing.T) {
			restore, err := asm.Use(level)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			f(t)
		})
	}
}

// onTypes runs f for float32 and g for float64.
func onTypes(t *testing.T, f, g func(t *testing.T)) {
	t.Run("type=float32", f)
	t.Run("type=float64", g)
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

// fused reports whether the level in use adds products by fused multiply-adds.
func fused() bool { return Level() != "generic" }
