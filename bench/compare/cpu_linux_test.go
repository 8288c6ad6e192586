package main

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

func TestSettle(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if runtime.GOMAXPROCS(0) < 2 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	}
	var stop atomic.Bool
	stopped := make(chan time.Time)
	go func() {
		runtime.LockOSThread() // a thread that is neither this one nor shared
		for !stop.Load() {
		}
		stopped <- time.Now()
	}()
	for { // until it has begun
		if busy, err := others(); err != nil {
			t.Fatal(err)
		} else if busy {
			break
		}
		time.Sleep(time.Millisecond)
	}
	time.AfterFunc(20*time.Millisecond, func() { stop.Store(true) })
	if err := settle(); err != nil {
		t.Fatal(err)
	}
	settled := time.Now()
	if at := <-stopped; settled.Before(at) {
		t.Errorf("settled %v before the thread stopped", at.Sub(settled))
	}
}
