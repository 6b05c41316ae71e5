package phases

import (
	"fmt"
	"math"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// shownPoints is how many steps of a phase a chart draws.
const shownPoints = 2000

// charts draws the time of each step over the run, and the three times of each phase
// side by side.
func (m *measured) charts() []result.Chart {
	return []result.Chart{m.stepChart(), m.phaseChart()}
}

func (m *measured) stepChart() result.Chart {
	c := result.Chart{Name: "step-times", Title: "Time of each step over the run", Kind: result.Scatter,
		X: result.Axis{Label: "time since the trace began", Unit: "ns"}, Y: result.Axis{Label: "start to next start", Unit: "ns", Log: true}}
	thinned := false
	for _, g := range m.groups {
		s := result.Series{Name: m.label(g), Color: color(g.phase)}
		times, rows := m.timesOf(g)
		shown := trace.Thin(times, shownPoints)
		thinned = thinned || len(shown) < len(times)
		for _, at := range shown {
			if times[at] <= 0 {
				continue // the axis is logarithmic
			}
			i := rows[at]
			s.X = append(s.X, result.Number(m.steps.Start(i)))
			s.Y = append(s.Y, result.Number(times[at]))
			s.Labels = append(s.Labels, m.t.Ranges.NameOf(int(m.steps.List[i].Row)))
		}
		if len(s.Y) > 0 {
			c.Series = append(c.Series, s)
		}
	}
	if thinned {
		c.Note = fmt.Sprintf("Of a phase with more than %s the shortest and the longest of each stretch are drawn.", result.Count(shownPoints, "step"))
	}
	return c
}

// timesOf returns the step times of a group and the steps that they are of.
func (m *measured) timesOf(g *group) (times []int64, steps []int) {
	for _, i := range g.steps {
		if ns, ok := m.steps.Time(i); ok {
			times, steps = append(times, ns), append(steps, i)
		}
	}
	return times, steps
}

func (m *measured) phaseChart() result.Chart {
	c := result.Chart{Name: "phase-times", Title: "Median times of a step", Kind: result.Bar,
		X: result.Axis{Label: "phase"}, Y: result.Axis{Label: "time", Unit: "ns"}}
	step, host, gpu := result.Series{Name: "start to next start"}, result.Series{Name: "range on the host"}, result.Series{Name: "GPU busy"}
	missing := result.Number(math.NaN())
	for _, g := range m.groups {
		c.X.Categories = append(c.X.Categories, m.label(g))
		values := [3]result.Number{missing, missing, missing}
		if g.timed > 0 {
			values[0] = result.Number(g.step.Median)
		}
		if g.host.Count > 0 {
			values[1] = result.Number(g.host.Median)
		}
		if g.gpu {
			values[2] = result.Number(g.busy.Median)
		} else {
			c.Note = "Where there is no bar for the GPU, the trace does not tell its time."
		}
		step.Y, host.Y, gpu.Y = append(step.Y, values[0]), append(host.Y, values[1]), append(gpu.Y, values[2])
	}
	c.Series = []result.Series{step, host, gpu}
	return c
}

// label names a group in charts and sentences: by its phase, and where several
// threads have steps by these too.
func (m *measured) label(g *group) string {
	if len(m.steps.Lanes) < 2 {
		return name(g.phase)
	}
	return name(g.phase) + m.of(g.lane)
}

// of names a thread: by its process, or where that has several with steps by itself.
func (m *measured) of(lane trace.StepLane) string {
	for _, other := range m.steps.Lanes {
		if other.Pid == lane.Pid && other != lane {
			return fmt.Sprintf(", thread %d", lane.Tid)
		}
	}
	return fmt.Sprintf(", process %d", lane.Pid)
}

func color(p trace.Phase) string {
	if p == trace.NoPhase {
		return "other"
	}
	return string(p)
}
