package routingkernels

import (
	"cmp"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/routing"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// tracedStep is a step of the trace.
type tracedStep struct {
	lane    int32 // its thread
	phase   trace.Phase
	name    string
	tokens  int64 // -1 where its name does not say
	moe     int64 // sum of the times of its MoE kernels, ns
	kernels int64 // how many of them
	hidden  int64 // graph launches in it whose work the trace does not show
}

// timed returns the steps of the trace with the time of their MoE kernels.
func timed(a *trace.Attribution, found *trace.Steps) []tracedStep {
	list := make([]tracedStep, len(found.List))
	hidden := a.HiddenLaunches(found.Group, len(list))
	for i := range list {
		s := &found.List[i]
		list[i] = tracedStep{lane: s.Lane, phase: s.Phase, tokens: s.Tokens(), name: a.Ranges.NameOf(int(s.Row))}
		if hidden != nil {
			list[i].hidden = hidden[i]
		}
	}
	group, inMoE := around(a, found)
	ofExperts := kernelNames(a)
	for i := range a.Kernels {
		row := a.Range[i]
		if row < 0 || group[row] < 0 {
			continue
		}
		if inMoE[row] == yes || inMoE[row] == unknown && ofExperts(i) {
			list[group[row]].moe += a.Ops.End[i] - a.Ops.Start[i]
			list[group[row]].kernels++
		}
	}
	return list
}

// verdict says whether a range is one of the experts.
type verdict int8

const (
	unknown verdict = iota // neither it nor a range around it has a component
	yes
	no
)

// around returns, by row of the ranges, the step that holds it, -1 for none, and whether
// it belongs to the experts.
func around(a *trace.Attribution, found *trace.Steps) (group []int32, inMoE []verdict) {
	rules, names := names.DefaultComponents(), map[int32]verdict{}
	group, inMoE = make([]int32, a.Ranges.Len()), make([]verdict, a.Ranges.Len())
	for _, row := range a.Nesting.Ordered() {
		group[row], inMoE[row] = found.Group[row], componentOf(a.Ranges, row, rules, names)
		parent := a.Nesting.Parent[row]
		if parent >= 0 && group[row] < 0 {
			group[row] = group[parent]
		}
		if parent >= 0 && inMoE[row] == unknown {
			inMoE[row] = inMoE[parent]
		}
	}
	return group, inMoE
}

func componentOf(r *trace.Ranges, row int32, rules *names.Rules, known map[int32]verdict) verdict {
	if r.Name == nil || r.Name[row] < 0 {
		return unknown
	}
	code := r.Name[row]
	v, ok := known[code]
	if !ok {
		switch family, _ := rules.Match(r.Names[code]); family {
		case "moe":
			v = yes
		case names.Other:
			v = unknown
		default:
			v = no
		}
		known[code] = v
	}
	return v
}

// kernelNames returns whether the name of kernel i says that it is one of the experts.
func kernelNames(a *trace.Attribution) func(i int) bool {
	known := map[string]bool{}
	return func(i int) bool {
		if a.Names == nil || a.Names.IsNull(i) {
			return false
		}
		name := a.Names.Str(i)
		is, ok := known[name]
		if !ok {
			family, _ := names.Family(name)
			is = family == "moe"
			known[name] = is
		}
		return is
	}
}

// recordedStep is a step of the routing, all its layers together.
type recordedStep struct {
	number   int64
	tokens   int64 // -1 where layers differ, or top-k is unknown
	layers   int
	distinct int64   // experts with a token, summed over layers
	overMean float64 // sum over layers of the largest count over the sum of the means
}

// record sums the routing up by step. Steps without a token are left out.
func record(counts *frames.Frame, r routing.Router) []recordedStep {
	type sums struct {
		recordedStep
		mosts, means float64
	}
	at := map[int64]*sums{}
	for s := range routing.Steps(counts, r.Experts) {
		spread := routing.SpreadOf(s.Counts, nil)
		if spread.Sum == 0 {
			continue
		}
		one := at[s.Number]
		tokens, whole := r.Tokens(spread.Sum)
		if r.TopK == 0 || !whole {
			tokens = -1
		}
		if one == nil {
			one = &sums{recordedStep: recordedStep{number: s.Number, tokens: tokens}}
			at[s.Number] = one
		}
		if one.tokens != tokens {
			one.tokens = -1
		}
		one.layers++
		one.distinct += int64(len(s.Counts) - spread.Dead)
		one.mosts += float64(spread.Max)
		one.means += float64(spread.Sum) / float64(len(s.Counts))
	}
	list := make([]recordedStep, 0, len(at))
	for _, one := range at {
		one.overMean = one.mosts / one.means
		list = append(list, one.recordedStep)
	}
	slices.SortFunc(list, func(a, b recordedStep) int { return cmp.Compare(a.number, b.number) })
	return list
}
