package rules_test

import (
	"math"
	"testing"

	"profilemate/plugins/rules"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/analysis/launch/launchtest"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func TestRules(t *testing.T) { analysistest.Run(t, rules.Analysis) }

const captures = "../../workbench/artifacts/ncu/testdata/"

func run(t *testing.T, set string, params analysis.Values) *result.Result {
	t.Helper()
	return enginetest.Run(t, rules.Analysis, ncu.ReportFormat(), enginetest.Unpack(t, captures+"h100_mini_"+set+".ncu-rep.zst"), 2, params)
}

// The gain of each rule and kernel is the sum of what ncu's details page estimates of
// its launches, times their durations; both are printed with four digits.
func TestDetailsPage(t *testing.T) {
	t.Parallel()
	type place struct{ kernel, rule string }
	want, got := map[place]float64{}, map[place]float64{}
	for _, d := range launchtest.Details(t, captures+"h100_mini_full_details.csv.zst") {
		for rule, estimates := range d.Global {
			for _, v := range estimates {
				want[place{d.Key(), rule}] += v / 100 * d.Values["GPU Speed Of Light Throughput/Duration"]
			}
		}
	}
	f := run(t, "full", nil).Table("advice").Frame
	for i := range f.Len() {
		if gain := f.Column("gain"); !gain.IsNull(i) {
			got[place{launchtest.RowKey(f, i), f.Column("rule").Str(i)}] += gain.Float(i)
		}
	}
	if len(want) < 20 || len(got) != len(want) {
		t.Errorf("%d gains, the details page has %d, want at least 20", len(got), len(want))
	}
	for at, ns := range want {
		if math.Abs(got[at]-ns) > 0.001*ns+2 {
			t.Errorf("%s of %s: %v ns, the details page says %v", at.rule, at.kernel, got[at], ns)
		}
	}
}

// Advice stands in the order of gain, then that of local estimates, then without any.
func TestOrder(t *testing.T) {
	t.Parallel()
	f := run(t, "full", nil).Table("advice").Frame
	seen, last := "global", math.Inf(1)
	for i := range f.Len() {
		kind, gain := f.Column("estimate").Str(i), f.Column("gain").Float(i)
		if kind != seen && (seen == "" || kind == "global") {
			t.Errorf("row %d: %q advice behind %q", i, kind, seen)
		}
		if kind == "global" && gain > last {
			t.Errorf("row %d: a gain of %v behind one of %v", i, gain, last)
		}
		seen, last = kind, gain
	}
}

// The basic set applies few rules; which sections have more is said.
func TestBasicSet(t *testing.T) {
	t.Parallel()
	r := run(t, "basic", nil)
	if r.Table("advice").Frame.Len() == 0 {
		t.Fatal("the basic set has no advice")
	}
	for _, f := range r.Findings {
		if f.Text == "The report lacks 6 sections with rules: ComputeWorkloadAnalysis, MemoryWorkloadAnalysis_Tables, SchedulerStats, WarpStateStats, InstructionStats, SourceCounters. What their rules would find is not known." {
			return
		}
	}
	t.Errorf("nothing says which sections are missing: %+v", r.Findings)
}
