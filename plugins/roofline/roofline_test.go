package roofline_test

import (
	"testing"

	"profilemate/plugins/roofline"
	"profilemate/workbench/analysis/analysistest"
)

func TestRoofline(t *testing.T) { analysistest.Run(t, roofline.Analysis) }
