package launchcompare

import (
	"math"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// compared are the columns shown before and after.
func compared() []struct{ name, column, unit, doc string } {
	return []struct{ name, column, unit, doc string }{
		{"bytes", "dram_bytes", "B", "DRAM bytes of a launch"},
		{"dram_pct", "dram_pct", "%", "DRAM throughput against its peak"},
		{"sm_pct", "sm_pct", "%", "compute throughput against its peak"},
		{"registers", "registers", "", "of a thread"},
		{"occupancy", "occupancy", "%", "achieved"},
	}
}

func table(pairs []pair, turns bool) *frames.Frame {
	text := func(name, doc string) frames.Field { return frames.Field{Name: name, Kind: frames.String, Doc: doc} }
	number := func(name, unit, doc string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Float64, Unit: unit, Doc: doc}
	}
	schema := frames.Schema{text("verdict", "of the time of a launch"), text("function", "kernel name, shortened"), text("grid", ""), text("block", "")}
	if turns {
		schema = append(schema, frames.Field{Name: "turn", Kind: frames.Int64, Doc: "which of the launches that are alike, from 1"})
	}
	schema = append(schema,
		number("time_before", "ns", "mean of a launch"), number("time_after", "ns", "mean of a launch"),
		number("change", "%", "of time, below 0 for faster"),
		number("noise", "%", "change that chance alone makes in 1 of 20 comparisons; missing without several launches on both sides"),
		frames.Field{Name: "effect", Kind: frames.Int64, Unit: "ns", Doc: "change of a launch times launches of the current profile; of new and vanished kernels all their time"},
		text("also", "what else is different"),
		frames.Field{Name: "launches_before", Kind: frames.Int64}, frames.Field{Name: "launches_after", Kind: frames.Int64},
	)
	for _, c := range compared() {
		schema = append(schema, number(c.name+"_before", c.unit, c.doc), number(c.name+"_after", c.unit, c.doc))
	}
	schema = append(schema, text("matched", "by name, or by function where only that is the same"), text("kernel", "name in the current profile, else in the baseline"))
	b := frames.NewBuilder("launches", schema)
	for _, p := range pairs {
		b.Row(p.cells(turns)...)
	}
	return b.Frame()
}

func (p pair) cells(turns bool) []any {
	k := p.kernel()
	cells := []any{p.verdict, launch.Text(k.Function), launch.Text(k.Grid), launch.Text(k.Block)}
	if turns {
		cells = append(cells, k.Turn)
	}
	cells = append(cells, launch.Number(p.before.mean("time")), launch.Number(p.after.mean("time")), launch.Number(p.change),
		launch.Number(p.noise), launch.Whole(p.effect), launch.Text(p.also()), launch.Whole(p.before.launches()), launch.Whole(p.after.launches()))
	for _, c := range compared() {
		cells = append(cells, launch.Number(p.before.mean(c.column)), launch.Number(p.after.mean(c.column)))
	}
	return append(cells, launch.Text(p.matched), launch.Text(k.Name))
}

// chart draws the pairs with the largest effect; ok is false when no kernel has a time.
func chart(pairs []pair, top int) (c result.Chart, ok bool) {
	c = result.Chart{Name: "before-after", Title: "Time of a launch before and after", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "kernel"}, Y: result.Axis{Label: "time of a launch", Unit: "ns"},
		Note: "The kernels with the largest effect on the whole, largest first."}
	old, now := result.Series{Name: "baseline", Color: "chance"}, result.Series{Name: "current", Color: "gemm"}
	for _, p := range pairs {
		a, b := p.before.mean("time"), p.after.mean("time")
		if math.IsNaN(a) && math.IsNaN(b) || len(c.X.Categories) == top {
			continue
		}
		c.X.Categories = append(c.X.Categories, p.label())
		old.Y, now.Y = append(old.Y, result.Number(a)), append(now.Y, result.Number(b))
		text := p.verdict
		if !math.IsNaN(p.change) {
			text += " " + signed(p.change)
		}
		old.Labels, now.Labels = append(old.Labels, p.kernel().Name), append(now.Labels, text)
	}
	c.Series = []result.Series{old, now}
	return c, len(c.X.Categories) > 0
}
