package compare_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"profilemate/plugins"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/change"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/compare"
	"profilemate/workbench/engine"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/fault"
)

func testEngine(t *testing.T) *engine.Engine {
	t.Helper()
	registry, err := analysis.NewRegistry(plugins.All()...)
	if err != nil {
		t.Fatal(err)
	}
	return engine.New(engine.Config{Registry: registry, Formats: artifacts.Formats{nsys.Format(), moe.Format()}, Workers: 2})
}

// planted copies a capture and changes the copy with SQL.
func planted(t *testing.T, path, script string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "planted.sqlite")
	if err := os.WriteFile(copied, data, 0o644); err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.OpenConn(copied, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := sqlitex.ExecuteScript(conn, script, nil); err != nil {
		t.Fatal(err)
	}
	return copied
}

// From file to verdict: a kernel 20 % slower in a copy of a real capture is found with
// the family that it is half of, a kernel renamed in another copy is recognized, one
// whose kernels are of no graph is found by its coverage, and nothing else is found.
func TestFiles(t *testing.T) {
	t.Parallel()
	e := testEngine(t)
	path := enginetest.Capture(t, "demo_cudagraph")
	const gather = `(SELECT id FROM StringIds WHERE value LIKE 'void at::native::vectorized_gather_kernel%')`
	slow := planted(t, path, `UPDATE CUPTI_ACTIVITY_KIND_KERNEL SET "end" = start + ("end" - start) * 12 / 10 WHERE demangledName IN `+gather)
	renamed := planted(t, path, `UPDATE StringIds SET value = 'gather_v2' WHERE id IN `+gather)
	off := planted(t, path, `UPDATE CUPTI_ACTIVITY_KIND_KERNEL SET graphNodeId = NULL`)
	runs, err := compare.Open(t.Context(), e, []string{path, slow, renamed, off}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := judge(t, runs[:1], runs[1:2], 10)
	worse := found(r, change.Worse)
	if len(worse) != 2 || worse[0] != "family/copy/time" || !strings.HasPrefix(worse[1], "kernel/vectorized_gather_kernel") {
		t.Errorf("found %q", worse)
	}
	r = judge(t, runs[:1], runs[3:], 10)
	if worse := found(r, change.Worse); !slices.Equal(worse, []string{"graphs/kernel_share"}) || r.Counts.Improved+r.Counts.New+r.Counts.Vanished > 0 {
		t.Errorf("graphs off: %q got worse, %+v", worse, r.Counts)
	}
	r = judge(t, runs[:1], runs[2:3], 0)
	if n := r.Counts; n.Worse+n.Improved > 0 {
		t.Errorf("renamed: %q got worse, %q better", found(r, change.Worse), found(r, change.Improved))
	}
	if !slices.ContainsFunc(r.Changes, func(c compare.Change) bool { return c.Kernel == "gather_v2" && c.Matched == change.Renamed }) {
		t.Error("the renamed kernel is not recognized")
	}
}

// One expert hot in a file of counts: its layer is found and no other.
func TestHotExpertFile(t *testing.T) {
	t.Parallel()
	write := func(hot string) string {
		dir := t.TempDir()
		text := "layer_idx,expert_id,activation_count,percentage\n0,0,1000,25\n0,1,1000,25\n0,2,1000,25\n0,3,1000,25\n1,0," + hot + ",25\n1,1,1000,25\n1,2,1000,25\n1,3,1000,25\n"
		if err := os.WriteFile(filepath.Join(dir, "moe_expert_activations.csv"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	runs, err := compare.Open(t.Context(), testEngine(t), []string{write("1000"), write("2000")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := found(judge(t, runs[:1], runs[1:], 10), change.Worse); !slices.Equal(got, []string{"moe/layer 1/max_over_mean"}) {
		t.Errorf("found %q", got)
	}
}

// What cannot be read has a kind and never panics.
func TestUnusable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"a.json": `{"prefill_decode": 3}`, "b.json": `{"top_kernels": [`, "c.txt": "hello", "d.json": `{"prefill_decode": {}, "top_kernels": []}`} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := compare.Open(t.Context(), testEngine(t), []string{path}, nil); err == nil || fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, path := range []string{filepath.Join(dir, "none"), t.TempDir()} {
		if _, err := compare.Open(t.Context(), testEngine(t), []string{path}, nil); err == nil || fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: %v", path, err)
		}
	}
}
