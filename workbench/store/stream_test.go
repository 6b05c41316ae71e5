package store_test

import (
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/store"
)

// A table that is written as it comes is read like any other, whole and in parts.
func TestPutStreams(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	schema := frames.Schema{{Name: "n", Kind: frames.Int64, Unit: "ns"}}
	b := frames.NewBuilder("numbers", schema)
	for i := range 10 {
		b.Row(i)
	}
	key := store.Key("streams")
	err = s.PutStreams(key, []store.Stream{{Name: "numbers", Title: "Numbers", Rows: 10, Schema: schema, Write: b.Frame().WriteArrow}},
		[]result.Finding{{Severity: result.Info, Text: "There are ten."}}, store.Meta{Analysis: "sql"})
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	part, err := e.Rows("numbers", 3, 5)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{3, 4}, part.Ints("n")); diff != "" {
		t.Error(diff)
	}
	columns, rows, err := e.Schema("numbers")
	if err != nil || rows != 10 || columns[0].Unit != "ns" || !cmp.Equal(e.Tables(), []string{"numbers"}) {
		t.Errorf("schema %v of %d rows in %v, %v", columns, rows, e.Tables(), err)
	}
	if f, err := e.Findings(); err != nil || len(f) != 1 || f[0].Text != "There are ten." {
		t.Errorf("findings %v, %v", f, err)
	}
	if err := s.PutStreams("no key", nil, nil, store.Meta{}); err == nil {
		t.Error("a key that is none was taken")
	}
	failing := store.Stream{Name: "x", Write: func(io.Writer) error { return io.ErrUnexpectedEOF }}
	if err := s.PutStreams(store.Key("failing"), []store.Stream{failing}, nil, store.Meta{}); err == nil {
		t.Error("a table that could not be written was stored")
	}
}
