package ncu_test

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/result"
)

// printedBy are parts of what ncu 2022.3 and 2024.1 print of the captures' reports:
// SET_PAGE_VERSION_FORM. For 2022.3, which cannot read their rules, these were taken
// out of the report.
func printedBy(name string) string { return filepath.Join("testdata", "printed", name+".csv.zst") }

// TestPrinters holds launches that older versions of ncu print, in four locales and
// with every option that changes cells, to the report that they were printed from.
func TestPrinters(t *testing.T) {
	t.Parallel()
	for name, values := range map[string]int{
		"roof_details_2024_C":           20,
		"roof_details_2024_en_US":       20,
		"roof_details_2024_de_DE":       20,
		"roof_details_2024_fr_FR":       20,
		"roof_raw_2024_C":               90,
		"roof_raw_2024_en_US":           90,
		"roof_raw_2024_de_DE":           90,
		"roof_raw_2024_fr_FR":           90,
		"basic_details_2024_name":       60,
		"basic_details_2024_label-name": 60,
		"basic_details_2024_fp":         60,
		"basic_details_2024_base":       60,
		"basic_details_2024_all":        30,
		"full_details_2024_instances":   60,
		"basic_details_2022_C":          50,
		"basic_details_2022_de_DE":      50,
		"basic_raw_2022_C":              60,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, rest, _ := strings.Cut(name, "_")
			page, _, _ := strings.Cut(rest, "_")
			a := open(t, unpacked(t, printedBy(name)))
			got := load(t, a, "launches")
			all := load(t, openReport(t, reportCapture(t, set)), "launches")
			var rows []int
			for i := range all.Len() {
				if slices.Contains(got.Ints("id"), all.Ints("id")[i]) {
					rows = append(rows, i)
				}
			}
			drop := []string{"launch"}
			if strings.Contains(name, "2022") {
				drop = append(drop, "grid", "block") // of which the page has the product only
			}
			checked := sameLaunches(t, without(t, all.Take(rows), drop), without(t, got, drop), margins(t, a, page))
			if checked < values {
				t.Errorf("only %d values were compared", checked)
			}
			for _, f := range a.Info().Findings {
				if !strings.Contains(f.Text, "labels are not known") && !strings.Contains(f.Text, "details page") {
					t.Errorf("finding: %+v", f)
				}
			}
		})
	}
}

func without(t testing.TB, f *frames.Frame, names []string) *frames.Frame {
	t.Helper()
	keep := slices.DeleteFunc(f.Schema().Names(), func(name string) bool { return slices.Contains(names, name) })
	out, err := f.Select(keep...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPrintedForms holds the metrics and rules of one details page in four locales,
// and the metrics of the raw page, to be the same numbers.
func TestPrintedForms(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"roof_details_2024_", "roof_raw_2024_"} {
		tables := func(locale string) string {
			a := open(t, unpacked(t, printedBy(page+locale)))
			list := []*frames.Frame{load(t, a, "metrics")}
			if strings.Contains(page, "details") {
				list = append(list, load(t, a, "rules"))
			}
			return dump(t, list...)
		}
		want := tables("C")
		for _, locale := range []string{"en_US", "de_DE", "fr_FR"} {
			if got := tables(locale); got != want {
				t.Errorf("%s%s has other metrics or rules than in C", page, locale)
			}
		}
	}
}

// extremes are the least, the most and the mean of a metric over launches.
type extremes struct {
	least, most, sum float64
	calls            int64
}

// extremesOf works the summary of a report out, by kernel, grid, block, NVTX ranges
// where wanted, and metric.
func extremesOf(t *testing.T, set string, nvtx bool) map[string]*extremes {
	t.Helper()
	a := openReport(t, reportCapture(t, set))
	launches, metrics := load(t, a, "launches"), load(t, a, "metrics")
	out := map[string]*extremes{}
	for i, launch := range metrics.Ints("launch") {
		if metrics.Column("value").IsNull(i) {
			continue
		}
		l, v := int(launch), metrics.Column("value").Float(i)
		key := []string{launches.Column("kernel").Str(l), launches.Column("grid").Str(l), launches.Column("block").Str(l), metrics.Column("metric").Str(i)}
		if nvtx {
			key = append(key, launches.Column("nvtx").Str(l))
		}
		e := out[strings.Join(key, "|")]
		if e == nil {
			e = &extremes{least: v, most: v}
			out[strings.Join(key, "|")] = e
		}
		e.least, e.most, e.sum, e.calls = min(e.least, v), max(e.most, v), e.sum+v, e.calls+1
	}
	return out
}

// TestSummaries holds every form of --print-summary to the extremes and means of the
// report's launches, within two decimals of the printed unit.
func TestSummaries(t *testing.T) {
	t.Parallel()
	for name, least := range map[string]int{
		"basic_summary_2024_kernel":       200,
		"basic_summary_2024_kernel_de_DE": 200,
		"basic_summary_2024_gpu":          200,
		"basic_summary_2024_raw":          100,
		"roof_summary_2024_nvtx":          100,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, _, _ := strings.Cut(name, "_")
			nvtx := strings.Contains(name, "nvtx")
			f := load(t, open(t, unpacked(t, printedBy(name))), "summary")
			want, checked := extremesOf(t, set, nvtx), 0
			for i := range f.Len() {
				if f.Column("minimum").IsNull(i) {
					continue
				}
				key := []string{f.Column("kernel").Str(i), f.Column("grid").Str(i), f.Column("block").Str(i), f.Column("metric").Str(i)}
				if nvtx {
					key = append(key, f.Column("nvtx").Str(i))
				}
				e := want[strings.Join(key, "|")]
				if e == nil {
					t.Errorf("the report has no %s", key)
					continue
				}
				checked++
				for column, exact := range map[string]float64{"minimum": e.least, "maximum": e.most, "average": e.sum / float64(e.calls)} {
					got := f.Column(column).Float(i)
					if slack := 0.0051 * unitStep(got); math.Abs(got-exact) > slack {
						t.Errorf("%s of %s is %v, worked out %v", column, key, got, exact)
					}
				}
				if calls := f.Ints("calls")[i]; calls != e.calls {
					t.Errorf("%d calls of %s, the report has %d", calls, key, e.calls)
				}
			}
			if checked < least {
				t.Errorf("only %d rows were compared", checked)
			}
		})
	}
}

// unitStep is the unit that a value is printed in with automatic units.
func unitStep(v float64) float64 {
	step := 1.0
	for v >= 1000*step {
		step *= 1000
	}
	return step
}

// TestOldSummary reads the header of ncu 2022.
func TestOldSummary(t *testing.T) {
	t.Parallel()
	a := open(t, unpacked(t, printedBy("basic_summary_2022_kernel")))
	if got, want := a.Info().Summary, "a summary of 28 launches of 6 kernels"; got != want {
		t.Errorf("summary is %q, want %q", got, want)
	}
	if findings := a.Info().Findings; len(findings) != 1 || findings[0].Table != "launches" || findings[0].Severity != result.Problem {
		t.Errorf("findings: %+v", findings)
	}
	f := load(t, a, "summary")
	for i := range f.Len() {
		if f.Column("metric").Str(i) == "gpu__time_duration.sum" && strings.HasPrefix(f.Column("kernel").Str(i), "fp64_chain") {
			if got := fmt.Sprint(f.Column("average").Float(i), f.Column("unit").Str(i), f.Ints("calls")[i], f.Column("device").Str(i)); got != "20224ns10" {
				t.Errorf("the row of fp64_chain is %s", got)
			}
			return
		}
	}
	t.Error("no row has the time of fp64_chain")
}
