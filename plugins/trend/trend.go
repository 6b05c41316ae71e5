// Package trend shows how figures of runs went over time.
package trend

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the trend; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "trend",
	Doc: `how figures of runs went over time

One line per figure and model of a history that profilemate history keeps: each run's value, and its change
from the run before and from the first one. Where the level of a figure shifts, by a rank test (Pettitt) over
at least twenty runs and by at least 5 %, the run with which it does is named. Figures of different kinds of profile are never in one
line.`,
	Version: 2,
	Roles: []analysis.Role{{Name: "history", Kind: "history", Doc: "a history of runs", Tables: []analysis.Need{{Table: "figures", Doc: "add a run with profilemate history add",
		Columns: []frames.Field{{Name: "run", Kind: frames.Int64}, {Name: "time", Kind: frames.Int64, Unit: "ns"}, {Name: "run_name", Kind: frames.String}, {Name: "kind", Kind: frames.String},
			{Name: "model", Kind: frames.String}, {Name: "commit", Kind: frames.String}, {Name: "figure", Kind: frames.String}, {Name: "unit", Kind: frames.String}, {Name: "better", Kind: frames.String},
			{Name: "value", Kind: frames.Float64}}}}}},
	Outputs: []analysis.Output{
		{Name: "trend", Kind: analysis.TableOutput, Doc: "one row per figure and run"},
		{Name: "trend", Kind: analysis.ChartOutput, Doc: "value of each run; one chart a figure"},
	},
	Defaults: Params{Figure: "phase/*/step_time"},
	Check: func(p Params) error {
		if _, err := path.Match(flat(p.Figure), ""); err != nil {
			return fmt.Errorf("figure: %q: %w", p.Figure, err)
		}
		return nil
	},
	Whole: run,
})

// Params are the choices of a reader.
type Params struct {
	Figure string `param:"figure" doc:"names of figures: * is any text"`
	Model  string `param:"model" doc:"only runs of this model; empty for all"`
}

// flat lets * match slashes too.
func flat(s string) string { return strings.ReplaceAll(s, "/", "\x00") }

// line is a figure of a model over time.
type line struct {
	figure, model, kind, unit, better string
	points                            []point
}

type point struct {
	run, time    int64
	name, commit string
	value        float64
}

func run(_ context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	f, err := in.Frame("history", "figures")
	if err != nil {
		return nil, err
	}
	lines, names := linesOf(f, p)
	if len(lines) == 0 && f.Len() > 0 {
		return nil, analysis.NothingSelected("figure", p.Figure, names)
	}
	r := &result.Result{}
	r.Add("trend", "Figures by time", table(lines))
	for i, l := range lines {
		r.Charts = append(r.Charts, l.chart(i))
		l.finding(r)
	}
	if f.Len() == 0 {
		r.Warn("Add runs with profilemate history add FILE.", "The history holds no run.")
	}
	return r, nil
}

// linesOf groups the figures asked for, and lists the names of all.
func linesOf(f *frames.Frame, p Params) (lines []*line, names []string) {
	type key struct{ figure, model, kind string }
	known := map[key]*line{}
	word := func(column string, i int) string {
		if c := f.Column(column); c != nil && !c.IsNull(i) {
			return c.Str(i)
		}
		return ""
	}
	for i := range f.Len() {
		k := key{word("figure", i), word("model", i), word("kind", i)}
		if !slices.Contains(names, k.figure) {
			names = append(names, k.figure)
		}
		if ok, _ := path.Match(flat(p.Figure), flat(k.figure)); !ok || p.Model != "" && p.Model != k.model {
			continue
		}
		if known[k] == nil {
			known[k] = &line{figure: k.figure, model: k.model, kind: k.kind, unit: word("unit", i), better: word("better", i)}
			lines = append(lines, known[k])
		}
		known[k].points = append(known[k].points, point{f.Ints("run")[i], f.Ints("time")[i], word("run_name", i), word("commit", i), f.Floats("value")[i]})
	}
	for _, l := range lines {
		slices.SortStableFunc(l.points, func(a, b point) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.run, b.run)) })
	}
	slices.SortStableFunc(lines, func(a, b *line) int {
		return cmp.Or(cmp.Compare(a.figure, b.figure), cmp.Compare(a.model, b.model), cmp.Compare(a.kind, b.kind))
	})
	return lines, names
}

// percent is the change from one value to another, nil where that has none.
func percent(from, to float64) any {
	if from == 0 || math.IsNaN(from) || math.IsNaN(to) {
		return nil
	}
	return 100 * (to - from) / math.Abs(from)
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func table(lines []*line) *frames.Frame {
	b := frames.NewBuilder("trend", frames.Schema{
		{Name: "figure", Kind: frames.String}, {Name: "model", Kind: frames.String}, {Name: "run", Kind: frames.Int64}, {Name: "name", Kind: frames.String}, {Name: "commit", Kind: frames.String},
		{Name: "time", Kind: frames.String, Doc: "when it began, in UTC"}, {Name: "value", Kind: frames.Float64, Doc: "in the unit of its row"}, {Name: "unit", Kind: frames.String},
		{Name: "change", Kind: frames.Float64, Unit: "%", Doc: "from the run before"}, {Name: "since_first", Kind: frames.Float64, Unit: "%"}, {Name: "better", Kind: frames.String, Doc: "which way is better"}})
	for _, l := range lines {
		for i, p := range l.points {
			var change, first any
			if i > 0 {
				change, first = percent(l.points[i-1].value, p.value), percent(l.points[0].value, p.value)
			}
			b.Row(l.figure, text(l.model), p.run, text(p.name), text(p.commit), time.Unix(0, p.time).UTC().Format(time.DateTime), p.value, text(l.unit), change, first, text(l.better))
		}
	}
	return b.Frame()
}

func (l *line) label() string {
	if l.model != "" {
		return l.figure + " of " + l.model
	}
	return l.figure
}

func (l *line) chart(number int) result.Chart {
	c := result.Chart{Name: fmt.Sprintf("trend-%d", number+1), Group: "trend", Title: l.label(), Kind: result.Line,
		X: result.Axis{Label: "run in order of time"}, Y: result.Axis{Label: "value", Unit: l.unit}}
	s := result.Series{Name: l.label()}
	for i, p := range l.points {
		s.X, s.Y = append(s.X, result.Number(i+1)), append(s.Y, result.Number(p.value))
		s.Labels = append(s.Labels, strings.TrimSpace(p.name+" "+p.commit))
	}
	c.Series = []result.Series{s}
	return c
}

// finding says where the level of a figure shifts.
func (l *line) finding(r *result.Result) {
	values := make([]float64, len(l.points))
	for i, p := range l.points {
		values[i] = p.value
	}
	at, shifts := trace.LevelShift(values)
	if !shifts {
		return
	}
	before, after := trace.Median(values[:at]), trace.Median(values[at:])
	p := l.points[at]
	change, known := percent(before, after).(float64)
	if !known {
		return
	}
	from := p.name
	if p.commit != "" {
		from += " (commit " + p.commit + ")"
	}
	worse := l.better == "lower" && after > before || l.better == "higher" && after < before
	severity := result.Info
	if worse {
		severity = result.Warning
	}
	r.Findings = append(r.Findings, result.Finding{Severity: severity, Table: "trend", Column: "run", Values: []string{fmt.Sprint(p.run)},
		Text: fmt.Sprintf("From run %d, %s, on %s lies %+.1f %% off where it was, by the medians of %d runs before and %d after.", p.run, from, l.label(), change, at, len(values)-at)})
}
