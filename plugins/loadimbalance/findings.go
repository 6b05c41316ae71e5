package loadimbalance

import (
	"fmt"
	"math"
	"strconv"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// tell puts the figures of experts into sentences.
func tell(res *result.Result, layers []layer, r routing.Router, p Params, summed bool) {
	for _, d := range r.Doubts() {
		res.Warn(d.Remedy, "%s", d.Text)
	}
	if summed {
		res.Note("The recording has no activations of its own: the counts are sums over its steps.")
	}
	var broken []int64
	for _, l := range layers {
		if !l.whole {
			broken = append(broken, l.Index)
		}
	}
	if len(broken) > 0 {
		res.Warn("Check top-k, and that all experts and ranks are counted.",
			"In %s the counts are no multiple of top-%d: some choices are not counted, and tokens are rounded.", routing.LayerList(broken), r.TopK)
	}
	tellWorst(res, layers)
	tellVerdicts(res, layers)
	tellFew(res, layers)
	tellHot(res, layers, hotExperts(r, p), r)
}

// tellWorst names the layer whose busiest expert lies highest above chance.
func tellWorst(res *result.Result, layers []layer) {
	worst := -1
	for i := range layers {
		if layers[i].Spread.Sum > 0 && (worst < 0 || layers[i].excess() > layers[worst].excess()) {
			worst = i
		}
	}
	if worst < 0 {
		res.Warn("", "No layer has a token.")
		return
	}
	l := &layers[worst]
	if l.verdict == even {
		return
	}
	text := fmt.Sprintf("The busiest expert is farthest above its part in %s: expert %d gets %.2f times the mean load", routing.LayerName(l.Index), l.Hottest, l.OverMean)
	if l.null != nil {
		text += fmt.Sprintf(", where chance would give %.2f to %s", l.chance(routing.OverMean), result.Count(l.tokens, "token"))
	}
	res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "layers", Column: "layer", Values: []string{strconv.FormatInt(l.Index, 10)},
		Text: fmt.Sprintf("%s. An even split would take %.0f %% off that expert's load.", text, 100*(1-l.Balancedness()))})
}

func tellVerdicts(res *result.Result, layers []layer) {
	by := map[string][]int64{}
	for _, l := range layers {
		by[l.verdict] = append(by[l.verdict], l.Index)
	}
	if list := by[uneven]; len(list) > 0 {
		res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "layers", Column: "layer", Values: routing.LayerValues(list),
			Text: fmt.Sprintf("More uneven than chance, with certainty: %s (%d of %d).", routing.LayerList(list), len(list), len(layers))})
	}
	if list := by[even]; len(list) > 0 {
		res.Note("No more uneven than a router that chooses at random: %s (%d of %d).", routing.LayerList(list), len(list), len(layers))
	}
}

// highChance is a level of chance that hides real imbalance.
const highChance = 1.5

func tellFew(res *result.Result, layers []layer) {
	high, least := 0, -1
	for i := range layers {
		if layers[i].chance(routing.OverMean) >= highChance {
			high++
			if least < 0 || layers[i].tokens < layers[least].tokens {
				least = i
			}
		}
	}
	if high > 0 {
		res.Note("In %d of %s there are so few tokens that chance alone gives a max/mean of at least %.1f (%.2f at %s): compare with chance, not with 1.",
			high, result.Count(int64(len(layers)), "layer"), highChance, layers[least].chance(routing.OverMean), result.Count(layers[least].tokens, "token"))
	}
}

// tellHot says what part of the tokens the hottest experts have, at most.
func tellHot(res *result.Result, layers []layer, hot int, r routing.Router) {
	worst := -1
	for i := range layers {
		if layers[i].verdict == uneven && (worst < 0 || layers[i].figures[routing.Hot] > layers[worst].figures[routing.Hot]) {
			worst = i
		}
	}
	if worst < 0 {
		return
	}
	l := &layers[worst]
	verb := "have"
	if hot == 1 {
		verb = "has"
	}
	res.Note("The hottest %s of %d %s %.0f %% of the tokens of %s, where chance would give %.0f %%.", result.Count(int64(hot), "expert"), r.Experts, verb,
		100*l.figures[routing.Hot], routing.LayerName(l.Index), 100*l.chance(routing.Hot))
}

// tellRanks says what the busiest rank costs over all steps and layers.
func tellRanks(res *result.Result, all []*ranks, r routing.Router, p Params) {
	if p.EP > r.Experts {
		res.Warn("Set ep to at most the number of experts.", "Of %s %d hold no expert: there are no more than %s.", result.Count(int64(p.EP), "rank"), p.EP-r.Experts, result.Count(int64(r.Experts), "expert"))
	}
	mosts, means, expected, steps := 0.0, 0.0, 0.0, 0
	var worst *ranks
	for _, l := range all {
		mosts += l.mosts
		means += l.means
		if l.steps > 0 {
			expected += l.chance * l.means
			steps = max(steps, l.steps)
			if worst == nil || l.weighted() > worst.weighted() {
				worst = l
			}
		}
	}
	if worst == nil {
		return
	}
	text := fmt.Sprintf("On %s in the order of the experts, the busiest rank has %.2f times the mean load over all %s and layers (balancedness %.3f)",
		result.Count(int64(p.EP), "rank"), mosts/means, stepsOr(steps), means/mosts)
	if chance := expected / means; !math.IsNaN(chance) {
		text += fmt.Sprintf(", where chance would give %.2f", chance)
	}
	res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "rank-layers", Column: "layer", Values: []string{strconv.FormatInt(worst.layer, 10)},
		Text: fmt.Sprintf("%s. Perfect balance would take at most %.0f %% off the experts' time; %s is the most uneven, with %.2f.",
			text, 100*(1-means/mosts), routing.LayerName(worst.layer), worst.weighted())})
	if steps == 1 {
		res.Note("There is one step: what changes from step to step cannot be seen, and real steps are more uneven than their sum.")
	}
}

func stepsOr(n int) string {
	if n == 1 {
		return "tokens"
	}
	return "steps"
}
