package dataset

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/lanewise/lanewise/blas"
)

// Dataset is a set of samples, labelled with classes or, for regression, with
// target values. It is not changed by this module's packages, so that many
// readers may share it.
type Dataset[T blas.Float] struct {
	Samples  [][]T   // each of Features values, contiguous
	Labels   []int   // Labels[i] is the class of Samples[i], 0 … Classes−1; nil for regression
	Targets  [][]T   // Targets[i] are the values that belong to Samples[i]; nil for classes
	Features int     // n_0, the values of one sample
	Classes  int     // how many classes there are; some may have no sample; 0 for regression
	Divisor  float64 // raw values were divided by it

	Schema
}

// Len returns the number of samples.
func (d *Dataset[T]) Len() int { return len(d.Samples) }

// IsRegression says that samples have targets, not classes.
func (d *Dataset[T]) IsRegression() bool { return d.Targets != nil }

// Outputs returns n_L: the number of classes, or of values in a target.
func (d *Dataset[T]) Outputs() int {
	if len(d.Targets) > 0 {
		return len(d.Targets[0])
	}
	return d.Classes
}

// Check returns an error unless each sample has Features values, and a label below Classes or
// targets, as many as the others.
func (d *Dataset[T]) Check() error {
	have, what := len(d.Labels), "labels"
	if d.IsRegression() {
		have, what = len(d.Targets), "targets"
	}
	if have != d.Len() {
		return fmt.Errorf("dataset: %d samples with %d %s: expected as many", d.Len(), have, what)
	}
	for i, x := range d.Samples {
		if len(x) != d.Features {
			return fmt.Errorf("dataset: sample %d has %d values: expected %d", i, len(x), d.Features)
		}
	}
	for i, k := range d.Labels {
		if k < 0 || k >= d.Classes {
			return fmt.Errorf("dataset: sample %d is of class %d: expected 0 to %d", i, k, d.Classes-1)
		}
	}
	for i, y := range d.Targets {
		if len(y) != len(d.Targets[0]) {
			return fmt.Errorf("dataset: sample %d has %d targets: expected %d as the first", i, len(y), len(d.Targets[0]))
		}
	}
	return nil
}

// What sets the random numbers of splits and folds apart from those that others
// draw from the same seed.
const (
	splitStream = 1<<32 + iota
	foldStream
)

// Split divides d at random into part, of n samples, and rest, of the others.
// The split is stratified: each class has its share of part to within one
// sample (largest remainders first); targets are as one class. It depends on d, n
// and seed alone. Samples keep their order and are shared with d, not copied. A
// second split of rest makes three parts: for training, validation and test.
//
// It is an error if part or rest would be empty, and if d does not pass Check.
func (d *Dataset[T]) Split(n int, seed uint64) (rest, part *Dataset[T], err error) {
	if err := d.Check(); err != nil {
		return nil, nil, err
	}
	if n < 1 || n >= d.Len() {
		return nil, nil, fmt.Errorf("dataset: split off %d of %d samples: expected 1 to %d", n, d.Len(), d.Len()-1)
	}
	byClass := d.members(rand.New(rand.NewPCG(seed, splitStream)))
	quota := quotas(n, d.Len(), byClass)
	chosen := make([]bool, d.Len())
	for k, members := range byClass {
		for _, i := range members[:quota[k]] {
			chosen[i] = true
		}
	}
	rest, part = d.divide(chosen, n)
	return rest, part, nil
}

// Fold is one way to hold a part of a data set out of training.
type Fold[T blas.Float] struct{ Train, Validation *Dataset[T] }

// Folds divides d at random into k parts and returns, for each, that part as
// validation and the others as training set: k-fold cross-validation. The parts
// are stratified; their sizes, and those of each class in them, differ by at most
// one; targets are as one class. They depend on d, k and seed alone. Samples keep
// their order and are shared with d, not copied.
//
// It is an error if k is less than 2 or more than the samples of d, and if d does not pass
// Check.
func (d *Dataset[T]) Folds(k int, seed uint64) ([]Fold[T], error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	if k < 2 || k > d.Len() {
		return nil, fmt.Errorf("dataset: %d folds of %d samples: expected 2 to %d", k, d.Len(), d.Len())
	}
	// Dealt out like cards, one class after another.
	part := make([]int, d.Len())
	sizes := make([]int, k)
	next := 0
	for _, members := range d.members(rand.New(rand.NewPCG(seed, foldStream))) {
		for _, i := range members {
			part[i] = next % k
			sizes[next%k]++
			next++
		}
	}
	folds := make([]Fold[T], k)
	chosen := make([]bool, d.Len())
	for f := range folds {
		for i, p := range part {
			chosen[i] = p == f
		}
		folds[f].Train, folds[f].Validation = d.divide(chosen, sizes[f])
	}
	return folds, nil
}

// divide returns the samples that are not chosen, and the n that are.
func (d *Dataset[T]) divide(chosen []bool, n int) (rest, part *Dataset[T]) {
	rest, part = d.empty(d.Len()-n), d.empty(n)
	for i, isPart := range chosen {
		to := rest
		if isPart {
			to = part
		}
		to.Samples = append(to.Samples, d.Samples[i])
		if d.IsRegression() {
			to.Targets = append(to.Targets, d.Targets[i])
		} else {
			to.Labels = append(to.Labels, d.Labels[i])
		}
	}
	return rest, part
}

// members returns the samples of each class, shuffled; all in one for regression.
func (d *Dataset[T]) members(rng *rand.Rand) [][]int {
	byClass := make([][]int, max(1, d.Classes))
	for i := range d.Samples {
		k := 0
		if !d.IsRegression() {
			k = d.Labels[i]
		}
		byClass[k] = append(byClass[k], i)
	}
	for _, members := range byClass {
		rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	}
	return byClass
}

// quotas apportions n of total samples to classes: ⌊n·size/total⌋ each, and one
// more to those with the largest remainders.
func quotas(n, total int, byClass [][]int) []int {
	quota := make([]int, len(byClass))
	remainder := make([]int64, len(byClass))
	byRemainder := make([]int, len(byClass))
	left := n
	for k, members := range byClass {
		share := int64(n) * int64(len(members))
		quota[k] = int(share / int64(total))
		remainder[k] = share % int64(total)
		byRemainder[k] = k
		left -= quota[k]
	}
	slices.SortStableFunc(byRemainder, func(a, b int) int { return cmp.Compare(remainder[b], remainder[a]) })
	for _, k := range byRemainder[:left] {
		quota[k]++
	}
	return quota
}

// empty returns a set like d, with no samples and room for n.
func (d *Dataset[T]) empty(n int) *Dataset[T] {
	e := &Dataset[T]{
		Samples:  make([][]T, 0, n),
		Features: d.Features,
		Classes:  d.Classes,
		Divisor:  d.Divisor,
		Schema:   d.Schema,
	}
	if d.IsRegression() {
		e.Targets = make([][]T, 0, n)
	} else {
		e.Labels = make([]int, 0, n)
	}
	return e
}
