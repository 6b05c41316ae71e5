package pages_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"profilemate/workbench/artifacts/nsys/pages"
)

// Thousands of damaged databases make no panic, no other fault than damage, and the
// same rows with one worker as with two.
func TestMutations(t *testing.T) {
	t.Parallel()
	sound := fuzzDatabase(t)
	random := rand.New(rand.NewPCG(1, 2))
	opened, scanned := 0, 0
	for range 1500 {
		patches := make([]byte, 1+random.IntN(24))
		for i := range patches {
			patches[i] = byte(random.Uint32())
		}
		data := mutate(sound, patches)
		f, err := pages.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			holdKind(t, err)
			continue
		}
		opened++
		for _, name := range f.Tables() {
			table, err := f.Table(name)
			if err != nil {
				holdKind(t, err)
				continue
			}
			scanned++
			last := len(table.Columns()) - 1
			fuzzColumn(t, nil, table, last, table.Columns()[last], len(data))
		}
	}
	if opened < 1000 || scanned < 3000 {
		t.Errorf("only %d databases were opened and %d tables scanned", opened, scanned)
	}
}

// A scan makes its buffers once: its allocations do not grow with the rows.
func TestAllocations(t *testing.T) {
	data := create(t, integerTable, fill("ints", 100000, integerRow))
	table, err := open(t, data).Table("ints")
	if err != nil {
		t.Fatal(err)
	}
	wants := []pages.Want{{Column: 0}, {Column: 5}, {Column: 8}}
	batches := 0
	allocations := testing.AllocsPerRun(2, func() {
		batches = 0
		if err := table.Scan(t.Context(), wants, 1, func(int, *pages.Rows) error { batches++; return nil }); err != nil {
			t.Error(err)
		}
	})
	if batches < 6 || allocations > 100 {
		t.Errorf("%.0f allocations for %d batches", allocations, batches)
	}
}

// Each worker has a run of rows in order, and the runs are in the order of the
// workers; all workers have some of a big table.
func TestRuns(t *testing.T) {
	t.Parallel()
	table := bigTable(t)
	want := make([]int64, 60000)
	for i := range want {
		want[i] = int64(i + 1)
	}
	for workers := range 9 {
		runs := make([][]int64, max(workers, 1))
		err := table.Scan(t.Context(), []pages.Want{{Column: pages.Rowid}}, workers, func(w int, b *pages.Rows) error {
			runs[w] = append(runs[w], b.Ints(0)...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for w, run := range runs {
			if len(run) < 60000/len(runs)/2 {
				t.Errorf("worker %d of %d has %d rows", w, workers, len(run))
			}
		}
		if got := slices.Concat(runs...); !slices.Equal(got, want) {
			t.Errorf("%d workers: %d rows, not those of the table in order", workers, len(got))
		}
	}
}
