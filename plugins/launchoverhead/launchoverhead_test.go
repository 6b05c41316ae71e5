package launchoverhead_test

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"profilemate/plugins/launchoverhead"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func TestLaunchOverhead(t *testing.T) { analysistest.Run(t, launchoverhead.Analysis) }

const (
	demo    = "../../notebooks/demo/captures"
	nsysDir = "../../workbench/artifacts/nsys/testdata"
)

func run(t testing.TB, folder, name string) *result.Result {
	t.Helper()
	return enginetest.Run(t, launchoverhead.Analysis, nsys.Format(), enginetest.Unpack(t, filepath.Join(folder, name+".sqlite.zst")), 2, nil)
}

// times are sums over the launches of one kernel, in ns; queues are those of the
// launches whose work began after the call had returned.
type times struct {
	launches, queued   int64
	call, queue, gpu   float64
	longestQueue, slop float64 // slop is what rounding to tenths can make of the sums
}

// oracle adds up what nsys stats 2023.4.4 --report cuda_kern_exec_sum prints, which
// has a row for each function that launched a kernel.
func oracle(t *testing.T, name string) map[string]times {
	rows := enginetest.CSV(t, filepath.Join("testdata", name+".csv.gz"))
	at := map[string]int{}
	for i, head := range rows[0] {
		at[head] = i
	}
	out := map[string]times{}
	for _, row := range rows[1:] {
		number := func(column string) float64 {
			v, err := strconv.ParseFloat(row[at[column]], 64)
			if err != nil && row[at[column]] != "" {
				t.Fatal(err)
			}
			return v
		}
		kernel := row[at["Kernel Name"]]
		s := out[kernel]
		n, queued := number("Count"), number("QCount")
		s.launches += int64(n)
		s.queued += int64(queued)
		s.call += n * number("AAvg (ns)")
		s.queue += queued * number("QAvg (ns)")
		s.gpu += n * number("KAvg (ns)")
		s.longestQueue = max(s.longestQueue, number("QMax (ns)"))
		s.slop += 0.0501 * n
		out[kernel] = s
	}
	return out
}

// Where a kernel is launched by itself the sums are the oracle's. nsys leaves a
// launch whose work began before the call returned out of its averages of the queue;
// here it counts as 0, which does not change the sum.
func TestOracle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		folder, name string
		kernels      int // that are compared
	}{{demo, "demo_eager", 71}, {nsysDir, "h100_mini_graphs_hidden", 4}, {nsysDir, "h100_mini_nodes", 3}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := run(t, c.folder, c.name).Table("kernels").Frame
			want := oracle(t, c.name)
			compared := 0
			for i := range f.Len() {
				w, ok := want[f.Column("name").Str(i)]
				launches := f.Column("launches").Int(i)
				if !ok || launches != w.launches {
					continue // a graph, or a kernel that graphs launch too
				}
				compared++
				if got := launches - f.Column("overlapped").Int(i); got != w.queued {
					t.Errorf("%s: %d queued, not %d", f.Column("name").Str(i), got, w.queued)
				}
				for column, sum := range map[string]float64{"call_total": w.call, "queue_total": w.queue, "gpu_total": w.gpu} {
					if got := f.Column(column).Float(i); math.Abs(got-sum) > w.slop {
						t.Errorf("%s: %s is %v, not %v", f.Column("name").Str(i), column, got, sum)
					}
				}
				if got := f.Column("queue_max").Float(i); got != w.longestQueue {
					t.Errorf("%s: the longest queue time is %v, not %v", f.Column("name").Str(i), got, w.longestQueue)
				}
			}
			if compared != c.kernels {
				t.Errorf("%d kernels compared, not %d", compared, c.kernels)
			}
		})
	}
}

// A graph counts once: 24 launches of three nodes, queued as long as their first
// node is in the oracle (24 × 205,113.8 ns), and called for 24 × 12,674.9 ns.
func TestGraphsOnce(t *testing.T) {
	t.Parallel()
	f := run(t, nsysDir, "h100_mini_nodes").Table("kernels").Frame
	for i := range f.Len() {
		if f.Column("kernel").Str(i) != "CUDA graph of 3 nodes" {
			continue
		}
		if n := f.Column("launches").Int(i); n != 24 {
			t.Errorf("%d launches", n)
		}
		if got := f.Column("queue_total").Float(i); math.Abs(got-24*205_113.8) > 24*0.05 {
			t.Errorf("queued for %v", got)
		}
		if got := f.Column("call_total").Float(i); math.Abs(got-24*12_674.9) > 24*0.05 {
			t.Errorf("called for %v", got)
		}
		return
	}
	t.Error("no graph in the table")
}

// The eager demo cannot keep the GPU fed: all launches but the first find it dry.
func TestHostBound(t *testing.T) {
	t.Parallel()
	r := run(t, demo, "demo_eager")
	for _, f := range r.Findings {
		if f.Severity == result.Warning && strings.HasPrefix(f.Text, "The host sets the pace on device 0: before 100.0 % of the launches") {
			return
		}
	}
	t.Errorf("no finding says that the host sets the pace: %+v", r.Findings)
}

// BenchmarkLaunchOverhead reads and measures the graph demo (26,466 kernels),
// without a store.
func BenchmarkLaunchOverhead(b *testing.B) {
	path := enginetest.Unpack(b, filepath.Join(demo, "demo_cudagraph.sqlite.zst"))
	b.ReportAllocs()
	for b.Loop() {
		enginetest.Run(b, launchoverhead.Analysis, nsys.Format(), path, 2, nil)
	}
}
