package launch_test

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// inputs has one table of launches.
type inputs struct{ launches *frames.Frame }

func (in inputs) Frame(string, string) (*frames.Frame, error) { return in.launches, nil }
func (in inputs) Source(string) analysis.Source               { return analysis.Source{} }

func launches(rows ...[]any) inputs {
	b := frames.NewBuilder("launches", frames.Schema{
		{Name: "launch", Kind: frames.Int64}, {Name: "kernel", Kind: frames.String}, {Name: "function", Kind: frames.String},
		{Name: "grid", Kind: frames.String}, {Name: "block", Kind: frames.String}, {Name: "time", Kind: frames.Int64, Unit: "ns"},
		{Name: "hit", Kind: frames.Float64, Unit: "%"},
	})
	for _, row := range rows {
		b.Row(row...)
	}
	return inputs{b.Frame()}
}

func load(t *testing.T, in inputs, m *launch.Metrics) *launch.Profile {
	t.Helper()
	p, err := launch.Load(t.Context(), in, launch.RoleName, "", m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Launches come together by name and shape, longest first; labels are only as long
// as it takes.
func TestKernels(t *testing.T) {
	t.Parallel()
	p := load(t, launches(
		[]any{0, "a(int)", "a", "(1)", "(32)", 10, nil},
		[]any{1, "b(int)", "b", "(1)", "(32)", 50, nil},
		[]any{2, "a(int)", "a", "(1)", "(64)", 20, nil},
		[]any{3, "a(int)", "a", "(1)", "(32)", 15, nil},
		[]any{4, "c(int)", nil, "(9)", "(32)", nil, nil},
	), nil)
	var labels []string
	var times, counts []int64
	for _, k := range p.Kernels {
		labels, times, counts = append(labels, k.Label), append(times, k.Time), append(counts, k.Launches())
	}
	if diff := cmp.Diff([]string{"b (1)", "a (1) (32)", "a (1) (64)"}, labels); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{50, 25, 20}, times); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{1, 2, 1}, counts); diff != "" {
		t.Error(diff)
	}
	if p.Left != 1 || p.Time != 95 || !p.Timed {
		t.Errorf("%d left out, %d ns, timed %v; want 1, 95, true", p.Left, p.Time, p.Timed)
	}
}

// Sums are missing when a term is, means are over what there is, weights fall back to
// time where they are not known.
func TestSumsAndMeans(t *testing.T) {
	t.Parallel()
	m := launch.NewMetrics(func(name string) bool { return name == "sectors" })
	p := load(t, launches(
		[]any{0, "a", "a", "", "", 100, 10.0},
		[]any{1, "a", "a", "", "", 300, 30.0},
		[]any{2, "a", "a", "", "", 400, nil},
	), m)
	k, hit, sectors := p.Kernels[0], p.Column("hit"), p.Metric("absent", "sectors")
	if got := k.MeanBy(hit, sectors); got != 25 { // (10 × 100 + 30 × 300) ÷ 400
		t.Errorf("mean weighted by time in place of absent sectors: %v, not 25", got)
	}
	scan(t, m, "sectors", []int64{0, 1}, []float64{9, 1})
	checks := map[string][2]float64{
		"sum with a missing term":  {k.Sum(hit), math.NaN()},
		"sum":                      {k.Sum(p.Column("time")), 800},
		"mean weighted by sectors": {k.MeanBy(hit, sectors), 12}, // (10 × 9 + 30 × 1) ÷ 10
		"mean of nothing":          {k.Mean(p.Column("absent")), math.NaN()},
		"same":                     {k.Same(hit), math.NaN()},
		"same of one metric":       {k.Same(p.Metric("sectors").Times(0)), 0},
		"either":                   {k.Sum(hit.Or(sectors).Or(hit.Times(0)).Or(p.Column("time"))), 440},
	}
	for name, c := range checks {
		if !cmp.Equal(c[0], c[1], cmpopts.EquateNaNs()) {
			t.Errorf("%s: %v, not %v", name, c[0], c[1])
		}
	}
	// 100, 300, 400: mean 266.67, squares of 166.67, 33.33, 133.33 sum to 46,666.7.
	mean, deviation, n := k.Spread(p.Column("time"))
	if n != 3 || math.Abs(mean-800.0/3) > 1e-9 || math.Abs(deviation-math.Sqrt(46_666.666666666664/2)) > 1e-9 {
		t.Errorf("spread %v ± %v of %d", mean, deviation, n)
	}
}

func scan(t *testing.T, m *launch.Metrics, metric string, ids []int64, values []float64) {
	t.Helper()
	b := frames.NewBuilder("metrics", frames.Schema(launch.MetricsNeed().Columns))
	for i, id := range ids {
		b.Row(id, metric, values[i])
		b.Row(id, "unwanted", values[i])
	}
	if err := m.Scan(b.Frame()); err != nil {
		t.Fatal(err)
	}
}

// Batches with dictionaries of their own, and folds merged, come to the same values.
func TestMetrics(t *testing.T) {
	t.Parallel()
	want := func(name string) bool { return name != "unwanted" }
	one, two := launch.NewMetrics(want), launch.NewMetrics(want)
	scan(t, one, "x", []int64{0, 1}, []float64{1, 2})
	scan(t, one, "y", []int64{0}, []float64{3})
	scan(t, two, "x", []int64{2}, []float64{4})
	one.Merge(two)
	if diff := cmp.Diff([]string{"x", "y"}, one.Names()); diff != "" {
		t.Error(diff)
	}
	if a, b, c := one.Value("x", 2), one.Value("x", 0), one.Value("y", 0); a != 4 || b != 1 || c != 3 {
		t.Errorf("x of 2 and 0 and y of 0 are %v, %v, %v; want 4, 1, 3", a, b, c)
	}
	if v := one.Value("unwanted", 0); !math.IsNaN(v) {
		t.Errorf("a metric that was not wanted is %v", v)
	}
	if err := one.Scan(frames.Empty("metrics", frames.Schema{{Name: "launch", Kind: frames.Int64}})); err == nil {
		t.Error("a table without names of metrics gives no error")
	}
}

// A fold finishes with what all workers gathered, and merges with its own kind only.
func TestFold(t *testing.T) {
	t.Parallel()
	make := func() analysis.Fold {
		return launch.NewFold(func(string) bool { return true }, func(_ context.Context, _ analysis.Inputs, m *launch.Metrics) (*result.Result, error) {
			r := &result.Result{}
			r.Note("%v", m.Names())
			return r, nil
		})
	}
	first, second := make(), make()
	b := frames.NewBuilder("metrics", frames.Schema(launch.MetricsNeed().Columns))
	b.Row(0, "late", 1.0)
	if err := second.Scan("profile", "metrics", b.Frame()); err != nil {
		t.Fatal(err)
	}
	if err := first.Merge(second); err != nil {
		t.Fatal(err)
	}
	r, err := first.Finish(t.Context(), inputs{})
	if err != nil || r.Findings[0].Text != "[late]" {
		t.Errorf("%v, %v", r, err)
	}
	if err := first.Merge(nil); err == nil {
		t.Error("a fold merges with nothing")
	}
}
