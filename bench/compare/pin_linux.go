package main

import (
	"fmt"
	"os"
	"strconv"

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
