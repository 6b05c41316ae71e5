package parse_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/components"
	"profilemate/plugins/cudagraphs"
	"profilemate/plugins/phases"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/parse"
	"profilemate/workbench/result"
)

// readCSV returns the rows of a written file as maps from column to field.
func readCSV(t *testing.T, dir, name string) (header []string, rows []map[string]string) {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, field := range record {
			row[records[0][i]] = field
		}
		rows = append(rows, row)
	}
	return records[0], rows
}

// The files of a real capture have the scripts' columns first, their rows are
// ordered by start, and they add up to what nsys stats says of the capture.
func TestNsysFiles(t *testing.T) {
	t.Parallel()
	path := enginetest.Capture(t, "demo_cudagraph")
	a, err := nsys.Format().Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	dir := t.TempDir()
	kernels, err := parse.Nsys(t.Context(), a, dir)
	if err != nil {
		t.Fatal(err)
	}
	header, rows := readCSV(t, dir, parse.KernelsFile)
	if got, want := strings.Join(header[:7], ","), "kernel_name,duration_us,start_ns,grid_size,block_size,shared_mem_bytes,registersPerThread"; got != want {
		t.Errorf("kernel_stats.csv has the columns %s", got)
	}
	checkKernels(t, kernels, rows)
	header, rows = readCSV(t, dir, parse.RangesFile)
	if got, want := strings.Join(header[:5], ","), "name,duration_ms,start_ns,end_ns,thread_id"; got != want {
		t.Errorf("nvtx_ranges.csv has the columns %s", got)
	}
	checkOrder(t, rows)
	header, rows = readCSV(t, dir, parse.CopiesFile)
	if got, want := strings.Join(header[:4], ","), "duration_us,bytes,bandwidth_gbps,direction"; got != want {
		t.Errorf("memcpy_stats.csv has the columns %s", got)
	}
	checkCopies(t, rows)
}

// checkKernels holds the rows to kernel-summary's oracle, nsys stats, by way of the
// totals that the summary takes from the same pass.
func checkKernels(t *testing.T, kernels []parse.Kernel, rows []map[string]string) {
	t.Helper()
	if len(rows) != 26466 {
		t.Errorf("%d kernels, want 26,466", len(rows))
	}
	checkOrder(t, rows)
	totals := map[string]float64{}
	for _, row := range rows {
		us, err := strconv.ParseFloat(row["duration_us"], 64)
		if err != nil {
			t.Fatal(err)
		}
		totals[row["kernel_name"]] += us
		start, _ := strconv.ParseInt(row["start_ns"], 10, 64)
		end, _ := strconv.ParseInt(row["end_ns"], 10, 64)
		if math.Abs(float64(end-start)/1e3-us) > 1e-9 {
			t.Fatalf("duration %s of %s to %s", row["duration_us"], row["start_ns"], row["end_ns"])
		}
	}
	for _, k := range kernels {
		if math.Abs(totals[k.Name]-float64(k.Total)/1e3) > 1e-3 {
			t.Errorf("%s: %g µs in the file, %d ns in the summary", k.Name, totals[k.Name], k.Total)
		}
	}
	if kernels[0].Name != "void at::native::vectorized_gather_kernel<(int)16, long>(char *, char *, T2 *, int, long, long, long, long, bool)" {
		t.Errorf("the first kernel is %s", kernels[0].Name)
	}
}

func checkOrder(t *testing.T, rows []map[string]string) {
	t.Helper()
	last := int64(math.MinInt64)
	for _, row := range rows {
		start, err := strconv.ParseInt(row["start_ns"], 10, 64)
		if err != nil || start < last {
			t.Fatalf("start %s after %d (%v)", row["start_ns"], last, err)
		}
		last = start
	}
}

// checkCopies compares bytes by direction with nsys stats --report
// cuda_gpu_mem_size_sum, which memory-copies keeps for its own test.
func checkCopies(t *testing.T, rows []map[string]string) {
	t.Helper()
	names := map[string]string{"HtoD": "[CUDA memcpy Host-to-Device]", "DtoH": "[CUDA memcpy Device-to-Host]", "DtoD": "[CUDA memcpy Device-to-Device]"}
	bytes, counts := map[string]float64{}, map[string]int{}
	for _, row := range rows {
		n, err := strconv.ParseFloat(row["bytes"], 64)
		if err != nil {
			t.Fatal(err)
		}
		bytes[names[row["direction"]]] += n
		counts[names[row["direction"]]]++
		us, _ := strconv.ParseFloat(row["duration_us"], 64)
		if gbps, _ := strconv.ParseFloat(row["bandwidth_gbps"], 64); math.Abs(gbps-n/us/1e3) > 1e-6*gbps {
			t.Errorf("%s bytes in %s µs are not %s GB/s", row["bytes"], row["duration_us"], row["bandwidth_gbps"])
		}
	}
	found := 0
	for _, record := range enginetest.CSV(t, "../../plugins/memorycopies/testdata/demo_cudagraph_size.csv.gz")[1:] {
		name := record[len(record)-1]
		if counts[name] == 0 {
			continue
		}
		found++
		total, _ := strconv.ParseFloat(record[0], 64)
		count, _ := strconv.Atoi(record[1])
		if counts[name] != count || math.Abs(bytes[name]/1e6-total) > 0.0006 {
			t.Errorf("%s: %d copies of %g bytes, nsys has %d of %g MB", name, counts[name], bytes[name], count, total)
		}
	}
	if found != len(counts) || found == 0 {
		t.Errorf("%d of %d directions are in nsys's report", found, len(counts))
	}
}

// The summary has the scripts' keys and is JSON that a strict parser reads.
func TestSummary(t *testing.T) {
	t.Parallel()
	path := enginetest.Capture(t, "demo_cudagraph")
	run := func(a analysis.Analysis) *result.Result { return enginetest.Run(t, a, nsys.Format(), path, 2, nil) }
	a, err := nsys.Format().Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	dir := t.TempDir()
	kernels, err := parse.Nsys(t.Context(), a, dir)
	if err != nil {
		t.Fatal(err)
	}
	s := parse.Summarize(kernels, parse.Results{Phases: run(phases.Analysis), Components: run(components.Analysis), Graphs: run(cudagraphs.Analysis)})
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, parse.SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		PrefillDecode map[string]map[string]float64 `json:"prefill_decode"`
		TopKernels    []map[string]any              `json:"top_kernels"`
		CUDAGraphs    map[string]float64            `json:"cuda_graphs"`
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if n := got.PrefillDecode["prefill"]["count"]; n != 3 {
		t.Errorf("%g prefills, want 3: the demo has three requests", n)
	}
	if d := got.PrefillDecode["decode"]; math.Abs(d["avg_ms"]-d["total_ms"]/d["count"]) > 1e-9 || d["avg_ms"] < 0.4 || d["avg_ms"] > 0.6 {
		t.Errorf("decode %v; its range takes 0.52 ms in this capture", d)
	}
	if len(got.TopKernels) != 20 || got.TopKernels[0]["kernel_name"] == "" {
		t.Errorf("%d top kernels", len(got.TopKernels))
	}
	g := got.CUDAGraphs
	if g["total_kernel_launches"] != 26466 || math.Abs(g["graph_coverage_pct"]-100*g["graph_kernel_launches"]/26466) > 1e-9 || g["num_unique_graphs"] != 1 {
		t.Errorf("CUDA graphs %v", g)
	}
}

// Graph work that the trace hides makes the coverage unknown: null, never 0.
func TestHiddenGraphsAreUnknown(t *testing.T) {
	t.Parallel()
	coverage := frames.NewBuilder("coverage", frames.Schema{{Name: "replays", Kind: frames.Int64}, {Name: "hidden", Kind: frames.Int64}})
	coverage.Row(24, 24)
	r := (&result.Result{}).Add("coverage", "Coverage", coverage.Frame())
	s := parse.Summarize([]parse.Kernel{{Name: "k", Count: 12, Total: 12}}, parse.Results{Graphs: r})
	if s.CUDAGraphs.CoveragePct != nil || *s.CUDAGraphs.HiddenGraphs != 24 {
		t.Errorf("coverage %+v", s.CUDAGraphs)
	}
	data, err := json.Marshal(s)
	if err != nil || !strings.Contains(string(data), `"graph_coverage_pct":null`) || !strings.Contains(string(data), `"prefill_decode":{}`) {
		t.Errorf("%s, %v", data, err)
	}
}

// unordered is an artifact with two kernels, the later one first.
type unordered struct{ artifacts.Artifact }

func (unordered) Info() artifacts.Info { return artifacts.Info{Kind: artifacts.Nsys} }

func (unordered) Tables() []artifacts.TableInfo {
	return []artifacts.TableInfo{{Name: "kernels", Schema: frames.Schema{
		{Name: "start", Kind: frames.Int64, Unit: "ns"}, {Name: "end", Kind: frames.Int64, Unit: "ns"}, {Name: "name", Kind: frames.String}}}}
}

func (u unordered) Scan(_ context.Context, r artifacts.Request, emit artifacts.Emit) error {
	b := frames.NewBuilder("kernels", u.Tables()[0].Schema)
	b.Row(200, 205, `a,"b"`)
	b.Row(100, 110, nil)
	f, err := b.Frame().Select(r.Columns...)
	if err != nil {
		return err
	}
	return emit(0, f)
}

// Rows out of order are sorted, missing columns and names are empty fields, and a
// table that is not there is a file with a header.
func TestUnorderedAndMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := parse.Nsys(t.Context(), unordered{}, dir); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, parse.KernelsFile))
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(data), "\n")
	if want := ",0.01,100,0,0,0,,110,,,,,,\n\"a,\"\"b\"\"\",0.005,200,0,0,0,,205,,,,,,\n"; body != want {
		t.Errorf("got\n%s\nwant\n%s", body, want)
	}
	if _, rows := readCSV(t, dir, parse.CopiesFile); len(rows) != 0 {
		t.Errorf("%d copies", len(rows))
	}
}
