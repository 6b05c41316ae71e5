package frames_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"profilemate/frames"
)

// Any frame comes back from gota as it was: order, exact integers, what is missing.
// Of floats, NaN comes back as missing, and so does the text "NaN".
func TestDataFrameRoundTrip(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(6, 28))
	texts := []string{"", "a", "a,b", "é", "NA", "<nil>", " x ", "1e5", "true", "\n"}
	integers := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 1 << 53, 1<<53 + 1, -(1<<53 + 1), 1_700_000_000_000_000_001}
	floats := []float64{0, 1.5, -1e-300, math.Inf(1), math.Inf(-1), math.MaxFloat64, 0.1}
	for range 200 {
		b := frames.NewBuilder("t", frames.Schema{{Name: "i", Kind: frames.Int64}, {Name: "f", Kind: frames.Float64},
			{Name: "s", Kind: frames.String}, {Name: "b", Kind: frames.Bool}})
		for range random.IntN(30) {
			row := []any{integers[random.IntN(len(integers))], floats[random.IntN(len(floats))], texts[random.IntN(len(texts))], random.IntN(2) == 0}
			for i := range row {
				if random.IntN(5) == 0 {
					row[i] = nil
				}
			}
			b.Row(row...)
		}
		f := b.Frame()
		df, err := f.DataFrame()
		if err != nil {
			t.Fatal(err)
		}
		back, err := frames.FromDataFrame("t", df)
		if err != nil {
			t.Fatal(err)
		}
		same(t, back, f)
	}
}
