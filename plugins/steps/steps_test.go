package steps_test

import (
	"testing"

	"profilemate/plugins/steps"
	"profilemate/workbench/analysis/analysistest"
)

func TestSteps(t *testing.T) { analysistest.Run(t, steps.Analysis) }
