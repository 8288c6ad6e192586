package mlp

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Export writes the network to the file path, replaced whole or not at all, in the
// format that the name ends with: .safetensors (Encode), .onnx (EncodeONNX) or
// .npz (EncodeNPZ).
func (m *MLP[T]) Export(path string) error {
	encode, ok := map[string]func(io.Writer) error{".safetensors": m.Encode, ".onnx": m.EncodeONNX, ".npz": m.EncodeNPZ}[strings.ToLower(filepath.Ext(path))]
	err := errors.New("expected a name that ends with .safetensors, .onnx or .npz")
	if ok {
		err = replaceFile(path, encode)
	}
	if err != nil {
		return fmt.Errorf("mlp: export %s: %w", path, err)
	}
	return nil
}

// replaceFile makes path a file with what write writes.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	f, err := createBeside(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// createBeside creates a new file in the folder of path, with the permissions
// that the user gives new files (os.CreateTemp's are narrower).
func createBeside(path string) (*os.File, error) {
	dir, base := filepath.Split(path)
	for i := 0; ; i++ {
		name := fmt.Sprintf("%s.%s.%d-%d.tmp", dir, base, os.Getpid(), i)
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil || !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// readFile calls read on the regular file path, and adds the path to an error.
func readFile(path string, read func(f *os.File, size int64) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("mlp: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("mlp: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("mlp: %s: expected a regular file", path)
	}
	if err := read(f, info.Size()); err != nil {
		return fmt.Errorf("mlp: %s: %w", path, err)
	}
	return nil
}
