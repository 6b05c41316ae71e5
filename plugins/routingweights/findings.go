package routingweights

import (
	"fmt"
	"slices"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

func tell(res *result.Result, layers []*layer, r routing.Router) {
	tellOdd(res, layers, r)
	known := withTokens(layers)
	if len(known) == 0 {
		res.Warn("Record the index of each token beside its experts.", "No token has all its weights: there is no top-1 share and no entropy.")
		result.SortFindings(res.Findings)
		return
	}
	tellDecided(res, known)
	tellSum(res, known)
	tellTies(res, known)
	result.SortFindings(res.Findings)
}

func withTokens(layers []*layer) []*layer {
	var list []*layer
	for _, l := range layers {
		if len(l.tokens) > 0 {
			list = append(list, l)
		}
	}
	return list
}

// tellOdd says what is left out.
func tellOdd(res *result.Result, layers []*layer, r routing.Router) {
	odd, skipped, tokens := 0, 0, 0
	for _, l := range layers {
		odd += l.odd
		skipped += l.skipped
		tokens += len(l.tokens)
	}
	if odd > 0 {
		res.Warn("", "%s cannot be used (missing, infinite or below 0).", result.Count(int64(odd), "weight"))
	}
	if skipped > 0 {
		because := "have weights that are all 0 or cannot be used"
		if r.TopK > 0 {
			because = fmt.Sprintf("do not have %s that can be used and are not all 0", result.Count(int64(r.TopK), "weight"))
		}
		res.Warn("Check top-k, and that the rows of a token stand together.", "%d of %s %s: they count in the distribution only.",
			skipped, result.Count(int64(skipped+tokens), "sampled token"), because)
	}
}

// tellDecided names the layers that decide most and least.
func tellDecided(res *result.Result, layers []*layer) {
	if layers[0].tokens[0].choices < 2 {
		res.Note("Each token has one expert: its weight is all there is, and top-1 share and entropy say nothing.")
		return
	}
	most, least := layers[0], layers[0]
	for _, l := range layers {
		if l.average(top) > most.average(top) {
			most = l
		}
		if l.average(top) < least.average(top) {
			least = l
		}
	}
	equal := 100 / float64(layers[0].tokens[0].choices)
	text := fmt.Sprintf("The router is most decided in %s: the first expert has %.0f %% of a token's weight on average (%.0f %% would be equal weights)",
		routing.LayerName(most.index), 100*most.average(top), equal)
	if most != least {
		text += fmt.Sprintf(", and least in %s with %.0f %%", routing.LayerName(least.index), 100*least.average(top))
	}
	res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Text: text + ".", Table: "layers", Column: "layer",
		Values: routing.LayerValues(slices.Compact([]int64{most.index, least.index}))})
}

func tellSum(res *result.Result, layers []*layer) {
	var loose []int64
	lowest := layers[0]
	for _, l := range layers {
		if !l.normalized() {
			loose = append(loose, l.index)
		}
		if l.average(sum) < lowest.average(sum) {
			lowest = l
		}
	}
	if len(loose) == 0 {
		res.Note("The weights of every sampled token add up to 1: they are normalized over the chosen experts.")
		return
	}
	res.Note("The weights are not normalized over the chosen experts (%s): in %s those of a token add up to %.2f on average.",
		routing.LayerList(loose), routing.LayerName(lowest.index), lowest.average(sum))
}

// manyTies is the part of near ties that is worth saying.
const manyTies = 0.2

func tellTies(res *result.Result, layers []*layer) {
	worst := layers[0]
	for _, l := range layers {
		if l.average(nearTie) > worst.average(nearTie) {
			worst = l
		}
	}
	if share := worst.average(nearTie); share >= manyTies {
		res.Note("In %s, %.0f %% of the tokens hardly tell their first expert from the second: their order turns with small changes, such as lower precision.",
			routing.LayerName(worst.index), 100*share)
	}
}
