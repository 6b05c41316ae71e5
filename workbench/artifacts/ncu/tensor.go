package ncu

import "strings"

// tensorPrefix begins the exact counters of tensor operations (an FMA counts 2).
const tensorPrefix = "sm__ops_path_tensor_"

// estimatedFLOP is what ncu's older charts take for one tensor instruction.
const estimatedFLOP = 512

// tensorCounter is one counter taken apart: sm__ops_path_tensor_[op_OP_]src_SRC
// [_dst_DST][_sparsity_on|off].sum. What it does not name it sums over.
type tensorCounter struct {
	metric             string // without .sum
	op, src, dst, mode string
}

func parseTensor(metric string) (tensorCounter, bool) {
	rest, ok := strings.CutPrefix(metric, tensorPrefix)
	if !ok {
		return tensorCounter{}, false
	}
	rest, ok = strings.CutSuffix(rest, ".sum")
	if !ok || strings.Contains(rest, ".") {
		return tensorCounter{}, false
	}
	c := tensorCounter{metric: strings.TrimSuffix(metric, ".sum")}
	if named, ok := strings.CutPrefix(rest, "op_"); ok {
		c.op, rest, ok = strings.Cut(named, "_")
		if !ok {
			return tensorCounter{}, false
		}
	}
	if rest, ok = strings.CutPrefix(rest, "src_"); !ok {
		return tensorCounter{}, false
	}
	rest, c.mode, _ = strings.Cut(rest, "_sparsity_")
	c.src, c.dst, _ = strings.Cut(rest, "_dst_")
	return c, c.src != ""
}

// covers reports whether d counts a part of what c counts.
func (c tensorCounter) covers(d tensorCounter) bool {
	within := func(a, b string) bool { return a == "" || a == b }
	return c != d && c.src == d.src && within(c.op, d.op) && within(c.dst, d.dst) && within(c.mode, d.mode)
}

// path names the instruction and what it accumulates in: "hmma>fp32", "tensor".
func (c tensorCounter) path() string {
	path := "tensor"
	if c.op != "" {
		path = c.op
	}
	if c.dst != "" {
		path += ">" + c.dst
	}
	if c.mode == "on" {
		path += " sparse"
	}
	return path
}

// tensors returns the tensor operations of the launch; collected is false when no
// counter of them was collected. Nothing is counted twice: of counters
// that cover one another the finest are taken, since they have the peak of their
// own instruction, unless their sum misses what the coarse one has.
func (r row) tensors() (list []work, collected bool) {
	counters := r.tensorCounters()
	values := map[tensorCounter]measure{}
	for _, c := range counters {
		if m, ok := r.metric(c.metric + ".sum"); ok && m.isInt {
			values[c] = m
		}
	}
	if len(values) == 0 {
		return r.estimatedTensor()
	}
	for _, c := range counters {
		if m, ok := values[c]; ok && m.whole > 0 && taken(c, values) {
			list = append(list, r.tensorWork(c, m))
		}
	}
	return list, true
}

// taken reports whether c is the level to count at: every coarser counter is
// explained by its finest parts, and c itself has no parts that explain it.
func taken(c tensorCounter, values map[tensorCounter]measure) bool {
	if explained(c, values) {
		return false
	}
	for coarse := range values {
		if coarse.covers(c) && !explained(coarse, values) {
			return false
		}
	}
	return true
}

// explained reports whether the finest parts of c add up to it.
func explained(c tensorCounter, values map[tensorCounter]measure) bool {
	var sum int64
	parts := 0
	for d, m := range values {
		if c.covers(d) && !coversAny(d, values) {
			sum += m.whole
			parts++
		}
	}
	return parts > 0 && sum == values[c].whole
}

func coversAny(c tensorCounter, values map[tensorCounter]measure) bool {
	for d := range values {
		if c.covers(d) {
			return true
		}
	}
	return false
}

// tensorWork is the work of one counter. Beside it stands the fastest instruction
// for its factors without sparsity: on compute capability 9.0 wgmma has one and a
// half times the peak of mma.
func (r row) tensorWork(c tensorCounter, ops measure) work {
	w := work{precision: c.src, path: c.path(), tensor: true, integer: strings.HasPrefix(c.src, "int"), ops: ops, method: exactMethod}
	peak, ok := r.metric(c.metric + ".sum.peak_sustained")
	w.peak, w.hasPeak = r.perSecond(peak, ok, "sm")
	for _, d := range r.tensorCounters() {
		if d.src != c.src || d.op == "" || d.mode == "on" {
			continue
		}
		m, ok := r.metric(d.metric + ".sum.peak_sustained")
		if m, ok = r.perSecond(m, ok, "sm"); ok && m.value > w.bestPeak.value {
			w.best, w.bestPeak = d.path(), m
		}
	}
	return w
}

// estimatedTensor counts 512 FLOP for each tensor instruction, as ncu did before
// it had exact counters.
func (r row) estimatedTensor() (list []work, collected bool) {
	const counter = "sm__inst_executed_pipe_tensor"
	count, ok := r.metric(counter + ".sum")
	if !ok {
		rate, ok := r.metric(counter + ".sum.per_cycle_elapsed")
		cycles, ok2 := r.metric("sm__cycles_elapsed.avg", "smsp__cycles_elapsed.avg")
		if !ok || !ok2 {
			return nil, false
		}
		count = rate.times(cycles)
	}
	if !count.isInt || count.whole <= 0 {
		return nil, true
	}
	w := work{precision: "any", path: "tensor", tensor: true, ops: count.scaled(estimatedFLOP), method: estimateMethod}
	w.ops.estimate = true
	peak, ok := r.metric(counter + ".sum.peak_sustained")
	w.peak, w.hasPeak = r.perSecond(peak.scaled(estimatedFLOP), ok, "sm")
	return []work{w}, true
}
