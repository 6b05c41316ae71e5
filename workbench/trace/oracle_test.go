package trace_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/trace"
)

// Every cell of the three reports that rest on nesting and projection is what nsys
// stats prints, and so is the order of the rows.
func TestReportsOfNsys(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Captures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkReports(t, name, load(t, enginetest.Capture(t, name)))
		})
	}
	t.Run("crossing", func(t *testing.T) {
		t.Parallel()
		checkReports(t, "crossing", load(t, crossing(t)))
	})
}

func checkReports(t *testing.T, name string, c *capture) {
	t.Helper()
	for report, rows := range reports(c) {
		want := enginetest.CSV(t, filepath.Join("testdata", name+"."+report+".csv.gz"))[1:]
		if diff := gocmp.Diff(want, rows); diff != "" {
			t.Errorf("%s (-nsys stats +trace)\n%s", report, diff)
		}
	}
}

func reports(c *capture) map[string][][]string {
	return map[string][][]string{"nvtx_gpu_proj_sum": projectionSum(c), "nvtx_kern_sum": kernelSum(c), "nvtx_pushpop_sum": pushPopSum(c)}
}

// group gathers the ranges or kernels that one line of a report stands for.
type group struct {
	durations                        []int64
	rangeTime, ops, levels, children int64
	ranges                           map[int32]bool
	kernels                          map[int]bool // each once, though two ranges of one name around it count its time twice
}

func gather[K comparable](groups map[K]*group, key K) *group {
	if groups[key] == nil {
		groups[key] = &group{ranges: map[int32]bool{}, kernels: map[int]bool{}}
	}
	return groups[key]
}

type nameStyle struct{ name, style string }

// projectionSum is nvtx_gpu_proj_sum.
func projectionSum(c *capture) [][]string {
	n := trace.Nest(c.ranges, trace.NestOptions{StartEnd: true})
	work := trace.Project(c.ops, trace.NewLookup(c.calls), n).Work(c.ops)
	children := make([]int64, len(work))
	for row, w := range work {
		if p := n.Parent[row]; p >= 0 && w.Ops > 0 {
			children[p]++
		}
	}
	groups := map[nameStyle]*group{}
	for row, w := range work {
		if w.Ops == 0 {
			continue
		}
		g := gather(groups, nameStyle{c.ranges.NameOf(row), c.ranges.Style[row].String()})
		g.durations = append(g.durations, w.Span())
		g.rangeTime += c.ranges.End[row] - c.ranges.Start[row]
		g.ops += w.Launches
		g.levels += int64(n.Depth[row])
		g.children += children[row]
	}
	var rows [][]string
	for _, key := range byTotal(groups, func(a, b nameStyle) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.style, b.style)) }) {
		g := groups[key]
		s := trace.Describe(g.durations)
		per := func(sum int64) string { return tenth(float64(sum) / float64(s.Count)) }
		rows = append(rows, []string{key.name, key.style, fmt.Sprint(s.Total), fmt.Sprint(g.rangeTime), fmt.Sprint(s.Count), tenth(s.Mean), tenth(s.Median),
			fmt.Sprint(s.Min), fmt.Sprint(s.Max), tenth(s.StdDev), fmt.Sprint(g.ops), per(g.ops), per(g.levels), per(g.children)})
	}
	return rows
}

type rangeKernel struct {
	name, style string
	pid, tid    int64
	kernel      string
}

// kernelSum is nvtx_kern_sum.
func kernelSum(c *capture) [][]string {
	n := trace.Nest(c.ranges, trace.NestOptions{StartEnd: true})
	p := trace.Project(c.ops, trace.NewLookup(c.calls), n)
	groups := map[rangeKernel]*group{}
	names := c.kernels.Column("name")
	for i := range c.kernels.Len() {
		call := p.Call[i]
		if call < 0 {
			continue
		}
		duration := c.ops.End[i] - c.ops.Start[i]
		key := rangeKernel{pid: c.calls.Pid[call], tid: c.calls.Tid[call], kernel: names.Str(i)}
		enclosing := p.Enclosing(i, nil)
		for _, row := range enclosing {
			key.name, key.style = c.ranges.NameOf(int(row)), c.ranges.Style[row].String()
			g := gather(groups, key)
			g.durations = append(g.durations, duration)
			g.ranges[row], g.kernels[i] = true, true
		}
		if len(enclosing) == 0 {
			g := gather(groups, key)
			g.durations = append(g.durations, duration)
			g.kernels[i] = true
		}
	}
	order := func(a, b rangeKernel) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.pid, b.pid), cmp.Compare(a.tid, b.tid),
			cmp.Compare(total(groups[b]), total(groups[a])), cmp.Compare(a.style, b.style), cmp.Compare(a.kernel, b.kernel))
	}
	var rows [][]string
	for _, key := range slices.SortedFunc(maps.Keys(groups), order) {
		g := groups[key]
		s := trace.Describe(g.durations)
		rows = append(rows, []string{key.name, key.style, fmt.Sprint(key.pid), fmt.Sprint(key.tid), fmt.Sprint(len(g.ranges)), fmt.Sprint(len(g.kernels)),
			fmt.Sprint(s.Total), tenth(s.Mean), tenth(s.Median), fmt.Sprint(s.Min), fmt.Sprint(s.Max), tenth(s.StdDev), key.kernel})
	}
	return rows
}

// pushPopSum is nvtx_pushpop_sum.
func pushPopSum(c *capture) [][]string {
	groups := map[string]*group{}
	all := int64(0)
	for row, style := range c.ranges.Style {
		if style == trace.PushPop {
			duration := c.ranges.End[row] - c.ranges.Start[row]
			if c.ranges.Open != nil && c.ranges.Open[row] {
				duration = c.ranges.LastEvent - c.ranges.Start[row]
			}
			g := gather(groups, c.ranges.NameOf(row))
			g.durations = append(g.durations, duration)
			all += duration
		}
	}
	var rows [][]string
	for _, name := range byTotal(groups, cmp.Compare[string]) {
		s := trace.Describe(groups[name].durations)
		rows = append(rows, []string{tenth(float64(s.Total) * 100 / float64(all)), fmt.Sprint(s.Total), fmt.Sprint(s.Count), tenth(s.Mean), tenth(s.Median),
			fmt.Sprint(s.Min), fmt.Sprint(s.Max), tenth(s.StdDev), name})
	}
	return rows
}

func total(g *group) int64 {
	sum := int64(0)
	for _, d := range g.durations {
		sum += d
	}
	return sum
}

// byTotal orders keys as nsys does: the longest total first, equal ones by name.
func byTotal[K comparable](groups map[K]*group, name func(a, b K) int) []K {
	return slices.SortedFunc(maps.Keys(groups), func(a, b K) int {
		return cmp.Or(cmp.Compare(total(groups[b]), total(groups[a])), name(a, b))
	})
}

func tenth(v float64) string {
	if math.IsNaN(v) {
		return "NaN"
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', 1, 64)
}
