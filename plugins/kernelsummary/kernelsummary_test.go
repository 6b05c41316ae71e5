package kernelsummary_test

import (
	"testing"

	"profilemate/plugins/kernelsummary"
	"profilemate/workbench/analysis/analysistest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	analysistest.Run(t, kernelsummary.Analysis)
}
