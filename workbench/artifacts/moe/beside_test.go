package moe_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/artifacts/moe/tokens"
	"profilemate/workbench/fault"
)

// npy writes ids of 8 bits as an array of tokens, layers and choices.
func npy(layers, topK int, ids ...byte) string {
	head := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d, %d), }", len(ids)/layers/topK, layers, topK)
	return fmt.Sprintf("\x93NUMPY\x01\x00%c\x00%s%s", len(head), head, ids)
}

// The tokens behind fourTokens and allPairs: {0,1,2} {0,1,3} {0,2,3} {1,2,3}.
func fourIDs() string { return npy(1, 3, 0, 1, 2, 0, 1, 3, 0, 2, 3, 1, 2, 3) }

// names lists an artifact's tables.
func names(a artifacts.Artifact) string {
	var list []string
	for _, t := range a.Tables() {
		list = append(list, t.Name)
	}
	return strings.Join(list, " ")
}

// The choices of each token beside a folder's counts are part of it. What the counts lack
// is counted from them where both are of the same tokens; counts that are there stay.
func TestTokensBeside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, tables, says string
		files              map[string]string
		metadata           map[string]string
	}{
		{"the same tokens", "activations tokens steps coselection", "info: ids.npy holds the choices of 4 tokens; what the counts lack is counted from them: steps and coselection.",
			map[string]string{"ids.npy": fourIDs(), "moe_summary.json": summaryOfTop}, map[string]string{"tokens": "4", "coselection_complete": "yes", "step_means": "window of tokens"}},
		{"nothing is lacking", "steps activations coselection tokens", "info: ids.npy holds the choices of 4 tokens, as many as are counted; nothing is counted twice.",
			map[string]string{"ids.npy": fourIDs(), "pairs.csv": allPairs, "steps.json": "[[0,0,[3,3,3,3]]]"}, map[string]string{"step_means": "step"}},
		{"some of the tokens", "activations tokens", "info: ids.npy holds the choices of 1 token, and the counts are of 4: only what needs single tokens is worked out from the former.",
			map[string]string{"ids.npy": npy(1, 3, 0, 1, 2), "moe_summary.json": summaryOfTop}, map[string]string{"tokens": "4", "step_means": ""}},
		{"no counts of tokens", "imbalance tokens steps activations coselection", "what the counts lack is counted from them: steps, activations and coselection.",
			map[string]string{"moe_expert_activations.csv": "", "i.csv": "layer_idx,timestamp_sec,std_dev,max_min_ratio\n0,1,2,3\n", "ids.npy": fourIDs()},
			map[string]string{"tokens": "4", "tokens_source": "ids.npy", "top_k": "3"}},
		{"several files", "activations tokens requests", "info: 2 files, the first a.jsonl, hold the choices of 8 tokens",
			map[string]string{"a.jsonl": answer(fourIDs()), "b.json": answer(fourIDs()), "notes.json": "{}"}, nil},
		{"a model's config.json", "activations tokens steps coselection", "counted from them: steps and coselection.",
			map[string]string{"ids.npy": fourIDs(), "config.json": `{"num_experts_per_tok": 3, "num_experts": 9}`},
			map[string]string{"experts": "9", "experts_source": "the choices of each token", "top_k": "3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"moe_expert_activations.csv": fourTokens}
			maps.Copy(files, c.files)
			a := open(t, write(t, files))
			if got := strings.ReplaceAll(names(a), " summary", ""); got != c.tables || !strings.Contains(texts(a), c.says) {
				t.Errorf("tables %q, want %q; findings:\n%s", got, c.tables, texts(a))
			}
			if told := strings.Contains(texts(a), "a step here is"); told != strings.Contains(c.says, "steps") {
				t.Errorf("what a step of the tokens is, is told: %v:\n%s", told, texts(a))
			}
			want := map[string]string{"token_level": "yes"}
			maps.Copy(want, c.metadata)
			for key, value := range want {
				if got := a.Info().Metadata[key]; got != value {
					t.Errorf("metadata %s is %q, want %q", key, got, value)
				}
			}
			for _, table := range a.Tables() {
				f := load(t, a, table.Name)
				if table.Name == "activations" && sumOf(f) != 12 {
					t.Errorf("activations add up to %d, want 12: nothing is counted twice", sumOf(f))
				}
			}
			analysistest.CheckFindings(t, a.(artifacts.Finder).ScanFindings())
		})
	}
}

// answer is a response of vLLM with ids.
func answer(ids string) string {
	return fmt.Sprintf(`{"choices": [{"routed_experts": %q}], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}`, base64.StdEncoding.EncodeToString([]byte(ids)))
}

func sumOf(f *frames.Frame) int64 {
	sum := int64(0)
	for _, n := range f.Ints("count") {
		sum += n
	}
	return sum
}

// Choices that cannot be of the counted run are left out, with the reason and the file to
// open; a file that cannot be read does not spoil the counts.
func TestTokensOfAnotherRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, says string
		files      map[string]string
	}{
		{"top-k", "warning: ids.npy holds the choices of each token, but they are top-2, the counts top-3: they are left out.",
			map[string]string{"ids.npy": npy(1, 2, 0, 1), "moe_summary.json": summaryOfTop}},
		{"experts", "they are of 9 experts, the counts of 4: they are left out.",
			map[string]string{"ids.npy": fourIDs(), "moe_summary.json": summaryOfTop, "config.json": `{"num_experts_per_tok": 3, "num_experts": 9}`}},
		{"layers", "the counts have a layer 7, and theirs are [0]: they are left out.",
			map[string]string{"ids.npy": fourIDs(), "moe_expert_activations.csv": strings.ReplaceAll(fourTokens, "\n0,", "\n7,")}},
		{"level", "they are logical experts, the counts of physical ones: they are left out.",
			map[string]string{"a.json": answer(fourIDs()), "moe_metadata.json": `{"tracker_version": 1, "ids": "physical"}`}},
		{"damage", "warning: The choices of each token beside the counts are left out: ids.npy: ", map[string]string{"ids.npy": fourIDs()[:60]}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"moe_expert_activations.csv": fourTokens}
			maps.Copy(files, c.files)
			a := open(t, write(t, files))
			if got := names(a); !strings.HasPrefix(got, "activations") || strings.Contains(got, "tokens") || a.Info().Metadata["token_level"] != "no" {
				t.Errorf("tables %s, token level %s", got, a.Info().Metadata["token_level"])
			}
			if !strings.Contains(texts(a), c.says) {
				t.Errorf("findings lack %q:\n%s", c.says, texts(a))
			}
		})
	}
	_, err := moe.Format().Open(t.Context(), write(t, map[string]string{"moe_metadata.json": `{"tracker_version": 1, "top_k": 2}`, "ids.npy": fourIDs()}))
	if fault.KindOf(err) != fault.Corrupt || !strings.Contains(err.Error(), "they are top-3, the counts top-2") {
		t.Errorf("nothing but contradicting tokens: %v", err)
	}
}

// A tracker's array has no numbers of layers: its metadata do. Ranks add up; copies
// further down do not.
func TestTokensOfTheTracker(t *testing.T) {
	t.Parallel()
	const counts, facts = "layer_idx,expert_id,activation_count\n3,0,1\n3,1,1\n9,2,1\n9,3,1\n", `{"tracker_version": 1, "experts": 4, "top_k": 2, "layers": [3, 9], "ids": "logical"}`
	ids := npy(2, 2, 0, 1, 3, 2)
	one := map[string]string{"moe_expert_activations.csv": counts, "moe_metadata.json": facts, "moe_token_ids.npy": ids}
	below := func(prefixes ...string) string {
		files := map[string]string{}
		for _, p := range prefixes {
			for name, content := range one {
				files[p+name] = content
			}
		}
		return write(t, files)
	}
	for _, c := range []struct {
		name   string
		folder string
		tokens int
	}{
		{"one rank", below("rank-dp0-pid7/"), 1},
		{"two ranks", below("rank-dp0-pid7/", "rank-dp1-pid8/"), 2},
		{"a copy", below("", "moe_expert_tracking/"), 1},
	} {
		a := open(t, c.folder)
		f := load(t, a, "tokens")
		if f.Len() != 4*c.tokens || f.Ints("layer")[0] != 3 || f.Ints("layer")[2] != 9 || f.Ints("expert")[2] != 3 {
			t.Errorf("%s: %d rows, layers %v, experts %v", c.name, f.Len(), f.Ints("layer"), f.Ints("expert"))
		}
		if got := sumOf(load(t, a, "activations")); got != int64(4*c.tokens) {
			t.Errorf("%s: %d activations, want %d", c.name, got, 4*c.tokens)
		}
		if got := sumOf(load(t, a, "affinity")); got != int64(4*c.tokens) {
			t.Errorf("%s: %d transitions, want %d", c.name, got, 4*c.tokens)
		}
	}
	alone := open(t, write(t, map[string]string{"moe_metadata.json": facts, "moe_token_ids.npy": ids}))
	if got := alone.Info(); got.Summary != "MoE routing of 2 layers, 4 experts, top-2, 1 token, the choices of 1 token" || load(t, alone, "activations").Ints("layer")[0] != 3 {
		t.Errorf("without counts: %q", got.Summary)
	}
	for _, odd := range []string{"[3, 3]", "[9, 3]", "[3, 1000000000000]", "[3]", `"x"`} {
		files := map[string]string{"moe_metadata.json": strings.Replace(facts, "[3, 9]", odd, 1), "moe_token_ids.npy": ids}
		if got := load(t, open(t, write(t, files)), "tokens").Ints("layer"); got[0] != 0 || got[2] != 1 {
			t.Errorf("layers %s give the numbers %v", odd, got)
		}
	}
	stages := write(t, map[string]string{"rank-pp0-pid1/moe_metadata.json": facts, "rank-pp0-pid1/moe_token_ids.npy": ids, "rank-pp0-pid1/moe_expert_activations.csv": counts,
		"rank-pp1-pid2/moe_metadata.json": strings.Replace(facts, "[3, 9]", "[12, 15]", 1), "rank-pp1-pid2/moe_token_ids.npy": ids})
	if got := texts(open(t, stages)); !strings.Contains(got, "its layers have the numbers [12 15], not [3 9] as in the files before") {
		t.Errorf("pipeline stages: %s", got)
	}
	if a, err := (artifacts.Formats{tokens.Format()}).Open(t.Context(), filepath.Join(stages, "rank-pp1-pid2")); err != nil || load(t, a, "tokens").Ints("layer")[0] != 12 {
		t.Errorf("one stage by itself: %v", err)
	}
}

// FuzzBeside puts any bytes beside counts: the folder opens, its counts stay, and what is
// read of the bytes is in order.
func FuzzBeside(f *testing.F) {
	for _, seed := range []string{fourIDs(), fourIDs()[:60], npy(2, 2, 0, 1, 3, 2), answer(fourIDs()), answer("x"), `{"tracker_version": 1, "layers": [7]}`, `{"num_experts_per_tok": 3}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := moe.Format().Open(t.Context(), write(t, map[string]string{"moe_expert_activations.csv": fourTokens, "b": string(data)}))
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range a.Tables() {
			frame, err := artifacts.Load(t.Context(), a, table.Name)
			if err != nil {
				if kind := fault.KindOf(err); kind != fault.Unsupported && kind != fault.Corrupt {
					t.Fatalf("%s: kind %s: %v", table.Name, kind, err)
				}
				continue
			}
			if table.Name == "activations" && sumOf(frame) != 12 {
				t.Fatalf("the counts add up to %d", sumOf(frame))
			}
			checkTable(t, frame)
		}
	})
}
