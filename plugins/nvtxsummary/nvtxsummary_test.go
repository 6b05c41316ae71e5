package nvtxsummary_test

import (
	"testing"

	"profilemate/plugins/nvtxsummary"
	"profilemate/workbench/analysis/analysistest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	analysistest.Run(t, nvtxsummary.Analysis)
}
