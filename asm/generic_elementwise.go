package asm

import "math"

func expGeneric32(dst, src []float32) {
	for i, v := range src {
		dst[i] = float32(math.Exp(float64(v)))
	}
}

func expGeneric64(dst, src []float64) {
	for i, v := range src {
		dst[i] = math.Exp(v)
	}
}

func sigmoidGeneric32(dst, src []float32) {
	for i, v := range src {
		dst[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
}

func sigmoidGeneric64(dst, src []float64) {
	for i, v := range src {
		dst[i] = 1 / (1 + math.Exp(-v))
	}
}
