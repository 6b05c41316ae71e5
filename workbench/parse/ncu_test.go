package parse_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/plugins/roofline"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/parse"
	"profilemate/workbench/result"
)

const ncuCaptures = "../artifacts/ncu/testdata/h100_mini_"

// parseNCU writes the files of a profile into a folder of their own, without the
// roofline's findings, which have tests of their own.
func parseNCU(t *testing.T, format artifacts.Format, capture string) (dir string, s parse.NCUSummary) {
	t.Helper()
	path := enginetest.Unpack(t, ncuCaptures+capture)
	a, err := format.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	roofs := enginetest.Run(t, roofline.Analysis, format, path, 1, nil)
	kernels, err := parse.NCUKernels(t.Context(), a, roofs)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := parse.WriteNCU(dir, kernels, parse.SummarizeNCU(kernels, nil)); err != nil {
		t.Fatal(err)
	}
	return dir, parse.SummarizeNCU(kernels, roofs.Findings)
}

// The files of real reports are as agreed: the scripts' columns and keys first.
func TestNCUGolden(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"full", "basic", "roof"} {
		dir, _ := parseNCU(t, ncu.ReportFormat(), set+".ncu-rep.zst")
		for _, name := range []string{parse.BandwidthFile, parse.RooflineFile, parse.NCUSummaryFile} {
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", set, name)
			if flag.Lookup("update").Value.String() == "true" { // of package analysistest
				if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s (-golden +got):\n%s", golden, diff)
			}
		}
	}
}

// A report and its print-out give the same files: words alike, numbers within what
// rounding in print moves them by. A rate of FLOP printed with two decimals, times
// cycles, is the coarsest.
func TestNCUSources(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"full", "basic", "roof"} {
		fromReport, _ := parseNCU(t, ncu.ReportFormat(), set+".ncu-rep.zst")
		fromPrint, _ := parseNCU(t, ncu.Format(), set+"_raw_base.csv.zst")
		for _, name := range []string{parse.BandwidthFile, parse.RooflineFile} {
			header, got := readCSV(t, fromPrint, name)
			_, want := readCSV(t, fromReport, name)
			if len(got) != 6 || len(want) != 6 {
				t.Fatalf("%s of %s: %d and %d kernels, want 6", name, set, len(want), len(got))
			}
			for i := range want {
				for _, column := range header {
					if !alike(want[i][column], got[i][column]) {
						t.Errorf("%s of %s, kernel %d: %s is %q in the report, %q in print", name, set, i, column, want[i][column], got[i][column])
					}
				}
			}
		}
	}
}

func alike(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return a == b
	}
	return math.Abs(x-y) <= 0.006+2e-3*math.Abs(x)
}

// rawSums adds a print-out up by kernel name, without any of our readers.
type rawSums struct{ read, write, time, dram, sm float64 }

func sumRaw(t *testing.T, set string) map[string]*rawSums {
	t.Helper()
	text, err := os.ReadFile(enginetest.Unpack(t, ncuCaptures+set+"_raw_base.csv.zst"))
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := func(record []string, column string) float64 {
		for i, name := range records[0] {
			if name == column {
				v, err := strconv.ParseFloat(strings.ReplaceAll(record[i], ",", ""), 64)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
		}
		t.Fatalf("no column %s", column)
		return 0
	}
	name := 0
	for records[0][name] != "Kernel Name" {
		name++
	}
	sums := map[string]*rawSums{}
	for _, r := range records[2:] {
		if sums[r[name]] == nil {
			sums[r[name]] = &rawSums{}
		}
		s, time := sums[r[name]], number(r, "gpu__time_duration.sum")
		s.read += number(r, "dram__bytes_read.sum")
		s.write += number(r, "dram__bytes_write.sum")
		s.time += time
		s.dram += time * number(r, "gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed")
		s.sm += time * number(r, "sm__throughput.avg.pct_of_peak_sustained_elapsed")
	}
	return sums
}

// knownWork is what the profiled program computes: all launches of a kernel together.
// saxpy does 2 FLOP an element, once on 2^24 and eight times on 2^20; gemm 2·1024³;
// eight times with tensor cores.
func knownWork() map[string]string {
	return map[string]string{"saxpy": "50331648", "gemm_naive": "2147483648", "gemm_wmma": "17179869184", "fp64_chain": "536870912", "transpose_naive": "0"}
}

// The full report's rows are the sums over the launches in ncu's own print-out, and
// the work that the source of the program does.
func TestNCUSums(t *testing.T) {
	t.Parallel()
	dir, s := parseNCU(t, ncu.ReportFormat(), "full.ncu-rep.zst")
	sums := sumRaw(t, "full")
	_, rows := readCSV(t, dir, parse.BandwidthFile)
	_, roofs := readCSV(t, dir, parse.RooflineFile)
	if len(rows) != len(sums) || len(roofs) != len(sums) || s.Kernels != len(sums) || s.Launches != 28 {
		t.Fatalf("%d and %d rows of %d kernels, %+v", len(rows), len(roofs), len(sums), s)
	}
	for i, row := range rows {
		want := sums[row["kernel_name"]]
		for column, value := range map[string]float64{"dram_read_bytes": want.read, "dram_write_bytes": want.write, "duration_ns": want.time,
			"bandwidth_gbps": (want.read + want.write) / want.time, "dram_throughput_pct": want.dram / want.time, "sm_throughput_pct": want.sm / want.time} {
			if got, err := strconv.ParseFloat(row[column], 64); err != nil || math.Abs(got-value) > 0.0051 {
				t.Errorf("%s: %s is %s, the launches give %v", row["kernel_name"], column, row[column], value)
			}
		}
		function, _, _ := strings.Cut(row["kernel_name"], "(")
		if flop, known := knownWork()[function]; known && roofs[i]["flop"] != flop {
			t.Errorf("%s: %s FLOP, want %s", function, roofs[i]["flop"], flop)
		}
	}
}

// The scripts' words come out of the real profile: gemm_naive is on the compute side
// and memory-bound to ncu, both; a program without DRAM bytes has no bandwidth, and
// what would bring them is said.
func TestNCUWords(t *testing.T) {
	t.Parallel()
	dir, s := parseNCU(t, ncu.ReportFormat(), "full.ncu-rep.zst")
	_, rows := readCSV(t, dir, parse.RooflineFile)
	if gemm := rows[1]; gemm["bottleneck"] != "memory" || gemm["roofline_side"] != "compute" || !strings.HasPrefix(gemm["roof_share_pct"], "7.6") {
		t.Errorf("gemm_naive: %v", gemm)
	}
	if got, want := s.Bounds, (parse.Bounds{Compute: 1, Memory: 4, Latency: 1}); got != want {
		t.Errorf("bounds %+v, want %+v", got, want)
	}
	dir, s = parseNCU(t, ncu.ReportFormat(), "basic.ncu-rep.zst")
	_, rows = readCSV(t, dir, parse.BandwidthFile)
	if rows[0]["bandwidth_gbps"] != "" || len(s.TopByBandwidth) != 0 {
		t.Errorf("a bandwidth without DRAM bytes: %v", rows[0])
	}
	if !strings.Contains(findingsText(s.Findings), "dram__bytes_read.sum") {
		t.Errorf("no remedy for DRAM bytes in %v", s.Findings)
	}
}

func findingsText(list []result.Finding) string {
	var out strings.Builder
	for _, f := range list {
		out.WriteString(f.Text + " " + f.Remedy + "\n")
	}
	return out.String()
}

// launchTable is an artifact with a table of launches and nothing else.
type launchTable struct {
	artifacts.Artifact
	frame *frames.Frame
}

func (launchTable) Info() artifacts.Info { return artifacts.Info{Kind: artifacts.NCU} }

func (l launchTable) Tables() []artifacts.TableInfo {
	return []artifacts.TableInfo{{Name: "launches", Schema: l.frame.Schema()}}
}

func (l launchTable) Scan(_ context.Context, _ artifacts.Request, emit artifacts.Emit) error {
	return emit(0, l.frame)
}

// madeProfile has a kernel of two shapes that computes in two precisions, and one
// without numbers.
func madeProfile() (launchTable, *result.Result) {
	launches := frames.NewBuilder("launches", frames.Schema{
		{Name: "launch", Kind: frames.Int64}, {Name: "kernel", Kind: frames.String}, {Name: "grid", Kind: frames.String}, {Name: "time", Kind: frames.Int64, Unit: "ns"},
		{Name: "dram_read", Kind: frames.Int64}, {Name: "dram_write", Kind: frames.Int64}, {Name: "dram_bytes", Kind: frames.Int64},
		{Name: "dram_pct", Kind: frames.Float64}, {Name: "sm_pct", Kind: frames.Float64}, {Name: "memory_pct", Kind: frames.Float64}, {Name: "waves", Kind: frames.Float64}})
	launches.Row(0, "fused_moe_kernel", "(1)", 100, 600, 200, 800, 80.0, 10.0, 90.0, 4.0)
	launches.Row(1, "fused_moe_kernel", "(2)", 300, 300, 100, 400, 40.0, 30.0, 90.0, 4.0)
	launches.Row(2, "bare", "(1)", 50, nil, nil, nil, nil, nil, nil, nil)
	kernels := frames.NewBuilder("kernels", frames.Schema{{Name: "kernel", Kind: frames.String}, {Name: "grid", Kind: frames.String}, {Name: "block", Kind: frames.String},
		{Name: "device", Kind: frames.String}, {Name: "time", Kind: frames.Int64}, {Name: "bytes", Kind: frames.Int64}, {Name: "bandwidth", Kind: frames.Float64}})
	kernels.Row("fused_moe_kernel", "(2)", nil, nil, 300, 400, 10e9)
	kernels.Row("fused_moe_kernel", "(1)", nil, nil, 100, 800, 10e9)
	kernels.Row("bare", "(1)", nil, nil, 50, nil, nil)
	points := frames.NewBuilder("roofline", frames.Schema{{Name: "kernel", Kind: frames.String}, {Name: "grid", Kind: frames.String}, {Name: "block", Kind: frames.String},
		{Name: "device", Kind: frames.String}, {Name: "precision", Kind: frames.String}, {Name: "ops", Kind: frames.Int64}, {Name: "peak", Kind: frames.Float64}, {Name: "method", Kind: frames.String}})
	points.Row("fused_moe_kernel", "(2)", nil, nil, "tensor bf16", 16000, 200e9, "exact")
	points.Row("fused_moe_kernel", "(2)", nil, nil, "fp32", 2000, 50e9, "exact")
	points.Row("fused_moe_kernel", "(1)", nil, nil, "tensor bf16", 6000, 200e9, "exact")
	r := (&result.Result{}).Add("roofline", "", points.Frame()).Add("kernels", "", kernels.Frame())
	return launchTable{frame: launches.Frame()}, r
}

// Worked by hand. Grid (1): 800 B at 10 GB/s take 80 ns, 6,000 FLOP at 200 GFLOP/s
// 30 ns, so at least 80 ns. Grid (2): 400 B take 40 ns, 16,000 FLOP 80 ns and 2,000 at
// 50 GFLOP/s 40 ns, so 120 ns. Together 200 of the 400 ns: 50 % of the roof, which is
// 24,000 FLOP / 200 ns = 120 GFLOP/s. The peaks alone take 150 ns: 160 GFLOP/s, and the
// ridge is 16 FLOP/B; the intensity 24,000 / 1,200 = 20. DRAM is at
// (80 × 100 + 40 × 300) / 400 = 50 %, the SMs at (10 × 100 + 30 × 300) / 400 = 25 %.
func TestNCUByHand(t *testing.T) {
	t.Parallel()
	a, r := madeProfile()
	kernels, err := parse.NCUKernels(t.Context(), a, r)
	if err != nil || len(kernels) != 2 {
		t.Fatalf("%d kernels, %v", len(kernels), err)
	}
	data, err := json.Marshal(kernels[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"kernel_name":"fused_moe_kernel","dram_read_bytes":900,"dram_write_bytes":300,"dram_throughput_pct":50,"sm_throughput_pct":25,"duration_ns":400,"bandwidth_gbps":3,` +
		`"compute_bound":false,"bottleneck":"memory","launches":2,"dram_bytes":1200,"memory_throughput_pct":90,"ncu_class":"High Throughput (memory)",` +
		`"flop":24000,"arithmetic_intensity":20,"flop_per_second":60000000000,"ridge_intensity":16,"peak_flop_per_second":160000000000,"roof_flop_per_second":120000000000,` +
		`"roof_share_pct":50,"roofline_side":"compute","flop_precision":"tensor bf16+fp32","flop_method":"exact"}`
	if diff := cmp.Diff(rounded(t, want), rounded(t, string(data))); diff != "" {
		t.Errorf("(-by hand +got):\n%s", diff)
	}
	if data, _ = json.Marshal(kernels[1]); string(data) != `{"kernel_name":"bare","duration_ns":50,"launches":1}` {
		t.Errorf("a kernel without numbers has some: %s", data)
	}
	s := parse.SummarizeNCU(kernels, nil)
	if !s.MoE.Found || s.MoE.Kernels != 1 || *s.MoE.TotalMs != 0.0004 || *s.MoE.Bandwidth != 3 || s.Bounds != (parse.Bounds{Memory: 1, Unknown: 1}) || len(s.TopByBandwidth) != 1 {
		t.Errorf("summary %+v", s)
	}
	analysistest.CheckFindings(t, s.Findings)
	if text := findingsText(s.Findings); !strings.HasPrefix(text, "The bottleneck of 1 kernel is not known") || !strings.Contains(text, "--section SpeedOfLight") {
		t.Errorf("findings %q", text)
	}
}

// rounded reads an object with its numbers to twelve digits, so that the order of a
// sum does not show.
func rounded(t *testing.T, text string) map[string]string {
	t.Helper()
	values := map[string]any{}
	if err := json.NewDecoder(bytes.NewReader([]byte(text))).Decode(&values); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for key, v := range values {
		if f, ok := v.(float64); ok {
			v = strconv.FormatFloat(f, 'g', 12, 64)
		}
		out[key], _ = v.(string)
	}
	return out
}

// Without a roofline the rest is there all the same.
func TestNCUWithoutRoofline(t *testing.T) {
	t.Parallel()
	a, _ := madeProfile()
	kernels, err := parse.NCUKernels(t.Context(), a, nil)
	if err != nil || kernels[0].FLOP != nil || *kernels[0].Bandwidth != 3 {
		t.Errorf("%+v, %v", kernels, err)
	}
	empty := launchTable{frame: frames.Empty("launches", frames.Schema{{Name: "grid", Kind: frames.String}})}
	if _, err := parse.NCUKernels(t.Context(), empty, nil); err == nil {
		t.Error("a table of launches without kernels gives no error")
	}
}
