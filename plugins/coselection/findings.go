package coselection

import (
	"fmt"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// told is the most layers that findings name one by one.
const told = 16

// noticeable is how many times chance the strongest pair must be to be named.
const noticeable = 1.1

func (rep *report) finish(shown []*pairing, loadsKnown bool) *result.Result {
	res := &result.Result{Charts: rep.charts}
	res.Add("layers", "Co-selection by layer", rep.layers.Frame())
	res.Add("pairs", "Pairs that stand out", rep.pairs.Frame())
	if len(rep.apart) > 0 {
		res.Add("clusters", "Clusters of experts", rep.clusters.Frame())
	}
	if len(shown) == 0 {
		res.Findings = append(res.Findings, result.Finding{Severity: result.Problem, Text: "The recording has no pair of experts.",
			Remedy: "Record the tracker's co-selection counts of a run in which the model routes tokens."})
		return res
	}
	tellIdentity(res, shown, loadsKnown)
	tellDead(res, shown)
	rep.tellStrongest(res)
	rep.tellClusters(res, shown)
	rep.tellLimits(res)
	result.SortFindings(res.Findings)
	return res
}

// tellIdentity says what the check of the counts gave.
func tellIdentity(res *result.Result, layers []*pairing, loadsKnown bool) {
	byVerdict := map[string][]*pairing{}
	for _, r := range layers {
		byVerdict[r.identity()] = append(byVerdict[r.identity()], r)
	}
	if list := byVerdict[violated]; len(list) > 0 {
		res.Findings = append(res.Findings, problem(list, violation(list[0]),
			"Use activations and co-selection of one recording, without padded tokens."))
	}
	if list := byVerdict[adjacent]; len(list) > 0 {
		part := ""
		if k := list[0].topK; k > 1 {
			part = fmt.Sprintf(", %d of the %d pairs of a top-%d token", k-1, k*(k-1)/2, k)
		}
		res.Findings = append(res.Findings, problem(list, fmt.Sprintf(
			"The tracker counted only experts that are neighbors in rank%s (%s): pairs far apart in rank are missing, so strong and weak pairs cannot be told apart with certainty.",
			part, routing.LayerList(layersOf(list))), "Count all pairs of each token's experts, or record the routed experts themselves."))
	}
	if list := byVerdict[unchecked]; len(list) > 0 {
		tellUnchecked(res, list, loadsKnown)
	}
	if list := byVerdict[holds]; len(list) > 0 {
		res.Note("The counts are sound: over unordered pairs they add up to tokens times k(k-1)/2 (%s; %s).", holdingSum(list), routing.LayerList(layersOf(list)))
	}
}

func problem(list []*pairing, text, remedy string) result.Finding {
	return result.Finding{Severity: result.Problem, Text: text, Remedy: remedy, Table: "layers", Column: "layer", Values: routing.LayerValues(layersOf(list))}
}

func holdingSum(list []*pairing) string {
	for _, r := range list {
		if r.pairSum != list[0].pairSum {
			return "sums differ by layer"
		}
	}
	return fmt.Sprintf("%d", list[0].pairSum)
}

func violation(r *pairing) string {
	implied, whole := r.implied()
	switch {
	case !whole:
		return fmt.Sprintf("In %s the %d activations are no multiple of top-%d: some tokens were counted in part.", routing.LayerName(r.layer), r.loadSum, r.topK)
	case r.pairSum == implied:
		return fmt.Sprintf("In %s the pairs add up as they must, but not for every expert: some expert has not %d partners for each of its tokens.", routing.LayerName(r.layer), r.topK-1)
	}
	return fmt.Sprintf("In %s the pairs add up to %d, but %d activations of top-%d tokens make %d: the two files do not count the same tokens.",
		routing.LayerName(r.layer), r.pairSum, r.loadSum, r.topK, implied)
}

func tellUnchecked(res *result.Result, list []*pairing, loadsKnown bool) {
	if !loadsKnown {
		res.Warn("Record moe_expert_activations.csv beside the co-selection.",
			"Without activations the counts cannot be checked, and there is no lift, P(b|a), Jaccard or NPMI.")
		return
	}
	for _, r := range list {
		if r.loadSum == 0 {
			res.Warn("", "The activations lack some layers that have pairs (%s): their counts cannot be checked.", routing.LayerList(layersOf(list)))
			return
		}
	}
	res.Warn("Set top-k to the number of experts each token chooses.",
		"How many experts a token chooses is not known, so the counts cannot be checked and there is no lift or NPMI.")
}

// tellDead names the experts that no token chose, where that is not for want of tokens.
func tellDead(res *result.Result, layers []*pairing) {
	var parts []string
	var where []int64
	for _, r := range layers {
		if dead := r.dead(); len(dead) > 0 && !r.fewTokens() {
			parts = append(parts, fmt.Sprintf("%s: %s", routing.LayerName(r.layer), routing.ExpertList(dead)))
			where = append(where, r.layer)
		}
	}
	if len(parts) == 0 {
		return
	}
	more := ""
	if len(parts) > told {
		more = fmt.Sprintf("; and %d further layers", len(parts)-told)
		parts = parts[:told]
	}
	res.Findings = append(res.Findings, result.Finding{Severity: result.Warning, Table: "layers", Column: "layer", Values: routing.LayerValues(where),
		Text: "Experts without a single token: " + strings.Join(parts, "; ") + more + "."})
}

func (rep *report) tellStrongest(res *result.Result) {
	for i, s := range rep.strongest {
		if i == told {
			res.Note("The pairs table names the strongest pairs of the %d further layers.", len(rep.strongest)-told)
			return
		}
		if !s.found || s.times < noticeable {
			res.Note("In %s no pair of experts stands out from chance.", routing.LayerName(s.layer))
			continue
		}
		text := fmt.Sprintf("In %s experts %d and %d are chosen together %.1f times as often as chance would have it (%d tokens instead of %.0f)",
			routing.LayerName(s.layer), s.a, s.b, s.times, s.count, s.expected)
		if s.bGivenA > 0 {
			text += fmt.Sprintf("; %.0f %% of the tokens of %d choose %d too, and %.0f %% the other way round", 100*s.bGivenA, s.a, s.b, 100*s.aGivenB)
		}
		res.Note("%s.", text)
	}
}

// tellClusters says which layers' experts fall apart, and what that is worth.
func (rep *report) tellClusters(res *result.Result, shown []*pairing) {
	for i, a := range rep.apart {
		if i == told {
			res.Note("The clusters table has the clusters of %s.", result.Count(int64(len(rep.apart)-told), "further layer"))
			break
		}
		bias := ""
		if a.identity() == adjacent {
			bias = " Only neighbors in rank were counted, which biases them."
		}
		res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "clusters", Column: "layer", Values: routing.LayerValues([]int64{a.layer}),
			Text: fmt.Sprintf("In %s the experts fall into %d clusters, which hold %.0f %% of the pairs instead of %.0f %% by chance; a cluster on one GPU keeps these at home.%s",
				routing.LayerName(a.layer), a.count, 100*a.within/float64(a.pairSum), 100*a.expected/float64(a.pairSum), bias)})
	}
	if len(rep.apart) == 0 {
		for _, r := range shown {
			switch n := r.partnered(); {
			case n > mostClustered:
				res.Note("More than %d experts of a layer have partners, too many to look for clusters; the heat maps are in the order of the indexes.", mostClustered)
				return
			case n >= fewestClustered:
				res.Note("The experts do not fall into clusters that keep to themselves; the heat maps' order shows how far they lean together.")
				return
			}
		}
	}
}

func (rep *report) tellLimits(res *result.Result) {
	if rep.fellBack > 0 {
		res.Warn("", "The recording does not determine %s in %d of the layers; the heat maps there show counts.", rep.params.Measure, rep.fellBack)
	}
	if rep.guessed {
		res.Note("How many experts there are is not recorded; the highest with a row counts as the last, and any above it would be dead.")
	}
	if rep.cut > 0 {
		res.Note("The heat maps show the %d experts in most pairs; raise the parameter experts to see more.", rep.params.Experts)
	}
}

func layersOf(list []*pairing) []int64 {
	layers := make([]int64, len(list))
	for i, r := range list {
		layers[i] = r.layer
	}
	return layers
}
