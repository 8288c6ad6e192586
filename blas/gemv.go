package blas

import "github.com/lanewise/lanewise/asm"

const (
	// dotBlock is how many products of a row are summed in lanes before the sum
	// is added to C. It belongs to the order of operations. A block of the
	// vector stays in L1 while rows stream past.
	dotBlock = 4096
	// dotRows and combineColumns bound the work of one kernel call.
	dotRows        = 256
	combineRows    = 128
	combineColumns = 4096
)

// multiplyDots computes y = alpha·A·x + beta·y for m rows of k elements, in the
// lanes order.
func multiplyDots[T Float](kernels *asm.Kernels[T], m, k int, alpha T, a []T, lda int, x []T, incx int, beta T, y []T, incy int) {
	if incx != 1 {
		ws := getWorkspace[T](k, 0)
		defer putWorkspace(ws)
		x = gather(ws.a, 1, k, x, incx)
	}
	for p := 0; p < k; p += dotBlock {
		kb := min(dotBlock, k-p)
		for i := 0; i < m; i += dotRows {
			kernels.Dots(min(dotRows, m-i), kb, ptr(a, i*lda+p), lda, ptr(x, p), alpha, beta, ptr(y, i*incy), incy)
		}
		beta = 1
	}
}

// multiplyRow computes y = alpha·x·B + beta·y for a row of k elements and a matrix
// of n columns, in the chain order.
func multiplyRow[T Float](kernels *asm.Kernels[T], n, k int, alpha T, x []T, incx int, b []T, ldb int, beta T, y []T, incy int) {
	if alpha != 1 || incy != 1 {
		ws := getWorkspace[T](k, n)
		defer putWorkspace(ws)
		if alpha != 1 {
			x, incx = gather(ws.a, alpha, k, x, incx), 1
		}
		if incy != 1 {
			out := y
			if beta != 0 {
				gather(ws.b, 1, n, y, incy)
			}
			y = ws.b[:n]
			defer func() {
				for j, v := range y {
					out[j*incy] = v
				}
			}()
		}
	}
	for p := 0; p < k; p += combineRows {
		for j := 0; j < n; j += combineColumns {
			kernels.Combine(min(combineColumns, n-j), min(combineRows, k-p), ptr(x, p*incx), incx, ptr(b, p*ldb+j), ldb, beta, ptr(y, j))
		}
		beta = 1
	}
}

// gather sets dst[i] = alpha·x[i·incx] for n elements and returns them.
func gather[T Float](dst []T, alpha T, n int, x []T, incx int) []T {
	dst = dst[:n]
	for i := range dst {
		dst[i] = alpha * x[i*incx]
	}
	return dst
}
