// Package nvtxtree shows NVTX ranges as the tree that the program nested them in.
package nvtxtree

import (
	"context"

	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the tree of ranges; its form, flags, help and cell derive from
// here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "nvtx-tree",
	Doc: `time of NVTX ranges by call path

One row per path of names from the outermost range inward, a range before those below it, and of those
beside each other the one with the most GPU busy time first (or host time, with sort=host). Ranges nest by
time on their thread, whatever their domain, as in nsys; the threads and processes of a path are added up.
Numbers in names count as one (layer_0.moe is layer_#.moe), so that all layers make one path; steps of an
engine keep their phase. names=plain keeps the layers apart, and names=exact each name as it is.

Host time of a path is what its ranges last: self is the part under no range below, and child the rest. GPU
columns take the kernels, copies, sets and graph replays whose API call lies within the range, wherever they
ran: busy is the time during which at least one ran, on each device by itself; own is the busy time of what
no range below launched; sum adds durations up, and span, from the first start to the last end within each
range, gaps included, is nsys's projected time. Shares are of the host time of all outermost ranges and of
the time the devices are busy. Self host times add up to the former. What was launched outside any range has
a row at the end.

A path that launches a graph whose work the trace hides has empty GPU columns. Paths below the least share,
on the host as on the GPU, and below the depth are left out of the table and counted in their parents.`,
	Version: 1,
	Roles:   []analysis.Role{nvtx.Role(false)},
	Outputs: []analysis.Output{
		{Name: "tree", Kind: analysis.TableOutput, Doc: "one row per path, in the order of the tree",
			Key: []string{"gpu_busy", "host", "calls", "gpu_share", "depth", "self"}},
		{Name: "tree-time", Kind: analysis.ChartOutput, Doc: "host time and GPU busy time of the first rows of the tree"},
		{Name: "own-time", Kind: analysis.ChartOutput, Doc: "the paths with the most time of their own, on the host and on the GPU"},
	},
	Defaults: Params{Depth: 8, Least: 0.1, Sort: byGPU, Names: nvtx.Numbers, Process: trace.AllProcesses, Top: 25},
	Whole:    run,
})

const (
	byGPU  = "gpu"
	byHost = "host"
)

// Params are the choices of a reader.
type Params struct {
	Depth   int     `param:"depth" min:"1" max:"100" doc:"levels of ranges that are shown"`
	Least   float64 `param:"min-share" min:"0" max:"100" unit:"%" doc:"least share of the host time or of the GPU time of a path that is shown"`
	Sort    string  `param:"sort" enum:"gpu,host" doc:"which time comes first among the ranges below one"`
	Names   string  `param:"names" enum:"plain,numbers,exact" doc:"which names count as one: plain cuts ids, numbers puts # for numbers too, exact cuts nothing"`
	Process int     `param:"process" min:"-1" doc:"process whose ranges and work are shown; -1 adds up all"`
	Top     int     `param:"top" min:"1" max:"200" doc:"paths in the charts"`
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	a, err := nvtx.Load(in, p.Process)
	if err != nil {
		return nil, err
	}
	t := grow(a, p)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &result.Result{}
	r.Add("tree", "NVTX ranges by call path", t.table())
	if len(t.shown) > 0 {
		r.Charts = []result.Chart{t.treeChart(), t.ownChart()}
	}
	t.findings(r)
	return r, nil
}
