package frames_test

import (
	"math"
	"strings"
	"testing"

	"profilemate/frames"
)

func numbers(values ...any) *frames.Frame {
	b := frames.NewBuilder("numbers", frames.Schema{{Name: "v", Kind: frames.Int64, Unit: "ns"}, {Name: "f", Kind: frames.Float64}})
	for _, v := range values {
		if i, ok := v.(int); ok {
			b.Row(i, float64(i))
			continue
		}
		b.Row(v, nil)
	}
	return b.Frame()
}

func TestStatistics(t *testing.T) {
	t.Parallel()
	big := int64(1_700_000_000_000_000_000)
	for name, c := range map[string]struct {
		in   *frames.Frame
		agg  frames.Agg
		want any
	}{
		"sum":                    {numbers(1, 2, nil, 4), frames.Agg{Op: frames.Sum, Column: "v"}, int64(7)},
		"mean":                   {numbers(1, 2, nil, 4), frames.Agg{Op: frames.Mean, Column: "v"}, 7.0 / 3},
		"count of values":        {numbers(1, nil, 3), frames.Agg{Op: frames.Count, Column: "v"}, int64(2)},
		"count of rows":          {numbers(1, nil, 3), frames.Agg{Op: frames.Count}, int64(3)},
		"count of none":          {numbers(), frames.Agg{Op: frames.Count}, int64(0)},
		"sum of none":            {numbers(nil, nil), frames.Agg{Op: frames.Sum, Column: "v"}, nil},
		"min of none":            {numbers(nil, nil), frames.Agg{Op: frames.Min, Column: "v"}, nil},
		"median of none":         {numbers(nil), frames.Agg{Op: frames.Median, Column: "v"}, nil},
		"median of an even run":  {numbers(4, 1, 3, 2), frames.Agg{Op: frames.Median, Column: "v"}, 2.5},
		"median of an odd run":   {numbers(9, 1, 3), frames.Agg{Op: frames.Median, Column: "v"}, 3.0},
		"stddev of 2, 4, 9":      {numbers(2, 4, 9), frames.Agg{Op: frames.StdDev, Column: "v"}, math.Sqrt(13)}, // mean 5: (9+1+16)/2
		"stddev of one":          {numbers(5), frames.Agg{Op: frames.StdDev, Column: "v"}, 0.0},
		"stddev far from zero":   {ints(big+2, big+4, big+9), frames.Agg{Op: frames.StdDev, Column: "v"}, math.Sqrt(13)},
		"quantile interpolates":  {numbers(10, 20, 30, 40, 50), frames.Agg{Op: frames.Quantile, Column: "v", P: 0.9}, 46.0}, // place 3.6
		"quantile 0":             {numbers(3, 1, 2), frames.Agg{Op: frames.Quantile, Column: "v"}, 1.0},
		"quantile 1":             {numbers(3, 1, 2), frames.Agg{Op: frames.Quantile, Column: "v", P: 1}, 3.0},
		"sum passing int64":      {ints(math.MaxInt64, 5, -5), frames.Agg{Op: frames.Sum, Column: "v"}, int64(math.MaxInt64)},
		"sum of the least":       {ints(math.MinInt64, -1, 1), frames.Agg{Op: frames.Sum, Column: "v"}, int64(math.MinInt64)},
		"mean past int64":        {ints(math.MaxInt64, math.MaxInt64), frames.Agg{Op: frames.Mean, Column: "v"}, float64(1 << 63)},
		"mean past -int64":       {ints(math.MinInt64, math.MinInt64), frames.Agg{Op: frames.Mean, Column: "v"}, -float64(1 << 63)},
		"sum keeps digits":       {ints(1700000000000000001, 1, 1), frames.Agg{Op: frames.Sum, Column: "v"}, int64(1700000000000000003)},
		"median of the extremes": {ints(math.MinInt64, math.MaxInt64), frames.Agg{Op: frames.Median, Column: "v"}, 0.0},
		"max keeps its kind":     {ints(1<<53, 1<<53+1), frames.Agg{Op: frames.Max, Column: "v"}, int64(1<<53 + 1)},
		"min of floats":          {numbers(4, 2, nil), frames.Agg{Op: frames.Min, Column: "f"}, 2.0},
		"NaN in a sum":           {floats(1, math.NaN()), frames.Agg{Op: frames.Sum, Column: "f"}, math.NaN()},
		"NaN in a max":           {floats(1, math.NaN(), 2), frames.Agg{Op: frames.Max, Column: "f"}, math.NaN()},
		"NaN in a median":        {floats(1, math.NaN(), 2), frames.Agg{Op: frames.Median, Column: "f"}, math.NaN()},
		"NaN alone, stddev":      {floats(math.NaN()), frames.Agg{Op: frames.StdDev, Column: "f"}, math.NaN()},
		"median with infinities": {floats(math.Inf(-1), 1, math.Inf(1), math.Inf(1)), frames.Agg{Op: frames.Median, Column: "f"}, math.Inf(1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.in.GroupBy().Aggregate(c.agg)
			if err != nil {
				t.Fatal(err)
			}
			if got.Len() != 1 {
				t.Fatalf("%d groups, want 1", got.Len())
			}
			v := got.At(0).Value(0)
			a, _ := v.(float64)
			b, isFloat := c.want.(float64)
			if !equal(v, c.want) && !(isFloat && math.Abs(a-b) <= 1e-12*math.Abs(b)) {
				t.Errorf("got %v (%T), want %v (%T)", v, v, c.want, c.want)
			}
		})
	}
}

func ints(values ...int64) *frames.Frame {
	return frames.Must(frames.New("ints", frames.IntColumn(frames.Field{Name: "v"}, values, nil)))
}

func floats(values ...float64) *frames.Frame {
	return frames.Must(frames.New("floats", frames.FloatColumn(frames.Field{Name: "f"}, values, nil)))
}

func TestSumBeyondInt64IsAnError(t *testing.T) {
	t.Parallel()
	for _, f := range []*frames.Frame{ints(math.MaxInt64, 1), ints(math.MinInt64, -1)} {
		_, err := f.GroupBy().Aggregate(frames.Agg{Op: frames.Sum, Column: "v"})
		if err == nil || !strings.Contains(err.Error(), `sum of "v" over 2 values does not fit`) {
			t.Errorf("got %v", err)
		}
	}
}

// TestKeysAreNotJoined holds what gota gets wrong: ("a","b_c") and ("a_b","c") are
// two groups, and so are 1e-7 and 2e-7.
func TestKeysAreNotJoined(t *testing.T) {
	t.Parallel()
	b := frames.NewBuilder("t", frames.Schema{{Name: "x", Kind: frames.String}, {Name: "y", Kind: frames.String}, {Name: "f", Kind: frames.Float64}})
	b.Row("a", "b_c", 1e-7)
	b.Row("a_b", "c", 2e-7)
	f := b.Frame()
	if n := f.GroupBy("x", "y").Len(); n != 2 {
		t.Errorf("%d groups of two texts, want 2", n)
	}
	if n := f.GroupBy("f").Len(); n != 2 {
		t.Errorf("%d groups of floats, want 2", n)
	}
}

func TestGroupErrors(t *testing.T) {
	t.Parallel()
	f := kernels()
	for name, c := range map[string]struct {
		keys []string
		agg  frames.Agg
		want string
	}{
		"unknown key":       {[]string{"kernel"}, frames.Agg{Op: frames.Count}, `no column "kernel" (there are: name, stream, time, occupancy)`},
		"unknown column":    {nil, frames.Agg{Op: frames.Sum, Column: "x"}, `no column "x"`},
		"unknown statistic": {nil, frames.Agg{Op: "mode", Column: "time"}, `there is no statistic "mode"`},
		"sum of text":       {nil, frames.Agg{Op: frames.Sum, Column: "name"}, `column "name" is string and has no sum`},
		"quantile above 1":  {nil, frames.Agg{Op: frames.Quantile, Column: "time", P: 95}, "does not lie between 0 and 1"},
		"quantile NaN":      {nil, frames.Agg{Op: frames.Quantile, Column: "time", P: math.NaN()}, "does not lie between 0 and 1"},
		"name taken":        {[]string{"name"}, frames.Agg{Op: frames.Count, As: "name"}, `column "name" stands twice`},
		"sum of no column":  {nil, frames.Agg{Op: frames.Sum}, `no column ""`},
	} {
		if _, err := f.GroupBy(c.keys...).Aggregate(c.agg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
	}
}

func TestGroupsOfAnEmptyFrame(t *testing.T) {
	t.Parallel()
	empty := frames.Empty("kernels", kernels().Schema())
	got, err := empty.GroupBy("name").Aggregate(frames.Agg{Op: frames.Sum, Column: "time"}, frames.Agg{Op: frames.Min, Column: "name"},
		frames.Agg{Op: frames.Median, Column: "time"})
	if err != nil || got.Len() != 0 || got.Width() != 4 {
		t.Errorf("got %v rows, %v", got, err)
	}
}

// TestColumnNames holds the default names, units and docs of statistics.
func TestColumnNames(t *testing.T) {
	t.Parallel()
	got, err := kernels().GroupBy("name").Aggregate(frames.Agg{Op: frames.Count}, frames.Agg{Op: frames.Sum, Column: "time"},
		frames.Agg{Op: frames.Quantile, Column: "time", P: 0.95}, frames.Agg{Op: frames.Count, Column: "time"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"name", "count", "time_sum [ns]", "time_p95 [ns]", "time_count"}
	for i, f := range got.Schema() {
		if f.String() != want[i] {
			t.Errorf("column %d is %q, want %q", i, f, want[i])
		}
	}
}

// TestQuantileOf compares with values from numpy.quantile's default method, worked
// by hand: place (n-1)p, linear between neighbors.
func TestQuantileOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   []int64
		p    float64
		want float64
	}{
		{[]int64{7}, 0.3, 7}, {[]int64{1, 2}, 0.5, 1.5}, {[]int64{1, 2, 3, 4}, 0.25, 1.75}, {[]int64{1, 2, 3, 4}, 1, 4},
		{[]int64{0, 10}, 0.1, 1}, {nil, 0.5, math.NaN()}, {[]int64{1}, 1.5, math.NaN()}, {[]int64{1}, math.NaN(), math.NaN()},
		{[]int64{math.MinInt64, math.MaxInt64}, 0.5, 0},
	} {
		asFloats := make([]float64, len(c.in))
		for i, v := range c.in {
			asFloats[i] = float64(v)
		}
		for name, got := range map[string]float64{"ints": frames.QuantileOfInts(c.in, c.p), "floats": frames.QuantileOf(asFloats, c.p)} {
			if !equal(got, c.want) {
				t.Errorf("%s %v at %v: got %v, want %v", name, c.in, c.p, got, c.want)
			}
		}
	}
	if got := frames.QuantileOf([]float64{math.NaN(), 1}, 1); !math.IsNaN(got) {
		t.Errorf("with a NaN: got %v", got)
	}
	if got := frames.StdDevOf(nil); !math.IsNaN(got) {
		t.Errorf("standard deviation of nothing: got %v", got)
	}
}
