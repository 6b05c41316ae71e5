package memoryusage_test

import (
	"testing"

	"profilemate/plugins/memoryusage"
	"profilemate/workbench/analysis/analysistest"
)

func TestMemoryUsage(t *testing.T) { analysistest.Run(t, memoryusage.Analysis) }
