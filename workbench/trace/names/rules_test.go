package names_test

import (
	"regexp"
	"strings"
	"testing"

	"profilemate/workbench/fault"
	"profilemate/workbench/trace/names"
)

// The rules match what their expressions match, though not with them alone.
func TestRulesAgainstExpressions(t *testing.T) {
	t.Parallel()
	rules := names.DefaultRules()
	for _, names := range kernelNames() {
		for _, name := range names {
			want := ""
			for _, rule := range written(rules) {
				if want == "" && regexp.MustCompile(rule.pattern).MatchString(strings.ToLower(name)) {
					want = rule.family
				}
			}
			if got := strings.Join(append(rules.Matches(name), "")[:1], ""); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	}
}

// rule is a line of the text of rules.
type rule struct{ family, pattern string }

func written(rules *names.Rules) []rule {
	var list []rule
	for line := range strings.Lines(rules.String()) {
		family, pattern, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		list = append(list, rule{family, pattern})
	}
	return list
}

func TestParseRules(t *testing.T) {
	t.Parallel()
	rules, err := names.ParseRules(strings.NewReader("\ufeff# mine\n\n gemm \t nvjet|gemm$\r\n-\tnothing special\nmoe\tspecial\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"NVJET_x": "gemm", "a_gemm": "gemm", "gemm_a": names.Other, "nothing special": names.Other, "Special": "moe", "#": names.Other} {
		if got, ambiguous := rules.Match(name); got != want || ambiguous {
			t.Errorf("%q is %s, ambiguous %v, want %s", name, got, ambiguous, want)
		}
	}
	if got := strings.Join(rules.Families(), " "); got != "gemm moe" {
		t.Errorf("the families are %s", got)
	}
}

func TestParseRulesErrors(t *testing.T) {
	t.Parallel()
	cases := []struct{ text, want string }{
		{"", "there is no rule"},
		{"# nothing\n", "there is no rule"},
		{"gemm nvjet\nmoe\n", `line 2: family "moe" has no pattern`},
		{"\n\nmoe (expert\n", "line 3: family \"moe\": error parsing regexp: missing closing ): `(expert`"},
		{"moe a\nmoe " + strings.Repeat("x", 70_000), "line 2 is longer than 64 KiB"},
	}
	for _, c := range cases {
		_, err := names.ParseRules(strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || fault.KindOf(err) != fault.Misuse {
			t.Errorf("%.20q: %v of kind %s, want %s", c.text, err, fault.KindOf(err), c.want)
		}
	}
}

// The text of rules makes the same rules; comments and blanks are not in it.
func TestRulesAsText(t *testing.T) {
	t.Parallel()
	for _, rules := range []*names.Rules{names.DefaultRules(), names.DefaultComponents()} {
		again, err := names.ParseRules(strings.NewReader("# a comment\n" + strings.ReplaceAll(rules.String(), "\t", "   ")))
		if err != nil || again.String() != rules.String() || len(written(rules)) < 8 {
			t.Errorf("parsed again: %v, %q, want %q", err, again, rules)
		}
	}
}

func TestComponents(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"layer_0.rms_norm": "norm", "layer_7.attention": "attention", "layer_3.moe": "moe", "layer_3.moe.routing": "moe", "layer_3.moe.experts": "moe",
		"embedding": "embedding", "lm_head": "head", "sampling": "sampling", "prefill": names.Other, "decode": names.Other,
		"execute_context_8(1024)_generation_0(0)": names.Other, "CCCL:cub::DeviceRadixSort": names.Other,
		// What stands last in a path says what it is.
		"model.layers.0.mlp.experts": "moe", "model.layers.0.mlp.gate": "moe", "model.layers.0.mlp.gate_proj": "ffn", "model.layers.0.mlp": "ffn",
		"model.layers.0.self_attn": "attention", "model.layers.0.self_attn.q_norm": "norm", "model.layers.0.self_attn.rotary_emb": "attention",
		"model.layers.0.post_attention_layernorm": "norm", "model.embed_tokens": "embedding", "model.layers.5.self_attn.o_proj": "attention",
		"{'Module': 'top.model.layers.0.mlp.down_proj', 'TrainableParams': {'norm': [4096]}}": "ffn",
		"Qwen3MoeSparseMoeBlock": "moe", "FusedMoE": "moe", "RMSNorm": "norm", "ParallelLMHead": "head", "LlamaMLP": "ffn", "VocabParallelEmbedding": "embedding",
		"gpu_model_runner: sample": "sampling", "gpu_model_runner: preprocess": "host", "NCCL:ncclAllReduce": "communication",
		// Words, not parts of words.
		"sample_tokens": "sampling", "normal_": names.Other, "tokenizer": names.Other, "normalize_input": names.Other, "gate_open": names.Other,
		"demolish": names.Other, "headers": names.Other, "aten::normal_, op_id = 3, seq = 1, sizes = [[4]]": names.Other, "": names.Other,
	}
	for name, want := range cases {
		if got, _ := names.DefaultComponents().Match(name); got != want {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"layer_0.rms_norm": "layer 0 rms norm", "RMSNorm": "rms norm", "LayerNorm": "layer norm", "FusedMoE": "fused moe", "ParallelLMHead": "parallel lm head",
		"fc1": "fc 1", "ncclAllReduce": "nccl all reduce", "": "", "::": "", "Größe2": "größe 2", "KV": "kv", "a  b": "a b", "MLP": "mlp",
	}
	for name, want := range cases {
		if got := names.Words(name); got != want {
			t.Errorf("%q has the words %q, want %q", name, got, want)
		}
	}
}

func TestPlainNames(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"aten::mul, op_id = 322567": "aten::mul", "MulBackward0, seq = 12, sizes = [[2, 3], []]": "MulBackward0", "aten::add, sizes = [[1]]": "aten::add",
		"{'Module': 'top.model.layers.0.mlp', 'Inputs': [[8, 4096]]}": "top.model.layers.0.mlp", "{'Module': 'open": "{'Module': 'open",
		"layer, norm": "layer, norm", "": "",
	}
	for name, want := range cases {
		if got := names.PlainName(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestLayers(t *testing.T) {
	t.Parallel()
	cases := map[string]int{"layer_0.moe": 0, "model.layers.12.mlp": 12, "transformer.h.3.attn": 3, "{'Module': 'top.model.layers.7'}": 7, "blocks.4": 4,
		"layer": -1, "prefill": -1, "layers.x.1": -1, "player_1": -1, "layer_99999999999999999999": -1, "12": -1}
	for name, want := range cases {
		got, ok := names.Layer(name)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q is layer %d, %v, want %d", name, got, ok, want)
		}
	}
}
