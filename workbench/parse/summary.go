package parse

import (
	"profilemate/frames"
	"profilemate/workbench/result"
)

// topKernels is how many kernels the summary lists, as the scripts did.
const topKernels = 20

// Summary is summary.json: the keys of the scripts, then ours. A figure that the
// trace cannot know is null.
type Summary struct {
	PrefillDecode map[string]Phase     `json:"prefill_decode"` // by "prefill", "decode", "mixed"
	Components    map[string]Component `json:"components"`     // by "attention", "ffn", "moe", "layernorm", …; only those that occur
	TopKernels    []TopKernel          `json:"top_kernels"`    // by total time, descending
	CUDAGraphs    Graphs               `json:"cuda_graphs"`
	Findings      []result.Finding     `json:"findings"`
}

// Phase adds up the steps of one phase. total_ms is the time its ranges are open on
// the host, as the scripts had it; each step counts once, however its ranges nest.
type Phase struct {
	Count       int64    `json:"count"`
	TotalMs     *float64 `json:"total_ms"`
	AvgMs       *float64 `json:"avg_ms"`
	StepTotalMs *float64 `json:"step_total_ms"` // from start to next start
	GPUBusyMs   *float64 `json:"gpu_busy_ms"`
	Requests    *int64   `json:"requests"`
	Tokens      *int64   `json:"tokens"`
}

// Component is the time of one component of the model. total_ms is host time spent
// in its ranges and not in ranges of another component, so that percent adds to 100.
type Component struct {
	Count      *int64   `json:"count"`
	TotalMs    *float64 `json:"total_ms"`
	Percent    *float64 `json:"percent"`
	GPUBusyMs  *float64 `json:"gpu_busy_ms"`
	GPUPercent *float64 `json:"gpu_percent"`
}

// TopKernel is one kernel name with all its executions.
type TopKernel struct {
	Name        string  `json:"kernel_name"` // whole
	Invocations int64   `json:"invocations"`
	TotalMs     float64 `json:"total_time_ms"`
	AvgUs       float64 `json:"avg_time_us"`
	MinUs       float64 `json:"min_time_us"`
	MaxUs       float64 `json:"max_time_us"`
	AvgGrid     float64 `json:"avg_grid_size"`
	AvgBlock    float64 `json:"avg_block_size"`
	FromGraphs  int64   `json:"graph_invocations"`
}

// Graphs is how much of the kernels CUDA graphs launched. The coverage is null
// where a graph-level trace hides the kernels inside, the kernels where damage does.
type Graphs struct {
	Kernels      *int64   `json:"total_kernel_launches"`
	FromGraphs   *int64   `json:"graph_kernel_launches"`
	CoveragePct  *float64 `json:"graph_coverage_pct"`
	Graphs       *int64   `json:"num_unique_graphs"`
	Replays      *int64   `json:"graph_replays"`
	HiddenGraphs *int64   `json:"hidden_graph_launches"`
}

// Results are the analyses that the summary draws on. A nil one was not possible on
// this artifact; its part of the summary is empty.
type Results struct {
	HiddenKernels              bool // by damage: how many there are is not known
	Phases, Components, Graphs *result.Result
}

// Summarize puts a summary together.
func Summarize(kernels []Kernel, r Results) Summary {
	s := Summary{PrefillDecode: map[string]Phase{}, Components: map[string]Component{}, TopKernels: []TopKernel{}, Findings: []result.Finding{}}
	if t := frameOf(r.Phases, "phases"); t != nil {
		addPhases(s.PrefillDecode, t)
	}
	if t := frameOf(r.Components, "components"); t != nil {
		addComponents(s.Components, t)
	}
	launched, fromGraphs := int64(0), int64(0)
	for i, k := range kernels {
		if i < topKernels {
			s.TopKernels = append(s.TopKernels, topKernel(k))
		}
		launched += k.Count
		fromGraphs += k.GraphCount
	}
	if !r.HiddenKernels {
		s.CUDAGraphs.Kernels, s.CUDAGraphs.FromGraphs = &launched, &fromGraphs
	}
	s.CUDAGraphs.complete(r.Graphs)
	for _, from := range []*result.Result{r.Phases, r.Components, r.Graphs} {
		if from != nil {
			s.Findings = append(s.Findings, from.Findings...)
		}
	}
	s.Findings = distinct(s.Findings)
	result.SortFindings(s.Findings)
	return s
}

func frameOf(r *result.Result, table string) *frames.Frame {
	if r == nil || r.Table(table) == nil {
		return nil
	}
	return r.Table(table).Frame
}

func addPhases(phases map[string]Phase, f *frames.Frame) {
	for i := range f.Len() {
		name := f.Column("phase").Str(i)
		p := phases[name]
		p.Count += f.Column("steps").Int(i)
		add(&p.TotalMs, millis(f, "range_total", i))
		add(&p.StepTotalMs, millis(f, "total", i))
		add(&p.GPUBusyMs, millis(f, "busy_total", i))
		add(&p.Requests, whole(f, "requests", i))
		add(&p.Tokens, whole(f, "tokens", i))
		if p.TotalMs != nil && p.Count > 0 {
			avg := *p.TotalMs / float64(p.Count)
			p.AvgMs = &avg
		}
		phases[name] = p
	}
}

// scriptNames are the components that the scripts called otherwise.
func scriptName(component string) string {
	if component == "norm" {
		return "layernorm"
	}
	return component
}

func addComponents(components map[string]Component, f *frames.Frame) {
	for i := range f.Len() {
		components[scriptName(f.Column("component").Str(i))] = Component{
			Count: whole(f, "ranges", i), TotalMs: millis(f, "host_self", i), Percent: real(f, "host_share", i),
			GPUBusyMs: millis(f, "gpu_busy", i), GPUPercent: real(f, "gpu_share", i)}
	}
}

func topKernel(k Kernel) TopKernel {
	n := float64(k.Count)
	return TopKernel{Name: k.Name, Invocations: k.Count, TotalMs: float64(k.Total) / 1e6, AvgUs: float64(k.Total) / n / 1e3,
		MinUs: float64(k.Min) / 1e3, MaxUs: float64(k.Max) / 1e3, AvgGrid: k.grid / n, AvgBlock: k.block / n, FromGraphs: k.GraphCount}
}

// complete adds what the kernels alone cannot tell.
func (g *Graphs) complete(r *result.Result) {
	coverage := frameOf(r, "coverage")
	if coverage == nil {
		return
	}
	replays, hidden := sum(coverage, "replays"), sum(coverage, "hidden")
	g.Replays, g.HiddenGraphs = &replays, &hidden
	if g.Kernels != nil && *g.Kernels > 0 && hidden == 0 {
		pct := 100 * float64(*g.FromGraphs) / float64(*g.Kernels)
		g.CoveragePct = &pct
	}
	graphs := int64(0)
	if f := frameOf(r, "graphs"); f != nil {
		graphs = int64(f.Len())
	}
	g.Graphs = &graphs
}

func sum(f *frames.Frame, column string) int64 {
	total := int64(0)
	for i := range f.Len() {
		total += f.Column(column).Int(i)
	}
	return total
}

func add[T int64 | float64](total **T, v *T) {
	switch {
	case v == nil:
	case *total == nil:
		*total = v
	default:
		sum := **total + *v
		*total = &sum
	}
}

func whole(f *frames.Frame, column string, i int) *int64 {
	c := f.Column(column)
	if c == nil || c.IsNull(i) {
		return nil
	}
	v := c.Int(i)
	return &v
}

func real(f *frames.Frame, column string, i int) *float64 {
	c := f.Column(column)
	if c == nil || c.IsNull(i) {
		return nil
	}
	v := c.Float(i)
	return &v
}

func millis(f *frames.Frame, column string, i int) *float64 {
	v := real(f, column, i)
	if v != nil {
		*v /= 1e6
	}
	return v
}

// distinct drops findings that several analyses repeat.
func distinct(list []result.Finding) []result.Finding {
	seen, out := map[string]bool{}, []result.Finding{}
	for _, f := range list {
		if !seen[f.Text] {
			seen[f.Text] = true
			out = append(out, f)
		}
	}
	return out
}

// Write writes summary.json into dir.
func (s Summary) Write(dir string) error { return writeJSON(dir, SummaryFile, s) }
