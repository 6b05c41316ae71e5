package health

import (
	"fmt"
	"strings"
	"time"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

const (
	captureCUDA = "Capture with nsys profile --trace=cuda,nvtx --cuda-graph-trace=node while the program works; with a capture range, start the profiler in the process that uses the GPU."
	captureNode = "Capture again with nsys profile --cuda-graph-trace=node."
)

func (e *evidence) workCheck() check {
	c := check{name: "GPU work"}
	n := int64(e.timeline.Len())
	switch {
	case n == 0 && e.damaged():
		return c.lost("work on a GPU")
	case n == 0 && e.hidden.Launches > 0:
		c.verdict, c.remedy = problem, captureNode
		c.seen = fmt.Sprintf("No GPU work is recorded, but %s launched some that the trace does not show.", result.Count(e.hidden.Launches, "graph launch"))
	case n == 0 && e.host.Len() > 0:
		c.verdict, c.remedy = problem, captureCUDA
		c.seen = fmt.Sprintf("%s are recorded and no work on a GPU.", result.Count(int64(e.host.Len()), "CUDA call"))
	case n == 0:
		c.verdict, c.remedy = problem, captureCUDA
		c.seen = "Nothing of CUDA is recorded: it was not traced, or the range that was captured is empty."
	default:
		c.seen = fmt.Sprintf("%s of work on %s.", result.Count(n, "piece"), result.Count(int64(e.places), "device"))
	}
	return c
}

func (e *evidence) lengthCheck() check {
	c := check{name: "length"}
	w := e.window.Duration()
	if e.timeline.Len() == 0 {
		c.verdict, c.seen = unknown, "Without GPU work there is no window."
		return c
	}
	c.seen = fmt.Sprintf("%s pass from the first to the last GPU work.", result.Duration(w))
	switch {
	case w < time.Millisecond.Nanoseconds():
		c.verdict = problem
	case w < e.params.Short.Nanoseconds():
		c.verdict = warning
	default:
		return c
	}
	c.seen += fmt.Sprintf(" That is short (below %s): single events decide averages.", result.Duration(e.params.Short.Nanoseconds()))
	c.remedy = "Capture a longer range: several seconds of steady work, at least some tens of steps."
	return c
}

func (e *evidence) hiddenCheck() check {
	c := check{name: "graph work"}
	wholes := e.count(func(i int) bool { return e.timeline.Kind[i] == trace.GraphOp })
	switch {
	case e.hidden.Launches > 0 && e.damaged():
		c.verdict, c.remedy = unknown, again
		c.seen = fmt.Sprintf("%s whose kernels are not in the part of the file that can be read.", result.Count(e.hidden.Launches, "graph launch"))
	case e.hidden.Launches > 0:
		c.verdict, c.remedy = problem, captureNode
		c.seen = fmt.Sprintf("%s whose kernels this trace does not show: no share, sum or idle time that they belong to can be told.", result.Count(e.hidden.Launches, "graph launch"))
	case wholes > 0:
		c.verdict, c.remedy = warning, captureNode
		c.seen = fmt.Sprintf("%s are recorded as wholes: their time is known, the kernels inside are not.", result.Count(wholes, "graph launch"))
	case e.host.Len() == 0 && e.damaged():
		return c.lost("CUDA call")
	case e.host.Len() == 0:
		c.verdict, c.seen, c.remedy = unknown, "No CUDA call is recorded, so hidden graph launches would not be noticed.", "Capture with nsys profile --trace=cuda."
	case e.graphLaunches() == 0:
		c.seen = "No CUDA graph was launched."
	default:
		c.seen = fmt.Sprintf("The trace shows the kernels of %s.", result.Count(e.graphLaunches(), "graph launch"))
	}
	return c
}

func (e *evidence) count(is func(i int) bool) int64 {
	n := int64(0)
	for i := range e.timeline.Len() {
		if is(i) {
			n++
		}
	}
	return n
}

// graphLaunches counts the calls that launched a graph, failed ones left out.
func (e *evidence) graphLaunches() int64 {
	n := int64(0)
	for i := range int32(e.host.Len()) {
		if e.host.Role(i) == trace.GraphLaunch && !(e.host.Failed != nil && e.host.Failed[i]) && e.lookup.Find(e.host.Pid[i], e.host.Correlation[i]) == i {
			n++
		}
	}
	return n
}

// nodeCheck warns of what a node-level trace does to graphs.
func (e *evidence) nodeCheck() check {
	c := check{name: "graph timing"}
	nodes := e.count(func(i int) bool { return e.timeline.Node[i] })
	switch {
	case nodes > 0:
		c.verdict = warning
		c.seen = fmt.Sprintf("%s of work ran inside CUDA graphs and were traced node by node, which slows graphs down: the gaps between nodes and the time of a replay are longer than without it.", result.Count(nodes, "piece"))
		c.remedy = "Take names and shares from this trace, and the time of steps from a second one with --cuda-graph-trace=graph or from a run without the profiler."
	case e.hidden.Launches > 0:
		c.verdict, c.seen = unknown, "The work inside graphs is hidden."
	case e.timeline.Len() == 0 || e.mode == "" && e.host.Len() == 0:
		c.verdict, c.seen = unknown, "The trace does not say how graphs were traced."
	default:
		c.seen = "No work was traced as a node of a graph."
	}
	return c
}

func (e *evidence) processCheck() check {
	c := check{name: "processes"}
	list := e.processes()
	switch {
	case len(list) == 0 && e.damaged():
		return c.lost("process with CUDA calls or GPU work")
	case len(list) == 0:
		c.verdict, c.seen = unknown, "No process is recorded with CUDA calls or GPU work."
	case len(list) == 1:
		c.seen = fmt.Sprintf("One process, on %s.", result.Count(int64(e.places), "device"))
		if e.places > 1 {
			c.seen += " Look at each device by itself."
		}
	default:
		words := make([]string, 0, 8)
		for _, pid := range list[:min(8, len(list))] {
			words = append(words, fmt.Sprint(pid))
		}
		c.verdict = warning
		c.seen = fmt.Sprintf("%d processes used CUDA (%s), on %s as they number them: sums over all are no elapsed time.", len(list), strings.Join(words, ", "), result.Count(int64(e.places), "device"))
		if len(list) > 8 {
			c.seen = strings.Replace(c.seen, ")", ", …)", 1)
		}
		c.remedy = "Use the parameter process of an analysis, and compare ranks with each other."
	}
	return c
}

func (e *evidence) sampleCheck() check {
	c := check{name: "CPU sampling"}
	if e.samples == nil && e.damaged() {
		return c.lost("CPU sample")
	}
	if e.samples == nil {
		c.verdict, c.seen = unknown, "There is no CPU sample: what the host did between CUDA calls cannot be told."
		c.remedy = "Where the GPU waits for the host, capture again with nsys profile --sample=process-tree."
		return c
	}
	c.seen = result.Count(int64(e.samples.Len()), "CPU sample") + "."
	return c
}
