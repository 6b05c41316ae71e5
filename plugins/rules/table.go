package rules

import (
	"cmp"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

func adviceTable(p *launch.Profile, list []*advice) *frames.Frame {
	text := func(name, doc string) frames.Field { return frames.Field{Name: name, Kind: frames.String, Doc: doc} }
	b := frames.NewBuilder("advice", launch.Schema(
		text("rule", "identifier of the rule"),
		text("title", "what the rule found, else the rule's own title"),
		text("type", "OPT (a way to optimize), INF, WRN or ERR"),
		text("estimate", "global: of the launch's time; local: of the unit that the rule looks at; missing without one"),
		frames.Field{Name: "speedup", Kind: frames.Float64, Unit: "%", Doc: "ncu's estimate, an upper bound, weighted by time"},
		frames.Field{Name: "gain", Kind: frames.Int64, Unit: "ns", Doc: "global estimates times the time of the launches; those of several rules overlap"},
		frames.Field{Name: "told", Kind: frames.Int64, Unit: "launch", Doc: "launches that the rule says it of"},
		text("message", "what ncu says of the longest of these launches"),
		text("goals", "what to do about the metrics, and what they are now"),
		text("metrics", "metrics that the message is about"),
		text("section", "section that the rule belongs to"),
	))
	for _, a := range list {
		p.Row(b, a.kernel, launch.Text(a.rule), launch.Text(a.heading()), launch.Text(a.sort), launch.Text(a.kind), launch.Number(a.speedup),
			launch.Whole(a.gain), len(a.told), launch.Text(a.message), launch.Text(a.goals), launch.Text(a.metrics), launch.Text(a.section))
	}
	return b.Frame()
}

// heading is the title of the message, else the rule's.
func (a *advice) heading() string { return cmp.Or(a.title, a.name, a.rule) }

// total is what one rule says of all kernels.
type total struct {
	rule, name, section string
	kernels             []*launch.Kernel
	gain                float64 // ns; NaN where no estimate is global
}

// totals adds the advice up by rule, most gain first, then most time. Of several
// messages of a rule about one kernel the one with the largest gain counts.
func totals(list []*advice) []*total {
	var out []*total
	type place struct {
		rule   string
		kernel *launch.Kernel
	}
	best := map[place]float64{}
	for _, a := range list {
		at := slices.IndexFunc(out, func(t *total) bool { return t.rule == a.rule })
		if at < 0 {
			at, out = len(out), append(out, &total{rule: a.rule, name: a.name, section: a.section, gain: math.NaN()})
		}
		t := out[at]
		if !slices.Contains(t.kernels, a.kernel) {
			t.kernels = append(t.kernels, a.kernel)
		}
		if here := (place{a.rule, a.kernel}); a.gain > best[here] {
			if math.IsNaN(t.gain) {
				t.gain = 0
			}
			t.gain += a.gain - best[here]
			best[here] = a.gain
		}
	}
	slices.SortStableFunc(out, func(a, b *total) int {
		return cmp.Or(cmp.Compare(b.gain, a.gain), cmp.Compare(timeOf(b.kernels), timeOf(a.kernels)))
	})
	return out
}

func timeOf(list []*launch.Kernel) (ns int64) {
	for _, k := range list {
		ns += k.Time
	}
	return ns
}

func ruleTable(p *launch.Profile, list []*advice) *frames.Frame {
	b := frames.NewBuilder("rules", frames.Schema{
		{Name: "rule", Kind: frames.String, Doc: "identifier of the rule"},
		{Name: "name", Kind: frames.String, Doc: "title of the rule"},
		{Name: "section", Kind: frames.String, Doc: "section that the rule belongs to"},
		{Name: "kernels", Kind: frames.Int64, Doc: "kernels and shapes that it speaks of"},
		{Name: "time", Kind: frames.Int64, Unit: "ns", Doc: "GPU time of these kernels"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the GPU time of the launches looked at"},
		{Name: "gain", Kind: frames.Int64, Unit: "ns", Doc: "global estimates times time, for each kernel the largest of the rule; missing without any"},
		{Name: "gain_share", Kind: frames.Float64, Unit: "%", Doc: "of the GPU time of the launches looked at"},
	})
	for _, t := range totals(list) {
		var time, share, gainShare any
		if p.Timed {
			ns := timeOf(t.kernels)
			time, share, gainShare = ns, launch.Number(result.Share(ns, p.Time)), launch.Number(100*t.gain/float64(p.Time))
		}
		b.Row(t.rule, launch.Text(t.name), launch.Text(t.section), len(t.kernels), time, share, launch.Whole(t.gain), gainShare)
	}
	return b.Frame()
}

// chart draws the largest gains. ok is false when there are none.
func chart(list []*advice, top int) (c result.Chart, ok bool) {
	c = result.Chart{Name: "gain", Title: "What ncu's advice is worth, each by itself", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "kernel and rule"}, Y: result.Axis{Label: "time saved, at most", Unit: "ns"}}
	s := result.Series{Name: "gain"}
	for _, a := range list {
		if a.gain > 0 && len(s.Y) < top {
			c.X.Categories = append(c.X.Categories, a.kernel.Label+": "+a.heading())
			s.Y = append(s.Y, result.Number(a.gain))
		}
	}
	c.Series = []result.Series{s}
	return c, len(s.Y) > 0
}
