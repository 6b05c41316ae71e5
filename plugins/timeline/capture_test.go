package timeline_test

import (
	"math"
	"path/filepath"
	"strconv"
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
			for _, bins := range []int64{1, 7, 2000} {
				r := enginetest.Run(t, timeline.Analysis, nsys.Format(), path, 2, analysis.Values{"bins": strconv.FormatInt(bins, 10)})
				f := r.Table("lanes").Frame
				if got := f.Ints("busy")[0]; got != c.busy || f.Ints("events")[0] != c.events {
					t.Errorf("%d parts: busy %d ns in %d events, not %d in %d", bins, got, f.Ints("events")[0], c.busy, c.events)
				}
				heat := r.Chart("busy").Heat.Values[0]
				width, sum := roundWidth(c.window, bins), 0.0
				if want := (c.window + width - 1) / width; int64(len(heat)) != want {
					t.Errorf("at most %d parts: there are %d, not %d of %d ns", bins, len(heat), want, width)
				}
				for i, share := range heat {
					sum += float64(share) / 100 * float64(min(width, c.window-int64(i)*width))
				}
				if math.Abs(sum-float64(c.busy)) > 1 {
					t.Errorf("%d parts: they add up to %.1f ns, not %d", bins, sum, c.busy)
				}
			}
		})
	}
}

// roundWidth returns the least width of the series 1, 2, 5, 10, … with which so many
// parts hold the window.
func roundWidth(window, most int64) int64 {
	for exponent := 0.0; ; exponent++ {
		for _, first := range []float64{1, 2, 5} {
			if width := first * math.Pow(10, exponent); math.Ceil(float64(window)/width) <= float64(most) {
				return int64(width)
			}
		}
	}
}
