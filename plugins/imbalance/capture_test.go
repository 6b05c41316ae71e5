package imbalance_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/imbalance"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
)

// inputs is a recording with counts by step and what it says of the router.
type inputs struct {
	steps    *frames.Frame
	metadata map[string]string
}

// Frame implements analysis.Inputs.
func (in inputs) Frame(_, table string) (*frames.Frame, error) {
	if table == "steps" {
		return in.steps, nil
	}
	return nil, nil
}

// Source implements analysis.Inputs.
func (in inputs) Source(string) analysis.Source { return analysis.Source{Metadata: in.metadata} }

func stepsSchema() frames.Schema {
	return frames.Schema{{Name: "step", Kind: frames.Int64}, {Name: "layer", Kind: frames.Int64},
		{Name: "expert", Kind: frames.Int64}, {Name: "count", Kind: frames.Int64}}
}

// capture is the real recording: 8 layers of 16 experts, top-2, 4,096 tokens a step.
func capture(t testing.TB) inputs {
	t.Helper()
	file, err := os.Open("../../notebooks/demo/captures/moe/expert_counts_by_step.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var entries [][3]json.RawMessage
	if err := json.NewDecoder(z).Decode(&entries); err != nil {
		t.Fatal(err)
	}
	b := frames.NewBuilder("steps", stepsSchema())
	for _, e := range entries {
		var step, layer int64
		var counts []int64
		for i, to := range []any{&step, &layer, &counts} {
			if err := json.Unmarshal(e[i], to); err != nil {
				t.Fatal(err)
			}
		}
		for expert, n := range counts {
			b.Row(step, layer, expert, n)
		}
	}
	return inputs{b.Frame(), map[string]string{"experts": "16", "top_k": "2"}}
}

func run(t testing.TB, in analysis.Inputs, v analysis.Values) *result.Result {
	t.Helper()
	begin, err := imbalance.Analysis.Begin(v)
	if err != nil {
		t.Fatal(err)
	}
	r, err := begin().Finish(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The means of the first and the last ten steps of each layer, and the level of
// chance, as they were worked out apart from this program when the recording was made.
func TestCapture(t *testing.T) {
	t.Parallel()
	r := run(t, capture(t), nil)
	first := []string{"1.70", "1.63", "1.74", "1.92", "2.14", "2.54", "2.25", "2.80"}
	last := []string{"2.10", "2.31", "2.19", "1.91", "1.97", "1.81", "1.91", "1.87"}
	f := r.Table("layers").Frame
	if f.Len() != 8 {
		t.Fatalf("%d layers, want 8", f.Len())
	}
	for i := range f.Len() {
		if got := fmt.Sprintf("%.2f", f.Floats("first_max_over_mean")[i]); got != first[i] {
			t.Errorf("layer %d: first ten %s, want %s", i, got, first[i])
		}
		if got := fmt.Sprintf("%.2f", f.Floats("last_max_over_mean")[i]); got != last[i] {
			t.Errorf("layer %d: last ten %s, want %s", i, got, last[i])
		}
		if got := f.Floats("chance_max_over_mean")[i]; math.Abs(got-1.077) > 0.002 {
			t.Errorf("layer %d: chance max/mean %.4f, want 1.077", i, got)
		}
		if got := f.Floats("chance_cv")[i]; math.Abs(got-0.041) > 0.001 {
			t.Errorf("layer %d: chance CV %.4f, want 0.041", i, got)
		}
	}
	if n := r.Table("steps").Frame.Len(); n != 400 {
		t.Errorf("%d steps, want 400", n)
	}
	for _, finding := range r.Findings {
		t.Logf("%s: %s", finding.Severity, finding.Text)
	}
}

func BenchmarkCapture(b *testing.B) {
	in := capture(b)
	b.ReportAllocs()
	for b.Loop() {
		run(b, in, nil)
	}
}
