//go:build !amd64 || purego

package asm

// No level beyond the generic one: GODEBUG has nothing to switch off.
func features(string) struct{} { return struct{}{} }

func machineLevels(struct{}) []*Level { return []*Level{generic()} }
