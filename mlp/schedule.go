package mlp

import "math"

// ConstantRate is a learning rate that stays the same.
func ConstantRate(rate float64) func(epoch int) float64 {
	return func(int) float64 { return rate }
}

// LinearRate is a learning rate that falls along a line, from first in epoch 1
// to first/epochs in the last, and is 0 after it: large steps lead near a minimum but keep the
// weights in motion round it, small ones let them settle.
func LinearRate(first float64, epochs int) func(epoch int) float64 {
	return func(epoch int) float64 { return first * float64(max(0, epochs-epoch+1)) / float64(epochs) }
}

// StepRate is a learning rate that is multiplied by factor after every so many
// epochs:
//
//	first·factor^⌊(epoch − 1)/every⌋
func StepRate(first float64, every int, factor float64) func(epoch int) float64 {
	return func(epoch int) float64 { return first * math.Pow(factor, float64((epoch-1)/every)) }
}

// ExponentialRate is a learning rate that is multiplied by factor after each
// epoch: first·factor^(epoch − 1).
func ExponentialRate(first, factor float64) func(epoch int) float64 {
	return StepRate(first, 1, factor)
}

// CosineRate is a learning rate that falls along half a cosine, from first in
// epoch 1 nearly to 0 in the last (I. Loshchilov, F. Hutter: SGDR, 2017):
//
//	first·(1 + cos(π·(epoch − 1)/epochs))/2
func CosineRate(first float64, epochs int) func(epoch int) float64 {
	return func(epoch int) float64 {
		return first * (1 + math.Cos(math.Pi*float64(epoch-1)/float64(epochs))) / 2
	}
}

// WarmUp is a learning rate that begins small: in the first so many epochs it is
// 1/epochs, 2/epochs … of rate's, and then rate's.
func WarmUp(epochs int, rate func(epoch int) float64) func(epoch int) float64 {
	return func(epoch int) float64 {
		if epoch >= epochs {
			return rate(epoch)
		}
		return rate(epoch) * float64(epoch) / float64(epochs)
	}
}
