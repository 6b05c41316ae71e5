package store_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/store"
)

func TestPage(t *testing.T) {
	t.Parallel()
	n := 2*frames.BatchRows + 1000
	f := table(n)
	s := open(t, t.TempDir(), 0)
	put(t, s, store.Key("k"), sample(n))
	e := get(t, s, store.Key("k"))
	sorted := frames.Must(f.Sort("-total", "name"))
	hit := func(row int) bool { return strings.Contains(strings.ToLower(f.Column("name").Str(row)), "kernel_7") }
	share := func(row int) bool { return strings.Contains(f.Column("share").Str(row), ".3333") }
	for name, c := range map[string]struct {
		view    result.View
		rows    *frames.Frame
		matched int
	}{
		"first rows":            {result.View{Limit: 10}, f.Head(10), n},
		"across two batches":    {result.View{Offset: frames.BatchRows - 5, Limit: 10}, f.Slice(frames.BatchRows-5, frames.BatchRows+5), n},
		"the end":               {result.View{Offset: n - 3, Limit: 10}, f.Slice(n-3, n), n},
		"beyond the end":        {result.View{Offset: n + 5, Limit: 10}, f.Head(0), n},
		"the greatest numbers":  {result.View{Offset: math.MaxInt, Limit: math.MaxInt}, f.Head(0), n},
		"no rows":               {result.View{}, f.Head(0), n},
		"all rows":              {result.View{Limit: -1}, f, n},
		"sorted":                {result.View{Sort: []string{"-total", "name"}, Offset: 7, Limit: 20}, sorted.Slice(7, 27), n},
		"filtered":              {result.View{Filter: "KERNEL_7", Limit: -1}, f.Filter(hit), f.Filter(hit).Len()},
		"filter with a colon":   {result.View{Filter: "at::kernel_7", Limit: -1}, f.Filter(hit), f.Filter(hit).Len()},
		"one column":            {result.View{Filter: "share:.3333", Limit: -1}, f.Filter(share), f.Filter(share).Len()},
		"another column":        {result.View{Filter: "total:kernel", Limit: -1}, f.Head(0), 0},
		"filtered, sorted, cut": {result.View{Filter: "name:nel_7", Sort: []string{"total"}, Offset: 1, Limit: 2}, frames.Must(f.Filter(hit).Sort("total")).Slice(1, 3), f.Filter(hit).Len()},
	} {
		page, err := e.Page("kernels", c.view)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if page.Total != n || page.Matched != c.matched || page.Offset != c.view.Offset || len(page.Columns) != 3 {
			t.Errorf("%s: total %d, matched %d of %d, offset %d", name, page.Total, page.Matched, c.matched, page.Offset)
		}
		if got, want := jsonOf(t, page.Rows), jsonOf(t, result.Rows(c.rows)); got != want {
			t.Errorf("%s: rows differ:\n got %.200s\nwant %.200s", name, got, want)
		}
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestPageFaults(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 0)
	put(t, s, store.Key("k"), sample(10))
	e := get(t, s, store.Key("k"))
	for name, c := range map[string]struct {
		table string
		view  result.View
		want  fault.Kind
		text  string
	}{
		"unknown table":  {"x", result.View{}, fault.NotFound, "there are: kernels, empty"},
		"unknown column": {"kernels", result.View{Sort: []string{"-x"}}, fault.Misuse, `no column "x" (there are: name, total, share)`},
		"offset below 0": {"kernels", result.View{Offset: -1}, fault.Misuse, "offset -1"},
		"limit below -1": {"kernels", result.View{Limit: -2}, fault.Misuse, "limit -2"},
	} {
		_, err := e.Page(c.table, c.view)
		if fault.KindOf(err) != c.want || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// FuzzEntry opens anything as an entry, and reads all of what it could open.
func FuzzEntry(f *testing.F) {
	s := open(f, f.TempDir(), 0)
	key := store.Key("k")
	put(f, s, key, sample(5))
	f.Add(entryBytes(f, s, key))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := open(t, t.TempDir(), 0)
		writeEntryBytes(t, s, key, data)
		e, err := s.Get(key)
		if err != nil {
			if fault.KindOf(err) != fault.Corrupt {
				t.Errorf("got %v", err)
			}
			return
		}
		defer e.Close()
		if _, err := e.Result(); err != nil {
			t.Errorf("a checked entry does not read: %v", err)
		}
	})
}

// BenchmarkPage measures one page of a table of 1e6 rows: as it is stored, and
// sorted, which reads the whole table.
func BenchmarkPage(b *testing.B) {
	s := open(b, b.TempDir(), 0)
	put(b, s, store.Key("k"), sample(1_000_000))
	for name, view := range map[string]result.View{
		"plain":    {Offset: 500_000, Limit: 100},
		"sorted":   {Offset: 500_000, Limit: 100, Sort: []string{"-total"}},
		"filtered": {Limit: 100, Filter: "kernel_7"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e, err := s.Get(store.Key("k"))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := e.Page("kernels", view); err != nil {
					b.Fatal(err)
				}
				e.Close()
			}
		})
	}
}

func BenchmarkPut(b *testing.B) {
	s := open(b, b.TempDir(), 0)
	r := sample(1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		put(b, s, store.Key("k"), r)
	}
}
