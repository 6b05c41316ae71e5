package main

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/capture"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
)

// target picks from a capture of Nsight Systems what Nsight Compute should measure.
func (a *app) target(ctx context.Context, file string, top int) (capture.Target, error) {
	steps, kernels, err := a.stepsAndKernels(ctx, file)
	if err != nil {
		return capture.Target{}, err
	}
	return capture.TargetOf(steps, kernels, top)
}

// stepsAndKernels reads what a target is chosen from. Steps is nil where the capture
// has none.
func (a *app) stepsAndKernels(ctx context.Context, file string) (steps, kernels *frames.Frame, err error) {
	artifact, err := a.formats().Open(ctx, file)
	if err != nil {
		return nil, nil, err
	}
	defer artifact.Close()
	if kind := artifact.Info().Kind; kind != artifacts.Nsys {
		return nil, nil, fault.Errorf(fault.Misuse, "choosing kernels from %s: it is of kind %s, not an nsys export", file, kind)
	}
	if kernels, err = artifacts.Load(ctx, artifact, "kernels", "name", "start", "end"); err != nil {
		return nil, nil, err
	}
	out, err := a.engine().Run(ctx, engine.Request{Analysis: "steps", Inputs: []analysis.CallInput{{Path: file}}}, nil)
	switch {
	case err == nil:
		if t := out.Result.Table("steps"); t != nil {
			steps = t.Frame
		}
	case fault.KindOf(err) != fault.Missing:
		return nil, nil, err
	}
	return steps, kernels, nil
}
