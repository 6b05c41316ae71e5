package expertactivation

import (
	"fmt"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// told is the most layers that one sentence tells of.
const told = 8

func tell(res *result.Result, layers []layer, r routing.Router, p Params, summed bool) {
	for _, d := range r.Doubts() {
		res.Warn(d.Remedy, "%s", d.Text)
	}
	if summed {
		res.Note("The recording has no activations of its own: the counts are sums over its steps.")
	}
	tellBroken(res, layers, r)
	tellStanding(res, layers, dead, result.Warning, "got no token, although chance would leave none out")
	tellStanding(res, layers, idle, result.Info, "got no token, which so few tokens may do by chance")
	if tellCoverage(res, layers, r) {
		tellHot(res, layers, p.Hot)
	}
	if len(layers)*r.Experts > routing.MostCells {
		res.Note("There is no heat map: %s would be too many to see.", result.Count(int64(len(layers)*r.Experts), "cell"))
	}
	result.SortFindings(res.Findings)
}

func tellBroken(res *result.Result, layers []layer, r routing.Router) {
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
}

// tellStanding names the experts of a standing, layer by layer.
func tellStanding(res *result.Result, layers []layer, standing string, severity result.Severity, what string) {
	var parts []string
	var where []int64
	for i := range layers {
		if list := layers[i].with(standing); len(list) > 0 {
			where = append(where, layers[i].Index)
			parts = append(parts, fmt.Sprintf("%s: %s", routing.LayerName(layers[i].Index), routing.ExpertList(list)))
		}
	}
	if len(parts) == 0 {
		return
	}
	res.Findings = append(res.Findings, result.Finding{Severity: severity, Table: "experts", Column: "layer", Values: routing.LayerValues(where),
		Text: fmt.Sprintf("Some experts %s (%s).", what, some(parts))})
}

// some joins parts, the first few of them.
func some(parts []string) string {
	if len(parts) <= told {
		return strings.Join(parts, "; ")
	}
	return fmt.Sprintf("%s; and in %d further layers", strings.Join(parts[:told], "; "), len(parts)-told)
}

// tellCoverage says how much is used of how many tokens: the layer covered least
// speaks for all. It reports whether any layer has a token.
func tellCoverage(res *result.Result, layers []layer, r routing.Router) bool {
	least := &layers[0]
	for i := range layers {
		if c := layers[i].coverage(); c < least.coverage() || least.Spread.Sum == 0 {
			least = &layers[i]
		}
	}
	if least.Spread.Sum == 0 {
		res.Warn("", "No layer has a token.")
		return false
	}
	of := result.Count(least.Spread.Sum, "choice")
	if least.tokens > 0 {
		of = fmt.Sprintf("%s of top-%d", result.Count(least.tokens, "token"), r.TopK)
	}
	if least.Dead == 0 {
		res.Note("Every expert of every layer is used, by %s in %s.", of, routing.LayerName(least.Index))
		return true
	}
	text := fmt.Sprintf("Coverage is lowest in %s: %d of %d experts (%.3g %%) are used by %s", routing.LayerName(least.Index),
		r.Experts-least.Dead, r.Experts, least.coverage(), of)
	if least.lucky >= unlucky {
		text += fmt.Sprintf("; chance alone would leave %.3g out", least.lucky)
	}
	res.Note("%s.", text)
	return true
}

// tellHot names the hottest expert of all, and how many are hot.
func tellHot(res *result.Result, layers []layer, from float64) {
	number, where := 0, []int64{}
	var worst *layer
	for i := range layers {
		l := &layers[i]
		if n := len(l.with(hot)); n > 0 {
			number += n
			where = append(where, l.Index)
			if worst == nil || l.OverMean > worst.OverMean {
				worst = l
			}
		}
	}
	if number == 0 {
		res.Note("No expert gets %.3g times the uniform share or more, beyond chance.", from)
		return
	}
	verb := "get"
	if number == 1 {
		verb = "gets"
	}
	res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "layers", Column: "layer", Values: routing.LayerValues(where),
		Text: fmt.Sprintf("%s %s at least %.3g times the uniform share, in %s; the hottest is expert %d of %s with %.3g times (%.3g %% of its choices).",
			result.Count(int64(number), "expert"), verb, from, routing.LayerList(where), worst.Hottest, routing.LayerName(worst.Index), worst.OverMean,
			100*float64(worst.Max)/float64(worst.Spread.Sum))})
}
