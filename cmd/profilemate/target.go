package main

import (
	"context"
	"fmt"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/capture"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// target picks from a capture of Nsight Systems what Nsight Compute should measure.
// The findings tell what could not be chosen because the capture hides it.
func (a *app) target(ctx context.Context, path string, top int) (capture.Target, []result.Finding, error) {
	steps, kernels, hidden, err := a.stepsAndKernels(ctx, path)
	if err != nil {
		return capture.Target{}, nil, err
	}
	target, err := capture.TargetOf(steps, kernels, top)
	return target, hidden, err
}

// stepsAndKernels reads what a target is chosen from, and tells what the capture hides.
// Steps is nil where the capture has none.
func (a *app) stepsAndKernels(ctx context.Context, path string) (steps, kernels *frames.Frame, hidden []result.Finding, err error) {
	artifact, err := a.formats().Open(ctx, path)
	if err != nil {
		return nil, nil, nil, err
	}
	defer artifact.Close()
	if kind := artifact.Info().Kind; kind != artifacts.Nsys {
		return nil, nil, nil, fault.Errorf(fault.Misuse, "choosing kernels from %s: it is of kind %s, not an nsys export", path, kind)
	}
	if kernels, err = artifacts.Load(ctx, artifact, "kernels", "name", "start", "end", "graph_node_id"); err != nil {
		return nil, nil, nil, err
	}
	if hidden, err = hiddenKernels(ctx, artifact, kernels); err != nil {
		return nil, nil, nil, err
	}
	steps, err = a.stepsOf(ctx, path)
	return steps, kernels, hidden, err
}

// stepsOf is the table of steps of a capture, nil where it has none.
func (a *app) stepsOf(ctx context.Context, path string) (*frames.Frame, error) {
	out, err := a.engine().Run(ctx, engine.Request{Analysis: "steps", Inputs: []analysis.CallInput{{Path: path}}}, nil)
	switch {
	case err != nil && fault.KindOf(err) == fault.Missing:
		return nil, nil
	case err != nil:
		return nil, err
	}
	if t := out.Result.Table("steps"); t != nil {
		return t.Frame, nil
	}
	return nil, nil
}

// hiddenKernels warns where a capture has launches of CUDA graphs and no kernel of one:
// what runs inside cannot be chosen.
func hiddenKernels(ctx context.Context, artifact artifacts.Artifact, kernels *frames.Frame) ([]result.Finding, error) {
	for i := range kernels.Len() {
		if !kernels.Column("graph_node_id").IsNull(i) {
			return nil, nil
		}
	}
	launches, _, err := totalTime(ctx, artifact, "graph_launches")
	if err != nil || launches == 0 {
		return nil, err
	}
	text := "The kernels inside of " + result.Count(launches, "launch") + " of CUDA graphs are not in this trace and were not chosen from: the share is of the other kernels"
	graphs, inside, err := totalTime(ctx, artifact, "graph_traces")
	if err != nil {
		return nil, err
	}
	if graphs > 0 {
		var outside int64
		for i, start := range kernels.Ints("start") {
			outside += kernels.Ints("end")[i] - start
		}
		text += fmt.Sprintf(", which ran for %s, and the graphs for %s", result.Duration(outside), result.Duration(inside))
	}
	return []result.Finding{{Severity: result.Warning, Text: text + ".",
		Remedy: "Capture with the nodes of graphs, nsys profile --trace=cuda,nvtx --cuda-graph-trace=node, and choose from that."}}, nil
}

// totalTime counts the rows of a table and adds up their times, in ns. A table that is
// not there has none.
func totalTime(ctx context.Context, artifact artifacts.Artifact, table string) (rows, total int64, err error) {
	if _, err := artifacts.Lookup(artifact, table); err != nil {
		return 0, 0, nil
	}
	f, err := artifacts.Load(ctx, artifact, table, "start", "end")
	if err != nil {
		return 0, 0, err
	}
	ends := f.Ints("end")
	for i, start := range f.Ints("start") {
		total += ends[i] - start
	}
	return int64(f.Len()), total, nil
}
