package frames_test

import (
	"math"
	"strings"
	"testing"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"

	"profilemate/frames"
)

// What gota cannot tell from NA is missing; everything else comes as it is, in order.
func TestFromDataFrameMissing(t *testing.T) {
	t.Parallel()
	df := dataframe.New(
		series.New([]any{math.MaxInt64, math.MinInt64, nil, 1<<53 + 1}, series.Int, "z"),
		series.New([]float64{math.NaN(), math.Inf(1), math.Copysign(0, -1), 0.1}, series.Float, "a"),
		series.New([]string{"NaN", "", "nan", "x"}, series.String, "m"),
		series.New([]any{true, nil, false, true}, series.Bool, "b"),
	)
	f, err := frames.FromDataFrame("t", df)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]any{
		{int64(math.MaxInt64), nil, nil, true},
		{int64(math.MinInt64), math.Inf(1), "", nil},
		{nil, math.Copysign(0, -1), "nan", false},
		{int64(1<<53 + 1), 0.1, "x", true},
	}
	for i, name := range []string{"z", "a", "m", "b"} {
		c := f.At(i)
		if c.Field.Name != name {
			t.Errorf("column %d is %s, want %s", i, c.Field.Name, name)
		}
		for row := range want {
			var got any
			if !c.IsNull(row) {
				got = c.Value(row)
			}
			if got != want[row][i] {
				t.Errorf("%s, row %d: %v, want %v", name, row, got, want[row][i])
			}
		}
	}
}

func TestFromDataFrameBound(t *testing.T) {
	t.Parallel()
	big := dataframe.New(series.New(make([]bool, frames.MaxFromDataFrameRows+1), series.Bool, "b"))
	if _, err := frames.FromDataFrame("t", big); err == nil || !strings.Contains(err.Error(), "20000001 rows and at most 20000000 fit") {
		t.Errorf("a DataFrame of %d rows: %v", big.Nrow(), err)
	}
}
