package frames_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"profilemate/frames"
)

// kernels is the little table that the examples use.
func kernels() *frames.Frame {
	b := frames.NewBuilder("kernels", frames.Schema{
		{Name: "name", Kind: frames.String, Doc: "short name of the kernel"},
		{Name: "stream", Kind: frames.Int64},
		{Name: "time", Kind: frames.Int64, Unit: "ns", Doc: "time on the GPU"},
		{Name: "occupancy", Kind: frames.Float64, Unit: "%"},
	})
	b.Row("gemm", 7, 900, 62.5)
	b.Row("softmax", 7, 100, 25.0)
	b.Row("gemm", 13, 1100, 50.0)
	b.Row("topk", 13, nil, nil)
	b.Row("softmax", 7, 120, 37.5)
	return b.Frame()
}

// show prints a frame as text: a header, then its rows, "-" for a missing value.
func show(f *frames.Frame) {
	var heads []string
	for _, field := range f.Schema() {
		heads = append(heads, field.String())
	}
	fmt.Println(strings.Join(heads, " | "))
	for i := range f.Len() {
		fmt.Println(rowText(f, i))
	}
}

func rowText(f *frames.Frame, i int) string {
	cells := make([]string, f.Width())
	for j := range cells {
		cells[j] = "-"
		if c := f.At(j); !c.IsNull(i) {
			cells[j] = c.Str(i)
		}
	}
	return strings.Join(cells, " | ")
}

// mixed makes a frame of all kinds with few distinct values, so that rows are often
// equal, among them missing ones, NaN, both zeros and texts that are hard to write.
func mixed(rng *rand.Rand, rows int) *frames.Frame {
	texts := []string{"gemm", "", "a,b", "say \"hi\"", "two\nlines", "cr\r\nlf", "\r", "7", "NaN", "true", "héllo", "bad\xff", " lead", "\ufeffmark"}
	floats := []float64{0, math.Copysign(0, -1), 1.5, -1e-7, 2e-7, 1e300, math.Inf(1), math.Inf(-1), math.NaN(), 3}
	ints := []int64{0, 1, -1, 127, 128, -32769, 1 << 31, 1 << 53, 1<<53 + 1, math.MaxInt64, math.MinInt64}
	b := frames.NewBuilder("mixed", frames.Schema{
		{Name: "s", Kind: frames.String, Doc: "text"}, {Name: "i", Kind: frames.Int64, Unit: "ns"},
		{Name: "f", Kind: frames.Float64, Unit: "B/s", Doc: "rate"}, {Name: "b", Kind: frames.Bool},
		{Name: "small", Kind: frames.Int64}, {Name: "row", Kind: frames.Int64},
	})
	for row := range rows {
		values := []any{texts[rng.IntN(len(texts))], ints[rng.IntN(len(ints))], floats[rng.IntN(len(floats))],
			rng.IntN(2) == 0, int64(rng.IntN(5)) - 2, row}
		for i := range values[:5] {
			if rng.IntN(6) == 0 {
				values[i] = nil
			}
		}
		b.Row(values...)
	}
	return b.Frame()
}

// same fails unless both frames hold the same: names, fields, values bit by bit
// (any NaN for any other), missing marks.
func same(t *testing.T, got, want *frames.Frame) {
	t.Helper()
	if got.Name() != want.Name() || fmt.Sprint(got.Schema()) != fmt.Sprint(want.Schema()) {
		t.Fatalf("got frame %q %+v, want %q %+v", got.Name(), got.Schema(), want.Name(), want.Schema())
	}
	sameRows(t, got, want)
}

func sameRows(t *testing.T, got, want *frames.Frame) {
	t.Helper()
	if got.Len() != want.Len() || got.Width() != want.Width() {
		t.Fatalf("got %d rows of %d, want %d of %d", got.Len(), got.Width(), want.Len(), want.Width())
	}
	for i := range want.Len() {
		for j := range want.Width() {
			if a, b := got.At(j).Value(i), want.At(j).Value(i); !equal(a, b) {
				t.Fatalf("row %d, column %q: got %#v, want %#v", i, want.At(j).Field.Name, a, b)
			}
		}
	}
}

func equal(a, b any) bool {
	x, isFloat := a.(float64)
	y, alsoFloat := b.(float64)
	if isFloat && alsoFloat {
		return math.Float64bits(x) == math.Float64bits(y) || math.IsNaN(x) && math.IsNaN(y)
	}
	return a == b
}

// key is a value as groups and joins compare it: kind and text, zeros alike.
func key(v any) string {
	if f, ok := v.(float64); ok && f == 0 {
		v = 0.0
	}
	return fmt.Sprintf("%T %q", v, fmt.Sprint(v))
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }
