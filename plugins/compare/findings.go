package compare

import (
	"fmt"
	"math"

	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/change"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

func (c *comparison) findings(r *result.Result, in analysis.Inputs) {
	c.conditions(r, in)
	for _, s := range []*side{c.before, c.after} {
		trace.WarnOdd(r, s.t.Odd, "row of the "+s.role)
		if s.hidden > 0 {
			r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, Remedy: "Capture again with nsys profile --cuda-graph-trace=node.",
				Text: fmt.Sprintf("The work of %s of the %s is not in its trace: that time counts as %q and its kernels seem to have vanished.", result.Count(s.hidden, "graph launch"), s.role, rest)})
		}
	}
	if c.whole {
		r.Warn("Capture with NVTX ranges on: nsys profile --trace=cuda,nvtx.", "There is no phase with steps on both sides, so that the captures are compared as wholes, however long each is.")
	}
	c.steps(r)
	c.largest(r)
	c.slower(r)
	c.unmatched(r)
	r.Note("One profile a side shows the noise within it, and not what differs from run to run.")
}

// conditions says what makes the profiles unlike.
func (c *comparison) conditions(r *result.Result, in analysis.Inputs) {
	before, after := in.Source(baseline).Metadata, in.Source(current).Metadata
	for _, one := range []struct{ key, what string }{{"gpu_names", "GPU"}, {"nsys_version", "version of nsys"}} {
		if a, b := before[one.key], after[one.key]; a != b && a != "" && b != "" {
			r.Warn("Compare profiles made under like conditions.", "The %s differs: %s in the baseline, %s now.", one.what, a, b)
		}
	}
}

func (c *comparison) steps(r *result.Result) {
	a, b := c.before.mean(), c.after.mean()
	if math.IsNaN(a) || math.IsNaN(b) || a == 0 {
		return
	}
	text := fmt.Sprintf("On average %s takes %s, before %s: %+.1f %%", c.unit(), result.Duration(int64(b)), result.Duration(int64(a)), 100*(b-a)/a)
	if !c.whole {
		text += fmt.Sprintf(" (%s, before %s)", result.Count(int64(c.after.count), "step"), result.Grouped(int64(c.before.count)))
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: int64(math.Abs(b-a)) * int64(c.after.count), Text: text + "."})
}

// largest says which part of a step changed most.
func (c *comparison) largest(r *result.Result) {
	best := part{}
	for _, p := range c.parts() {
		if math.Abs(p.effect()) > math.Abs(best.effect()) {
			best = p
		}
	}
	difference := c.after.mean() - c.before.mean()
	if best.name == "" || math.IsNaN(difference) {
		return
	}
	what := "kernels of the family " + best.name
	if best.name == rest || best.name == copies || best.name == graphs {
		what = "the part " + fmt.Sprintf("%q", best.name)
	}
	word := "more"
	if best.effect() < 0 {
		word = "less"
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Table: "waterfall", Column: "part", Values: []string{best.name},
		Text: fmt.Sprintf("Most of what changed is %s: it takes %s %s of %s.", what, result.Duration(int64(math.Abs(best.effect()))), word, c.unit())})
}

// slower names the kernels that got slower, by their effect on a step.
func (c *comparison) slower(r *result.Result) {
	var values []string
	cost, count := 0.0, int64(0)
	for i := range c.kernels {
		k := &c.kernels[i]
		if k.Verdict != change.Worse {
			continue
		}
		slowdown := (k.Current - k.Baseline) * float64(len(k.after.Times)) / float64(c.after.count)
		cost, count = cost+slowdown, count+1
		if len(values) < 8 {
			values = append(values, names.ShortName(k.after.Name))
		}
	}
	if count > 0 {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: int64(cost * float64(c.after.count)), Table: "kernels", Column: "kernel", Values: values,
			Text: fmt.Sprintf("Slower beyond noise and %.3g %%: %s, which cost %s of %s.", c.params.Threshold, result.Count(count, "kernel shape"), result.Duration(int64(cost)), c.unit())})
	}
}

// unmatched says how much time kernels take that one side alone has.
func (c *comparison) unmatched(r *result.Result) {
	var isNew, gone, renamed int64
	added, removed := 0.0, 0.0
	for i := range c.kernels {
		switch k := &c.kernels[i]; {
		case k.Verdict == change.New:
			isNew, added = isNew+1, added+k.effect
		case k.Verdict == change.Vanished:
			gone, removed = gone+1, removed-k.effect
		case k.how == change.Renamed:
			renamed++
		}
	}
	if isNew > 0 {
		r.Note("New: %s, which take %s of %s.", result.Count(isNew, "kernel shape"), result.Duration(int64(added)), c.unit())
	}
	if gone > 0 {
		r.Note("Vanished: %s, which took %s of %s.", result.Count(gone, "kernel shape"), result.Duration(int64(removed)), c.unit())
	}
	if renamed > 0 {
		r.Note("Renamed, by their shape, calls and time: %s.", result.Count(renamed, "kernel shape"))
	}
}
