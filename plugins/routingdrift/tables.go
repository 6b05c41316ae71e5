package routingdrift

import (
	"math"

	"profilemate/frames"
	"profilemate/workbench/routing"
)

func layersTable(layers []*layer) *frames.Frame {
	b := frames.NewBuilder("layers", frames.Schema{
		routing.LayerColumn(),
		{Name: "steps", Kind: frames.Int64, Doc: "steps with a token"},
		{Name: "windows", Kind: frames.Int64, Doc: "windows, the reference among them"},
		{Name: "drifted", Kind: frames.Int64, Doc: "windows that differ from the reference beyond noise"},
		{Name: "last_divergence", Kind: frames.Float64, Unit: "bit", Doc: "Jensen-Shannon divergence of the last window"},
		{Name: "last_noise", Kind: frames.Float64, Unit: "bit", Doc: "its noise"},
		{Name: "last_moved", Kind: frames.Float64, Unit: "%", Doc: "part of its tokens that go to other experts"},
		{Name: "last_overlap", Kind: frames.Float64, Doc: "Jaccard index of the hot sets"},
		{Name: "farthest_step", Kind: frames.Int64, Doc: "first step of the window with the highest divergence"},
		{Name: "farthest_divergence", Kind: frames.Float64, Unit: "bit", Doc: "its divergence"},
		{Name: "changes", Kind: frames.Int64, Doc: "changes found"},
	})
	for _, l := range layers {
		n, far := 0, -1
		for i, w := range l.windows {
			if w.verdict == drifted {
				n++
			}
			if !math.IsNaN(w.divergence) && (far < 0 || w.divergence > l.windows[far].divergence) {
				far = i
			}
		}
		var farStep, farthest any
		if far >= 0 {
			farStep, farthest = l.windows[far].steps[0].Number, l.windows[far].divergence
		}
		last := l.last()
		b.Row(l.index, len(l.steps), len(l.windows), n, routing.Value(last.divergence), routing.Value(last.mean), routing.Value(100*last.moved),
			routing.Value(last.overlap), farStep, farthest, len(l.changes))
	}
	return b.Frame()
}

// last is the last window; figures are NaN where the layer has no token.
func (l *layer) last() window {
	if len(l.windows) == 0 {
		nan := math.NaN()
		return window{divergence: nan, moved: nan, overlap: nan, noise: noise{nan, nan, nan}}
	}
	return l.windows[len(l.windows)-1]
}

func windowsTable(layers []*layer) *frames.Frame {
	b := frames.NewBuilder("windows", frames.Schema{
		routing.LayerColumn(),
		{Name: "window", Kind: frames.Int64, Doc: "number of the window, from 0"},
		{Name: "first_step", Kind: frames.Int64, Doc: "its first step"},
		{Name: "last_step", Kind: frames.Int64, Doc: "its last step"},
		{Name: "choices", Kind: frames.Int64, Doc: "choices of its tokens"},
		{Name: "divergence", Kind: frames.Float64, Unit: "bit", Doc: "Jensen-Shannon divergence from the reference"},
		{Name: "noise", Kind: frames.Float64, Unit: "bit", Doc: "mean divergence of random halves of both windows"},
		{Name: "z", Kind: frames.Float64, Doc: "deviations of noise above it"},
		{Name: "moved", Kind: frames.Float64, Unit: "%", Doc: "part of the tokens that go to other experts"},
		{Name: "overlap", Kind: frames.Float64, Doc: "Jaccard index of the hot sets"},
		{Name: "overlap_noise", Kind: frames.Float64, Doc: "mean overlap of the random halves"},
		{Name: "verdict", Kind: frames.String, Doc: "drifted where z is above 5"},
	})
	for _, l := range layers {
		for i, w := range l.windows {
			b.Row(l.index, i, w.steps[0].Number, w.steps[len(w.steps)-1].Number, routing.Layer{Counts: w.counts}.Sum(), routing.Value(w.divergence),
				routing.Value(w.mean), routing.Value(w.z()), routing.Value(100*w.moved), routing.Value(w.overlap), routing.Value(w.noise.overlap), w.verdict)
		}
	}
	return b.Frame()
}

func changesTable(layers []*layer) *frames.Frame {
	b := frames.NewBuilder("changes", frames.Schema{
		routing.LayerColumn(),
		{Name: "step", Kind: frames.Int64, Doc: "first step of the new routing, to a 64th of the steps"},
		{Name: "z", Kind: frames.Float64, Doc: "deviations above the same steps in random order"},
		{Name: "moved", Kind: frames.Float64, Unit: "%", Doc: "part of the tokens that go to other experts"},
		{Name: "gain", Kind: frames.String, Doc: "experts that gain most, at most three"},
		{Name: "lose", Kind: frames.String, Doc: "experts that lose most, at most three"},
	})
	for _, l := range layers {
		for _, c := range l.changes {
			b.Row(l.index, c.step, c.z, 100*c.moved, routing.ExpertList(c.gain), routing.ExpertList(c.lose))
		}
	}
	return b.Frame()
}
