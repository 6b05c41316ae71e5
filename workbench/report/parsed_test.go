package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/workbench/fault"
	"profilemate/workbench/report"
)

func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const newSummary = `{"prefill_decode": {"prefill": {"count": 2, "total_ms": 70, "step_total_ms": 75, "gpu_busy_ms": 10}, "decode": {"count": 5, "total_ms": 20, "step_total_ms": 25, "gpu_busy_ms": 20}},
 "components": {"attention": {"count": 1, "total_ms": 5, "percent": 50, "gpu_busy_ms": 8, "gpu_percent": 61.5}, "moe": {"count": 1, "total_ms": 5, "percent": 50, "gpu_busy_ms": 5, "gpu_percent": 38.5}},
 "top_kernels": [{"kernel_name": "flash_fwd<64>", "invocations": 7, "total_time_ms": 8, "avg_time_us": 1142.9, "min_time_us": 1, "max_time_us": 2000.5}],
 "cuda_graphs": {"total_kernel_launches": 100, "graph_kernel_launches": 40, "graph_coverage_pct": 40, "num_unique_graphs": 1, "graph_replays": 4, "hidden_graph_launches": 0}, "findings": []}`

// A parsed folder brings its sums: of 100 ms of steps prefill takes 75.
func TestParsedFolder(t *testing.T) {
	t.Parallel()
	r := gather(t, newEngine(t), report.Request{Nsys: folder(t, map[string]string{"summary.json": newSummary})})
	for rule, want := range map[string]string{"prefill-share": "75.0 %", "graph-coverage": "40 of 100 kernels (40.0 %)", "attention-share": "61.5 %"} {
		if a := adviceOf(t, r, rule); a.State != report.Act || !strings.Contains(a.Evidence, want) {
			t.Errorf("%s: %s: %s", rule, a.State, a.Evidence)
		}
	}
	for _, rule := range []string{"idle-gpu", "slow-steps", "host-bound-decode", "one-kernel"} {
		if a := adviceOf(t, r, rule); a.State != report.CannotTell {
			t.Errorf("%s cannot come from sums: %s: %s", rule, a.State, a.Evidence)
		}
	}
}

// The scripts called kernels that recur "from graphs": that share is not believed.
func TestOldParsedFolder(t *testing.T) {
	t.Parallel()
	old := `{"prefill_decode": {"prefill": {"count": 2, "total_ms": 70, "avg_ms": NaN}, "decode": {"count": 5, "total_ms": 30, "avg_ms": 6}}, "components": {}, "top_kernels": [],
 "cuda_graphs": {"total_kernel_launches": 100, "graph_kernel_launches": 99, "graph_coverage_pct": 99.0, "num_unique_graphs": 3}}`
	r := gather(t, newEngine(t), report.Request{Nsys: folder(t, map[string]string{"summary.json": old})})
	if a := adviceOf(t, r, "prefill-share"); a.State != report.Act || !strings.Contains(a.Evidence, "70.0 %") {
		t.Errorf("prefill: %s: %s", a.State, a.Evidence)
	}
	if a := adviceOf(t, r, "graph-coverage"); a.State != report.CannotTell {
		t.Errorf("the old coverage is believed: %s", a.Evidence)
	}
}

// Kernel b has 3/4 of the time at 90 % of DRAM, a has 1/4 at 70 %: 85 % weighted, which
// the mean of the old report, 80 %, is not.
func TestParsedNCU(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"kernel_bandwidth_metrics.csv": "kernel_name,dram_throughput_pct,sm_throughput_pct,duration_ns,bandwidth_gbps\n\"a<1, 2>\",70,10,1000,100\nb,90.4,20,3000,nan\n",
		"roofline_data.csv":            "kernel_name,sm_utilization,memory_utilization,bottleneck,bandwidth_gbps\n\"a<1, 2>\",10,70,memory,100\nb,20,90.4,memory,\n",
	}
	r := gather(t, newEngine(t), report.Request{NCU: folder(t, files)})
	if a := adviceOf(t, r, "dram-use"); a.State != report.Act || !strings.Contains(a.Evidence, "85.3 % of its peak, weighted by the time of 2 kernels") {
		t.Errorf("DRAM: %s: %s", a.State, a.Evidence)
	}
}

func TestBrokenParsedFolders(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	for name, files := range map[string]map[string]string{
		"json":  {"summary.json": "{"},
		"other": {"summary.json": "{}"},
	} {
		if _, err := report.Gather(t.Context(), e, report.Request{Nsys: folder(t, files)}, nil); fault.KindOf(err) != fault.Corrupt {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := report.Gather(t.Context(), e, report.Request{NCU: folder(t, map[string]string{"kernel_bandwidth_metrics.csv": "a\n\"b"})}, nil); fault.KindOf(err) != fault.Corrupt {
		t.Errorf("a broken CSV file: %v", err)
	}
	if _, err := report.Gather(t.Context(), e, report.Request{Nsys: t.TempDir()}, nil); err == nil {
		t.Error("an empty folder is reported on")
	}
}

// Whatever is in the files of a parsed folder, a report or an error comes of it.
func FuzzParsedFolder(f *testing.F) {
	f.Add(newSummary, "kernel_name,duration_ns\na,1\n", "kernel_name,flop\na,2\n")
	f.Add(`{"top_kernels":[{"total_time_ms":1e300}],"findings":[]}`, "kernel_name,duration_ns,duration_ns\n,0,1e400\n", "")
	f.Add(`{"prefill_decode":{"":{}},"cuda_graphs":{"graph_coverage_pct":1}}`, "", "\"")
	f.Fuzz(func(t *testing.T, summary, bandwidth, roof string) {
		e := newEngine(t)
		r, err := report.Gather(t.Context(), e, report.Request{Nsys: folder(t, map[string]string{"summary.json": summary})}, nil)
		if err == nil {
			written(t, r, report.HTML)
		}
		r, err = report.Gather(t.Context(), e, report.Request{NCU: folder(t, map[string]string{"kernel_bandwidth_metrics.csv": bandwidth, "roofline_data.csv": roof})}, nil)
		if err == nil {
			written(t, r, report.Markdown)
		}
	})
}
