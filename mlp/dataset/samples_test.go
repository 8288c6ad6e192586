package dataset

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadSamples(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want []float32
	}{
		"CSV":         {[]byte("1,2,3\n4,5,6\n"), []float32{4, 5, 6}},
		"CSV gzipped": {gzipped([]byte("a,b,c\n1,2,3\n4,5,6\n")), []float32{4, 5, 6}},
		"IDX":         {images(2), []float32{6. / 255, 7. / 255, 8. / 255, 9. / 255, 10. / 255, 11. / 255}},
		"IDX gzipped": {gzipped(images(2)), []float32{6. / 255, 7. / 255, 8. / 255, 9. / 255, 10. / 255, 11. / 255}},
	} {
		d, err := ReadSamples[float32](bytes.NewReader(c.file), Table{})
		if err != nil {
			t.Fatal(name, err)
		}
		if d.Len() != 2 || d.Features != len(c.want) || !slices.Equal(d.Samples[1], c.want) || d.Labels != nil {
			t.Errorf("%s: %v", name, d.Samples)
		}
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":     {nil, "no samples"},
		"labels":    {labels(1, 2, 3), "magic number 0x00000801: expected 0x00000803"},
		"truncated": {images(2)[:20], "offset 20: truncated"},
		"bad cell":  {[]byte("1,2\n3,x\n"), "line 2, column 2"},
	} {
		if _, err := ReadSamples[float32](bytes.NewReader(c.file), Table{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v: expected %q in it", name, err, c.want)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := folder(t, sound())
	table := filepath.Join(dir, "t.csv")
	os.WriteFile(table, []byte("1,2,x\n3,4,y\n"), 0o666)
	for path, want := range map[string][2]int{dir: {4, 2}, table: {2, 0}, "testdata/classes.npz": {6, 2}} {
		train, test, err := Load[float32](path, Table{})
		if err != nil {
			t.Fatal(err)
		}
		if train.Len() != want[0] || (test != nil) != (want[1] > 0) || test != nil && test.Len() != want[1] {
			t.Errorf("%s: %d training samples, test set %v: want %v", path, train.Len(), test, want)
		}
	}
	if _, _, err := Load[float32](dir, Table{Label: "x"}); err == nil || !strings.Contains(err.Error(), "no label") {
		t.Errorf("images with a label: error %v", err)
	}
}
