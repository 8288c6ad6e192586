//go:build !(peers && linux && cgo)

package main

import "errors"

func (o vectorOperands) objects(string, string) ([]vectorLibrary, error) {
	return nil, errors.New("built without the tag peers, or without cgo, or not for Linux")
}
