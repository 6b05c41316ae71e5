package gpuutilization_test

import (
	"testing"

	"profilemate/plugins/gpuutilization"
	"profilemate/workbench/analysis/analysistest"
)

func TestGPUUtilization(t *testing.T) { analysistest.Run(t, gpuutilization.Analysis) }
