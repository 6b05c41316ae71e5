package trace_test

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/trace"
)

const (
	demos   = "../../notebooks/demo/captures"
	nsysDir = "../artifacts/nsys/testdata"
)

// captures are real traces beside what nsys stats 2023.4.4 prints for them.
var captures = []struct{ name, folder string }{
	{"demo_eager", demos}, {"demo_cudagraph", demos}, {"h100_mini_nodes", nsysDir}, {"h100_mini_graphs_hidden", nsysDir},
}

// capture is a trace with its ranges, calls and GPU work: kernels first.
type capture struct {
	kernels *frames.Frame
	ranges  *trace.Ranges
	calls   *trace.Calls
	ops     *trace.Ops
}

// load reads a capture from SQLite.
func load(t testing.TB, path string) *capture {
	t.Helper()
	a, err := artifacts.Formats{nsys.Format()}.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	table := func(name string) *frames.Frame {
		if _, err := artifacts.Lookup(a, name); err != nil && name == "sets" {
			return nil // a program need not set memory
		}
		f, err := artifacts.Load(context.Background(), a, name)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	c := &capture{kernels: table("kernels")}
	if c.ranges, err = trace.RangesOf(table("nvtx")); err != nil {
		t.Fatal(err)
	}
	if c.calls, err = trace.CallsOf(table("api_calls")); err != nil {
		t.Fatal(err)
	}
	if c.ops, err = trace.OpsOf(c.kernels, table("copies"), table("sets")); err != nil {
		t.Fatal(err)
	}
	return c
}

// unpack writes a packed capture to a file of its own.
func unpack(t testing.TB, packed string) string {
	t.Helper()
	data, err := os.ReadFile(packed)
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	if data, err = decoder.DecodeAll(data, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(packed), ".zst"))
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// crossing is h100_mini_nodes with ranges added that cross others, were never closed,
// end on another thread or stand in a domain: what real captures seldom have.
func crossing(t testing.TB) string {
	t.Helper()
	path := unpack(t, filepath.Join(nsysDir, "h100_mini_nodes.sqlite.zst"))
	script, err := os.ReadFile(filepath.Join("testdata", "crossing.sql"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlitex.ExecuteScript(conn, string(script), nil); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// oracle reads the rows of a report without its header.
func oracle(t testing.TB, path string) [][]string {
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
	return rows[1:]
}
