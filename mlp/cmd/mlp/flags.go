package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// count is a flag's whole number of at least 1.
type count int

func (c *count) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 {
		return fmt.Errorf("%q: expected a whole number of at least 1", text)
	}
	*c = count(n)
	return nil
}

// rate is a flag's positive, finite number.
type rate float64

func (r *rate) UnmarshalText(text []byte) error {
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return fmt.Errorf("%q: expected a positive number", text)
	}
	*r = rate(v)
	return nil
}

// path is a flag's name of a file or folder. One that is empty, or that looks like
// a flag, comes from a mistake in the command line.
type path string

func (p *path) UnmarshalText(text []byte) error {
	if len(text) == 0 || text[0] == '-' {
		return fmt.Errorf("%q: expected a path (begin it with ./ if it has a - in front)", text)
	}
	*p = path(text)
	return nil
}

// units is a flag's list of units per hidden layer.
type units []int

func (u *units) UnmarshalText(text []byte) error {
	*u = nil
	for part := range strings.SplitSeq(string(text), ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return fmt.Errorf("%q: expected whole numbers of at least 1, separated by commas", text)
		}
		*u = append(*u, n)
	}
	return nil
}
