package compare

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"profilemate/frames"
	"profilemate/workbench/analysis/change"
	"profilemate/workbench/result"
)

// The analyses that the figures of an nsys artifact come from, and the tables read.
const (
	phasesAnalysis = "phases"          // steps
	shapesAnalysis = "kernel-shapes"   // kernels
	graphsAnalysis = "cuda-graphs"     // coverage
	memoryAnalysis = "memory-usage"    // memory
	copiesAnalysis = "memory-copies"   // directions
	usageAnalysis  = "gpu-utilization" // devices, only where there are no steps
)

// MeasureNsys adds to a run what results of analyses tell, by their names: phases, kernel-shapes,
// cuda-graphs, memory-usage, memory-copies and, without steps, gpu-utilization. What has
// no result gives no figures.
func (r *Run) MeasureNsys(results map[string]*result.Result) {
	steps := readSteps(table(results[phasesAnalysis], "steps"))
	if table(results[shapesAnalysis], "kernels") == nil {
		steps = withoutGPU(steps)
	}
	r.phases(steps)
	n := float64(max(1, len(steps)))
	if len(steps) == 0 {
		r.Notes = append(r.Notes, "The run has no steps: figures are of the whole capture, and only those of kernels have an error.")
		r.utilization(table(results[usageAnalysis], "devices"))
	}
	r.kernels(table(results[shapesAnalysis], "kernels"), n)
	r.graphs(table(results[graphsAnalysis], "coverage"))
	r.memory(table(results[memoryAnalysis], "memory"))
	r.copies(table(results[copiesAnalysis], "directions"), n)
}

// table is nil where there is no result, no such table, or no row in it.
func table(r *result.Result, name string) *frames.Frame {
	if r == nil || r.Table(name) == nil || r.Table(name).Frame.Len() == 0 {
		return nil
	}
	return r.Table(name).Frame
}

// number is NaN where a cell is missing.
func number(f *frames.Frame, column string, row int) float64 {
	c := f.Column(column)
	if c == nil || c.IsNull(row) {
		return math.NaN()
	}
	return c.Float(row)
}

// word is empty where a cell is missing.
func word(f *frames.Frame, column string, row int) string {
	c := f.Column(column)
	if c == nil || c.IsNull(row) {
		return ""
	}
	return c.Str(row)
}

// step is a row of the steps; what is not known is NaN.
type step struct {
	phase                        string
	start                        float64
	time, busy, launches, tokens float64
}

// readSteps returns the steps of all threads in order of start.
func readSteps(f *frames.Frame) []step {
	if f == nil {
		return nil
	}
	list := make([]step, f.Len())
	for i := range list {
		list[i] = step{phase: word(f, "phase", i), start: number(f, "start", i), time: number(f, "step_time", i),
			busy: number(f, "gpu_busy", i), launches: number(f, "launches", i), tokens: number(f, "tokens", i)}
	}
	slices.SortStableFunc(list, func(a, b step) int { return cmp.Compare(a.start, b.start) })
	return list
}

// withoutGPU is for a run without kernels: what its copies take is not what the GPU did.
func withoutGPU(steps []step) []step {
	for i := range steps {
		steps[i].busy, steps[i].launches = math.NaN(), math.NaN()
	}
	return steps
}

// column takes a number of the steps for which it and all others are known.
func column(steps []step, of func(step) float64, others ...func(step) float64) []float64 {
	var out []float64
	for _, s := range steps {
		known := !math.IsNaN(of(s))
		for _, other := range others {
			known = known && !math.IsNaN(other(s))
		}
		if known {
			out = append(out, of(s))
		}
	}
	return out
}

func stepTime(s step) float64     { return s.time }
func stepBusy(s step) float64     { return s.busy }
func stepLaunches(s step) float64 { return s.launches }
func stepTokens(s step) float64   { return s.tokens }

func (r *Run) phases(steps []step) {
	byPhase := map[string][]step{}
	for _, s := range steps {
		if s.phase != "" {
			byPhase[s.phase] = append(byPhase[s.phase], s)
		}
	}
	for _, phase := range slices.Sorted(maps.Keys(byPhase)) {
		r.phase("phase/"+phase+"/", byPhase[phase])
		if tokens := column(byPhase[phase], stepTokens); len(tokens) > 0 {
			all := change.Bootstrap(tokens, change.RatioOf(tokens, nil)).Value
			r.Conditions["mean number of tokens in a "+phase+" step"] = strconv.FormatFloat(all, 'f', 0, 64)
		}
	}
}

func (r *Run) phase(prefix string, steps []step) {
	if times := column(steps, stepTime); len(times) > 0 {
		r.add(prefix+"step_time", "ns", change.Lower, change.Bootstrap(times, change.MedianOf(times))).Primary = true
		r.add(prefix+"step_p95", "ns", change.Lower, change.Bootstrap(times, change.QuantileOf(times, 0.95)))
	}
	if times, tokens := column(steps, stepTime, stepTokens), column(steps, stepTokens, stepTime); len(times) > 0 && slices.Max(tokens) > 0 {
		r.add(prefix+"time_per_token", "ns", change.Lower, change.Bootstrap(times, change.RatioOf(times, tokens))).Primary = true
	}
	if busy := column(steps, stepBusy); len(busy) > 0 {
		r.add(prefix+"gpu_busy", "ns", change.Lower, change.Bootstrap(busy, change.RatioOf(busy, nil))).Primary = true
	}
	if times, busy := column(steps, stepTime, stepBusy), column(steps, stepBusy, stepTime); len(times) > 0 {
		share := change.Bootstrap(times, change.RatioOf(busy, times))
		share.Value, share.Error = 100*share.Value, 100*share.Error
		f := r.add(prefix+"busy_share", "%", change.Higher, share)
		f.Points, f.Primary = true, true
	}
	if launches := column(steps, stepLaunches); len(launches) > 0 {
		r.add(prefix+"launches", "", change.Lower, change.Bootstrap(launches, change.RatioOf(launches, nil)))
	}
}

// utilization is that of a capture without steps: one number a device, without an error.
func (r *Run) utilization(f *frames.Frame) {
	if f == nil {
		return
	}
	busy, window := 0.0, 0.0
	for i := range f.Len() {
		busy, window = busy+number(f, "busy", i), window+number(f, "window", i)
	}
	if window > 0 && !math.IsNaN(busy) {
		share := r.add("gpu/busy_share", "%", change.Higher, change.Unsure(100*busy/window))
		share.Points, share.Primary = true, true
	}
}

func (r *Run) kernels(f *frames.Frame, steps float64) {
	if f == nil {
		return
	}
	type sum struct{ total, error, free, count float64 }
	families, all, count := map[string]*sum{}, 0.0, 0.0
	for i := range f.Len() {
		k := Kernel{Name: word(f, "name", i), Short: word(f, "kernel", i), Grid: word(f, "grid", i), Block: word(f, "block", i), Family: word(f, "family", i),
			Count: int64(number(f, "instances", i)), Total: int64(number(f, "total", i)), Share: number(f, "share", i), Mean: change.Lone(number(f, "avg", i))}
		if e := number(f, "error", i); !math.IsNaN(e) {
			k.Mean.Error, k.Mean.Free = e, number(f, "batches", i)-1
		}
		k.PerStep = float64(k.Count) / steps
		r.Kernels = append(r.Kernels, k)
		s := families[k.Family]
		if s == nil {
			s = &sum{}
			families[k.Family] = s
		}
		s.total, s.count, all, count = s.total+float64(k.Total), s.count+float64(k.Count), all+float64(k.Total), count+float64(k.Count)
		if k.Mean.Free > 0 { // of the few others it is left out, and so it is a little too small
			s.error = math.Hypot(s.error, k.Mean.Error*float64(k.Count))
			s.free = max(s.free, k.Mean.Free)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(families)) {
		s := families[name]
		v := change.Figure{Value: s.total / steps, Error: s.error / steps, Free: s.free}
		if s.free == 0 {
			v = change.Unsure(v.Value)
		}
		r.add("family/"+name+"/time", "ns", change.Lower, v).Share = 100 * s.total / all
	}
	r.add("kernels/launched", "", change.Lower, change.Exact(count/steps))
}

func (r *Run) graphs(f *frames.Frame) {
	if f == nil {
		return
	}
	kernels, inside, hidden := 0.0, 0.0, 0.0
	for i := range f.Len() {
		kernels, inside, hidden = kernels+number(f, "kernels", i), inside+number(f, "graph_kernels", i), hidden+number(f, "hidden", i)
	}
	if hidden > 0 {
		r.Conditions["graph trace"] = "graph"
		r.Lacks = append(r.Lacks, hiddenTable)
		r.Notes = append(r.Notes, fmt.Sprintf("%s hide their kernels from this trace, so that graph coverage and GPU time are not known.", result.Count(int64(hidden), "graph launch")))
		return
	}
	if kernels > 0 && !math.IsNaN(inside) {
		share := r.add("graphs/kernel_share", "%", change.Higher, change.Exact(100*inside/kernels))
		share.Points, share.Primary = true, true
	}
}

func (r *Run) memory(f *frames.Frame) {
	if f == nil {
		return
	}
	peaks := map[string]float64{}
	for i := range f.Len() {
		peaks[word(f, "kind", i)] += number(f, "peak", i)
	}
	for _, kind := range []string{"device", "pinned"} {
		if v, known := peaks[kind]; known && !math.IsNaN(v) {
			r.add("memory/"+kind+"_peak", "B", change.Lower, change.Exact(v))
		}
	}
}

func (r *Run) copies(f *frames.Frame, steps float64) {
	if f == nil {
		return
	}
	for i := range f.Len() {
		if direction := word(f, "direction", i); direction == "host to device" || direction == "device to host" {
			r.add("copies/"+direction+"/bytes", "B", change.Lower, change.Exact(number(f, "bytes", i)/steps))
		}
	}
}
