package main

import (
	"context"
	"os"

	"profilemate/workbench/analysis"
	"profilemate/workbench/engine"
	"profilemate/workbench/jupyter"
	"profilemate/workbench/kernel"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

// kernelCmd is the child process behind a notebook. It speaks framed Jupyter
// messages on standard input and output and means paths from its working folder.
type kernelCmd struct{}

// Run serves until standard input closes.
func (kernelCmd) Run(ctx context.Context, a *app) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	e := a.engine()
	conn := jupyter.NewStream(a.in, os.Stdout)
	err = kernel.Serve(ctx, conn, kernel.Options{Languages: languages(e, dir), Version: version()})
	e.Wait()
	return err
}

// languages are the languages of cells, in the order in which they are offered.
// Paths in cells are meant from dir.
func languages(e *engine.Engine, dir string) []kernel.Language {
	return []kernel.Language{
		kernel.Analyses(runner{e}, dir),
	}
}

// runner gives the kernel the engine, and results in the forms that clients show.
type runner struct{ *engine.Engine }

// Analyses lists what can be run.
func (r runner) Analyses() []analysis.Analysis { return r.Registry.All() }

// Lookup returns the named analysis.
func (r runner) Lookup(name string) (analysis.Analysis, error) { return r.Registry.Get(name) }

// Run runs one call and draws its result.
func (r runner) Run(ctx context.Context, call analysis.Call, dir string, progress func(text string, done, total int64)) (kernel.Outcome, error) {
	out, err := r.Engine.Run(ctx, engine.Request{Analysis: call.Analysis, Inputs: call.Inputs, Dir: dir, Params: call.Params}, progress)
	if err != nil {
		return kernel.Outcome{}, err
	}
	bundle := out.Bundle(result.PreviewRows)
	drawn := kernel.Outcome{Bundle: bundle, HTML: render.HTML(bundle, render.HTMLOptions{}), Text: bundleText(bundle)}
	if len(bundle.Charts) > 0 {
		drawn.SVG, err = render.SVG(bundle.Charts[0], render.Options{})
	}
	return drawn, err
}
