package health_test

import (
	"testing"

	"profilemate/plugins/health"
	"profilemate/workbench/analysis/analysistest"
)

func TestHealth(t *testing.T) { analysistest.Run(t, health.Analysis) }
