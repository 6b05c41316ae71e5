package coselection_test

import (
	"testing"

	"profilemate/plugins/coselection"
	"profilemate/workbench/analysis/analysistest"
)

func TestCoselection(t *testing.T) { analysistest.Run(t, coselection.Analysis) }
