package timeline_test

import (
	"math"
	"path/filepath"
	"testing"

	"profilemate/plugins/timeline"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
)

const (
	demo    = "../../notebooks/demo/captures"
	nsysDir = "../../workbench/artifacts/nsys/testdata"
)

// The busy time of the only stream is what gpu-utilization has for the device, which
// was counted by another program. However the window is cut, the parts add up to it.
func TestCaptures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		folder, name         string
		window, busy, events int64
	}{
		{demo, "demo_eager", 506756618, 31302951, 9398},
		{demo, "demo_cudagraph", 521107442, 89233121, 26896},
		{nsysDir, "h100_mini_nodes", 8111163, 7466994, 111},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := enginetest.Unpack(t, filepath.Join(c.folder, c.name+".sqlite.zst"))
			for _, bins := range []string{"1", "7", "2000"} {
				r := enginetest.Run(t, timeline.Analysis, nsys.Format(), path, 2, analysis.Values{"bins": bins})
				f := r.Table("lanes").Frame
				if got := f.Ints("busy")[0]; got != c.busy || f.Ints("events")[0] != c.events {
					t.Errorf("%s parts: busy %d ns in %d events, not %d in %d", bins, got, f.Ints("events")[0], c.busy, c.events)
				}
				heat := r.Chart("busy").Heat.Values[0]
				width, sum := parts(c.window, len(heat)), 0.0
				for i, share := range heat {
					sum += float64(share) / 100 * float64(min(width, c.window-int64(i)*width))
				}
				if math.Abs(sum-float64(c.busy)) > 1 {
					t.Errorf("%s parts: they add up to %.1f ns, not %d", bins, sum, c.busy)
				}
			}
		})
	}
}

// parts returns the least width with which so many parts hold the window.
func parts(window int64, count int) int64 { return (window + int64(count) - 1) / int64(count) }
