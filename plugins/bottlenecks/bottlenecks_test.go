package bottlenecks_test

import (
	"regexp"
	"testing"

	"profilemate/plugins/bottlenecks"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/analysis/launch/launchtest"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/engine/enginetest"
)

func TestBottlenecks(t *testing.T) { analysistest.Run(t, bottlenecks.Analysis) }

const captures = "../../workbench/artifacts/ncu/testdata/"

// sentences are how ncu's rule begins, by class.
var sentences = map[string]*regexp.Regexp{
	"High Throughput (memory)":  regexp.MustCompile(`^This workload is utilizing greater than 80`),
	"High Throughput (compute)": regexp.MustCompile(`^This workload is utilizing greater than 80`),
	"High Memory Throughput":    regexp.MustCompile(`^Memory is more heavily utilized than Compute: .* identify the (\w+) bottleneck`),
	"Small Grid":                regexp.MustCompile(`^This kernel grid is too small to fill|^This workload.* grid is too small`),
	"Latency Issue":             regexp.MustCompile(`^This workload exhibits low compute throughput and memory`),
}

// The class of each kernel of a report is that of the rule which ncu applied to its
// launches, and so is the unit where the rule names one.
func TestRule(t *testing.T) {
	t.Parallel()
	path := enginetest.Unpack(t, captures+"h100_mini_full.ncu-rep.zst")
	f := enginetest.Run(t, bottlenecks.Analysis, ncu.ReportFormat(), path, 2, nil).Table("bottlenecks").Frame
	said := map[string][]string{}
	for _, d := range launchtest.Details(t, captures+"h100_mini_full_details.csv.zst") {
		said[d.Key()] = append(said[d.Key()], d.Rules["SOLBottleneck"]...)
	}
	checked, units := 0, 0
	for i := range f.Len() {
		key, class := launchtest.RowKey(f, i), f.Column("class").Str(i)
		for _, sentence := range said[key] {
			m := sentences[class].FindStringSubmatch(sentence)
			if m == nil {
				t.Errorf("%s is %s, the rule says %q", key, class, sentence)
				continue
			}
			checked++
			if len(m) > 1 {
				units++
				if unit := f.Column("unit").Str(i); unit != m[1] {
					t.Errorf("%s: the busiest unit is %s, the rule says %s", key, unit, m[1])
				}
			}
		}
	}
	if f.Len() != 7 || checked != 28 || units < 2 {
		t.Errorf("%d kernels, %d sentences and %d units compared, want 7, 28 and at least 2", f.Len(), checked, units)
	}
}
