package serversteps

import (
	"slices"

	"profilemate/frames"
	"profilemate/workbench/result"
)

// balance is the lines of one engine, server and model.
type balance struct {
	engine        int64
	server, model string
	logged        []float64
	again         []float64 // from the line's mean and maximum, where it has both
	rows          []int
}

// addBalance adds what the load balancers logged.
func addBalance(r *result.Result, f *frames.Frame, points int) {
	list := balances(f)
	b := frames.NewBuilder("balance", frames.Schema{
		{Name: "engine", Kind: frames.Int64, Doc: "number of the engine; missing where the log does not say"},
		{Name: "server", Kind: frames.String}, {Name: "model", Kind: frames.String, Doc: "missing where the line names none"},
		{Name: "lines", Kind: frames.Int64}, {Name: "mean", Kind: frames.Float64, Doc: "balancedness as logged"},
		{Name: "worst", Kind: frames.Float64, Doc: "lowest one logged"}, {Name: "last", Kind: frames.Float64, Doc: "last one logged"},
		{Name: "from_tokens", Kind: frames.Float64, Doc: "mean over maximum tokens of the lines that give both, on average"}})
	c := result.Chart{Name: "balance", Kind: result.Line, Title: "Balancedness as logged", X: result.Axis{Label: "line, in the order of the log"},
		Y: result.Axis{Label: "mean over maximum"}}
	for _, g := range list {
		engine, model := any(g.engine), any(g.model)
		if g.engine == unknown {
			engine = nil
		}
		if g.model == "" {
			model = nil
		}
		b.Row(engine, g.server, model, int64(len(g.logged)), mean(g.logged), slices.Min(g.logged), g.logged[len(g.logged)-1], mean(g.again))
		values := f.Floats("balancedness")
		xs, ys := runs(f.Len(), points, g.rows, func(i int) float64 { return values[i] })
		c.Series = append(c.Series, result.Series{Name: g.name(), X: xs, Y: ys})
	}
	r.Add("balance", "Balancedness", b.Frame())
	r.Charts = append(r.Charts, c)
	tellBalance(r, list)
}

// mean is the average, no value of none.
func mean(list []float64) any {
	if len(list) == 0 {
		return nil
	}
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	return sum / float64(len(list))
}

func (g *balance) name() string {
	text := g.server
	if g.model != "" {
		text += ", " + g.model
	}
	if g.engine != unknown {
		text += ", engine " + result.Grouped(g.engine)
	}
	return text
}

func balances(f *frames.Frame) []*balance {
	var list []*balance
	engines, models := f.Column("engine"), f.Column("model")
	means, most, values, servers, names := f.Column("mean_tokens"), f.Column("max_tokens"), f.Floats("balancedness"), f.Strings("server"), f.Strings("model")
	for i, v := range values {
		own := balance{engine: engineAt(engines, i), server: servers[i]}
		if !models.IsNull(i) {
			own.model = names[i]
		}
		at := slices.IndexFunc(list, func(g *balance) bool {
			return g.engine == own.engine && g.server == own.server && g.model == own.model
		})
		if at < 0 {
			at, list = len(list), append(list, &own)
		}
		g := list[at]
		g.logged, g.rows = append(g.logged, v), append(g.rows, i)
		if !means.IsNull(i) && !most.IsNull(i) && most.Float(i) > 0 {
			g.again = append(g.again, means.Float(i)/most.Float(i))
		}
	}
	return list
}

// tellBalance says how balanced the ranks were. That vLLM's figure may be wrong is said by
// the reader, which knows the version.
func tellBalance(r *result.Result, list []*balance) {
	for _, g := range list {
		worst := slices.Min(g.logged)
		r.Note("%s: balancedness of %.3f on average over %s, %.3f at worst.", g.name(), mean(g.logged),
			result.Count(int64(len(g.logged)), "line"), worst)
	}
}
