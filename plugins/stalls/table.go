package stalls

import (
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

func kernelTable(p *launch.Profile, list []kernel) *frames.Frame {
	text := func(name, doc string) frames.Field { return frames.Field{Name: name, Kind: frames.String, Doc: doc} }
	b := frames.NewBuilder("kernels", launch.Schema(
		text("top", "reason with most cycles, else most samples"),
		number("top_share", "%", "of the cycles between two instructions of a warp, else of samples"),
		text("waits_for", "the top reason in words"),
		text("second", "reason with second most"),
		number("second_share", "%", ""),
		number("latency", "cycle", "between two instructions of a warp, all reasons together"),
		number("idle", "%", "of active cycles in which a scheduler had no ready warp"),
		number("eligible", "warp", "ready warps of a scheduler"),
		number("active", "warp", "warps of a scheduler"),
	))
	for _, k := range list {
		none := stall{weight: math.NaN()}
		waits, words := append(k.waits(), none, none), ""
		if waits[0].reason != "" {
			words = launch.StallMeaning(waits[0].reason).Waits
		}
		p.Row(b, k.Kernel, launch.Text(waits[0].reason), launch.Number(waits[0].weight), launch.Text(words),
			launch.Text(waits[1].reason), launch.Number(waits[1].weight),
			launch.Number(k.latency), launch.Number(k.idle), launch.Number(k.eligible), launch.Number(k.active))
	}
	return b.Frame()
}

func stallTable(p *launch.Profile, list []kernel, least float64) *frames.Frame {
	b := frames.NewBuilder("stalls", launch.Schema(
		frames.Field{Name: "reason", Kind: frames.String, Doc: "as ncu names it; selected is no stall"},
		number("cycles", "cycle", "of a warp between two instructions"),
		number("cycle_share", "%", "of those cycles"),
		frames.Field{Name: "samples", Kind: frames.Int64, Unit: "sample", Doc: "program-counter samples of warps in this state"},
		number("sample_share", "%", "of all samples"),
		frames.Field{Name: "not_issued", Kind: frames.Int64, Unit: "sample", Doc: "those in which the scheduler had no warp to issue from"},
		frames.Field{Name: "waits_for", Kind: frames.String, Doc: "the reason in words"},
		frames.Field{Name: "help", Kind: frames.String, Doc: "what usually helps"},
	))
	for _, k := range list {
		for _, s := range k.stalls {
			if !(s.share >= least || s.sampled >= least) || s.cycles == 0 && s.samples == 0 {
				continue
			}
			m := launch.StallMeaning(s.reason)
			p.Row(b, k.Kernel, s.reason, launch.Number(s.cycles), launch.Number(s.share), launch.Whole(s.samples),
				launch.Number(s.sampled), launch.Whole(s.notIssued), m.Waits, launch.Text(m.Help))
		}
	}
	return b.Frame()
}

// mostSeries is how many reasons have a color of their own, beside that of issuing; the
// others are put together.
const mostSeries = 5

// chart stacks the shares of the reasons, the ones with most time over all kernels
// apart. ok is false when no kernel has any.
func chart(list []kernel, top int) (c result.Chart, ok bool) {
	c = result.Chart{Name: "stalls", Title: "What warps wait for in the kernels with most time", Kind: result.Bar, Horizontal: true, Stacked: true,
		X: result.Axis{Label: "kernel"}, Y: result.Axis{Label: "cycles between two instructions of a warp", Unit: "%"}}
	var shown []kernel
	for _, k := range list {
		if len(k.stalls) > 0 && len(shown) < top {
			shown = append(shown, k)
			c.X.Categories = append(c.X.Categories, k.Label)
		}
	}
	reasons := apart(shown)
	for _, reason := range append(reasons, "other reasons", launch.Selected) {
		s, some := result.Series{Name: reason}, false
		for _, k := range shown {
			s.Y = append(s.Y, result.Number(k.part(reason, reasons)))
			some = some || s.Y[len(s.Y)-1] > 0
		}
		if !some {
			continue
		}
		switch reason {
		case "other reasons":
			s.Color = "other"
		case launch.Selected:
			s.Name, s.Color = "selected (no stall)", "communication"
		}
		c.Series = append(c.Series, s)
	}
	return c, len(shown) > 0
}

// part is the share of a reason, or of the ones that are not apart.
func (k kernel) part(reason string, apart []string) float64 {
	sum := 0.0
	for _, s := range k.stalls {
		other := s.reason != launch.Selected && !slices.Contains(apart, s.reason)
		if (s.reason == reason || other && reason == "other reasons") && s.weight > 0 {
			sum += s.weight
		}
	}
	return sum
}
