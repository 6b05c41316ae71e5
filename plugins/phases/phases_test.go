package phases_test

import (
	"testing"

	"profilemate/plugins/phases"
	"profilemate/workbench/analysis/analysistest"
)

func TestPhases(t *testing.T) { analysistest.Run(t, phases.Analysis) }
