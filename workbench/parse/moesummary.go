package parse

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// MoEReport is what the JSON files of MoE hold.
type MoEReport struct {
	Summary LayerSummaries
	Metrics MoEMetrics
}

// LayerSummary is the tracker's summary of a layer, of all experts: those without a
// token count in the mean, the deviation and the least.
type LayerSummary struct {
	Layer int64 `json:"-"`

	Experts     int      `json:"num_experts"`
	TopK        *int     `json:"top_k"` // nil: not known
	Activations int64    `json:"total_activations"`
	Unique      int      `json:"unique_experts_activated"`
	CoveragePct float64  `json:"activation_coverage_pct"`
	Mean        float64  `json:"mean_activations_per_expert"`
	StdDev      float64  `json:"std_dev_activations"` // of the population
	Min         int64    `json:"min_activations"`
	Max         int64    `json:"max_activations"`
	Ratio       *float64 `json:"load_balance_ratio"` // max over min; nil where an expert has no token
}

// LayerSummaries is moe_summary.json: an object with a member "layer_N" for each layer,
// in ascending order, and nothing else.
type LayerSummaries []LayerSummary

// MarshalJSON keeps the layers in their order, which a map would sort as text.
func (s LayerSummaries) MarshalJSON() ([]byte, error) {
	return layersJSON(len(s), func(i int) (int64, any) { return s[i].Layer, s[i] })
}

// layersJSON writes an object with a member "layer_N" for each of n layers.
func layersJSON(n int, at func(i int) (layer int64, value any)) ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i := range n {
		layer, value := at(i)
		data, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, "%q:%s", fmt.Sprintf("layer_%d", layer), data)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// router is what is known of the router.
func (r *recording) router() routing.Router {
	seen := max(routing.Seen(r.activations, "expert"), routing.Seen(r.steps, "expert"), routing.Seen(r.pairs, "expert_a", "expert_b"))
	return routing.RouterOf(r.info.Metadata, 0, seen)
}

// layers are the layers' loads: the activations, or where there are none the sum of the
// steps.
func (r *recording) layers() []routing.Layer {
	counts := r.activations
	if counts == nil {
		counts = r.steps
	}
	return slices.DeleteFunc(routing.Layers(counts, r.router().Experts), func(l routing.Layer) bool { return l.Sum() == 0 })
}

func (r *recording) report(ctx context.Context) (MoEReport, error) {
	router := r.router()
	var topK *int
	if router.TopK > 0 {
		topK = &router.TopK
	}
	report := MoEReport{Metrics: r.metrics(router)}
	pairs, chance := r.pairSums(), routing.NewChance(router, chanceSeed)
	for _, l := range r.layers() {
		spread := routing.SpreadOf(l.Counts, nil)
		report.Summary = append(report.Summary, LayerSummary{Layer: l.Index, Experts: len(l.Counts), TopK: topK, Activations: spread.Sum,
			Unique: len(l.Counts) - spread.Dead, CoveragePct: 100 * float64(len(l.Counts)-spread.Dead) / float64(len(l.Counts)),
			Mean: float64(spread.Sum) / float64(len(l.Counts)), StdDev: deviation(l.Counts),
			Min: slices.Min(l.Counts), Max: spread.Max, Ratio: finite(maxOverMin(l.Counts))})
		m, err := layerMetrics(ctx, l, spread, router, chance)
		if err != nil {
			return MoEReport{}, fmt.Errorf("chance level of %s: %w", routing.LayerName(l.Index), err)
		}
		m.PairSum, m.PairSumImplied = pairs[l.Index], impliedPairs(spread.Sum, router)
		report.Metrics.Layers = append(report.Metrics.Layers, m)
	}
	return report, nil
}

// finite is nil for NaN.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// pairSums adds up the pairs by layer.
func (r *recording) pairSums() map[int64]*int64 {
	sums := map[int64]*int64{}
	if r.pairs == nil {
		return sums
	}
	for i, l := range r.pairs.Ints("layer") {
		if sums[l] == nil {
			sums[l] = new(int64)
		}
		*sums[l] += r.pairs.Ints("count")[i]
	}
	return sums
}

// impliedPairs is T k(k-1)/2 for the T tokens behind so many activations, nil where it
// is not known.
func impliedPairs(activations int64, r routing.Router) *int64 {
	if _, whole := r.Tokens(activations); r.TopK < 1 || !whole {
		return nil
	}
	n := activations * int64(r.TopK-1) / 2
	return &n
}

// metrics are those of the recording as a whole.
func (r *recording) metrics(router routing.Router) MoEMetrics {
	m := MoEMetrics{Format: r.info.Format, Experts: router.Experts, Tables: map[string]int{}, Metadata: maps.Clone(r.info.Metadata)}
	if m.Metadata == nil {
		m.Metadata = map[string]string{}
	}
	for name, f := range map[string]*frames.Frame{"activations": r.activations, "steps": r.steps, "coselection": r.pairs,
		"weights": r.weights, "imbalance": r.imbalance, "summary": r.summary} {
		if f != nil {
			m.Tables[name] = f.Len()
		}
	}
	m.Findings = slices.Concat(r.info.Findings, r.notes)
	for _, d := range router.Doubts() {
		m.Findings = append(m.Findings, result.Finding{Severity: result.Warning, Text: d.Text, Remedy: d.Remedy})
	}
	if len(r.layers()) == 0 {
		m.Findings = append(m.Findings, result.Finding{Severity: result.Problem, Text: "The recording has no tokens by expert, so that " + ActivationsFile + " and " + MoESummaryFile + " are empty.",
			Remedy: "Record moe_expert_activations.csv or expert_counts_by_step.json."})
	}
	if m.Findings == nil {
		m.Findings = []result.Finding{}
	}
	result.SortFindings(m.Findings)
	return m
}
