package blas

// Packed is one operand of matrix products, copied in the order in which they
// read it.
type Packed[T Float] struct {
	across int // rows of A or columns of B, rounded up to panels
	data   []T
}

// panels returns the address of the panel that begins at row or column i, in
// the k block of kb steps that begins at pc.
func (p *Packed[T]) panels(pc, i, kb int) *T { return ptr(p.data, pc*p.across+i*kb) }
