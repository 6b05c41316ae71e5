package compare_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/analysis/change"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/compare"
	"profilemate/workbench/result"
)

// found lists the names of changes with a verdict.
func found(r *compare.Report, v change.Verdict) []string {
	var list []string
	for _, c := range r.Changes {
		if c.Verdict == v {
			list = append(list, c.Name)
		}
	}
	slices.Sort(list)
	return list
}

// Each planted regression is found in a copy of a real capture, with what follows from
// it, and nothing else: the kernel takes more than half of its family's time, and the
// 95th percentile of 96 steps is too uncertain for 8 %.
func TestPlanted(t *testing.T) {
	t.Parallel()
	capture := readReal(t, "demo_cudagraph")
	plain := func() *compare.Run { return capture.copy(nil, edit{}) }
	slowKernel := capture.copy(nil, edit{kernels: map[int]float64{0: 1.2}})
	first := slowKernel.Kernels[0]
	if !strings.Contains(first.Name, "vectorized_gather") {
		t.Fatalf("the first kernel is %s", first.Name)
	}
	renamed := plain()
	renamed.Kernels[0].Name, renamed.Kernels[0].Short = "gather_v2", "gather_v2"
	for _, c := range []struct {
		name      string
		current   *compare.Run
		threshold float64
		want      []string
	}{
		{"nothing", plain(), 0, nil},
		{"a kernel 20 % slower", slowKernel, 10, []string{"family/copy/time", "kernel/" + first.Label()}},
		{"decode steps 8 % slower", capture.copy(nil, edit{steps: map[string]float64{"decode": 1.08}}), 5,
			[]string{"phase/decode/step_time", "phase/decode/time_per_token"}},
		{"a kernel renamed", renamed, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := judge(t, []*compare.Run{plain()}, []*compare.Run{c.current}, c.threshold)
			if got := found(r, change.Worse); !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
			if n := r.Counts; n.New+n.Vanished+n.Improved > 0 {
				t.Errorf("%+v", n)
			}
		})
	}
}

// A renamed kernel is said to be one; with another shape it is new, and its
// predecessor has vanished.
func TestRenamed(t *testing.T) {
	t.Parallel()
	capture := readReal(t, "demo_cudagraph")
	before, after := capture.copy(nil, edit{}), capture.copy(nil, edit{})
	old := before.Kernels[0].Label()
	after.Kernels[0].Name, after.Kernels[0].Short = "gather_v2", "gather_v2"
	r := judge(t, []*compare.Run{before}, []*compare.Run{after}, 0)
	at := slices.IndexFunc(r.Changes, func(c compare.Change) bool { return c.Kernel == "gather_v2" })
	if c := r.Changes[at]; c.Was != old || c.Matched != "renamed" || c.Verdict != change.Same {
		t.Errorf("%s: was %q, %s, %s", c.Name, c.Was, c.Matched, c.Verdict)
	}
	after.Kernels[0].Grid = "9x9x9"
	if n := judge(t, []*compare.Run{before}, []*compare.Run{after}, 0).Counts; n.New != 1 || n.Vanished != 1 {
		t.Errorf("with another shape: %+v", n)
	}
}

// run makes a run of results by hand.
func run(kind string, measure func(r *compare.Run)) *compare.Run {
	r := &compare.Run{Name: "run", Path: "run", Kind: kind, Conditions: map[string]string{}}
	measure(r)
	return r
}

func coverage(kernels, inside int64) *result.Result {
	b := frames.NewBuilder("coverage", frames.Schema{{Name: "kernels", Kind: frames.Int64}, {Name: "graph_kernels", Kind: frames.Int64}, {Name: "hidden", Kind: frames.Int64}})
	b.Row(kernels, inside, int64(0))
	return (&result.Result{}).Add("coverage", "", b.Frame())
}

// Graphs that are off: coverage falls from 92 to 0 points.
func TestGraphsOff(t *testing.T) {
	t.Parallel()
	side := func(inside int64) []*compare.Run {
		return []*compare.Run{run(artifacts.Nsys, func(r *compare.Run) {
			r.MeasureNsys(map[string]*result.Result{"cuda-graphs": coverage(1000, inside)})
		})}
	}
	r := judge(t, side(920), side(0), 10)
	if got := found(r, change.Worse); !slices.Equal(got, []string{"graphs/kernel_share"}) || r.Changes[0].Change != -92 {
		t.Errorf("found %v: %+v", got, r.Changes)
	}
	if r := judge(t, side(920), side(850), 10); r.Regressed() {
		t.Error("7 points are within a threshold of 10")
	}
}

func layers(maxOverMean ...float64) *compare.Run {
	b := frames.NewBuilder("layers", frames.Schema{{Name: "layer", Kind: frames.Int64}, {Name: "tokens", Kind: frames.Int64}, {Name: "experts", Kind: frames.Int64},
		{Name: "without_token", Kind: frames.Int64}, {Name: "max_over_mean", Kind: frames.Float64}})
	for i, v := range maxOverMean {
		b.Row(int64(i), int64(80000), int64(16), int64(0), v)
	}
	return run(artifacts.MoE, func(r *compare.Run) { r.MeasureMoE((&result.Result{}).Add("layers", "", b.Frame())) })
}

// One hot expert is one layer that got worse. Its load of 80000/16*1.8 = 9000 tokens has
// an error by chance of 1/sqrt(9000) = 1.05 %.
func TestHotExpert(t *testing.T) {
	t.Parallel()
	r := judge(t, []*compare.Run{layers(1.8, 2.4, 2.4)}, []*compare.Run{layers(1.8, 3.2, 2.41)}, 10)
	if got := found(r, change.Worse); !slices.Equal(got, []string{"moe/layer 1/max_over_mean"}) {
		t.Errorf("found %v", got)
	}
	f := layers(1.8).Figures[0]
	if math.Abs(f.Value.Error/f.Value.Value-1/math.Sqrt(9000)) > 1e-12 {
		t.Errorf("error %v of %v", f.Value.Error, f.Value.Value)
	}
}

// Unlike conditions are refused, and compared when asked for. A patch release is alike,
// and what one side does not say is not held against it.
func TestUnlike(t *testing.T) {
	t.Parallel()
	with := func(conditions map[string]string) []*compare.Run {
		r := layers(1.5)
		for k, v := range conditions {
			r.Conditions[k] = v
		}
		return []*compare.Run{r}
	}
	a := with(map[string]string{"GPU": "H100", "profiler version": "2023.4.1", "mean number of tokens in a decode step": "100"})
	for _, c := range []struct {
		name  string
		now   map[string]string
		alike bool
	}{
		{"patch release", map[string]string{"GPU": "H100", "profiler version": "2023.4.9"}, true},
		{"not said", nil, true},
		{"tokens nearly alike", map[string]string{"mean number of tokens in a decode step": "105"}, true},
		{"other batch", map[string]string{"mean number of tokens in a decode step": "200"}, false},
		{"other GPU", map[string]string{"GPU": "A100"}, false},
		{"other release", map[string]string{"profiler version": "2024.1.1"}, false},
	} {
		_, err := compare.Compare(a, with(c.now), compare.Options{})
		if (err == nil) != c.alike {
			t.Errorf("%s: %v", c.name, err)
		}
		r, err := compare.Compare(a, with(c.now), compare.Options{AllowUnlike: true})
		if err != nil || (len(r.Unlike) == 0) != c.alike {
			t.Errorf("%s, allowed: %v", c.name, err)
		}
	}
}
