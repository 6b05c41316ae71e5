package routingkernels_test

import (
	"testing"

	"profilemate/plugins/routingkernels"
	"profilemate/workbench/analysis/analysistest"
)

func TestRoutingKernels(t *testing.T) { analysistest.Run(t, routingkernels.Analysis) }
