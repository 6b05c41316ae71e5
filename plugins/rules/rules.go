// Package rules ranks what Nsight Compute itself advises, by what each piece of advice
// is worth.
package rules

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// Params choose kernels, rules and how much advice is told in findings.
type Params struct {
	Kernel string  `param:"kernel" doc:"only kernels whose name contains this text"`
	Rule   string  `param:"rule" doc:"only the rule of this identifier, such as CPIStall"`
	Least  float64 `param:"least" unit:"%" min:"0" max:"100" doc:"leave out advice with a smaller estimate; what has no estimate stays"`
	Top    int     `param:"top" min:"1" max:"100" doc:"advice that findings tell, and bars of the chart"`
}

// Analysis declares the advice of rules.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "rules",
	Doc: `ncu's own advice, ranked by what it is worth

Nsight Compute applies rules to each launch, and many come with an estimate. A global
one is the part of the launch's time that would be saved: times the kernel's time it is
the gain, and advice is ranked by it. A local one is how much better the unit that the
rule looks at would be used, which says nothing of the time; it is ranked after the
global ones, by estimate times time, and has no gain. Advice without an estimate
follows, by the time of its kernel.

One row stands for what a rule says of all launches of a kernel name, grid and block.
The estimate is weighted by time over the launches that it was made for, and the
message is that of the longest of them.

An estimate is an upper bound for one piece of advice taken by itself. Those of two
rules often claim the same time, so gains of a kernel must not be added.`,
	Version: 1,
	Roles: []analysis.Role{{
		Name: launch.RoleName, Kind: "ncu", Doc: "Nsight Compute report, or its details page; --set full has most rules",
		Tables: []analysis.Need{
			{Table: "launches", Columns: launch.Columns()},
			{Table: "rules", Optional: true, Central: true, Doc: "open the report (.ncu-rep) itself, or its details page: ncu -i FILE --csv --page details", Columns: ruleFields()},
			{Table: "sections", Optional: true, Doc: "which sections were collected", Columns: []frames.Field{{Name: "section", Kind: frames.String}}},
		},
	}},
	Outputs: []analysis.Output{
		{Name: "advice", Kind: analysis.TableOutput, Doc: "a row a kernel, rule and title: estimate, gain, message, and the metrics that it is about",
			Key: []string{"rule", "gain", "speedup", "title", "time"}},
		{Name: "rules", Kind: analysis.TableOutput, Doc: "a row a rule: the kernels that it speaks of, their time, and its gain over all of them",
			Key: []string{"gain", "kernels", "time", "gain_share"}},
		{Name: "gain", Kind: analysis.ChartOutput, Doc: "the largest gains"},
	},
	Defaults: Params{Top: 5},
	Whole:    run,
})

func ruleFields() []frames.Field {
	text := func(name string) frames.Field { return frames.Field{Name: name, Kind: frames.String} }
	return []frames.Field{{Name: "launch", Kind: frames.Int64}, text("rule"), text("name"), text("section"), text("type"), text("title"), text("message"),
		text("speedup_kind"), {Name: "speedup", Kind: frames.Float64, Unit: "%"}, text("metrics"), text("goals")}
}

func run(ctx context.Context, in analysis.Inputs, params Params) (*result.Result, error) {
	p, err := launch.Load(ctx, in, launch.RoleName, params.Kernel, nil)
	if err != nil {
		return nil, err
	}
	said, err := in.Frame(launch.RoleName, "rules")
	if err != nil {
		return nil, err
	}
	sections, err := in.Frame(launch.RoleName, "sections")
	if err != nil {
		return nil, err
	}
	all, err := collect(ctx, p, said)
	if err != nil {
		return nil, err
	}
	list, err := choose(all, params)
	if err != nil {
		return nil, err
	}
	rank(list)
	r := &result.Result{}
	r.Add("advice", "What ncu advises, by what it is worth", adviceTable(p, list))
	r.Add("rules", "Rules, by their gain over all kernels", ruleTable(p, list))
	if c, ok := chart(list, params.Top); ok {
		r.Charts = append(r.Charts, c)
	}
	p.Scope(r)
	report(r, findings{profile: p, all: all, list: list, told: said != nil, sections: sections, top: params.Top})
	result.SortFindings(r.Findings)
	return r, nil
}
