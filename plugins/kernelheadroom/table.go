package kernelheadroom

import (
	"math"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
	"profilemate/workbench/trace/names"
)

func pairTable(m matching) *frames.Frame {
	text := func(name, doc string) frames.Field { return frames.Field{Name: name, Kind: frames.String, Doc: doc} }
	whole := func(name, unit, doc string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Int64, Unit: unit, Doc: doc}
	}
	float := func(name, unit, doc string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Float64, Unit: unit, Doc: doc}
	}
	b := frames.NewBuilder("kernels", frames.Schema{
		text("function", "kernel name, shortened"), text("grid", ""), text("block", ""),
		whole("launches", "", "in the run"),
		whole("time", "ns", "in the run"),
		float("share", "%", "of the kernel time of the run"),
		float("of_roof", "%", "part of its roof that the kernel reaches under ncu"),
		text("roof", "the ceiling that is nearest"),
		whole("worth", "ns", "time in the run times what is missing to the roof: an upper bound"),
		float("worth_share", "%", "of the kernel time of the run"),
		text("matched", "by name and shape, or by name: of other shapes, weighted by time"),
		float("mean_run", "ns", "of a launch in the run"),
		float("mean_ncu", "ns", "of a launch under ncu"),
		float("ratio", "", "mean_ncu over mean_run"),
		whole("profiled", "launch", "launches that ncu profiled"),
		text("class", "ncu's speed-of-light class"),
		text("roof_from", "report (at the clock during profiling), data sheet (at the boost clock) or given"),
		text("device", ""), text("kernel", "kernel name"),
	})
	for _, p := range m.pairs {
		first, profiled := p.profiled[0], int64(0)
		for _, k := range p.profiled {
			profiled += k.Launches
		}
		class := first.Class()
		if len(p.profiled) > 1 {
			class = ""
		}
		b.Row(launch.Text(first.Function), launch.Text(p.grid), launch.Text(p.block), p.count, p.time, launch.Number(result.Share(p.time, m.runTime)),
			launch.Number(p.bound.OfRoof), launch.Text(p.bound.By), launch.Whole(p.worth()), launch.Number(100*p.worth()/float64(m.runTime)), p.matched,
			launch.Number(p.meanRun()), launch.Number(p.meanProfile()), launch.Number(p.meanProfile()/p.meanRun()), profiled,
			launch.Text(class), launch.Text(p.bound.From), launch.Text(first.ID.Device), launch.Text(p.name))
	}
	return b.Frame()
}

// The sides of what has no other.
const (
	onlyRun     = "run"
	onlyProfile = "profile"
)

func unmatchedTable(m matching) *frames.Frame {
	b := frames.NewBuilder("unmatched", frames.Schema{
		{Name: "only_in", Kind: frames.String, Doc: "run (nsys) or profile (ncu)"},
		{Name: "function", Kind: frames.String, Doc: "kernel name, shortened"},
		{Name: "grid", Kind: frames.String}, {Name: "block", Kind: frames.String},
		{Name: "launches", Kind: frames.Int64},
		{Name: "time", Kind: frames.Int64, Unit: "ns", Doc: "where it is"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the kernel time there"},
		{Name: "kernel", Kind: frames.String, Doc: "kernel name"},
	})
	for _, k := range m.runOnly {
		b.Row(onlyRun, names.ShortName(k.name), launch.Text(k.grid), launch.Text(k.block), k.count, k.time, launch.Number(result.Share(k.time, m.runTime)), k.name)
	}
	for _, k := range m.ncuOnly {
		b.Row(onlyProfile, launch.Text(k.Function), launch.Text(k.ID.Grid), launch.Text(k.ID.Block), k.Launches, k.Time,
			launch.Number(result.Share(k.Time, m.profile.Time)), launch.Text(k.ID.Name))
	}
	return b.Frame()
}

// chart draws the kernels that are worth most. ok is false when none has a roof.
func chart(m matching, top int) (c result.Chart, ok bool) {
	c = result.Chart{Name: "headroom", Title: "Time in the run: what the roof takes, and what could be saved at most", Kind: result.Bar, Horizontal: true, Stacked: true,
		X: result.Axis{Label: "kernel"}, Y: result.Axis{Label: "time in the run", Unit: "ns"},
		Note: "What could be saved is an upper bound; kernels without a roof are not drawn."}
	kept, worth := result.Series{Name: "at its roof", Color: "other"}, result.Series{Name: "could be saved, at most", Color: "gemm"}
	for _, p := range m.pairs {
		w := p.worth()
		if math.IsNaN(w) || len(c.X.Categories) == top {
			continue
		}
		c.X.Categories = append(c.X.Categories, p.label())
		kept.Y = append(kept.Y, result.Number(float64(p.time)-w))
		worth.Y = append(worth.Y, result.Number(w))
	}
	c.Series = []result.Series{kept, worth}
	return c, len(c.X.Categories) > 0
}
