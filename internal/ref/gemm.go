package ref

import (
	"fmt"
	"math"
	"math/rand/v2"
	"unsafe"
)

// Matrix is how an operand lies in memory: element (i, j) of op(X) is
// Data[i*LD+j], or Data[j*LD+i] if Trans.
type Matrix[T Float] struct {
	Data  []T
	LD    int
	Trans bool
}

// At returns element (i, j) of op(X).
func (x Matrix[T]) At(i, j int) T {
	if x.Trans {
		i, j = j, i
	}
	return x.Data[i*x.LD+j]
}

// GemmChain returns alpha·A·B + beta·C as an m×n matrix without gaps, each
// element one chain: from beta·c, or 0 if beta is 0, it adds (alpha·a_ip)·b_pj
// for p = 0, 1, … k−1; fused says whether each step rounds once or twice. With
// alpha or k = 0 nothing is added.
func GemmChain[T Float](fused bool, m, n, k int, alpha T, a, b Matrix[T], beta T, c Matrix[T]) []T {
	out := make([]T, m*n)
	for i := range m {
		for j := range n {
			var sum T
			if beta != 0 {
				sum = beta * c.At(i, j)
			}
			for p := 0; p < k && alpha != 0; p++ {
				sum = MulAdd(fused, T(alpha*a.At(i, p)), b.At(p, j), sum)
			}
			out[i*n+j] = sum
		}
	}
	return out
}

// DotLanes returns the sum of a_p·x_p in lanes: product p is added to lane p mod L,
// L = 32 or 16 by type, zeros to the lanes that a last step lacks, and the lanes are
// added by halves.
func DotLanes[T Float](fused bool, a, x []T) T {
	lanes := make([]T, 128/unsafe.Sizeof(T(0)))
	for p := 0; p < len(a); p += len(lanes) {
		for l := range lanes {
			if p+l < len(a) {
				lanes[l] = MulAdd(fused, a[p+l], x[p+l], lanes[l])
			} else {
				lanes[l] += 0
			}
		}
	}
	for len(lanes) > 1 {
		half := len(lanes) / 2
		for l := range half {
			lanes[l] += lanes[l+half]
		}
		lanes = lanes[:half]
	}
	return lanes[0]
}

// DotChains returns the sum of k products, factors(p) each, in four chains: product
// p is added to chain p mod 4; chains 0 and 2 are added, 1 and 3, and both sums.
func DotChains[T Float](fused bool, k int, factors func(p int) (x, y T)) T {
	var chains [4]T
	for p := range k {
		x, y := factors(p)
		chains[p%4] = MulAdd(fused, x, y, chains[p%4])
	}
	return (chains[0] + chains[2]) + (chains[1] + chains[3])
}

// GemmLanes is GemmChain with sums in lanes: each block of 1,024 products is
// summed as [DotLanes] does, multiplied with alpha and added to beta·c, or to what
// the blocks before it gave, each rounded.
func GemmLanes[T Float](fused bool, m, n, k int, alpha T, a, b Matrix[T], beta T, c Matrix[T]) []T {
	const block = 1024
	out := make([]T, m*n)
	for i := range m {
		for j := range n {
			var sum T
			if beta != 0 {
				sum = T(beta * c.At(i, j))
			}
			for p := 0; p < k && alpha != 0; p += block {
				var x, y []T
				for q := p; q < min(p+block, k); q++ {
					x, y = append(x, a.At(i, q)), append(y, b.At(q, j))
				}
				if s := T(alpha * DotLanes(fused, x, y)); p == 0 && beta == 0 {
					sum = s
				} else {
					sum = s + sum
				}
			}
			out[i*n+j] = sum
		}
	}
	return out
}

// GemmFours is GemmLanes with sums in [DotChains]; the last k mod 4 products are a
// chain on what the blocks gave.
func GemmFours[T Float](fused bool, m, n, k int, alpha T, a, b Matrix[T], beta T, c Matrix[T]) []T {
	const block = 1024
	out := make([]T, m*n)
	for i := range m {
		for j := range n {
			var sum T
			if beta != 0 {
				sum = T(beta * c.At(i, j))
			}
			for p := 0; p < k&^3 && alpha != 0; p += block {
				s := T(alpha * DotChains(fused, min(block, k&^3-p), func(q int) (x, y T) { return a.At(i, p+q), b.At(p+q, j) }))
				if p == 0 && beta == 0 {
					sum = s
				} else {
					sum = s + sum
				}
			}
			for p := k &^ 3; p < k && alpha != 0; p++ {
				sum = MulAdd(fused, T(alpha*a.At(i, p)), b.At(p, j), sum)
			}
			out[i*n+j] = sum
		}
	}
	return out
}

// Gemm returns alpha·A·B + beta·C in twice the working precision and, for each
// element, the bound on the error of a result in the working precision:
//
//	γ_(k+2) · (|alpha|·|A|·|B| + |beta|·|C|),  γ_j = j·u/(1 − j·u)
//
// (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
// section 3.1: k sums, one product each, and the product with alpha or beta),
// and for underflow one smallest subnormal number a step.
func Gemm[T Float](m, n, k int, alpha T, a, b Matrix[T], beta T, c Matrix[T]) (want, bound []float64) {
	want, bound = make([]float64, m*n), make([]float64, m*n)
	gamma, tiny := Gamma[T](k+2), Tiny[T]()
	for i := range m {
		for j := range n {
			var sum dd
			var size float64
			if beta != 0 {
				sum = sum.addProduct(float64(beta), float64(c.At(i, j)))
				size = math.Abs(sum.hi)
			}
			var products dd
			for p := range k {
				x, y := float64(a.At(i, p)), float64(b.At(p, j))
				products = products.addProduct(x, y)
				size += math.Abs(float64(alpha) * x * y)
			}
			sum = sum.addProduct(float64(alpha), products.hi).addProduct(float64(alpha), products.lo)
			want[i*n+j] = sum.hi
			bound[i*n+j] = gamma*size + float64(k+2)*tiny
		}
	}
	return want, bound
}

// CheckProduct returns an error if C is not A·B within the bound of [Gemm],
// tried on one vector x of ones and minus ones, which costs (m+n)·k products
// instead of m·n·k. The bound on an element of (C − A·B)·x is
//
//	γ_(2k+2n) · (|A|·|B|·1)
//
// of which γ_k is C's own and the rest, for float64, rounding in this check.
func CheckProduct[T Float](m, n, k int, a, b, c Matrix[T]) error {
	x := make([]float64, n)
	rng := rand.New(rand.NewPCG(uint64(m), uint64(n)))
	for j := range x {
		x[j] = float64(2*rng.IntN(2) - 1)
	}
	bx, size := make([]float64, k), make([]float64, k)
	for p := range k {
		for j := range n {
			bx[p] += float64(b.At(p, j)) * x[j]
			size[p] += math.Abs(float64(b.At(p, j)))
		}
	}
	gamma := Gamma[T](2*k + 2*n)
	for i := range m {
		var got, want, bound float64
		for j := range n {
			got += float64(c.At(i, j)) * x[j]
		}
		for p := range k {
			want += float64(a.At(i, p)) * bx[p]
			bound += gamma * math.Abs(float64(a.At(i, p))) * size[p]
		}
		if !(math.Abs(got-want) <= bound) {
			return fmt.Errorf("row %d of C·x is %v, want %v ± %v", i, got, want, bound)
		}
	}
	return nil
}

// Gamma returns γ_j = j·u/(1 − j·u), u the unit roundoff of T.
func Gamma[T Float](j int) float64 {
	u := 0x1p-53
	if unsafe.Sizeof(T(0)) == 4 {
		u = 0x1p-24
	}
	return float64(j) * u / (1 - float64(j)*u)
}

// Tiny returns the smallest positive number of T.
func Tiny[T Float]() float64 {
	if unsafe.Sizeof(T(0)) == 4 {
		return math.SmallestNonzeroFloat32
	}
	return math.SmallestNonzeroFloat64
}

// FMA returns x·y + z rounded once.
//
// For float32 the product is exact in float64. The sum is rounded to odd there
// (an inexact sum gets an odd last bit), after which rounding to float32 gives
// the same as rounding the exact sum (S. Boldo, G. Melquiond, Emulation of FMA
// and correctly rounded sums: proved algorithms using rounding to odd, 2008).
func FMA[T Float](x, y, z T) T {
	if unsafe.Sizeof(x) == 8 {
		return T(math.FMA(float64(x), float64(y), float64(z)))
	}
	p, c := float64(x)*float64(y), float64(z)
	s := p + c
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return T(s)
	}
	t := s - p
	err := (p - (s - t)) + (c - t)
	if bits := math.Float64bits(s); err != 0 && bits&1 == 0 {
		if (err > 0) == (s > 0) {
			s = math.Float64frombits(bits + 1)
		} else {
			s = math.Float64frombits(bits - 1)
		}
	}
	return T(s)
}
