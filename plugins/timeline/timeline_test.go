package timeline_test

import (
	"testing"

	"profilemate/plugins/timeline"
	"profilemate/workbench/analysis/analysistest"
)

func TestTimeline(t *testing.T) { analysistest.Run(t, timeline.Analysis) }
