package nsys_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/result"
)

var update = flag.Bool("update", false, "rewrite golden files")

const (
	demoGraphs = "../../../notebooks/demo/captures/demo_cudagraph.sqlite.zst"
	miniNodes  = "testdata/h100_mini_nodes.sqlite.zst"
	miniHidden = "testdata/h100_mini_graphs_hidden.sqlite.zst"
)

// unzip returns the bytes of a packed capture.
func unzip(t testing.TB, path string) []byte {
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
	return data
}

// write stores bytes as a file of its own.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a file the way the program does, through detection.
func open(t testing.TB, path string) artifacts.Artifact {
	t.Helper()
	a, err := tryOpen(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func tryOpen(path string) (artifacts.Artifact, error) {
	return artifacts.Formats{nsys.Format()}.Open(context.Background(), path)
}

func openCapture(t testing.TB, packed string) artifacts.Artifact {
	t.Helper()
	return open(t, write(t, "capture.sqlite", unzip(t, packed)))
}

// database makes a SQLite file of a script.
func database(t testing.TB, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.sqlite")
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlitex.ExecuteScript(conn, script, nil); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t testing.TB, a artifacts.Artifact, table string, columns ...string) *frames.Frame {
	t.Helper()
	f, err := artifacts.Load(context.Background(), a, table, columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// text writes rows one a line, missing values as "-".
func text(f *frames.Frame) string {
	var b strings.Builder
	for i := range f.Len() {
		for j, v := range f.Row(i) {
			if j > 0 {
				b.WriteString(" | ")
			}
			if v == nil {
				v = "-"
			}
			fmt.Fprint(&b, v)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func scanFindings(a artifacts.Artifact) []result.Finding { return a.(artifacts.Finder).ScanFindings() }

func hasFinding(list []result.Finding, part string) bool {
	return slices.ContainsFunc(list, func(f result.Finding) bool { return strings.Contains(f.Text, part) })
}

// What the tables of an export were in 2021, and in its smallest form.
const (
	stringsSQL = `CREATE TABLE StringIds (id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL);`
	kernelsSQL = `CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER NOT NULL, end INTEGER NOT NULL, deviceId INTEGER NOT NULL,
		contextId INTEGER NOT NULL, streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER,
		demangledName INTEGER NOT NULL, shortName INTEGER NOT NULL);`
)
