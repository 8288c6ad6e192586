package mlp

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/lanewise/lanewise/internal/replace"
)

// Export writes the network to the file path, replaced whole or not at all, in the
// format that the name ends with: .safetensors (Encode), .onnx (EncodeONNX) or
// .npz (EncodeNPZ).
func (m *MLP[T]) Export(path string) error {
	encode, ok := map[string]func(io.Writer) error{".safetensors": m.Encode, ".onnx": m.EncodeONNX, ".npz": m.EncodeNPZ}[strings.ToLower(filepath.Ext(path))]
	err := errors.New("expected a name that ends with .safetensors, .onnx or .npz")
	if ok {
		err = replace.File(path, encode)
	}
	if err != nil {
		return fmt.Errorf("mlp: export %s: %w", path, err)
	}
	return nil
}

// readFile calls read on the regular file path, and adds the path to an error.
func readFile(path string, read func(f *os.File, size int64) error) error {
	info, err := os.Stat(path) // first, for opening a pipe waits
	if err != nil {
		return fmt.Errorf("mlp: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("mlp: %s: expected a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("mlp: %w", err)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return fmt.Errorf("mlp: %w", err)
	}
	if err := read(f, info.Size()); err != nil {
		return fmt.Errorf("mlp: %s: %w", path, err)
	}
	return nil
}
