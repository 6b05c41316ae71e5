package ncu

// work is what a launch computed in one precision on one path, beside the rate at
// which the device could.
type work struct {
	precision string // "fp64", "fp32", "fp16", or the type of the factors of a tensor operation
	path      string // "cuda" for ordinary instructions, "tensor", or the tensor instruction: "hmma>fp32"
	tensor    bool
	integer   bool // operations on integers: OP, not FLOP
	method    string
	ops       measure
	peak      measure // in operations a second, at the clock during profiling
	hasPeak   bool

	best     string  // of tensor work: the path with the highest dense peak for these factors
	bestPeak measure // its peak; best is "" when the report does not tell instructions apart
}

// How a count came about.
const (
	exactMethod    = "exact"    // a counter of operations
	rateMethod     = "rate"     // a printed rate per cycle times the cycles
	estimateMethod = "estimate" // tensor instructions times 512 FLOP, right on V100 only
)

// family is the three counters of one precision: op is d, f or h.
type family struct {
	precision string
	op        string
	packed    string // factors of the derived metric of the multiply-add: "_x2", "_x4"
}

var families = [...]family{{"fp64", "d", "_x2"}, {"fp32", "f", "_x2"}, {"fp16", "h", "_x4"}}

// flops returns the operations of one precision: add + mul + 2·fma, predicated on.
// Newer reports count half2 instructions as two lanes (2·hadd + 2·hmul + 4·hfma),
// by derived metrics; where these stand they are used. ok is false when a term is
// missing.
func (r row) flops(f family) (w work, ok bool) {
	counters := "smsp__sass_thread_inst_executed_op_" + f.op
	sum, exact := r.threeTerms(f, counters, ".sum")
	if !exact {
		if sum, exact = r.threeTerms(f, "sm__sass_thread_inst_executed_op_"+f.op, ".sum"); !exact {
			rate, ok := r.threeTerms(f, counters, ".sum.per_cycle_elapsed")
			cycles, ok2 := r.elapsed()
			if !ok || !ok2 {
				return work{}, false
			}
			sum = rate.times(cycles)
		}
	}
	w = work{precision: f.precision, path: "cuda", ops: sum, method: rateMethod}
	if exact {
		w.method = exactMethod
	}
	w.peak, w.hasPeak = r.peakOf(f)
	return w, sum.isInt
}

// elapsed returns the cycles that rates per cycle refer to.
func (r row) elapsed() (measure, bool) {
	if m, ok := r.metric("smsp__cycles_elapsed.avg"); ok {
		return m, true
	}
	m, ok := r.metric("smsp__cycles_elapsed.avg.per_second")
	return r.overTime(m, ok)
}

func (r row) threeTerms(f family, counters, suffix string) (measure, bool) {
	add, ok := r.metric(counters + "add_pred_on" + suffix)
	mul, ok2 := r.metric(counters + "mul_pred_on" + suffix)
	fma, ok3 := r.metric(counters + "fma_pred_on" + suffix)
	if !ok || !ok2 || !ok3 {
		return measure{}, false
	}
	derived := "derived__" + counters + "fma_pred_on" + f.packed
	lanes := int64(1)
	if f.packed == "_x4" && r.has(derived) {
		lanes = 2
	}
	fma = fma.scaled(2 * lanes)
	// The derived metric is a rate; it has lost fewer digits than its double.
	if m, ok := r.metric(derived); ok && suffix != ".sum" {
		fma = m
	}
	return add.scaled(lanes).plus(mul.scaled(lanes)).plus(fma), true
}

// peakOf returns 2·fma peak (4 for packed halves) times the SM clock.
func (r row) peakOf(f family) (measure, bool) {
	counter := "sm__sass_thread_inst_executed_op_" + f.op + "fma_pred_on"
	m, ok := r.metric("derived__" + counter + f.packed)
	if !ok {
		m, ok = r.metric(counter + ".sum.peak_sustained")
		m = m.scaled(2)
	}
	return r.perSecond(m, ok, "sm")
}

// works returns all that the launch computed, measured zeros left out.
func (r row) works() []work {
	var list []work
	for _, f := range families {
		if w, ok := r.flops(f); ok && w.ops.whole > 0 {
			list = append(list, w)
		}
	}
	tensors, _ := r.tensors()
	return append(list, tensors...)
}
