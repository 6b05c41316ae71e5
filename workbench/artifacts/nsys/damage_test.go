package nsys_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/fault"
)

const pageBytes = 4096

// starts reads the start of every kernel, in order, with so many workers.
func starts(t testing.TB, a artifacts.Artifact, workers int) []int64 {
	t.Helper()
	parts := make([][]int64, workers)
	err := a.Scan(context.Background(), artifacts.Request{Table: "kernels", Columns: []string{"start"}, Workers: workers},
		func(w int, b *frames.Batch) error {
			parts[w] = append(parts[w], b.Ints("start")...)
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(parts...)
}

// isPart reports whether some of the rows of whole, in their order, are part.
func isPart(part, whole []int64) bool {
	for _, v := range part {
		i := slices.Index(whole, v)
		if i < 0 {
			return false
		}
		whole = whole[i+1:]
	}
	return true
}

// A file cut off anywhere either is refused as corrupt or delivers true rows with
// a finding; the more of it there is, the more rows.
func TestTruncated(t *testing.T) {
	t.Parallel()
	whole := unzip(t, miniNodes)
	want := starts(t, open(t, write(t, "whole.sqlite", whole)), 1)
	best, hidden := 0, 0
	for size := 0; size < len(whole); size += 13 * pageBytes / 2 {
		path := write(t, "cut.sqlite", whole[:size])
		a, err := tryOpen(path)
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Corrupt && kind != fault.Unsupported {
				t.Fatalf("%d bytes: %s fault: %v", size, kind, err)
			}
			continue
		}
		if !hasFinding(a.Info().Findings, "cut off") {
			t.Errorf("%d bytes: the file is not called cut off: %+v", size, a.Info().Findings)
		}
		if hasFinding(a.Info().Findings, "CUDA was not traced") {
			t.Errorf("%d bytes: what was cut off is called not traced", size)
		}
		for _, table := range a.Info().Unread {
			hidden++
			if _, err := artifacts.Lookup(a, table); err == nil || !hasFinding(a.Info().Findings, "no row of "+table+" can be read") {
				t.Errorf("%d bytes: %s is called unread: %v, findings %+v", size, table, err, a.Info().Findings)
			}
		}
		if _, err := artifacts.Lookup(a, "kernels"); err == nil {
			got := starts(t, a, 1)
			if !isPart(got, want) {
				t.Errorf("%d bytes: rows that are not in the whole file", size)
			}
			if len(got) < len(want) && !hasFinding(scanFindings(a), fmt.Sprintf("%d rows of kernels were read", len(got))) {
				t.Errorf("%d bytes: %d of %d rows, findings %+v", size, len(got), len(want), scanFindings(a))
			}
			best = max(best, len(got))
		}
		a.Close()
	}
	if best == 0 || hidden == 0 {
		t.Errorf("cut-off files delivered %d kernels at best and hid %d tables", best, hidden)
	}
}

// A file of which only the header is left is cut off, not one that has no table.
func TestHeaderAlone(t *testing.T) {
	t.Parallel()
	whole := unzip(t, miniNodes)
	formats := artifacts.Formats{nsys.Format()}
	_, err := formats.Detect(write(t, "header.sqlite", whole[:100]))
	if want := "cut off: 100 of its "; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want …%s…", err, want)
	}
}

// A file cut off in the middle of its kernels delivers those before, whatever the
// number of workers. (It is cut late, since the page that leads to the others is
// written after the first five hundred.)
func TestTruncatedInKernels(t *testing.T) {
	t.Parallel()
	whole := unzip(t, demoGraphs)
	want := starts(t, open(t, write(t, "whole.sqlite", whole)), 1)
	leaves := leafPages(whole, want)
	a := open(t, write(t, "cut.sqlite", whole[:leaves[len(leaves)-10]*pageBytes]))
	got := starts(t, a, 1)
	if len(got) < len(want)/3 || len(got) >= len(want) || !slices.Equal(got, want[:len(got)]) {
		t.Fatalf("%d of %d rows, or not the first", len(got), len(want))
	}
	if again := starts(t, a, 4); !slices.Equal(got, again) {
		t.Errorf("4 workers deliver %d rows, 1 delivers %d", len(again), len(got))
	}
	if f := scanFindings(a); !hasFinding(f, fmt.Sprintf("The file is damaged: %d rows of kernels were read", len(got))) {
		t.Errorf("findings %+v", f)
	}
}

// A table whose root leads nowhere is told of, and is not taken for one that was
// never there.
func TestUnreadableTable(t *testing.T) {
	t.Parallel()
	whole := unzip(t, demoGraphs)
	leaves := leafPages(whole, starts(t, open(t, write(t, "whole.sqlite", whole)), 1))
	a := open(t, write(t, "cut.sqlite", whole[:leaves[len(leaves)/3]*pageBytes]))
	f := a.Info().Findings
	if !hasFinding(f, "no row of kernels can be read") || hasFinding(f, "CUDA was not traced") {
		t.Errorf("findings %+v", f)
	}
	if n := load(t, a, "nvtx").Len(); n != 358 {
		t.Errorf("%d NVTX events of 358 are read", n)
	}
}

// Pages of nonsense in the middle of the kernels cost their own rows and no others.
func TestDamagedPages(t *testing.T) {
	t.Parallel()
	whole := unzip(t, demoGraphs)
	want := starts(t, open(t, write(t, "whole.sqlite", whole)), 1)
	damaged := bytes.Clone(whole)
	leaves := leafPages(whole, want)
	for _, page := range []int{leaves[10], leaves[11], leaves[200]} {
		copy(damaged[page*pageBytes:], bytes.Repeat([]byte{0xA5}, pageBytes))
	}
	var first []int64
	for workers := 1; workers <= 4; workers += 3 {
		a := open(t, write(t, "damaged.sqlite", damaged))
		got := starts(t, a, workers)
		if workers == 1 {
			first = got
		}
		if !slices.Equal(first, got) || !isPart(got, want) {
			t.Errorf("%d workers: %d rows, 1 worker: %d", workers, len(got), len(first))
		}
		text := fmt.Sprintf("The file is damaged: %d rows of kernels were read, %d could not be.", len(got), len(want)-len(got))
		if f := scanFindings(a); !hasFinding(f, text) {
			t.Errorf("no finding %q: %+v", text, f)
		}
	}
	if lost := len(want) - len(first); lost < 3*20 || lost > 3*80 {
		t.Errorf("%d rows are lost with three pages", lost)
	}
}

// leafPages finds the leaf pages (type 13) that hold kernels, by the big-endian
// bytes of their starts.
func leafPages(file []byte, starts []int64) []int {
	var pages []int
	next := 0
	for page := 1; page < len(file)/pageBytes; page++ {
		data := file[page*pageBytes : (page+1)*pageBytes]
		found := false
		for next < len(starts) && data[0] == 0x0D && holds(data, starts[next]) {
			found = true
			next++
		}
		if found {
			pages = append(pages, page)
		}
	}
	return pages
}

func holds(page []byte, v int64) bool {
	var wide [8]byte
	binary.BigEndian.PutUint64(wide[:], uint64(v))
	return bytes.Contains(page, bytes.TrimLeft(wide[:], "\x00"))
}

func TestWrongInputs(t *testing.T) {
	t.Parallel()
	other := database(t, "CREATE TABLE orders (id INTEGER); CREATE TABLE people (id INTEGER);")
	nvprof := database(t, "CREATE TABLE CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL (x); CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (x); CREATE TABLE StringTable (x);")
	header := unzip(t, miniNodes)[:99]
	for _, c := range []struct{ name, path, want string }{
		{"picture", write(t, "a.sqlite", []byte("\x89PNG\r\n\x1a\n0000")), "PNG"},
		{"empty", write(t, "a.sqlite", nil), "empty"},
		{"zeros", write(t, "a.sqlite", make([]byte, 8192)), "zero bytes"},
		{"text", write(t, "a.sqlite", []byte("hello\n")), `"hello"`},
		{"other database", other, "it has orders, people"},
		{"nvprof", nvprof, "CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL"},
		{"header only", write(t, "a.sqlite", header), "no nsys table can be seen"},
		{"no such file", "nowhere.sqlite", "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := tryOpen(c.path)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want something with %q", err, c.want)
			}
			if kind := fault.KindOf(err); kind != fault.Unsupported && kind != fault.NotFound {
				t.Errorf("%s fault", kind)
			}
		})
	}
}

// An export without kernels opens and says why there are none.
func TestNoKernels(t *testing.T) {
	t.Parallel()
	meta := "CREATE TABLE META_DATA_CAPTURE (name TEXT, value TEXT); INSERT INTO META_DATA_CAPTURE VALUES ('CUDA_GRAPH_TRACE_OPTIONS:MODE', 'Graph');"
	for _, c := range []struct{ name, script, want string }{
		{"nothing on the GPU", stringsSQL + kernelsSQL + meta, "nothing ran on a GPU"},
		{"all in graphs", stringsSQL + meta + "INSERT INTO StringIds VALUES (1, 'cuGraphLaunch');", "a graph-level trace does not show"},
	} {
		a := open(t, database(t, c.script))
		f := a.Info().Findings
		if !hasFinding(f, c.want) || f[0].Table != "kernels" || !strings.Contains(f[0].Remedy, "--cuda-graph-trace=node") {
			t.Errorf("%s: findings %+v", c.name, f)
		}
		if !strings.HasPrefix(a.Info().Summary, "no kernels") {
			t.Errorf("%s: summary %q", c.name, a.Info().Summary)
		}
		err := a.Scan(context.Background(), artifacts.Request{Table: "kernels"}, nil)
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: scanning gives %v", c.name, err)
		}
	}
}

// A write-ahead log beside the file is told of, and not read.
func TestLogBeside(t *testing.T) {
	t.Parallel()
	path := write(t, "a.sqlite", unzip(t, miniNodes))
	if err := os.WriteFile(path+"-wal", []byte("log"), 0o644); err != nil {
		t.Fatal(err)
	}
	if f := open(t, path).Info().Findings; !hasFinding(f, "a.sqlite-wal lies beside") {
		t.Errorf("findings %+v", f)
	}
}

// FuzzOpen damages a capture at random places: whatever happens, it is an error or
// rows, and it ends.
func FuzzOpen(f *testing.F) {
	whole := unzip(f, miniHidden)
	for seed := range uint64(20) {
		f.Add(seed, uint16(3), uint32(len(whole)))
	}
	f.Add(uint64(1), uint16(0), uint32(len(whole)/2))
	f.Add(uint64(1), uint16(200), uint32(len(whole)/3))
	f.Fuzz(func(t *testing.T, seed uint64, changes uint16, size uint32) {
		random := rand.New(rand.NewPCG(seed, 7))
		data := bytes.Clone(whole[:min(int(size), len(whole))])
		for range changes % 512 {
			if len(data) > 0 {
				data[random.IntN(len(data))] = byte(random.Uint32())
			}
		}
		path := write(t, "fuzz.sqlite", data)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		a, err := artifacts.Formats{nsys.Format()}.Open(ctx, path)
		if err == nil {
			defer a.Close()
			for _, table := range a.Tables() {
				err = errors.Join(err, a.Scan(ctx, artifacts.Request{Table: table.Name, Workers: 2},
					func(_ int, b *frames.Batch) error { return ctx.Err() }))
			}
			scanFindings(a)
		}
		if ctx.Err() != nil {
			t.Fatalf("still reading after 20 s: %v", err)
		}
	})
}

// A table of another making under a known name is told of, and the others work.
func TestForeignTable(t *testing.T) {
	t.Parallel()
	a := open(t, database(t, stringsSQL+`CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER PRIMARY KEY, end INTEGER) WITHOUT ROWID;
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (1, 2);
CREATE TABLE CUPTI_ACTIVITY_KIND_MEMSET (bytes INTEGER); INSERT INTO CUPTI_ACTIVITY_KIND_MEMSET VALUES (5), (6);
CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start TEXT, end TEXT, bytes TEXT); INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES ('7', 'x', 'many');
CREATE TABLE CUDA_GRAPH_EVENTS (start INTEGER, end INTEGER); INSERT INTO CUDA_GRAPH_EVENTS VALUES (-9000000, -9000000);`))
	if !hasFinding(a.Info().Findings, "no row of kernels can be read") {
		t.Errorf("findings %+v", a.Info().Findings)
	}
	if n := load(t, a, "sets").Len(); n != 0 || !hasFinding(scanFindings(a), "2 rows of sets carry no time") {
		t.Errorf("%d sets without a start, findings %+v", n, scanFindings(a))
	}
	if got := text(load(t, a, "copies", "start", "end", "bytes")); got != "7 | - | -\n" {
		t.Errorf("text in numeric columns reads as %q", got)
	}
}

// Names on a damaged page are missing in the rows that refer to them, and that is
// told.
func TestDamagedNames(t *testing.T) {
	t.Parallel()
	data := unzip(t, miniNodes)
	at := bytes.Index(data, []byte("gemm_wmma(int"))
	for i := at / pageBytes * pageBytes; i < at/pageBytes*pageBytes+pageBytes; i++ {
		data[i] = 0xA5
	}
	a := open(t, write(t, "damaged.sqlite", data))
	names := load(t, a, "kernels", "name").Column("name")
	missing := 0
	for i := range names.Len() {
		if names.IsNull(i) {
			missing++
		}
	}
	if names.Len() != 84 || missing < 24 || !hasFinding(scanFindings(a), "some names could not be read") {
		t.Errorf("%d of %d names are missing, findings %+v", missing, names.Len(), scanFindings(a))
	}
}
