package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"profilemate/workbench/render"
)

// kernelRules are about what Nsight Compute measured.
func kernelRules() []rule {
	return []rule{
		{"dram-use", "DRAM use", "DRAM is what bounds the kernels", "ncu", "DRAM above 85 % of its peak, weighted by time", []string{"bottlenecks"}, dramUse},
		{"latency-bound", "Kernels bound by latency", "Kernels keep neither compute nor memory busy", "ncu", "above 20 % of the profiled time", []string{"bottlenecks"}, latencyBound},
		{"roof-distance", "Distance from the roof", "A long kernel is far from its roof", "ncu", "below 50 % of its roof with above 10 % of the profiled time", []string{"roofline"}, roofDistance},
		{"uncoalesced", "Coalescing", "Addresses of global memory are not coalesced", "ncu", "above 25 % of the sectors in excess, with above 5 % of the profiled time", []string{"memory-hierarchy", "rules"}, uncoalesced},
		{"few-blocks", "Waves of blocks", "Kernels launch less than one wave of blocks", "ncu", "below 1 wave, with above 5 % of the profiled time", []string{"occupancy"}, fewBlocks},
		{"ncu-advice", "ncu's own rules", "ncu's own rules promise a gain", "ncu", "the largest is worth above 10 % of the profiled time", []string{"rules"}, ncuAdvice},
	}
}

// dramUse weights by time: a mean over the kernels with the most bandwidth says nothing
// of the rest.
func dramUse(s *side) verdict {
	t, why := s.table("bottlenecks", "bottlenecks")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	weighted, time := 0.0, 0.0
	for i := range t.len() {
		if p, d := t.num(i, "dram_pct"), t.num(i, "time"); !math.IsNaN(p) && !math.IsNaN(d) {
			weighted, time = weighted+p*d, time+d
		}
	}
	if time == 0 {
		return unknown("The profile has no throughput of DRAM: profile with --set full or --section MemoryWorkloadAnalysis.")
	}
	use := weighted / time
	text := fmt.Sprintf("DRAM runs at %s of its peak, weighted by the time of %s.", percent(use), countOf(float64(t.len()), "kernel"))
	if use > 85 {
		return verdict{state: Act, evidence: text, confidence: High, because: "bytes are what bounds the time, and they are measured",
			action: "Move fewer bytes: fuse kernels, narrower weights and KV cache (FP8, FP4), larger batches so that weights serve more tokens."}
	}
	if limits := limitsOf(t); limits != "" {
		text += " What limits the time: " + limits + "."
	}
	return within("%s", text)
}

// limitsOf says what part of the time each limit has.
func limitsOf(t cells) string {
	share := map[string]float64{}
	var order []string
	for i := range t.len() {
		limit, part := t.text(i, "limit"), t.num(i, "share")
		if limit == "" || math.IsNaN(part) {
			continue
		}
		if unit := t.text(i, "unit"); unit != "" {
			limit += " (" + unit + ")"
		}
		if _, seen := share[limit]; !seen {
			order = append(order, limit)
		}
		share[limit] += part
	}
	slices.SortStableFunc(order, func(a, b string) int { return int(math.Copysign(1, share[b]-share[a])) })
	var words []string
	for _, limit := range order[:min(3, len(order))] {
		words = append(words, limit+" "+percent(share[limit]))
	}
	return strings.Join(words, ", ")
}

func latencyBound(s *side) verdict {
	t, why := s.table("bottlenecks", "bottlenecks")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	share, time, known, first := 0.0, 0.0, 0.0, -1
	for i := range t.len() {
		class, limit, part := t.text(i, "class"), t.text(i, "limit"), t.num(i, "share")
		if class == "" && limit == "" || math.IsNaN(part) {
			continue
		}
		known += part
		if limit == "" && !strings.HasPrefix(class, "Balanced") || limit == "latency" {
			share, time = share+part, time+t.num(i, "time")
			if first < 0 || part > t.num(first, "share") {
				first = i
			}
		}
	}
	if known < 50 {
		return unknown("What limits %s of the profiled time is not known: profile with --section SpeedOfLight.", percent(100-known))
	}
	text := fmt.Sprintf("Kernels that keep neither compute nor memory busy take %s of the profiled time.", percent(share))
	if share <= 20 || first < 0 {
		return within("%s", text)
	}
	return verdict{state: Act, evidence: fmt.Sprintf("%s The longest is %s.", text, t.text(first, "function")), gain: time, of: "the profiled time", confidence: Low, because: "how much of it a fuller device would save depends on the kernel",
		action: "Give them more warps and blocks (see occupancy) and more work in flight in each (see stalls), or run them side by side."}
}

func roofDistance(s *side) verdict {
	t, why := s.table("roofline", "roofline")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	far := func(row int) bool { return t.num(row, "of_roof") < 50 && shareAbove(t, row, 10) }
	row := t.most("time", far)
	if row < 0 {
		if t.most("of_roof", nil) < 0 {
			return unknown("No kernel's distance from its roof is known: profile with --set full or --set roofline.")
		}
		return within("No kernel with above 10 %% of the profiled time is below 50 %% of its roof.")
	}
	headroom := t.num(row, "headroom")
	if math.IsNaN(headroom) {
		headroom = t.num(row, "time") * (1 - t.num(row, "of_roof")/100)
	}
	return verdict{state: Act, evidence: fmt.Sprintf("%s takes %s and reaches %s of its roof (%.3g FLOP per byte, ridge at %.3g).", t.text(row, "function"), duration(t.num(row, "time")),
		percent(t.num(row, "of_roof")), t.num(row, "intensity"), t.num(row, "ridge")), gain: headroom, of: "the profiled time", confidence: Low, because: "no kernel reaches its roof through and through",
		action: roofAction(t, row, s)}
}

// shareAbove holds where the share is known and above, and where a table has no shares.
func shareAbove(t cells, row int, least float64) bool {
	share := t.num(row, "share")
	if math.IsNaN(share) {
		share = 100 * t.num(row, "time") / t.sum("time")
	}
	return share > least
}

// roofAction takes the reason that stalls give for the same kernel, where it is known.
func roofAction(t cells, row int, s *side) string {
	action := "Look at what its warps wait for (stalls, hot-spots) and which level of memory is busy (memory-hierarchy)."
	stalls, why := s.table("stalls", "kernels")
	if why != "" {
		return action
	}
	same := func(i int) bool {
		return stalls.text(i, "kernel") == t.text(row, "kernel") && stalls.text(i, "grid") == t.text(row, "grid")
	}
	if i := stalls.most("time", same); i >= 0 && stalls.text(i, "waits_for") != "" {
		return fmt.Sprintf("Its warps wait most for %s (%s of the time between instructions): begin there. %s", stalls.text(i, "waits_for"), percent(stalls.num(i, "top_share")), action)
	}
	return action
}

func uncoalesced(s *side) verdict {
	t, why := s.table("memory-hierarchy", "memory")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	if t.most("excess", nil) < 0 {
		return unknown("The sectors that kernels ask for are not known: profile with --set full or --section MemoryWorkloadAnalysis_Tables.")
	}
	row := t.most("time", func(row int) bool { return t.num(row, "excess") > 25 && t.num(row, "share") > 5 })
	if row < 0 {
		return within("No kernel with above 5 %% of the profiled time has more than 25 %% of its sectors in excess.")
	}
	v := verdict{state: Act, evidence: fmt.Sprintf("%s of the sectors that %s asks of global memory are in excess; it takes %s.", percent(t.num(row, "excess")), t.text(row, "function"), duration(t.num(row, "time"))),
		of: "the profiled time", confidence: Medium, because: "the sectors are counted; what they cost depends on whether memory is what the kernel waits for",
		action: "Let neighboring threads of a warp touch neighboring addresses: swap loops or indices, or go through shared memory."}
	if advice, why := s.table("rules", "advice"); why == "" {
		same := func(i int) bool {
			return advice.text(i, "rule") == "UncoalescedGlobalAccess" && advice.text(i, "kernel") == t.text(row, "kernel")
		}
		if i := advice.most("gain", same); i >= 0 {
			v.gain = advice.num(i, "gain")
		}
	}
	return v
}

func fewBlocks(s *side) verdict {
	t, why := s.table("occupancy", "occupancy")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	if t.most("waves", nil) < 0 {
		return unknown("The waves of blocks are not known: profile with --section LaunchStats.")
	}
	row := t.most("time", func(row int) bool { return t.num(row, "waves") < 1 && t.num(row, "share") > 5 })
	if row < 0 {
		return within("No kernel with above 5 %% of the profiled time launches less than one wave of blocks.")
	}
	loss := t.num(row, "tail_loss")
	return verdict{state: Act, evidence: fmt.Sprintf("%s launches %.2f waves of blocks: %s of the places for blocks stay empty; it takes %s.", t.text(row, "function"), t.num(row, "waves"), percent(loss), duration(t.num(row, "time"))),
		gain: t.num(row, "time") * loss / 100, of: "the profiled time", confidence: Low, because: "the kernel gains only if places for blocks are what it lacks",
		action: "Split the work into more blocks (split-K, smaller tiles, a larger batch), or run kernels side by side on streams."}
}

func ncuAdvice(s *side) verdict {
	t, why := s.table("rules", "advice")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	total := 0.0
	if k, why := s.table("bottlenecks", "bottlenecks"); why == "" {
		total = k.sum("time")
	}
	row := t.most("gain", nil)
	if row < 0 || !(total > 0) {
		return unknown("ncu's rules tell no gain in this profile: profile with --set full.")
	}
	gain := t.num(row, "gain")
	text := fmt.Sprintf("%s of %s is worth at most %s by ncu's estimate, %s of the profiled time.", t.text(row, "title"), t.text(row, "function"), duration(gain), percent(100*gain/total))
	if gain <= 0.1*total {
		return within("%s", text)
	}
	return verdict{state: Act, evidence: text, gain: gain, of: "the profiled time", confidence: Low, because: "it is ncu's estimate, an upper bound for this advice by itself",
		action: firstSentences(t.text(row, "message"), 300)}
}

// firstSentences cuts text at the end of a sentence, at most so many bytes on.
func firstSentences(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= most {
		return sentence(text)
	}
	if end := strings.LastIndex(text[:most], ". "); end > 0 {
		return text[:end+1]
	}
	return sentence(render.Fold(text, most))
}
