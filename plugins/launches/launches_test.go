package launches_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/plugins/launches"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/engine/enginetest"
)

func TestLaunches(t *testing.T) { analysistest.Run(t, launches.Analysis) }

const captures = "../../workbench/artifacts/ncu/testdata/"

// A report and its print-out give the same kernels, launches, times and counted
// bytes.
func TestSources(t *testing.T) {
	t.Parallel()
	a := enginetest.Run(t, launches.Analysis, ncu.ReportFormat(), enginetest.Unpack(t, captures+"h100_mini_full.ncu-rep.zst"), 1, nil)
	b := enginetest.Run(t, launches.Analysis, ncu.Format(), enginetest.Unpack(t, captures+"h100_mini_full_raw_base.csv.zst"), 1, nil)
	for table, columns := range map[string][]string{
		"kernels":  {"kernel", "grid", "block", "launches", "time", "mean", "first", "class", "dram_bytes", "flop_tensor", "device"},
		"launches": {"launch", "id", "nvtx", "stream", "time", "class", "registers", "dram_bytes", "traffic", "kernel"},
	} {
		for _, column := range columns {
			got, want := a.Table(table).Frame.Strings(column), b.Table(table).Frame.Strings(column)
			if len(want) < 7 {
				t.Errorf("%s has %d rows", table, len(want))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s.%s (-print-out +report):\n%s", table, column, diff)
			}
		}
	}
}
