package trace_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/fault"
	"profilemate/workbench/trace"
)

// tables makes the tables of a trace from rows of integers, "-" for a missing one,
// under the names of their columns.
func tables(t testing.TB, texts map[string]string) func(string) (*frames.Frame, error) {
	t.Helper()
	out := map[string]*frames.Frame{}
	for name, text := range texts {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		schema := frames.Schema{}
		for field := range strings.FieldsSeq(lines[0]) {
			schema = append(schema, frames.Field{Name: field, Kind: frames.Int64})
		}
		b := frames.NewBuilder(name, schema)
		for _, line := range lines[1:] {
			for i, cell := range strings.Fields(line) {
				if cell == "-" {
					b.Null(i)
					continue
				}
				b.Int(i, parse(t, cell))
			}
		}
		out[name] = b.Frame()
	}
	return func(name string) (*frames.Frame, error) { return out[name], nil }
}

func parse(t testing.TB, cell string) int64 {
	t.Helper()
	n := int64(0)
	for _, digit := range strings.TrimPrefix(cell, "-") {
		n = 10*n + int64(digit-'0')
	}
	if cell[0] == '-' {
		return -n
	}
	return n
}

// twoProcesses launch one kernel each under the same numbers, the second process a
// graphs too: of one the trace has only that it ran as a whole, of one, which stands in
// it twice, nothing, and one launch failed.
var twoProcesses = map[string]string{
	"nvtx":           "start end pid tid\n 0 100 1 1\n 10 50 1 1\n 0 100 2 1\n 60 - 2 1",
	"api_calls":      "start end pid tid correlation_id\n 20 30 1 1 7\n 20 30 2 1 7\n 70 80 2 1 8\n 90 95 2 1 9",
	"kernels":        "start end pid correlation_id device graph_node_id\n 200 210 1 7 0 -\n 300 330 2 7 1 -\n 400 390 2 7 1 -\n 410 - 2 7 1 -",
	"graph_traces":   "start end pid correlation_id device\n 500 550 2 8 1",
	"graph_launches": "start end pid tid correlation_id result\n 70 80 2 1 8 0\n 90 95 2 1 9 -\n 91 94 2 1 9 -\n 96 97 2 1 10 900",
}

func TestAttribute(t *testing.T) {
	t.Parallel()
	a, err := trace.Attribute(tables(t, twoProcesses), trace.AllProcesses)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{1, 2}, a.Processes); diff != "" {
		t.Errorf("processes (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]trace.GPU{{Pid: 1, Device: 0}, {Pid: 2, Device: 1}}, a.GPUs); diff != "" {
		t.Errorf("GPUs (-want +got)\n%s", diff)
	}
	if a.Odd != 2 || a.Kernels != 2 || a.Wholes != 1 || !a.FromGraph(2) || a.FromGraph(1) {
		t.Errorf("%d odd rows, %d kernels, %d whole graphs", a.Odd, a.Kernels, a.Wholes)
	}
	// The open range ends with the last one at 100, and so holds the launches at 70 and 90.
	if diff := cmp.Diff([]int32{1, 2, 3}, a.Range); diff != "" {
		t.Errorf("ranges of the work (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]int64{9}, a.Hidden.Correlation); diff != "" {
		t.Errorf("hidden launches (-want +got)\n%s", diff)
	}
	rows := []int32{0, 0, 1, 1}
	if diff := cmp.Diff([]int64{0, 1}, a.HiddenLaunches(rows, 2)); diff != "" {
		t.Errorf("hidden launches by group (-want +got)\n%s", diff)
	}
}

// One process is alone in the numbers, but the others are still known.
func TestAttributeOneProcess(t *testing.T) {
	t.Parallel()
	a, err := trace.Attribute(tables(t, twoProcesses), 1)
	if err != nil {
		t.Fatal(err)
	}
	if a.Ranges.Len() != 2 || a.Ops.Len() != 1 || a.Hidden.Len() != 0 || a.Odd != 0 {
		t.Errorf("%d ranges, %d ops, %d hidden, %d odd", a.Ranges.Len(), a.Ops.Len(), a.Hidden.Len(), a.Odd)
	}
	if diff := cmp.Diff([]int64{1, 2}, a.Processes); diff != "" {
		t.Errorf("processes (-want +got)\n%s", diff)
	}
}

// Nodes of graphs and graphs as wholes are the same work.
func TestAttributeCountsGraphsOnce(t *testing.T) {
	t.Parallel()
	a, err := trace.Attribute(tables(t, map[string]string{
		"kernels":      "start end pid correlation_id graph_node_id\n 1 2 1 7 5\n 2 3 1 8 -",
		"graph_traces": "start end pid correlation_id\n 1 2 1 7",
	}), trace.AllProcesses)
	if err != nil {
		t.Fatal(err)
	}
	if a.Ops.Len() != 2 || a.Wholes != 0 || !a.FromGraph(0) || a.FromGraph(1) {
		t.Errorf("%d ops, %d whole graphs", a.Ops.Len(), a.Wholes)
	}
}

func TestAttributeRefuses(t *testing.T) {
	t.Parallel()
	_, err := trace.Attribute(tables(t, map[string]string{"kernels": "start end\n 1 2"}), trace.AllProcesses)
	if fault.KindOf(err) != fault.Misuse {
		t.Errorf("kernels without a process: %v", err)
	}
	broken := errors.New("broken")
	for table := range trace.AttributionTables() {
		_, err := trace.Attribute(func(name string) (*frames.Frame, error) {
			if name == table {
				return nil, broken
			}
			return nil, nil
		}, trace.AllProcesses)
		if !errors.Is(err, broken) {
			t.Errorf("table %s cannot be read: %v", table, err)
		}
	}
	a, err := trace.Attribute(func(string) (*frames.Frame, error) { return nil, nil }, trace.AllProcesses)
	if err != nil || a.HasWork() || len(a.Processes) != 0 || len(a.Gather(1, a.Enclosed(nil))) != 1 {
		t.Errorf("a trace without tables: %+v, %v", a, err)
	}
}

// randomTrace has one thread of nested ranges, calls in them, and work on two
// devices and several streams within 400 ns.
func randomTrace(t *testing.T, random *rand.Rand) *trace.Attribution {
	t.Helper()
	var nvtx, calls, kernels strings.Builder
	nvtx.WriteString("start end pid tid\n")
	calls.WriteString("start end pid tid correlation_id\n")
	kernels.WriteString("start end pid correlation_id device\n")
	line := func(b *strings.Builder, values ...int) {
		for _, v := range values {
			b.WriteString(" " + itoa(v))
		}
		b.WriteString("\n")
	}
	for range 12 {
		start := random.IntN(90)
		line(&nvtx, start, start+random.IntN(100-start), 1, 1)
	}
	for id := range 20 {
		start := random.IntN(98)
		line(&calls, start, start+1, 1, 1, id+1)
		for range random.IntN(3) {
			start := random.IntN(350)
			line(&kernels, start, start+random.IntN(50), 1, id+1, random.IntN(2))
		}
	}
	a, err := trace.Attribute(tables(t, map[string]string{"nvtx": nvtx.String(), "api_calls": calls.String(), "kernels": kernels.String()}), trace.AllProcesses)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func itoa(v int) string {
	if v < 10 {
		return string(rune('0' + v))
	}
	return itoa(v/10) + itoa(v%10)
}

// Gather is what counting every nanosecond of each group on each device gives.
func TestGatherCounts(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 11))
	for range 200 {
		a := randomTrace(t, random)
		const groups = 4
		group := make([]int32, a.Ranges.Len())
		for i := range group {
			group[i] = int32(random.IntN(groups+1)) - 1
		}
		got := a.Gather(groups, a.Enclosed(group))
		want := countWork(a, group, groups)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(trace.Work{})); diff != "" {
			t.Fatalf("(-counted +gathered)\n%s", diff)
		}
	}
}

func countWork(a *trace.Attribution, group []int32, groups int) []trace.Work {
	out := make([]trace.Work, groups)
	for g := range out {
		w := &out[g]
		busy, launches := map[[2]int64]bool{}, map[int32]bool{}
		for i := range a.Ops.Len() {
			if !belongs(a, group, int32(g), i) {
				continue
			}
			start, end := a.Ops.Start[i], a.Ops.End[i]
			if w.Ops == 0 {
				w.First, w.Last = start, end
			}
			w.First, w.Last = min(w.First, start), max(w.Last, end)
			w.Ops++
			w.Sum += end - start
			launches[a.Call[i]] = true
			for ns := start; ns < end; ns++ {
				busy[[2]int64{int64(a.GPU[i]), ns}] = true
			}
		}
		w.Busy, w.Launches = int64(len(busy)), int64(len(launches))
	}
	return out
}

// belongs asks every range whether it holds the call of an op.
func belongs(a *trace.Attribution, group []int32, g int32, i int) bool {
	call := a.Call[i]
	for row := range group {
		holds := call >= 0 && a.Ranges.Start[row] <= a.Calls.Start[call] && a.Ranges.End[row] >= a.Calls.End[call]
		if group[row] == g && holds {
			return true
		}
	}
	return false
}

// Divide gives each group the sum of its parts of every nanosecond, and all groups
// together the busy time exactly.
func TestDivideCounts(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 5))
	for range 200 {
		a := randomTrace(t, random)
		const groups = 3
		group := make([]int32, a.Ops.Len())
		for i := range group {
			group[i] = int32(random.IntN(groups))
		}
		got := a.Divide(group, groups)
		want, busy := countParts(a, group, groups)
		sum := int64(0)
		for g, ns := range got {
			sum += ns
			// Less than 1 ns is rounded at each begin and end.
			if off := float64(ns) - want[g]; off > float64(2*len(group)) || off < -float64(2*len(group)) {
				t.Fatalf("group %d has %d ns, want %v", g, ns, want[g])
			}
		}
		if sum != busy {
			t.Fatalf("the parts add up to %d of %d ns", sum, busy)
		}
	}
}

func countParts(a *trace.Attribution, group []int32, groups int) (parts []float64, busy int64) {
	parts = make([]float64, groups)
	for gpu := range a.GPUs {
		for ns := int64(0); ns < 400; ns++ {
			running := map[int32]bool{}
			for i := range group {
				if a.GPU[i] == int32(gpu) && a.Ops.Start[i] <= ns && ns < a.Ops.End[i] {
					running[group[i]] = true
				}
			}
			for g := range running {
				parts[g] += 1 / float64(len(running))
			}
			busy += int64(min(1, len(running)))
		}
	}
	return parts, busy
}

// Two groups share 51 ns on one device: 26 go to the first and 25 to the second.
func TestDivideRest(t *testing.T) {
	t.Parallel()
	a, err := trace.Attribute(tables(t, map[string]string{
		"kernels": "start end pid correlation_id\n 0 101 1 1\n 50 150 1 2",
	}), trace.AllProcesses)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{50 + 26, 25 + 49}, a.Divide([]int32{0, 1}, 2)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// On a real trace, whose program used one device, each range by itself gathers what
// its projection has.
func TestGatherOfSingleRanges(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Captures() {
		a := attribution(t, name)
		group := make([]int32, a.Ranges.Len())
		for i := range group {
			group[i] = int32(i)
		}
		got := a.Gather(len(group), a.Enclosed(group))
		if diff := cmp.Diff(a.Work(a.Ops), got, cmpopts.IgnoreUnexported(trace.Work{})); diff != "" {
			t.Errorf("%s (-projected +gathered)\n%s", name, diff)
		}
	}
}

func attribution(t testing.TB, capture string) *trace.Attribution {
	t.Helper()
	artifact, err := artifacts.Formats{nsys.Format()}.Open(context.Background(), enginetest.Capture(t, capture))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { artifact.Close() })
	a, err := trace.Attribute(func(name string) (*frames.Frame, error) {
		if _, err := artifacts.Lookup(artifact, name); err != nil {
			return nil, nil
		}
		return artifacts.Load(context.Background(), artifact, name)
	}, trace.AllProcesses)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// BenchmarkGather adds up the 26,466 kernels of the graph demo by range.
func BenchmarkGather(b *testing.B) {
	a := attribution(b, "demo_cudagraph")
	group := make([]int32, a.Ranges.Len())
	for i := range group {
		group[i] = int32(i % 50)
	}
	b.ReportAllocs()
	for b.Loop() {
		a.Gather(50, a.Enclosed(group))
	}
}

// BenchmarkDivide splits the same among 50 groups.
func BenchmarkDivide(b *testing.B) {
	a := attribution(b, "demo_cudagraph")
	group := make([]int32, a.Ops.Len())
	for i := range group {
		group[i] = int32(i % 50)
	}
	b.ReportAllocs()
	for b.Loop() {
		a.Divide(group, 50)
	}
}

// Kernels that nothing ties to their calls are refused, with the name of what is
// missing: their time would be that of hidden graphs.
func TestUntiedKernels(t *testing.T) {
	t.Parallel()
	const calls = "start end pid tid correlation_id\n10 20 1 1 5"
	for kernels, refused := range map[string]bool{
		"start end pid correlation_id device\n15 30 1 - 0\n40 50 1 - 0": true,
		"start end pid correlation_id device\n15 30 1 5 0\n40 50 1 - 0": false,
	} {
		_, err := trace.Attribute(tables(t, map[string]string{"api_calls": calls, "kernels": kernels}), trace.AllProcesses)
		if got := err != nil && strings.Contains(err.Error(), "column correlationId"); got != refused || refused && fault.KindOf(err) != fault.Missing {
			t.Errorf("%s: refused is %v, want %v: %v", kernels, got, refused, err)
		}
	}
}
