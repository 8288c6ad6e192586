// Package bench holds the benchmarks of this module and what they are compared
// with. README.md beside it tells how to run them and what they gave.
package bench
