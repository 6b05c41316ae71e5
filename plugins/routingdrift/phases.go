package routingdrift

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// The phases of a token, as the table tokens spells them.
const (
	prompt = "prompt"
	output = "output"
)

// cell is the part of a recording whose choices are counted together: one phase of one
// layer, of the requests of one block.
type cell struct {
	layer int64
	phase string
	block int64
}

// fold counts choices by phase, and looks for drift when all have been seen.
type fold struct {
	params Params
	counts map[cell][]int64 // by expert, as long as the highest seen needs
}

func newFold(p Params) *fold { return &fold{p, map[cell][]int64{}} }

// Scan implements analysis.Fold.
func (f *fold) Scan(_, _ string, b *frames.Batch) error {
	request, layer, expert, phase := b.Ints("request"), b.Ints("layer"), b.Ints("expert"), b.Column("phase")
	if phase == nil {
		return nil
	}
	var last cell
	var counts []int64
	for i := range request {
		if phase.IsNull(i) || expert[i] < 0 || expert[i] >= routing.MostExperts {
			continue
		}
		// Tokens of one request are alike, so that a request lies in one block as a whole.
		c := cell{layer[i], phase.Str(i), request[i] % mostBlocks}
		if counts == nil || c != last || expert[i] >= int64(len(counts)) {
			counts = f.room(c, int(expert[i]))
			last = c
		}
		counts[expert[i]]++
	}
	return nil
}

// room returns the counts of a cell, long enough for an expert.
func (f *fold) room(c cell, expert int) []int64 {
	counts := f.counts[c]
	if more := expert + 1 - len(counts); more > 0 {
		counts = append(counts, make([]int64, more)...)
		f.counts[c] = counts
	}
	return counts
}

// Merge implements analysis.Fold.
func (f *fold) Merge(after analysis.Fold) error {
	for c, more := range after.(*fold).counts {
		counts := f.room(c, len(more)-1)
		for e, n := range more {
			counts[e] += n
		}
	}
	return nil
}

// phases is what one layer's tokens of the prompt and of the output have in common.
type phases struct {
	layer          int64
	prompt, output int64 // choices
	window
}

// comparePhases compares the output's tokens with the prompt's in the layers that have
// both.
func (f *fold) comparePhases(experts int) []phases {
	byLayer := map[int64]map[string]*window{}
	for _, c := range slices.SortedFunc(maps.Keys(f.counts), compareCells) {
		counts := f.counts[c]
		experts = max(experts, len(counts))
		if byLayer[c.layer] == nil {
			byLayer[c.layer] = map[string]*window{prompt: {}, output: {}}
		}
		if w := byLayer[c.layer][c.phase]; w != nil {
			w.steps = append(w.steps, routing.Step{Layer: routing.Layer{Index: c.layer, Counts: counts}})
		}
	}
	var list []phases
	for _, l := range slices.Sorted(maps.Keys(byLayer)) {
		before, after := byLayer[l][prompt], byLayer[l][output]
		if len(before.steps) == 0 || len(after.steps) == 0 {
			continue
		}
		before.counts, after.counts = routing.Add(before.steps, experts), routing.Add(after.steps, experts)
		after.compare(before, experts, f.params.Hot, rand.New(rand.NewPCG(uint64(f.params.Seed), uint64(l+1)<<32^1<<30)))
		list = append(list, phases{l, int64(total(before.counts)), int64(total(after.counts)), *after})
	}
	return list
}

func compareCells(a, b cell) int {
	switch {
	case a.layer != b.layer:
		return int(max(min(a.layer-b.layer, 1), -1))
	case a.phase != b.phase && a.phase < b.phase:
		return -1
	case a.phase != b.phase:
		return 1
	}
	return int(a.block - b.block)
}

func phasesTable(list []phases) *frames.Frame {
	b := frames.NewBuilder("phases", frames.Schema{
		{Name: "layer", Kind: frames.Int64, Doc: "index of the layer"},
		{Name: "prompt", Kind: frames.Int64, Doc: "choices of tokens of prompts"},
		{Name: "output", Kind: frames.Int64, Doc: "choices of generated tokens"},
		{Name: "divergence", Kind: frames.Float64, Unit: "bit", Doc: "Jensen-Shannon divergence of the two"},
		{Name: "moved", Kind: frames.Float64, Unit: "%", Doc: "part of the tokens that go to other experts"},
		{Name: "overlap", Kind: frames.Float64, Doc: "Jaccard index of the hot sets"},
		{Name: "noise", Kind: frames.Float64, Unit: "bit", Doc: "mean divergence of random halves of the requests"},
		{Name: "z", Kind: frames.Float64, Doc: "deviations of noise that the divergence lies above it"},
		{Name: "verdict", Kind: frames.String, Doc: "drifted: beyond noise; noise is unknown with fewer than six blocks of requests"},
	})
	for i := range list {
		p := &list[i]
		b.Row(p.layer, p.prompt, p.output, p.divergence, 100*p.moved, routing.Value(p.overlap), routing.Value(p.mean), routing.Value(p.z()), p.verdict)
	}
	return b.Frame()
}

// tellPhases says whether generated tokens use other experts than prompts.
func tellPhases(res *result.Result, list []phases) {
	var apart []int64
	far := -1
	for i := range list {
		if list[i].verdict != drifted {
			continue
		}
		apart = append(apart, list[i].layer)
		if far < 0 || list[i].moved > list[far].moved {
			far = i
		}
	}
	switch {
	case len(list) == 0:
	case far < 0:
		res.Note("Generated tokens use the experts that prompts use, as far as the recording can tell.")
	default:
		w := list[far]
		res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "phases", Column: "layer", Values: routing.LayerValues(apart),
			Text: fmt.Sprintf("Generated tokens use other experts than prompts beyond noise in %s; most in %s, where %.0f %% go to other experts and the hot sets overlap by %.2f: a placement learned from one does not fit the other.",
				routing.LayerList(apart), routing.LayerName(w.layer), 100*w.moved, w.overlap)})
	}
}
