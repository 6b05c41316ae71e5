package frames_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
)

// streamed writes a frame batch by batch and returns the file.
func streamed(f *frames.Frame, columns []frames.ArrowColumn, size int) ([]byte, error) {
	var out bytes.Buffer
	w, err := frames.NewArrowWriter(&out, f.Name(), f.Len(), columns)
	if err != nil {
		return nil, err
	}
	for b := range f.Batches(size) {
		if err := w.Write(b); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return out.Bytes(), err
}

func streamFixture() (*frames.Frame, []frames.ArrowColumn) {
	b := frames.NewBuilder("t", frames.Schema{
		{Name: "n", Kind: frames.Int64, Unit: "ns"}, {Name: "x", Kind: frames.Float64},
		{Name: "s", Kind: frames.String}, {Name: "ok", Kind: frames.Bool}})
	for i := range 1000 {
		if i%7 == 3 {
			b.Row(nil, nil, nil, nil)
			continue
		}
		b.Row(1<<40+i, float64(i)/3, strings.Repeat("k", i%5), i%2 == 0)
	}
	f := b.Frame()
	s := f.Schema()
	return f, []frames.ArrowColumn{{Field: s[0], Low: 1 << 40, High: 1<<40 + 999}, {Field: s[1]},
		{Field: s[2], Dictionary: f.Column("s").Dictionary()}, {Field: s[3]}}
}

// A file written in batches holds what the frame holds.
func TestArrowWriter(t *testing.T) {
	t.Parallel()
	f, columns := streamFixture()
	for _, size := range []int{1, 333, 1000} {
		file, err := streamed(f, columns, size)
		if err != nil {
			t.Fatal(err)
		}
		back, err := frames.ReadArrow(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rowsOf(f), rowsOf(back)); diff != "" || back.Name() != "t" || back.Schema()[0].Unit != "ns" {
			t.Errorf("batches of %d (-put +read):\n%s", size, diff)
		}
	}
}

func rowsOf(f *frames.Frame) [][]any {
	rows := make([][]any, f.Len())
	for i := range rows {
		rows[i] = f.Row(i)
	}
	return rows
}

// What does not fit the declaration is refused, not cut off.
func TestArrowWriterRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(c []frames.ArrowColumn){
		"bounds":     func(c []frames.ArrowColumn) { c[0].High-- },
		"dictionary": func(c []frames.ArrowColumn) { c[2].Dictionary = frames.NewDictionary() },
		"kind":       func(c []frames.ArrowColumn) { c[3].Field.Kind = frames.Float64 },
	} {
		f, columns := streamFixture()
		change(columns)
		if _, err := streamed(f, columns, 0); err == nil {
			t.Errorf("%s: written all the same", name)
		}
	}
	f, columns := streamFixture()
	w, err := frames.NewArrowWriter(&bytes.Buffer{}, "t", f.Len()+1, columns)
	if err == nil {
		err = w.Write(f)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "1 rows are missing") {
		t.Errorf("a missing row: %v", err)
	}
}
