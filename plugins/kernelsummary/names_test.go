package kernelsummary_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/kernelsummary"
	"profilemate/workbench/analysis"
)

// launch is one kernel instance.
type launch struct {
	name     string
	duration int64
}

// noInputs are the inputs of a trace with nothing but kernels.
type noInputs struct{}

func (noInputs) Frame(string, string) (*frames.Frame, error) { return nil, nil }
func (noInputs) Source(string) analysis.Source               { return analysis.Source{} }

// summarize folds the launches in parts, as so many workers would, and returns the
// rows of the table by full name.
func summarize(t testing.TB, launches []launch, workers int) map[string]map[string]any {
	t.Helper()
	b := frames.NewBuilder("kernels", frames.Schema{{Name: "name", Kind: frames.String},
		{Name: "start", Kind: frames.Int64, Unit: "ns"}, {Name: "end", Kind: frames.Int64, Unit: "ns"}})
	for _, l := range launches {
		b.Row(l.name, int64(1000), 1000+l.duration)
	}
	whole := b.Frame()
	begin, err := kernelsummary.Analysis.Begin(nil)
	if err != nil {
		t.Fatal(err)
	}
	var first analysis.Fold
	for w := range workers {
		fold := begin()
		if err := fold.Scan("profile", "kernels", whole.Slice(w*whole.Len()/workers, (w+1)*whole.Len()/workers)); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = fold
		} else if err := first.Merge(fold); err != nil {
			t.Fatal(err)
		}
	}
	r, err := first.Finish(context.Background(), noInputs{})
	if err != nil {
		t.Fatal(err)
	}
	f := r.Table("kernels").Frame
	rows := map[string]map[string]any{}
	for i := range f.Len() {
		row := map[string]any{}
		for j, v := range f.Row(i) {
			row[f.Schema()[j].Name] = v
		}
		rows[row["name"].(string)] = row
	}
	return rows
}

// Each kernel has the family and the short name that package trace gives it, whose
// tests hold what these are; a different name is a different row.
func TestNames(t *testing.T) {
	t.Parallel()
	want := map[string][2]string{
		"void <unnamed>::softmax_warp_forward<float, (int)4>(T2 *)": {"softmax_warp_forward<4>", "sampling"},
		"void <unnamed>::softmax_warp_forward<float, (int)8>(T2 *)": {"softmax_warp_forward<8>", "sampling"},
		"nvjet_sm90_tst_128x8_64x12_2x1_v_bz_NNT":                   {"nvjet_sm90_tst_128x8_64x12_2x1_v_bz_NNT", "gemm"},
		"same(int)": {"same(int)", "other"}, "same(float)": {"same(float)", "other"},
	}
	var launches []launch
	for name := range want {
		launches = append(launches, launch{name, 10})
	}
	rows := summarize(t, launches, 1)
	for name, w := range want {
		if got := [2]string{rows[name]["kernel"].(string), rows[name]["family"].(string)}; got != w {
			t.Errorf("%s is %v, want %v", name, got, w)
		}
	}
}

// The statistics are those of a plain computation over sorted durations, whatever
// the number of workers.
func TestStatistics(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 24 {
		var launches []launch
		durations := map[string][]int64{}
		spread := []int64{1, 5, 1000, 1 << 33}[round%4]
		for range 1 + random.IntN(300) {
			l := launch{fmt.Sprintf("k%d", random.IntN(3)), 32 * random.Int64N(spread)}
			launches = append(launches, l)
			durations[l.name] = append(durations[l.name], l.duration)
		}
		for workers := 1; workers <= 3; workers++ {
			rows := summarize(t, launches, workers)
			for name, list := range durations {
				checkRow(t, rows[name], list)
			}
		}
	}
}

// Names with so many instances that their durations are counted have the same
// statistics: ticks of 32 ns, values that never repeat, rare ones far beyond, and
// halves of a trace of which only one has many.
func TestManyInstances(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for _, duration := range []func(i int) int64{
		func(int) int64 { return 1000 + 32*random.Int64N(200) },
		func(int) int64 { return random.Int64N(1 << 24) },
		func(i int) int64 { return []int64{5000, 5001, 5_000_000_000, 70_000_000}[max(0, i%5000-4996)] },
		func(i int) int64 { return int64(i) / 3 },
	} {
		var launches []launch
		durations := map[string][]int64{}
		for i := range 70_000 {
			l := launch{fmt.Sprintf("k%d", min(i/40_000, 1)*(i%2)), duration(i)}
			launches = append(launches, l)
			durations[l.name] = append(durations[l.name], l.duration)
		}
		for workers := 1; workers <= 3; workers++ {
			rows := summarize(t, launches, workers)
			for name, list := range durations {
				checkRow(t, rows[name], list)
			}
		}
	}
}

func checkRow(t *testing.T, row map[string]any, list []int64) {
	t.Helper()
	slices.Sort(list)
	n, total := len(list), int64(0)
	for _, v := range list {
		total += v
	}
	median := (float64(list[(n-1)/2]) + float64(list[n/2])) / 2
	squares := 0.0
	for _, v := range list {
		squares += math.Pow(float64(v)-float64(total)/float64(n), 2)
	}
	deviation := 0.0
	if n > 1 {
		deviation = math.Sqrt(squares / float64(n-1))
	}
	exact := []any{total, int64(n), list[0], list[n-1], median}
	got := []any{row["total"], row["instances"], row["min"], row["max"], row["median"]}
	if fmt.Sprint(exact) != fmt.Sprint(got) {
		t.Errorf("total, instances, min, max, median are %v, want %v", got, exact)
	}
	if d := row["stddev"].(float64); math.Abs(d-deviation) > 1e-9*cmp.Or(deviation, 1) {
		t.Errorf("stddev is %v, want %v", d, deviation)
	}
}

func BenchmarkFold(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	f := frames.NewBuilder("kernels", kernelsummary.Analysis.Roles[0].Tables[0].Columns)
	for range 1_000_000 {
		start := random.Int64N(1 << 40)
		f.Row(fmt.Sprintf("kernel_%d", random.IntN(300)), start, start+1000+32*random.Int64N(400), int64(0), nil)
	}
	whole := f.Frame()
	begin, err := kernelsummary.Analysis.Begin(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		fold := begin()
		for batch := range whole.Batches(0) {
			if err := fold.Scan("profile", "kernels", batch); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := fold.Finish(context.Background(), noInputs{}); err != nil {
			b.Fatal(err)
		}
	}
}
