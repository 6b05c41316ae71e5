package gpumetrics

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/gputrace"
	"profilemate/workbench/trace"
)

// metric is the samples of one counter of a GPU.
type metric struct {
	name, unit string // without the brackets; the unit is "" where the name has none
	samples    []sample

	stats     trace.Stats
	p50, p95  float64
	busyCount int64
	busyMean  float64 // of the samples that count as busy
}

type sample struct{ time, value int64 }

// gpu is one GPU by nsys's number.
type gpu struct {
	id      int64 // -1 where the trace does not say
	name    string
	metrics []*metric

	window  trace.Interval // from the first to the last sample
	period  int64          // ns: usual time between samples, 0 for less than two
	busy    trace.Set      // within the window
	placed  bool           // the trace has work of it
	unknown bool           // hidden work, or work of a GPU that is not known, may have run in the window
}

type view struct {
	params   Params
	gpus     []*gpu // in order of number
	timeline *trace.Timeline
	hidden   *trace.Hidden
	devices  *frames.Frame // nil where the trace has none
	unnamed  int64         // counters without a name
	odd      int64         // rows that cannot be
	stray    bool          // work whose GPU is not known
}

func read(in analysis.Inputs, p Params) (*view, error) {
	v := &view{params: p}
	f, err := in.Frame(role, "gpu_metrics")
	if err != nil {
		return nil, err
	}
	v.readSamples(f)
	t, err := gputrace.Load(in)
	if err != nil {
		return nil, err
	}
	v.timeline, v.hidden = t.Timeline, t.Hidden
	v.odd += t.Odd()
	if v.devices, err = in.Frame(role, "devices"); err != nil {
		return nil, err
	}
	v.findBusy()
	return v, nil
}

// Times (36 years) and values that are believed.
const (
	farthest = 1 << 60
	largest  = 1 << 50
)

func (v *view) readSamples(f *frames.Frame) {
	type key struct {
		gpu, id int64
		name    string
	}
	times, ids, names, numbers, values := f.Column("time"), f.Column("gpu_id"), f.Column("metric"), f.Column("metric_id"), f.Column("value")
	byGPU, byKey := map[int64]*gpu{}, map[key]*metric{}
	for i := range f.Len() {
		if missing(times, i) || missing(values, i) || outside(times.Int(i), farthest) || outside(values.Int(i), largest) {
			v.odd++
			continue
		}
		k := key{gpu: whole(ids, i), id: whole(numbers, i)}
		if !missing(names, i) {
			k = key{gpu: k.gpu, name: names.Str(i)} // one name is one counter
		}
		m := byKey[k]
		if m == nil {
			g := byGPU[k.gpu]
			if g == nil {
				g = &gpu{id: k.gpu}
				byGPU[k.gpu] = g
				v.gpus = append(v.gpus, g)
			}
			m = &metric{}
			if m.name, m.unit = splitName(k.name); k.name == "" {
				m.name = fmt.Sprintf("counter %d", k.id)
				v.unnamed++
			}
			byKey[k] = m
			g.metrics = append(g.metrics, m)
		}
		m.samples = append(m.samples, sample{times.Int(i), values.Int(i)})
	}
	slices.SortFunc(v.gpus, func(a, b *gpu) int { return cmp.Compare(a.id, b.id) })
}

func missing(c *frames.Column, i int) bool  { return c == nil || c.IsNull(i) }
func outside(value int64, limit int64) bool { return value < -limit || value > limit }

func whole(c *frames.Column, i int) int64 {
	if missing(c, i) {
		return -1
	}
	return c.Int(i)
}

var bracketed = regexp.MustCompile(`^(.*\S)\s*\[([^\[\]]+)\]$`)

// splitName takes the unit off a counter's name: "SMs Active [Throughput %]".
func splitName(name string) (text, unit string) {
	if m := bracketed.FindStringSubmatch(name); m != nil {
		return m[1], m[2]
	}
	return name, ""
}

// isPercent reports whether the values are percentages.
func (m *metric) isPercent() bool { return len(m.unit) > 0 && m.unit[len(m.unit)-1] == '%' }

// findBusy gives each GPU the work of all processes that ran on it.
func (v *view) findBusy() {
	for _, g := range v.gpus {
		g.findWindow()
	}
	lost := v.hidden.Launches // of processes without work that is shown, on whichever GPU
	pid := int64(-1)
	for _, place := range v.timeline.Places() {
		if place.Pid != pid {
			pid = place.Pid
			lost -= v.hidden.LaunchesOf(pid)
		}
		id, ok := v.gpuOf(place)
		if !ok {
			v.stray = true
			continue
		}
		for _, g := range v.gpus {
			if g.id != id {
				continue
			}
			g.placed = true
			g.busy = g.busy.Plus(v.timeline.Busy(place.Rows).Clip(g.window))
			g.unknown = g.unknown || len(v.hidden.Of(place.Pid).Clip(g.window)) > 0
		}
	}
	for _, g := range v.gpus {
		g.unknown = g.unknown || v.stray || lost > 0
	}
	v.nameGPUs()
}

// nameGPUs takes the GPUs' names from the table of devices.
func (v *view) nameGPUs() {
	if v.devices == nil {
		return
	}
	names := v.devices.Strings("name")
	for i, id := range v.devices.Ints("gpu_id") {
		for _, g := range v.gpus {
			if g.id == id && names != nil && g.name == "" {
				g.name = names[i]
			}
		}
	}
}

// gpuOf returns nsys's number of the GPU that a process means by a device.
func (v *view) gpuOf(place trace.Place) (id int64, ok bool) {
	if v.devices == nil {
		return 0, false
	}
	pids, devices, ids := v.devices.Column("pid"), v.devices.Column("device"), v.devices.Column("gpu_id")
	for i := range v.devices.Len() {
		all := missing(pids, i)
		if !missing(devices, i) && !missing(ids, i) && devices.Int(i) == place.Device && (all || pids.Int(i) == place.Pid) {
			return ids.Int(i), true
		}
	}
	return 0, false
}

// findWindow finds the time that is sampled, and the usual time between samples.
func (g *gpu) findWindow() {
	var most []sample
	for _, m := range g.metrics {
		slices.SortStableFunc(m.samples, func(a, b sample) int { return cmp.Compare(a.time, b.time) })
		w := trace.Interval{Start: m.samples[0].time, End: m.samples[len(m.samples)-1].time}
		if most == nil {
			g.window = w
		}
		g.window = trace.Interval{Start: min(g.window.Start, w.Start), End: max(g.window.End, w.End)}
		if len(m.samples) > len(most) {
			most = m.samples
		}
	}
	var steps []int64
	for i := 1; i < len(most); i++ {
		if step := most[i].time - most[i-1].time; step > 0 {
			steps = append(steps, step)
		}
	}
	if slices.Sort(steps); len(steps) > 0 {
		g.period = steps[len(steps)/2]
	}
}

// measure sums up the counters of a GPU.
func (v *view) measure(g *gpu) {
	for _, m := range g.metrics {
		values := make([]int64, len(m.samples))
		busySum := int64(0)
		for i, s := range m.samples {
			values[i] = s.value
			if g.knowsBusy() && 2*g.busy.TotalIn(trace.Interval{Start: s.time - g.period, End: s.time}) >= g.period {
				m.busyCount++
				busySum += s.value
			}
		}
		m.stats = trace.Describe(values)
		m.p50, m.p95 = trace.Quantile(values, 0.5), trace.Quantile(values, 0.95)
		if m.busyCount > 0 {
			m.busyMean = float64(busySum) / float64(m.busyCount)
		}
	}
}

// knowsBusy reports whether the trace tells when the GPU was busy.
func (g *gpu) knowsBusy() bool { return g.placed && !g.unknown && g.period > 0 }

var smActive = regexp.MustCompile(`(?i)^SMs? Active$`)

// active returns the counter of active multiprocessors, nil where there is none.
func (g *gpu) active() *metric {
	for _, m := range g.metrics {
		if smActive.MatchString(m.name) && m.isPercent() {
			return m
		}
	}
	return nil
}
