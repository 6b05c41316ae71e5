package expertplacement

import (
	"fmt"
	"math"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

func tell(res *result.Result, trials []*trial, refused []error, whole bool, luck float64, p Params, size int64) {
	for _, err := range refused {
		res.Warn("Set gpus, nodes, groups and replicas that divide.", "One placement cannot be had: %v.", err)
	}
	if p.Nodes > 1 && p.Groups%p.Nodes != 0 {
		res.Warn("Set groups to a multiple of nodes.", "%s of experts do not divide by %d nodes, so that there is no hierarchical placement; EPLB falls back on the global one.",
			result.Count(int64(p.Groups), "group"), p.Nodes)
	}
	tellTest(res, trials, whole)
	tellBest(res, trials, luck, p, size)
	if trials[0].test.imbalance()-1 < nearChance*(luck-1) {
		res.Note("With the experts in order GPUs are hardly more uneven than tokens at random make them, in every step anew: moving experts cannot change that, replicas can.")
	}
	tellFades(res, trials)
	for _, t := range trials {
		tellTwins(res, t)
	}
}

// tellTest warns where there is nothing to test on.
func tellTest(res *result.Result, trials []*trial, whole bool) {
	if whole {
		res.Warn("Record the tokens of each expert by step (expert_counts_by_step.json).",
			"There are no counts by step: placements are tested on what they learned from, and what changes over time is hidden. Real gains are smaller.")
		return
	}
	var single []int64
	for _, o := range trials[0].layers {
		if o.single {
			single = append(single, o.layer)
		}
	}
	if len(single) > 0 {
		res.Warn("Record more steps.", "With one step there is nothing to test on but what was learned from: %s.", routing.LayerList(single))
	}
}

// tellFanOut says how many GPUs a token reaches under each strategy, and how far that is
// known.
func tellFanOut(res *result.Result, trials []*trial, w witness, metadata map[string]string) {
	if w.source == "" {
		if ok, why := routing.ModelOf(metadata).Allows(routing.FanOut); !ok {
			res.Warn(why.Remedy, "How many GPUs a token reaches is not known: there are neither its choices nor all pairs of experts.")
		}
		return
	}
	var parts []string
	exact := true
	for _, t := range trials {
		reach := t.reach.mean()
		if math.IsNaN(reach.low) {
			continue
		}
		if reach.exact() {
			parts = append(parts, fmt.Sprintf("%s %.2f", t.name, reach.low))
		} else {
			exact = false
			parts = append(parts, fmt.Sprintf("%s %.2f to %.2f", t.name, reach.low, reach.high))
		}
	}
	if len(parts) == 0 {
		return
	}
	from := "from " + w.source
	switch {
	case w.tokens != nil:
	case exact:
		from += ", which is exact here"
	default:
		from += ", which leave it between bounds"
	}
	res.Note("GPUs that a token reaches in one layer, on average, %s: %s.", from, strings.Join(parts, ", "))
}

// worth is the gain against linear below which a placement is not worth a sentence of
// praise.
const worth = 0.01

func tellBest(res *result.Result, trials []*trial, luck float64, p Params, size int64) {
	best := trials[0]
	for _, t := range trials[1:] {
		if t.test.mosts < best.test.mosts*(1-1e-9) {
			best = t
		}
	}
	text := fmt.Sprintf("On %s in the order of the experts, the busiest GPU has %.2f times the mean load (balancedness %.3f%s)",
		result.Count(int64(p.GPUs), "GPU"), trials[0].test.imbalance(), 1/trials[0].test.imbalance(), besideChance(luck))
	if best.gain(trials[0]) < worth {
		res.Note("%s, and no other placement saves 1 %% of that load in the test.", text)
		return
	}
	cost := result.Count(int64(best.moves), "expert") + " to fetch"
	if rounds := best.layers[0].rounds; rounds > 1 {
		cost += fmt.Sprintf(" in %d rounds", rounds)
	}
	if size > 0 {
		cost += ", " + result.Size(int64(best.moves)*size)
	}
	res.Findings = append(res.Findings, result.Finding{Severity: result.Info, Table: "strategies", Column: "strategy", Values: []string{best.name},
		Text: fmt.Sprintf("%s. Best in the test is the %s placement with %s a layer: %.2f times the mean load, %.1f %% less on the busiest GPU (%s).",
			text, best.name, result.Count(int64(best.slots), "slot"), best.test.imbalance(), 100*best.gain(trials[0]), cost)})
}

// nearChance is how far above that of chance an excess over balance may lie to be called
// hardly more.
const nearChance = 1.2

// besideChance words a level of chance; "" where there is none.
func besideChance(luck float64) string {
	if math.IsNaN(luck) {
		return ""
	}
	return fmt.Sprintf("; %.2f by chance", luck)
}

// faded is the part of a learned improvement that must be gone for it to be said.
const faded = 0.5

// tellFades says where what was learned does not last.
func tellFades(res *result.Result, trials []*trial) {
	var parts []string
	for _, t := range trials[1:] {
		hoped := trials[0].learned.imbalance() - t.learned.imbalance()
		had := trials[0].test.imbalance() - t.test.imbalance()
		if hoped > worth && had < (1-faded)*hoped {
			parts = append(parts, fmt.Sprintf("%s (max/mean %.2f learned, %.2f tested)", t.name, t.learned.imbalance(), t.test.imbalance()))
		}
	}
	if len(parts) > 0 {
		res.Note("Less than half of what these placements gained where they learned is left in the test: %s. The load moves over time; see routing-drift.", strings.Join(parts, ", "))
	}
}

// named is the most useless replicas that one sentence names.
const named = 6

func tellTwins(res *result.Result, t *trial) {
	if t.useless == 0 {
		return
	}
	var parts []string
	var where []int64
	for _, o := range t.layers {
		for _, twin := range o.twins {
			if len(parts) < named {
				parts = append(parts, fmt.Sprintf("expert %d twice on GPU %d in %s", twin.Expert, twin.GPU, routing.LayerName(o.layer)))
			}
		}
		if len(o.twins) > 0 {
			where = append(where, o.layer)
		}
	}
	more := ""
	if t.useless > named {
		more = fmt.Sprintf(", and %d more", t.useless-named)
	}
	verb := "are"
	if t.useless == 1 {
		verb = "is"
	}
	res.Findings = append(res.Findings, result.Finding{Severity: result.Warning, Table: "layers", Column: "layer", Values: routing.LayerValues(where),
		Text: fmt.Sprintf("In the %s placement %s %s useless, on a GPU that has the expert already: %s%s.",
			t.name, result.Count(int64(t.useless), "replica"), verb, strings.Join(parts, ", "), more),
		Remedy: "Set fewer replicas, or give those slots to other experts."})
}
