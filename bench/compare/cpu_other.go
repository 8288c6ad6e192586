//go:build !linux

package main

// pin does nothing where it is not known how to.
func pin(int) (string, error) { return "not pinned", nil }

// settle does nothing where no peers are opened.
func settle() error { return nil }
