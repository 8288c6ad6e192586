package blas

import (
	"math"
	"slices"
	"testing"

	"github.com/lanewise/lanewise/internal/ref"
)

// TestPanics calls every function in the wrong way, and in ways that are just
// right. All operands are cut from one slice of 64 elements, none of which may
// change if the call panics. Where several arguments are wrong, the one that is
// checked first must be named. Gemm's dimensions and strides are TestGemmPanics's.
func TestPanics(t *testing.T) {
	onLevels(t, func(t *testing.T) {
		onTypes(t, testPanics[float32], testPanics[float64])
	})
}

func testPanics[T Float](t *testing.T) {
	const huge = math.MaxInt / 2
	gemm := func(tA, tB Transpose, m, n, k int, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
		Gemm(tA, tB, m, n, k, 1, a, lda, b, ldb, beta, c, ldc)
	}
	for _, test := range []struct {
		name string
		call func(x []T)
		want any
	}{
		{"Gemm, no transposes at all", func(x []T) { gemm(0, 0, 2, 2, 2, x[:4], 2, x[4:8], 2, 1, x[8:12], 2) }, badTranspose},
		{"Gemm, small letter", func(x []T) { gemm('n', 'N', 2, 2, 2, x[:4], 2, x[4:8], 2, 1, x[8:12], 2) }, badTranspose},
		{"Gemm, m", func(x []T) { gemm('T', 'C', -1, 2, 2, x[:4], 2, x[4:8], 2, 1, x[8:12], 2) }, mLT0},
		{"Gemm, least m", func(x []T) { gemm('N', 'N', math.MinInt, 2, 2, x[:4], 2, x[4:8], 2, 1, x[8:12], 2) }, mLT0},
		{"Gemm, least n", func(x []T) { gemm('N', 'T', 2, math.MinInt, 2, x[:4], 2, x[4:8], 2, 1, x[8:12], 2) }, nLT0},
		{"Gemm, least k", func(x []T) { gemm('T', 'N', 2, 2, math.MinInt, x[:4], 2, x[4:8], 2, 1, x[8:12], 2) }, kLT0},
		{"Gemm, lda 0", func(x []T) { gemm('N', 'N', 2, 2, 1, x[:4], 0, x[4:8], 2, 1, x[8:12], 2) }, badLdA},
		{"Gemm, ldb 0", func(x []T) { gemm('N', 'T', 2, 2, 1, x[:4], 1, x[4:8], 0, 1, x[8:12], 2) }, badLdB},
		{"Gemm, ldc before nothing to do", func(x []T) { gemm('N', 'N', 0, 2, 2, nil, 2, nil, 2, 1, nil, 1) }, badLdC},
		{"Gemm, nil b", func(x []T) { gemm('N', 'N', 2, 2, 2, x[:4], 2, nil, 2, 1, x[8:12], 2) }, shortB},
		{"Gemm, nil c", func(x []T) { gemm('N', 'N', 2, 2, 2, x[:4], 2, x[4:8], 2, 0, nil, 2) }, shortC},
		{"Gemm, short bᵀ", func(x []T) { gemm('N', 'T', 2, 3, 2, x[:4], 2, x[4:9], 2, 1, x[10:16], 3) }, shortB},
		{"Gemm, short c with a gap", func(x []T) { gemm('N', 'N', 2, 2, 2, x[:4], 2, x[4:8], 2, 0, x[8:14], 5) }, shortC},
		{"Gemm, last row without a gap", func(x []T) { gemm('N', 'N', 2, 2, 2, x[:4], 2, x[4:8], 2, 0, x[8:15], 5) }, nil},
		{"Gemm, NaN beta and short c", func(x []T) { gemm('N', 'N', 2, 2, 2, x[:4], 2, x[4:8], 2, T(math.NaN()), x[8:11], 2) }, shortC},

		{"RowSums, m", func(x []T) { RowSums[T](-1, -1, nil, 0, nil) }, mLT0},
		{"RowSums, least m", func(x []T) { RowSums[T](math.MinInt, 2, x[:8], 2, x[8:]) }, mLT0},
		{"RowSums, n", func(x []T) { RowSums[T](2, -1, nil, -1, nil) }, nLT0},
		{"RowSums, m 0 and n", func(x []T) { RowSums[T](0, -1, nil, 1, nil) }, nLT0},
		{"RowSums, lda", func(x []T) { RowSums[T](2, 3, x[:5], 2, nil) }, badLdA},
		{"RowSums, lda 0", func(x []T) { RowSums[T](2, 0, nil, 0, x[:2]) }, badLdA},
		{"RowSums, lda negative", func(x []T) { RowSums[T](2, 3, x[:6], -3, x[8:]) }, badLdA},
		{"RowSums, lda before nothing to do", func(x []T) { RowSums[T](0, 3, nil, 2, nil) }, badLdA},
		{"RowSums, short a", func(x []T) { RowSums[T](2, 3, x[:5], 3, nil) }, shortA},
		{"RowSums, short a with a gap", func(x []T) { RowSums[T](3, 3, x[:12], 5, x[20:]) }, shortA},
		{"RowSums, nil a", func(x []T) { RowSums[T](2, 3, nil, 3, x[8:]) }, shortA},
		{"RowSums, huge m", func(x []T) { RowSums[T](math.MaxInt, 3, x[:6], 3, x[8:]) }, shortA},
		{"RowSums, huge n", func(x []T) { RowSums[T](2, math.MaxInt, x[:6], math.MaxInt, x[8:]) }, shortA},
		{"RowSums, huge lda", func(x []T) { RowSums[T](3, 3, x[:6], huge, x[8:]) }, shortA},
		{"RowSums, lda that wraps", func(x []T) { RowSums[T](3, 3, x[:6], huge+1, x[8:]) }, shortA},
		{"RowSums, short sums", func(x []T) { RowSums[T](2, 3, x[:6], 3, x[6:7]) }, shortSums},
		{"RowSums, nil sums", func(x []T) { RowSums[T](2, 3, x[:6], 3, nil) }, shortSums},
		{"RowSums, nil sums of no columns", func(x []T) { RowSums[T](2, 0, nil, 1, nil) }, shortSums},
		{"RowSums, huge m without columns", func(x []T) { RowSums[T](math.MaxInt, 0, nil, 1, x) }, shortSums},
		{"RowSums, sums is a", func(x []T) { RowSums[T](2, 3, x[:6], 3, x[:2]) }, badOverlap},
		{"RowSums, sums in a", func(x []T) { RowSums[T](2, 3, x[:6], 3, x[4:8]) }, badOverlap},
		{"RowSums, sums before a", func(x []T) { RowSums[T](2, 3, x[1:7], 3, x[:2]) }, badOverlap},
		{"RowSums, sums in a gap", func(x []T) { RowSums[T](2, 3, x[:8], 5, x[3:5]) }, badOverlap},
		{"RowSums, one row of any stride", func(x []T) { RowSums[T](1, 3, x[:3], math.MaxInt, x[3:4]) }, nil},
		{"RowSums, sums behind a", func(x []T) { RowSums[T](2, 3, x[:12], 4, x[7:9]) }, nil},
		{"RowSums, longer sums that end before a", func(x []T) { RowSums[T](2, 3, x[2:], 3, x) }, nil},

		{"Exp, longer dst", func(x []T) { Exp(x[:4], x[8:11]) }, badLength},
		{"Exp, longer src", func(x []T) { Exp(x[:3], x[8:12]) }, badLength},
		{"Exp, nil dst", func(x []T) { Exp(nil, x[:1]) }, badLength},
		{"Exp, nil src", func(x []T) { Exp(x[:1], nil) }, badLength},
		{"Exp, dst behind src", func(x []T) { Exp(x[1:5], x[:4]) }, badOverlap},
		{"Exp, dst before src", func(x []T) { Exp(x[:4], x[1:5]) }, badOverlap},
		{"Exp, one element shared", func(x []T) { Exp(x[:4], x[3:7]) }, badOverlap},
		{"Exp, neighbours", func(x []T) { Exp(x[:4], x[4:8]) }, nil},
		{"Exp, overlap of other lengths", func(x []T) { Exp(x[:4], x[1:4]) }, badLength},
		{"Sigmoid, longer dst", func(x []T) { Sigmoid(x[:4], x[8:11]) }, badLength},
		{"Sigmoid, longer src", func(x []T) { Sigmoid(x[:3], x[8:12]) }, badLength},
		{"Sigmoid, nil dst", func(x []T) { Sigmoid(nil, x[:1]) }, badLength},
		{"Sigmoid, dst behind src", func(x []T) { Sigmoid(x[1:5], x[:4]) }, badOverlap},
		{"Sigmoid, dst before src", func(x []T) { Sigmoid(x[:4], x[3:7]) }, badOverlap},
		{"Sigmoid, neighbours", func(x []T) { Sigmoid(x[4:8], x[:4]) }, nil},

		{"SigmoidGrad, longer dz", func(x []T) { SigmoidGrad(x[:4], x[8:11], x[16:19]) }, badLength},
		{"SigmoidGrad, longer da", func(x []T) { SigmoidGrad(x[:3], x[8:12], x[16:19]) }, badLength},
		{"SigmoidGrad, longer a", func(x []T) { SigmoidGrad(x[:3], x[8:11], x[16:20]) }, badLength},
		{"SigmoidGrad, nil a", func(x []T) { SigmoidGrad(x[:3], x[8:11], nil) }, badLength},
		{"SigmoidGrad, dz over da", func(x []T) { SigmoidGrad(x[:4], x[3:7], x[16:20]) }, badOverlap},
		{"SigmoidGrad, dz over a", func(x []T) { SigmoidGrad(x[17:21], x[:4], x[16:20]) }, badOverlap},
		{"SigmoidGrad, dz is da and over a", func(x []T) { SigmoidGrad(x[:4], x[:4], x[1:5]) }, badOverlap},
		{"SigmoidGrad, da over a", func(x []T) { SigmoidGrad(x[16:20], x[:4], x[1:5]) }, nil},

		{"Tanh, longer dst", func(x []T) { Tanh(x[:4], x[8:11]) }, badLength},
		{"Tanh, dst behind src", func(x []T) { Tanh(x[1:5], x[:4]) }, badOverlap},
		{"Log, longer src", func(x []T) { Log(x[:3], x[8:12]) }, badLength},
		{"Log, dst before src", func(x []T) { Log(x[:4], x[3:7]) }, badOverlap},
		{"ReLU, nil dst", func(x []T) { ReLU(nil, x[:1]) }, badLength},
		{"ReLU, one element shared", func(x []T) { ReLU(x[:4], x[3:7]) }, badOverlap},
		{"ReLU, neighbours", func(x []T) { ReLU(x[4:8], x[:4]) }, nil},
		{"TanhGrad, longer a", func(x []T) { TanhGrad(x[:3], x[8:11], x[16:20]) }, badLength},
		{"TanhGrad, dz over da", func(x []T) { TanhGrad(x[:4], x[3:7], x[16:20]) }, badOverlap},
		{"ReLUGrad, longer dz", func(x []T) { ReLUGrad(x[:4], x[8:11], x[16:19]) }, badLength},
		{"ReLUGrad, dz over a", func(x []T) { ReLUGrad(x[17:21], x[:4], x[16:20]) }, badOverlap},

		{"SigmoidGradSums, m", func(x []T) { SigmoidGradSums[T](-1, -1, nil, 0, nil, 0, nil, 0, nil) }, mLT0},
		{"TanhGradSums, n", func(x []T) { TanhGradSums[T](0, -1, nil, 0, nil, 0, nil, 0, nil) }, nLT0},
		{"ReLUGradSums, lddz", func(x []T) { ReLUGradSums[T](2, 3, x[:6], 2, x[6:12], 2, x[12:18], 2, x[20:22]) }, badLdDz},
		{"SigmoidGradSums, ldda", func(x []T) { SigmoidGradSums[T](2, 3, x[:6], 3, x[6:12], 2, x[12:18], 2, x[20:22]) }, badLdDa},
		{"SigmoidGradSums, lda before nothing to do", func(x []T) { SigmoidGradSums[T](0, 3, nil, 3, nil, 3, nil, 2, nil) }, badLdA},
		{"SigmoidGradSums, short dz", func(x []T) { SigmoidGradSums[T](2, 3, x[:5], 3, x[6:11], 3, x[12:18], 3, x[20:22]) }, shortDz},
		{"SigmoidGradSums, short da", func(x []T) { SigmoidGradSums[T](2, 3, x[:6], 3, x[6:11], 3, x[12:17], 3, x[20:22]) }, shortDa},
		{"SigmoidGradSums, lda that wraps", func(x []T) { SigmoidGradSums[T](3, 3, x[:9], 3, x[10:19], 3, x[20:29], huge+1, x[30:33]) }, shortA},
		{"SigmoidGradSums, short sums", func(x []T) { SigmoidGradSums[T](2, 3, x[:6], 3, x[6:12], 3, x[12:18], 3, x[20:21]) }, shortSums},
		{"SigmoidGradSums, dz over da", func(x []T) { SigmoidGradSums[T](2, 3, x[1:7], 3, x[:6], 3, x[12:18], 3, x[20:22]) }, badOverlap},
		{"SigmoidGradSums, dz is da of another stride", func(x []T) { SigmoidGradSums[T](2, 3, x[:6], 3, x[:7], 4, x[12:18], 3, x[20:22]) }, badOverlap},
		{"SigmoidGradSums, dz is a of another stride", func(x []T) { SigmoidGradSums[T](2, 3, x[:7], 4, x[12:18], 3, x[:6], 3, x[20:22]) }, badOverlap},
		{"SigmoidGradSums, sums in a", func(x []T) { SigmoidGradSums[T](2, 3, x[:6], 3, x[6:12], 3, x[12:18], 3, x[17:19]) }, badOverlap},
		{"SigmoidGradSums, sums is dz", func(x []T) { SigmoidGradSums[T](2, 3, x[:6], 3, x[6:12], 3, x[12:18], 3, x[:2]) }, badOverlap},
		{"SigmoidGradSums, in place", func(x []T) { SigmoidGradSums[T](2, 3, x[:6], 3, x[:6], 3, x[12:18], 3, x[20:22]) }, nil},

		{"Axpy, longer x", func(x []T) { Axpy(1, x[:4], x[8:11]) }, badLength},
		{"Axpy, longer y", func(x []T) { Axpy(1, x[:3], x[8:12]) }, badLength},
		{"Axpy, nil x", func(x []T) { Axpy(0, nil, x[8:12]) }, badLength},
		{"Axpy, y behind x", func(x []T) { Axpy(1, x[:4], x[1:5]) }, badOverlap},
		{"Axpy, y before x", func(x []T) { Axpy(0, x[3:7], x[:4]) }, badOverlap},
		{"Axpy, neighbours", func(x []T) { Axpy(1, x[:4], x[4:8]) }, nil},

		{"Adam, longer g", func(x []T) { Adam(.9, .9, 1, 1, x[:4], x[8:11], x[16:19], x[24:27]) }, badLength},
		{"Adam, longer m", func(x []T) { Adam(.9, .9, 1, 1, x[:3], x[8:12], x[16:19], x[24:27]) }, badLength},
		{"Adam, longer v", func(x []T) { Adam(.9, .9, 1, 1, x[:3], x[8:11], x[16:20], x[24:27]) }, badLength},
		{"Adam, longer x", func(x []T) { Adam(.9, .9, 1, 1, x[:3], x[8:11], x[16:19], x[24:28]) }, badLength},
		{"Adam, g is m", func(x []T) { Adam(.9, .9, 1, 1, x[:4], x[:4], x[16:20], x[24:28]) }, badOverlap},
		{"Adam, g over v", func(x []T) { Adam(.9, .9, 1, 1, x[:4], x[8:12], x[3:7], x[24:28]) }, badOverlap},
		{"Adam, g is x", func(x []T) { Adam(.9, .9, 1, 1, x[:4], x[8:12], x[16:20], x[:4]) }, badOverlap},
		{"Adam, m over v", func(x []T) { Adam(.9, .9, 1, 1, x[:4], x[8:12], x[11:15], x[24:28]) }, badOverlap},
		{"Adam, m is x", func(x []T) { Adam(.9, .9, 1, 1, x[:4], x[8:12], x[16:20], x[8:12]) }, badOverlap},
		{"Adam, v over x", func(x []T) { Adam(.9, .9, 1, 1, x[:4], x[8:12], x[16:20], x[19:23]) }, badOverlap},
		{"Adam, neighbours", func(x []T) { Adam(.9, .9, 1, 1, x[:4], x[4:8], x[8:12], x[12:16]) }, nil},

		{"ColSums, m", func(x []T) { ColSums[T](-1, -1, nil, 0, nil) }, mLT0},
		{"ColSums, n", func(x []T) { ColSums[T](0, -1, nil, 0, nil) }, nLT0},
		{"ColSums, lda", func(x []T) { ColSums[T](2, 3, x[:6], 2, nil) }, badLdA},
		{"ColSums, short a", func(x []T) { ColSums[T](2, 3, x[:5], 3, nil) }, shortA},
		{"ColSums, short sums", func(x []T) { ColSums[T](2, 3, x[:6], 3, x[8:10]) }, shortSums},
		{"ColSums, short sums of no rows", func(x []T) { ColSums[T](0, 3, nil, 3, x[8:10]) }, shortSums},
		{"ColSums, sums in a", func(x []T) { ColSums[T](2, 3, x[:6], 3, x[3:6]) }, badOverlap},
		{"ColSums, sums behind a", func(x []T) { ColSums[T](2, 3, x[:6], 3, x[6:9]) }, nil},
		{"SoftmaxRows, ldd", func(x []T) { SoftmaxRows[T](2, 3, x[:6], 2, x[8:14], 3) }, badLdDst},
		{"SoftmaxRows, short src", func(x []T) { SoftmaxRows[T](2, 3, x[:6], 3, x[8:13], 3) }, shortSrc},
		{"SoftmaxRows, dst behind src", func(x []T) { SoftmaxRows[T](2, 3, x[1:7], 3, x[:6], 3) }, badOverlap},

		{"LogSumExp, m", func(x []T) { LogSumExp(-1, -1, x, 0, x) }, mLT0},
		{"LogSumExp, n", func(x []T) { LogSumExp(2, -1, x, 0, x) }, nLT0},
		{"LogSumExp, lda", func(x []T) { LogSumExp(2, 3, x[:6], 2, x[8:]) }, badLdA},
		{"LogSumExp, short a", func(x []T) { LogSumExp(2, 3, x[:5], 3, x[8:9]) }, shortA},
		{"LogSumExp, short dst", func(x []T) { LogSumExp(2, 3, x[:6], 3, x[8:10]) }, shortDst},
		{"LogSumExp, dst is a", func(x []T) { LogSumExp(2, 3, x[:6], 3, x[:3]) }, badOverlap},
		{"LogSumExp, huge lda", func(x []T) { LogSumExp(3, 3, x[:6], huge+1, x[8:]) }, shortA},

		{"CrossEntropy, m", func(x []T) { CrossEntropy(-1, -1, x, 0, x, 0, x, 0, x) }, mLT0},
		{"CrossEntropy, n", func(x []T) { CrossEntropy(2, -1, x, 0, x, 0, x, 0, x) }, nLT0},
		{"CrossEntropy, ldz", func(x []T) { CrossEntropy(2, 2, x[:3], 1, nil, 1, nil, 1, nil) }, badLdZ},
		{"CrossEntropy, ldy", func(x []T) { CrossEntropy(2, 2, x[:3], 2, nil, 1, nil, 1, nil) }, badLdY},
		{"CrossEntropy, lddz", func(x []T) { CrossEntropy(2, 2, x[:3], 2, nil, 2, nil, 1, nil) }, badLdDz},
		{"CrossEntropy, lddz before nothing to do", func(x []T) { CrossEntropy[T](2, 0, nil, 1, nil, 1, nil, 0, nil) }, badLdDz},
		{"CrossEntropy, short z", func(x []T) { CrossEntropy(2, 2, x[:3], 2, nil, 2, nil, 2, nil) }, shortZ},
		{"CrossEntropy, short y", func(x []T) { CrossEntropy(2, 2, x[:4], 2, x[4:7], 2, nil, 2, nil) }, shortY},
		{"CrossEntropy, short dz", func(x []T) { CrossEntropy(2, 2, x[:4], 2, x[4:8], 2, x[8:11], 2, nil) }, shortDz},
		{"CrossEntropy, short losses", func(x []T) { CrossEntropy(2, 2, x[:4], 2, x[4:8], 2, x[8:12], 2, x[12:13]) }, shortLosses},
		{"CrossEntropy, huge m", func(x []T) { CrossEntropy(math.MaxInt, 2, x[:4], 2, x[4:8], 2, x[8:12], 2, x[12:14]) }, shortZ},
		{"CrossEntropy, dz is y", func(x []T) { CrossEntropy(2, 2, x[:4], 2, x[4:8], 2, x[4:8], 2, x[12:14]) }, badOverlap},
		{"CrossEntropy, dz over z", func(x []T) { CrossEntropy(2, 2, x[:4], 2, x[4:8], 2, x[1:5], 2, x[12:14]) }, badOverlap},
		{"CrossEntropy, in place with another stride", func(x []T) { CrossEntropy(2, 2, x[:4], 2, x[8:12], 2, x[:5], 3, x[12:14]) }, badOverlap},
		{"CrossEntropy, losses in z", func(x []T) { CrossEntropy(2, 2, x[:4], 2, x[4:8], 2, x[8:12], 2, x[2:4]) }, badOverlap},
		{"CrossEntropy, losses in y", func(x []T) { CrossEntropy(2, 2, x[:4], 2, x[4:8], 2, x[8:12], 2, x[4:6]) }, badOverlap},
		{"CrossEntropy, losses in dz", func(x []T) { CrossEntropy(2, 2, x[:4], 2, x[4:8], 2, x[8:12], 2, x[11:13]) }, badOverlap},
		{"CrossEntropy, y is z", func(x []T) { CrossEntropy(2, 2, x[:4], 2, x[:4], 2, x[8:12], 2, x[12:14]) }, nil},
		{"CrossEntropy, in place", func(x []T) { CrossEntropy(2, 2, x[:4], 2, x[4:8], 2, x[:4], 2, x[12:14]) }, nil},
		{"CrossEntropyClasses, short classes", func(x []T) { CrossEntropyClasses(2, 2, x[:4], 2, []int{0}, x[8:12], 2, x[12:14]) }, shortClasses},
		{"CrossEntropyClasses, class m", func(x []T) { CrossEntropyClasses(2, 2, x[:4], 2, []int{0, 2}, x[8:12], 2, x[12:14]) }, badClass},
		{"CrossEntropyClasses, class −1", func(x []T) { CrossEntropyClasses(2, 2, x[:4], 2, []int{-1, 1}, x[:4], 2, x[12:14]) }, badClass},
		{"CrossEntropyClasses, no classes", func(x []T) { CrossEntropyClasses(0, 1, x[:0], 1, []int{0}, x[:0], 1, x[12:14]) }, badClass},
		{"CrossEntropyClasses, a class too many", func(x []T) { CrossEntropyClasses(2, 2, x[:4], 2, []int{0, 1, 9}, x[8:12], 2, x[12:14]) }, nil},
		{"BinaryCrossEntropy, short y", func(x []T) { BinaryCrossEntropy(2, 2, x[:4], 2, x[4:7], 2, nil, 2, nil) }, shortY},
		{"BinaryCrossEntropy, dz is y", func(x []T) { BinaryCrossEntropy(2, 2, x[:4], 2, x[4:8], 2, x[4:8], 2, x[12:14]) }, badOverlap},

		{"GatherRows, m", func(x []T) { GatherRows(-1, -1, x, 0, x, 0, nil) }, mLT0},
		{"GatherRows, n", func(x []T) { GatherRows(2, -1, x, 0, x, 0, nil) }, nLT0},
		{"GatherRows, ldd", func(x []T) { GatherRows(2, 2, x, 1, x, 1, nil) }, badLdDst},
		{"GatherRows, lds", func(x []T) { GatherRows(2, 2, x, 2, x, 1, nil) }, badLdSrc},
		{"GatherRows, short dst", func(x []T) { GatherRows(2, 2, x[:3], 2, x[8:11], 2, []int{0, 9}) }, shortDst},
		{"GatherRows, short src", func(x []T) { GatherRows(2, 2, x[:4], 2, x[8:11], 2, []int{0, 9}) }, shortSrc},
		{"GatherRows, index m", func(x []T) { GatherRows(2, 2, x[:4], 2, x[8:12], 2, []int{0, 2}) }, badIndex},
		{"GatherRows, index −1", func(x []T) { GatherRows(2, 2, x[:4], 2, x[8:12], 2, []int{1, -1}) }, badIndex},
		{"GatherRows, of no rows", func(x []T) { GatherRows(0, 2, x[:4], 2, x[8:8], 2, []int{0}) }, badIndex},
		{"GatherRows, dst is src", func(x []T) { GatherRows(2, 2, x[:4], 2, x[:4], 2, []int{0, 1}) }, badOverlap},
		{"GatherRows, again and again", func(x []T) { GatherRows(2, 2, x[:6], 2, x[8:12], 2, []int{1, 1, 1}) }, nil},
		{"GatherRowsTrans, ldd", func(x []T) { GatherRowsTrans(2, 2, x, 2, x, 2, []int{0, 1, 0}) }, badLdDst},
		{"GatherRowsTrans, lds", func(x []T) { GatherRowsTrans(2, 2, x, 3, x, 1, []int{0, 1, 0}) }, badLdSrc},
		{"GatherRowsTrans, short dst", func(x []T) { GatherRowsTrans(2, 2, x[:5], 3, x[8:12], 2, []int{0, 1, 0}) }, shortDst},
		{"GatherRowsTrans, index m", func(x []T) { GatherRowsTrans(2, 2, x[:6], 3, x[8:12], 2, []int{0, 1, 2}) }, badIndex},
		{"GatherRowsTrans, dst over src", func(x []T) { GatherRowsTrans(2, 2, x[:6], 3, x[5:12], 2, []int{0, 1, 1}) }, badOverlap},

		{"Scal, nil", func(x []T) { Scal(2, x[:0]) }, nil},
		{"Add, longer dst", func(x []T) { Add(x[:4], x[8:11], x[16:19]) }, badLength},
		{"Add, nil y", func(x []T) { Add(x[:3], x[8:11], nil) }, badLength},
		{"Add, dst over x", func(x []T) { Add(x[:4], x[3:7], x[16:20]) }, badOverlap},
		{"Add, dst is x and over y", func(x []T) { Add(x[:4], x[:4], x[1:5]) }, badOverlap},
		{"Add, x over y", func(x []T) { Add(x[16:20], x[:4], x[1:5]) }, nil},
		{"Mul, longer x", func(x []T) { Mul(x[:3], x[8:12], x[16:19]) }, badLength},
		{"Mul, dst over y", func(x []T) { Mul(x[17:21], x[:4], x[16:20]) }, badOverlap},
		{"Dot, longer x", func(x []T) { Dot(x[:4], x[8:11]) }, badLength},
		{"Dot, nil y", func(x []T) { Dot(x[:4], nil) }, badLength},
		{"Dot, overlap", func(x []T) { Dot(x[:4], x[1:5]) }, nil},

		{"Softmax, m", func(x []T) { Softmax[T](-1, -1, nil, 0, nil, 0) }, mLT0},
		{"Softmax, least m", func(x []T) { Softmax[T](math.MinInt, 1, x[:4], 1, x[:4], 1) }, mLT0},
		{"Softmax, n", func(x []T) { Softmax[T](2, -1, nil, -1, nil, 0) }, nLT0},
		{"Softmax, m 0 and n", func(x []T) { Softmax[T](0, -1, nil, 1, nil, 1) }, nLT0},
		{"Softmax, ldd", func(x []T) { Softmax[T](2, 3, x[:6], 2, x[8:14], 2) }, badLdDst},
		{"Softmax, ldd 0", func(x []T) { Softmax[T](0, 0, nil, 0, nil, 1) }, badLdDst},
		{"Softmax, lds", func(x []T) { Softmax[T](2, 3, x[:5], 3, x[8:14], 2) }, badLdSrc},
		{"Softmax, lds 0", func(x []T) { Softmax[T](0, 0, nil, 1, nil, 0) }, badLdSrc},
		{"Softmax, lds negative", func(x []T) { Softmax[T](2, 3, x[:6], 3, x[8:14], -3) }, badLdSrc},
		{"Softmax, lds before nothing to do", func(x []T) { Softmax[T](0, 3, nil, 3, nil, 2) }, badLdSrc},
		{"Softmax, short dst", func(x []T) { Softmax[T](2, 3, x[:5], 3, x[8:13], 3) }, shortDst},
		{"Softmax, nil dst", func(x []T) { Softmax[T](2, 3, nil, 3, x[8:14], 3) }, shortDst},
		{"Softmax, short src", func(x []T) { Softmax[T](2, 3, x[:6], 3, x[8:15], 5) }, shortSrc},
		{"Softmax, nil src", func(x []T) { Softmax[T](2, 3, x[:6], 3, nil, 3) }, shortSrc},
		{"Softmax, huge m", func(x []T) { Softmax[T](math.MaxInt, 3, x[:6], 3, x[8:14], 3) }, shortDst},
		{"Softmax, huge n", func(x []T) { Softmax[T](2, math.MaxInt, x[:6], math.MaxInt, x[8:14], math.MaxInt) }, shortDst},
		{"Softmax, huge ldd", func(x []T) { Softmax[T](3, 3, x[:6], huge, x[8:17], 3) }, shortDst},
		{"Softmax, lds that wraps", func(x []T) { Softmax[T](3, 3, x[:9], 3, x[16:25], huge+1) }, shortSrc},
		{"Softmax, dst behind src", func(x []T) { Softmax[T](2, 3, x[1:7], 3, x[:6], 3) }, badOverlap},
		{"Softmax, dst before src", func(x []T) { Softmax[T](2, 3, x[:6], 3, x[5:11], 3) }, badOverlap},
		{"Softmax, in place with another stride", func(x []T) { Softmax[T](2, 3, x[:7], 4, x[:6], 3) }, badOverlap},
		{"Softmax, dst in a gap of src", func(x []T) { Softmax[T](2, 2, x[2:8], 4, x[:6], 4) }, badOverlap},
		{"Softmax, in place", func(x []T) { Softmax[T](2, 3, x[:6], 3, x[:6], 3) }, nil},
		{"Softmax, in place, other lengths", func(x []T) { Softmax[T](2, 3, x[:6], 3, x[:9], 3) }, nil},
		{"Softmax, one row of any strides in place", func(x []T) { Softmax[T](1, 3, x[:3], math.MaxInt, x[:3], 3) }, nil},
		{"Softmax, dst behind src's last row", func(x []T) { Softmax[T](2, 3, x[7:], 4, x[:], 4) }, nil},
	} {
		x := make([]T, 64)
		for i := range x {
			x[i] = T(i)
		}
		x[0] = ref.Payload[T]()
		before := slices.Clone(x)
		got := func() (recovered any) {
			defer func() { recovered = recover() }()
			test.call(x)
			return nil
		}()
		if got != test.want {
			t.Errorf("%s: panic %v, want %v", test.name, got, test.want)
		}
		for i, v := range before {
			if test.want != nil && ref.Bits(x[i]) != ref.Bits(v) {
				t.Errorf("%s: element %d changed from %v to %v", test.name, i, v, x[i])
			}
		}
	}
}
