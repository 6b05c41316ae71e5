package kernelheadroom

import (
	"cmp"
	"math"
	"slices"

	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/analysis/launch/roof"
)

// How a kernel of the run found its profile.
const (
	byShape = "name and shape"
	byName  = "name"
)

// pair is a kernel of the run with what was profiled of it.
type pair struct {
	kernel
	profiled []*roof.Kernel // one by shape, else all shapes of the name
	matched  string
	bound    roof.Bound // of the one, or the mean of all
	partial  bool       // operations were not counted, so that the true bound may be longer
}

// matching is the two sides together.
type matching struct {
	pairs   []pair         // by worth, those without a roof last
	runOnly []kernel       // by time
	ncuOnly []*roof.Kernel // by time
	runTime int64          // ns of all kernels of the run that are looked at
	graphs  int            // whole CUDA graphs of the profile, which match nothing
	profile *roof.Profile
}

type key struct{ name, grid, block string }

func match(profile *roof.Profile, run []kernel, o roof.Options) matching {
	m := matching{profile: profile}
	plain := launch.PlainNames()
	shapes, names := map[key][]*roof.Kernel{}, map[string][]*roof.Kernel{}
	for _, k := range profile.Kernels {
		if k.Graph {
			m.graphs++
			continue
		}
		name := plain(k.ID.Name)
		shapes[key{name, k.ID.Grid, k.ID.Block}] = append(shapes[key{name, k.ID.Grid, k.ID.Block}], k)
		names[name] = append(names[name], k)
	}
	used := map[*roof.Kernel]bool{}
	for _, k := range run {
		m.runTime += k.time
		p := pair{kernel: k, matched: byShape, profiled: shapes[key{k.plain, k.grid, k.block}]}
		if len(p.profiled) == 0 {
			p.matched, p.profiled = byName, names[k.plain]
		}
		if len(p.profiled) == 0 {
			m.runOnly = append(m.runOnly, k)
			continue
		}
		for _, profiled := range p.profiled {
			used[profiled] = true
		}
		p.place(o)
		m.pairs = append(m.pairs, p)
	}
	for _, k := range profile.Kernels {
		if !used[k] && !k.Graph {
			m.ncuOnly = append(m.ncuOnly, k)
		}
	}
	slices.SortStableFunc(m.pairs, func(a, b pair) int { return cmp.Compare(b.worth(), a.worth()) }) // NaN last
	return m
}

// place works out the bound: of several shapes, the sum of their bounds over the sum of
// their times, those without a bound left out.
func (p *pair) place(o roof.Options) {
	p.bound = roof.Bound{Time: math.NaN(), OfRoof: math.NaN()}
	sum, time, longest := 0.0, int64(0), int64(0)
	for _, k := range p.profiled {
		p.partial = p.partial || !k.Counted
		b := k.Bound(o)
		if math.IsNaN(b.Time) {
			continue
		}
		sum, time = sum+b.Time, time+k.Time
		if k.Time > longest {
			longest, p.bound.By, p.bound.From = k.Time, b.By, b.From
		}
	}
	if time > 0 {
		p.bound.Time, p.bound.OfRoof = sum, 100*sum/float64(time)
	}
}

// worth is the time in ns that the run would save if the kernel reached its roof, never
// below 0: NaN without a roof.
func (p pair) worth() float64 {
	saved := float64(p.time) * (1 - p.bound.OfRoof/100)
	if math.IsNaN(saved) {
		return saved
	}
	return math.Max(0, saved)
}

// meanRun and meanProfile are the mean times of a launch in ns.
func (p pair) meanRun() float64 { return float64(p.time) / float64(p.count) }

func (p pair) meanProfile() float64 {
	var time, launches int64
	for _, k := range p.profiled {
		time, launches = time+k.Time, launches+k.Launches
	}
	return float64(time) / float64(launches)
}

// label names the kernel in findings and on the chart.
func (p pair) label() string { return labelOf(p.profiled[0].Function, p.grid) }

func labelOf(function, grid string) string {
	if grid == "" {
		return function
	}
	return function + " " + grid
}

func (m matching) unmatched() bool { return len(m.runOnly)+len(m.ncuOnly) > 0 }

// sums are the time in ns of the matched kernels in the run, of those with a roof, and
// what these are worth.
func (m matching) sums() (matched, roofed int64, worth float64) {
	for _, p := range m.pairs {
		matched += p.time
		if w := p.worth(); !math.IsNaN(w) {
			roofed += p.time
			worth += w
		}
	}
	return matched, roofed, worth
}
