package pages_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"

	"profilemate/workbench/artifacts/nsys/pages"
)

// kinds is how a column of one storage class is asked for.
var kinds = map[string]pages.Kind{"": pages.Int, "SQLITE_INTEGER": pages.Int, "SQLITE_FLOAT": pages.Float, "SQLITE_TEXT": pages.Text, "SQLITE_BLOB": pages.Blob}

// compare holds every column of every table of a database to what SQLite reads, with
// one worker and with three, and returns how many values it compared. A column with
// several storage classes must be declined.
func compare(t testing.TB, data []byte) (values int) {
	t.Helper()
	f, conn := open(t, data), library(t, data)
	for _, name := range f.Tables() {
		table, err := f.Table(name)
		if errors.Is(err, pages.ErrDeclined) {
			t.Errorf("table %s: %v", name, err)
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range table.Columns() {
			names = append(names, c.Name)
		}
		for i, r := range oracles(t, conn, name, names) {
			want, c := r.rows, table.Columns()[i]
			kind, plain := kinds[r.class]
			for _, workers := range []int{1, 3} {
				got, err := collect(t, table, i, kind, workers)
				switch {
				case !plain && errors.Is(err, pages.ErrDeclined):
				case err != nil:
					t.Errorf("%s.%s (%s): %v", name, c.Name, r.class, err)
				case !slices.Equal(got.all(), want):
					t.Errorf("%s.%s with %d workers: %s", name, c.Name, workers, firstDifference(got.all(), want))
				}
			}
			values += len(want)
		}
	}
	return values
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return "row " + got[i] + " instead of " + want[i]
		}
	}
	if len(got) < len(want) {
		return "no row " + want[len(got)]
	}
	return "a row too many: " + got[len(want)]
}

// The captures of the demo read as SQLite reads them.
func TestCaptures(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../../notebooks/demo/captures/*.sqlite.zst")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("there are no captures")
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
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
			if n := compare(t, data); n < 100000 {
				t.Errorf("compared only %d values", n)
			}
		})
	}
}
