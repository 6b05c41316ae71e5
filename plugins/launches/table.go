package launches

import (
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch"
)

func kernelTable(p *launch.Profile, list []kernel) *frames.Frame {
	time := func(name, doc string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Float64, Unit: "ns", Doc: doc}
	}
	own := []frames.Field{
		time("mean", "mean time of a launch"), time("fastest", "of the launches"), time("slowest", "of the launches"), time("first", "time of the first launch"),
		{Name: "class", Kind: frames.String, Doc: "of ncu's rule SOLBottleneck"},
		{Name: "dram_bytes", Kind: frames.Int64, Unit: "B", Doc: "of all launches; missing where any lacks them"},
		{Name: "traffic", Kind: frames.Float64, Unit: "B/s", Doc: "these bytes over the time of all launches"},
	}
	own = append(append(own, work()...), percentages()...)
	b := frames.NewBuilder("kernels", launch.Schema(own...))
	for _, k := range list {
		cells := []any{launch.Number(k.mean()), launch.Number(k.fastest), launch.Number(k.slowest), launch.Number(k.first),
			launch.Text(k.class), launch.Whole(k.bytes), launch.Number(k.traffic())}
		for _, v := range k.work {
			cells = append(cells, launch.Whole(v))
		}
		for _, v := range k.percent {
			cells = append(cells, launch.Number(v))
		}
		p.Row(b, k.Kernel, cells...)
	}
	return b.Frame()
}

// launchTable lists the launches of the kernels that are looked at.
func launchTable(p *launch.Profile) *frames.Frame {
	schema := frames.Schema{
		{Name: "launch", Kind: frames.Int64, Doc: "position in the profile, from 0"},
		{Name: "id", Kind: frames.Int64, Doc: "ncu's ID"},
		{Name: "function", Kind: frames.String, Doc: "kernel name, shortened"},
		{Name: "grid", Kind: frames.String},
		{Name: "block", Kind: frames.String},
		{Name: "nvtx", Kind: frames.String, Doc: "open NVTX ranges, outermost first"},
		{Name: "stream", Kind: frames.Int64},
		{Name: "time", Kind: frames.Int64, Unit: "ns"},
		{Name: "class", Kind: frames.String, Doc: "of ncu's rule SOLBottleneck"},
		{Name: "registers", Kind: frames.Int64, Doc: "of a thread"},
		{Name: "waves", Kind: frames.Float64, Doc: "waves of blocks over the device"},
		{Name: "dram_bytes", Kind: frames.Int64, Unit: "B"},
		{Name: "traffic", Kind: frames.Float64, Unit: "B/s", Doc: "these bytes over the time"},
	}
	schema = append(append(schema, work()...), percentages()...)
	schema = append(schema, frames.Field{Name: "device", Kind: frames.String}, frames.Field{Name: "kernel", Kind: frames.String, Doc: "kernel name"})
	b := frames.NewBuilder("launches", schema)
	for _, row := range rows(p) {
		b.Row(launchCells(p, row)...)
	}
	return b.Frame()
}

func launchCells(p *launch.Profile, row int) []any {
	whole := func(column string) any { return launch.Whole(p.Column(column)(row)) }
	text := func(column string) any { return launch.Text(p.Text(column, row)) }
	time := p.Column("time")(row)
	traffic := p.Column("dram_bytes")(row) / time * 1e9
	class := launch.SpeedOfLight(p.Column("sm_pct")(row), p.Column("memory_pct")(row), p.Column("waves")(row))
	cells := []any{whole("launch"), whole("id"), text("function"), text("grid"), text("block"), text("nvtx"), whole("stream"), launch.Whole(time),
		launch.Text(class), whole("registers"), launch.Number(p.Column("waves")(row)), whole("dram_bytes"), launch.Number(traffic)}
	for _, f := range work() {
		cells = append(cells, whole(f.Name))
	}
	for _, f := range percentages() {
		cells = append(cells, launch.Number(p.Column(f.Name)(row)))
	}
	return append(cells, text("device_name"), text("kernel"))
}

// rows returns the rows of all kernels in the order of the profile.
func rows(p *launch.Profile) []int {
	var list []int
	for _, k := range p.Kernels {
		list = append(list, k.Rows...)
	}
	slices.Sort(list)
	return list
}
