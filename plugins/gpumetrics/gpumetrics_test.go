package gpumetrics_test

import (
	"testing"

	"profilemate/plugins/gpumetrics"
	"profilemate/workbench/analysis/analysistest"
)

func TestGPUMetrics(t *testing.T) { analysistest.Run(t, gpumetrics.Analysis) }
