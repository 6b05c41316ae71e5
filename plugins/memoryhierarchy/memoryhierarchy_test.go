package memoryhierarchy_test

import (
	"math"
	"regexp"
	"strconv"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/memoryhierarchy"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/analysis/launch/launchtest"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func TestMemoryHierarchy(t *testing.T) { analysistest.Run(t, memoryhierarchy.Analysis) }

const captures = "../../workbench/artifacts/ncu/testdata/"

func full(t testing.TB) *result.Result {
	t.Helper()
	return enginetest.Run(t, memoryhierarchy.Analysis, ncu.Format(), enginetest.Unpack(t, captures+"h100_mini_full_raw_base.csv.zst"), 2, nil)
}

// between fails when a value is outside what ncu says of a kernel's launches.
func between(t *testing.T, what string, got float64, said []float64, rounding float64) {
	t.Helper()
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range said {
		low, high = math.Min(low, v), math.Max(high, v)
	}
	if !(got >= low-rounding && got <= high+rounding) {
		t.Errorf("%s: %v, ncu says %v to %v", what, got, low, high)
	}
}

// Hit rates lie between those that the details page has of the kernel's launches:
// for one launch they are equal.
func TestHitRates(t *testing.T) {
	t.Parallel()
	details, f := launchtest.Details(t, captures+"h100_mini_full_details.csv.zst"), full(t).Table("memory").Frame
	for i := range f.Len() {
		key := launchtest.RowKey(f, i)
		for column, label := range map[string]string{"l1_hit": "L1/TEX Hit Rate", "l2_hit": "L2 Hit Rate"} {
			var said []float64
			for _, d := range details {
				if d.Key() == key {
					said = append(said, d.Values["Memory Workload Analysis/"+label])
				}
			}
			between(t, key+" "+column, f.Column(column).Float(i), said, 0.0051)
		}
	}
}

var (
	excessRule = regexp.MustCompile(`a total of (\d+) excessive sectors \((\d+)% of the total (\d+) sectors\)`)
	usedRule   = regexp.MustCompile(`global (load|store)s? (?:from|to) L1TEX might not be optimal\. On average, only ([\d.]+) of the 32 bytes`)
)

// Sectors in excess and bytes used are what ncu's rules say, for the kernels that
// they speak of; for the others nothing is in excess.
func TestCoalescingRules(t *testing.T) {
	t.Parallel()
	details, r := launchtest.Details(t, captures+"h100_mini_full_details.csv.zst"), full(t)
	excess, used := map[string][]string{}, map[string]float64{}
	for _, d := range details {
		for _, text := range d.Rules["UncoalescedGlobalAccess"] {
			excess[d.Key()] = excessRule.FindStringSubmatch(text)
		}
		for _, text := range d.Rules["MemoryCacheAccessPattern"] {
			if m := usedRule.FindStringSubmatch(text); m != nil {
				used[d.Key()+" global "+m[1]], _ = strconv.ParseFloat(m[2], 64)
			}
		}
	}
	if len(excess) != 2 || len(used) != 3 {
		t.Fatalf("ncu speaks of %d kernels with sectors in excess and %d accesses, not 2 and 3", len(excess), len(used))
	}
	memory := r.Table("memory").Frame
	for i := range memory.Len() {
		checkExcess(t, memory, i, excess[launchtest.RowKey(memory, i)])
	}
	access := r.Table("access").Frame
	for i := range access.Len() {
		name := launchtest.RowKey(access, i) + " " + access.Column("access").Str(i)
		want, told := used[name]
		if got := access.Column("used").Float(i); told && math.Abs(got-want) > 0.051 {
			t.Errorf("%s uses %v B of a sector, ncu says %v", name, got, want)
		}
	}
}

func checkExcess(t *testing.T, f *frames.Frame, row int, rule []string) {
	launches := f.Column("launches").Float(row)
	if rule == nil {
		if got := f.Column("excess").Float(row); got != 0 {
			t.Errorf("%s: %v %% in excess, ncu speaks of none", launchtest.RowKey(f, row), got)
		}
		return
	}
	over, _ := strconv.ParseFloat(rule[1], 64)
	all, _ := strconv.ParseFloat(rule[3], 64)
	if got := f.Column("global_sectors").Float(row) / launches; got != all {
		t.Errorf("%v sectors a launch, ncu says %v", got, all)
	}
	if got := (f.Column("global_sectors").Float(row) - f.Column("ideal_sectors").Float(row)) / launches; got != over {
		t.Errorf("%v sectors a launch in excess, ncu says %v", got, over)
	}
}

// What mini.cu is known to do: saxpy reads two and writes one array of 2^24 floats,
// 192 MiB between the SMs and L2, in requests of 4 sectors; the transpose of a
// 1,024 × 1,024 matrix reads in 4 sectors a request and writes in 16.
func TestKnownTraffic(t *testing.T) {
	t.Parallel()
	r := full(t)
	memory, access := r.Table("memory").Frame, r.Table("access").Frame
	for i := range memory.Len() {
		if memory.Column("function").Str(i) != "saxpy" || memory.Column("grid").Str(i) != "(65536, 1, 1)" {
			continue
		}
		if got := memory.Column("l2_read").Int(i) + memory.Column("l2_write").Int(i); got != 192<<20 {
			t.Errorf("saxpy moves %d B between SMs and L2, not 192 MiB", got)
		}
	}
	want := map[string]float64{"saxpy global load": 4, "saxpy global store": 4, "transpose_naive global load": 4, "transpose_naive global store": 16}
	found := 0
	for i := range access.Len() {
		name := access.Column("function").Str(i) + " " + access.Column("access").Str(i)
		if w, ok := want[name]; ok {
			found++
			if got := access.Column("per_request").Float(i); math.Abs(got-w) > 0.01 {
				t.Errorf("%s takes %v sectors a request, not %v", name, got, w)
			}
		}
	}
	if found != 6 { // saxpy runs in two shapes
		t.Errorf("%d rows of saxpy and transpose_naive, not 6", found)
	}
}
