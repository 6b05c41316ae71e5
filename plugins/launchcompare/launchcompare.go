// Package launchcompare says which kernels became faster or slower between two
// profiles.
package launchcompare

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// The roles of the two profiles.
const (
	before = "baseline"
	after  = "current"
)

// The ways to pair launches.
const (
	together   = "together"
	occurrence = "occurrence"
)

// Params choose kernels, how launches are paired and which change counts.
type Params struct {
	Kernel string  `param:"kernel" doc:"only kernels whose name contains this text"`
	Pair   string  `param:"pair" enum:"together,occurrence" doc:"compare the mean of all launches that are alike, or the first with the first, the second with the second"`
	Least  float64 `param:"least" unit:"%" min:"0" max:"100" doc:"smallest change of time that counts"`
	Top    int     `param:"top" min:"1" max:"100" doc:"kernels on the chart"`
}

// Analysis declares the comparison.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "launch-compare",
	Doc: `kernels of two profiles side by side

Launches are matched by kernel name, grid and block. Names are compared without what
differs between demanglers: (int)64 and 64 are the same. What is left over is matched by
the short name of the kernel with grid and block, where that is unambiguous, so that a
kernel with other template arguments finds its predecessor.

Times, bytes and percentages are means of a launch. The verdict is "unchanged" below the
smallest change that counts, and "within noise" where both profiles have several launches
and the change is less than the 95 % confidence interval of the difference of their means
(Welch). With one launch on a side there is no noise to compare with, and the verdict says
only which number is smaller. effect is the change of a launch times the launches of the
current profile.`,
	Version: 1,
	Roles: []analysis.Role{
		{Name: before, Kind: "ncu", Doc: "Nsight Compute profile to compare with", Tables: []analysis.Need{{Table: "launches", Columns: launch.Columns(columns()...)}}},
		{Name: after, Kind: "ncu", Doc: "Nsight Compute profile of the program as it is now", Tables: []analysis.Need{{Table: "launches", Columns: launch.Columns(columns()...)}}},
	},
	Outputs: []analysis.Output{
		{Name: "launches", Kind: analysis.TableOutput, Doc: "a row a kernel and shape: verdict, time before and after, and what else changed"},
		{Name: "before-after", Kind: analysis.ChartOutput, Doc: "time of a launch before and after, of the kernels with the largest effect"},
	},
	Defaults: Params{Pair: together, Least: 2, Top: 15},
	Whole:    run,
})

func columns() []frames.Field {
	return []frames.Field{
		{Name: "registers", Kind: frames.Int64},
		{Name: "dram_bytes", Kind: frames.Int64, Unit: "B"},
		{Name: "clock_sm", Kind: frames.Float64, Unit: "Hz"},
		{Name: "sm_pct", Kind: frames.Float64, Unit: "%"},
		{Name: "dram_pct", Kind: frames.Float64, Unit: "%"},
		{Name: "occupancy", Kind: frames.Float64, Unit: "%"},
	}
}

func run(ctx context.Context, in analysis.Inputs, params Params) (*result.Result, error) {
	var sides [2]*launch.Profile
	for i, role := range []string{before, after} {
		p, err := launch.LoadAs(ctx, in, role, params.Kernel, nil, identity(params.Pair))
		if err != nil {
			return nil, err
		}
		sides[i] = p
	}
	if err := launch.CheckFilter(params.Kernel, sides[:]...); err != nil {
		return nil, err
	}
	pairs := match(sides[0], sides[1])
	for i := range pairs {
		pairs[i].judge(params.Least)
	}
	rank(pairs)
	r := &result.Result{}
	r.Add("launches", "Kernels before and after, by effect", table(pairs, params.Pair == occurrence))
	if c, ok := chart(pairs, params.Top); ok {
		r.Charts = append(r.Charts, c)
	}
	report(r, sides, pairs, params)
	result.SortFindings(r.Findings)
	return r, nil
}

// identity makes the key that launches are matched by.
func identity(pair string) func(launch.Key) launch.Key {
	plain, seen := launch.PlainNames(), map[launch.Key]int{}
	return func(k launch.Key) launch.Key {
		k.Name, k.Device = plain(k.Name), ""
		if pair == occurrence {
			seen[k]++
			k.Turn = seen[k]
		}
		return k
	}
}
