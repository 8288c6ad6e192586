//go:build darwin || linux

package ref

import (
	"syscall"
	"testing"
)

// guardedPages maps size bytes, rounded up to at least one page, between two
// pages without access.
func guardedPages(t testing.TB, size int) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	inner := max(1, (size+page-1)/page) * page
	all, err := syscall.Mmap(-1, 0, inner+2*page, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatalf("mmap of %d bytes: %v", inner+2*page, err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(all); err != nil {
			t.Errorf("munmap: %v", err)
		}
	})
	pages := all[page : page+inner : page+inner]
	protect(t, pages, writable)
	return pages
}

func protect(t testing.TB, pages []byte, allowed int) {
	t.Helper()
	access := map[int]int{0: syscall.PROT_NONE, readable: syscall.PROT_READ, writable: syscall.PROT_READ | syscall.PROT_WRITE}[allowed]
	if err := syscall.Mprotect(pages, access); err != nil {
		t.Fatalf("mprotect: %v", err)
	}
}
