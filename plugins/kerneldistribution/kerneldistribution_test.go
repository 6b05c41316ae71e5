package kerneldistribution_test

import (
	"testing"

	"profilemate/plugins/kerneldistribution"
	"profilemate/workbench/analysis/analysistest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	analysistest.Run(t, kerneldistribution.Analysis)
}
