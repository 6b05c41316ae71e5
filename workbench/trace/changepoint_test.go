package trace_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"profilemate/workbench/trace"
)

// around makes n values around a level, spread by 1 % of it.
func around(random *rand.Rand, n int, level float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = level * (1 + 0.01*random.NormFloat64())
	}
	return out
}

func joined(parts ...[]float64) []float64 {
	var out []float64
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func TestWarmUp(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	falling := make([]float64, 100)
	for i := range falling {
		falling[i] = 1000 * math.Exp(-float64(i)/20)
	}
	for name, tc := range map[string]struct {
		values  []float64
		n       int
		settled bool
	}{
		"none":                    {nil, 0, true},
		"few":                     {[]float64{9, 1, 1, 1, 1, 1, 1, 1, 1}, 0, true},
		"one slow step":           {joined(around(random, 1, 900), around(random, 99, 100)), 1, true},
		"three slow steps":        {joined(around(random, 3, 150), around(random, 997, 100)), 3, true},
		"a third":                 {joined(around(random, 100, 150), around(random, 200, 100)), 100, true},
		"even":                    {around(random, 500, 100), 0, true},
		"equal":                   {around(random, 50, 0), 0, true},
		"a slow step in the end":  {joined(around(random, 99, 100), around(random, 1, 900)), 0, true},
		"fast first":              {joined(around(random, 10, 50), around(random, 90, 100)), 0, true},
		"3 % above is no warm-up": {joined(around(random, 10, 103), around(random, 90, 100)), 0, true},
		"never settles":           {falling, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Chance decides over the last few of a long warm-up.
			n, settled := trace.WarmUp(tc.values)
			if n < tc.n || n > tc.n+tc.n/10 || settled != tc.settled {
				t.Errorf("got %d, %v, want %d or little more, %v", n, settled, tc.n, tc.settled)
			}
		})
	}
}

func TestLevelShift(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for name, tc := range map[string]struct {
		values []float64
		at     int
		ok     bool
	}{
		"few":            {joined(around(random, 9, 100), around(random, 9, 200)), 0, false},
		"up":             {joined(around(random, 40, 100), around(random, 60, 120)), 40, true},
		"down":           {joined(around(random, 300, 100), around(random, 30, 80)), 300, true},
		"too small":      {joined(around(random, 50, 100), around(random, 50, 103)), 50, false},
		"even":           {around(random, 200, 100), 0, false},
		"a few outliers": {joined(around(random, 100, 100), around(random, 2, 900), around(random, 98, 100)), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, ok := trace.LevelShift(tc.values)
			if ok != tc.ok || ok && (at < tc.at-3 || at > tc.at+3) {
				t.Errorf("got %d, %v, want %d, %v", at, ok, tc.at, tc.ok)
			}
		})
	}
}

// The change point maximizes Pettitt's statistic, the sum of the signs of all
// differences across it.
func TestLevelShiftBySigns(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	found := 0
	for range 50 {
		values := joined(around(random, 10+random.IntN(40), 100), around(random, 10+random.IntN(40), 108))
		for i := range values {
			values[i] = math.Round(values[i]) // ties
		}
		at, ok := trace.LevelShift(values)
		if !ok {
			continue
		}
		found++
		best := 0.0
		for cut := 1; cut < len(values); cut++ {
			best = max(best, math.Abs(signs(values, cut)))
		}
		if got := math.Abs(signs(values, at)); got != best {
			t.Errorf("the cut at %d has %v, the best %v", at, got, best)
		}
	}
	if found < 25 {
		t.Errorf("only %d of 50 shifts were found", found)
	}
}

func signs(values []float64, cut int) float64 {
	sum := 0.0
	for _, a := range values[:cut] {
		for _, b := range values[cut:] {
			switch {
			case a < b:
				sum++
			case a > b:
				sum--
			}
		}
	}
	return sum
}

func TestDrift(t *testing.T) {
	t.Parallel()
	values := make([]float64, 40) // quarters of 10: 100 to 109 and 130 to 139
	for i := range values {
		values[i] = 100 + float64(i)
	}
	if part, ok := trace.Drift(values); !ok || math.Abs(part-30/104.5) > 1e-12 {
		t.Errorf("got %v, %v, want %v", part, ok, 30/104.5)
	}
	if _, ok := trace.Drift(values[:19]); ok {
		t.Error("19 values have a drift")
	}
	if _, ok := trace.Drift(make([]float64, 40)); ok {
		t.Error("values of 0 have a drift")
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	if got := trace.Spread([]float64{1, 2, 3, 4, 100}, 3); math.Abs(got-1.4826) > 1e-12 {
		t.Errorf("got %v, want 1.4826 times the median of 0 1 1 2 97", got)
	}
	if got := trace.Median([]float64{9, 1, 4, 2}); got != 3 {
		t.Errorf("the median is %v, want 3", got)
	}
	if !math.IsNaN(trace.Median(nil)) || !math.IsNaN(trace.Spread(nil, 1)) {
		t.Error("nothing has a median")
	}
}

func BenchmarkChangePoints(b *testing.B) {
	values := around(rand.New(rand.NewPCG(1, 1)), 1_000_000, 100)
	b.ReportAllocs()
	for b.Loop() {
		trace.WarmUp(values)
		trace.LevelShift(values)
	}
}
