package trace_test

import (
	"testing"

	"profilemate/workbench/trace"
)

func TestParsePhase(t *testing.T) {
	t.Parallel()
	unknown := func(p trace.Phase) trace.Step {
		return trace.Step{Phase: p, ContextRequests: -1, ContextTokens: -1, GenerationRequests: -1, GenerationTokens: -1}
	}
	cases := []struct {
		name string
		want trace.Step
	}{
		{"execute_context_8(1024)_generation_0(0)", trace.Step{Phase: trace.Prefill, ContextRequests: 8, ContextTokens: 1024}},
		{"execute_context_0(0)_generation_8(8)", trace.Step{Phase: trace.Decode, GenerationRequests: 8, GenerationTokens: 8}},
		{"execute_context_2(300)_generation_5(10)", trace.Step{Phase: trace.Mixed, ContextRequests: 2, ContextTokens: 300, GenerationRequests: 5, GenerationTokens: 10}},
		{"gpu_model_runner: execute_context_1(7)_generation_0(0) sq=7", trace.Step{Phase: trace.Prefill, ContextRequests: 1, ContextTokens: 7}},
		{"execute_context_0(0)_generation_0(0)", trace.Step{}},
		{"execute_new_3_cached_0", trace.Step{Phase: trace.Prefill, ContextRequests: 3, ContextTokens: -1}},
		{"execute_new_0_cached_4", trace.Step{Phase: trace.Decode, GenerationRequests: 4, GenerationTokens: 4}},
		{"execute_new_1_cached_4", trace.Step{Phase: trace.Mixed, ContextRequests: 1, ContextTokens: -1, GenerationRequests: 4, GenerationTokens: 4}},
		{"prefill", unknown(trace.Prefill)}, {"decode", unknown(trace.Decode)}, {"vllm_iteration(12): decode", unknown(trace.Decode)},
		{"prefill_batch", unknown(trace.Prefill)}, {"DecodeBatch", unknown(trace.Decode)}, {"mixed_batch", unknown(trace.Mixed)}, {"prefill+decode", unknown(trace.Mixed)},
	}
	for _, c := range cases {
		if got, ok := trace.ParsePhase(c.name); !ok || got != c.want {
			t.Errorf("%q is %+v, %v, want %+v", c.name, got, ok, c.want)
		}
	}
	for _, name := range []string{"", "decoder_layer", "tokenizer.decode", "image decode", "execute_context_99999999999999999999(1)_generation_0(0)",
		"pre_execute_new_1_cached_2x", "execute_model", "premixed", "layer_0.attention"} {
		if got, ok := trace.ParsePhase(name); ok {
			t.Errorf("%q is %+v, want no step", name, got)
		}
	}
}

func TestStepTotals(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]int64{"execute_context_2(300)_generation_5(10)": {7, 310}, "execute_new_1_cached_4": {5, -1},
		"execute_new_0_cached_4": {4, 4}, "decode": {-1, -1}} {
		step, _ := trace.ParsePhase(name)
		if got := [2]int64{step.Requests(), step.Tokens()}; got != want {
			t.Errorf("%q has %v requests and tokens, want %v", name, got, want)
		}
	}
}
