package main

import (
	"encoding/csv"
	"io"
	"strconv"
)

// writeCSV writes a line for each library at each shape. Of training, op has the units, n
// the batch and gflops thousands of samples a second. Of our own lines those
// named lanewise have no ratio, those named lanewise-again that of the noise, and
// those named lanewise-alone that to one thread.
func writeCSV(w io.Writer, r *report) error {
	out := csv.NewWriter(w)
	out.Write([]string{"level", "type", "threads", "m", "n", "k", "op", "lda", "ldb", "ldc", "lib", "samples",
		"gflops", "gflops_lo", "gflops_hi", "percent_of_ceiling", "ratio", "ratio_lo", "ratio_hi", "best"})
	for _, t := range r.tables {
		for _, x := range t.rows {
			best, _ := x.best()
			for _, lib := range append([]string{oursName, againName, aloneName}, t.peers...) {
				rate, ok := x.rates[lib]
				if !ok {
					continue
				}
				s := x.shape
				if x.net.units != "" {
					s = shape{op: x.net.units, n: x.net.batch}
				}
				line := []string{t.level, t.typ, t.threads, strconv.Itoa(s.m), strconv.Itoa(s.n), strconv.Itoa(s.k), s.op,
					strconv.Itoa(s.lda), strconv.Itoa(s.ldb), strconv.Itoa(s.ldc), lib, strconv.Itoa(x.samples),
					decimal(rate.center), decimal(rate.lo), decimal(rate.hi), decimal(x.shares[lib].center)}
				ratio, ok := x.ratios[lib]
				switch lib {
				case againName:
					ratio, ok = toAgain(x)
				case aloneName:
					ratio, ok = toAlone(x)
				}
				if ok {
					line = append(line, decimal(ratio.center), decimal(ratio.lo), decimal(ratio.hi))
				} else {
					line = append(line, "", "", "")
				}
				out.Write(append(line, strconv.FormatBool(lib == best)))
			}
		}
	}
	out.Flush()
	return out.Error()
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }
