package kernelshapes_test

import (
	"strconv"
	"testing"

	"profilemate/plugins/kernelshapes"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	analysistest.Run(t, kernelshapes.Analysis)
}

// The shapes of a name add up to what nsys stats says of the name.
func TestAgainstNsys(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Captures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := enginetest.Run(t, kernelshapes.Analysis, nsys.Format(), enginetest.Capture(t, name), 2, nil).Table("kernels").Frame
			totals := map[string]int64{}
			for i, kernel := range f.Strings("name") {
				totals[kernel] += f.Ints("total")[i]
			}
			rows := enginetest.CSV(t, "../kernelsummary/testdata/"+name+".csv.gz")
			if len(totals) != len(rows)-1 {
				t.Errorf("%d names, nsys has %d", len(totals), len(rows)-1)
			}
			for _, row := range rows[1:] {
				if got := totals[row[8]]; row[1] != strconv.FormatInt(got, 10) {
					t.Errorf("%s: %d ns, nsys %s", row[8], got, row[1])
				}
			}
		})
	}
}
