package kernelsummary_test

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"profilemate/frames"
	"profilemate/plugins/kernelsummary"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine"
	"profilemate/workbench/result"
)

const (
	demo    = "../../notebooks/demo/captures"
	nsysDir = "../../workbench/artifacts/nsys/testdata"
)

// captures are real traces beside what nsys stats 2023.4.4 --report
// cuda_gpu_kern_sum --format csv prints for them.
var captures = []struct{ name, folder string }{
	{"demo_eager", demo}, {"demo_cudagraph", demo}, {"h100_mini_nodes", nsysDir}, {"h100_mini_graphs_hidden", nsysDir},
}

// Every cell of the table is the oracle's, and so is the order of the rows, with
// one worker and with several.
func TestOracle(t *testing.T) {
	t.Parallel()
	for _, c := range captures {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", c.name, workers), func(t *testing.T) {
				t.Parallel()
				r := run(t, unpack(t, filepath.Join(c.folder, c.name+".sqlite.zst")), workers, nil)
				want := oracle(t, c.name)
				if diff := cmp.Diff(want, oracleCells(r.Table("kernels").Frame)); diff != "" {
					t.Errorf("(-nsys stats +kernel-summary)\n%s", diff)
				}
			})
		}
	}
}

func oracle(t *testing.T, name string) [][]string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name+".csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(unzipped).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", name, len(rows), err)
	}
	return rows[1:]
}

// oracleCells writes the table as nsys stats does: one decimal, halves away from
// zero.
func oracleCells(f *frames.Frame) [][]string {
	var rows [][]string
	for i := range f.Len() {
		var row []string
		for _, name := range []string{"share", "total", "instances", "avg", "median", "min", "max", "stddev", "name"} {
			c := f.Column(name)
			text := c.Str(i)
			if c.Field.Kind == frames.Float64 {
				text = strconv.FormatFloat(math.Round(c.Float(i)*10)/10, 'f', 1, 64)
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	return rows
}

func run(t testing.TB, path string, workers int, params analysis.Values) *result.Result {
	t.Helper()
	registry, err := analysis.NewRegistry(kernelsummary.Analysis)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Config{Registry: registry, Formats: artifacts.Formats{nsys.Format()}, Workers: workers})
	out, err := e.Run(context.Background(), engine.Request{Analysis: "kernel-summary", Params: params,
		Inputs: []analysis.CallInput{{Path: path}}}, nil)
	e.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return out.Result
}

func unpack(t testing.TB, path string) string {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	data, err := decoder.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "capture.sqlite")
	if err := os.WriteFile(out, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return out
}

// The graph demo's kernels come from graphs to the count that the trace has.
func TestGraphShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, folder string
		graph, all   float64
	}{
		{"demo_cudagraph", demo, 24384, 26466}, // 96 launches of 254 nodes
		{"demo_eager", demo, 0, 9276},
		{"h100_mini_nodes", nsysDir, 72, 84},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := run(t, unpack(t, filepath.Join(c.folder, c.name+".sqlite.zst")), 2, nil).Table("kernels").Frame
			graph, all := 0.0, 0.0
			for i, n := range k.Ints("instances") {
				all += float64(n)
				graph += float64(n) * k.Floats("from_graphs")[i] / 100
			}
			if math.Abs(graph-c.graph) > 1e-6 || all != c.all {
				t.Errorf("%v of %v instances are from graphs, want %v of %v", graph, all, c.graph, c.all)
			}
		})
	}
}

// A graph-level trace is not called idle: the launches without kernels are counted.
func TestHiddenGraphs(t *testing.T) {
	t.Parallel()
	r := run(t, unpack(t, filepath.Join(nsysDir, "h100_mini_graphs_hidden.sqlite.zst")), 2, nil)
	const want = "24 graph launches whose kernels this trace does not show: the shares are of the other kernels only."
	for _, f := range r.Findings {
		if f.Text == want && f.Severity == result.Problem && f.Remedy != "" {
			return
		}
	}
	t.Errorf("no finding %q in %+v", want, r.Findings)
}

// BenchmarkKernelSummary reads and sums the graph demo (26,466 kernels), without a
// store.
func BenchmarkKernelSummary(b *testing.B) {
	path := unpack(b, filepath.Join(demo, "demo_cudagraph.sqlite.zst"))
	b.ReportAllocs()
	for b.Loop() {
		run(b, path, 2, nil)
	}
}
