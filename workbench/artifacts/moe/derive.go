package moe

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/result"
)

// facts is what the recording says as a whole, with where each fact comes from.
type facts struct {
	*recording
	metadata map[string]string
	findings []result.Finding
	experts  int64 // 0: unknown
	topK     int64 // 0: unknown
	layers   []int64
	single   string // how many tokens' choices are there, "" for none
}

// derive works out the metadata. Every key whose value is no plain statement of a
// file has a twin KEY_source that says what it was derived from.
func derive(r *recording) *facts {
	f := &facts{recording: r, metadata: map[string]string{}, findings: slices.Clone(r.findings)}
	f.findLayers()
	f.findExperts()
	f.findTopK()
	f.findTokens()
	f.checkPairs()
	f.findDeviation()
	f.writeModel()
	return f
}

func (f *facts) set(name, value, from string) {
	f.metadata[name] = value
	if from != "" {
		f.metadata[name+"_source"] = from
	}
}

func (f *facts) warn(remedy, format string, args ...any) {
	f.findings = append(f.findings, result.Finding{Severity: result.Warning, Text: fmt.Sprintf(format, args...), Remedy: remedy})
}

func (f *facts) findLayers() {
	seen := map[int64]bool{}
	for _, frame := range f.frames {
		if frame.Name() == "affinity" || frame.Name() == "weight_bins" || frame.Name() == "step_times" {
			continue
		}
		for _, l := range frame.Ints("layer") {
			seen[l] = true
		}
	}
	f.layers = slices.Sorted(maps.Keys(seen))
	f.set("layers", strconv.Itoa(len(f.layers)), "")
	if seen[-1] {
		f.warn("Have the tracker take the layer from the module's name.",
			"Layer -1 means that the tracker did not know the layer: all such layers are merged into one.")
	}
}

// highestExpert returns the highest index of an expert in any table, -1 for none.
func (f *facts) highestExpert() int64 {
	highest := int64(-1)
	for _, frame := range f.frames {
		for _, name := range []string{"expert", "expert_a", "expert_b", "next_expert"} {
			for _, e := range frame.Ints(name) {
				highest = max(highest, e)
			}
		}
	}
	return highest
}

func (f *facts) findExperts() {
	highest := f.highestExpert()
	from := ""
	switch {
	case f.summaryExperts() > 0:
		f.experts, from = f.summaryExperts(), "num_experts of the summary"
	case f.tracker.experts() > 0:
		f.experts, from = f.tracker.experts(), "experts of the tracker's metadata"
	case f.steps != nil && f.steps.width > 0:
		f.experts, from = f.steps.width, "length of the dense rows of the steps"
	case highest < 0:
		return
	default:
		// Experts above the highest one seen may exist without a token.
		f.set("experts_seen", strconv.FormatInt(highest+1, 10), "")
		return
	}
	if highest >= f.experts {
		f.warn("", "The %s says %s, but expert %d has rows; %d is used.", from, result.Count(f.experts, "expert"), highest, highest+1)
		f.experts, from = highest+1, "highest expert seen, against "+from
	}
	f.set("experts", strconv.FormatInt(f.experts, 10), from)
}

// summaryExperts returns the one number of experts that the summary gives, 0 where it
// gives none, several or one that no model has.
func (f *facts) summaryExperts() int64 {
	s := f.recording.summary
	if s == nil || len(s.experts) != 1 || only(s.experts) > maxID {
		return 0
	}
	return max(only(s.experts), 0)
}

func only(set map[int64]bool) int64 {
	for v := range set {
		return v
	}
	return 0
}

func (f *facts) findTopK() {
	from := ""
	switch s := f.recording.summary; {
	case s != nil && len(s.topK) == 1:
		f.topK, from = only(s.topK), "top_k of the summary"
	case s != nil && len(s.topK) > 1:
		f.warn("", "The summary gives %d different values of top_k; analyses that need one do without.", len(s.topK))
		return
	case f.tracker.topK() > 0:
		f.topK, from = f.tracker.topK(), "top_k of the tracker's metadata"
	case f.weights != nil && f.weights.topK() > 0:
		f.topK, from = f.weights.topK(), "experts per sampled token of the weights"
	default:
		f.topK, from = f.pairs().topK(), "pairs over activations"
	}
	if f.topK < 1 || f.experts > 0 && f.topK > f.experts {
		f.topK = 0
		return
	}
	f.set("top_k", strconv.FormatInt(f.topK, 10), from)
}

// findTokens divides the activations by top-k. The number stands in the metadata
// when all layers agree.
func (f *facts) findTokens() {
	if f.topK == 0 || f.activations == nil {
		return
	}
	tokens := map[int64]bool{}
	sums := layerSums(f.activations.counts)
	for _, l := range slices.Sorted(maps.Keys(sums)) {
		total := sums[l]
		if total%uint64(f.topK) != 0 {
			f.warn("", "The %d activations of layer %d are no multiple of top-%d: some tokens are counted in part.", total, l, f.topK)
			return
		}
		tokens[int64(total/uint64(f.topK))] = true
	}
	if len(tokens) == 1 {
		f.set("tokens", strconv.FormatInt(only(tokens), 10), "activations of a layer over top_k")
	}
}

// layerSums adds up the counts of each layer; see maxTotal.
func layerSums(counts map[key]int64) map[int64]uint64 {
	sums := map[int64]uint64{}
	for k, n := range counts {
		sums[k.layer] += uint64(n)
	}
	return sums
}

// findDeviation tells whether the imbalance file holds population or sample
// deviations, where the steps hold the counts behind its rows in the same order.
func (f *facts) findDeviation() {
	if f.imbalance == nil || f.steps == nil || len(f.imbalance.layers) != len(f.steps.order) {
		return
	}
	var population, sample int
	for i, k := range f.steps.order {
		if k.layer != f.imbalance.layers[i] {
			return
		}
		p, s := f.steps.spread[k].deviations()
		if near(p, f.imbalance.deviations[i]) {
			population++
		}
		if near(s, f.imbalance.deviations[i]) {
			sample++
		}
	}
	switch n := len(f.steps.order); {
	case population == n:
		f.set("imbalance_deviation", "population", "counts of the steps")
	case sample == n:
		f.set("imbalance_deviation", "sample", "counts of the steps")
	}
}

// summary says in one line what the recording holds.
func (f *facts) summary() string {
	parts := []string{fmt.Sprintf("MoE routing of %d %s", len(f.layers), plural(len(f.layers), "layer"))}
	if f.experts > 0 {
		parts = append(parts, fmt.Sprintf("%d experts", f.experts))
	}
	if f.topK > 0 {
		parts = append(parts, fmt.Sprintf("top-%d", f.topK))
	}
	if tokens := f.metadata["tokens"]; tokens != "" {
		parts = append(parts, counted(tokens))
	}
	if f.steps != nil {
		parts = append(parts, fmt.Sprintf("%d counts by step and layer", len(f.steps.order)))
	}
	if f.single != "" {
		parts = append(parts, "the choices of "+counted(f.single))
	}
	return strings.Join(parts, ", ")
}

// counted names a number of tokens as the metadata have it.
func counted(tokens string) string {
	if tokens == "1" {
		return "1 token"
	}
	return tokens + " tokens"
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
