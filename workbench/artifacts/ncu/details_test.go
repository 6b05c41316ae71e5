package ncu_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
)

// detailsRows are the rows of a details page as encoding/csv reads them, by column.
func detailsRows(t testing.TB, text string) []map[string]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			if i < len(record) {
				row[name] = record[i]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// baseOf is what one of each unit that the captures print is in base units.
func baseOf(t testing.TB, unit string) float64 {
	t.Helper()
	for prefix, factor := range map[string]float64{"T": 1e12, "G": 1e9, "M": 1e6, "K": 1e3} {
		if rest, ok := strings.CutPrefix(unit, prefix); ok && rest != "" {
			return factor
		}
	}
	switch unit {
	case "us", "usecond":
		return 1e3
	case "ms", "msecond":
		return 1e6
	}
	return 1
}

// metricsOf indexes the metrics table by launch and metric.
func metricsOf(t testing.TB, a artifacts.Artifact) (values map[string]float64, texts map[string]string) {
	t.Helper()
	f := load(t, a, "metrics")
	values, texts = map[string]float64{}, map[string]string{}
	launch, metric, value, text := f.Ints("launch"), f.Strings("metric"), f.Column("value"), f.Column("text")
	for i := range f.Len() {
		key := fmt.Sprint(launch[i], " ", metric[i])
		if value.IsNull(i) {
			texts[key] = text.Str(i)
		} else {
			values[key] = value.Float(i)
		}
	}
	return values, texts
}

// shownInstead are the metrics that the captures' device has in the place of the one
// that the section names first; the report has each under its own name.
var shownInstead = map[string]string{"Maximum Sampling Interval": "profiler__pmsampler_interval_time", "L2 Compression Input Sectors": "lrc__ilc_input_sectors.sum"}

// TestDetailsMetrics holds every metric that the details page of each capture prints
// to the report that it was printed from: the label leads to the metric that the
// report's own sections name, and the value is the report's within the rounding of
// the print.
func TestDetailsMetrics(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"basic", "full", "roof", "graphprof"} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			page := unpacked(t, capture(set+"_details"))
			printed, rep := open(t, page), openReport(t, reportCapture(t, set))
			values, texts := metricsOf(t, printed)
			exact, exactTexts := metricsOf(t, rep)
			labels := map[string][]string{}
			s := load(t, rep, "sections", "launch", "name", "metric", "label")
			for i := range s.Len() {
				key := fmt.Sprint(s.Ints("launch")[i], s.Column("name").Str(i), s.Column("label").Str(i))
				labels[key] = append(labels[key], s.Column("metric").Str(i))
			}
			checked := 0
			for _, row := range detailsRows(t, page) {
				label, cell := row["Metric Name"], row["Metric Value"]
				metrics := labels[row["ID"]+row["Section Name"]+label]
				if instead, ok := shownInstead[label]; ok {
					metrics = []string{instead}
				}
				if label == "" || cell == "" || cell == "no data" {
					continue
				}
				if len(metrics) != 1 {
					t.Fatalf("the report has the metrics %q under %s, %s", metrics, row["Section Name"], label)
				}
				checked++
				key := row["ID"] + " " + metrics[0]
				number, err := strconv.ParseFloat(strings.ReplaceAll(cell, ",", ""), 64)
				if err != nil {
					if texts[key] != cell || exactTexts[key] != cell {
						t.Errorf("launch %s is %q, the report has %q, printed is %q", key, texts[key], exactTexts[key], cell)
					}
					continue
				}
				factor, margin := baseOf(t, row["Metric Unit"]), 0.0
				if _, fraction, ok := strings.Cut(cell, "."); ok {
					margin = 0.5 * math.Pow10(-len(fraction)) * factor
				}
				got, ok := values[key]
				want, ok2 := exact[key]
				if !ok || !ok2 || math.Abs(got-number*factor) > 1e-9*math.Abs(got) || math.Abs(got-want) > margin*1.0001+1e-9*math.Abs(want) {
					t.Errorf("launch %s is %v (%t), the report has %v (%t), printed is %s %s", key, got, ok, want, ok2, cell, row["Metric Unit"])
				}
			}
			if checked < 500 {
				t.Errorf("only %d values were checked", checked)
			}
			if findings := printed.Info().Findings; len(findings) != 1 || !strings.Contains(findings[0].Text, "details page") {
				t.Errorf("findings: %v", findings)
			}
		})
	}
}

// TestDetailsRules holds the rules of each details page to those of the report: all
// that the page shows of them.
func TestDetailsRules(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"basic", "full", "roof", "graphprof"} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			got := adviceOf(load(t, open(t, unpacked(t, capture(set+"_details"))), "rules"))
			want := adviceOf(load(t, openReport(t, reportCapture(t, set)), "rules"))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-report +page:\n%.3000s", diff)
			}
		})
	}
}

// adviceOf lists rules as the details page shows them, with four digits of the
// estimate, sorted.
func adviceOf(f *frames.Frame) []string {
	var list []string
	for i := range f.Len() {
		speedup := "-"
		if c := f.Column("speedup"); !c.IsNull(i) {
			speedup = strconv.FormatFloat(c.Float(i), 'g', 4, 64)
		}
		words := []string{f.Column("launch").Str(i), speedup}
		for _, name := range []string{"section", "rule", "type", "message", "speedup_kind"} {
			words = append(words, strings.Join(strings.Fields(f.Column(name).Str(i)), " "))
		}
		list = append(list, strings.Join(words, " | "))
	}
	slices.Sort(list)
	return list
}

// TestDetailsFindings holds what details pages say to the rules of findings.
func TestDetailsFindings(t *testing.T) {
	t.Parallel()
	page := strings.Replace(unpacked(t, capture("basic_details")), `"Elapsed Cycles","cycle"`, `"Elapsed Laps","lap"`, 1)
	a := open(t, page+"==ERROR== The application returned an error code (11).\n==ERROR== ERR_NVGPUCTRPERM - The user does not have permission.\n"+small)
	findings, sentence := a.Info().Findings, regexp.MustCompile(`^[A-Z].*\.$`)
	for _, f := range findings {
		if !strings.HasSuffix(f.Text, ".") || f.Remedy != "" && !sentence.MatchString(f.Remedy) {
			t.Errorf("no sentence: %+v", f)
		}
	}
	for _, want := range []string{"labels are not known; they stand under their label: Elapsed Laps", "Values in units that are not known are not used: lap", "returned an error code (11)", "NVreg_RestrictProfilingToAdminUsers=0",
		"Tables of other pages in the file are left out: ncu's raw page as CSV"} {
		if !strings.Contains(fmt.Sprint(findings), want) {
			t.Errorf("no finding says %q: %+v", want, findings)
		}
	}
	values, _ := metricsOf(t, a)
	if _, ok := values["0 Elapsed Laps"]; !ok {
		t.Error("the metrics table lacks the label that is not known")
	}
}

// TestOldLabels reads the details page of ncu 2020: its columns, its titles and its
// words for what 2022 calls throughput.
func TestOldLabels(t *testing.T) {
	t.Parallel()
	const row = `"0","42","app","host","copy(float *)","2020-Aug-27 18:57:25","1","7","GPU Speed Of Light",`
	a := open(t, `"ID","Process ID","Process Name","Host Name","Kernel Name","Kernel Time","Context","Stream","Section Name","Metric Name","Metric Unit","Metric Value"
`+row+`"Memory [%]","%","61.50"
`+row+`"SOL DRAM","%","60.25"
`+row+`"Duration","usecond","41.70"
`+row+`"SOL L1/TEX Cache","%","21"
`+row+`"SOL L2 Cache","%","30"
`+row+`"SM [%]","%","12.75"
`)
	want := `table launches: 
  launch | kernel | time [ns] | sm_pct [%] | memory_pct [%] | dram_pct [%] | l2_pct [%] | l1_pct [%]
  0 | copy(float *) | 41700 | 12.75 | 61.5 | 60.25 | 30 | 21
`
	got := dump(t, load(t, a, "launches", "launch", "kernel", "time", "sm_pct", "memory_pct", "dram_pct", "l2_pct", "l1_pct"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
