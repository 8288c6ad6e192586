// Package dataset holds samples with classes or targets for package mlp: the
// embedded digits; files in the IDX format of MNIST and Fashion-MNIST, tables of
// comma-separated values and NumPy's npz; scaling, stratified splits, and mini-batches.
//
// # Layout
//
// A [Dataset] keeps each sample contiguous, as files have it. A network takes
// samples as columns: the mini-batch of N samples with n_0 features each is the
// row-major matrix
//
//	    sample   0    1   …  N−1
//	X = feature 0  x_00 x_01 … x_0,N−1       n_0 × N
//	    feature 1  x_10 x_11 … x_1,N−1
//	    …
//
// and the labels become the one-hot matrix Y (classes × N): y_kj = 1 if sample
// j is of class k, otherwise 0; for regression Y has targets as columns.
// [Batches.NextBatch] gathers both.
//
// Pixels are raw values divided by [Dataset.Divisor], the largest value that there
// can be, so they lie in [0, 1]; values of tables are as they are. [NewScaling]
// takes statistics from one set, as a rule that for training, which
// [Dataset.Scaled] puts to it and to every other.
//
// # Files
//
// Readers trust nothing that a header says before the file has borne it out:
// magic numbers, dimensions and counts are checked against each other and
// against what a file of that size can hold, memory is taken as data arrive,
// and a file must end where its header says. Errors name the file, the offset
// in its (decompressed) data, the array, or the line and column, and what was
// expected there.
package dataset
