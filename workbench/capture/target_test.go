package capture_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/capture"
	"profilemate/workbench/fault"
)

// run is a made run: a kernel "gemm" of 10 ns, a kernel "norm" of 2 and one "copy" of 1
// in each step of 100 ns; ten steps, the first two of them warm-up.
func run() (steps, kernels *frames.Frame) {
	s := frames.NewBuilder("steps", frames.Schema{{Name: "phase", Kind: frames.String}, {Name: "state", Kind: frames.String}, {Name: "start", Kind: frames.Int64, Unit: "ns"}})
	k := frames.NewBuilder("kernels", frames.Schema{{Name: "name", Kind: frames.String}, {Name: "start", Kind: frames.Int64, Unit: "ns"}, {Name: "end", Kind: frames.Int64, Unit: "ns"}})
	for i := range int64(10) {
		state := "steady"
		if i < 2 {
			state = "warm-up"
		}
		s.Row("decode", state, 100*i)
		k.Row("void ns::gemm<float, (int)4>(float *)", 100*i+10, 100*i+20)
		k.Row("norm(int)", 100*i+30, 100*i+32)
		k.Row("gemm", 100*i+40, 100*i+50)
		k.Row("copy", 100*i+60, 100*i+61)
	}
	return s.Frame(), k.Frame()
}

// By hand: steady steps begin at 200, 300, …, 900; their GPU time in [200, 900) is
// 7 × 23 ns, of which gemm and norm have 22. The middle step is the fourth of eight,
// that at 500: 5 steps × 3 launches come before it, and 3 are in it.
func TestTargetOfSteadyDecode(t *testing.T) {
	t.Parallel()
	steps, kernels := run()
	got, err := capture.TargetOf(steps, kernels, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := capture.Target{Kernels: []string{"gemm", "norm"}, Share: 100 * 22.0 / 23, Skip: 15, Count: 3, Steps: 8}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	values := analysis.Values{}
	got.Into(values)
	if diff := cmp.Diff(analysis.Values{"kernels": "^(gemm|norm)$", "launch-skip": "15", "launch-count": "3"}, values); diff != "" {
		t.Error(diff)
	}
	if text := "2 kernels with 96 % of the GPU time, 3 launches from launch 16 on, of one of 8 steady decode steps: gemm, norm."; got.String() != text {
		t.Errorf("%q, want %q", got, text)
	}
}

// Without steps, the launches are those from the middle of the run on.
func TestTargetWithoutSteps(t *testing.T) {
	t.Parallel()
	_, kernels := run()
	got, err := capture.TargetOf(nil, kernels, 1)
	if err != nil {
		t.Fatal(err)
	}
	// The first kernel begins at 10, the last at 960: the middle is 485, and gemm has 10
	// launches on either side of it.
	if want := (capture.Target{Kernels: []string{"gemm"}, Share: 100 * 20.0 / 23, Skip: 10, Count: 10}); !cmp.Equal(want, got, cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestTargetOfNothing(t *testing.T) {
	t.Parallel()
	_, kernels := run()
	if _, err := capture.TargetOf(nil, kernels.Head(0), 1); fault.KindOf(err) != fault.Missing {
		t.Errorf("%v, want Missing", err)
	}
}

// The names are what Nsight Compute calls the function: the column of its reports.
func TestFunction(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"void at::native::vectorized_gather_kernel<(int)16, long>(char *, char *)":         "vectorized_gather_kernel",
		"nvjet_sm90_tst_128x8_64x12_2x1_v_bz_NNT":                                          "nvjet_sm90_tst_128x8_64x12_2x1_v_bz_NNT",
		"gemm_naive(const float *, const float *, float *, int)":                           "gemm_naive",
		"void (anonymous namespace)::softmax_warp_forward<float>(float *)":                 "softmax_warp_forward",
		"void cutlass::device_kernel<flash::enable_sm90<flash::FlashAttnFwdSm90<float>>>(": "device_kernel",
		"": "",
	} {
		if got := capture.Function(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// A pattern made of names matches these and no others.
func FuzzTargetPattern(f *testing.F) {
	f.Add("gemm(int)")
	f.Add("a+b<c>")
	f.Fuzz(func(t *testing.T, name string) {
		function, values := capture.Function(name), analysis.Values{}
		capture.Target{Kernels: []string{function}}.Into(values)
		pattern, err := regexp.Compile(values["kernels"])
		if err != nil || !pattern.MatchString(function) || pattern.MatchString("x"+function) {
			t.Errorf("%q gives the pattern %q, %v", function, values["kernels"], err)
		}
	})
}

// One kernel, by its full name: skip and count of its own launches in the step in the
// middle, or of its middle launch where the steady steps have none.
func TestTargetForKernel(t *testing.T) {
	t.Parallel()
	steps := frames.NewBuilder("steps", frames.Schema{{Name: "phase", Kind: frames.String}, {Name: "state", Kind: frames.String}, {Name: "start", Kind: frames.Int64}})
	for _, start := range []int64{100, 200, 300} {
		steps.Row("decode", "steady", start)
	}
	kernels := frames.NewBuilder("kernels", frames.Schema{{Name: "name", Kind: frames.String}, {Name: "start", Kind: frames.Int64}, {Name: "end", Kind: frames.Int64}})
	for _, k := range []struct {
		name       string
		start, end int64
	}{
		{"void load<int>(int*)", 0, 5}, {"void load<int>(int*)", 10, 15}, {"void load<int>(int*)", 20, 25},
		{"void ns::gemm<float>(A)", 50, 60}, {"void ns::gemm<float>(A)", 110, 140}, {"void ns::gemm<half>(A)", 210, 240}, {"void ns::gemm<half>(A)", 250, 260}, {"norm", 260, 270},
	} {
		kernels.Row(k.name, k.start, k.end)
	}
	for name, want := range map[string]capture.Target{
		// The steps that have an end are 100 to 200 and 200 to 300; the second one is the middle.
		// 30 + 30 + 10 of 80 ns are gemm.
		"void ns::gemm<half>(A)": {Kernels: []string{"gemm"}, Share: 87.5, Skip: 2, Count: 2, Steps: 3},
		// Three launches, all before: 3/2 = 1 is skipped.
		"void load<int>(int*)": {Kernels: []string{"load"}, Skip: 1, Count: 2, Steps: 3, Outside: true},
	} {
		got, err := capture.TargetFor(steps.Frame(), kernels.Frame(), name)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, cmp.Diff(want, got), err)
		}
	}
	if _, err := capture.TargetFor(nil, kernels.Frame(), "absent"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a kernel that is not there: %v", err)
	}
}
