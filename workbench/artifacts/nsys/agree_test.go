package nsys_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
)

const demoEager = "../../../notebooks/demo/captures/demo_eager.sqlite.zst"

// openWith opens a SQLite export with the given options.
func openWith(t testing.TB, path string, options ...nsys.Option) artifacts.Artifact {
	t.Helper()
	a, err := artifacts.Formats{nsys.Format(options...)}.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// loadWith reads a table with so many workers.
func loadWith(t testing.TB, a artifacts.Artifact, table string, workers int) *frames.Frame {
	t.Helper()
	info, err := artifacts.Lookup(a, table)
	if err != nil {
		t.Fatal(err)
	}
	parts := make([]*frames.Builder, workers)
	for i := range parts {
		parts[i] = frames.NewBuilder(table, info.Schema)
	}
	err = a.Scan(context.Background(), artifacts.Request{Table: table, Workers: workers}, func(w int, b *frames.Batch) error { return parts[w].Append(b) })
	if err != nil {
		t.Fatalf("%s: %v", table, err)
	}
	whole := frames.NewBuilder(table, info.Schema)
	for _, p := range parts {
		if err := whole.Append(p.Frame()); err != nil {
			t.Fatal(err)
		}
	}
	return whole.Frame()
}

// equal reports the first row in which two frames of the same columns differ.
func equal(t testing.TB, what string, want, got *frames.Frame) {
	t.Helper()
	if diff := gocmp.Diff(want.Schema(), got.Schema()); diff != "" {
		t.Errorf("%s: schema (-want +got)\n%s", what, diff)
		return
	}
	if want.Len() != got.Len() {
		t.Errorf("%s: %d rows, want %d", what, got.Len(), want.Len())
		return
	}
	for _, f := range want.Schema() {
		if i := firstDifference(want.Column(f.Name), got.Column(f.Name)); i >= 0 {
			t.Errorf("%s: row %d differs in %s:\n%v, want\n%v", what, i, f.Name, got.Row(i), want.Row(i))
			return
		}
	}
}

// firstDifference returns the first row in which two columns differ, -1 for none.
func firstDifference(want, got *frames.Column) int {
	same := func(i int) bool { return want.Ints()[i] == got.Ints()[i] }
	switch want.Field.Kind {
	case frames.String:
		same = func(i int) bool { return sameText(want.Str(i), got.Str(i)) }
	case frames.Float64:
		same = func(i int) bool { return want.Floats()[i] == got.Floats()[i] }
	}
	for i := range want.Len() {
		if want.IsNull(i) != got.IsNull(i) || !want.IsNull(i) && !same(i) {
			return i
		}
	}
	return -1
}

// sameText compares texts. Some strings of the captures were taken out, and in the
// folders made up to their length.
func sameText(want, got string) bool {
	return want == got || want == "scrubbed" && strings.Contains(got, "scrubbed")
}

func tableList(a artifacts.Artifact) []string {
	var names []string
	for _, t := range a.Tables() {
		names = append(names, t.Name)
	}
	return names
}

// The page reader and the SQLite library, each forced to do all, deliver the same
// rows of every table of every capture, whatever the number of workers. (The tables as
// they are stored go the same way by rows with any number: one is enough for them.)
func TestReadersAgree(t *testing.T) {
	t.Parallel()
	for _, packed := range []string{miniNodes, miniHidden, demoEager, demoGraphs} {
		t.Run(filepath.Base(packed), func(t *testing.T) {
			t.Parallel()
			path := write(t, "capture.sqlite", unzip(t, packed))
			rows, pages := openWith(t, path, nsys.ByRows), openWith(t, path, nsys.ByPages)
			if diff := gocmp.Diff(rows.Tables(), pages.Tables()); diff != "" {
				t.Errorf("tables (-rows +pages)\n%s", diff)
			}
			if diff := gocmp.Diff(rows.Info(), pages.Info()); diff != "" {
				t.Errorf("info (-rows +pages)\n%s", diff)
			}
			for _, table := range tableList(rows) {
				want := loadWith(t, rows, table, 1)
				equal(t, table+" by pages", want, loadWith(t, pages, table, 1))
				equal(t, table+" by pages, 3 workers", want, loadWith(t, pages, table, 3))
				if !nsys.IsStored(table) {
					equal(t, table+" by rows, 3 workers", want, loadWith(t, rows, table, 3))
				}
			}
			if diff := gocmp.Diff(scanFindings(rows), scanFindings(pages)); diff != "" {
				t.Errorf("findings (-rows +pages)\n%s", diff)
			}
		})
	}
}

// A page reader and the library lose the same rows to the same damage and tell it in
// the same words: pages of nonsense, and files that end too early.
func TestReadersAgreeOnDamage(t *testing.T) {
	t.Parallel()
	path := database(t, manyKernels(8_000, 10))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	leaves := leafPages(whole, starts(t, open(t, path), 1))
	if len(leaves) < 50 {
		t.Fatalf("the kernels are on %d pages", len(leaves))
	}
	spoiled := func(pages ...int) []byte {
		data := bytes.Clone(whole)
		for _, page := range pages {
			copy(data[page*pageBytes:], bytes.Repeat([]byte{0xA5}, pageBytes))
		}
		return data
	}
	for name, data := range map[string][]byte{
		"first page":    spoiled(leaves[0]),
		"pages between": spoiled(leaves[10], leaves[11], leaves[40]),
		"last page":     spoiled(leaves[len(leaves)-1]),
		"cut late":      whole[:leaves[len(leaves)-10]*pageBytes],
		"cut in a page": whole[:leaves[len(leaves)-5]*pageBytes+777],
	} {
		path := write(t, "damaged.sqlite", data)
		rows, pages := openWith(t, path, nsys.ByRows), openWith(t, path, nsys.ByPages)
		for workers := 1; workers <= 3; workers += 2 {
			equal(t, name, loadWith(t, rows, "kernels", workers), loadWith(t, pages, "kernels", workers))
			if diff := gocmp.Diff(scanFindings(rows), scanFindings(pages)); diff != "" || len(scanFindings(rows)) == 0 {
				t.Errorf("%s, %d workers: findings (-rows +pages)\n%s", name, workers, diff)
			}
		}
	}
}

// A value that the page reader declines in the middle of a damaged table leaves the
// rest to the library: no row twice, none lost but by the damage.
func TestDeclinedMidway(t *testing.T) {
	t.Parallel()
	path := database(t, manyKernels(12_000, 10)+"UPDATE CUPTI_ACTIVITY_KIND_KERNEL SET end = 'late' WHERE rowid = 9000;")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	leaves := leafPages(data, starts(t, openWith(t, path, nsys.ByRows), 1))
	copy(data[leaves[20]*pageBytes:], bytes.Repeat([]byte{0xA5}, pageBytes))
	path = write(t, "damaged.sqlite", data)
	rows, both := openWith(t, path, nsys.ByRows), openWith(t, path)
	want := loadWith(t, rows, "kernels", 1)
	if n := want.Len(); n < 11_000 || n == 12_000 {
		t.Fatalf("%d rows beside the damage", n)
	}
	for workers := 1; workers <= 4; workers++ {
		equal(t, "kernels", want, loadWith(t, both, "kernels", workers))
		// How many are lost is told where the library met the damage, too.
		if f := scanFindings(both); !hasFinding(f, fmt.Sprintf("The file is damaged: %d rows of kernels were read", want.Len())) {
			t.Errorf("findings %+v", f)
		}
	}
}

// A folder of Arrow or Parquet files holds what the SQLite export holds, but for the
// facts about the capture and four enumerations, which the exporter leaves out, and
// the threads of other programs, which were taken out of the SQLite file.
func TestFoldersEqualTheDatabase(t *testing.T) {
	t.Parallel()
	database := openCapture(t, miniNodes)
	for _, packed := range []string{"testdata/mini_arrowdir.zip", "testdata/mini_parquetdir.zip"} {
		t.Run(filepath.Base(packed), func(t *testing.T) {
			t.Parallel()
			folder := openFolder(t, unpack(t, packed))
			lacking := []string{"metadata", "raw.META_DATA_CAPTURE", "raw.META_DATA_EXPORT", "raw.TARGET_INFO_SYSTEM_ENV"}
			for _, table := range tableList(database) {
				if slices.Contains(lacking, table) || strings.HasPrefix(table, "raw.ENUM_D3D12_") {
					if _, err := artifacts.Lookup(folder, table); err == nil {
						t.Errorf("the folder has %s after all", table)
					}
					continue
				}
				want, got := load(t, database, table), loadWith(t, folder, table, 3)
				if strings.HasSuffix(table, "hreads") || strings.HasSuffix(table, "ThreadNames") {
					contains(t, table, got, want)
					continue
				}
				equal(t, table, want, got)
			}
			if f := scanFindings(folder); len(f) > 0 {
				t.Errorf("findings %+v", f)
			}
			if got, want := folder.Info().Summary, database.Info().Summary; got != want {
				t.Errorf("summary %q, want %q", got, want)
			}
		})
	}
}

// contains reports rows of part that whole does not have.
func contains(t testing.TB, what string, whole, part *frames.Frame) {
	t.Helper()
	have := strings.Split(text(whole), "\n")
	for _, row := range strings.Split(text(part), "\n") {
		if !slices.Contains(have, row) {
			t.Errorf("%s: the row %q is missing", what, row)
		}
	}
}
