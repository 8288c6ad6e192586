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

// whole is a flag's whole number of at least 0.
type whole int

func (w *whole) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 {
		return fmt.Errorf("%q: expected a whole number of at least 0", text)
	}
	*w = whole(n)
	return nil
}

// amount is a flag's finite number of at least 0.
type amount float64

func (a *amount) UnmarshalText(text []byte) error {
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 0) {
		return fmt.Errorf("%q: expected a number of at least 0", text)
	}
	*a = amount(v)
	return nil
}

// fraction is a flag's number of at least 0 and less than 1.
type fraction float64

func (f *fraction) UnmarshalText(text []byte) error {
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(v >= 0 && v < 1) {
		return fmt.Errorf("%q: expected a number of at least 0 and less than 1", text)
	}
	*f = fraction(v)
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

// source is a path, or - for standard input.
type source string

func (s *source) UnmarshalText(text []byte) error {
	if string(text) == "-" {
		*s = "-"
		return nil
	}
	return (*path)(s).UnmarshalText(text)
}

// units is a flag's list of units per hidden layer.
type units []int

func (u units) String() string {
	if len(u) == 0 {
		return "none"
	}
	return strings.ReplaceAll(strings.Trim(fmt.Sprint([]int(u)), "[]"), " ", ",")
}

func (u *units) UnmarshalText(text []byte) error {
	*u = nil
	if string(text) == "none" {
		return nil
	}
	for part := range strings.SplitSeq(string(text), ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return fmt.Errorf("%q: expected whole numbers of at least 1, separated by commas, or none", text)
		}
		*u = append(*u, n)
	}
	return nil
}
