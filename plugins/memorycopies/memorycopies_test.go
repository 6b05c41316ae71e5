package memorycopies_test

import (
	"testing"

	"profilemate/plugins/memorycopies"
	"profilemate/workbench/analysis/analysistest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	analysistest.Run(t, memorycopies.Analysis)
}
