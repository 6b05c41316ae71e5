package routingkernels_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/plugins/components"
	"profilemate/plugins/routingkernels"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// join runs the analysis on a trace and a folder of routing, through their readers.
func join(t *testing.T, traced, recorded string, params analysis.Values) *result.Result {
	t.Helper()
	registry, err := analysis.NewRegistry(routingkernels.Analysis)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Config{Registry: registry, Formats: artifacts.Formats{nsys.Format(), moe.Format()}, Workers: 1})
	out, err := e.Run(t.Context(), engine.Request{Analysis: "routing-kernels", Params: params, Inputs: []analysis.CallInput{{Path: traced}, {Path: recorded}}}, nil)
	e.Wait()
	if err != nil {
		t.Fatal(err)
	}
	analysistest.CheckFindings(t, out.Result.Findings)
	return out.Result
}

// The recorded routing is of training, 4,096 tokens a step, the traces are of serving:
// they are refused, with or without an offset, and the reason has the numbers.
func TestOtherRun(t *testing.T) {
	t.Parallel()
	routing := enginetest.UnzipFolder(t, "../../notebooks/demo/captures/moe")
	for _, c := range []struct{ capture, offset, says string }{
		{"demo_eager", "-1", "from step 0 to step 490, 50 steps were recorded over 491 steps of the engine, and the trace has 33 steps. They are not of one run"},
		{"demo_cudagraph", "0", "They are not of one run"},
		{"demo_eager", "0", "They are not of one run"},
	} {
		r := join(t, enginetest.Capture(t, c.capture), routing, analysis.Values{"offset": c.offset})
		if r.Table("coefficients") != nil || r.Table("sides") == nil {
			t.Errorf("%s, offset %s: a regression of two runs", c.capture, c.offset)
		}
		if f := r.Findings[0]; f.Severity != result.Problem || !strings.Contains(f.Text, c.says) || f.Remedy == "" {
			t.Errorf("%s, offset %s: %+v", c.capture, c.offset, f)
		}
	}
}

// writeRouting records a routing in which every token of each step takes experts in
// turn, beginning with the step's number: tokens alone vary, then distinct experts while
// there are fewer tokens than experts.
func writeRouting(t *testing.T, tokens []int64) string {
	t.Helper()
	var entries []any
	for step, n := range tokens {
		for layer := range 8 {
			counts := make([]int64, 16)
			for i := range 2 * n {
				counts[(int64(step)+i*int64(1+layer%2))%16]++
			}
			entries = append(entries, []any{step, layer, counts})
		}
	}
	data, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "expert_counts_by_step.json"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Routing with the tokens of the traced steps is aligned without help, and the MoE time
// of the steps adds up to what the analysis of components gives the experts.
func TestDemoTimes(t *testing.T) {
	t.Parallel()
	path := enginetest.Capture(t, "demo_eager")
	r := join(t, path, writeRouting(t, tokensOf(t, path)), analysis.Values{"top-k": "2"})
	steps := r.Table("steps").Frame
	if steps.Len() != 33 || r.Table("fit").Frame.Ints("tokens_agree")[0] != 33 {
		t.Fatalf("%d steps, of which %d agree", steps.Len(), r.Table("fit").Frame.Ints("tokens_agree")[0])
	}
	sum := int64(0)
	for _, ns := range steps.Ints("moe_time") {
		sum += ns
	}
	parts := enginetest.Run(t, components.Analysis, nsys.Format(), path, 1, nil).Table("families").Frame
	want := int64(0)
	for i, name := range parts.Strings("component") {
		if family := parts.Strings("family")[i]; name == "moe" && family != "memory copy or set" {
			want += parts.Ints("gpu_sum")[i]
		}
	}
	if sum != want || sum == 0 {
		t.Errorf("the steps have %d ns of MoE kernels, the components %d", sum, want)
	}
}

// tokensOf reads the tokens of the steps from the names of the ranges, apart from the
// analysis.
func tokensOf(t *testing.T, path string) []int64 {
	t.Helper()
	a, err := nsys.Format().Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	f, err := artifacts.Load(t.Context(), a, "nvtx", "start", "text")
	if err != nil {
		t.Fatal(err)
	}
	if f, err = f.Sort("start"); err != nil {
		t.Fatal(err)
	}
	var tokens []int64
	for _, text := range f.Strings("text") {
		if step, ok := trace.ParseStep(text); ok {
			tokens = append(tokens, step.Tokens())
		}
	}
	return tokens
}
