package coselection

import (
	"fmt"
	"strconv"
	"strings"

	"profilemate/workbench/result"
)

// told is the most layers that findings name one by one.
const told = 16

// noticeable is how many times chance the strongest pair must be to be named.
const noticeable = 1.1

func (rep *report) finish(shown []*routing, loadsKnown bool) *result.Result {
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
func tellIdentity(res *result.Result, layers []*routing, loadsKnown bool) {
	byVerdict := map[string][]*routing{}
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
			part, layerList(list)), "Count all pairs of each token's experts, or record the routed experts themselves."))
	}
	if list := byVerdict[unchecked]; len(list) > 0 {
		tellUnchecked(res, list, loadsKnown)
	}
	if list := byVerdict[holds]; len(list) > 0 {
		res.Note("The counts are sound: over unordered pairs they add up to tokens times k(k-1)/2 (%s; %s).", holdingSum(list), layerList(list))
	}
}

func problem(list []*routing, text, remedy string) result.Finding {
	return result.Finding{Severity: result.Problem, Text: text, Remedy: remedy, Table: "layers", Column: "layer", Values: layerValues(list)}
}

func holdingSum(list []*routing) string {
	for _, r := range list {
		if r.pairSum != list[0].pairSum {
			return "sums differ by layer"
		}
	}
	return fmt.Sprintf("%d", list[0].pairSum)
}

func violation(r *routing) string {
	implied, whole := r.implied()
	switch {
	case !whole:
		return fmt.Sprintf("In layer %s the %d activations are no multiple of top-%d: some tokens were counted in part.", layerName(r.layer), r.loadSum, r.topK)
	case r.pairSum == implied:
		return fmt.Sprintf("In layer %s the pairs add up as they must, but not for every expert: some expert has not %d partners for each of its tokens.", layerName(r.layer), r.topK-1)
	}
	return fmt.Sprintf("In layer %s the pairs add up to %d, but %d activations of top-%d tokens make %d: the two files do not count the same tokens.",
		layerName(r.layer), r.pairSum, r.loadSum, r.topK, implied)
}

func tellUnchecked(res *result.Result, list []*routing, loadsKnown bool) {
	if !loadsKnown {
		res.Warn("Record moe_expert_activations.csv beside the co-selection.",
			"Without activations the counts cannot be checked, and there is no lift, P(b|a), Jaccard or NPMI.")
		return
	}
	for _, r := range list {
		if r.loadSum == 0 {
			res.Warn("", "The activations lack some layers that have pairs (%s): their counts cannot be checked.", layerList(list))
			return
		}
	}
	res.Warn("Set top-k to the number of experts each token chooses.",
		"How many experts a token chooses is not known, so the counts cannot be checked and there is no lift or NPMI.")
}

func tellDead(res *result.Result, layers []*routing) {
	var parts []string
	var values []string
	for _, r := range layers {
		if dead := r.dead(); len(dead) > 0 {
			parts = append(parts, fmt.Sprintf("layer %s: %s", layerName(r.layer), expertList(dead)))
			values = append(values, strconv.FormatInt(r.layer, 10))
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
	res.Findings = append(res.Findings, result.Finding{Severity: result.Warning, Table: "layers", Column: "layer", Values: values,
		Text: "Experts without a single token: " + strings.Join(parts, "; ") + more + "."})
}

func expertList(experts []int) string {
	shown := experts[:min(len(experts), told)]
	words := make([]string, len(shown))
	for i, e := range shown {
		words[i] = strconv.Itoa(e)
	}
	text := strings.Join(words, ", ")
	if len(experts) > len(shown) {
		text += fmt.Sprintf(" and %d more", len(experts)-len(shown))
	}
	return text
}

func (rep *report) tellStrongest(res *result.Result) {
	for i, s := range rep.strongest {
		if i == told {
			res.Note("The pairs table names the strongest pairs of the %d further layers.", len(rep.strongest)-told)
			return
		}
		if !s.found || s.times < noticeable {
			res.Note("Layer %s: no pair of experts stands out from chance.", layerName(s.layer))
			continue
		}
		text := fmt.Sprintf("Layer %s: experts %d and %d are chosen together %.1f times as often as chance would have it (%d tokens instead of %.0f)",
			layerName(s.layer), s.a, s.b, s.times, s.count, s.expected)
		if s.bGivenA > 0 {
			text += fmt.Sprintf("; %.0f %% of the tokens of %d choose %d too, and %.0f %% the other way round", 100*s.bGivenA, s.a, s.b, 100*s.aGivenB)
		}
		res.Note("%s.", text)
	}
}

// tellClusters says which layers' experts fall apart, and what that is worth.
func (rep *report) tellClusters(res *result.Result, shown []*routing) {
	for i, a := range rep.apart {
		if i == told {
			res.Note("The clusters table has the clusters of %s.", result.Count(int64(len(rep.apart)-told), "further layer"))
			break
		}
		bias := ""
		if a.identity() == adjacent {
			bias = " Only neighbors in rank were counted, which biases them."
		}
		res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "clusters", Column: "layer", Values: []string{strconv.FormatInt(a.layer, 10)},
			Text: fmt.Sprintf("Layer %s: the experts fall into %d clusters, which hold %.0f %% of the pairs instead of %.0f %% by chance; a cluster on one GPU keeps these at home.%s",
				layerName(a.layer), a.count, 100*a.within/float64(a.pairSum), 100*a.expected/float64(a.pairSum), bias)})
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

// layerList writes the layers as "layers 0 to 7" or "layers 0, 2, 5".
func layerList(list []*routing) string {
	if len(list) == 1 {
		return "layer " + layerName(list[0].layer)
	}
	first, last := list[0].layer, list[len(list)-1].layer
	if last-first == int64(len(list)-1) {
		return fmt.Sprintf("layers %s to %s", layerName(first), layerName(last))
	}
	names := make([]string, 0, told)
	for _, r := range list[:min(len(list), told)] {
		names = append(names, layerName(r.layer))
	}
	text := "layers " + strings.Join(names, ", ")
	if len(list) > told {
		text += fmt.Sprintf(" and %d more", len(list)-told)
	}
	return text
}

func layerValues(list []*routing) []string {
	values := make([]string, len(list))
	for i, r := range list {
		values[i] = strconv.FormatInt(r.layer, 10)
	}
	return values
}
