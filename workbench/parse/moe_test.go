package parse_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/parse"
)

// parseMoE opens routing and writes its files.
func parseMoE(t *testing.T, from string) (dir string, report parse.MoEReport) {
	t.Helper()
	a, err := moe.Format().Open(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	dir = t.TempDir()
	report, err = parse.MoE(t.Context(), a, dir)
	if err != nil {
		t.Fatal(err)
	}
	analysistest.CheckFindings(t, report.Metrics.Findings)
	return dir, report
}

// recordedMoE is the real recording: 8 layers of 16 experts, top-2, 81,920 tokens.
func recordedMoE(t testing.TB) string {
	t.Helper()
	return enginetest.UnzipFolder(t, "../../notebooks/demo/captures/moe")
}

// writeFiles makes a folder with files.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The files of the real recording have the tracker's columns, their sums are those of
// the recording, and percentages are what the counts give.
func TestMoEFiles(t *testing.T) {
	t.Parallel()
	dir, _ := parseMoE(t, recordedMoE(t))
	header, rows := readCSV(t, dir, parse.ActivationsFile)
	if got := strings.Join(header, ","); got != "layer_idx,expert_id,activation_count,percentage" || len(rows) != 128 {
		t.Errorf("activations: %s with %d rows", got, len(rows))
	}
	sums, percents := map[string]float64{}, map[string]float64{}
	for _, r := range rows {
		n, percent := number(t, r["activation_count"]), number(t, r["percentage"])
		sums[r["layer_idx"]] += n
		percents[r["layer_idx"]] += percent
		if math.Abs(percent-100*n/163840) > 5.1e-7 {
			t.Errorf("layer %s, expert %s: %v %% of %v", r["layer_idx"], r["expert_id"], percent, n)
		}
	}
	header, pairs := readCSV(t, dir, parse.CoselectionFile)
	if got := strings.Join(header, ","); got != "layer_idx,expert_id_1,expert_id_2,coselection_count" {
		t.Errorf("pairs: %s", got)
	}
	pairSums, last := map[string]float64{}, map[string]float64{}
	for _, r := range pairs {
		n, before := number(t, r["coselection_count"]), last[r["layer_idx"]]
		if before > 0 && n > before || number(t, r["expert_id_1"]) >= number(t, r["expert_id_2"]) {
			t.Errorf("pairs out of order: %v", r)
		}
		last[r["layer_idx"]] = n
		pairSums[r["layer_idx"]] += n
	}
	for _, l := range slices.Sorted(maps.Keys(sums)) {
		if sums[l] != 163840 || math.Abs(percents[l]-100) > 1e-4 || pairSums[l] != 81920 {
			t.Errorf("layer %s: %v activations, %v %%, %v pairs", l, sums[l], percents[l], pairSums[l])
		}
	}
	header, weights := readCSV(t, dir, parse.WeightsFile)
	if got := strings.Join(header, ","); got != "layer_idx,token_idx,expert_id,weight" || len(weights) != 8192 {
		t.Errorf("weights: %s with %d rows", got, len(weights))
	}
}

// Deviations are of the population, from the counts by step, at the tracker's times;
// where an expert got no token there is no ratio.
func TestMoEImbalance(t *testing.T) {
	t.Parallel()
	from := recordedMoE(t)
	dir, _ := parseMoE(t, from)
	_, was := readCSV(t, from, parse.ImbalanceFile)
	_, rows := readCSV(t, dir, parse.ImbalanceFile)
	if len(rows) != 400 || len(was) != 400 {
		t.Fatalf("%d rows of %d", len(rows), len(was))
	}
	idle := 0
	for i, r := range rows {
		if r["timestamp_sec"] != was[i]["timestamp_sec"] || r["layer_idx"] != was[i]["layer_idx"] {
			t.Fatalf("row %d is of another time or layer: %v, %v", i, r, was[i])
		}
		// The recording has the sample's deviation of 16 counts, to three decimals.
		want := number(t, was[i]["std_dev"]) * math.Sqrt(15.0/16)
		if got := number(t, r["std_dev"]); math.Abs(got-want) > 5.1e-4 {
			t.Errorf("row %d: deviation %v, want %v", i, got, want)
		}
		if was[i]["max_min_ratio"] == "inf" {
			idle++
			if r["max_min_ratio"] != "" {
				t.Errorf("row %d: an expert got nothing, but the ratio is %q", i, r["max_min_ratio"])
			}
		} else if got := number(t, r["max_min_ratio"]); math.Abs(got-number(t, was[i]["max_min_ratio"])) > 5.1e-4 {
			t.Errorf("row %d: ratio %v, was %v", i, got, was[i]["max_min_ratio"])
		}
	}
	if idle != 4 {
		t.Errorf("%d rows with an idle expert, want 4", idle)
	}
}

// moe_summary.json holds layers alone, each with the tracker's ten keys in order.
func TestMoESummary(t *testing.T) {
	t.Parallel()
	dir, _ := parseMoE(t, recordedMoE(t))
	data, err := os.ReadFile(filepath.Join(dir, parse.MoESummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	const keys = "num_experts top_k total_activations unique_experts_activated activation_coverage_pct mean_activations_per_expert " +
		"std_dev_activations min_activations max_activations load_balance_ratio"
	names, members := objectKeys(t, data)
	if got := strings.Join(names, " "); got != "layer_0 layer_1 layer_2 layer_3 layer_4 layer_5 layer_6 layer_7" {
		t.Errorf("members %s", got)
	}
	for i, m := range members {
		if got, _ := objectKeys(t, m); strings.Join(got, " ") != keys {
			t.Errorf("%s has the keys %v", names[i], got)
		}
	}
}

// objectKeys returns the members of a JSON object in their order.
func objectKeys(t *testing.T, data []byte) (names []string, values []json.RawMessage) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
		names, values = append(names, fmt.Sprint(name)), append(values, value)
	}
	return names, values
}

// By hand: four experts with 4, 2, 2 and no token are 8 activations, mean 2, deviation
// sqrt((4+0+0+4)/4) = 1.414214; coverage 75 %; max over mean 2; an expert is idle, so
// that there is no ratio. The tracker's own summary, which leaves the idle one out
// (mean 2.67, ratio 2), is not taken over; layer 10 comes after layer 2.
func TestMoEByHand(t *testing.T) {
	t.Parallel()
	dir, report := parseMoE(t, writeFiles(t, map[string]string{
		"moe_expert_activations.csv": "layer_idx,expert_id,activation_count,percentage\n2,0,4,50\n2,1,2,25\n2,2,2,25\n10,0,1,25\n10,1,1,25\n10,2,1,25\n10,3,1,25\n",
		"moe_summary.json":           `{"layer_2": {"num_experts": 4, "top_k": 2, "mean_activations_per_expert": 2.67, "load_balance_ratio": 2.0}, "layer_10": {"num_experts": 4, "top_k": 2}}`,
		"moe_load_imbalance.csv":     "layer_idx,timestamp_sec,std_dev,max_min_ratio\n2,0.5,1.5,inf\n2,0.6,1.5,inf\n",
	}))
	data, err := os.ReadFile(filepath.Join(dir, parse.MoESummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"layer_2":{"num_experts":4,"top_k":2,"total_activations":8,"unique_experts_activated":3,"activation_coverage_pct":75,` +
		`"mean_activations_per_expert":2,"std_dev_activations":1.4142135623730951,"min_activations":0,"max_activations":4,"load_balance_ratio":null},` +
		`"layer_10":{"num_experts":4,"top_k":2,"total_activations":4,"unique_experts_activated":4,"activation_coverage_pct":100,` +
		`"mean_activations_per_expert":1,"std_dev_activations":0,"min_activations":1,"max_activations":1,"load_balance_ratio":1}}`
	var got bytes.Buffer
	if err := json.Compact(&got, data); err != nil || got.String() != want {
		t.Errorf("summary\n%s\nwant\n%s (%v)", got.String(), want, err)
	}
	m := report.Metrics.Layers[0]
	if *m.OverMean != 2 || *m.Tokens != 4 || !slices.Equal(m.Dead, []int{3}) || m.PairSum != nil || *m.PairSumImplied != 4 {
		t.Errorf("metrics %+v", m)
	}
	_, rows := readCSV(t, dir, parse.ImbalanceFile)
	if len(rows) != 2 || rows[0]["std_dev"] != "1.500000" || rows[0]["max_min_ratio"] != "" {
		t.Errorf("imbalance %v", rows)
	}
	if !strings.Contains(findings(report), "std_dev and max_min_ratio of moe_load_imbalance.csv are the tracker's own") {
		t.Errorf("nothing is said of the tracker's own deviations: %s", findings(report))
	}
}

func findings(r parse.MoEReport) string {
	var all strings.Builder
	for _, f := range r.Metrics.Findings {
		fmt.Fprintf(&all, "%s: %s\n", f.Severity, f.Text)
	}
	return all.String()
}

// Counts by step alone give activations, the summary, and rows without times.
func TestMoEFromSteps(t *testing.T) {
	t.Parallel()
	dir, report := parseMoE(t, writeFiles(t, map[string]string{"expert_counts_by_step.json": "[[0,0,[1,3]],[1,0,[2,0]]]"}))
	_, rows := readCSV(t, dir, parse.ActivationsFile)
	if len(rows) != 2 || rows[0]["activation_count"] != "3" || rows[0]["percentage"] != "50.000000" {
		t.Errorf("activations %v", rows)
	}
	_, spread := readCSV(t, dir, parse.ImbalanceFile)
	if len(spread) != 2 || spread[0]["timestamp_sec"] != "" || spread[0]["std_dev"] != "1.000000" || spread[0]["max_min_ratio"] != "3.000000" || spread[1]["max_min_ratio"] != "" {
		t.Errorf("imbalance %v", spread)
	}
	if report.Summary[0].TopK != nil || report.Metrics.Layers[0].Tokens != nil || report.Metrics.Layers[0].ChanceOverMean != nil {
		t.Errorf("top-k is not known: %+v", report)
	}
}

// A recording without counts gives files with a header only, and a problem.
func TestMoEWithoutCounts(t *testing.T) {
	t.Parallel()
	dir, report := parseMoE(t, writeFiles(t, map[string]string{"moe_routing_weights_hist.csv": "layer_idx,token_idx,expert_id,weight\n0,0,1,0.5\n"}))
	if _, rows := readCSV(t, dir, parse.ActivationsFile); len(rows) != 0 || len(report.Summary) != 0 {
		t.Errorf("%d rows, %d layers", len(rows), len(report.Summary))
	}
	if !strings.Contains(findings(report), "problem: The recording has no tokens by expert") {
		t.Errorf("findings: %s", findings(report))
	}
}

// What is written reads as what was read: written again it is the same.
func TestMoERoundTrip(t *testing.T) {
	t.Parallel()
	first, _ := parseMoE(t, recordedMoE(t))
	second, _ := parseMoE(t, first)
	for _, name := range []string{parse.ActivationsFile, parse.CoselectionFile, parse.WeightsFile, parse.ImbalanceFile, parse.MoESummaryFile} {
		a, err := os.ReadFile(filepath.Join(first, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(second, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s changes when it is written again", name)
		}
	}
}

func BenchmarkMoE(b *testing.B) {
	a, err := moe.Format().Open(b.Context(), recordedMoE(b))
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	dir := b.TempDir()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse.MoE(b.Context(), a, dir); err != nil {
			b.Fatal(err)
		}
	}
}

// The uses that readers make of the files in Python go on working: scripts/setup.sh
// installs pandas.
func TestMoEPython(t *testing.T) {
	t.Parallel()
	python := pandasPython(t)
	dir, report := parseMoE(t, recordedMoE(t))
	var coverage strings.Builder
	for _, s := range report.Summary {
		fmt.Fprintf(&coverage, "layer_%d %.1f %.2f %d/%d\n", s.Layer, s.CoveragePct, *s.Ratio, s.Unique, s.Experts)
	}
	_, pairs := readCSV(t, dir, parse.CoselectionFile)
	var top strings.Builder
	for _, p := range pairs[:10] {
		fmt.Fprintf(&top, "%s %s %s\n", p["expert_id_1"], p["expert_id_2"], p["coselection_count"])
	}
	for script, want := range map[string]string{"coverage.py": coverage.String(), "pairs.py": top.String(), "imbalanced.py": imbalanced(t, dir)} {
		path, err := filepath.Abs(filepath.Join("testdata", script))
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), python, path)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", script, err, out, want)
		}
	}
}

// pandasPython returns a Python that has pandas.
func pandasPython(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), name, "-c", "import pandas").Run() == nil {
			return name
		}
	}
	t.Fatal("no Python with pandas: scripts/setup.sh installs python3-pandas")
	return ""
}

// imbalanced works out the five layers with the highest mean ratio, steps with an idle
// expert left out as pandas leaves them out.
func imbalanced(t *testing.T, dir string) string {
	t.Helper()
	_, rows := readCSV(t, dir, parse.ImbalanceFile)
	sum, n := map[string]float64{}, map[string]float64{}
	for _, r := range rows {
		if r["max_min_ratio"] != "" {
			sum[r["layer_idx"]] += number(t, r["max_min_ratio"])
			n[r["layer_idx"]]++
		}
	}
	layers := slices.Collect(maps.Keys(sum))
	slices.SortFunc(layers, func(a, b string) int {
		if sum[a]/n[a] > sum[b]/n[b] {
			return -1
		}
		return 1
	})
	var text strings.Builder
	for _, l := range layers[:5] {
		fmt.Fprintf(&text, "%s %.4f\n", l, sum[l]/n[l])
	}
	return text.String()
}
