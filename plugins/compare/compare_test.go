package compare_test

import (
	"math"
	"testing"

	"profilemate/plugins/compare"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func TestCases(t *testing.T) {
	t.Parallel()
	analysistest.Run(t, compare.Analysis)
}

// run compares two captures.
func run(t *testing.T, before, after, phase string) *result.Result {
	t.Helper()
	registry, err := analysis.NewRegistry(compare.Analysis)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Config{Registry: registry, Formats: artifacts.Formats{nsys.Format()}, Workers: 2})
	out, err := e.Run(t.Context(), engine.Request{Analysis: "compare", Params: analysis.Values{"phase": phase},
		Inputs: []analysis.CallInput{{Role: "baseline", Path: enginetest.Capture(t, before)}, {Role: "current", Path: enginetest.Capture(t, after)}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	analysistest.CheckFindings(t, out.Result.Findings)
	return out.Result
}

// One prefill step against three has no noise that is known, and times share a unit.
func TestMeasuredOnce(t *testing.T) {
	t.Parallel()
	p := run(t, "demo_eager", "demo_cudagraph", "decode").Table("phases").Frame
	if unit := p.Schema()[p.Schema().Index("before")].Unit; unit != "ns" {
		t.Errorf("times are in %q", unit)
	}
	for i, figure := range p.Strings("figure") {
		if p.Column("phase").Str(i) == "prefill" && figure == "step time" {
			if got := p.Column("verdict").Str(i); got != "cannot tell" {
				t.Errorf("a step time measured once is %s", got)
			}
			return
		}
	}
	t.Error("there is no step time of prefill")
}

// Launched one by one, a decode of the demo takes 14.0 ms; from CUDA graphs 1.46 ms in
// the middle. The parts lead from one mean to the other, and the kernels' effects add up
// to those of the families.
func TestEagerAgainstGraphs(t *testing.T) {
	t.Parallel()
	r := run(t, "demo_eager", "demo_cudagraph", "decode")
	p := r.Table("phases").Frame
	for i, figure := range p.Strings("figure") {
		if p.Column("phase").Str(i) == "decode" && figure == "step time" {
			if math.Abs(p.Floats("before")[i]/14.0e6-1) > 0.004 || math.Abs(p.Floats("after")[i]/1.46e6-1) > 0.004 || p.Column("verdict").Str(i) != "improvement" {
				t.Errorf("the step time is %v", p.Row(i))
			}
		}
	}
	w := r.Table("waterfall").Frame
	last := w.Len() - 1
	if got, want := w.Floats("sum")[last-1], w.Floats("sum")[last]; math.Abs(got-want) > 1 {
		t.Errorf("the parts lead to %v ns, not %v", got, want)
	}
	families, kernels := 0.0, 0.0
	for i, part := range w.Strings("part")[:last] {
		if i > 0 && part != "copies and sets" && part != "no work of the step" {
			families += w.Floats("effect")[i]
		}
	}
	for _, effect := range r.Table("kernels").Frame.Floats("effect") {
		kernels += effect
	}
	if math.Abs(families-kernels) > 1 {
		t.Errorf("families change by %v ns, kernels by %v", families, kernels)
	}
}

// A capture beside itself has no effects.
func TestSame(t *testing.T) {
	t.Parallel()
	r := run(t, "demo_cudagraph", "demo_cudagraph", "longest")
	for i, verdict := range r.Table("kernels").Frame.Strings("verdict") {
		if verdict != "unchanged" || r.Table("kernels").Frame.Floats("effect")[i] != 0 {
			t.Errorf("kernel %v", r.Table("kernels").Frame.Row(i))
		}
	}
}

// Graphs that hide their kernels are named, so that nobody takes them for vanished.
func TestHidden(t *testing.T) {
	t.Parallel()
	for _, f := range run(t, "h100_mini_nodes", "h100_mini_graphs_hidden", "decode").Findings {
		if f.Severity == result.Problem {
			return
		}
	}
	t.Error("the hidden graphs are not named")
}
