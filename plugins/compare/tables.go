package compare

import (
	"cmp"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis/change"
	"profilemate/workbench/analysis/kernelshape"
	"profilemate/workbench/trace/names"
)

// known is missing for NaN and infinities.
func known(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func field(name, unit, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Float64, Unit: unit, Doc: doc}
}

func word(name, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.String, Doc: doc}
}

// judged are the columns of an answer.
func judged(unit string) []frames.Field {
	return []frames.Field{field("before", unit, ""), field("after", unit, ""), field("change", "%", "of the baseline; points of shares"),
		field("low", "%", "begin of the 95 % interval of the change"), field("high", "%", "its end"), field("noise", "%", "smallest change that is told from noise, beside all others")}
}

func answered(a change.Answer) []any {
	return []any{known(a.Baseline), known(a.Current), known(a.Change), known(a.Low), known(a.High), known(a.Floor)}
}

// phaseTable has the times of the phases. They share a unit, so that they are shown in one
// that suits them.
func (c *comparison) phaseTable() *frames.Frame {
	b := frames.NewBuilder("phases", phaseSchema("ns", word("phase", ""), word("figure", ""), word("verdict", "")))
	for _, p := range c.phases {
		if p.unit == "ns" {
			b.Row(p.row(text(string(p.phase)), p.name, string(p.Verdict))...)
		}
	}
	return b.Frame()
}

// workTable has what of the phases is no time.
func (c *comparison) workTable() *frames.Frame {
	b := frames.NewBuilder("work", phaseSchema("", word("phase", ""), word("figure", ""), word("unit", "of before and after"), word("verdict", "")))
	for _, p := range c.phases {
		if p.unit != "ns" {
			b.Row(p.row(text(string(p.phase)), p.name, text(p.unit), string(p.Verdict))...)
		}
	}
	return b.Frame()
}

func phaseSchema(unit string, first ...frames.Field) frames.Schema {
	schema := append(frames.Schema(first), judged(unit)...)
	return append(schema, frames.Field{Name: "steps_before", Kind: frames.Int64}, frames.Field{Name: "steps_after", Kind: frames.Int64})
}

func (p phaseChange) row(first ...any) []any {
	return append(append(first, answered(p.Answer)...), int64(p.before), int64(p.after))
}

// part is a row of the waterfall.
type part struct {
	name          string
	before, after float64 // ns
}

func (p part) effect() float64 { return p.after - p.before }

// parts lists what a step is made of, the largest effect first, the rest last.
func (c *comparison) parts() []part {
	var list []part
	index := map[string]int{}
	for i, s := range []*side{c.before, c.after} {
		for name, ns := range s.parts {
			at, known := index[name]
			if !known {
				at = len(list)
				index[name] = at
				list = append(list, part{name: name})
			}
			if i == 0 {
				list[at].before = ns
			} else {
				list[at].after = ns
			}
		}
	}
	slices.SortFunc(list, func(a, b part) int {
		return cmp.Or(cmp.Compare(math.Abs(b.effect()), math.Abs(a.effect())), cmp.Compare(a.name, b.name))
	})
	return append(list, part{rest, c.before.rest(), c.after.rest()})
}

func (c *comparison) waterfallTable() *frames.Frame {
	b := frames.NewBuilder("waterfall", frames.Schema{word("part", "family of kernels, or what else a step is made of"),
		field("before", "ns", "of a step"), field("after", "ns", "of a step"), field("effect", "ns", "above 0: longer now"), field("sum", "ns", "time of a step with the effects so far")})
	sum := c.before.mean()
	b.Row("baseline", nil, nil, nil, known(sum))
	for _, p := range c.parts() {
		sum += p.effect()
		b.Row(p.name, known(p.before), known(p.after), known(p.effect()), known(sum))
	}
	b.Row("current", nil, nil, nil, known(c.after.mean()))
	return b.Frame()
}

func (c *comparison) kernelTable() *frames.Frame {
	schema := append(frames.Schema{word("verdict", "of the time of an execution"), word("kernel", "name, shortened"), word("grid", ""), word("block", ""), word("family", "")}, judged("ns")...)
	schema = append(schema, field("effect", "ns", "on a step: executions and their time; above 0: longer now"),
		field("calls_before", "", "executions in a step"), field("calls_after", "", "executions in a step"),
		word("matched", "how it was found on the other side"), word("was", "what the baseline calls it or its shape, where that differs"), word("name", "whole name"))
	b := frames.NewBuilder("kernels", schema)
	for i := range c.kernels {
		k := &c.kernels[i]
		g := k.first()
		row := append([]any{string(k.Verdict), text(names.ShortName(g.Name)), kernelshape.Sizes(g.Grid), kernelshape.Sizes(g.Block), text(g.Family)}, answered(k.Answer)...)
		b.Row(append(row, k.effect, calls(k.before, c.before), calls(k.after, c.after), text(k.how), text(k.was()), text(g.Name))...)
	}
	return b.Frame()
}

func calls(g *kernelshape.Group, s *side) any {
	if g == nil {
		return nil
	}
	return float64(len(g.Times)) / float64(s.count)
}

func (k *kernelChange) was() string {
	switch k.how {
	case change.Renamed:
		return names.ShortName(k.before.Name)
	case change.ByName:
		return k.before.Shape.String()
	}
	return ""
}
