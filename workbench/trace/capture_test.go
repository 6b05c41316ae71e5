package trace_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/trace"
)

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

// crossing is h100_mini_nodes with ranges added that cross others, were never closed,
// end on another thread or stand in a domain: what real captures seldom have.
func crossing(t testing.TB) string {
	t.Helper()
	path := enginetest.Capture(t, "h100_mini_nodes")
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
