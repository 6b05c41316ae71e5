package main_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	profilers "profilemate/workbench/capture/standin"
	"profilemate/workbench/traffic/standin"
)

// After a capture the terminal says what is wrong with it, with the flag that helps.
// Each export is a real one, changed as such a capture would differ.
func TestCaptureHealth(t *testing.T) {
	t.Parallel()
	const (
		eager  = "../../notebooks/demo/captures/demo_eager.sqlite.zst"
		graphs = "../../notebooks/demo/captures/demo_cudagraph.sqlite.zst"
		noCUDA = "DROP TABLE CUPTI_ACTIVITY_KIND_KERNEL; DROP TABLE CUPTI_ACTIVITY_KIND_RUNTIME; DROP TABLE CUPTI_ACTIVITY_KIND_MEMCPY; DROP TABLE CUPTI_ACTIVITY_KIND_MEMSET;"
		hidden = "../../workbench/artifacts/nsys/testdata/h100_mini_graphs_hidden.sqlite.zst"
	)
	for _, c := range []struct {
		name, from string
		change     string  // statements
		keep       float64 // part of the file that is kept; 0: all
		server     []string
		program    []string
	}{
		{"empty range", eager, noCUDA + "DROP TABLE NVTX_EVENTS;", 0,
			[]string{"range that was captured is empty", "--control=session"}, []string{"range that was captured is empty", "the program behind --"}},
		{"wrong process", eager, noCUDA, 0,
			[]string{"Nothing of CUDA is recorded", "--server-command"}, []string{"Nothing of CUDA is recorded", "the program behind --"}},
		{"graph work hidden", hidden, "", 0, []string{"whose kernels this trace does not show", "--enforce-eager"}, []string{"whose kernels this trace does not show", "--cuda-graph-trace"}},
		{"warm-up inside", graphs, "", 0, []string{"times as long as those after them", "Raise --warmup."}, []string{"times as long as those after them", "--delay"}},
		{"no steady state", eager, "", 0, []string{"Too few for averages", "--num-requests"}, []string{"Too few for averages", "--duration"}},
		{"dropped events", eager, "CREATE TABLE DIAGNOSTIC_EVENT (timestamp INTEGER, timestampType INTEGER, source INTEGER, severity INTEGER, text TEXT, globalPid INTEGER);" +
			"INSERT INTO DIAGNOSTIC_EVENT VALUES (1, 1, 1, 2, '1234 CUDA events were dropped.', 0)", 0, []string{"1234 CUDA events were dropped", "Lower --num-requests"}, []string{"were dropped", "Lower --duration"}},
		{"truncated export", eager, "", 0.6, []string{"The file is ", "--output-dir"}, []string{"The file is ", "--output-dir"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, standin.Options{Profiler: true}, "")
			export := filepath.Join(b.dir, "export.sqlite")
			changed(t, c.from, export, c.change, c.keep)
			b.env = append(b.env, profilers.SQLiteVariable+"="+export)
			out, status := b.profile()
			says(t, out, status, c.server)
			text, err := b.command("profile", "nsys", "--output-dir", b.folder+"2", "--gpus", "none", "--", "true").CombinedOutput()
			if err != nil {
				status = 1
			}
			says(t, string(text), status, c.program)
		})
	}
}

// says checks that one finding and its remedy hold the words.
func says(t *testing.T, out string, status int, words []string) {
	t.Helper()
	for _, word := range words {
		if status != 0 || !strings.Contains(out, word) {
			t.Errorf("exit status %d; %q is not in\n%s", status, word, out)
		}
	}
	if strings.Contains(out, "There is no kernel in this trace") {
		t.Errorf("that there is no kernel is said twice in\n%s", out)
	}
}

// changed unpacks an export, changes it by SQL, and keeps a part of the file.
func changed(t *testing.T, from, to, statements string, keep float64) {
	t.Helper()
	packed, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	reader, err := zstd.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if keep > 0 {
		text = text[:int(keep*float64(len(text)))]
	}
	if err := os.WriteFile(to, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if statements == "" {
		return
	}
	db, err := sqlite.OpenConn(to, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := sqlitex.ExecuteScript(db, statements, nil); err != nil {
		t.Fatal(err)
	}
}
