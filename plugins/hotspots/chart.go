package hotspots

import (
	"cmp"
	"math"
	"slices"

	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// spot is an instruction with its kernel.
type spot struct {
	kernel kernel
	*instruction
	time float64 // ns, or the share of samples when the profile is not timed
}

// spots are the hottest instructions of all kernels.
func spots(list []kernel, most int) []spot {
	var out []spot
	for _, k := range list {
		for _, x := range k.instructions {
			s := spot{k, x, k.timeAt(x.weight)}
			if math.IsNaN(s.time) {
				s.time = k.share(x.weight)
			}
			if s.time > 0 {
				out = append(out, s)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b spot) int { return cmp.Compare(b.time, a.time) })
	return out[:min(len(out), most)]
}

// mostSeries is how many reasons have a color of their own, beside that of issuing.
const mostSeries = 5

// chart stacks the reasons at the hottest instructions. ok is false without samples.
func chart(list []kernel, most int) (c result.Chart, ok bool) {
	shown := spots(list, most)
	if len(shown) == 0 {
		return c, false
	}
	c = result.Chart{Name: "hot-spots", Title: "Where warps are found, by what they wait for", Kind: result.Bar, Horizontal: true, Stacked: true,
		X: result.Axis{Label: "instruction"}, Y: result.Axis{Label: "time of the kernel, by samples", Unit: "ns"},
		Note: "A warp waits at the instruction that needs a value, not at the one that loads it."}
	if shown[0].kernel.Time == 0 {
		c.Y = result.Axis{Label: "of the kernel's samples", Unit: "%"}
	}
	totals := map[string]float64{}
	for _, s := range shown {
		c.X.Categories = append(c.X.Categories, s.kernel.Label+": "+s.name())
		for reason := range s.reasons {
			if reason != launch.Selected {
				totals[reason] += s.part(reason)
			}
		}
	}
	names := sortedReasons(totals)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(totals[b], totals[a]) })
	apart := names[:min(len(names), mostSeries)]
	for _, reason := range apart {
		c.Series = append(c.Series, series(reason, "", shown, func(s spot) float64 { return s.part(reason) }))
	}
	if len(names) > len(apart) {
		c.Series = append(c.Series, series("other reasons", "other", shown, func(s spot) float64 {
			sum := 0.0
			for _, reason := range names[len(apart):] {
				sum += s.part(reason)
			}
			return sum
		}))
	}
	issuing := series("selected (no stall)", "communication", shown, func(s spot) float64 { return s.part(launch.Selected) })
	if slices.ContainsFunc(issuing.Y, func(n result.Number) bool { return n > 0 }) {
		c.Series = append(c.Series, issuing)
	}
	if len(names) == 0 && len(c.Series) == 0 { // samples without reasons
		c.Series = append(c.Series, series("samples", "", shown, func(s spot) float64 { return s.time }))
	}
	return c, true
}

// part is the time that the samples of a reason stand for.
func (s spot) part(reason string) float64 { return s.time * s.reasons[reason] / s.weight }

func series(name, color string, shown []spot, value func(spot) float64) result.Series {
	out := result.Series{Name: name, Color: color}
	for _, s := range shown {
		out.Y = append(out.Y, result.Number(value(s)))
	}
	return out
}
