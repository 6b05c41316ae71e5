// Package enginetest runs analyses on real captures in tests.
package enginetest

import (
	"compress/gzip"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/engine"
	"profilemate/workbench/result"
)

// Run runs an analysis on one artifact of the given format, without a store.
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
