package trend_test

import (
	"testing"

	"profilemate/plugins/trend"
	"profilemate/workbench/analysis/analysistest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	analysistest.Run(t, trend.Analysis)
}
