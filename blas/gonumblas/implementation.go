package gonumblas

import "gonum.org/v1/gonum/blas/gonum"

// Implementation is gonum's BLAS with the routines that this package defines in
// place of gonum's own. The zero value is ready to use, by blas64.Use and blas32.Use.
type Implementation struct {
	gonum.Implementation

	all bool // leave no small calls to gonum: for tests, whose calls are small
}

// few reports whether a call of so many operations is left to gonum.
func (i Implementation) few(operations, fewest uint64) bool { return operations < fewest && !i.all }

// least returns from how many elements on a vector is not left to gonum.
func (i Implementation) least(fewest int) int {
	if i.all {
		return 1
	}
	return fewest
}
