package expertplacement

import (
	"fmt"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

func strategiesTable(trials []*trial, size int64) *frames.Frame {
	b := frames.NewBuilder("strategies", frames.Schema{
		{Name: "strategy", Kind: frames.String, Doc: "how experts are placed"},
		{Name: "slots", Kind: frames.Int64, Doc: "physical experts of a layer, replicas among them"},
		{Name: "learned", Kind: frames.Float64, Doc: "max/mean of the GPUs in the steps learned from"},
		{Name: "tested", Kind: frames.Float64, Doc: "max/mean in the other steps"},
		{Name: "balancedness", Kind: frames.Float64, Doc: "1 over tested"},
		{Name: "gain", Kind: frames.Float64, Unit: "%", Doc: "load of the busiest GPUs saved against linear, in the test"},
		{Name: "moves", Kind: frames.Int64, Doc: "experts that GPUs must fetch, coming from linear, over all layers"},
		{Name: "moved", Kind: frames.Int64, Unit: "B", Doc: "their weights; missing without the size of an expert"},
		{Name: "useless_replicas", Kind: frames.Int64, Doc: "replicas on a GPU that has the expert already, over all layers"},
		{Name: "fanout_low", Kind: frames.Float64, Unit: "GPUs", Doc: "least that a token reaches on average, in one layer; the same as fanout_high where it is exact"},
		{Name: "fanout_high", Kind: frames.Float64, Unit: "GPUs", Doc: "most that a token reaches on average"},
	})
	for _, t := range trials {
		var bytes any
		if size > 0 {
			bytes = int64(t.moves) * size
		}
		reach := t.reach.mean()
		b.Row(t.name, t.slots, routing.Value(t.learned.imbalance()), routing.Value(t.test.imbalance()), routing.Value(1/t.test.imbalance()),
			100*t.gain(trials[0]), t.moves, bytes, t.useless, routing.Value(reach.low), routing.Value(reach.high))
	}
	return b.Frame()
}

func layersTable(trials []*trial) *frames.Frame {
	b := frames.NewBuilder("layers", frames.Schema{
		routing.LayerColumn(),
		{Name: "strategy", Kind: frames.String, Doc: "how experts are placed"},
		{Name: "learned", Kind: frames.Float64, Doc: "max/mean of the GPUs in the steps learned from"},
		{Name: "tested", Kind: frames.Float64, Doc: "max/mean in the other steps"},
		{Name: "moves", Kind: frames.Int64, Doc: "experts that GPUs must fetch, coming from linear"},
		{Name: "useless_replicas", Kind: frames.Int64, Doc: "replicas on a GPU that has the expert already"},
		{Name: "fanout_low", Kind: frames.Float64, Unit: "GPUs", Doc: "least that a token reaches on average"},
		{Name: "fanout_high", Kind: frames.Float64, Unit: "GPUs", Doc: "most that a token reaches on average"},
	})
	for i := range trials[0].layers {
		for _, t := range trials {
			o := t.layers[i]
			b.Row(o.layer, t.name, routing.Value(o.learned.imbalance()), routing.Value(o.test.imbalance()), o.moves, len(o.twins), routing.Value(o.reach.low), routing.Value(o.reach.high))
		}
	}
	return b.Frame()
}

func placementsTable(trials []*trial) *frames.Frame {
	b := frames.NewBuilder("placements", frames.Schema{
		routing.LayerColumn(),
		{Name: "strategy", Kind: frames.String, Doc: "how experts are placed"},
		{Name: "gpu", Kind: frames.Int64, Doc: "index of the GPU"},
		{Name: "experts", Kind: frames.String, Doc: "experts in its slots, in order"},
		{Name: "load", Kind: frames.Float64, Unit: "tokens", Doc: "choices that go to it in the test"},
	})
	for i := range trials[0].layers {
		for _, t := range trials {
			o := t.layers[i]
			for g, slots := range o.placement.GPUs {
				b.Row(o.layer, t.name, g, routing.Row(slots), o.loads[g])
			}
		}
	}
	return b.Frame()
}

// slotsTable is log2phy, without the padding.
func slotsTable(trials []*trial) *frames.Frame {
	b := frames.NewBuilder("log2phy", frames.Schema{
		routing.LayerColumn(),
		{Name: "strategy", Kind: frames.String, Doc: "how experts are placed"},
		{Name: "expert", Kind: frames.Int64, Doc: "logical expert"},
		{Name: "replicas", Kind: frames.Int64, Doc: "slots that hold it"},
		{Name: "slots", Kind: frames.String, Doc: "physical experts, in the order of the replicas"},
		{Name: "gpus", Kind: frames.String, Doc: "GPU of each"},
	})
	for i := range trials[0].layers {
		for _, t := range trials {
			o := t.layers[i]
			var gpus []int // by slot
			for g, slots := range o.placement.GPUs {
				for range slots {
					gpus = append(gpus, g)
				}
			}
			for e, slots := range o.placement.LogicalToPhysical() {
				at := make([]int, len(slots))
				for j, slot := range slots {
					at[j] = gpus[slot]
				}
				b.Row(o.layer, t.name, e, len(slots), routing.Row(slots), routing.Row(at))
			}
		}
	}
	return b.Frame()
}

func levels(trials []*trial) result.Chart {
	c := result.Chart{Name: "max-over-mean", Title: "Busiest GPU over mean load, tested", Kind: result.Bar,
		X: result.Axis{Label: "layer"}, Y: result.Axis{Label: "max/mean"},
		Note: fmt.Sprintf("On %s; 1 is balance.", result.Count(int64(len(trials[0].layers[0].placement.GPUs)), "GPU"))}
	for _, o := range trials[0].layers {
		c.X.Categories = append(c.X.Categories, routing.LayerMark(o.layer))
	}
	for _, t := range trials {
		s := result.Series{Name: t.name}
		for _, o := range t.layers {
			s.Y = append(s.Y, result.Number(o.test.imbalance()))
		}
		c.Series = append(c.Series, s)
	}
	return c
}
