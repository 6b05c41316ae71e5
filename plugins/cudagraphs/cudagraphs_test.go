package cudagraphs_test

import (
	"testing"

	"profilemate/plugins/cudagraphs"
	"profilemate/workbench/analysis/analysistest"
)

func TestCudaGraphs(t *testing.T) { analysistest.Run(t, cudagraphs.Analysis) }
