package moe_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/engine/enginetest"
)

// captureFolder holds a real recording: 8 layers of 16 experts, top-2, 81,920 tokens.
const captureFolder = "../../../notebooks/demo/captures/moe"

// unpack writes the recording into a new folder.
func unpack(t testing.TB) string {
	t.Helper()
	return enginetest.UnzipFolder(t, captureFolder)
}

func open(t testing.TB, path string) artifacts.Artifact {
	t.Helper()
	a, err := artifacts.Formats{moe.Format()}.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	analysistest.CheckFindings(t, a.Info().Findings)
	return a
}

func load(t testing.TB, a artifacts.Artifact, table string) *frames.Frame {
	t.Helper()
	f, err := artifacts.Load(context.Background(), a, table)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The rows of each table are the lines of its file without the header, and for the
// steps 400 entries of 16 experts.
func TestCaptureTables(t *testing.T) {
	t.Parallel()
	a := open(t, unpack(t))
	want := []struct {
		table string
		rows  int64
	}{{"steps", 6400}, {"activations", 128}, {"coselection", 949}, {"affinity", 1673}, {"imbalance", 400}, {"weights", 8192}, {"summary", 8}}
	tables := a.Tables()
	if len(tables) != len(want) {
		t.Fatalf("%d tables, want %d", len(tables), len(want))
	}
	for i, w := range want {
		if tables[i].Name != w.table || tables[i].Rows != w.rows || tables[i].Doc == "" {
			t.Errorf("table %d is %s with %d rows, want %s with %d", i, tables[i].Name, tables[i].Rows, w.table, w.rows)
		}
		if f := load(t, a, w.table); int64(f.Len()) != w.rows {
			t.Errorf("%s scans to %d rows, want %d", w.table, f.Len(), w.rows)
		}
	}
}

func TestCaptureMetadata(t *testing.T) {
	t.Parallel()
	info := open(t, unpack(t)).Info()
	for name, want := range map[string]string{
		"experts": "16", "experts_source": "num_experts of the summary", "top_k": "2", "top_k_source": "top_k of the summary",
		"layers": "8", "tokens": "81920", "coselection_complete": "yes", "imbalance_deviation": "sample",
	} {
		if got := info.Metadata[name]; got != want {
			t.Errorf("metadata %s = %q, want %q", name, got, want)
		}
	}
	if want := "MoE routing of 8 layers, 16 experts, top-2, 81920 tokens, 400 counts by step and layer"; info.Summary != want {
		t.Errorf("summary %q, want %q", info.Summary, want)
	}
	if info.Kind != artifacts.MoE || info.Format != "moe-folder" {
		t.Errorf("kind %q, format %q", info.Kind, info.Format)
	}
	// The only thing to say: where an expert got no token, the ratio is inf.
	if len(info.Findings) != 1 || !strings.Contains(info.Findings[0].Text, "in 4 of 400 rows an expert got no token") {
		t.Errorf("findings: %+v", info.Findings)
	}
}

// Every layer has 81,920 tokens: 163,840 activations, 81,920 pairs, and as many
// transitions to the next layer.
func TestCaptureSums(t *testing.T) {
	t.Parallel()
	a := open(t, unpack(t))
	for _, c := range []struct {
		table  string
		layers int
		sum    int64
	}{{"activations", 8, 163840}, {"coselection", 8, 81920}, {"affinity", 7, 81920}} {
		sums := map[int64]int64{}
		f := load(t, a, c.table)
		for i, l := range f.Ints("layer") {
			sums[l] += f.Ints("count")[i]
		}
		if len(sums) != c.layers {
			t.Errorf("%s has %d layers, want %d", c.table, len(sums), c.layers)
		}
		for l, sum := range sums {
			if sum != c.sum {
				t.Errorf("%s of layer %d add up to %d, want %d", c.table, l, sum, c.sum)
			}
		}
	}
}

// Without the summary, top-k follows from the weights, then from the identity of
// pairs and activations; without either it is unknown.
func TestCaptureTopKSources(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		without []string
		topK    string
		source  string
	}{
		{[]string{"moe_summary.json"}, "2", "experts per sampled token of the weights"},
		{[]string{"moe_summary.json", "moe_routing_weights_hist.csv"}, "2", "pairs over activations"},
		{[]string{"moe_summary.json", "moe_routing_weights_hist.csv", "moe_expert_coselection.csv"}, "", ""},
	} {
		dir := unpack(t)
		for _, name := range c.without {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		m := open(t, dir).Info().Metadata
		if m["top_k"] != c.topK || m["top_k_source"] != c.source {
			t.Errorf("without %v: top_k %q from %q, want %q from %q", c.without, m["top_k"], m["top_k_source"], c.topK, c.source)
		}
	}
}

func BenchmarkOpenCapture(b *testing.B) {
	dir := unpack(b)
	b.ReportAllocs()
	for b.Loop() {
		a, err := moe.Format().Open(context.Background(), dir)
		if err != nil {
			b.Fatal(err)
		}
		a.Close()
	}
}
