// Package hotspots finds the instructions that warps of a kernel wait at.
package hotspots

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// The samples that instructions are ranked by.
const (
	allSamples = "samples"
	notIssued  = "not-issued"
)

// Params choose kernels and how many of their instructions are listed.
type Params struct {
	Kernel string `param:"kernel" doc:"only kernels whose name contains this text"`
	By     string `param:"by" enum:"samples,not-issued" doc:"rank by all samples, or by those in which the scheduler had no warp to issue from"`
	Top    int    `param:"top" min:"1" max:"1000" doc:"instructions and lines listed of a kernel"`
	Bars   int    `param:"bars" min:"1" max:"100" doc:"instructions on the chart"`
}

// Analysis declares the hot spots.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "hot-spots",
	Doc: `the instructions that warps wait at

While a kernel runs, ncu samples the program counters of its warps: an instruction with
many samples is one that warps wait at. One row stands for an instruction in all
launches of a kernel name, grid and block. time_at is its share of the samples times the
kernel's time: how much of the time its warps are found there, not what would be saved.

A warp waits at the instruction that needs a value, not at the one that loads it: a
long_scoreboard stall at an FFMA is the memory latency of the load some instructions
before. "selected" is a warp that issues, which is no stall.

Instructions are named from the code in the report, without modifiers and operands;
offset is the byte in the kernel, as cuobjdump -sass prints it in hexadecimal. Lines are
there for what was compiled with -lineinfo, and their text where the report was made with
--import-source yes. Sectors in excess are those of global memory that better addresses
would save: the instruction with most of them is the one to coalesce.`,
	Version: 2,
	Roles: []analysis.Role{{
		Name: launch.RoleName, Kind: "ncu", Doc: "Nsight Compute report with the section SourceCounters, as --set full has it",
		Tables: []analysis.Need{
			{Table: "launches", Columns: launch.Columns()},
			{Table: "instructions", Optional: true, Central: true, Doc: "open the report (.ncu-rep) itself: print-outs of other pages have no instructions", Columns: instructionFields()},
			{Table: "stall_samples", Optional: true, Doc: "what the samples of each instruction wait for", Columns: []frames.Field{
				{Name: "launch", Kind: frames.Int64}, {Name: "address", Kind: frames.Int64}, {Name: "reason", Kind: frames.String},
				{Name: "samples", Kind: frames.Int64, Unit: "sample"}, {Name: "not_issued", Kind: frames.Int64, Unit: "sample"},
			}},
		},
	}},
	Outputs: []analysis.Output{
		{Name: "instructions", Kind: analysis.TableOutput, Doc: "a row a kernel and instruction: samples, what they wait for, executions, sectors in excess",
			Key: []string{"offset", "opcode", "share_of_samples", "top", "time_at", "line"}},
		{Name: "lines", Kind: analysis.TableOutput, Doc: "a row a kernel and source line, where lines are known",
			Key: []string{"line", "share_of_samples", "top", "time_at", "source"}},
		{Name: "kernels", Kind: analysis.TableOutput, Doc: "a row a kernel: samples, its hottest instruction, and how far the hottest ten go",
			Key: []string{"hottest", "hottest_share", "top", "top_share", "time"}},
		{Name: "hot-spots", Kind: analysis.ChartOutput, Doc: "instructions with most time, by what warps wait for"},
	},
	Defaults: Params{By: allSamples, Top: 10, Bars: 12},
	Whole:    run,
})

func instructionFields() []frames.Field {
	whole := func(name, unit string) frames.Field { return frames.Field{Name: name, Kind: frames.Int64, Unit: unit} }
	text := func(name string) frames.Field { return frames.Field{Name: name, Kind: frames.String} }
	return []frames.Field{whole("launch", ""), whole("address", ""), text("function"), text("part"), whole("offset", "B"), text("opcode"),
		text("file"), whole("line", ""), text("source"), whole("executed", "inst"), whole("threads_on", "thread"),
		whole("samples", "sample"), whole("not_issued", "sample"), whole("sectors", "sector"), whole("sectors_ideal", "sector"), text("remark")}
}

func run(ctx context.Context, in analysis.Inputs, params Params) (*result.Result, error) {
	p, err := launch.Load(ctx, in, launch.RoleName, params.Kernel, nil)
	if err != nil {
		return nil, err
	}
	code, err := in.Frame(launch.RoleName, "instructions")
	if err != nil {
		return nil, err
	}
	samples, err := in.Frame(launch.RoleName, "stall_samples")
	if err != nil {
		return nil, err
	}
	list, err := collect(ctx, p, code, samples, params.By)
	if err != nil {
		return nil, err
	}
	r := &result.Result{}
	r.Add("instructions", "Instructions that warps wait at, by GPU time of the kernel", instructionTable(p, list, params.Top))
	if lines := lineTable(p, list, params.Top); lines.Len() > 0 {
		r.Add("lines", "Source lines that warps wait at", lines)
	}
	r.Add("kernels", "Kernels, and how much their hottest instructions take", kernelTable(p, list))
	if c, ok := chart(list, params.Bars); ok {
		r.Charts = append(r.Charts, c)
	}
	p.Scope(r)
	report(r, p, list, code != nil)
	result.SortFindings(r.Findings)
	return r, nil
}
