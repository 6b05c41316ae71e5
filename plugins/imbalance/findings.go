package imbalance

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// told is the most layers that one sentence names.
const told = 16

// tell puts the numbers into sentences.
func tell(res *result.Result, m routing.Router, layers []*series, trends []trend, p Params) {
	tellModel(res, m, layers)
	tellWorst(res, m, layers, trends)
	tellTrends(res, layers, trends)
	tellFewTokens(res, layers)
	tellDead(res, layers)
	tellWindow(res, trends, p.Window)
	result.SortFindings(res.Findings)
}

// tellWindow says when there are too few steps for the window.
func tellWindow(res *result.Result, trends []trend, window int) {
	n := window
	for _, t := range trends {
		n = min(n, t.window)
	}
	switch {
	case n == 0:
		res.Note("Some layer has fewer than two steps with tokens, so that its first and last steps cannot be compared.")
	case n < window:
		res.Note("Some layer has fewer than %d steps with tokens: its first and last %s are compared.", 2*window, steps(n))
	}
}

// steps counts steps in words: "step" or "10 steps".
func steps(n int) string {
	if n == 1 {
		return "step"
	}
	return fmt.Sprintf("%d steps", n)
}

// tellModel says what is not known of the router, and what that costs.
func tellModel(res *result.Result, m routing.Router, layers []*series) {
	for _, d := range m.Doubts() {
		res.Warn(d.Remedy, "%s", d.Text)
	}
	broken, rows := 0, 0
	for _, l := range layers {
		for _, p := range l.points {
			rows++
			if !p.whole {
				broken++
			}
		}
	}
	if broken > 0 {
		res.Warn("Check top-k, and that all experts and ranks are counted.",
			"In %d of %d steps and layers the counts are no multiple of top-%d: some choices are not counted, and tokens are rounded.", broken, rows, m.TopK)
	}
}

// above is how far the last steps lie above chance, or above an even split where
// chance is not known.
func (t trend) above() float64 {
	if math.IsNaN(t.lastChance) {
		return t.last - 1
	}
	return t.last - t.lastChance
}

// tellWorst names the layer that is most uneven at the end, chance taken off: of those
// that are clearly beyond chance where there are any.
func tellWorst(res *result.Result, r routing.Router, layers []*series, trends []trend) {
	worst, beyond := -1, false
	for i, t := range trends {
		if math.IsNaN(t.last) {
			continue
		}
		clear := t.beyondChance(r, len(trends))
		if worst < 0 || clear && !beyond || clear == beyond && t.above() > trends[worst].above() {
			worst, beyond = i, clear
		}
	}
	if worst < 0 {
		res.Warn("", "No step has a token.")
		return
	}
	res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Text: worstText(layers[worst], trends[worst], beyond),
		Table: "layers", Column: "layer", Values: []string{strconv.FormatInt(layers[worst].layer, 10)}})
}

// nearChance is the part of the chance level by which a simulated mean may be off.
const nearChance = 0.02

func worstText(l *series, t trend, beyond bool) string {
	span := "in the last " + steps(max(t.window, 1))
	if !beyond && t.last > t.lastChance*(1+nearChance) {
		return fmt.Sprintf("No layer is clearly loaded more unevenly than chance alone would do it %s (%s is farthest from it: %.2f times the mean load against %.2f).",
			span, l.name(), t.last, t.lastChance)
	}
	if !beyond {
		return fmt.Sprintf("No layer is loaded more unevenly than chance alone would do it %s (%s comes nearest: %.2f times the mean load against %.2f).",
			span, l.name(), t.last, t.lastChance)
	}
	text := fmt.Sprintf("%s is the most uneven: %s its busiest expert gets %.2f times the mean load", capital(l.name()), span, t.last)
	if !math.IsNaN(t.lastChance) {
		text += fmt.Sprintf(", where chance alone would give %.2f", t.lastChance)
	}
	return text + fmt.Sprintf(". An even split would take %.0f %% off that expert's load.", 100*(1-1/t.last))
}

func tellTrends(res *result.Result, layers []*series, trends []trend) {
	clear, moved := clearTrends(trends), 0
	for _, t := range trends {
		if t.direction == rising || t.direction == falling {
			moved++
		}
	}
	if moved > 0 && !slices.Contains(clear, true) {
		res.Note("In %s of %d the last steps differ from the first by more than twice the error, which chance may have in so many: imbalance neither clearly rises nor falls.",
			result.Count(int64(moved), "layer"), len(trends))
	}
	for _, d := range []struct{ direction, verb string }{{rising, "rises"}, {falling, "falls"}} {
		var parts, values []string
		for i, t := range trends {
			if t.direction == d.direction && clear[i] {
				parts = append(parts, fmt.Sprintf("%s (%.2f to %.2f)", layers[i].name(), t.first, t.last))
				values = append(values, strconv.FormatInt(layers[i].layer, 10))
			}
		}
		if len(parts) == 0 {
			continue
		}
		more := ""
		if len(parts) > told {
			more = fmt.Sprintf(" and %d further layers", len(parts)-told)
			parts = parts[:told]
		}
		res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "layers", Column: "layer", Values: values,
			Text: fmt.Sprintf("Imbalance %s from the first steps to the last in %s%s.", d.verb, strings.Join(parts, ", "), more)})
	}
}

// highChance is a level of chance that hides real imbalance.
const highChance = 1.5

func tellFewTokens(res *result.Result, layers []*series) {
	high, rows, least := 0, 0, point{}
	for _, l := range layers {
		for _, p := range l.points {
			if p.tokens == 0 || math.IsNaN(p.chance.OverMean) {
				continue
			}
			rows++
			if p.chance.OverMean >= highChance {
				high++
			}
			if least.tokens == 0 || p.tokens < least.tokens {
				least = p
			}
		}
	}
	if high == 0 {
		return
	}
	tokens := fmt.Sprintf("%d tokens", least.tokens)
	if least.tokens == 1 {
		tokens = "1 token"
	}
	res.Note("In %d of %d steps and layers there are so few tokens that chance alone gives a max/mean of at least %.1f (%.2f at %s): compare these with chance, not with 1.",
		high, rows, highChance, least.chance.OverMean, tokens)
}

// unlucky is the number of experts left out by chance below which a dead expert means
// something.
const unlucky = 0.01

func tellDead(res *result.Result, layers []*series) {
	dead, counted := 0, 0
	values := []string{}
	for _, l := range layers {
		before := dead
		for _, p := range l.points {
			if p.Sum == 0 {
				continue
			}
			counted++
			if p.Dead > 0 && p.lucky < unlucky {
				dead++
			}
		}
		if dead > before {
			values = append(values, strconv.FormatInt(l.layer, 10))
		}
	}
	if dead > 0 {
		res.Findings = append(res.Findings, result.Finding{Severity: result.Warning, Table: "steps", Column: "layer", Values: values,
			Text: fmt.Sprintf("In %d of %d steps and layers some expert got no token, although chance would leave none out.", dead, counted)})
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
