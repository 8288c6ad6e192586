// Package ref holds the simplest code that is right for each operation, the
// bounds that results are held to, and buffers that notice a stray access. It
// is imported by tests and benchmarks only.
package ref

// Float is a type under test.
type Float interface{ float32 | float64 }
