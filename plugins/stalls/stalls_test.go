package stalls_test

import (
	"math"
	"regexp"
	"strconv"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/stalls"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/analysis/launch/launchtest"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/engine/enginetest"
)

func TestStalls(t *testing.T) { analysistest.Run(t, stalls.Analysis) }

const captures = "../../workbench/artifacts/ncu/testdata/"

// stallRule is what ncu's rule CPIStall says.
var stallRule = regexp.MustCompile(`spends ([\d.]+) cycles being stalled waiting for (.*)\. .* This stall type represents about ([\d.]+)% of the total average of ([\d.]+) cycles`)

// Top reason, its cycles and share, and the cycles between two instructions are what
// ncu's details page says of the same report; of several launches, the least and the
// most of what it says are the bounds.
func TestDetailsPage(t *testing.T) {
	t.Parallel()
	details := launchtest.Details(t, captures+"h100_mini_full_details.csv.zst")
	r := enginetest.Run(t, stalls.Analysis, ncu.Format(), enginetest.Unpack(t, captures+"h100_mini_full_raw_base.csv.zst"), 2, nil)
	f, told := r.Table("kernels").Frame, 0
	for i := range f.Len() {
		key := launchtest.RowKey(f, i)
		if got, want := f.Column("latency").Float(i), launchtest.Mean(t, details, key, "Warp State Statistics/Warp Cycles Per Issued Instruction"); math.Abs(got-want) > 0.002*want {
			t.Errorf("%s: %v cycles between instructions, the details page says %v", key, got, want)
		}
		if got, want := f.Column("idle").Float(i), launchtest.Mean(t, details, key, "Scheduler Statistics/No Eligible"); math.Abs(got-want) > 0.02 {
			t.Errorf("%s: no ready warp in %v %%, the details page says %v", key, got, want)
		}
		if checkRule(t, details, key, f, i) {
			told++
		}
	}
	if told < 5 {
		t.Errorf("ncu's rule was compared for %d kernels, fewer than 5", told)
	}
}

func checkRule(t *testing.T, details []*launchtest.Detail, key string, f *frames.Frame, row int) bool {
	low, high := math.Inf(1), math.Inf(-1)
	for _, d := range details {
		if d.Key() != key {
			continue
		}
		for _, text := range d.Rules["CPIStall"] {
			if m := stallRule.FindStringSubmatch(text); m != nil {
				share, _ := strconv.ParseFloat(m[3], 64)
				low, high = math.Min(low, share), math.Max(high, share)
			}
		}
	}
	if got := f.Column("top_share").Float(row); high > 0 && (got < low-0.06 || got > high+0.06) {
		t.Errorf("%s: %v %% for the top reason, ncu says %v to %v", key, got, low, high)
	}
	return high > 0
}

// BenchmarkStalls reads the 60,000 metrics of 28 launches and adds the stalls up,
// without a store.
func BenchmarkStalls(b *testing.B) {
	path := enginetest.Unpack(b, captures+"h100_mini_full_raw_base.csv.zst")
	b.ReportAllocs()
	for b.Loop() {
		enginetest.Run(b, stalls.Analysis, ncu.Format(), path, 2, nil)
	}
}
