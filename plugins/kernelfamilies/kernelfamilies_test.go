package kernelfamilies_test

import (
	"testing"

	"profilemate/plugins/kernelfamilies"
	"profilemate/workbench/analysis/analysistest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	analysistest.Run(t, kernelfamilies.Analysis)
}
