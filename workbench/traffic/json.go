package traffic

import (
	"encoding/json"
	"math"
)

// rateUnbound is how vllm bench serve writes the rate of a run without one.
const rateUnbound = "inf"

// MarshalJSON writes the report with the keys of vllm bench serve (mean_ttft_ms and
// so on), times in ms, rates a second, and beside them what that does not have. What
// was not measured is left out.
func (r *Report) MarshalJSON() ([]byte, error) {
	o := map[string]any{
		"base_url": r.URL, "model_id": r.Model, "num_prompts": r.Requests, "max_concurrency": any(nil),
		"request_rate": any(rateUnbound), "duration": r.Elapsed.Seconds(), "completed": r.Completed, "failed": r.Failed, "unsent": r.Unsent,
		"total_input_tokens": r.InputTokens, "total_output_tokens": r.Output, "max_concurrent_requests": r.MostAtOnce,
		"profiled": r.Profiled, "interrupted": r.Interrupted, "errors": append([]Failure{}, r.Errors...), "notes": append([]string{}, r.Notes...),
	}
	if r.Concurrency > 0 {
		o["max_concurrency"] = r.Concurrency
	}
	if r.Rate > 0 {
		o["request_rate"] = r.Rate
		o["poisson"] = r.Poisson
	}
	if !r.Data {
		o["mode"] = r.Mode
	}
	if s := r.Elapsed.Seconds(); s > 0 {
		o["request_throughput"] = float64(r.Completed) / s
		o["output_throughput"] = float64(r.Output) / s
		o["total_token_throughput"] = float64(r.InputTokens+r.Output) / s
	}
	for _, t := range r.times() {
		t.figures.write(o, t.key)
	}
	return json.Marshal(o)
}

// timed is a row of the report: how it is called in JSON and for a reader.
type timed struct {
	key, title string
	figures    Figures
}

// times returns what was measured.
func (r *Report) times() []timed {
	return measured([]timed{
		{"ttft", "Time to first token", r.TTFT},
		{"tpot", "Time per output token", r.TPOT},
		{"itl", "Inter-token latency", r.ITL},
		{"e2el", "End to end", r.E2E},
		{"delay", "Sent late by", r.Delay},
		{"due_ttft", "First token since due", r.DueTTFT},
		{"due_e2el", "End to end since due", r.DueE2E},
	})
}

func measured(all []timed) []timed {
	var some []timed
	for _, t := range all {
		if t.figures.Count > 0 {
			some = append(some, t)
		}
	}
	return some
}

func (f Figures) write(o map[string]any, key string) {
	for name, ns := range map[string]float64{"mean": f.Mean, "median": f.P50, "std": f.Std,
		"p50": f.P50, "p90": f.P90, "p95": f.P95, "p99": f.P99, "max": f.Max} {
		if f.Count > 0 {
			o[name+"_"+key+"_ms"] = round(ns / 1e6)
		}
	}
}

// round keeps ns of ms: more digits are noise.
func round(ms float64) float64 { return math.Round(ms*1e6) / 1e6 }
