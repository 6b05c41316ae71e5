package report

import (
	"fmt"
	"math"

	"profilemate/workbench/result"
)

// stepRules are about phases, steps and components.
func stepRules() []rule {
	return []rule{
		{"prefill-share", "Prefill's share of step time", "Prefill takes most of the step time", "nsys", "prefill's share of step time above 60 %", []string{"phases"}, prefillShare},
		{"host-bound-prefill", "GPU work in prefill steps", "The GPU idles within prefill steps", "nsys", "GPU active below 70 % of the step time", []string{"phases"}, hostBound("prefill")},
		{"host-bound-decode", "GPU work in decode steps", "The GPU idles within decode steps", "nsys", "GPU active below 70 % of the step time", []string{"phases"}, hostBound("decode")},
		{"slow-steps", "Slow steps", "Some steps take far longer than their like", "nsys", "outliers cost above 5 % of the steps' time", []string{"steps"}, slowSteps},
		{"attention-share", "Attention's share of GPU time", "Attention takes most of the GPU time", "nsys", "attention's share of GPU time above 60 %", []string{"components", "kernel-families"}, attentionShare},
	}
}

func prefillShare(s *side) verdict {
	t, why := s.table("phases", "phases")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	row := t.most("share", is(t, "phase", "prefill"))
	if row < 0 {
		return unknown("No step of prefill was found, or its time is not known.")
	}
	share := t.num(row, "share")
	if share <= 60 {
		return within("Prefill takes %s of the step time.", percent(share))
	}
	return verdict{state: Act, evidence: fmt.Sprintf("Prefill takes %s of the step time.", percent(share)), confidence: Medium,
		because: "the share depends on the prompts and on how many tokens were asked for",
		action: "Reuse prompts (vLLM: --enable-prefix-caching) and mix prefill into decode steps (--enable-chunked-prefill, --max-num-batched-tokens); " +
			"if the GPU idles in these steps, see the host first."}
}

func is(t cells, column, text string) func(int) bool {
	return func(row int) bool { return t.text(row, column) == text }
}

// hostBound compares a phase's step time with what the GPU works in it.
func hostBound(phase string) func(*side) verdict {
	return func(s *side) verdict {
		t, why := s.table("phases", "phases")
		if why != "" {
			return unknown("%s", sentence(why))
		}
		row := t.most("total", is(t, "phase", phase))
		if row < 0 {
			return unknown("No step of %s was found, or its time is not known.", phase)
		}
		active, total := t.num(row, "gpu_active"), t.num(row, "total")
		switch {
		case t.num(row, "hidden_graphs") > 0:
			return unknown("A graph-level trace hides what the GPU does in %s: capture with --cuda-graph-trace=node.", phase)
		case math.IsNaN(active):
			return unknown("How long the GPU works in %s is not known.", phase)
		case active >= 70:
			return within("The GPU works %s of the time of %s steps.", percent(active), phase)
		}
		return verdict{state: Act, evidence: fmt.Sprintf("The GPU works %s of the %s that %s steps take%s.", percent(active), duration(total), phase, launchesOf(t.num(row, "launches"))),
			gain: total * (1 - active/100), of: phase + " steps", confidence: Medium, because: "the idle time is measured, but tracing makes each call on the host slower than it is without",
			action: hostAction(s, phase)}
	}
}

// launchesOf says how many launches a step has, where that is known.
func launchesOf(average float64) string {
	if math.IsNaN(average) {
		return ""
	}
	return fmt.Sprintf("; a step has %.0f launches on average", average)
}

// hostAction leaves out what is so already.
func hostAction(s *side, phase string) string {
	if covered, share := s.graphsCover(); covered {
		return fmt.Sprintf("%s of the kernels come from CUDA graphs already, so take the rest of the host out of the step: sampling on the GPU, no .item() or .tolist(), scheduling while the GPU works (vLLM: --async-scheduling), fewer and larger graphs.", percent(share))
	}
	if phase == "decode" {
		return "Take the host out of the step: CUDA graphs (leave out --enforce-eager), sampling on the GPU, no .item() or .tolist(), scheduling while the GPU works (vLLM: --async-scheduling)."
	}
	return "Launch less in a step: torch.compile or fused kernels, piecewise CUDA graphs (vLLM: --compilation-config), larger batches of prompts (--max-num-batched-tokens)."
}

func slowSteps(s *side) verdict {
	series, why := s.table("steps", "series")
	if why != "" {
		return unknown("%s", sentence(why))
	}
	total := series.sum("total")
	slow, why := s.table("steps", "slow")
	if why != "" {
		return within("No step of %s is an outlier.", result.Grouped(int64(series.sum("steps"))))
	}
	grown := slow.sum("grown")
	share := 100 * grown / total
	row := slow.most("grown", nil)
	if math.IsNaN(share) || row < 0 {
		return unknown("What outliers cost is not known.")
	}
	text := fmt.Sprintf("%s cost %s more than expected of their size, %s of all steps' time; the worst is step %s (%s: %s).", result.Count(int64(slow.len()), "slow step"),
		duration(grown), percent(share), slow.text(row, "step"), slow.text(row, "phase"), slow.text(row, "cause"))
	if share <= 5 {
		return within("%s", text)
	}
	return verdict{state: Act, evidence: text, gain: grown, of: "all steps", confidence: Medium, because: "it is measured, but slow first steps may be warm-up that a longer run does not have",
		action: "Warm up all shapes before the capture; if slow steps remain, look at what grew in them in the section Steps."}
}

// graphsCover reports whether CUDA graphs launch so many of the kernels that no rule asks
// for more, and their share.
func (s *side) graphsCover() (bool, float64) {
	t, why := s.table("cuda-graphs", "coverage")
	row := t.most("kernels", nil)
	if why != "" || row < 0 {
		return false, math.NaN()
	}
	share := t.num(row, "kernel_share")
	return share >= 70, share
}

// attentionShare prefers ranges, and takes the names of kernels where ranges cannot tell.
func attentionShare(s *side) verdict {
	share, how, why := attentionByRanges(s)
	confidence := High
	if why != "" {
		t, noFamilies := s.table("kernel-families", "families")
		if noFamilies != "" {
			return unknown("%s %s", sentence(why), sentence(noFamilies))
		}
		share, how, confidence = 0, "by the names of kernels, since ranges cannot tell", Medium
		if row := t.most("share", is(t, "family", "attention")); row >= 0 {
			share = t.num(row, "share")
		}
	}
	text := fmt.Sprintf("Attention takes %s of the GPU time, %s.", percent(share), how)
	if share <= 60 {
		return within("%s", text)
	}
	return verdict{state: Act, evidence: text, confidence: confidence, because: "the share is measured; what another attention kernel would take is not",
		action: "Try another attention backend (vLLM: VLLM_ATTENTION_BACKEND), a KV cache in FP8 (--kv-cache-dtype fp8) and a shorter context (--max-model-len); profile the kernel with ncu."}
}

// attentionByRanges is not known where much of the GPU time belongs to no range.
func attentionByRanges(s *side) (share float64, how, why string) {
	t, why := s.table("components", "components")
	if why != "" {
		return 0, "", why
	}
	unknown := 0.0
	for i := range t.len() {
		switch t.text(i, "component") {
		case "attention":
			share = t.num(i, "gpu_share")
		case "graph replay, layer unknown", "outside any range":
			unknown += t.num(i, "gpu_share")
		}
	}
	switch {
	case math.IsNaN(share):
		return 0, "", "the GPU time of components is not known"
	case share <= 60 && unknown > 20:
		return 0, "", fmt.Sprintf("%s of the GPU time belongs to no NVTX range of a component", percent(unknown))
	}
	return share, "by NVTX ranges", ""
}
