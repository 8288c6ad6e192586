package dataset

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// numbered returns n samples of which sample i is (i·features, i·features+1, …) and of class
// i mod classes.
func numbered(n, features, classes int) *Dataset[float32] {
	d := &Dataset[float32]{Features: features, Classes: classes, Divisor: 1}
	for i := range n {
		s := make([]float32, features)
		for f := range s {
			s[f] = float32(i*features + f)
		}
		d.Samples = append(d.Samples, s)
		d.Labels = append(d.Labels, i%classes)
	}
	return d
}

func classCounts[T float32 | float64](d *Dataset[T]) []int {
	counts := make([]int, d.Classes)
	for _, k := range d.Labels {
		counts[k]++
	}
	return counts
}

func TestDigits(t *testing.T) {
	train, test := Digits[float32]()
	if train.Len() != 1437 || test.Len() != 360 {
		t.Fatalf("%d + %d samples, want 1437 + 360", train.Len(), test.Len())
	}
	published := []int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}
	inTrain, inTest := classCounts(train), classCounts(test)
	for k, n := range published {
		if inTrain[k]+inTest[k] != n {
			t.Errorf("class %d: %d samples, want %d", k, inTrain[k]+inTest[k], n)
		}
		if share := float64(n) * 360 / 1797; float64(inTest[k]) < share-1 || float64(inTest[k]) > share+1 {
			t.Errorf("class %d: %d samples held out, want its share of %.1f to within one", k, inTest[k], share)
		}
	}
	for _, d := range []*Dataset[float32]{train, test} {
		for i, s := range d.Samples {
			if len(s) != d.Features || slices.Min(s) < 0 || slices.Max(s) > 1 {
				t.Fatalf("sample %d: %d values in [%v, %v], want %d in [0, 1]", i, len(s), slices.Min(s), slices.Max(s), d.Features)
			}
		}
	}

	// The first line of the file, a 0, as its authors published it.
	all, err := readDigits[float64](digitsGz)
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0}
	for i, v := range want {
		if got := all.Samples[0][i] * 16; got != v {
			t.Errorf("first sample: pixel %d is %v, want %v", i, got, v)
		}
	}
	if all.Labels[0] != 0 {
		t.Errorf("first sample: class %d, want 0", all.Labels[0])
	}
}

func TestSplit(t *testing.T) {
	d := numbered(103, 2, 4)
	for _, n := range []int{1, 10, 26, 51, 102} {
		rest, part, err := d.Split(n, 7)
		if err != nil {
			t.Fatal(err)
		}
		if part.Len() != n || rest.Len() != d.Len()-n {
			t.Fatalf("n=%d: %d and %d samples", n, rest.Len(), part.Len())
		}
		sizes := classCounts(d)
		for k, got := range classCounts(part) {
			if share := float64(n*sizes[k]) / float64(d.Len()); float64(got) <= share-1 || float64(got) >= share+1 {
				t.Errorf("n=%d: %d of class %d, want %.2f to within one", n, got, k, share)
			}
		}
		seen := make([]int, d.Len())
		for _, set := range []*Dataset[float32]{rest, part} {
			for i, s := range set.Samples {
				id := int(s[0]) / 2
				seen[id]++
				if set.Labels[i] != d.Labels[id] {
					t.Fatalf("n=%d: sample %d is of class %d, want %d", n, id, set.Labels[i], d.Labels[id])
				}
			}
		}
		if slices.Min(seen) != 1 || slices.Max(seen) != 1 {
			t.Errorf("n=%d: the parts don't make up the whole: %v", n, seen)
		}
		again, _, _ := d.Split(n, 7)
		if !slices.Equal(again.Labels, rest.Labels) || !slices.EqualFunc(again.Samples, rest.Samples, slices.Equal) {
			t.Errorf("n=%d: the same seed splits differently", n)
		}
	}
	_, a, _ := d.Split(50, 1)
	_, b, _ := d.Split(50, 2)
	if slices.EqualFunc(a.Samples, b.Samples, slices.Equal) {
		t.Error("two seeds split alike")
	}
	for _, n := range []int{-1, 0, 103, 104} {
		if _, _, err := d.Split(n, 1); err == nil || !strings.Contains(err.Error(), "expected 1 to 102") {
			t.Errorf("n=%d: error %v", n, err)
		}
	}
}

func TestNextBatch(t *testing.T) {
	for _, n := range []int{1, 7, 8, 9, 33} {
		for _, size := range []int{1, 3, 8, 17, 33, 40} {
			d := numbered(n, 5, 3)
			b := d.Batches()
			rng := rand.New(rand.NewPCG(1, 2))
			for range 2 {
				b.Shuffle(rng)
				seen := make([]int, n)
				left := n
				for range b.Count(size) {
					x, y := b.NextBatch(size)
					want := min(size, left)
					left -= want
					if x.Rows != 5 || x.Cols != want || x.Stride != want || y.Rows != 3 || y.Cols != want || y.Stride != want {
						t.Fatalf("n=%d size=%d: x %d×%d, y %d×%d, want %d columns", n, size, x.Rows, x.Cols, y.Rows, y.Cols, want)
					}
					for j := range want {
						id := int(x.Data[j]) / 5
						seen[id]++
						for f, v := range d.Samples[id] {
							if got := x.Data[f*want+j]; got != v {
								t.Fatalf("n=%d size=%d: feature %d of sample %d is %v, want %v", n, size, f, id, got, v)
							}
						}
						for k := range 3 {
							v := float32(0)
							if k == d.Labels[id] {
								v = 1
							}
							if got := y.Data[k*want+j]; got != v {
								t.Fatalf("n=%d size=%d: y of class %d, sample %d is %v, want %v", n, size, k, id, got, v)
							}
						}
					}
				}
				if left != 0 || slices.Min(seen) != 1 || slices.Max(seen) != 1 {
					t.Fatalf("n=%d size=%d: one pass has samples %v times", n, size, seen)
				}
			}
		}
	}
}

// An epoch's order follows from its seed alone, so that training can be resumed
// at any epoch.
func TestShuffleForgets(t *testing.T) {
	d := numbered(50, 1, 2)
	order := func(b *Batches[float32], seed uint64) []float32 {
		b.Shuffle(rand.New(rand.NewPCG(seed, 0)))
		x, _ := b.NextBatch(50)
		return slices.Clone(x.Data)
	}
	b := d.Batches()
	first := order(b, 1)
	b.NextBatch(7)
	second := order(b, 2)
	if slices.Equal(first, second) {
		t.Error("two seeds give one order")
	}
	if !slices.Equal(order(b, 1), first) {
		t.Error("the order depends on the epochs before")
	}
}

func TestNextBatchDoesNotAllocate(t *testing.T) {
	b := numbered(100, 9, 3).Batches()
	b.NextBatch(32)
	if n := testing.AllocsPerRun(20, func() { b.NextBatch(32) }); n != 0 {
		t.Errorf("%v allocations a batch, want 0", n)
	}
}

func TestNextBatchPanics(t *testing.T) {
	defer func() {
		if r := recover(); r != badBatchSize {
			t.Errorf("panic %v, want %q", r, badBatchSize)
		}
	}()
	numbered(3, 1, 1).Batches().NextBatch(0)
}

// What is left over goes to the largest remainders.
func TestQuotas(t *testing.T) {
	byClass := [][]int{make([]int, 10), make([]int, 12), make([]int, 11)}
	if got := quotas(10, 33, byClass); !slices.Equal(got, []int{3, 4, 3}) { // of 3.03, 3.64, 3.33
		t.Errorf("quotas %d, want 3, 4 and 3", got)
	}
}
