package steps

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"profilemate/workbench/trace"
)

// state is what a step is within its run.
type state string

const (
	warming state = "warm-up"
	steady  state = "steady"
	outlier state = "outlier"
)

// step is one step with a step time.
type step struct {
	index    int   // in trace.Steps
	number   int64 // on its thread, from 1
	time     int64 // ns
	host     int64 // ns; -1 where the range was never closed
	busy     int64 // ns; -1 where the trace does not tell
	expected float64
	state    state
	cause    string
	grown    int64 // what the cause adds, in ns
}

// excess is the time above what is expected, in ns.
func (s *step) excess() float64 { return float64(s.time) - s.expected }

// series is the steps of one phase on one thread.
type series struct {
	phase trace.Phase
	lane  trace.StepLane
	steps []step

	warm           int  // steps of the warm-up
	settled        bool // false: too slow steps reach past the middle of the run
	times          trace.Stats
	p95, p99       float64
	jitter         float64 // ns
	outliers       int
	host, busy     trace.Stats
	total, busySum int64 // ns, of the steady steps; busySum only of those whose busy time is known
	timedBusy      int64 // step time of those
	drift          float64
	drifts         bool // whether drift is known
	shift          int  // index of the first step of a new level, 0 for none
	before, after  float64
}

// view is everything the result is drawn from.
type view struct {
	a      *trace.Attribution
	found  *trace.Steps
	work   []trace.Work
	hidden []int64
	params Params
	series []*series
}

func survey(a *trace.Attribution, found *trace.Steps, p Params) *view {
	v := &view{a: a, found: found, params: p}
	v.work = a.Gather(len(found.List), a.Enclosed(found.Group))
	v.hidden = a.HiddenLaunches(found.Group, len(found.List))
	v.split()
	for _, s := range v.series {
		s.expect(found)
		s.warm, s.settled = trace.WarmUp(s.ratios(0))
		s.expect(found)
		s.judge(p.Outlier)
		s.sumUp()
	}
	return v
}

// split puts the steps in series.
func (v *view) split() {
	type key struct {
		lane  int32
		phase trace.Phase
	}
	known := map[key]*series{}
	number, lane := int64(0), int32(-1)
	for i := range v.found.List {
		f := &v.found.List[i]
		if f.Lane != lane {
			number, lane = 0, f.Lane
		}
		number++
		time, timed := v.found.Time(i)
		if !timed || v.params.Phase != everyPhase && string(f.Phase) != v.params.Phase {
			continue
		}
		k := key{lane, f.Phase}
		s := known[k]
		if s == nil {
			s = &series{phase: f.Phase, lane: v.found.Lanes[lane]}
			known[k] = s
			v.series = append(v.series, s)
		}
		one := step{index: i, number: number, time: time, host: -1, busy: -1, state: steady}
		if host, closed := v.found.RangeTime(i); closed {
			one.host = host
		}
		if v.hidden == nil || v.hidden[i] == 0 {
			one.busy = v.work[i].Busy
		}
		s.steps = append(s.steps, one)
	}
	for _, s := range v.series {
		v.forget(s)
	}
	slices.SortStableFunc(v.series, func(a, b *series) int {
		return cmp.Or(cmp.Compare(a.lane.Pid, b.lane.Pid), cmp.Compare(a.lane.Tid, b.lane.Tid), cmp.Compare(rank(a.phase), rank(b.phase)))
	})
}

// forget takes back the GPU time of a series none of whose steps launched anything
// that the trace shows: another thread may have.
func (v *view) forget(s *series) {
	for i := range s.steps {
		if v.work[s.steps[i].index].Ops > 0 {
			return
		}
	}
	for i := range s.steps {
		s.steps[i].busy = -1
	}
}

// phaseOrder is the order of phases in tables.
func phaseOrder() []trace.Phase {
	return []trace.Phase{trace.Prefill, trace.Decode, trace.Mixed, trace.NoPhase}
}

func rank(p trace.Phase) int { return slices.Index(phaseOrder(), p) }

// sizeOf is the class of a step's number of tokens: within a power of two. Steps
// that do not say it are of one class.
func sizeOf(found *trace.Steps, i int) int {
	return bits.Len64(uint64(max(0, found.List[i].Tokens())))
}

// fewestPeers is how many steps of a size tell what is expected of one.
const fewestPeers = 3

// expect gives each step the median of the steps of its size behind the warm-up, and
// where these are few that of all behind it.
func (s *series) expect(found *trace.Steps) {
	times := map[int][]float64{}
	var all []float64
	for _, one := range s.steps[s.warm:] {
		size := sizeOf(found, one.index)
		times[size] = append(times[size], float64(one.time))
		all = append(all, float64(one.time))
	}
	medians, middle := map[int]float64{}, trace.Median(all)
	for size, list := range times {
		if medians[size] = middle; len(list) >= fewestPeers {
			medians[size] = trace.Median(list)
		}
	}
	for i := range s.steps {
		expected, ok := medians[sizeOf(found, s.steps[i].index)]
		if !ok {
			expected = middle
		}
		s.steps[i].expected = expected
	}
}

// ratios returns the steps' times as multiples of what is expected.
func (s *series) ratios(from int) []float64 {
	out := make([]float64, 0, len(s.steps)-from)
	for _, one := range s.steps[from:] {
		ratio := 1.0
		if one.expected > 0 {
			ratio = float64(one.time) / one.expected
		}
		out = append(out, ratio)
	}
	return out
}

// What an outlier must exceed beside the factor, and of how many steps.
const (
	farthest     = 5.0 // robust deviations
	fewestJudged = 5
)

// judge says which steps are of the warm-up and which are outliers.
func (s *series) judge(factor float64) {
	for i := range s.steps[:s.warm] {
		s.steps[i].state = warming
	}
	rest := s.steps[s.warm:]
	excess := make([]float64, len(rest))
	for i := range rest {
		excess[i] = rest[i].excess()
	}
	s.jitter = trace.Spread(excess, 0)
	if len(rest) < fewestJudged {
		return
	}
	for i := range rest {
		one := &rest[i]
		if excess[i] > farthest*s.jitter && float64(one.time) > factor*one.expected {
			one.state = outlier
			s.outliers++
		}
	}
}

// sumUp computes the figures of the steady steps, outliers included.
func (s *series) sumUp() {
	var times, hosts, busy []int64
	for _, one := range s.steps[s.warm:] {
		times = append(times, one.time)
		s.total += one.time
		if one.host >= 0 {
			hosts = append(hosts, one.host)
		}
		if one.busy >= 0 {
			busy = append(busy, one.busy)
			s.busySum += one.busy
			s.timedBusy += one.time
		}
	}
	s.times, s.host, s.busy = trace.Describe(times), trace.Describe(hosts), trace.Describe(busy)
	if len(times) > 0 {
		s.p95, s.p99 = trace.Quantile(times, 0.95), trace.Quantile(times, 0.99)
	}
	ratios := s.ratios(s.warm)
	s.drift, s.drifts = trace.Drift(ratios)
	if at, ok := trace.LevelShift(ratios); ok {
		s.shift = s.warm + at
		s.before, s.after = trace.Median(ratios[:at]), trace.Median(ratios[at:])
	}
	if math.IsNaN(s.jitter) {
		s.jitter = 0
	}
}

// name returns what a series is of, in words.
func name(p trace.Phase) string {
	if p == trace.NoPhase {
		return "step"
	}
	return string(p)
}
