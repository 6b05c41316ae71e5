package nvtxsummary_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/plugins/nvtxsummary"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func run(t *testing.T, name string, params analysis.Values) *result.Result {
	t.Helper()
	path := enginetest.Capture(t, name)
	return enginetest.Run(t, nvtxsummary.Analysis, nsys.Format(), path, 2, params)
}

func oracle(t *testing.T, report, name string) [][]string {
	t.Helper()
	return enginetest.CSV(t, filepath.Join("testdata", report+"_"+name+".csv.gz"))[1:]
}

// Host times are the oracle's, cell by cell, and so is the order of the rows.
//
// The oracle in testdata is what nsys stats 2023.4.4 prints with
// --report nvtx_sum,nvtx_pushpop_sum,nvtx_gpu_proj_sum --format csv.
func TestOracle(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Captures() {
		for _, report := range []struct {
			name   string
			params analysis.Values
			style  bool
		}{
			{"nvtx_sum", analysis.Values{"names": "exact"}, true},
			{"nvtx_pushpop_sum", analysis.Values{"names": "exact", "style": "push-pop"}, false},
		} {
			t.Run(name+"/"+report.name, func(t *testing.T) {
				t.Parallel()
				f := run(t, name, report.params).Table("ranges").Frame
				if diff := cmp.Diff(oracle(t, report.name, name), hostCells(t, f, report.style)); diff != "" {
					t.Errorf("(-nsys stats +nvtx-summary)\n%s", diff)
				}
			})
		}
	}
}

// hostCells writes the table as nsys stats does.
func hostCells(t *testing.T, f *frames.Frame, style bool) [][]string {
	t.Helper()
	rows := enginetest.Cells(t, f, "share", "total", "count", "mean", "median", "min", "max", "stddev")
	for i := range rows {
		if style {
			rows[i] = append(rows[i], map[string]string{"push-pop": "PushPop", "start-end": "StartEnd"}[f.Column("style").Str(i)])
		}
		rows[i] = append(rows[i], nsysName(f, i))
	}
	return rows
}

func nsysName(f *frames.Frame, i int) string {
	if d := f.Column("domain"); !d.IsNull(i) {
		return d.Str(i) + ":" + f.Column("range").Str(i)
	}
	return f.Column("range").Str(i)
}

// The span is nsys's total projected time and the launches are its GPU operations,
// for every range that nsys projects; where it is silent about a graph whose work is
// hidden, so are we.
func TestProjection(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Captures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := run(t, name, analysis.Values{"names": "exact"}).Table("ranges").Frame
			got := map[string][2]string{}
			for i := range f.Len() {
				if span := f.Column("gpu_span"); !span.IsNull(i) && span.Int(i) > 0 {
					got[nsysName(f, i)] = [2]string{span.Str(i), f.Column("launches").Str(i)}
				}
			}
			want := map[string][2]string{}
			for _, row := range oracle(t, "nvtx_gpu_proj_sum", name) {
				want[row[0]] = [2]string{row[2], row[10]}
			}
			if name == "h100_mini_graphs_hidden" {
				// nsys projects the copy beside the hidden graph, and not the graph.
				delete(want, "execute_context_0(0)_generation_8(8)")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-nsys stats +nvtx-summary)\n%s", diff)
			}
		})
	}
}

// Self times add up to the time under at least one range: each thread's outermost
// ranges, which for these programs of one thread are the engine's steps.
func TestSelfAddsUp(t *testing.T) {
	t.Parallel()
	f := run(t, "demo_eager", nil).Table("ranges").Frame
	total := int64(0)
	for _, self := range f.Ints("self") {
		total += self
	}
	if want := int64(441681696 + 61215178); total != want { // execute_context_0…, execute_context_8(1024)…
		t.Errorf("self times add up to %d ns, want %d", total, want)
	}
}
