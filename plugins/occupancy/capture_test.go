package occupancy_test

import (
	"math"
	"regexp"
	"strconv"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/occupancy"
	"profilemate/workbench/analysis/launch/launchtest"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/engine/enginetest"
)

const captures = "../../workbench/artifacts/ncu/testdata/"

func table(t testing.TB, capture string) *frames.Frame {
	t.Helper()
	path := enginetest.Unpack(t, captures+capture)
	f := enginetest.Run(t, occupancy.Analysis, ncu.Format(), path, 2, nil).Table("occupancy").Frame
	if f.Len() != 7 {
		t.Fatalf("%d kernels and shapes, not 7", f.Len())
	}
	return f
}

// Occupancy is what ncu's details page says of the launches, weighted by time, and
// so are the full waves and the time that ncu gives the tail.
func TestDetailsPage(t *testing.T) {
	t.Parallel()
	details := launchtest.Details(t, captures+"h100_mini_full_details.csv.zst")
	f := table(t, "h100_mini_full_raw_base.csv.zst")
	for i := range f.Len() {
		key := launchtest.RowKey(f, i)
		for column, label := range map[string]string{
			"theoretical": "Occupancy/Theoretical Occupancy",
			"achieved":    "Occupancy/Achieved Occupancy",
			"waves":       "Launch Statistics/Waves Per SM",
			"registers":   "Launch Statistics/Registers Per Thread",
		} {
			if got, want := f.Column(column).Float(i), launchtest.Mean(t, details, key, label); math.Abs(got-want) > 0.011 {
				t.Errorf("%s: %s is %v, the details page says %v", key, column, got, want)
			}
		}
	}
}

// tailRule is what ncu says of a tail.
var tailRule = regexp.MustCompile(`results in (\d+) full waves and a partial wave of (\d+) thread blocks\..* up to ([\d.]+)% of`)

func TestTailRule(t *testing.T) {
	t.Parallel()
	const placesOfDevice = 132 * 8 // SMs and blocks of each, the same for all kernels with a tail here
	f, said := table(t, "h100_mini_full_raw_base.csv.zst"), map[string][]string{}
	for _, d := range launchtest.Details(t, captures+"h100_mini_full_details.csv.zst") {
		for _, text := range d.Rules["LaunchConfiguration"] {
			if m := tailRule.FindStringSubmatch(text); m != nil {
				said[d.Key()] = m
			}
		}
	}
	if len(said) != 4 {
		t.Fatalf("ncu tells of %d kernels with a tail, not 4", len(said))
	}
	for i := range f.Len() {
		m := said[launchtest.RowKey(f, i)]
		if m == nil {
			continue
		}
		if full := strconv.FormatFloat(math.Floor(f.Column("waves").Float(i)), 'f', 0, 64); full != m[1] {
			t.Errorf("%s full waves, ncu says %s", full, m[1])
		}
		// ncu says 929 where 4096 - 3 × 1056 = 928.
		blocks, _ := strconv.ParseFloat(m[2], 64)
		if got := f.Column("last_wave").Float(i) / 100 * placesOfDevice; math.Abs(got-blocks) > 1.001 {
			t.Errorf("%v blocks in the last wave, ncu says %v", got, blocks)
		}
		percent, _ := strconv.ParseFloat(m[3], 64)
		if got := f.Column("tail_time").Float(i); math.Abs(got-percent) > 0.05 {
			t.Errorf("%v %% of the time in the tail, ncu says %v", got, percent)
		}
	}
}

// ncu prints the sums of its occupancy curves, in warps of an SM: over 0 to 256
// registers a thread, and over blocks of 1 thread and of every multiple of 16 up to
// 1,024. The rules give the same sums.
func TestCurves(t *testing.T) {
	t.Parallel()
	h100 := occupancy.SM{Registers: 65536, Warps: 64, Blocks: 32, Shared: 32768}
	for _, c := range []struct {
		kernel                                             string
		threads, registers, shared, registerSum, threadSum float64
	}{
		{"saxpy", 256, 16, 1024, 5504, 3670},
		{"gemm_naive", 256, 32, 1024, 5504, 3670},
		{"gemm_wmma", 128, 32, 1024, 5792, 3670},
		{"reduce_sum", 256, 16, 2048, 5504, 3528},
	} {
		warps := func(threads, registers float64) float64 {
			return occupancy.RuleOccupancy(h100, threads, registers, c.shared) / 100 * h100.Warps
		}
		sum := 0.0
		for registers := range 257 {
			sum += warps(c.threads, float64(registers))
		}
		if sum != c.registerSum {
			t.Errorf("%s: %v warps over all registers, ncu has %v", c.kernel, sum, c.registerSum)
		}
		sum = warps(1, c.registers)
		for threads := 16; threads <= 1024; threads += 16 {
			sum += warps(float64(threads), c.registers)
		}
		if sum != c.threadSum {
			t.Errorf("%s: %v warps over all block sizes, ncu has %v", c.kernel, sum, c.threadSum)
		}
	}
}
