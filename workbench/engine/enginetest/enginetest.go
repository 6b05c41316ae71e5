// Package enginetest runs analyses on real captures in tests.
package enginetest

import (
	"compress/gzip"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/klauspost/compress/zstd"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/engine"
	"profilemate/workbench/result"
)

// Run runs an analysis on one artifact of the given format, without a store. Findings
// must read as analysistest.CheckFindings says.
func Run(t testing.TB, a analysis.Analysis, format artifacts.Format, path string, workers int, params analysis.Values) *result.Result {
	t.Helper()
	registry, err := analysis.NewRegistry(a)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Config{Registry: registry, Formats: artifacts.Formats{format}, Workers: workers})
	out, err := e.Run(t.Context(), engine.Request{Analysis: a.Name, Params: params, Inputs: []analysis.CallInput{{Path: path}}}, nil)
	e.Wait()
	if err != nil {
		t.Fatal(err)
	}
	analysistest.CheckFindings(t, out.Result.Findings)
	return out.Result
}

// Unpack writes what a zstd file holds to a folder of the test and returns the
// path.
func Unpack(t testing.TB, path string) string {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	data, err := decoder.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(out, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return out
}

// CSV returns the rows of a gzipped CSV file, its header first. It fails when there
// is no row below the header.
func CSV(t testing.TB, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(unzipped).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", path, len(rows), err)
	}
	return rows
}

// Cells returns columns of a table as nsys stats prints them: a column of floats with
// one decimal, halves away from zero, any other as it is.
func Cells(t testing.TB, f *frames.Frame, columns ...string) [][]string {
	t.Helper()
	rows := make([][]string, f.Len())
	for _, name := range columns {
		c := f.Column(name)
		if c == nil {
			t.Fatalf("table %s has no column %s", f.Name(), name)
		}
		for i := range rows {
			text := c.Str(i)
			if c.Field.Kind == frames.Float64 {
				text = Tenth(c.Float(i))
			}
			rows[i] = append(rows[i], text)
		}
	}
	return rows
}

// Tenth writes a number as nsys stats does: one decimal, halves away from zero.
func Tenth(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', 1, 64) }
