package roofline_test

import (
	"math"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/roofline"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

const report = "../../workbench/artifacts/ncu/testdata/h100_mini_full.ncu-rep.zst"

func run(t *testing.T, params analysis.Values) *result.Result {
	t.Helper()
	return enginetest.Run(t, roofline.Analysis, ncu.ReportFormat(), enginetest.Unpack(t, report), 2, params)
}

func rowOf(t *testing.T, f *frames.Frame, function, grid, precision string) int {
	t.Helper()
	for i := range f.Len() {
		if f.Column("function").Str(i) == function && f.Column("grid").Str(i) == grid && f.Column("precision").Str(i) == precision {
			return i
		}
	}
	t.Fatalf("no %s %s in %s", function, grid, precision)
	return 0
}

// The program's own count of its operations is what the report says, to the last one;
// transpose has none, and so no point.
func TestKnownWork(t *testing.T) {
	t.Parallel()
	r := run(t, nil)
	f := r.Table("roofline").Frame
	for _, want := range []struct {
		function, grid, precision string
		flop                      float64
	}{
		{"saxpy", "(65536, 1, 1)", "fp32", 2 << 24},               // an FMA of each of 2^24 floats
		{"gemm_naive", "(64, 64, 1)", "fp32", 2 << 30},            // 2 · 1024³
		{"gemm_wmma", "(64, 16, 1)", "tensor fp16", 2 << 30},      // 2 · 1024³, not 512 an instruction
		{"fp64_chain", "(4096, 1, 1)", "fp64", 2 * 256 * 1 << 20}, // 256 FMA of each of 2^20 threads
	} {
		i := rowOf(t, f, want.function, want.grid, want.precision)
		if got := f.Column("ops_per_launch").Float(i); got != want.flop {
			t.Errorf("%s %s: %v FLOP in %s, not %v", want.function, want.grid, got, want.precision, want.flop)
		}
		if from := f.Column("roof_from").Str(i); from != "report" {
			t.Errorf("%s: the roof is from the %s", want.function, from)
		}
	}
	if method := f.Column("method").Str(rowOf(t, f, "gemm_wmma", "(64, 16, 1)", "tensor fp16")); method != "exact" {
		t.Errorf("tensor operations are counted by %s", method)
	}
	for i := range f.Len() {
		if f.Column("function").Str(i) == "transpose_naive" {
			t.Error("transpose has a point")
		}
	}
	mentioned(t, r, "transpose_naive (64, 64, 1) executes no floating-point operations", "")
}

// mentioned fails unless a finding begins with text and contains more.
func mentioned(t *testing.T, r *result.Result, text, more string) {
	t.Helper()
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Text, text) && strings.Contains(f.Text, more) {
			return
		}
	}
	t.Errorf("no finding says %q and %q", text, more)
}

// gemm_naive lies on the compute side of the ridge at 8 % of the fp32 peak, while ncu's
// rule calls it bound by memory: both stand in the table, and a finding explains it.
func TestBothTrue(t *testing.T) {
	t.Parallel()
	r := run(t, nil)
	f := r.Table("roofline").Frame
	i := rowOf(t, f, "gemm_naive", "(64, 64, 1)", "fp32")
	if side, class := f.Column("side").Str(i), f.Column("class").Str(i); side != "compute side" || class != "High Throughput (memory)" {
		t.Errorf("gemm_naive is on the %s and ncu says %s", side, class)
	}
	if got := math.Round(f.Column("of_peak").Float(i)); got != 8 {
		t.Errorf("gemm_naive is at %v %% of the fp32 peak", got)
	}
	mentioned(t, r, "gemm_naive (64, 64, 1) lies on the compute side of the ridge", "Both are true: the busy memory unit is a cache or its pipe, not DRAM")
}

// Filters leave what they ask for: a kernel, a precision, an NVTX range.
func TestFilters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		params       analysis.Values
		column, want string
	}{
		{analysis.Values{"kernel": "gemm"}, "function", "gemm_naive gemm_wmma"},
		{analysis.Values{"precision": "tensor"}, "precision", "tensor fp16"},
		{analysis.Values{"precision": "fp64"}, "function", "fp64_chain"},
		{analysis.Values{"range": "prefill"}, "function", "fp64_chain gemm_naive saxpy"},
		{analysis.Values{"range": "layer_0.attention", "precision": "fp32"}, "function", "saxpy"},
	} {
		f := run(t, c.params).Table("roofline").Frame
		for i := range f.Len() {
			if !strings.Contains(c.want, f.Column(c.column).Str(i)) {
				t.Errorf("%v: %s", c.params, f.Column(c.column).Str(i))
			}
		}
		for _, want := range strings.Split(c.want, " ") {
			if c.column == "function" {
				found := false
				for i := range f.Len() {
					found = found || f.Column("function").Str(i) == want
				}
				if !found {
					t.Errorf("%v: no %s", c.params, want)
				}
			}
		}
		if f.Len() == 0 {
			t.Errorf("%v: nothing", c.params)
		}
	}
}
