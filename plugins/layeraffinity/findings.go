package layeraffinity

import (
	"fmt"
	"math"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

func tellNothing(res *result.Result) {
	res.Findings = append(res.Findings, result.Finding{Severity: result.Problem, Text: "The recording has no transition between layers.",
		Remedy: "Record layer_affinity.csv."})
}

func tell(res *result.Result, list []*crossing, r routing.Router, p Params) {
	tellChecks(res, list)
	tellGuess(res, list)
	tellLocal(res, list, p)
	tellStrongest(res, list, p)
	if r.Experts > p.Experts {
		res.Note("The heat maps show the %d busiest experts of %d; raise the parameter experts to see more.", p.Experts, r.Experts)
	}
	result.SortFindings(res.Findings)
}

func layersOf(list []*crossing) []int64 {
	layers := make([]int64, len(list))
	for i, c := range list {
		layers[i] = c.layer
	}
	return layers
}

func tellChecks(res *result.Result, list []*crossing) {
	next, counts := map[string][]int64{}, map[string][]int64{}
	for _, c := range list {
		next[c.next] = append(next[c.next], c.layer)
		counts[c.counts] = append(counts[c.counts], c.layer)
	}
	if bad := next[violated]; len(bad) > 0 {
		res.Findings = append(res.Findings, result.Finding{Severity: result.Problem, Table: "layers", Column: "layer", Values: routing.LayerValues(bad),
			Text:   fmt.Sprintf("The next experts from %s are not the experts of the next pair of layers: the two do not count the same tokens.", routing.LayerList(bad)),
			Remedy: "Count all layers of the same tokens, without padded ones."})
	}
	if good := next[holds]; len(good) > 0 {
		res.Note("The counts are sound: the next experts from %s are the experts of the next pair of layers, number by number.", routing.LayerList(good))
	}
	if one := counts[first]; len(one) > 0 {
		res.Note("One transition a token is counted, that of its first choices: a token's other experts are not in these numbers (%s).", routing.LayerList(one))
	}
	if bad := counts[other]; len(bad) > 0 {
		res.Warn("Record activations and transitions of the same tokens.",
			"By the activations, the transitions from %s are neither one a token nor all pairs of its choices: they are of other tokens.", routing.LayerList(bad))
	}
}

// tellGuess says where a token's expert tells most of the next.
func tellGuess(res *result.Result, list []*crossing) {
	best, gain := -1, 0.0
	for i, c := range list {
		given, blind := c.guessed()
		if bits, byChance := c.information(); bits > 2*byChance && given-blind > gain {
			best, gain = i, given-blind
		}
	}
	if best < 0 {
		res.Note("No layer's choice tells more of the next than so few transitions show by chance, or than popularity does.")
		return
	}
	c := list[best]
	given, blind := c.guessed()
	bits, _ := c.information()
	of := "tokens"
	if c.goesTo > 1 {
		of = fmt.Sprintf("choices, as one of the %d that follow", c.goesTo)
	}
	res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "layers", Column: "layer", Values: routing.LayerValues([]int64{c.layer}),
		Text: fmt.Sprintf("A token's expert tells most of its next one from layers %s: guessing the likeliest is right for %.0f %% of the %s, %.0f %% without knowing (%.2f of %.2f bits).",
			c.span(), 100*given, of, 100*blind, bits, c.entropy())})
}

// tellLocal says what stays on its GPU over all pairs of layers.
func tellLocal(res *result.Result, list []*crossing, p Params) {
	local, chance, sum := 0.0, 0.0, 0.0
	for _, c := range list {
		n := float64(c.sum)
		local += n * c.local
		chance += n * c.chance
		sum += n
	}
	if p.GPUs == 1 {
		return
	}
	text := fmt.Sprintf("With experts in order on %d GPUs, %.1f %% of the transitions stay on their GPU, where independent layers would give %.1f %%", p.GPUs, 100*local/sum, 100*chance/sum)
	if math.Abs(local-chance) < 0.01*sum {
		text += ": the order of the experts makes no use of affinity"
	}
	res.Note("%s.", text)
}

// told is the most pairs of layers whose strongest transition is told.
const told = 8

func tellStrongest(res *result.Result, list []*crossing, p Params) {
	for i, c := range list {
		if i == told {
			res.Note("The transitions table names the strongest from %s.", result.Count(int64(len(list)-told), "further layer"))
			return
		}
		if x, ok := c.standout(p.MinExpected, len(list)); ok {
			res.Note("Layers %s: of the tokens of expert %d, %.0f %% go on to expert %d, %.1f times as many as independent layers would give (%s).",
				c.span(), x.from, 100*float64(x.count)/c.tokens(x.from), x.to, float64(x.count)/c.expected(x.from, x.to), result.Count(x.count, "token"))
		}
	}
}
