package parse

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// The files that MoE writes.
const (
	ActivationsFile = "moe_expert_activations.csv"
	CoselectionFile = "moe_expert_coselection.csv"
	WeightsFile     = "moe_routing_weights_hist.csv"
	ImbalanceFile   = "moe_load_imbalance.csv"
	MoESummaryFile  = "moe_summary.json"
	MoEMetricsFile  = "moe_metrics.json"
)

// MoE writes the files of moe_expert_tracking into dir, computed again from the counts
// of a routing artifact, and returns what moe_summary.json and moe_metrics.json hold.
// A table that the artifact lacks gives a file with a header only. Percentages are of
// the counts, to six decimals. Deviations are those of the population, over all
// experts. A ratio to an expert without tokens is an empty field or null.
func MoE(ctx context.Context, a artifacts.Artifact, dir string) (MoEReport, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return MoEReport{}, fault.Errorf(fault.Denied, "making %s: %w", dir, err)
	}
	r, err := loadRecording(ctx, a)
	if err != nil {
		return MoEReport{}, err
	}
	for _, file := range []struct {
		name    string
		columns []string
		fill    func(*table)
	}{
		{ActivationsFile, []string{"layer_idx", "expert_id", "activation_count", "percentage"}, r.writeActivations},
		{CoselectionFile, []string{"layer_idx", "expert_id_1", "expert_id_2", "coselection_count"}, r.writePairs},
		{WeightsFile, []string{"layer_idx", "token_idx", "expert_id", "weight"}, r.writeWeights},
		{ImbalanceFile, []string{"layer_idx", "timestamp_sec", "std_dev", "max_min_ratio"}, r.writeImbalance},
	} {
		out, err := newTable(dir, file.name, file.columns...)
		if err != nil {
			return MoEReport{}, err
		}
		file.fill(out)
		if err := out.close(ctx.Err()); err != nil {
			return MoEReport{}, fmt.Errorf("writing %s: %w", file.name, err)
		}
	}
	report, err := r.report(ctx)
	if err != nil {
		return MoEReport{}, err
	}
	if err := writeJSON(dir, MoESummaryFile, report.Summary); err != nil {
		return MoEReport{}, err
	}
	return report, writeJSON(dir, MoEMetricsFile, report.Metrics)
}

// recording holds the tables of a routing artifact; one that it lacks is nil.
type recording struct {
	info                                                   artifacts.Info
	activations, steps, pairs, weights, imbalance, summary *frames.Frame
	notes                                                  []result.Finding
}

// say tells something about the files that a reader of them must know.
func (r *recording) say(severity result.Severity, remedy, format string, args ...any) {
	r.notes = append(r.notes, result.Finding{Severity: severity, Text: fmt.Sprintf(format, args...), Remedy: remedy})
}

func loadRecording(ctx context.Context, a artifacts.Artifact) (*recording, error) {
	r := &recording{info: a.Info()}
	for name, into := range map[string]**frames.Frame{"activations": &r.activations, "steps": &r.steps, "coselection": &r.pairs,
		"weights": &r.weights, "imbalance": &r.imbalance, "summary": &r.summary} {
		f, err := artifacts.Load(ctx, a, name)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading table %s: %w", name, err)
		}
		*into = f
	}
	return r, nil
}

// writeActivations lists the experts that have tokens, as the tracker does.
func (r *recording) writeActivations(t *table) {
	for _, l := range r.layers() {
		total := float64(l.Sum())
		for e, n := range l.Counts {
			if n == 0 {
				continue
			}
			t.int(l.Index)
			t.int(int64(e))
			t.int(n)
			t.fixed(100*float64(n)/total, 6)
			t.row()
		}
	}
}

// writePairs lists the pairs of each layer, the most frequent first.
func (r *recording) writePairs(t *table) {
	if r.pairs == nil {
		return
	}
	layer, a, b, count := r.pairs.Ints("layer"), r.pairs.Ints("expert_a"), r.pairs.Ints("expert_b"), r.pairs.Ints("count")
	for _, i := range orderOf(len(layer), func(x, y int) int {
		return cmp.Or(cmp.Compare(layer[x], layer[y]), cmp.Compare(count[y], count[x]), cmp.Compare(a[x], a[y]), cmp.Compare(b[x], b[y]))
	}) {
		t.int(layer[i])
		t.int(a[i])
		t.int(b[i])
		t.int(count[i])
		t.row()
	}
}

// orderOf sorts the indexes of n rows.
func orderOf(n int, compare func(x, y int) int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, compare)
	return order
}

// writeWeights lists the sampled weights in the order of the recording.
func (r *recording) writeWeights(t *table) {
	if r.weights == nil {
		return
	}
	layer, token, expert, weight := r.weights.Column("layer"), r.weights.Column("token"), r.weights.Column("expert"), r.weights.Column("weight")
	for i := range r.weights.Len() {
		t.cell(layer, i)
		t.cell(token, i)
		t.cell(expert, i)
		if weight == nil || weight.IsNull(i) {
			t.raw("")
		} else {
			t.fixed(weight.Float(i), 6)
		}
		t.row()
	}
}

// fixed appends v with so many decimals, nothing for NaN.
func (t *table) fixed(v float64, decimals int) {
	if math.IsNaN(v) {
		t.raw("")
		return
	}
	t.raw(strconv.FormatFloat(v, 'f', decimals, 64))
}
