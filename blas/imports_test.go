package blas

import (
	"go/build"
	"strings"
	"testing"
)

// The core needs the standard library and cpuid alone, whatever stands on it.
func TestImports(t *testing.T) {
	for _, dir := range []string{".", "../asm"} {
		p, err := build.ImportDir(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range p.Imports {
			first, _, _ := strings.Cut(path, "/")
			switch {
			case !strings.Contains(first, "."):
			case path == "github.com/klauspost/cpuid/v2", path == "github.com/lanewise/lanewise/asm":
			default:
				t.Errorf("package %s imports %s", p.Name, path)
			}
		}
	}
}
