package mlp

import (
	"fmt"
	"math"
	"strings"
)

// Confusion is a confusion matrix. Rows are true classes, columns are predicted
// classes.
type Confusion struct {
	counts [][]int
}

// NewConfusion returns a matrix of zeros. It panics if classes < 1.
func NewConfusion(classes int) *Confusion {
	if classes < 1 {
		panic(badClassCount)
	}
	c := &Confusion{counts: make([][]int, classes)}
	for i := range c.counts {
		c.counts[i] = make([]int, classes)
	}
	return c
}

// Add counts one sample. It panics if a class is out of range.
func (c *Confusion) Add(truth, predicted int) { c.AddN(truth, predicted, 1) }

// AddN counts n samples. It panics if a class is out of range.
func (c *Confusion) AddN(truth, predicted, n int) {
	if uint(truth) >= uint(len(c.counts)) || uint(predicted) >= uint(len(c.counts)) {
		panic(badClass)
	}
	c.counts[truth][predicted] += n
}

// Classes returns the number of classes.
func (c *Confusion) Classes() int { return len(c.counts) }

// At returns how many samples of class truth were predicted as class predicted.
func (c *Confusion) At(truth, predicted int) int { return c.counts[truth][predicted] }

// Samples returns the number of samples counted.
func (c *Confusion) Samples() int {
	n := 0
	for _, r := range c.counts {
		for _, v := range r {
			n += v
		}
	}
	return n
}

// Correct returns the number of samples that were predicted correctly, the
// trace.
func (c *Confusion) Correct() int {
	n := 0
	for k := range c.counts {
		n += c.counts[k][k]
	}
	return n
}

// Accuracy returns the overall accuracy, correct / samples; NaN without samples.
func (c *Confusion) Accuracy() float64 { return ratio(c.Correct(), c.Samples()) }

// ErrorRate returns 1 − Accuracy.
func (c *Confusion) ErrorRate() float64 { return ratio(c.Samples()-c.Correct(), c.Samples()) }

// ClassMeasures are the measures of one class against all others. A measure of
// 0/0 is NaN.
type ClassMeasures struct {
	TP, FN, FP, TN int

	Accuracy  float64 // (TP+TN) / samples
	Recall    float64 // TP / (TP+FN)
	Precision float64 // TP / (TP+FP)
	F1        float64 // 2·Precision·Recall / (Precision+Recall)
}

// Class returns the measures of class k.
func (c *Confusion) Class(k int) ClassMeasures {
	m := ClassMeasures{TP: c.counts[k][k]}
	for i := range c.counts {
		m.FN += c.counts[k][i]
		m.FP += c.counts[i][k]
	}
	samples := c.Samples()
	m.FN -= m.TP
	m.FP -= m.TP
	m.TN = samples - m.TP - m.FN - m.FP
	m.Accuracy = ratio(m.TP+m.TN, samples)
	m.Recall = ratio(m.TP, m.TP+m.FN)
	m.Precision = ratio(m.TP, m.TP+m.FP)
	m.F1 = 2 * m.Precision * m.Recall / (m.Precision + m.Recall)
	return m
}

// ratio returns a/b; NaN if both are 0.
func ratio(a, b int) float64 { return float64(a) / float64(b) }

// Average is the mean of a measure over the classes where it is defined.
type Average struct {
	Mean      float64 // NaN if it is defined nowhere
	Undefined int     // classes left out, where the measure is 0/0
}

// Averages are means over classes, each class with the same weight.
type Averages struct {
	Accuracy, Recall, Precision, F1 Average
}

// Averages returns the means of all classes' measures.
func (c *Confusion) Averages() Averages {
	over := func(measure func(ClassMeasures) float64) Average {
		var a Average
		sum := 0.0
		for k := range c.counts {
			if v := measure(c.Class(k)); math.IsNaN(v) {
				a.Undefined++
			} else {
				sum += v
			}
		}
		a.Mean = sum / float64(len(c.counts)-a.Undefined)
		return a
	}
	return Averages{
		Accuracy:  over(func(m ClassMeasures) float64 { return m.Accuracy }),
		Recall:    over(func(m ClassMeasures) float64 { return m.Recall }),
		Precision: over(func(m ClassMeasures) float64 { return m.Precision }),
		F1:        over(func(m ClassMeasures) float64 { return m.F1 }),
	}
}

// String returns the matrix and all measures as text, in percent. What is
// undefined is printed as –.
func (c *Confusion) String() string {
	var b strings.Builder
	b.WriteString("confusion matrix (rows: true class, columns: predicted class)\n")
	width := max(5, len(fmt.Sprint(c.Samples()))+1)
	b.WriteString("class")
	for k := range c.counts {
		fmt.Fprintf(&b, "%*d", width, k)
	}
	b.WriteString("\n")
	for k, r := range c.counts {
		fmt.Fprintf(&b, "%5d", k)
		for _, v := range r {
			fmt.Fprintf(&b, "%*d", width, v)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\naccuracy   %s  (%d of %d samples)\nerror rate %s\n\n",
		percent(c.Accuracy()), c.Correct(), c.Samples(), percent(c.ErrorRate()))

	b.WriteString("class  accuracy   recall precision  F-score\n")
	line := func(name string, accuracy, recall, precision, f1 float64) {
		fmt.Fprintf(&b, "%5s   %s  %s   %s  %s\n", name, percent(accuracy), percent(recall), percent(precision), percent(f1))
	}
	for k := range c.counts {
		m := c.Class(k)
		line(fmt.Sprint(k), m.Accuracy, m.Recall, m.Precision, m.F1)
	}
	a := c.Averages()
	line("mean", a.Accuracy.Mean, a.Recall.Mean, a.Precision.Mean, a.F1.Mean)
	if a.Accuracy.Undefined+a.Recall.Undefined+a.Precision.Undefined+a.F1.Undefined > 0 {
		fmt.Fprintf(&b, "classes undefined (–) and left out of the mean: accuracy %d, recall %d, precision %d, F-score %d\n",
			a.Accuracy.Undefined, a.Recall.Undefined, a.Precision.Undefined, a.F1.Undefined)
	}
	return b.String()
}

// percent formats v in 7 columns.
func percent(v float64) string {
	if math.IsNaN(v) {
		return "      –"
	}
	return fmt.Sprintf("%6.2f%%", 100*v)
}
