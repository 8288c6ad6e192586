//go:build !(peers && linux && cgo)

package main

// openPeers opens none: without cgo nothing here can call them.
func openPeers(string, map[string]string, string, int) ([]library, []string, error) {
	return nil, []string{"lanewise alone is measured; with peers on linux: go run -tags peers ./bench/compare"}, nil
}
