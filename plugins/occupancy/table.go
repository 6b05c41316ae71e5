package occupancy

import (
	"math"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

func occupancyTable(p *launch.Profile, list []kernel) *frames.Frame {
	b := frames.NewBuilder("occupancy", launch.Schema(
		frames.Field{Name: "theoretical", Kind: frames.Float64, Unit: "%", Doc: "warps that an SM can hold of this kernel, of those it can hold at all"},
		frames.Field{Name: "achieved", Kind: frames.Float64, Unit: "%", Doc: "warps that an active SM held, weighted by time"},
		frames.Field{Name: "of_theoretical", Kind: frames.Float64, Unit: "%", Doc: "achieved over theoretical"},
		frames.Field{Name: "limiter", Kind: frames.String, Doc: "resource of which fewest blocks fit on an SM"},
		frames.Field{Name: "gain", Kind: frames.String, Doc: "the smallest changes that raise theoretical occupancy, each by itself"},
		frames.Field{Name: "registers", Kind: frames.Int64, Doc: "of a thread"},
		frames.Field{Name: "shared", Kind: frames.Int64, Unit: "B", Doc: "shared memory of a block as allocated, the driver's part included"},
		frames.Field{Name: "waves", Kind: frames.Float64, Doc: "waves of blocks over the device"},
		frames.Field{Name: "last_wave", Kind: frames.Float64, Unit: "%", Doc: "how full the last wave is"},
		frames.Field{Name: "tail_time", Kind: frames.Float64, Unit: "%", Doc: "of the run, taken by a partial last wave if all waves take equally long"},
		frames.Field{Name: "tail_loss", Kind: frames.Float64, Unit: "%", Doc: "of the device's time, left empty in the last wave"},
	))
	for _, k := range list {
		w := k.waves
		p.Row(b, k.Kernel, launch.Number(k.theoretical), launch.Number(k.achieved), launch.Number(100*k.achieved/k.theoretical),
			launch.Text(k.limiter), launch.Text(k.gain()), launch.Whole(k.block.registers), launch.Whole(k.block.shared),
			launch.Number(w.count), launch.Number(w.last()), launch.Number(w.tailTime()), launch.Number(w.tailLoss()))
	}
	return b.Frame()
}

// gain is the steps in words: "at most 64 registers a thread: 50.0 %".
func (k kernel) gain() string {
	var list []string
	for _, s := range k.steps {
		list = append(list, s.text+": "+launch.Percent(s.occupancy))
	}
	return strings.Join(list, "; ")
}

func limitsTable(p *launch.Profile, list []kernel) *frames.Frame {
	var own []frames.Field
	for _, l := range limits() {
		own = append(own, frames.Field{Name: strings.ReplaceAll(l.name, " ", "_"), Kind: frames.Int64, Unit: "block", Doc: "blocks of an SM that " + l.name + " allow"})
	}
	own = append(own, frames.Field{Name: "warps_of_block", Kind: frames.Int64, Unit: "warp"})
	b := frames.NewBuilder("limits", launch.Schema(own...))
	for _, k := range list {
		var cells []any
		for _, v := range k.limits {
			cells = append(cells, launch.Whole(v))
		}
		p.Row(b, k.Kernel, append(cells, launch.Whole(k.block.warps()))...)
	}
	return b.Frame()
}

// chart draws the kernels of which any occupancy is known; ok is false when there
// is none.
func chart(list []kernel, top int) (c result.Chart, ok bool) {
	c = result.Chart{Name: "occupancy", Title: "Occupancy of the kernels with most time", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "kernel"}, Y: result.Axis{Label: "occupancy", Unit: "%"}}
	theoretical, achieved := result.Series{Name: "theoretical", Color: "chance"}, result.Series{Name: "achieved", Color: "gemm"}
	for _, k := range list {
		if math.IsNaN(k.theoretical) && math.IsNaN(k.achieved) || len(c.X.Categories) == top {
			continue
		}
		c.X.Categories = append(c.X.Categories, k.Label)
		theoretical.Y = append(theoretical.Y, result.Number(k.theoretical))
		theoretical.Labels = append(theoretical.Labels, k.limitText())
		achieved.Y = append(achieved.Y, result.Number(k.achieved))
		achieved.Labels = append(achieved.Labels, k.Name)
	}
	c.Series = []result.Series{theoretical, achieved}
	return c, len(c.X.Categories) > 0
}
