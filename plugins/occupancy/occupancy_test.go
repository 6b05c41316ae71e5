package occupancy_test

import (
	"testing"

	"profilemate/plugins/occupancy"
	"profilemate/workbench/analysis/analysistest"
)

func TestOccupancy(t *testing.T) { analysistest.Run(t, occupancy.Analysis) }
