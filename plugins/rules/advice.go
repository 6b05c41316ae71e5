package rules

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
)

// The kinds of estimate.
const (
	global = "global" // part of the launch's time
	local  = "local"  // of the unit that the rule looks at
)

// identity tells pieces of advice apart.
type identity struct {
	kernel            *launch.Kernel
	rule, title, kind string
	sort              string // "OPT", "INF", "WRN", "ERR", ""
	turn              int    // among the messages that are alike in this, of one launch: print-outs have no titles
}

// advice is what a rule says of a kernel.
type advice struct {
	identity
	name, section   string
	told            map[int]bool // rows of launches that it is told of
	speedup, weight float64      // mean estimate in %, and its weight: time, or launches when the profile is not timed
	gain            float64      // ns; NaN without a global estimate or time
	message         string       // of the longest launch, as are the next
	metrics, goals  string
	longest         float64 // time of that launch
}

// ofTime is the estimate times the kernel's time, by which local ones are ranked.
func (a *advice) ofTime() float64 { return a.speedup * a.weight }

// collect puts the messages together by kernel, rule and title, in their order. said
// may be nil.
func collect(ctx context.Context, p *launch.Profile, said *frames.Frame) ([]*advice, error) {
	if said == nil {
		return nil, nil
	}
	if _, err := said.Select("launch", "rule"); err != nil {
		return nil, err
	}
	type place struct {
		kernel *launch.Kernel
		row    int
	}
	places, ids := map[int64]place{}, p.Column("launch")
	for _, k := range p.Kernels {
		for _, row := range k.Rows {
			places[int64(ids(row))] = place{k, row}
		}
	}
	type ofLaunch struct {
		identity
		row int
	}
	byID, turns, time := map[identity]*advice{}, map[ofLaunch]int{}, p.Column("time")
	var list []*advice
	for i := range said.Len() {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		at, ok := places[said.Column("launch").Int(i)]
		if !ok {
			continue
		}
		id := identity{at.kernel, str(said, "rule", i), str(said, "title", i), str(said, "speedup_kind", i), str(said, "type", i), 0}
		alike := ofLaunch{id, at.row}
		id.turn = turns[alike]
		turns[alike]++
		a := byID[id]
		if a == nil {
			a = &advice{identity: id, name: str(said, "name", i), section: str(said, "section", i),
				told: map[int]bool{}, speedup: math.NaN(), gain: math.NaN(), longest: -1}
			byID[id] = a
			list = append(list, a)
		}
		a.add(said, i, at.row, time(at.row))
	}
	return list, nil
}

// add takes a message about a launch.
func (a *advice) add(said *frames.Frame, i, row int, time float64) {
	a.told[row] = true
	weight := time
	if math.IsNaN(time) {
		weight = 1
	}
	if c := said.Column("speedup"); c != nil && !c.IsNull(i) && a.kind != "" {
		v := c.Float(i)
		a.weight += weight
		if math.IsNaN(a.speedup) {
			a.speedup = v
		} else {
			a.speedup += (v - a.speedup) * weight / a.weight
		}
		if gain := v / 100 * time; a.kind == global && !math.IsNaN(gain) {
			if math.IsNaN(a.gain) {
				a.gain = 0
			}
			a.gain += gain
		}
	}
	if weight > a.longest {
		a.longest, a.message, a.metrics, a.goals = weight, str(said, "message", i), str(said, "metrics", i), str(said, "goals", i)
	}
}

func str(f *frames.Frame, column string, i int) string {
	if c := f.Column(column); c != nil {
		return c.Str(i)
	}
	return ""
}

// choose returns the advice that the parameters ask for. A rule that said nothing of
// any kernel is Missing.
func choose(all []*advice, params Params) ([]*advice, error) {
	var list []*advice
	var rules []string
	for _, a := range all {
		if !slices.Contains(rules, a.rule) {
			rules = append(rules, a.rule)
		}
		if (params.Rule == "" || a.rule == params.Rule) && !(a.speedup < params.Least) {
			list = append(list, a)
		}
	}
	if params.Rule != "" && len(all) > 0 && !slices.Contains(rules, params.Rule) {
		return nil, analysis.NothingSelected("advice of the rule", strconv.Quote(params.Rule), rules)
	}
	return list, nil
}

// rank sorts by gain; then local estimates by estimate times time; then what has no
// estimate, by time.
func rank(list []*advice) {
	tier := func(a *advice) int {
		switch {
		case a.kind == global && !math.IsNaN(a.speedup):
			return 0
		case !math.IsNaN(a.speedup):
			return 1
		case a.sort != "INF":
			return 2
		}
		return 3
	}
	slices.SortStableFunc(list, func(a, b *advice) int {
		if c := cmp.Compare(tier(a), tier(b)); c != 0 {
			return c
		}
		if !math.IsNaN(a.speedup) && !math.IsNaN(b.speedup) {
			return cmp.Compare(b.ofTime(), a.ofTime())
		}
		return cmp.Compare(b.kernel.Time, a.kernel.Time)
	})
}
