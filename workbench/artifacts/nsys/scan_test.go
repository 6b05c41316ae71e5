package nsys_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// What the workers see, one after the other, is the table, for any number of them.
func TestWorkersShareATable(t *testing.T) {
	t.Parallel()
	a := openCapture(t, demoGraphs)
	want := load(t, a, "kernels", "start", "name", "graph_node_id")
	for _, workers := range []int{0, 1, 2, 5} {
		parts := make([]*frames.Builder, max(workers, 1))
		for i := range parts {
			parts[i] = frames.NewBuilder("kernels", want.Schema())
		}
		dicts := make([]*frames.Dictionary, len(parts))
		var reported atomic.Int64
		err := a.Scan(context.Background(), artifacts.Request{Table: "kernels", Columns: want.Schema().Names(), Workers: workers,
			Progress: func(done, total int64) {
				if total != int64(want.Len()) {
					t.Errorf("progress of %d rows, there are %d", total, want.Len())
				}
				reported.Store(max(reported.Load(), done))
			}}, func(w int, b *frames.Batch) error {
			dicts[w] = b.Column("name").Dictionary()
			return parts[w].Append(b)
		})
		if err != nil {
			t.Fatal(err)
		}
		whole := frames.NewBuilder("kernels", want.Schema())
		for _, p := range parts {
			if err := whole.Append(p.Frame()); err != nil {
				t.Fatal(err)
			}
		}
		got := whole.Frame()
		if !slices.Equal(got.Ints("start"), want.Ints("start")) || !slices.Equal(got.Strings("name"), want.Strings("name")) ||
			!slices.Equal(got.Strings("graph_node_id"), want.Strings("graph_node_id")) {
			t.Errorf("%d workers read another table", workers)
		}
		if len(slices.Compact(slices.DeleteFunc(dicts, func(d *frames.Dictionary) bool { return d == nil }))) != 1 {
			t.Errorf("%d workers have different dictionaries", workers)
		}
		if reported.Load() != int64(want.Len()) {
			t.Errorf("%d workers: progress ends at %d of %d", workers, reported.Load(), want.Len())
		}
	}
}

func TestColumnsAreThoseAskedFor(t *testing.T) {
	t.Parallel()
	a := openCapture(t, miniNodes)
	got := load(t, a, "kernels", "end", "name", "start").Schema().Names()
	if !slices.Equal(got, []string{"end", "name", "start"}) {
		t.Errorf("columns %v", got)
	}
	for _, table := range []string{"kernels", "gpus"} {
		err := a.Scan(context.Background(), artifacts.Request{Table: table, Columns: []string{"nonsense"}}, nil)
		if fault.KindOf(err) != fault.Misuse || !strings.Contains(err.Error(), "name") {
			t.Errorf("%s: an unknown column gives %v", table, err)
		}
	}
	err := a.Scan(context.Background(), artifacts.Request{Table: "nothing"}, nil)
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown table gives %v", err)
	}
}

// Stopping in the middle of a scan ends it soon, and the artifact still works.
func TestCancel(t *testing.T) {
	t.Parallel()
	a := open(t, database(t, manyKernels(140_000, 10)))
	ctx, cancel := context.WithCancel(context.Background())
	seen := new(atomic.Int64)
	begin := time.Now()
	err := a.Scan(ctx, artifacts.Request{Table: "kernels", Workers: 2}, func(_ int, b *frames.Batch) error {
		seen.Add(int64(b.Len()))
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || fault.KindOf(err) != fault.Canceled {
		t.Errorf("a stopped scan gives %v", err)
	}
	if n := seen.Load(); n > 2*frames.BatchRows { // one batch of each worker, which has 70,000 rows
		t.Errorf("%d rows were read after the stop, in %v", n, time.Since(begin))
	}
	if n := len(starts(t, a, 2)); n != 140_000 {
		t.Errorf("%d rows after a stopped scan", n)
	}
}

func TestEmitErrorAndPanic(t *testing.T) {
	t.Parallel()
	a := openCapture(t, demoGraphs)
	full := errors.New("full")
	err := a.Scan(context.Background(), artifacts.Request{Table: "kernels", Workers: 2}, func(int, *frames.Batch) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("an error of emit comes back as %v", err)
	}
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "boom") {
			t.Errorf("a panic of emit comes back as %v", p)
		}
	}()
	err = a.Scan(context.Background(), artifacts.Request{Table: "kernels", Workers: 2}, func(int, *frames.Batch) error { panic("boom") })
	t.Errorf("a panic of emit is lost: %v", err)
}

func TestScanAfterClose(t *testing.T) {
	t.Parallel()
	a, err := tryOpen(write(t, "a.sqlite", unzip(t, miniNodes)))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Scan(context.Background(), artifacts.Request{Table: "kernels"}, nil); err == nil {
		t.Error("a closed artifact can be read")
	}
}

// manyKernels is a script for an export of n kernels with so many names.
func manyKernels(n, names int) string {
	return stringsSQL + kernelsSQL + fmt.Sprintf(`
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < %d) INSERT INTO StringIds SELECT x, printf('kernel_%%05d', x) FROM c;
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < %d)
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL SELECT 1000*x, 1000*x + x %% 997, 0, 1, 7, x, 0x100006f000000, 1 + x %% %d, 1 + x %% %d FROM c;`, names, n, names, names)
}

// Nothing is narrowed: a range of 5 s, a copy of 5 GiB, 70,000 names.
func TestWidths(t *testing.T) {
	t.Parallel()
	a := open(t, database(t, manyKernels(70_500, 70_000)+`
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (9000000000000000000, 9000000005000000001, 0, 1, 7, 1, 0, 70000, 70000);
CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start INTEGER, end INTEGER, bytes INTEGER);
INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (1, 5000000002, 5368709120);
CREATE TABLE NVTX_EVENTS (start INTEGER NOT NULL, end INTEGER, eventType INTEGER NOT NULL, text TEXT, globalTid INTEGER);
INSERT INTO NVTX_EVENTS VALUES (7, 5000000007, 59, 'long', 0);`))
	kernels := load(t, a, "kernels", "start", "end", "name")
	seen := map[string]bool{}
	names := kernels.Strings("name")
	for i, name := range names[:70_500] {
		if want := fmt.Sprintf("kernel_%05d", 1+(i+1)%70_000); name != want {
			t.Fatalf("row %d is %s, want %s", i, name, want)
		}
		seen[name] = true
	}
	if len(seen) != 70_000 {
		t.Errorf("%d names", len(seen))
	}
	if got := kernels.Slice(70_500, 70_501).Row(0); fmt.Sprint(got) != "[9000000000000000000 9000000005000000001 kernel_70000]" {
		t.Errorf("the 5 s kernel is %v", got)
	}
	if got := text(load(t, a, "copies", "start", "end", "bytes")); got != "1 | 5000000002 | 5368709120\n" {
		t.Errorf("the 5 GiB copy is %s", got)
	}
	if got := text(load(t, a, "nvtx", "start", "end", "text")); got != "7 | 5000000007 | long\n" {
		t.Errorf("the 5 s range is %s", got)
	}
}

// Event times and the session's clock are two: neither shifts the other, and times
// of graph nodes, which may be negative, do not show.
func TestTwoClocks(t *testing.T) {
	t.Parallel()
	a := openCapture(t, miniNodes)
	if first := slices.Min(starts(t, a, 1)); first != 13547156 {
		t.Errorf("the first kernel starts at %d, the file says 13547156", first)
	}
	if got := a.Info().Metadata["trace_duration_ns"]; got != "23237476" {
		t.Errorf("the session lasts %s ns", got)
	}
}

// Secrets do not leave the reader; what only looks like one does.
func TestSecrets(t *testing.T) {
	t.Parallel()
	cases := []struct{ in, want string }{
		{"HF_TOKEN=hf_AbCdEfGhIjKlMnOpQrSt", "HF_TOKEN=***"},
		{"--api-key sk-abcdefghijklmnop1234", "--api-key ***"},
		{"password: hunter22again", "password: ***"},
		{"Authorization: Bearer abcdef.ghijkl", "Authorization: ***"},
		{"export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENG", "export AWS_SECRET_ACCESS_KEY=***"},
		{"num_tokens=40960000", "num_tokens=40960000"},
		{"void vllm::moe::count_and_sort_expert_tokens_kernel<int>(const int *)", "void vllm::moe::count_and_sort_expert_tokens_kernel<int>(const int *)"},
		{"token embedding_lookup", "token embedding_lookup"},
		{"max_num_batched_tokens: 8192", "max_num_batched_tokens: 8192"},
	}
	script := stringsSQL
	for i, c := range cases {
		script += fmt.Sprintf("INSERT INTO StringIds VALUES (%d, '%s');", i, c.in)
	}
	got := load(t, open(t, database(t, script)), "strings").Strings("value")
	for i, c := range cases {
		if got[i] != c.want {
			t.Errorf("%q shows as %q, want %q", c.in, got[i], c.want)
		}
	}
}

// A path may hold what has a meaning in a URI.
func TestOddPath(t *testing.T) {
	t.Parallel()
	path := write(t, "a b?mode=rw#%41.sqlite", unzip(t, miniNodes))
	if n := len(starts(t, open(t, path), 1)); n != 84 {
		t.Errorf("%d kernels in %s", n, filepath.Base(path))
	}
}

func BenchmarkScanKernels(b *testing.B) {
	a := open(b, database(b, manyKernels(500_000, 300)))
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				err := a.Scan(context.Background(), artifacts.Request{Table: "kernels", Columns: []string{"start", "end", "name"}, Workers: workers},
					func(int, *frames.Batch) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(500_000*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
