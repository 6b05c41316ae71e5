package layeraffinity

import (
	"profilemate/frames"
)

func layersTable(list []*crossing) *frames.Frame {
	b := frames.NewBuilder("layers", frames.Schema{
		{Name: "layer", Kind: frames.Int64, Doc: "the first of the two layers"},
		{Name: "after", Kind: frames.Int64, Doc: "the second, the next one that routes"},
		{Name: "transitions", Kind: frames.Int64, Doc: "transitions counted"},
		{Name: "information", Kind: frames.Float64, Unit: "bit", Doc: "mutual information of the two choices"},
		{Name: "information_by_chance", Kind: frames.Float64, Unit: "bit", Doc: "what independent layers show with so many transitions"},
		{Name: "entropy", Kind: frames.Float64, Unit: "bit", Doc: "entropy of the next choice, the most that there is to know"},
		{Name: "guessed", Kind: frames.Float64, Unit: "%", Doc: "choices whose token goes on to the most likely expert, given theirs"},
		{Name: "guessed_blind", Kind: frames.Float64, Unit: "%", Doc: "choices whose token goes on to the most popular expert"},
		{Name: "same_gpu", Kind: frames.Float64, Unit: "%", Doc: "transitions that stay on their GPU, experts in order"},
		{Name: "same_gpu_by_chance", Kind: frames.Float64, Unit: "%", Doc: "the same for independent layers"},
		{Name: "top_fifth", Kind: frames.Float64, Unit: "%", Doc: "transitions in the busiest fifth of all pairs of experts"},
		{Name: "pairs_seen", Kind: frames.Int64, Doc: "pairs of experts with a token"},
		{Name: "next_layer", Kind: frames.String, Doc: "whether the next experts are those of the next pair of layers, number by number"},
		{Name: "counted", Kind: frames.String, Doc: "what the transitions count, by the activations"},
	})
	for _, c := range list {
		bits, byChance := c.information()
		given, blind := c.guessed()
		b.Row(c.layer, c.after, c.sum, bits, byChance, c.entropy(), 100*given, 100*blind, 100*c.local, 100*c.chance, 100*c.topFifth(), len(c.cells), c.next, c.counts)
	}
	return b.Frame()
}

func transitionsTable(list []*crossing, p Params) *frames.Frame {
	b := frames.NewBuilder("transitions", frames.Schema{
		{Name: "layer", Kind: frames.Int64, Doc: "the first of the two layers"},
		{Name: "expert", Kind: frames.Int64, Doc: "expert of that layer"},
		{Name: "next_expert", Kind: frames.Int64, Doc: "expert of the next layer"},
		{Name: "count", Kind: frames.Int64, Doc: "transitions"},
		{Name: "expected", Kind: frames.Float64, Doc: "what independent layers would give"},
		{Name: "times_chance", Kind: frames.Float64, Doc: "count over expected"},
		{Name: "next_given", Kind: frames.Float64, Unit: "%", Doc: "P(next expert given expert): of the tokens of expert, those that go on to next_expert"},
	})
	for _, c := range list {
		order := c.strongest(p.MinExpected)
		for _, x := range order[:min(p.Top, len(order))] {
			expected := c.expected(x.from, x.to)
			b.Row(c.layer, x.from, x.to, x.count, expected, float64(x.count)/expected, 100*float64(x.count)/c.tokens(x.from))
		}
	}
	return b.Frame()
}
