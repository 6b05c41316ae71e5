// Package launch is what analyses of Nsight Compute profiles share: launches put
// together by kernel and shape, the metrics that an analysis asks for, sums and
// means in which a missing value stays missing, and the words of findings.
package launch

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
)

// RoleName is the name of the role of an analysis of one profile.
const RoleName = "profile"

// Columns returns the columns of the table launches that Load reads, and those of
// the analysis after them.
func Columns(more ...frames.Field) []frames.Field {
	return append([]frames.Field{
		{Name: "launch", Kind: frames.Int64},
		{Name: "kernel", Kind: frames.String},
		{Name: "function", Kind: frames.String},
		{Name: "workload", Kind: frames.String},
		{Name: "device_name", Kind: frames.String},
		{Name: "grid", Kind: frames.String},
		{Name: "block", Kind: frames.String},
		{Name: "time", Kind: frames.Int64, Unit: "ns"},
	}, more...)
}

// Role declares the profile of an analysis that Load and Metrics read: its launches,
// with the columns that are added to those of Load, and its metrics.
func Role(doc string, more ...frames.Field) analysis.Role {
	return analysis.Role{Name: RoleName, Kind: "ncu", Doc: doc, Tables: []analysis.Need{
		{Table: "launches", Columns: Columns(more...)}, MetricsNeed(),
	}}
}

// MetricsNeed returns the need of the streamed table that Metrics gathers from.
func MetricsNeed() analysis.Need {
	return analysis.Need{Table: "metrics", Stream: true, Columns: []frames.Field{
		{Name: "launch", Kind: frames.Int64},
		{Name: "metric", Kind: frames.String},
		{Name: "value", Kind: frames.Float64},
	}}
}

// Key tells kernels apart: by name, shape and kind of device. Grid and Block are
// empty for a range of launches profiled as one. Turn tells launches apart that are
// alike in all this, where LoadAs is asked to; otherwise it is 0.
type Key struct {
	Name, Grid, Block, Device string
	Turn                      int
}

// Kernel is all launches of one key.
type Kernel struct {
	Key
	Function string  // name without namespaces, template arguments and parameters
	Label    string  // function and grid, and what else it takes to be the only one so named
	Graph    bool    // whole CUDA graphs, profiled as one
	Rows     []int   // of the table of launches, in its order
	Time     int64   // ns of all launches; 0 when the profile is not timed
	Share    float64 // of the profile's time, in %; NaN when the profile is not timed

	weights []float64 // of Rows
}

// Launches is the number of launches.
func (k *Kernel) Launches() int64 { return int64(len(k.Rows)) }

// Profile is the kernels of a profile, by time and longest first.
type Profile struct {
	Kernels []*Kernel
	Time    int64 // ns of all launches looked at
	Timed   bool  // launches have times; without, each weighs alike
	Left    int   // launches left out for they have no time where others have
	Matched int   // launches whose kernel name contains the filter

	launches *frames.Frame
	metrics  *Metrics
}

// Load puts the launches of a role together whose kernel name contains the filter.
// metrics may be nil. A table without launch or kernel is an error; a filter that no
// name contains is Missing.
func Load(ctx context.Context, in analysis.Inputs, role, filter string, metrics *Metrics) (*Profile, error) {
	p, err := LoadAs(ctx, in, role, filter, metrics, func(k Key) Key { return k })
	if err != nil {
		return nil, err
	}
	return p, CheckFilter(filter, p)
}

// CheckFilter is Missing where kernels have names and none contains the filter in any
// of the profiles. The error lists the functions that there are, as they first ran.
func CheckFilter(filter string, profiles ...*Profile) error {
	var functions []string
	for _, p := range profiles {
		if p.Matched > 0 {
			return nil
		}
		for i := range p.launches.Len() {
			name := p.Text("function", i)
			if name == "" {
				name = p.Text("kernel", i)
			}
			if !slices.Contains(functions, name) {
				functions = append(functions, name)
			}
		}
	}
	if filter == "" || len(functions) == 0 {
		return nil
	}
	return analysis.NothingSelected("kernel whose name contains", strconv.Quote(filter), functions)
}

// LoadAs is Load without the check of the filter, with launches put together by the key that as makes of their own. It
// is called once a launch, in the order of the profile.
func LoadAs(ctx context.Context, in analysis.Inputs, role, filter string, metrics *Metrics, as func(Key) Key) (*Profile, error) {
	f, err := in.Frame(role, "launches")
	if err != nil {
		return nil, err
	}
	if _, err := f.Select("launch", "kernel"); err != nil {
		return nil, err
	}
	p := &Profile{launches: f, metrics: metrics}
	times := p.Column("time")
	for i := range f.Len() {
		p.Timed = p.Timed || times(i) > 0
	}
	byKey := map[Key]*Kernel{}
	for i := range f.Len() {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if name := p.Text("kernel", i); strings.Contains(name, filter) {
			p.Matched++
			p.add(byKey, as, i, times(i))
		}
	}
	p.rank()
	return p, nil
}

func (p *Profile) add(byKey map[Key]*Kernel, as func(Key) Key, row int, time float64) {
	weight := 1.0
	if p.Timed {
		if weight = time; !(time > 0) {
			p.Left++
			return
		}
		p.Time += int64(time)
	}
	key := as(Key{Name: p.Text("kernel", row), Grid: p.Text("grid", row), Block: p.Text("block", row), Device: p.Text("device_name", row)})
	k := byKey[key]
	if k == nil {
		k = &Kernel{Key: key, Function: p.Text("function", row)}
		if k.Function == "" {
			k.Function = key.Name
		}
		byKey[key] = k
		p.Kernels = append(p.Kernels, k)
	}
	k.Graph = k.Graph || p.Text("workload", row) == "graph"
	k.Rows = append(k.Rows, row)
	k.weights = append(k.weights, weight)
	if p.Timed {
		k.Time += int64(time)
	}
}

// rank sorts the kernels and gives them shares and labels.
func (p *Profile) rank() {
	slices.SortStableFunc(p.Kernels, func(a, b *Kernel) int { return cmp.Compare(b.Time, a.Time) })
	for _, k := range p.Kernels {
		k.Share, k.Label = math.NaN(), strings.TrimSpace(k.Function+" "+k.Grid)
		if p.Timed {
			k.Share = 100 * float64(k.Time) / float64(p.Time)
		}
	}
	for _, more := range []func(*Kernel) string{
		func(k *Kernel) string { return k.Block }, func(k *Kernel) string { return k.Device }, func(k *Kernel) string { return k.Name },
	} {
		used := map[string]int{}
		for _, k := range p.Kernels {
			used[k.Label]++
		}
		for _, k := range p.Kernels {
			if used[k.Label] > 1 {
				k.Label = strings.TrimSpace(k.Label + " " + more(k))
			}
		}
	}
}

// Text is a cell of the table of launches as text: empty when it is missing.
func (p *Profile) Text(column string, row int) string {
	if c := p.launches.Column(column); c != nil {
		return c.Str(row)
	}
	return ""
}
