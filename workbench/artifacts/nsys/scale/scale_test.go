package scale_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/artifacts/nsys/scale"
	"profilemate/workbench/fault"
)

const (
	miniNodes = "../testdata/h100_mini_nodes.sqlite.zst"
	demo      = "../../../../notebooks/demo/captures/demo_eager.sqlite.zst"
)

func unzip(t testing.TB, packed string) string {
	t.Helper()
	data, err := os.ReadFile(packed)
	if err != nil {
		t.Fatal(err)
	}
	d, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if data, err = d.DecodeAll(data, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "capture.sqlite")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string) artifacts.Artifact {
	t.Helper()
	a, err := artifacts.Formats{nsys.Format()}.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func load(t testing.TB, a artifacts.Artifact, table string, columns ...string) *frames.Frame {
	t.Helper()
	f, err := artifacts.Load(context.Background(), a, table, columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func repeat(t testing.TB, o scale.Options) scale.Summary {
	t.Helper()
	s, err := scale.Repeat(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each repetition of the kernels is the first one, moved on; names, shapes and
// durations stay, and what describes the machine occurs once.
func TestRepeats(t *testing.T) {
	t.Parallel()
	from, to := unzip(t, miniNodes), filepath.Join(t.TempDir(), "big.sqlite")
	const times = 5
	made := repeat(t, scale.Options{From: from, To: to, Times: times})
	small, big := open(t, from), open(t, to)
	want, got := load(t, small, "kernels", "start", "end", "correlation_id", "name", "stream", "grid_x", "graph_node_id"), load(t, big, "kernels", "start", "end", "correlation_id", "name", "stream", "grid_x", "graph_node_id")
	if got.Len() != times*want.Len() {
		t.Fatalf("%d kernels, want %d", got.Len(), times*want.Len())
	}
	step := got.Ints("correlation_id")[want.Len()] - got.Ints("correlation_id")[0]
	if most := slices.Max(load(t, small, "api_calls", "correlation_id").Ints("correlation_id")); step <= most {
		t.Errorf("correlation ids move on by %d, they reach %d", step, most)
	}
	for i := range got.Len() {
		n, at := int64(i/want.Len()), i%want.Len()
		row := want.Row(at)
		for c := range 2 {
			row[c] = row[c].(int64) + n*made.Period
		}
		row[2] = row[2].(int64) + n*step
		if !slices.Equal(row, got.Row(i)) {
			t.Fatalf("kernel %d is %v, want %v", i, got.Row(i), row)
		}
	}
	for table, rows := range map[string]int{"api_calls": 5 * 104, "copies": 5 * 27, "graph_nodes": 10, "memory_usage": 10, "streams": 9, "gpus": 1, "strings": 276} {
		if n := load(t, big, table).Len(); n != rows {
			t.Errorf("%d rows of %s, want %d", n, table, rows)
		}
	}
	if starts := got.Ints("start"); !slices.IsSorted(starts) {
		t.Error("repetitions overlap")
	}
}

// Every kernel still has exactly one launch, of its own repetition.
func TestJoinsStay(t *testing.T) {
	t.Parallel()
	from, to := unzip(t, demo), filepath.Join(t.TempDir(), "big.sqlite")
	joined := func(path string) (pairs, kernels int) {
		a := open(t, path)
		calls := map[[2]int64]int64{}
		f := load(t, a, "api_calls", "pid", "correlation_id", "start")
		for i := range f.Len() {
			calls[[2]int64{f.Ints("pid")[i], f.Ints("correlation_id")[i]}] = f.Ints("start")[i]
		}
		k := load(t, a, "kernels", "pid", "correlation_id", "start")
		for i := range k.Len() {
			start, ok := calls[[2]int64{k.Ints("pid")[i], k.Ints("correlation_id")[i]}]
			if ok && start < k.Ints("start")[i] && k.Ints("start")[i]-start < 1e9 {
				pairs++
			}
		}
		return pairs, k.Len()
	}
	repeat(t, scale.Options{From: from, To: to, Times: 3})
	onePairs, oneKernels := joined(from)
	pairs, kernels := joined(to)
	if onePairs == 0 || pairs != 3*onePairs || kernels != 3*oneKernels {
		t.Errorf("%d of %d kernels have their launch, once it is %d of %d", pairs, kernels, onePairs, oneKernels)
	}
}

// Ranges around a repetition hold all its events, and each other.
func TestDepth(t *testing.T) {
	t.Parallel()
	from, to := unzip(t, miniNodes), filepath.Join(t.TempDir(), "big.sqlite")
	const times, depth = 4, 6
	made := repeat(t, scale.Options{From: from, To: to, Times: times, Depth: depth})
	a := open(t, to)
	calls := load(t, a, "api_calls", "start", "end")
	f := load(t, a, "nvtx", "start", "end", "text", "type")
	var starts, ends []int64
	for i, text := range f.Strings("text") {
		if len(text) == 7 && text[:6] == "level " {
			starts, ends = append(starts, f.Ints("start")[i]), append(ends, f.Ints("end")[i])
		}
	}
	if len(starts) != times*depth {
		t.Fatalf("%d ranges, want %d", len(starts), times*depth)
	}
	for i := range starts {
		if i%depth > 0 && (starts[i] <= starts[i-1] || ends[i] >= ends[i-1]) {
			t.Errorf("range %d [%d, %d] is not inside [%d, %d]", i, starts[i], ends[i], starts[i-1], ends[i-1])
		}
		if i >= depth && i%depth == 0 && starts[i] <= ends[i-depth] {
			t.Errorf("range %d begins at %d, the repetition before it ends at %d", i, starts[i], ends[i-depth])
		}
	}
	per := calls.Len() / times
	for i, start := range calls.Ints("start") {
		inner := i/per*depth + depth - 1
		if start < starts[inner] || calls.Ints("end")[i] > ends[inner] {
			t.Fatalf("call %d [%d, %d] is outside its range [%d, %d] (period %d)", i, start, calls.Ints("end")[i], starts[inner], ends[inner], made.Period)
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	from, there := unzip(t, miniNodes), unzip(t, miniNodes)
	broken := filepath.Join(t.TempDir(), "broken.sqlite")
	if err := os.WriteFile(broken, []byte("SQLite format 3\x00 and nothing else"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		o    scale.Options
		kind fault.Kind
	}{
		{"never", scale.Options{From: from, Times: 0}, fault.Misuse},
		{"too deep", scale.Options{From: from, Times: 1, Depth: 1_000_000}, fault.Misuse},
		{"no capture", scale.Options{From: from + "x", Times: 1}, fault.NotFound},
		{"broken", scale.Options{From: broken, Times: 1}, fault.Corrupt},
		{"there already", scale.Options{From: from, To: there, Times: 1}, fault.Conflict},
	} {
		if c.o.To == "" {
			c.o.To = filepath.Join(t.TempDir(), "big.sqlite")
		}
		_, err := scale.Repeat(context.Background(), c.o)
		if fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", c.name, err)
		}
		if left, _ := filepath.Glob(c.o.To + "*"); c.kind != fault.Conflict && len(left) > 0 {
			t.Errorf("%s: %v is left behind", c.name, left)
		}
	}
}

func TestStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	to := filepath.Join(t.TempDir(), "big.sqlite")
	_, err := scale.Repeat(ctx, scale.Options{From: unzip(t, miniNodes), To: to, Times: 100_000, Progress: func(string, int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left, _ := filepath.Glob(to + "*"); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}
}

func BenchmarkRepeat(b *testing.B) {
	from := unzip(b, demo)
	rows := int64(0)
	for b.Loop() {
		rows += repeat(b, scale.Options{From: from, To: filepath.Join(b.TempDir(), "big.sqlite"), Times: 10}).Rows
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
