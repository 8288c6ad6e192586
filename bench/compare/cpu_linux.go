package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// pin moves all threads of this process, and so those that they will start, to
// the first CPUs that the process may use, one for each thread that computes.
func pin(threads int) (string, error) {
	var allowed, chosen unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return "", fmt.Errorf("the CPUs that this process may use: %w", err)
	}
	if allowed.Count() < threads {
		return "", fmt.Errorf("%d threads: expected at most %d, the CPUs that this process may use", threads, allowed.Count())
	}
	text := ""
	for cpu := 0; chosen.Count() < threads; cpu++ {
		if allowed.IsSet(cpu) {
			chosen.Set(cpu)
			text += " " + strconv.Itoa(cpu)
		}
	}
	// A second pass finds threads that others started before their turn.
	for range 2 {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return "", err
		}
		for _, task := range tasks {
			id, err := strconv.Atoi(task.Name())
			if err != nil {
				return "", fmt.Errorf("/proc/self/task/%s: expected a thread's number", task.Name())
			}
			if err := unix.SchedSetaffinity(id, &chosen); err != nil && err != unix.ESRCH {
				return "", fmt.Errorf("pinning thread %d to CPU%s: %w", id, text, err)
			}
		}
	}
	return "CPU" + text, nil
}

// settle waits until no other thread of this process runs or is ready to. After
// a product the threads of a library's pool look for more work for a while, and
// would keep CPUs from the next library.
func settle() error {
	const limit = 10 * time.Second
	for start := time.Now(); time.Since(start) < limit; time.Sleep(time.Millisecond) {
		if busy, err := others(); err != nil || !busy {
			return err
		}
	}
	return fmt.Errorf("a thread still runs %v after a product; expected a library's threads to rest by then", limit)
}

// others reports whether another thread is ready to run.
func others() (bool, error) {
	self := strconv.Itoa(unix.Gettid())
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return false, err
	}
	for _, task := range tasks {
		if task.Name() == self {
			continue
		}
		stat, err := os.ReadFile("/proc/self/task/" + task.Name() + "/stat")
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // it has ended
		}
		if err != nil {
			return false, err
		}
		// The state follows the name, which stands in brackets.
		if end := bytes.LastIndexByte(stat, ')'); end >= 0 && bytes.HasPrefix(stat[end+1:], []byte(" R")) {
			return true, nil
		}
	}
	return false, nil
}
