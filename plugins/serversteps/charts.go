package serversteps

import (
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/result"
)

// runs averages values that stand at ascending places in runs of as many places, at most
// points of them. A run without a value has none.
func runs(places int, points int, at []int, of func(i int) float64) (xs, ys []result.Number) {
	size := max((places+points-1)/points, 1)
	sum, n, begin := 0.0, 0, 0
	flush := func() {
		if n > 0 {
			xs, ys = append(xs, result.Number(begin)), append(ys, result.Number(sum/float64(n)))
		}
		sum, n = 0, 0
	}
	for _, i := range at {
		if i/size*size != begin {
			flush()
			begin = i / size * size
		}
		sum, n = sum+of(i), n+1
	}
	flush()
	return xs, ys
}

// timeChart draws the time of the steps by phase.
func timeChart(f *frames.Frame, points int) result.Chart {
	c := result.Chart{Name: "step-time", Kind: result.Scatter, Title: "Time of the steps", X: result.Axis{Label: "step, in the order of the log"},
		Y: result.Axis{Label: "time", Unit: "ns"}}
	times, phases := f.Ints("time"), f.Strings("phase")
	for _, phase := range []string{"prefill", "decode", "mixed"} {
		var at []int
		for i := range times {
			if phases[i] == phase {
				at = append(at, i)
			}
		}
		if len(at) > 0 {
			xs, ys := runs(len(times), points, at, func(i int) float64 { return float64(times[i]) })
			c.Series = append(c.Series, result.Series{Name: phase, X: xs, Y: ys})
		}
	}
	return c
}

// rateChart draws tokens per second: those of a run of steps over its time.
func rateChart(f *frames.Frame, points int) result.Chart {
	c := result.Chart{Name: "rate", Kind: result.Line, Title: "Tokens per second of step time", X: result.Axis{Label: "step, in the order of the log"},
		Y: result.Axis{Label: "rate", Unit: "tokens/s"}}
	times := f.Ints("time")
	for _, kind := range []struct{ name, column string }{{"prompts", "context_tokens"}, {"generation", "generation_tokens"}} {
		tokens := f.Ints(kind.column)
		at := every(len(times))
		xs, mean := runs(len(times), points, at, func(i int) float64 { return float64(tokens[i]) })
		_, time := runs(len(times), points, at, func(i int) float64 { return float64(times[i]) })
		for i := range mean {
			if mean[i] *= result.Number(1e9) / time[i]; time[i] == 0 {
				mean[i] = result.Number(math.NaN())
			}
		}
		c.Series = append(c.Series, result.Series{Name: kind.name, X: xs, Y: mean})
	}
	return c
}

func every(n int) []int {
	return slices.Collect(func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	})
}
