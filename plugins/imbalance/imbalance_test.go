package imbalance_test

import (
	"testing"

	"profilemate/plugins/imbalance"
	"profilemate/workbench/analysis/analysistest"
)

func TestImbalance(t *testing.T) { analysistest.Run(t, imbalance.Analysis) }
