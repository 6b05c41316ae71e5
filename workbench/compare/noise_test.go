package compare_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/phases"
	"profilemate/workbench/analysis/change"
	"profilemate/workbench/analysis/kernelshape"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/compare"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

// real is what a real capture is measured by: its steps and its kernels.
type real struct {
	steps  *frames.Frame
	groups []kernelshape.Group
}

func readReal(t testing.TB, name string) real {
	t.Helper()
	path := enginetest.Capture(t, name)
	a, err := nsys.Format().Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	kernels, err := artifacts.Load(t.Context(), a, "kernels")
	if err != nil {
		t.Fatal(err)
	}
	groups, _, err := kernelshape.Of(kernels)
	if err != nil {
		t.Fatal(err)
	}
	steps := enginetest.Run(t, phases.Analysis, nsys.Format(), path, 2, nil).Table("steps").Frame
	return real{steps, groups}
}

// edit changes the times of a copy: of steps by phase, of kernels by group.
type edit struct {
	steps   map[string]float64
	kernels map[int]float64
}

// copy makes a run like the real one: blocks of its steps and of the executions of each
// kernel are drawn anew, with random nil none. Kernels below the share that is judged
// by default are left out, to be quick.
func (r real) copy(random *rand.Rand, e edit) *compare.Run {
	groups := slices.Clone(r.groups)
	all := int64(0)
	for _, g := range groups {
		all += g.Total
	}
	for i := range groups {
		g := &groups[i]
		rows := drawn(random, floats(g.Times))
		times := make([]int64, len(rows))
		g.Total = 0
		for j, row := range rows {
			times[j] = int64(float64(g.Times[row]) * factor(e.kernels, i))
			g.Total += times[j]
		}
		g.Times = times
	}
	groups = slices.DeleteFunc(groups, func(g kernelshape.Group) bool { return g.Total < all/250 })
	results := map[string]*result.Result{"phases": {}, "kernel-shapes": {}}
	results["phases"].Add("steps", "", r.drawSteps(random, e.steps))
	results["kernel-shapes"].Add("kernels", "", kernelshape.Table(groups))
	run := &compare.Run{Name: "copy", Kind: artifacts.Nsys, Conditions: map[string]string{}}
	run.MeasureNsys(results)
	run.Conditions = nil // another draw of prefills has other tokens
	return run
}

func factor[K comparable](m map[K]float64, k K) float64 {
	if f, ok := m[k]; ok {
		return f
	}
	return 1
}

func floats(list []int64) []float64 {
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = float64(v)
	}
	return out
}

// drawn returns rows of a series, drawn in blocks.
func drawn(random *rand.Rand, values []float64) []int {
	rows := make([]int, len(values))
	for i := range rows {
		rows[i] = i
	}
	if random != nil && len(rows) > 3 {
		change.Resample(random, rows, change.BlockLength(values[:min(len(values), 500)]))
	}
	return rows
}

func (r real) drawSteps(random *rand.Rand, factors map[string]float64) *frames.Frame {
	f := r.steps
	b := frames.NewBuilder("steps", frames.Schema{{Name: "phase", Kind: frames.String}, {Name: "start", Kind: frames.Int64}, {Name: "step_time", Kind: frames.Float64},
		{Name: "gpu_busy", Kind: frames.Int64}, {Name: "launches", Kind: frames.Int64}, {Name: "tokens", Kind: frames.Int64}})
	for _, phase := range []string{"prefill", "decode"} {
		var mine []int
		var times []float64
		for i, p := range f.Strings("phase") {
			if c := f.Column("step_time"); p == phase && !c.IsNull(i) {
				mine, times = append(mine, i), append(times, c.Float(i))
			}
		}
		for at, row := range drawn(random, times) {
			i := mine[row]
			b.Row(phase, f.Column("start").Int(mine[at]), times[row]*factor(factors, phase), f.Column("gpu_busy").Int(i), f.Column("launches").Int(i), f.Column("tokens").Int(i))
		}
	}
	return b.Frame()
}

func (r real) side(random *rand.Rand, runs int, e edit) []*compare.Run {
	list := make([]*compare.Run, runs)
	for i := range list {
		list[i] = r.copy(random, e)
	}
	return list
}

func judge(t testing.TB, baseline, current []*compare.Run, threshold float64) *compare.Report {
	t.Helper()
	r, err := compare.Compare(baseline, current, compare.Options{Thresholds: compare.Thresholds{Default: threshold}, MinShare: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// trials runs seeded trials side by side and counts those in which hit holds.
func trials(n int, hit func(random *rand.Rand) bool) int {
	var group sync.WaitGroup
	hits := make([]bool, n)
	for worker := range 2 {
		group.Go(func() {
			for i := worker; i < n; i += 2 {
				hits[i] = hit(rand.New(rand.NewPCG(uint64(i), 7)))
			}
		})
	}
	group.Wait()
	count := 0
	for _, h := range hits {
		if h {
			count++
		}
	}
	return count
}

// Noise alone: of 200 comparisons at most 5 % may call anything changed, either way and
// with no threshold to help.
func TestFalseAlarms(t *testing.T) {
	t.Parallel()
	capture := readReal(t, "demo_cudagraph")
	for _, runs := range []int{1, 5} {
		n := trials(200, func(random *rand.Rand) bool {
			c := judge(t, capture.side(random, runs, edit{}), capture.side(random, runs, edit{}), 0).Counts
			return c.Worse+c.Improved > 0
		})
		t.Logf("%d runs a side: %d of 200", runs, n)
		if n > 10 {
			t.Errorf("%d runs a side: %d of 200 comparisons of noise find a change", runs, n)
		}
	}
}

// A decode step that takes 3 % longer is found with five runs a side, in at least 90 %
// of trials.
func TestPower(t *testing.T) {
	t.Parallel()
	capture := readReal(t, "demo_cudagraph")
	n := trials(50, func(random *rand.Rand) bool {
		r := judge(t, capture.side(random, 5, edit{}), capture.side(random, 5, edit{steps: map[string]float64{"decode": 1.03}}), 1)
		return verdictOf(r, "phase/decode/step_time") == change.Worse || verdictOf(r, "phase/decode/time_per_token") == change.Worse
	})
	t.Logf("found in %d of 50", n)
	if n < 45 {
		t.Errorf("found in %d of 50 trials", n)
	}
}

func verdictOf(r *compare.Report, name string) change.Verdict {
	for _, c := range r.Changes {
		if c.Name == name {
			return c.Verdict
		}
	}
	return ""
}
