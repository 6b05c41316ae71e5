package moe_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/fault"
)

const (
	fourTokens   = "layer_idx,expert_id,activation_count\n0,0,3\n0,1,3\n0,2,3\n0,3,3\n" // {0,1,2} {0,1,3} {0,2,3} {1,2,3}
	allPairs     = "layer_idx,expert_id_1,expert_id_2,coselection_count\n0,0,1,2\n0,0,2,2\n0,0,3,2\n0,1,2,2\n0,1,3,2\n0,2,3,2\n"
	rankPairs    = "layer_idx,expert_id_1,expert_id_2,coselection_count\n0,0,1,2\n0,1,2,2\n0,2,3,2\n0,1,3,1\n0,0,2,1\n"
	summaryOfTop = `{"layer_0": {"num_experts": 4, "top_k": 3}}`
)

// profile_vllm.sh copies the folder above the tracker's, so that the files lie one folder
// deeper or two; other files in between do not matter, and the shallowest copy counts.
func TestFolderDepths(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "moe_expert_tracking/", "moe_expert_tracking/moe_expert_tracking/"} {
		a := open(t, write(t, map[string]string{
			prefix + "moe_expert_activations.csv": fourTokens,
			prefix + "kv_cache_usage.csv":         "timestamp_sec,used\n1,2\n",
			"README.md":                           "not a table",
		}))
		if got := load(t, a, "activations").Len(); got != 4 || len(a.Tables()) != 1 {
			t.Errorf("in %q: %d rows, %d tables", prefix, got, len(a.Tables()))
		}
	}
	a := open(t, write(t, map[string]string{
		"moe_expert_activations.csv": fourTokens,
		"a_copy.csv":                 fourTokens,
		"moe_expert_tracking/moe_expert_activations.csv": "layer_idx,expert_id,activation_count\n0,0,1\n",
	}))
	if load(t, a, "activations").Len() != 4 || strings.Count(texts(a), "is left out: ") != 2 {
		t.Errorf("findings: %s", texts(a))
	}
}

// Folders and links to nowhere that are named like tables are passed over.
func TestFolderWithOddEntries(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"moe_expert_activations.csv": fourTokens, "moe_summary.json/x.txt": "x"})
	if err := os.Symlink(filepath.Join(dir, "moe_summary.json"), filepath.Join(dir, "link.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "gone.csv")); err != nil {
		t.Fatal(err)
	}
	if a := open(t, dir); len(a.Tables()) != 1 || texts(a) != "" {
		t.Errorf("tables %v, findings %s", a.Tables(), texts(a))
	}
}

// A tracker's file that holds something else does not spoil the folder.
func TestFolderWithADamagedFile(t *testing.T) {
	t.Parallel()
	a := open(t, write(t, map[string]string{
		"moe_expert_activations.csv":   fourTokens,
		"moe_expert_coselection.csv":   "",
		"expert_counts_by_step.json":   "<html>",
		"moe_load_imbalance.csv":       "layer_idx,timestamp_sec,std_dev,max_min_ratio\n",
		"moe_routing_weights_hist.csv": "bin_min,bin_max,count\n0,1,2\n",
	}))
	for _, want := range []string{
		"moe_expert_coselection.csv is left out: it is empty, not the coselection of a tracker.",
		`expert_counts_by_step.json is left out: it begins with "<html>", not the steps of a tracker.`,
		"moe_load_imbalance.csv: it holds no row.",
	} {
		if !strings.Contains(texts(a), want) {
			t.Errorf("findings lack %q:\n%s", want, texts(a))
		}
	}
	if len(a.Tables()) != 2 {
		t.Errorf("tables: %v", a.Tables())
	}
}

// The sum over pairs tells a whole co-selection from that of neighbors in rank, with a
// recorded top-k and without one.
func TestPairsAgainstActivations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, pairs, summary, topK, complete, finding string }{
		{"all pairs", allPairs, summaryOfTop, "3", "yes", ""},
		{"neighbors in rank", rankPairs, summaryOfTop, "3", "adjacent pairs only", "only experts that are neighbors in rank, 2 of the 3 pairs of a top-3 token"},
		{"all pairs, top-k derived", allPairs, "", "3", "yes", ""},
		{"neighbors in rank, top-k derived", rankPairs, "", "3", "adjacent pairs only", "neighbors in rank"},
		{"neither", allPairs + "0,0,1,1\n", summaryOfTop, "3", "no", "In layer 0 the pairs add up to 13, but 12 activations of top-3 tokens make 12 pairs"},
		{"neither, top-k unknown", allPairs + "0,0,1,1\n", "", "", "unknown", ""},
		{"top-1 with pairs", allPairs, `{"layer_0": {"num_experts": 4, "top_k": 1}}`, "1", "no", "choose one expert each"},
		{"half a token", allPairs, `{"layer_0": {"num_experts": 8, "top_k": 8}}`, "8", "no", "The 12 activations of layer 0 are no multiple of top-8"},
		{"two values of top-k", allPairs, `{"layer_0": {"num_experts": 4, "top_k": 3}, "layer_1": {"num_experts": 4, "top_k": 2}}`, "", "unknown", "2 different values of top_k"},
		{"fewer experts than seen", allPairs, `{"layer_0": {"num_experts": 2, "top_k": 3}}`, "3", "yes", "says 2 experts, but expert 3 has rows; 4 is used."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"a.csv": fourTokens, "b.csv": c.pairs}
			if c.summary != "" {
				files["c.json"] = c.summary
			}
			a := open(t, write(t, files))
			m := a.Info().Metadata
			if m["top_k"] != c.topK || m["coselection_complete"] != c.complete {
				t.Errorf("top_k %q, complete %q, want %q, %q", m["top_k"], m["coselection_complete"], c.topK, c.complete)
			}
			if !strings.Contains(texts(a), c.finding) {
				t.Errorf("findings %q lack %q", texts(a), c.finding)
			}
		})
	}
}

// The number of experts is stated only where a file states it.
func TestExperts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ content, experts, seen string }{
		{fourTokens, "", "4"},
		{"[[0, 0, [1, 2, 0, 0, 0]]]", "5", ""},
		{`[[0, 0, {"3": 1}]]`, "", "4"},
		{`{"layer_0": {"num_experts": 1000000000000, "top_k": 2}}`, "", ""},
	} {
		m := open(t, write(t, map[string]string{"x.csv": c.content})).Info().Metadata
		if m["experts"] != c.experts || m["experts_seen"] != c.seen {
			t.Errorf("%s: experts %q, seen %q, want %q, %q", c.content, m["experts"], m["experts_seen"], c.experts, c.seen)
		}
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	a := open(t, write(t, map[string]string{"x.csv": fourTokens}))
	ctx := context.Background()
	var progress int64
	rows := 0
	err := a.Scan(ctx, artifacts.Request{Table: "activations", Columns: []string{"count", "layer"}, Workers: 4,
		Progress: func(done, total int64) { progress = done*1000 + total }}, func(worker int, b *frames.Batch) error {
		if rows += b.Len(); worker != 0 || b.At(0).Field.Name != "count" || b.Width() != 2 {
			t.Errorf("worker %d, schema %v", worker, b.Schema())
		}
		return nil
	})
	if err != nil || rows != 4 || progress != 4004 {
		t.Errorf("rows %d, progress %d, error %v", rows, progress, err)
	}
	none := func(int, *frames.Batch) error { return nil }
	if err := a.Scan(ctx, artifacts.Request{Table: "steps"}, none); fault.KindOf(err) != fault.NotFound {
		t.Errorf("unknown table: %v", err)
	}
	if err := a.Scan(ctx, artifacts.Request{Table: "activations", Columns: []string{"x"}}, none); fault.KindOf(err) != fault.Misuse {
		t.Errorf("unknown column: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := a.Scan(ended, artifacts.Request{Table: "activations"}, none); fault.KindOf(err) != fault.Canceled {
		t.Errorf("canceled scan: %v", err)
	}
	if _, err := moe.Format().Open(ended, write(t, map[string]string{"s.json": "[[0,0,[1]],[1,0,[1]]]"})); fault.KindOf(err) != fault.Canceled {
		t.Errorf("canceled opening: %v", err)
	}
}

func TestOpenNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := moe.Format().Open(context.Background(), filepath.Join(dir, "none")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no file: %v", err)
	}
	if _, err := moe.Format().Open(context.Background(), dir); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := (artifacts.Formats{moe.Format()}).Detect(dir); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("detecting an empty folder: %v", err)
	}
}

// FuzzRead opens any bytes as each kind of file: no panic, no NaN, no infinity, no
// negative count, and every layer and expert within bounds.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{fourTokens, allPairs, summaryOfTop, "expert_pair,count\n0,1,5\n",
		"layer_idx,token_idx,expert_id,weight\n0,0,11,0.662109\n", "bin_min,bin_max,count,layer\n0,1,2,0\n",
		"layer_idx,timestamp_sec,std_dev,max_min_ratio\n0,4.5,1.5,inf\n", "layer_idx,expert_id,next_expert_id,count\n0,0,3,4\n",
		"[[0,0,[1,2]],[1,0,{\"3\":4}],[2,0,1,1]]", `[{"step":1,"layer":0,"counts":[1,NaN]}]`, `{"layer_0":{"top_k":"2","max_activations":-Infinity}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := moe.Format().Open(context.Background(), path)
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Unsupported && kind != fault.Corrupt {
				t.Fatalf("kind %s: %v", kind, err)
			}
			return
		}
		for _, table := range a.Tables() {
			checkTable(t, load(t, a, table.Name))
		}
	})
}

func checkTable(t *testing.T, f *frames.Frame) {
	for i := range f.Width() {
		c := f.At(i)
		for row := range c.Len() {
			switch name := c.Field.Name; {
			case c.IsNull(row):
			case c.Field.Kind == frames.Float64 && !(c.Float(row)-c.Float(row) == 0):
				t.Fatalf("%s row %d: %s is %v", f.Name(), row, name, c.Float(row))
			case name == "layer" && (c.Int(row) < -1 || c.Int(row) >= 1<<16), name == "count" && c.Int(row) < 0,
				strings.Contains(name, "expert") && c.Field.Kind == frames.Int64 && f.Name() != "summary" && (c.Int(row) < 0 || c.Int(row) >= 1<<16):
				t.Fatalf("%s row %d: %s is %d", f.Name(), row, name, c.Int(row))
			}
		}
	}
}
