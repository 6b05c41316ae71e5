package ncu_test

import (
	"context"
	"encoding/csv"
	"flag"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/result"
)

var update = flag.Bool("update", false, "rewrite golden files")

// fullCapture is the raw page that the demo embeds.
const fullCapture = "../../../notebooks/demo/captures/h100_mini_full_raw.csv.zst"

func capture(name string) string { return filepath.Join("testdata", "h100_mini_"+name+".csv.zst") }

// unpacked returns a capture's text.
func unpacked(t testing.TB, path string) string {
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
	text, err := decoder.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// write puts text in a file and returns its path.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "profile.csv")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, text string) artifacts.Artifact {
	t.Helper()
	a, err := artifacts.Formats{ncu.Format()}.Open(context.Background(), write(t, text))
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

func dump(t testing.TB, list ...*frames.Frame) string {
	t.Helper()
	r := &result.Result{}
	for _, f := range list {
		r.Add(f.Name(), "", f)
	}
	var out strings.Builder
	if err := result.WriteText(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got, -update rewrites):\n%s", path, diff)
	}
}

// TestGolden holds the tables of each capture as text; of metrics, whose full
// tables have some 60,000 rows, those of the first launch.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"full_raw": fullCapture, "roof_raw": capture("roof_raw"),
		"live_banner_raw": capture("live_banner_raw"), "graphprof_raw": capture("graphprof_raw")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := open(t, unpacked(t, path))
			golden(t, name, dump(t, load(t, a, "launches"), load(t, a, "work"), load(t, a, "device")))
		})
	}
	a := open(t, unpacked(t, capture("live_banner_raw")))
	metrics := load(t, a, "metrics")
	rows := 0
	for rows < metrics.Len() && metrics.Column("launch").Int(rows) == 0 {
		rows++
	}
	golden(t, "live_banner_metrics", dump(t, metrics.Head(rows)))
}

// knownFLOP are the operations that mini.cu does, counted in its source: saxpy one
// FMA an element of 2^24 or 2^20, the GEMMs 2·1024³, fp64_chain 256 FMA a thread.
var knownFLOP = map[string]struct {
	column string
	flop   int64
}{
	"saxpy (65536, 1, 1)":         {"flop_fp32", 2 << 24},
	"saxpy (4096, 1, 1)":          {"flop_fp32", 2 << 20},
	"gemm_naive (64, 64, 1)":      {"flop_fp32", 2 << 30},
	"fp64_chain (4096, 1, 1)":     {"flop_fp64", 512 << 20},
	"gemm_wmma (64, 16, 1)":       {"flop_tensor", 2 << 30},
	"transpose_naive (64, 64, 1)": {"flop_fp32", 0},
}

// TestKnownFLOP compares every print-out with the source of the profiled program:
// exactly with automatic units, within the margin that the reader states else.
func TestKnownFLOP(t *testing.T) {
	t.Parallel()
	for _, path := range []string{fullCapture, capture("roof_raw"), capture("full_raw_base")} {
		f := load(t, open(t, unpacked(t, path)), "launches")
		if f.Len() != 28 {
			t.Fatalf("%s: %d launches, want 28", path, f.Len())
		}
		for i := range f.Len() {
			label := f.Column("function").Str(i) + " " + f.Column("grid").Str(i)
			known, ok := knownFLOP[label]
			if !ok {
				continue
			}
			got, margin := f.Column(known.column).Int(i), 0.0
			if path == capture("full_raw_base") && known.column != "flop_tensor" {
				margin = f.Column("flop_margin").Float(i)
			}
			if math.Abs(float64(got-known.flop)) > margin {
				t.Errorf("%s: launch %d, %s: %s = %d, want %d ± %v", path, i, label, known.column, got, known.flop, margin)
			}
		}
	}
}

// TestPrintoutsAgree compares the two print-outs of one report: what both print
// whole is equal, the rest within the two decimals of base units.
func TestPrintoutsAgree(t *testing.T) {
	t.Parallel()
	auto := load(t, open(t, unpacked(t, fullCapture)), "launches")
	base := load(t, open(t, unpacked(t, capture("full_raw_base"))), "launches")
	for _, name := range []string{"id", "kernel", "grid", "block_x", "time", "dram_read", "dram_write", "dram_bytes", "l1_bytes", "flop_tensor", "registers", "threads", "nvtx"} {
		if diff := cmp.Diff(auto.Strings(name), base.Strings(name)); diff != "" {
			t.Errorf("column %s differs:\n%s", name, diff)
		}
	}
	for _, name := range []string{"clock_sm", "peak_dram", "peak_l2", "peak_l1", "peak_fp64", "peak_fp32", "peak_fp16"} {
		for i := range auto.Len() {
			a, b := auto.Column(name).Float(i), base.Column(name).Float(i)
			if !(math.Abs(a-b) <= 1e-6*a) {
				t.Errorf("launch %d: %s is %v and %v", i, name, a, b)
			}
		}
	}
}

// TestBasicSet holds what the default set has not to be missing, not zero.
func TestBasicSet(t *testing.T) {
	t.Parallel()
	a := open(t, unpacked(t, capture("basic_raw")))
	f := load(t, a, "launches")
	for _, name := range []string{"dram_bytes", "l2_bytes", "flop_fp32", "flop_margin", "flop_tensor", "op_tensor", "tensor_estimated", "peak_dram", "peak_fp32"} {
		for i := range f.Len() {
			if !f.Column(name).IsNull(i) {
				t.Fatalf("launch %d: %s is %s, want missing", i, name, f.Column(name).Str(i))
			}
		}
	}
	if got := load(t, a, "work").Len(); got != 0 {
		t.Errorf("%d rows of work, want none", got)
	}
	if got := f.Column("time").Int(0); got != 70816 {
		t.Errorf("time of launch 0 is %d, want 70816", got)
	}
	if got := a.Info().Metadata["has_flops"]; got != "false" {
		t.Errorf("has_flops is %q", got)
	}
}

// details reads the details page, ncu's own summary of the same report: launch,
// label and unit to value, and the text of the roofline rule.
func details(t *testing.T) (values map[string]string, rules map[string]string) {
	t.Helper()
	in := csv.NewReader(strings.NewReader(unpacked(t, capture("full_details"))))
	in.FieldsPerRecord = -1
	records, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range records[0] {
		at[name] = i
	}
	values, rules = map[string]string{}, map[string]string{}
	for _, r := range records[1:] {
		if name := r[at["Metric Name"]]; name != "" {
			values[r[0]+" "+r[at["Section Name"]]+" "+name+" "+r[at["Metric Unit"]]] = strings.ReplaceAll(r[at["Metric Value"]], ",", "")
		} else if r[at["Rule Name"]] == "SOLFPRoofline" {
			rules[r[0]] = r[at["Rule Description"]]
		}
	}
	return values, rules
}

// TestDetailsOracle compares the launches with ncu's details page of the report.
func TestDetailsOracle(t *testing.T) {
	t.Parallel()
	f := load(t, open(t, unpacked(t, fullCapture)), "launches")
	values, rules := details(t)
	const sol = "GPU Speed Of Light Throughput "
	for i := range f.Len() {
		id := f.Column("id").Str(i)
		for _, c := range []struct {
			label, column string
			scale         float64
		}{
			{sol + "Duration us", "time", 1e-3},
			{sol + "DRAM Throughput %", "dram_pct", 1},
			{sol + "Memory Throughput %", "memory_pct", 1},
			{sol + "Compute (SM) Throughput %", "sm_pct", 1},
			{"Memory Workload Analysis L2 Hit Rate %", "l2_hit", 1},
			{"Memory Workload Analysis L1/TEX Hit Rate %", "l1_hit", 1},
			{"Occupancy Achieved Occupancy %", "occupancy", 1},
			{"Occupancy Theoretical Occupancy %", "occupancy_theoretical", 1},
			{"Launch Statistics Waves Per SM ", "waves", 1},
			{"Launch Statistics Registers Per Thread register/thread", "registers", 1},
			{"Launch Statistics Threads thread", "threads", 1},
		} {
			want, err := strconv.ParseFloat(values[id+" "+c.label], 64)
			if err != nil {
				t.Fatalf("launch %s: the details page has no %q", id, c.label)
			}
			if got := f.Column(c.column).Float(i) * c.scale; !(math.Abs(got-want) <= 0.00501) {
				t.Errorf("launch %s: %s is %v, ncu's details say %v", id, c.column, got, want)
			}
		}
		rooflineRule(t, f, i, rules[id])
	}
}

var rulePattern = regexp.MustCompile(`achieved\s+(?:close to )?(\d+)% of this device's FP32 peak performance and\s+(?:close to )?(\d+)% of its FP64`)

// rooflineRule compares the share of the peaks with the sentence of ncu's rule.
func rooflineRule(t *testing.T, f *frames.Frame, i int, sentence string) {
	t.Helper()
	m := rulePattern.FindStringSubmatch(sentence)
	if m == nil {
		t.Fatalf("launch %d: no roofline rule in %q", i, sentence)
	}
	for j, precision := range []string{"fp32", "fp64"} {
		want, _ := strconv.ParseFloat(m[j+1], 64)
		rate := f.Column("flop_"+precision).Float(i) / (f.Column("time").Float(i) * 1e-9)
		if got := 100 * rate / f.Column("peak_"+precision).Float(i); !(math.Abs(got-want) <= 1) {
			t.Errorf("launch %d: %s at %.2f %% of its peak, ncu's rule says %v %%", i, precision, got, want)
		}
	}
}

// TestPeakOracle compares traffic over peak with ncu's own percentages, which come
// from cycles instead of time.
func TestPeakOracle(t *testing.T) {
	t.Parallel()
	a := open(t, unpacked(t, fullCapture))
	f, work := load(t, a, "launches"), load(t, a, "work")
	for i := range f.Len() {
		rate := f.Column("dram_bytes").Float(i) / (f.Column("time").Float(i) * 1e-9)
		got, want := 100*rate/f.Column("peak_dram").Float(i), f.Column("dram_pct").Float(i)
		if !(math.Abs(got-want) <= 1e-4*want) {
			t.Errorf("launch %d: %v %% of the DRAM peak, ncu says %v %%", i, got, want)
		}
	}
	metrics := load(t, a, "metrics")
	percent := map[int64]float64{}
	for i := range metrics.Len() {
		if metrics.Column("metric").Str(i) == "sm__ops_path_tensor_op_hmma_src_fp16_dst_fp32_sparsity_off.sum.pct_of_peak_sustained_elapsed" {
			percent[metrics.Column("launch").Int(i)] = metrics.Column("value").Float(i)
		}
	}
	tensors := 0
	for i := range work.Len() {
		if work.Column("tensor").Int(i) == 0 {
			continue
		}
		tensors++
		launch := work.Column("launch").Int(i)
		rate := work.Column("ops").Float(i) / (f.Column("time").Float(int(launch)) * 1e-9)
		if got := 100 * rate / work.Column("peak").Float(i); !(math.Abs(got-percent[launch]) <= 1e-3*percent[launch]) {
			t.Errorf("launch %d: %v %% of the tensor peak, ncu says %v %%", launch, got, percent[launch])
		}
	}
	if tensors != 8 {
		t.Errorf("%d rows of tensor work, want 8", tensors)
	}
}
