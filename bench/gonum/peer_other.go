//go:build !peers || !linux || !cgo

package main

import (
	"errors"

	"gonum.org/v1/gonum/blas"
)

func open(string) (blas.Float64, string, error) {
	return nil, "", errors.New("libraries are opened by cgo: build on Linux with -tags peers")
}
