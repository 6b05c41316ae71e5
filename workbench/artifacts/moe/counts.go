package moe

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"profilemate/frames"
)

// key is what a counted row is about: a layer and one or two experts.
type key struct{ layer, a, b int64 }

func compareKeys(x, y key) int {
	return cmp.Or(cmp.Compare(x.layer, y.layer), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
}

// maxTotal is the most that the counts of one file may add up to, so that no sum over
// them, nor twice that, can wrap. A tracker that counted more has run for centuries.
const maxTotal = 1 << 61

// tally adds up counts by key.
type tally struct {
	counts   map[key]int64
	total    int64
	repeated int64 // rows whose key had a count already
}

var errTotal = errors.New("with it the counts add up to more than 2^61")

func newTally() tally { return tally{counts: map[key]int64{}} }

func (t *tally) add(k key, n int64) error {
	if n > maxTotal-t.total {
		return errTotal
	}
	_, seen := t.counts[k]
	t.counts[k] += n
	t.total += n
	if seen {
		t.repeated++
	}
	return nil
}

func (t *tally) sorted() []key {
	keys := make([]key, 0, len(t.counts))
	for k := range t.counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

func (t *tally) noteRepeats(n *notes, what string) {
	if t.repeated > 0 {
		n.warn("Check that the file is not two recordings in one.",
			"%s a %s; the counts are added up.", agree(t.repeated, "row", "repeats", "repeat"), what)
	}
}

// activations is the sink of moe_expert_activations.csv.
type activations struct {
	tally
	percents map[key]float64 // as the file gives them
}

func newActivations() *activations {
	return &activations{tally: newTally(), percents: map[key]float64{}}
}

func (a *activations) add(r *row) error {
	k := key{layer: r.layer(), a: r.id(expertCol, 0)}
	n, percent := r.integer(countCol, 0), r.float(percentageCol)
	if r.err != nil {
		return r.err
	}
	if err := a.tally.add(k, n); err != nil {
		return err
	}
	if !math.IsNaN(percent) {
		a.percents[k] += percent
	}
	return nil
}

// choices is the sink of a file with one row per choice, layer and expert, which repeat.
type choices struct{ *activations }

func (c choices) add(r *row) error {
	k := key{layer: r.layer(), a: r.id(expertCol, 0)}
	if r.err != nil {
		return r.err
	}
	err := c.tally.add(k, 1)
	c.repeated = 0
	return err
}

func (a *activations) schema() frames.Schema {
	return frames.Schema{layerField(), expertField("expert"), tokensField(),
		floatField("share", "%", "of the layer's activations, computed from the counts")}
}

func (a *activations) finish(n *notes) *frames.Frame {
	a.noteRepeats(n, "layer and expert")
	b := frames.NewBuilder("activations", a.schema())
	totals, off := a.totals(), 0
	for _, k := range a.sorted() {
		share := any(nil)
		if total := totals[k.layer]; total > 0 {
			percent := 100 * float64(a.counts[k]) / total
			share = percent
			if given, ok := a.percents[k]; ok && math.Abs(given-percent) > percentSlack {
				off++
			}
		}
		b.Row(k.layer, k.a, a.counts[k], share)
	}
	if off > 0 {
		n.warn("", "%s from what the counts give by more than rounding; the counts are used.", agree(int64(off), "percentage", "differs", "differ"))
	}
	return b.Frame()
}

// percentSlack is the most that rounding to two decimals can move a percentage, with
// room for the binary form of the decimals.
const percentSlack = 0.00501

// totals returns the activations of each layer as floats, for shares only.
func (a *activations) totals() map[int64]float64 {
	totals := map[int64]float64{}
	for k, n := range a.counts {
		totals[k.layer] += float64(n)
	}
	return totals
}

// affinity is the sink of layer_affinity.csv.
type affinity struct{ tally }

func (a *affinity) add(r *row) error {
	k := key{layer: r.layer(), a: r.id(expertCol, 0), b: r.id(nextExpertCol, 0)}
	n := r.integer(countCol, 0)
	if r.err != nil {
		return r.err
	}
	return a.tally.add(k, n)
}

func (a *affinity) schema() frames.Schema {
	return frames.Schema{layerField(), expertField("expert"), intField("next_expert", "index of the expert in the next layer"), tokensField()}
}

func (a *affinity) finish(n *notes) *frames.Frame {
	a.noteRepeats(n, "layer and pair of experts")
	b := frames.NewBuilder("affinity", a.schema())
	for _, k := range a.sorted() {
		b.Row(k.layer, k.a, k.b, a.counts[k])
	}
	return b.Frame()
}
