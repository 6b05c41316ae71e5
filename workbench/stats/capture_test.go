package stats_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/stats"
)

// captures names the captures whose reports are in testdata; testdata/gen/scatter.py
// made the scattered ones.
func captures() []string {
	return append(enginetest.Captures(), "scattered_1", "scattered_2", "scattered_3")
}

// captureFile unpacks a capture and returns its path.
func captureFile(t testing.TB, name string) string {
	t.Helper()
	if strings.HasPrefix(name, "scattered") {
		return enginetest.Unpack(t, "testdata/"+name+".sqlite.zst")
	}
	return enginetest.Capture(t, name)
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
	archive, err := txtar.ParseFile(enginetest.Unpack(t, "testdata/"+name+".txtar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
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
