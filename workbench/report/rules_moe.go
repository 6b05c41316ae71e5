package report

import (
	"fmt"
	"math"
	"strings"
)

// moeRules are about recorded MoE routing.
func moeRules() []rule {
	return []rule{
		{"expert-imbalance", "Load of the experts", "Experts are loaded unevenly", "moe", "an even split would take above 20 % off the busiest expert, beyond chance", []string{"load-imbalance"}, expertImbalance},
		{"expert-placement", "Placement of the experts", "Another placement of the experts balances GPUs better", "moe", "above 5 % off the busiest GPU, tested on other steps than it was learned from", []string{"expert-placement"}, expertPlacement},
		{"unused-experts", "Experts without a token", "Experts get no token", "moe", "more than twice as many as chance leaves out", []string{"expert-activation"}, unusedExperts},
		{"routing-drift", "Drift of the routing", "The use of experts changes over time", "moe", "above 10 % of the tokens moved to other experts, beyond noise", []string{"routing-drift"}, routingDrift},
		{"imbalance-trend", "Trend of imbalance", "Imbalance grows over time", "moe", "the trend of a layer rises beyond its error", []string{"imbalance-over-time"}, imbalanceTrend},
	}
}

func expertImbalance(s *side) verdict {
	t, why := s.table("load-imbalance", "layers")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	row := t.most("avoidable", nil)
	if row < 0 {
		return unknown("The loads of the experts are not known.")
	}
	uneven := 0
	for i := range t.len() {
		if t.text(i, "verdict") == "uneven beyond chance" {
			uneven++
		}
	}
	text := fmt.Sprintf("Layer %s is the most uneven: its busiest expert, %s, gets %.2f times the mean load, where chance would give %.2f; an even split would take %s off it. %d of %s are uneven beyond chance.",
		t.text(row, "layer"), t.text(row, "busiest_expert"), t.num(row, "max_over_mean"), t.num(row, "chance_max_over_mean"), percent(t.num(row, "avoidable")), uneven, countOf(float64(t.len()), "layer"))
	if t.num(row, "avoidable") <= 20 || uneven == 0 {
		return within("%s", text)
	}
	return verdict{state: Act, evidence: text, confidence: High, because: "the counts are recorded and beyond chance; what they cost in time depends on expert parallelism",
		action: "With expert parallelism, replicate hot experts (vLLM: --enable-eplb, with num_redundant_experts in --eplb-config); without it, larger batches even out the work of the grouped GEMM."}
}

func expertPlacement(s *side) verdict {
	t, why := s.table("expert-placement", "strategies")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	row := t.most("gain", nil)
	if row < 0 {
		return unknown("What other placements would gain is not known.")
	}
	text := fmt.Sprintf("The placement %q has its busiest GPU at %.2f times the mean load, %s less than experts in order, with %s moved.",
		t.text(row, "strategy"), t.num(row, "tested"), percent(t.num(row, "gain")), countOf(t.num(row, "moves"), "expert"))
	if t.num(row, "gain") <= 5 {
		return within("%s", text)
	}
	return verdict{state: Act, evidence: text, confidence: Medium, because: "it is tested on steps it was not learned from, but for the number of GPUs that the analysis assumes",
		action: "Use it with expert parallelism: the table placements of expert-placement has the map, log2phy its form for vLLM and SGLang (EPLB)."}
}

func unusedExperts(s *side) verdict {
	t, why := s.table("expert-activation", "layers")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	dead, layers, experts := 0.0, []string{}, 0.0
	for i := range t.len() {
		without, chance := t.num(i, "without_token"), t.num(i, "without_by_chance")
		experts += t.num(i, "experts")
		if without >= 1 && without > 2*chance {
			dead += without
			layers = append(layers, t.text(i, "layer"))
		}
	}
	if len(layers) == 0 {
		return within("No layer leaves out more of its experts than chance does, of %s in all.", countOf(experts, "expert"))
	}
	return verdict{state: Act, evidence: fmt.Sprintf("%s of %.0f get no token, in layers %s.", countOf(dead, "expert"), experts, strings.Join(layers, ", ")), confidence: Medium,
		because: "other requests may use them", action: "Record more and other requests; if they stay unused, look at the router's bias and scaling, and give their GPU slots to replicas of hot experts."}
}

func routingDrift(s *side) verdict {
	t, why := s.table("routing-drift", "layers")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	row := t.most("last_moved", func(row int) bool { return t.num(row, "drifted") > 0 })
	if row < 0 {
		return within("In no layer does the routing change beyond noise.")
	}
	text := fmt.Sprintf("In layer %s, %s of the tokens go to other experts at the end than in the beginning.", t.text(row, "layer"), percent(t.num(row, "last_moved")))
	if t.num(row, "last_moved") <= 10 {
		return within("%s", text)
	}
	return verdict{state: Act, evidence: text, confidence: High, because: "the change is beyond what steps differ among themselves",
		action: "A placement learned once goes stale: let EPLB rebalance (vLLM: step_interval and window_size in --eplb-config), and record under the load you serve."}
}

func imbalanceTrend(s *side) verdict {
	t, why := s.table("imbalance-over-time", "layers")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	row := t.most("change", func(row int) bool { return t.text(row, "trend") == "rising" })
	if row < 0 {
		return within("In no layer does imbalance grow.")
	}
	first, last := t.num(row, "first_max_over_mean"), t.num(row, "last_max_over_mean")
	if math.IsNaN(first) || math.IsNaN(last) {
		return unknown("How imbalance begins and ends is not known.")
	}
	return verdict{state: Act, evidence: fmt.Sprintf("In layer %s the busiest expert goes from %.2f to %.2f times the mean load.", t.text(row, "layer"), first, last), confidence: High,
		because: "the rise is beyond its error", action: "Watch it over a longer run; in training raise the balancing loss or bias, in serving rebalance more often."}
}
