//go:build race

package blas

// raceDetector says that tests run slowly and allocate.
const raceDetector = true
