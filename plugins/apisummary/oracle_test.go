package apisummary_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/plugins/apisummary"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

// version is the suffix that nsys stats leaves on a function where it has five
// digits.
var version = regexp.MustCompile(`_v\d+$`)

// Every cell of the table is the oracle's, and so is the order of the rows, with
// one worker and with several. Only the names of functions are shorter.
//
// The oracle in testdata is what nsys stats 2023.4.4 prints with
// --report cuda_api_sum --format csv.
func TestOracle(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Captures() {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", name, workers), func(t *testing.T) {
				t.Parallel()
				r := run(t, name, workers)
				want := enginetest.CSV(t, filepath.Join("testdata", name+".csv.gz"))[1:]
				for _, row := range want {
					last := len(row) - 1
					if n := len(version.FindString(row[last])); n == len("_v10000") {
						row[last] = version.ReplaceAllString(row[last], "")
					}
				}
				if diff := cmp.Diff(want, enginetest.Cells(t, r.Table("calls").Frame,
					"share", "total", "calls", "avg", "median", "min", "max", "stddev", "function")); diff != "" {
					t.Errorf("(-nsys stats +api-summary)\n%s", diff)
				}
			})
		}
	}
}

func run(t testing.TB, name string, workers int) *result.Result {
	t.Helper()
	return enginetest.Run(t, apisummary.Analysis, nsys.Format(), enginetest.Capture(t, name), workers, nil)
}

// The sentences about a real capture hold its numbers: 9,276 launches of the eager
// demo are 7,165 by cudaLaunchKernel and 2,111 by cuLaunchKernelEx, which took
// 68,291,688 + 21,840,880 ns.
func TestFindings(t *testing.T) {
	t.Parallel()
	r := run(t, "demo_eager", 2)
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Text, "9,276 kernel launches, ") && f.StakeNs == 68_291_688+21_840_880 {
			return
		}
	}
	t.Errorf("no finding about 9,276 launches in %+v", r.Findings)
}

// BenchmarkAPISummary reads and sums the calls of the eager demo (20,967), without
// a store.
func BenchmarkAPISummary(b *testing.B) {
	path := enginetest.Capture(b, "demo_eager")
	b.ReportAllocs()
	for b.Loop() {
		enginetest.Run(b, apisummary.Analysis, nsys.Format(), path, 2, nil)
	}
}
