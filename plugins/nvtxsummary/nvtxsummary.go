// Package nvtxsummary says how long NVTX ranges take on the host, and how long the
// GPU works for them.
package nvtxsummary

import (
	"context"

	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the summary of ranges; its form, flags, help and cell derive
// from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "nvtx-summary",
	Doc: `how long NVTX ranges take on the host and on the GPU

One row per name, domain and style of range, the longest total first. Count, total, mean, median, min, max
and stddev are times on the host, the numbers of nsys stats nvtx_sum (with style=push-pop those of
nvtx_pushpop_sum): a range that never ended counts up to the last event, and the share is of the total of
all ranges listed, nested ones counted in each level. Self is the host time under no range below on the
same thread, so it can be added up where totals cannot.

A launch returns before its work is done, so the host time of a range is not the time of its work. GPU
columns take the kernels, copies, sets and graph replays whose API call lies within the range, on its
thread, wherever they ran on the GPU: busy is the time during which at least one ran, each counted once
for all ranges of the row; sum adds their durations up; span, from the first start to the last end in each
range, gaps and the work of others included, is what nsys calls projected time. Busy time counts on each
device by itself. Where a range launches a graph whose work the trace hides, its GPU columns are empty.

Names count without what differs from call to call: "aten::mul, op_id = 322567, seq = 5" is aten::mul, and
the dictionaries of layer-wise tracing are their module path. names=numbers also puts # for each number, so
that all layers make one row, and names=exact keeps every name as it is, as nsys does.`,
	Version: 1,
	Roles:   []analysis.Role{nvtx.Role(false)},
	Outputs: []analysis.Output{
		{Name: "ranges", Kind: analysis.TableOutput, Doc: "one row per name, domain and style"},
		{Name: "range-time", Kind: analysis.ChartOutput, Doc: "host time and GPU busy time of the longest ranges"},
		{Name: "self-time", Kind: analysis.ChartOutput, Doc: "the ranges with the most host time of their own"},
	},
	Defaults: Params{Top: 20, Names: nvtx.Plain, Style: allStyles, Process: trace.AllProcesses},
	Whole:    run,
})

const (
	allStyles = "all"
	pushPop   = "push-pop"
	startEnd  = "start-end"
)

// Params are the choices of a reader.
type Params struct {
	Top     int    `param:"top" min:"1" max:"200" doc:"ranges in the charts"`
	Names   string `param:"names" enum:"plain,numbers,exact" doc:"which names count as one: plain cuts ids, numbers puts # for numbers too, exact cuts nothing"`
	Style   string `param:"style" enum:"all,push-pop,start-end" doc:"which ranges are listed"`
	Process int    `param:"process" min:"-1" doc:"process whose ranges and work are shown; -1 adds up all"`
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	a, err := nvtx.Load(in, p.Process)
	if err != nil {
		return nil, err
	}
	s := summarize(a, p)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &result.Result{}
	r.Add("ranges", "NVTX ranges by host time", s.table())
	if len(s.groups) > 0 {
		r.Charts = []result.Chart{s.timeChart(), s.selfChart()}
	}
	s.findings(r)
	return r, nil
}
