package apisummary_test

import (
	"testing"

	"profilemate/plugins/apisummary"
	"profilemate/workbench/analysis/analysistest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	analysistest.Run(t, apisummary.Analysis)
}
