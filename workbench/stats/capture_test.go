package stats_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/txtar"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/stats"
)

// packed returns the places of the captures, by name. testdata/gen/scatter.py made
// the scattered ones.
func packed() map[string]string {
	const mini, demo = "../artifacts/nsys/testdata/", "../../notebooks/demo/captures/"
	return map[string]string{
		"h100_mini_nodes": mini + "h100_mini_nodes.sqlite.zst", "h100_mini_graphs_hidden": mini + "h100_mini_graphs_hidden.sqlite.zst",
		"demo_eager": demo + "demo_eager.sqlite.zst", "demo_cudagraph": demo + "demo_cudagraph.sqlite.zst",
		"scattered_1": "testdata/scattered_1.sqlite.zst", "scattered_2": "testdata/scattered_2.sqlite.zst", "scattered_3": "testdata/scattered_3.sqlite.zst",
	}
}

func unpack(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out, err := z.DecodeAll(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// captureFile unpacks a capture and returns its path.
func captureFile(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".sqlite")
	if err := os.WriteFile(path, unpack(t, packed()[name]), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func openFile(t testing.TB, path string) artifacts.Artifact {
	t.Helper()
	a, err := nsys.Format().Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// oracle returns what nsys stats 2023.4.4 prints of a capture as CSV, by report.
func oracle(t testing.TB, name string) (reports []string, csv map[string]string) {
	t.Helper()
	csv = map[string]string{}
	for _, f := range txtar.Parse(unpack(t, "testdata/"+name+".txtar.zst")).Files {
		report := strings.TrimSuffix(f.Name, ".csv")
		reports = append(reports, report)
		csv[report] = string(f.Data)
	}
	return reports, csv
}

func choose(t testing.TB, reports ...string) []stats.Choice {
	t.Helper()
	out := make([]stats.Choice, len(reports))
	for i, r := range reports {
		var err error
		if out[i], err = stats.Parse(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func run(t testing.TB, a artifacts.Artifact, workers int, reports ...string) []stats.Outcome {
	t.Helper()
	outcomes, _, err := stats.Run(t.Context(), a, choose(t, reports...), stats.Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

func written(t testing.TB, o stats.Outcome, f stats.Format) string {
	t.Helper()
	if o.Table == nil {
		t.Fatalf("%s was skipped: %s", o.Choice.Name, o.Skipped)
	}
	var b bytes.Buffer
	if err := stats.Write(&b, o, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
