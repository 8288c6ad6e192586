package mlp

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/lanewise/lanewise/blas"
	"github.com/lanewise/lanewise/mlp/internal/npz"
)

// EncodeNPZ writes weights and biases as NumPy's npz file, as np.savez(file,
// *weights) does with those that Keras' get_weights gives and set_weights takes:
//
//	arr_0   W¹ᵀ, n_0 × n_1      arr_1   b¹, n_1      arr_2   W²ᵀ …
//
// What the activations are isn't in the file.
func (m *MLP[T]) EncodeNPZ(w io.Writer) error {
	var arrays []npz.Named[T]
	add := func(shape []int, values []T) {
		arrays = append(arrays, npz.Named[T]{Name: "arr_" + strconv.Itoa(len(arrays)), Shape: shape, Values: values})
	}
	for _, l := range m.Layers {
		add([]int{l.Weights.Cols, l.Weights.Rows}, transposed(l.Weights))
		add([]int{len(l.Bias)}, l.Bias)
	}
	return npz.Write(w, arrays)
}

// transposed returns wᵀ, row-major.
func transposed[T blas.Float](w blas.General[T]) []T {
	t := make([]T, 0, w.Rows*w.Cols)
	for j := range w.Cols {
		for i := range w.Rows {
			t = append(t, w.Data[i*w.Stride+j])
		}
	}
	return t
}

// LoadNPZ reads the weights in the file path, as EncodeNPZ or Keras' users write
// them: arr_0, arr_1 …, or arrays of other names in the order of the file. The
// activations and the cost are as given.
//
// It is an error if arrays aren't pairs of a matrix and a bias, or don't chain as
// layers.
func LoadNPZ[T blas.Float](path string, hidden, output Activation[T], cost Cost[T]) (net *MLP[T], err error) {
	err = readFile(path, func(f *os.File, size int64) error {
		arrays, err := npz.Read(f, size)
		if err == nil {
			net, err = fromArrays(arrays, hidden, output, cost)
		}
		return err
	})
	return net, err
}

func fromArrays[T blas.Float](arrays []*npz.Array, hidden, output Activation[T], cost Cost[T]) (*MLP[T], error) {
	byNumber(arrays)
	if len(arrays) == 0 || len(arrays)%2 != 0 {
		return nil, fmt.Errorf("%d arrays: expected weights and a bias for each layer", len(arrays))
	}
	var units []int
	var gs []Activation[T]
	for i := 0; i < len(arrays); i += 2 {
		w, b := arrays[i], arrays[i+1]
		if i == 0 && len(w.Shape) == 2 {
			units = append(units, w.Shape[0])
		}
		switch {
		case len(w.Shape) != 2 || w.Shape[0] != units[len(units)-1]:
			return nil, fmt.Errorf("%.80q: shape %d: expected inputs × units of layer %d, as many inputs as there are before it", w.Name, w.Shape, i/2+1)
		case len(b.Shape) != 1 || b.Shape[0] != w.Shape[1]:
			return nil, fmt.Errorf("%.80q: shape %d: expected [%d], the bias of layer %d", b.Name, b.Shape, w.Shape[1], i/2+1)
		case w.IsInteger() || b.IsInteger():
			return nil, fmt.Errorf("%.80q, %.80q: dtypes %s, %s: expected f4 or f8", w.Name, b.Name, w.DType, b.DType)
		}
		units = append(units, w.Shape[1])
		gs = append(gs, hidden)
	}
	gs[len(gs)-1] = output
	net, err := build(units, gs, cost)
	if err != nil {
		return nil, err
	}
	for i, a := range arrays {
		values, err := npz.Values[T](a)
		if err != nil {
			return nil, err
		}
		l := net.Layers[i/2]
		if i%2 != 0 {
			copy(l.Bias, values)
			continue
		}
		w := blas.General[T]{Rows: a.Shape[0], Cols: a.Shape[1], Data: values, Stride: a.Shape[1]}
		copy(l.Weights.Data, transposed(w))
	}
	return net, nil
}

// byNumber sorts arrays arr_0, arr_1 … if all have such names.
func byNumber(arrays []*npz.Array) {
	number := map[string]int{}
	for _, a := range arrays {
		var n int
		if _, err := fmt.Sscanf(a.Name, "arr_%d", &n); err != nil {
			return
		}
		number[a.Name] = n
	}
	slices.SortStableFunc(arrays, func(a, b *npz.Array) int { return number[a.Name] - number[b.Name] })
}
