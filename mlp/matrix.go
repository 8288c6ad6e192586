package mlp

import "github.com/lanewise/lanewise/blas"

// resize makes m a compact rows×cols matrix. It allocates only if m's buffer is
// too small; elements are not kept.
func resize[T blas.Float](m *blas.General[T], rows, cols int) {
	if cap(m.Data) < rows*cols {
		m.Data = make([]T, rows*cols)
	}
	*m = blas.General[T]{Rows: rows, Cols: cols, Data: m.Data[:rows*cols], Stride: cols}
}

// row returns row i of m.
func row[T blas.Float](m blas.General[T], i int) []T {
	return m.Data[i*m.Stride:][:m.Cols]
}

func sameShape[T blas.Float](a, b blas.General[T]) bool {
	return a.Rows == b.Rows && a.Cols == b.Cols
}

// elements returns all elements of m and true if its rows lie one after another.
func elements[T blas.Float](m blas.General[T]) ([]T, bool) {
	if m.Stride != m.Cols {
		return nil, false
	}
	return m.Data[:m.Rows*m.Cols], true
}

// each applies f to the elements of dst and src: at once if both are compact,
// otherwise row by row.
func each[T blas.Float](f func(dst, src []T), dst, src blas.General[T]) {
	d, okD := elements(dst)
	s, okS := elements(src)
	if okD && okS {
		f(d, s)
		return
	}
	for i := range dst.Rows {
		f(row(dst, i), row(src, i))
	}
}

// each2 is each with two sources.
func each2[T blas.Float](f func(dst, a, b []T), dst, a, b blas.General[T]) {
	d, okD := elements(dst)
	x, okX := elements(a)
	y, okY := elements(b)
	if okD && okX && okY {
		f(d, x, y)
		return
	}
	for i := range dst.Rows {
		f(row(dst, i), row(a, i), row(b, i))
	}
}

// argmaxColumns sets dst[j] to the row of the largest element of column j of a,
// the first of equals; a NaN is larger than nothing.
func argmaxColumns[T blas.Float](dst []int, a blas.General[T]) {
	dst = dst[:a.Cols]
	clear(dst)
	for i := 1; i < a.Rows; i++ {
		for j, v := range row(a, i) {
			at := dst[j]
			if v > a.Data[at*a.Stride+j] { // a conditional move: nobody could foresee it
				at = i
			}
			dst[j] = at
		}
	}
}
