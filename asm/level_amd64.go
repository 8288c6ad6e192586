//go:build !purego

package asm

import (
	"runtime"

	"github.com/klauspost/cpuid/v2"
)

// featureSet says which assembly levels the machine can run.
type featureSet struct{ avx2, avx512 bool }

// features asks the CPU and the operating system, less what GODEBUG switches
// off. cpuid reports AVX, AVX2 and the AVX-512 family only if the operating
// system saves their registers, but FMA3 regardless; hence AVX beside it. On
// darwin the kernel enables ZMM state lazily and loses mask registers on
// signals in some versions, so AVX-512 is never used there.
func features(godebug string) featureSet {
	off := disabled(godebug)
	has := func(feature cpuid.FeatureID, name string) bool {
		return cpuid.CPU.Supports(feature) && !off(name)
	}
	var f featureSet
	f.avx2 = has(cpuid.AVX, "avx") && has(cpuid.AVX2, "avx2") && has(cpuid.FMA3, "fma")
	f.avx512 = f.avx2 && runtime.GOOS != "darwin" &&
		has(cpuid.AVX512F, "avx512f") && has(cpuid.AVX512DQ, "avx512dq") &&
		has(cpuid.AVX512BW, "avx512bw") && has(cpuid.AVX512VL, "avx512vl")
	return f
}

// halved tells CPUs that take 64 bytes as twice 32, which is Zen 4. Kernels store 32 at a
// time there: each store of 64 costs more than two cycles, in which it could multiply.
var halved = cpuid.CPU.IsVendor(cpuid.AMD) && cpuid.CPU.Family == 25

// embeds tells CPUs whose cores rename six instructions a cycle for two threads together:
// Intel's. Beside a busy thread a step of the tile of AVX-512 has no time for its 26;
// with half of A's elements as operands of multiply-adds it has 22, and 14 loads for 10.
var embeds = cpuid.CPU.IsVendor(cpuid.Intel)

// machineLevels returns the levels that f allows, lowest first.
func machineLevels(f featureSet) []*Level {
	all := []*Level{generic()}
	if f.avx2 {
		all = append(all, avx2(*all[len(all)-1]))
	}
	if f.avx512 {
		all = append(all, avx512(*all[len(all)-1]))
	}
	return all
}

func avx2(l Level) *Level {
	l.Name = "avx2"
	k := &l.F32
	k.MR, k.NR = 6, 16
	k.Gemm = gemmF32AVX2
	k.GemmTransposed = gemmTransposedF32AVX2
	k.Dots, k.DotsInTurn = dotsF32AVX2, dotsInTurnF32AVX2
	k.Combine = combineF32AVX2
	k.Ger = gerF32AVX2
	k.Thin = thinF32AVX2
	k.PackAT, k.PackB, k.Transpose = packAlong6F32AVX2, packAlong16F32AVX2, transposeF32AVX2
	k.Prefetch = prefetchF32AVX2
	k.Gather = gatherF32AVX2
	k.GatherT = gatherTF32AVX2
	k.BlockSums = blockSumsF32AVX2
	k.Sum, k.Asum, k.Squares, k.Dot = sumF32AVX2, asumF32AVX2, squaresF32AVX2, dotF32AVX2
	k.ColSums = colSumsF32AVX2
	k.MaxIndex, k.MaxAbsIndex = maxIndexF32AVX2, maxAbsIndexF32AVX2
	k.SigmoidGrad = sigmoidGradF32AVX2
	k.TanhGrad = tanhGradF32AVX2
	k.ReLUGrad = reluGradF32AVX2
	k.SigmoidGradSums, k.TanhGradSums, k.ReLUGradSums = sigmoidGradSumsF32AVX2, tanhGradSumsF32AVX2, reluGradSumsF32AVX2
	k.Axpy = axpyF32AVX2
	k.Adam = adamF32AVX2
	k.Scal, k.Add, k.Mul = scalF32AVX2, addF32AVX2, mulF32AVX2
	k.Exp = expF32AVX2
	k.Sigmoid = sigmoidF32AVX2
	k.Tanh = tanhF32AVX2
	k.SiLU = siluF32AVX2
	k.ReLU = reluF32AVX2
	k.Log = logF32AVX2
	k.Softmax, k.LogSumExp = softmaxF32AVX2, logSumExpF32AVX2
	k.CrossEntropy, k.CrossEntropyClasses = crossEntropyF32AVX2, crossEntropyClassesF32AVX2
	k.BinaryCrossEntropy = binaryCrossEntropyF32AVX2
	k.Rotate = rotateF32AVX2
	k.Ceiling, k.Load = ceilingF32AVX2, loadF32AVX2

	d := &l.F64
	d.MR, d.NR = 6, 8
	d.Gemm = gemmF64AVX2
	d.GemmTransposed = gemmTransposedF64AVX2
	d.Dots, d.DotsInTurn = dotsF64AVX2, dotsInTurnF64AVX2
	d.Combine = combineF64AVX2
	d.Ger = gerF64AVX2
	d.Thin = thinF64AVX2
	d.PackAT, d.PackB, d.Transpose = packAlong6F64AVX2, packAlong8F64AVX2, transposeF64AVX2
	d.Prefetch = prefetchF64AVX2
	d.Gather = gatherF64AVX2
	d.GatherT = gatherTF64AVX2
	d.BlockSums = blockSumsF64AVX2
	d.Sum, d.Asum, d.Squares, d.Dot = sumF64AVX2, asumF64AVX2, squaresF64AVX2, dotF64AVX2
	d.ColSums = colSumsF64AVX2
	d.MaxIndex, d.MaxAbsIndex = maxIndexF64AVX2, maxAbsIndexF64AVX2
	d.SigmoidGrad = sigmoidGradF64AVX2
	d.TanhGrad = tanhGradF64AVX2
	d.ReLUGrad = reluGradF64AVX2
	d.SigmoidGradSums, d.TanhGradSums, d.ReLUGradSums = sigmoidGradSumsF64AVX2, tanhGradSumsF64AVX2, reluGradSumsF64AVX2
	d.Axpy = axpyF64AVX2
	d.Adam = adamF64AVX2
	d.Scal, d.Add, d.Mul = scalF64AVX2, addF64AVX2, mulF64AVX2
	d.Exp = expF64AVX2
	d.Sigmoid = sigmoidF64AVX2
	d.Tanh = tanhF64AVX2
	d.SiLU = siluF64AVX2
	d.ReLU = reluF64AVX2
	d.Log = logF64AVX2
	d.Softmax, d.LogSumExp = softmaxF64AVX2, logSumExpF64AVX2
	d.CrossEntropy, d.CrossEntropyClasses = crossEntropyF64AVX2, crossEntropyClassesF64AVX2
	d.BinaryCrossEntropy = binaryCrossEntropyF64AVX2
	d.Rotate = rotateF64AVX2
	d.Ceiling, d.Load = ceilingF64AVX2, loadF64AVX2
	return &l
}

func avx512(l Level) *Level {
	l.Name = "avx512"
	k := &l.F32
	k.MR, k.NR = 8, 32
	k.Gemm = gemmF32AVX512
	k.GemmTransposed = gemmTransposedF32AVX512
	k.Dots, k.DotsInTurn = dotsF32AVX512, dotsInTurnF32AVX2
	k.Combine = combineF32AVX512
	k.Ger = gerF32AVX512
	k.Thin = thinF32AVX512
	k.PackAT, k.PackB, k.Transpose = packAlong8F32AVX2, packAlong32F32AVX2, transposeF32AVX512
	k.Prefetch = prefetchF32AVX512
	k.Gather = gatherF32AVX512
	k.BlockSums = blockSumsF32AVX512
	k.Sum, k.Asum, k.Squares, k.Dot = sumF32AVX512, asumF32AVX512, squaresF32AVX512, dotF32AVX512
	k.ColSums = colSumsF32AVX512
	k.MaxIndex, k.MaxAbsIndex = maxIndexF32AVX512, maxAbsIndexF32AVX512
	k.SigmoidGrad = sigmoidGradF32AVX512
	k.TanhGrad = tanhGradF32AVX512
	k.ReLUGrad = reluGradF32AVX512
	k.SigmoidGradSums, k.TanhGradSums, k.ReLUGradSums = sigmoidGradSumsF32AVX512, tanhGradSumsF32AVX512, reluGradSumsF32AVX512
	k.Axpy = axpyF32AVX512
	k.Adam = adamF32AVX512
	k.Scal, k.Add, k.Mul = scalF32AVX512, addF32AVX512, mulF32AVX512
	k.Exp = expF32AVX512
	k.Sigmoid = sigmoidF32AVX512
	k.Tanh = tanhF32AVX512
	k.SiLU = siluF32AVX512
	k.ReLU = reluF32AVX512
	k.Log = logF32AVX512
	k.Softmax, k.LogSumExp = softmaxF32AVX512, logSumExpF32AVX512
	k.CrossEntropy, k.CrossEntropyClasses = crossEntropyF32AVX512, crossEntropyClassesF32AVX512
	k.BinaryCrossEntropy = binaryCrossEntropyF32AVX512
	k.Rotate = rotateF32AVX512
	k.Ceiling, k.Load = ceilingF32AVX512, loadF32AVX512

	d := &l.F64
	d.MR, d.NR = 8, 16
	d.Gemm = gemmF64AVX512
	d.GemmTransposed = gemmTransposedF64AVX512
	d.Dots, d.DotsInTurn = dotsF64AVX512, dotsInTurnF64AVX2
	d.Combine = combineF64AVX512
	d.Ger = gerF64AVX512
	d.Thin = thinF64AVX512
	d.PackAT, d.PackB, d.Transpose = packAlong8F64AVX2, packAlong16F64AVX2, transposeF64AVX512
	d.Prefetch = prefetchF64AVX512
	d.Gather = gatherF64AVX512
	d.BlockSums = blockSumsF64AVX512
	d.Sum, d.Asum, d.Squares, d.Dot = sumF64AVX512, asumF64AVX512, squaresF64AVX512, dotF64AVX512
	d.ColSums = colSumsF64AVX512
	d.MaxIndex, d.MaxAbsIndex = maxIndexF64AVX512, maxAbsIndexF64AVX512
	d.SigmoidGrad = sigmoidGradF64AVX512
	d.TanhGrad = tanhGradF64AVX512
	d.ReLUGrad = reluGradF64AVX512
	d.SigmoidGradSums, d.TanhGradSums, d.ReLUGradSums = sigmoidGradSumsF64AVX512, tanhGradSumsF64AVX512, reluGradSumsF64AVX512
	d.Axpy = axpyF64AVX512
	d.Adam = adamF64AVX512
	d.Scal, d.Add, d.Mul = scalF64AVX512, addF64AVX512, mulF64AVX512
	d.Exp = expF64AVX512
	d.Sigmoid = sigmoidF64AVX512
	d.Tanh = tanhF64AVX512
	d.SiLU = siluF64AVX512
	d.ReLU = reluF64AVX512
	d.Log = logF64AVX512
	d.Softmax, d.LogSumExp = softmaxF64AVX512, logSumExpF64AVX512
	d.CrossEntropy, d.CrossEntropyClasses = crossEntropyF64AVX512, crossEntropyClassesF64AVX512
	d.BinaryCrossEntropy = binaryCrossEntropyF64AVX512
	d.Rotate = rotateF64AVX512
	d.Ceiling, d.Load = ceilingF64AVX512, loadF64AVX512
	return &l
}
