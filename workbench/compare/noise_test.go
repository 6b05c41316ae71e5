package compare_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

// pool makes copies of the real run, side by side, each by its own seed.
func (r real) pool(first uint64, n int, e edit) []*compare.Run {
	list := make([]*compare.Run, n)
	beside(n, func(i int) { list[i] = r.copy(rand.New(rand.NewPCG(first+uint64(i), 7)), e) })
	return list
}

// beside calls do for each of n, two at a time.
func beside(n int, do func(i int)) {
	var group sync.WaitGroup
	for worker := range 2 {
		group.Go(func() {
			for i := worker; i < n; i += 2 {
				do(i)
			}
		})
	}
	group.Wait()
}

// draw takes n runs of a pool, none twice.
func draw(random *rand.Rand, pool []*compare.Run, n int) []*compare.Run {
	list := make([]*compare.Run, n)
	for i, at := range random.Perm(len(pool))[:n] {
		list[i] = pool[at]
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

// trials runs seeded trials and counts those in which hit holds.
func trials(n int, hit func(random *rand.Rand) bool) int {
	hits := make([]bool, n)
	beside(n, func(i int) { hits[i] = hit(rand.New(rand.NewPCG(uint64(i), 11))) })
	count := 0
	for _, h := range hits {
		if h {
			count++
		}
	}
	return count
}

// The copies of a run are made once: what takes time is to measure a copy, not to compare
// it. A comparison takes its runs out of 160, so that two of them seldom share more than
// one.
func TestNoise(t *testing.T) {
	t.Parallel()
	capture := readReal(t, "demo_cudagraph")
	alike := capture.pool(0, 160, edit{})
	t.Run("FalseAlarms", func(t *testing.T) {
		t.Parallel()
		checkFalseAlarms(t, alike)
	})
	t.Run("Power", func(t *testing.T) {
		t.Parallel()
		checkPower(t, alike, capture.pool(1000, 80, edit{steps: map[string]float64{"decode": 1.03}}))
	})
}

// checkFalseAlarms: noise alone. Of 200 comparisons at most 5 % may call anything changed,
// either way and with no threshold to help.
func checkFalseAlarms(t *testing.T, alike []*compare.Run) {
	t.Helper()
	for _, runs := range []int{1, 5} {
		n := trials(200, func(random *rand.Rand) bool {
			both := draw(random, alike, 2*runs)
			c := judge(t, both[:runs], both[runs:], 0).Counts
			return c.Worse+c.Improved > 0
		})
		t.Logf("%d runs a side: %d of 200", runs, n)
		if n > 10 {
			t.Errorf("%d runs a side: %d of 200 comparisons of noise find a change", runs, n)
		}
	}
}

// checkPower: a decode step that takes 3 % longer is found with five runs a side, in at
// least 90 % of trials, and nothing gets worse but what follows from it.
func checkPower(t *testing.T, alike, longer []*compare.Run) {
	t.Helper()
	var others atomic.Int64
	n := trials(200, func(random *rand.Rand) bool {
		worse := found(judge(t, draw(random, alike, 5), draw(random, longer, 5), 1), change.Worse)
		if slices.ContainsFunc(worse, func(name string) bool { return !strings.HasPrefix(name, "phase/decode/") }) {
			others.Add(1)
		}
		return slices.Contains(worse, "phase/decode/step_time") || slices.Contains(worse, "phase/decode/time_per_token")
	})
	t.Logf("found in %d of 200, something else in %d", n, others.Load())
	if n < 180 || others.Load() > 10 {
		t.Errorf("found in %d of 200 trials, and in %d something else got worse", n, others.Load())
	}
}
