package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aclements/go-moremath/stats"
	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchproc"
)

// The names of this module in results: once as what is compared, once more as if
// it were a peer, whose ratios show the noise, and where it has several threads on
// one of them, whose ratios are what the others add.
const (
	oursName  = "lanewise"
	againName = "lanewise-again"
	aloneName = "lanewise-alone"
)

const (
	confidence = 0.95
	// A shape is lost if its ratio's interval lies below 1, and slower if it
	// lies below this.
	slowerBelow = 0.97
	// Ratios with such a geometric mean and such a lowest one are ahead.
	aheadMean, aheadLowest = 1.03, 0.95
)

// interval is a median with its confidence interval.
type interval struct{ center, lo, hi float64 }

func (i interval) lost() bool   { return i.hi < 1 }
func (i interval) slower() bool { return i.hi < slowerBelow }

// summarize returns the median of values. Its interval is infinite if they are
// fewer than six.
func summarize(values []float64) interval {
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds), confidence)
	return interval{s.Center, s.Lo, s.Hi}
}

// report is what files have, a table for each level, type and thread count.
type report struct {
	config []setting
	tables []*table
}

type table struct {
	level, typ, threads string
	training            bool     // not products: rates are in thousands of samples a second
	peers               []string // in the order of the files
	rows                []*row
}

// row is what was measured for one shape, or one network's training. The keys of its
// maps are names of libraries.
type row struct {
	shape   shape
	net     training
	samples int                 // of ours
	ceiling float64             // in the table's unit
	rates   map[string]interval // likewise, ours and the peers'
	shares  map[string]interval // of the ceiling, likewise
	ratios  map[string]interval // our rate over the peer's
	again   *interval           // the ratio of the noise, if it was measured
	alone   *interval           // the ratio to one thread, likewise
}

// label is what was measured, for people.
func (r *row) label() string {
	if r.net.units != "" {
		return r.net.String()
	}
	return r.shape.String()
}

// best returns the peer with the lowest ratio, "" if there is none.
func (r *row) best() (name string, ratio interval) {
	for peer, x := range r.ratios {
		if name == "" || cmp.Or(cmp.Compare(x.center, ratio.center), strings.Compare(peer, name)) < 0 {
			name, ratio = peer, x
		}
	}
	return name, ratio
}

// report compares what was collected.
func (c *collector) report() (*report, error) {
	if len(c.cells) == 0 {
		return nil, fmt.Errorf("no results; expected lines such as BenchmarkGemm/m=64/n=64/k=64/op=NN/type=f32/lib=%s-1", oursName)
	}
	r := &report{config: c.config}
	for _, cells := range groups(c.cells, func(at cell) benchproc.Key { return at.table }) {
		f := fields(cells[0].table)
		t := &table{level: f[0], typ: f[1], threads: f[2], training: f[3] == trainName}
		for _, at := range cells {
			if lib := libOf(at.lib); !slices.Contains([]string{oursName, againName, aloneName}, lib) && !slices.Contains(t.peers, lib) {
				t.peers = append(t.peers, lib)
			}
		}
		for _, cells := range groups(cells, func(at cell) benchproc.Key { return at.shape }) {
			x, err := c.row(cells)
			if err != nil {
				return nil, fmt.Errorf("%s, %s, %w", t.level, t.typ, err)
			}
			t.rows = append(t.rows, x)
		}
		r.tables = append(r.tables, t)
	}
	return r, nil
}

// groups splits cells by a key, keeping their order.
func groups(cells []cell, key func(cell) benchproc.Key) [][]cell {
	var all [][]cell
	place := map[benchproc.Key]int{}
	for _, at := range cells {
		i, ok := place[key(at)]
		if !ok {
			i = len(all)
			place[key(at)] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], at)
	}
	return all
}

// row compares the samples of one shape. Ratios are taken round by round within
// a file, for rounds of another file met another machine.
func (c *collector) row(cells []cell) (*row, error) {
	s, net, err := shapeOf(cells[0].shape)
	if err != nil {
		return nil, err
	}
	x := &row{shape: s, net: net, rates: map[string]interval{}, shares: map[string]interval{}, ratios: map[string]interval{}}
	first := map[benchproc.Key]*series{} // ours, by run
	for _, at := range cells {
		if libOf(at.lib) == oursName {
			first[at.run] = c.samples[at]
		}
	}
	rates, shares, ratios := map[string][]float64{}, map[string][]float64{}, map[string][]float64{}
	for _, at := range cells {
		lib, theirs, ours := libOf(at.lib), c.samples[at], first[at.run]
		rates[lib] = append(rates[lib], theirs.rates...)
		shares[lib] = append(shares[lib], theirs.shares...)
		switch {
		case lib == oursName:
		case ours == nil:
			return nil, fmt.Errorf("%s: %s without lib=%s in the same file", x.label(), lib, oursName)
		case len(ours.rates) != len(theirs.rates):
			return nil, fmt.Errorf("%s: %d samples of %s and %d of %s; expected as many", x.label(), len(ours.rates), oursName, len(theirs.rates), lib)
		default:
			for i, rate := range ours.rates {
				ratios[lib] = append(ratios[lib], rate/theirs.rates[i])
			}
		}
	}
	x.samples = len(rates[oursName])
	for lib := range rates {
		x.rates[lib], x.shares[lib] = summarize(rates[lib]), summarize(shares[lib])
	}
	for lib := range ratios {
		x.ratios[lib] = summarize(ratios[lib])
	}
	own := func(name string) *interval {
		ratio, ok := x.ratios[name]
		if !ok {
			return nil
		}
		delete(x.ratios, name)
		return &ratio
	}
	x.again, x.alone = own(againName), own(aloneName)
	ceilings := make([]float64, x.samples)
	for i := range ceilings {
		ceilings[i] = 100 * rates[oursName][i] / shares[oursName][i]
	}
	x.ceiling = summarize(ceilings).center
	return x, nil
}

// overall is what the ratios to one peer come to, over the shapes that it was
// measured on.
type overall struct {
	shapes               int
	mean                 float64 // geometric
	low, lowest, highest float64 // low is the 5th percentile
	lost                 []*row  // lowest ratio first
	slower               int     // of those lost
}

// over returns what t's rows come to, as ratio has them.
func (t *table) over(ratio func(*row) (interval, bool)) overall {
	var o overall
	var centers []float64
	for _, x := range t.rows {
		r, ok := ratio(x)
		if !ok {
			continue
		}
		centers = append(centers, r.center)
		if r.lost() {
			o.lost = append(o.lost, x)
		}
		if r.slower() {
			o.slower++
		}
	}
	slices.SortStableFunc(o.lost, func(x, y *row) int {
		rx, _ := ratio(x)
		ry, _ := ratio(y)
		return cmp.Compare(rx.center, ry.center)
	})
	o.shapes = len(centers)
	if o.shapes > 0 {
		o.mean = stats.GeoMean(centers)
		o.low = stats.Sample{Xs: centers}.Quantile(0.05)
		o.lowest, o.highest = slices.Min(centers), slices.Max(centers)
	}
	return o
}

func toBest(x *row) (interval, bool) {
	name, ratio := x.best()
	return ratio, name != ""
}

func toPeer(peer string) func(*row) (interval, bool) {
	return func(x *row) (interval, bool) {
		ratio, ok := x.ratios[peer]
		return ratio, ok
	}
}

func toAgain(x *row) (interval, bool) { return known(x.again) }
func toAlone(x *row) (interval, bool) { return known(x.alone) }

func known(ratio *interval) (interval, bool) {
	if ratio == nil {
		return interval{}, false
	}
	return *ratio, true
}

// cliff is a product that takes longer than a larger one.
type cliff struct {
	row, larger *row
	ratio       float64 // of the times
}

// A product is compared with those of up to so many more rows and columns: one
// who pads operands would try no others. What is less than cliffLeast is noise.
const (
	cliffReach = 16
	cliffLeast = 1.03
)

// cliffs returns the square products that padding would speed up.
func (t *table) cliffs() []cliff {
	var found []cliff
	cubes := t.cubes()
	took := func(x *row) float64 { return x.shape.flops() / x.rates[oursName].center }
	for i, x := range cubes {
		best := cliff{row: x, ratio: cliffLeast}
		for _, larger := range cubes[i+1:] {
			if larger.shape.n > x.shape.n+cliffReach {
				break
			}
			if ratio := took(x) / took(larger); ratio >= best.ratio {
				best.larger, best.ratio = larger, ratio
			}
		}
		if best.larger != nil {
			found = append(found, best)
		}
	}
	return found
}
