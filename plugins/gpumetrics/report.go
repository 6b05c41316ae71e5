package gpumetrics

import (
	"fmt"
	"math"
	"regexp"

	"profilemate/frames"
	"profilemate/workbench/result"
)

func (v *view) gpuTable() *frames.Frame {
	b := frames.NewBuilder("gpus", frames.Schema{
		{Name: "gpu", Kind: frames.Int64, Doc: "nsys's own number, which is not always the CUDA ordinal"},
		{Name: "name", Kind: frames.String},
		{Name: "busy_share", Kind: frames.Float64, Unit: "%", Doc: "of the sampled time; missing where the trace does not tell"},
		{Name: "sm_active", Kind: frames.Float64, Unit: "%", Doc: "mean over all samples"},
		{Name: "sm_active_busy", Kind: frames.Float64, Unit: "%", Doc: "mean over the samples taken while the GPU was busy"},
		{Name: "window", Kind: frames.Int64, Unit: "ns", Doc: "from the first to the last sample"},
		{Name: "period", Kind: frames.Int64, Unit: "ns", Doc: "usual time between samples"},
		{Name: "counters", Kind: frames.Int64},
	})
	for _, g := range v.gpus {
		var id, name, busy, active, activeBusy, period any
		if g.id >= 0 {
			id = g.id
		}
		if g.name != "" {
			name = g.name
		}
		if g.knowsBusy() {
			busy = g.busyShare()
		}
		if m := g.active(); m != nil {
			active = m.stats.Mean
			if m.busyCount > 0 {
				activeBusy = m.busyMean
			}
		}
		if g.period > 0 {
			period = g.period
		}
		b.Row(id, name, busy, active, activeBusy, g.window.Duration(), period, len(g.metrics))
	}
	return b.Frame()
}

// busyShare is of the sampled time in percent. The window is longer than 0 where
// the time between samples is.
func (g *gpu) busyShare() float64 {
	return 100 * float64(g.busy.Total()) / float64(g.window.Duration())
}

func (v *view) metricTable() *frames.Frame {
	b := frames.NewBuilder("metrics", frames.Schema{
		{Name: "gpu", Kind: frames.Int64, Doc: "nsys's own number"},
		{Name: "metric", Kind: frames.String},
		{Name: "unit", Kind: frames.String, Doc: "as nsys writes it; missing where the name has none"},
		{Name: "mean", Kind: frames.Float64},
		{Name: "p50", Kind: frames.Float64},
		{Name: "p95", Kind: frames.Float64},
		{Name: "min", Kind: frames.Int64},
		{Name: "max", Kind: frames.Int64},
		{Name: "mean_busy", Kind: frames.Float64, Doc: "mean over the samples taken while the GPU was busy; missing where the trace does not tell"},
		{Name: "samples", Kind: frames.Int64},
	})
	for _, g := range v.gpus {
		for _, m := range g.metrics {
			var id, unit, busy any
			if g.id >= 0 {
				id = g.id
			}
			if m.unit != "" {
				unit = m.unit
			}
			if m.busyCount > 0 {
				busy = m.busyMean
			}
			b.Row(id, m.name, unit, m.stats.Mean, m.p50, m.p95, m.stats.Min, m.stats.Max, busy, m.stats.Count)
		}
	}
	return b.Frame()
}

// telling are the counters that a chart shows where a GPU has them.
var telling = regexp.MustCompile(`(?i)^(GR Active|SMs? Active|SM Issue|Tensor Active.*|DRAM (Read |Write )?(Bandwidth|Throughput).*)$`)

// Charts, and lines of a chart.
const (
	mostCharts = 8
	mostLines  = 8
)

func (v *view) charts() []result.Chart {
	var out []result.Chart
	for _, g := range v.gpus[:min(mostCharts, len(v.gpus))] {
		if c := v.overTime(g); len(c.Series) > 0 {
			out = append(out, c)
		}
	}
	return out
}

func (v *view) overTime(g *gpu) result.Chart {
	low, high := 0.0, 100.0
	c := result.Chart{Name: fmt.Sprintf("over-time-%d", g.id), Group: "over-time", Title: "Counters over time, " + g.label(), Kind: result.Line,
		X: result.Axis{Label: "time since the trace began", Unit: "ns"}, Y: result.Axis{Label: "mean of the part", Unit: "%", Min: &low, Max: &high}}
	for _, wanted := range []bool{true, false} {
		for _, m := range g.metrics {
			if m.isPercent() && telling.MatchString(m.name) == wanted && len(c.Series) < mostLines {
				c.Series = append(c.Series, v.series(g, m))
			}
		}
		if len(c.Series) > 0 {
			break // the others only where there is none of these
		}
	}
	return c
}

func (v *view) series(g *gpu, m *metric) result.Series {
	width := g.window.Duration()/int64(v.params.Bins) + 1
	sums, counts := make([]int64, v.params.Bins), make([]int64, v.params.Bins)
	for _, s := range m.samples {
		i := (s.time - g.window.Start) / width
		sums[i] += s.value
		counts[i]++
	}
	s := result.Series{Name: m.name}
	for i, n := range counts {
		y := math.NaN()
		if n > 0 {
			y = float64(sums[i]) / float64(n)
		}
		if at := int64(i)*width + width/2; at <= g.window.Duration() || n > 0 {
			s.X, s.Y = append(s.X, result.Number(g.window.Start+at)), append(s.Y, result.Number(y))
		}
	}
	return s
}

// label names a GPU.
func (g *gpu) label() string {
	if g.id < 0 {
		return "GPU of unknown number"
	}
	return fmt.Sprintf("GPU %d", g.id)
}

// findings adds what is worth saying, in words.
func (v *view) findings(r *result.Result) {
	if v.odd > 0 {
		r.Warn("The file may be damaged: export it again.", "%s with impossible times or values left out.", result.Count(v.odd, "row"))
	}
	if v.unnamed > 0 {
		r.Warn("Export the .nsys-rep file again, with all tables.", "%s without a name in the export.", result.Count(v.unnamed, "counter"))
	}
	if len(v.gpus) == 0 {
		r.Warn("Capture with nsys profile --gpu-metrics-devices=all, as a user who may read counters.", "The trace has no sample of a counter.")
	}
	for _, g := range v.gpus[:min(mostCharts, len(v.gpus))] {
		v.activeFinding(r, g)
		v.highestFinding(r, g)
	}
	if v.stray {
		r.Note("The trace has GPU work that it does not place on a numbered GPU, so when each GPU was busy is not known.")
	}
	if v.hidden.Launches > 0 {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, Remedy: "Capture with nsys profile --cuda-graph-trace=node.",
			Text: fmt.Sprintf("%s whose kernels this trace does not show: when the GPU was busy is not known. The counters include that work.", result.Count(v.hidden.Launches, "graph launch"))})
	}
}

// activeFinding holds busy against SM active.
func (v *view) activeFinding(r *result.Result, g *gpu) {
	m := g.active()
	if m == nil {
		r.Note("%s has no counter SMs Active: how much of it works cannot be told.", g.label())
		return
	}
	f := result.Finding{Severity: result.Info, Table: "gpus", Column: "gpu", Values: []string{fmt.Sprint(g.id)},
		Text: fmt.Sprintf("%s: %.1f %% of the multiprocessors are active on average over %s.", g.label(), m.stats.Mean, result.Duration(g.window.Duration()))}
	if g.knowsBusy() {
		f.StakeNs = g.busy.Total()
		f.Text = fmt.Sprintf("%s: busy %.1f %% of %s, while %.1f %% of the multiprocessors are active on average.", g.label(), g.busyShare(), result.Duration(g.window.Duration()), m.stats.Mean)
		if m.busyCount > 0 {
			f.Text += fmt.Sprintf(" While it is busy they are %.1f %% active.", m.busyMean)
		}
		if m.busyCount > 0 && m.busyMean < 50 {
			f.Severity, f.Remedy = result.Warning, "The kernels fill less than half of the GPU: larger batches, larger grids, or work side by side on several streams."
		}
	}
	r.Findings = append(r.Findings, f)
}

// highestFinding names the percentage with the highest mean: what is nearest to its
// limit. Being active is no limit.
func (v *view) highestFinding(r *result.Result, g *gpu) {
	var best *metric
	for _, m := range g.metrics {
		if m.isPercent() && limit.MatchString(m.name) && (best == nil || m.stats.Mean > best.stats.Mean) {
			best = m
		}
	}
	if best == nil {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Table: "metrics", Column: "metric", Values: []string{best.name},
		Text: fmt.Sprintf("%s: of what can be a limit, %s is highest: %.1f %% on average, %.1f %% at the 95th percentile.", g.label(), best.name, best.stats.Mean, best.p95)})
}

// limit matches counters whose 100 % is a limit of the hardware.
var limit = regexp.MustCompile(`(?i)^(SM Issue|Tensor Active.*|DRAM .*|PCIe .*|NVLink .*)$`)
