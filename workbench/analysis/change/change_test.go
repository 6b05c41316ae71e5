package change_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"profilemate/workbench/analysis/change"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func figures(values ...float64) []change.Figure {
	list := make([]change.Figure, len(values))
	for i, v := range values {
		list[i] = change.Unsure(v)
	}
	return list
}

// Three runs a side, by hand: means 100 and 110, deviations 1, errors 1/sqrt(3). In %,
// the baseline's error grows with the quotient 1.1: sqrt(1/3+1.21/3) = 0.8583, t = 11.65.
// Welch: (0.33333+0.40333)^2/(0.33333^2/2+0.40333^2/2) = 3.964 degrees of freedom, for
// which the table of t has 2.787 at 97.5 %.
func TestWelch(t *testing.T) {
	t.Parallel()
	a := change.Judge([]change.Question{{Baseline: figures(99, 100, 101), Current: figures(109, 110, 111), Better: change.Lower, Threshold: 5}})[0]
	near(t, "change", a.Change, 10, 1e-9)
	near(t, "half of the interval", (a.High-a.Low)/2, 2.787*0.8583, 0.01)
	if a.Verdict != change.Worse || !(a.P < 0.001) {
		t.Errorf("%s, p %v", a.Verdict, a.P)
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	exact, lone := change.Exact, change.Lone
	for _, c := range []struct {
		name string
		q    change.Question
		want change.Verdict
	}{
		{"threshold alone", change.Question{Baseline: figures(100), Current: figures(111), Better: change.Lower, Threshold: 10}, change.Worse},
		{"at the threshold", change.Question{Baseline: figures(100), Current: figures(110), Better: change.Lower, Threshold: 10}, change.Same},
		{"better", change.Question{Baseline: figures(100), Current: figures(80), Better: change.Lower, Threshold: 10}, change.Improved},
		{"higher is better", change.Question{Baseline: figures(100), Current: figures(80), Better: change.Higher, Threshold: 10}, change.Worse},
		{"points", change.Question{Baseline: figures(9), Current: figures(8), Better: change.Higher, Points: true, Threshold: 10}, change.Same},
		{"counted", change.Question{Baseline: []change.Figure{exact(3)}, Current: []change.Figure{exact(4)}, Better: change.Lower, Threshold: 10}, change.Worse},
		{"from nothing", change.Question{Baseline: []change.Figure{exact(0)}, Current: []change.Figure{exact(4)}, Better: change.Lower}, change.Worse},
		{"measured once", change.Question{Baseline: []change.Figure{lone(3)}, Current: []change.Figure{lone(9)}, Better: change.Lower}, change.Untold},
		{"neither way", change.Question{Baseline: figures(1), Current: figures(9)}, change.Told},
		{"off", change.Question{Baseline: figures(1), Current: figures(9), Better: change.Lower, Threshold: -1}, change.Told},
		{"new", change.Question{Current: figures(9), Better: change.Lower}, change.New},
		{"vanished", change.Question{Baseline: figures(9), Current: figures(math.NaN()), Better: change.Lower}, change.Vanished},
		{"nowhere", change.Question{}, change.Unknown},
		{"spread of runs", change.Question{Baseline: figures(100, 140, 120), Current: figures(150, 110, 160), Better: change.Lower, Threshold: 5}, change.Noise},
	} {
		if got := change.Judge([]change.Question{c.q})[0].Verdict; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Holm by hand: of three with p 0.01, 0.02 and 0.04 the adjusted ones are 0.03, 0.04 and
// 0.04. Two runs a side of exact spread give p by t; what counts is their ratio.
func TestHolm(t *testing.T) {
	t.Parallel()
	q := func(now ...float64) change.Question {
		return change.Question{Baseline: figures(99, 100, 101), Current: figures(now...), Better: change.Lower}
	}
	list := []change.Question{q(101, 102, 103), q(103, 104, 105), q(109, 110, 111)}
	alone := make([]float64, len(list))
	for i := range list {
		alone[i] = change.Judge(list[i : i+1])[0].P
	}
	together := change.Judge(list)
	near(t, "the least", together[2].P, 3*alone[2], 1e-12)
	near(t, "the second", together[1].P, max(3*alone[2], 2*alone[1]), 1e-12)
	near(t, "the last", together[0].P, max(2*alone[1], alone[0]), 1e-12)
	if !(together[0].Floor > 1 && together[0].Floor < 10) {
		t.Errorf("the floor is %v %%", together[0].Floor)
	}
}

// autoregressive is a series whose mean has a known error: with coefficient a the
// variance of the mean is that of independent values times (1+a)/(1-a).
func autoregressive(random *rand.Rand, n int, a float64) []float64 {
	list, last := make([]float64, n), 0.0
	for i := range list {
		last = a*last + math.Sqrt(1-a*a)*random.NormFloat64()
		list[i] = 100 + last
	}
	return list
}

// The bootstrap and the batches find the error of a mean of neighbors that resemble each
// other, within a third over many series; the deviation over the root is half of it.
func TestErrorsOfSeries(t *testing.T) {
	t.Parallel()
	const n, a, series = 2000, 0.6, 40
	want := math.Sqrt((1+a)/(1-a)) / math.Sqrt(n)
	bootstrap, batches := 0.0, 0.0
	for i := range series {
		list := autoregressive(rand.New(rand.NewPCG(uint64(i), 1)), n, a)
		bootstrap += change.Bootstrap(list, change.RatioOf(list, nil)).Error / series
		ints := make([]int64, n)
		for j, v := range list {
			ints[j] = int64(v * 1e6)
		}
		batches += change.BatchMeans(ints).Error / 1e6 / series
	}
	near(t, "bootstrap over truth", bootstrap/want, 1, 0.33)
	near(t, "batches over truth", batches/want, 1, 0.33)
}

func TestFewValues(t *testing.T) {
	t.Parallel()
	mean := func(list ...float64) change.Figure { return change.Bootstrap(list, change.RatioOf(list, nil)) }
	if f := mean(); !math.IsNaN(f.Value) {
		t.Errorf("nothing: %+v", f)
	}
	if f := mean(5); f.Value != 5 || !math.IsInf(f.Error, 1) {
		t.Errorf("one: %+v", f)
	}
	near(t, "error of 4 and 6", mean(4, 6).Error, 1, 1e-12)
	near(t, "error of equal values", mean(7, 7, 7, 7, 7, 7, 7, 7, 7, 7).Error, 0, 0)
	near(t, "batches of 4 and 6", change.BatchMeans([]int64{4, 6}).Error, 1, 1e-12)
	list := []float64{1, 2, 3, 4, 5}
	near(t, "median", change.Bootstrap(list, change.MedianOf(list)).Value, 3, 0)
	near(t, "quantile", change.Bootstrap(list, change.QuantileOf(list, 0.75)).Value, 4, 0)
	near(t, "ratio", change.Bootstrap(list, change.RatioOf(list, []float64{1, 1, 1, 1, 1})).Value, 3, 0)
}
