package gonumblas

import "gonum.org/v1/gonum/blas/gonum"

// Implementation is gonum's BLAS with the routines that this package defines in
// place of gonum's own. The zero value is ready to use, by blas64.Use and blas32.Use.
type Implementation struct {
	gonum.Implementation
}
