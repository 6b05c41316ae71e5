package cpusamples_test

import (
	"testing"

	"profilemate/plugins/cpusamples"
	"profilemate/workbench/analysis/analysistest"
)

func TestCPUSamples(t *testing.T) { analysistest.Run(t, cpusamples.Analysis) }
