package phases_test

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"profilemate/plugins/phases"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
)

var percentage = regexp.MustCompile(`([0-9][0-9,]*(?:\.[0-9]+)?) %`)

// GPU work outlasts the short steps that launch it, many times over where graphs are
// hidden; no sentence may call that a part of the step.
func TestSharesArePossible(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"../../workbench/artifacts/nsys/testdata/h100_mini_graphs_hidden.sqlite.zst",
		"../../workbench/artifacts/nsys/testdata/h100_mini_nodes.sqlite.zst",
		"../../notebooks/demo/captures/demo_eager.sqlite.zst",
	} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			r := enginetest.Run(t, phases.Analysis, nsys.Format(), enginetest.Unpack(t, path), 2, nil)
			seen := 0
			for _, f := range r.Findings {
				for _, match := range percentage.FindAllStringSubmatch(f.Text, -1) {
					seen++
					if share, err := strconv.ParseFloat(strings.ReplaceAll(match[1], ",", ""), 64); err != nil || share > 100 {
						t.Errorf("%s in %q: no part of a whole (%v)", match[0], f.Text, err)
					}
				}
			}
			if seen == 0 {
				t.Error("no finding has a percentage: the test looks at nothing")
			}
		})
	}
}
