package serversteps

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// unknown is the number of an engine that the log does not say.
const unknown = -1

// key is what steps are told apart by.
type key struct {
	engine int64
	phase  string
}

// group is the steps of one engine and phase.
type group struct {
	key
	times            []int64 // ns, ascending once closed
	context, created int64   // tokens
	stats            trace.Stats
}

// phaseOrder is the order of the table; the log's other words come behind.
func phaseOrder(phase string) int {
	return slices.Index([]string{"idle", "mixed", "decode", "prefill"}, phase)
}

// addSteps adds what the iterations say.
func addSteps(ctx context.Context, r *result.Result, f *frames.Frame, points int) error {
	groups, err := gather(ctx, f)
	if err != nil {
		return err
	}
	r.Add("phases", "Steps by phase", table(groups))
	r.Charts = append(r.Charts, timeChart(f, points), rateChart(f, points))
	tell(r, groups, f)
	return nil
}

func gather(ctx context.Context, f *frames.Frame) ([]*group, error) {
	found := map[key]*group{}
	engines, phases := f.Column("engine"), f.Strings("phase")
	context, created, times := f.Ints("context_tokens"), f.Ints("generation_tokens"), f.Ints("time")
	for i, phase := range phases {
		if i%65536 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		k := key{engineAt(engines, i), phase}
		g := found[k]
		if g == nil {
			g = &group{key: k}
			found[k] = g
		}
		g.times = append(g.times, times[i])
		g.context, g.created = g.context+context[i], g.created+created[i]
	}
	list := slices.SortedFunc(maps.Values(found), func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.engine, b.engine), cmp.Compare(phaseOrder(b.phase), phaseOrder(a.phase)), cmp.Compare(a.phase, b.phase))
	})
	for _, g := range list {
		slices.Sort(g.times)
		g.stats = trace.Describe(g.times)
	}
	return list, nil
}

func engineAt(c *frames.Column, row int) int64 {
	if c.IsNull(row) {
		return unknown
	}
	return c.Int(row)
}

func table(groups []*group) *frames.Frame {
	ns := func(name, doc string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Float64, Unit: "ns", Doc: doc}
	}
	whole := func(name, unit, doc string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Int64, Unit: unit, Doc: doc}
	}
	b := frames.NewBuilder("phases", frames.Schema{
		whole("engine", "", "number of the engine; missing where the log does not say"), {Name: "phase", Kind: frames.String},
		whole("steps", "", ""), whole("context_tokens", "", "tokens of prompts"), whole("generation_tokens", "", "tokens generated"),
		whole("time", "ns", "of all steps"), {Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the engine's time in steps"},
		ns("median", "of a step"), ns("p90", "of a step"), ns("p99", "of a step"), whole("max", "ns", "longest step"),
		ns("per_token", "time over tokens of both kinds"), {Name: "rate", Kind: frames.Float64, Unit: "tokens/s", Doc: "tokens over time"}})
	totals := map[int64]int64{}
	for _, g := range groups {
		totals[g.engine] += g.stats.Total
	}
	for _, g := range groups {
		tokens, engine, share := g.context+g.created, any(g.engine), any(nil)
		if g.engine == unknown {
			engine = nil
		}
		if totals[g.engine] > 0 {
			share = result.Share(g.stats.Total, totals[g.engine])
		}
		b.Row(engine, g.phase, g.stats.Count, g.context, g.created, g.stats.Total, share, g.stats.Median, trace.Quantile(g.times, 0.9),
			trace.Quantile(g.times, 0.99), g.stats.Max, quotient(float64(g.stats.Total), tokens), quotient(float64(tokens)*1e9, g.stats.Total))
	}
	return b.Frame()
}

// quotient is a over b, no value where b is 0.
func quotient(a float64, b int64) any {
	if b == 0 {
		return nil
	}
	return a / float64(b)
}

// tell says what the steps amount to, and what prompts cost those who generate.
func tell(r *result.Result, groups []*group, f *frames.Frame) {
	for _, engine := range enginesOf(groups) {
		own := map[string]*group{}
		steps, tokens, created, time := int64(0), int64(0), int64(0), int64(0)
		for _, g := range groups {
			if g.engine == engine {
				own[g.phase] = g
				steps, tokens, created, time = steps+g.stats.Count, tokens+g.context+g.created, created+g.created, time+g.stats.Total
			}
		}
		if time == 0 {
			continue
		}
		r.Note("%s took %s in %s: %.0f tokens/s, of which %.0f generated.", engineName(engine), result.Duration(time),
			result.Count(steps, "step"), float64(tokens)*1e9/float64(time), float64(created)*1e9/float64(time))
		tellMixed(r, engine, own["decode"], own["mixed"])
	}
	tellGaps(r, f)
}

func enginesOf(groups []*group) []int64 {
	var list []int64
	for _, g := range groups {
		if !slices.Contains(list, g.engine) {
			list = append(list, g.engine)
		}
	}
	return list
}

func engineName(engine int64) string {
	if engine == unknown {
		return "The engine without a number"
	}
	return fmt.Sprintf("Engine %d", engine)
}

// stretched is from which factor on a step with a prompt is told of.
const stretched = 2

// tellMixed compares steps that work on prompts too with those that only generate.
func tellMixed(r *result.Result, engine int64, decode, mixed *group) {
	if decode == nil || mixed == nil || decode.stats.Median <= 0 || mixed.stats.Median < stretched*decode.stats.Median {
		return
	}
	r.Warn("Lower --max-num-batched-tokens, or serve prompts on GPUs of their own, where the time between tokens matters.",
		"%s: where a prompt is worked on beside generation, a step takes %s at the median, %.1f times the %s of decode alone: everybody who generates waits that long, in %s.",
		engineName(engine), result.Duration(int64(mixed.stats.Median)), mixed.stats.Median/decode.stats.Median,
		result.Duration(int64(decode.stats.Median)), result.Count(mixed.stats.Count, "step"))
}

// tellGaps says how many step numbers the log passes over. Numbers that fall are those
// of a server that was started again.
func tellGaps(r *result.Result, f *frames.Frame) {
	last, missing := map[int64]int64{}, int64(0)
	engines := f.Column("engine")
	for i, step := range f.Ints("step") {
		engine := engineAt(engines, i)
		if before, seen := last[engine]; seen && step > before+1 {
			missing += step - before - 1
		}
		last[engine] = step
	}
	if missing > 0 {
		r.Warn("", "The log passes over %s: times and tokens are those of the others.", result.Count(missing, "step"))
	}
}
