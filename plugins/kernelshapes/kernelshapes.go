// Package kernelshapes times kernels by name, grid and block.
package kernelshapes

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/kernelshape"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the shapes; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[struct{}]{
	Name: "kernel-shapes",
	Doc: `time of kernels by name and shape, with its error

One row per kernel name, grid and block, the longest total first. A name alone mixes launches of different
sizes, so that its average changes with the mix; of one shape it is comparable between runs.

The error is that of the average. Executions next to each other resemble one another (clocks, caches), so
that the deviation over the root of the count is too small: the executions are cut, in order of time, into
up to 32 batches, and the error is the deviation of the batches' means over the root of their number.`,
	Version: 1,
	Roles:   []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "an Nsight Systems export", Tables: []analysis.Need{need()}}},
	Outputs: []analysis.Output{
		{Name: "kernels", Kind: analysis.TableOutput, Doc: "one row per name, grid and block"},
		{Name: "top-shapes", Kind: analysis.ChartOutput, Doc: "the shapes with the longest total"},
	},
	Stream: func(struct{}) analysis.Fold { return &fold{} },
})

func need() analysis.Need {
	n := kernelshape.Need("capture with nsys profile --trace=cuda --cuda-graph-trace=node")
	n.Stream = true
	return n
}

type fold struct{ tally kernelshape.Tally }

// Scan implements analysis.Fold.
func (f *fold) Scan(_, _ string, b *frames.Batch) error { return f.tally.Scan(b) }

// Merge implements analysis.Fold.
func (f *fold) Merge(after analysis.Fold) error { return f.tally.Merge(&after.(*fold).tally) }

// Finish implements analysis.Fold.
func (f *fold) Finish(context.Context, analysis.Inputs) (*result.Result, error) {
	groups := f.tally.Groups()
	r := &result.Result{}
	r.Add("kernels", "Kernels by name and shape", kernelshape.Table(groups))
	trace.WarnOdd(r, f.tally.Odd, "kernel")
	if len(groups) > 0 {
		r.Charts = []result.Chart{chart(r.Tables[0].Frame)}
		r.Note("%s of %s; the one with the longest total, %s with grid %s, takes %.1f %% of their time.", result.Count(executions(groups), "kernel execution"),
			result.Count(int64(len(groups)), "shape"), quoted(r.Tables[0].Frame), kernelshape.Sizes(groups[0].Grid), r.Tables[0].Frame.Floats("share")[0])
	}
	return r, nil
}

func executions(groups []kernelshape.Group) int64 {
	n := int64(0)
	for _, g := range groups {
		n += int64(len(g.Times))
	}
	return n
}

// quoted is the first kernel's name in a sentence.
func quoted(f *frames.Frame) string {
	if c := f.Column("kernel"); !c.IsNull(0) {
		return c.Str(0)
	}
	return "a kernel without a name"
}

const drawn = 20 // shapes in the chart

func chart(f *frames.Frame) result.Chart {
	c := result.Chart{Name: "top-shapes", Title: "Shapes by GPU time", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "kernel and grid"}, Y: result.Axis{Label: "total", Unit: "ns"}}
	s := result.Series{Name: "total"}
	for i := range min(drawn, f.Len()) {
		c.X.Categories = append(c.X.Categories, f.Column("kernel").Str(i)+" "+f.Column("grid").Str(i))
		s.Y = append(s.Y, result.Number(f.Column("total").Float(i)))
	}
	c.Series = []result.Series{s}
	return c
}
