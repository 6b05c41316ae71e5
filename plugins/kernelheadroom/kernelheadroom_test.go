package kernelheadroom_test

import (
	"math"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/kernelheadroom"
	"profilemate/plugins/roofline"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func TestKernelHeadroom(t *testing.T) { analysistest.Run(t, kernelheadroom.Analysis) }

const report = "../../workbench/artifacts/ncu/testdata/h100_mini_full.ncu-rep.zst"

func join(t *testing.T, report, capture string) *result.Result {
	t.Helper()
	registry, err := analysis.NewRegistry(kernelheadroom.Analysis)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Config{Registry: registry, Formats: artifacts.Formats{ncu.ReportFormat(), nsys.Format()}, Workers: 2})
	out, err := e.Run(t.Context(), engine.Request{Analysis: kernelheadroom.Analysis.Name, Inputs: []analysis.CallInput{
		{Path: enginetest.Unpack(t, report)}, {Path: enginetest.Capture(t, capture)}}}, nil)
	e.Wait()
	if err != nil {
		t.Fatal(err)
	}
	analysistest.CheckFindings(t, out.Result.Findings)
	return out.Result
}

type shape struct{ function, grid string }

func rowsOf(f *frames.Frame) map[shape]int {
	rows := map[shape]int{}
	for i := range f.Len() {
		rows[shape{f.Column("function").Str(i), f.Column("grid").Str(i)}] = i
	}
	return rows
}

// The report and the run are of one program, so that every kernel is matched by shape.
// Times and launches are sums over the table of kernels of the capture; the part of the
// roof is that of the analysis roofline, or of DRAM bandwidth for transpose, which has no
// operations.
func TestMini(t *testing.T) {
	t.Parallel()
	r := join(t, report, "h100_mini_nodes")
	if r.Table("unmatched") != nil {
		t.Error("kernels are not matched")
	}
	f := r.Table("kernels").Frame
	rows := rowsOf(f)
	for at, want := range map[shape]struct {
		launches, time int64 // select count(*), sum(end-start) … group by demangledName, gridX, …
	}{
		{"fp64_chain", "(4096, 1, 1)"}: {3, 56833}, {"gemm_naive", "(64, 64, 1)"}: {3, 1267095}, {"gemm_wmma", "(64, 16, 1)"}: {24, 1913094},
		{"reduce_sum", "(132, 1, 1)"}: {24, 188101}, {"saxpy", "(4096, 1, 1)"}: {24, 86724}, {"saxpy", "(65536, 1, 1)"}: {3, 226533}, {"transpose_naive", "(64, 64, 1)"}: {3, 27712},
	} {
		i, ok := rows[at]
		if !ok {
			t.Errorf("no %v", at)
			continue
		}
		if n, ns := f.Column("launches").Int(i), f.Column("time").Int(i); n != want.launches || ns != want.time || f.Column("matched").Str(i) != "name and shape" {
			t.Errorf("%v: %d launches, %d ns, matched by %s; want %v", at, n, ns, f.Column("matched").Str(i), want)
		}
		if worth, want := f.Column("worth").Float(i), float64(want.time)*(1-f.Column("of_roof").Float(i)/100); math.Abs(worth-want) > 1 {
			t.Errorf("%v is worth %v ns, not %v", at, worth, want)
		}
	}
	checkRoofs(t, f, rows)
}

// checkRoofs holds the part of the roof to the analysis roofline: a kernel's is that of
// the precision that is nearest.
func checkRoofs(t *testing.T, f *frames.Frame, rows map[shape]int) {
	t.Helper()
	r := enginetest.Run(t, roofline.Analysis, ncu.ReportFormat(), enginetest.Unpack(t, report), 2, analysis.Values{"min-share": "0"})
	want := map[shape]float64{}
	points, kernels := r.Table("roofline").Frame, r.Table("kernels").Frame
	for i := range kernels.Len() {
		want[shape{kernels.Column("function").Str(i), kernels.Column("grid").Str(i)}] = kernels.Column("of_bandwidth").Float(i)
	}
	for i := range points.Len() {
		at := shape{points.Column("function").Str(i), points.Column("grid").Str(i)}
		want[at] = max(want[at], points.Column("of_roof").Float(i))
	}
	for at, percent := range want {
		if got := f.Column("of_roof").Float(rows[at]); math.Abs(got-percent) > 1e-9*percent {
			t.Errorf("%v is at %v %% of its roof, the roofline says %v", at, got, percent)
		}
	}
	if len(want) != 7 || f.Column("roof").Str(rows[shape{"transpose_naive", "(64, 64, 1)"}]) != "DRAM bandwidth" {
		t.Errorf("%d kernels in the roofline; transpose has %q", len(want), f.Column("roof").Str(rows[shape{"transpose_naive", "(64, 64, 1)"}]))
	}
}

// Of a run that hides its graphs, what is not profiled and what is hidden is said.
func TestHidden(t *testing.T) {
	t.Parallel()
	r := join(t, report, "h100_mini_graphs_hidden")
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Text, "The run launches CUDA graphs 24 times") {
			return
		}
	}
	t.Errorf("nothing is said of hidden graphs: %+v", r.Findings)
}
