package routing_test

import (
	"slices"
	"strings"
	"testing"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// Up to eight layers are one chart; more are charts of one group, none twice, each named
// after its first and last layer.
func TestLayerCharts(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "", 8: "cv//Title", 9: "cv-0-7/cv/Title, layers 0 to 7 cv-8-8/cv/Title, layers 8 to 8"} {
		var drawn []int
		charts := routing.LayerCharts(routing.UpTo(n), func(i int) int64 { return int64(i) }, func(part []int) result.Chart {
			drawn = append(drawn, part...)
			return result.Chart{Name: "cv", Title: "Title"}
		})
		var got []string
		for _, c := range charts {
			got = append(got, c.Name+"/"+c.Group+"/"+c.Title)
		}
		if strings.Join(got, " ") != want || !slices.Equal(drawn, routing.UpTo(n)) {
			t.Errorf("%d layers: %q of %v, want %q", n, got, drawn, want)
		}
	}
}

func TestMarks(t *testing.T) {
	t.Parallel()
	if got := routing.LayerMark(-1) + " " + routing.LayerMark(3) + " " + routing.Row([]int{3, 0, 5}) + routing.Row(nil); got != "unknown 3 3 0 5" {
		t.Errorf("marks %q", got)
	}
}
