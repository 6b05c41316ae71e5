package main

import (
	"context"
	"fmt"
	"time"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys/scale"
)

// generateCmd makes captures for benchmarks.
type generateCmd struct {
	Nsys generateNsysCmd `cmd:"" help:"Repeat an nsys export: times and numbers move on, joins stay as they are."`
}

type generateNsysCmd struct {
	From      string `required:"" placeholder:"CAPTURE" help:"SQLite export of a real capture."`
	Times     int    `required:"" placeholder:"N" help:"How often it is repeated."`
	NvtxDepth int    `default:"0" placeholder:"D" help:"Push-pop ranges around each repetition, one in the other, on every thread that calls CUDA."`
	Output    string `short:"o" required:"" placeholder:"FILE" help:"SQLite file to write; one that is there is not overwritten."`
}

// Run writes the file and says how many rows it has and how fast they were written.
func (c *generateNsysCmd) Run(ctx context.Context, a *app) error {
	begin := time.Now()
	made, err := scale.Repeat(ctx, scale.Options{From: c.From, To: c.Output, Times: c.Times, Depth: c.NvtxDepth})
	if err != nil {
		return err
	}
	took := time.Since(begin).Seconds()
	fmt.Fprintf(a.err, "%s: %s rows in %d tables, %s bytes, a repetition every %.3f ms; %.1f s, %.1f million rows a second\n",
		c.Output, grouped(made.Rows), made.Tables, grouped(artifacts.Size(c.Output)), float64(made.Period)/1e6, took, float64(made.Rows)/took/1e6)
	return nil
}
