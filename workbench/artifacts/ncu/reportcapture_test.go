package ncu_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu"
)

// reportCapture unpacks a report and returns its path.
func reportCapture(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".ncu-rep")
	if err := os.WriteFile(path, []byte(unpacked(t, filepath.Join("testdata", "h100_mini_"+name+".ncu-rep.zst"))), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func openReport(t testing.TB, path string) artifacts.Artifact {
	t.Helper()
	a, err := artifacts.Formats{ncu.ReportFormat(), ncu.Format()}.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	if got := a.Info().Format; got != ncu.ReportFormatName {
		t.Fatalf("%s is opened as %s", path, got)
	}
	return a
}

// printout is a print-out of the raw page, read without our own reader.
type printout struct {
	names, units []string
	rows         [][]string
	first        int // the first column that is a metric
}

func readPrintout(t *testing.T, path string) printout {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(unpacked(t, path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return printout{records[0], records[1], records[2:], slices.Index(records[0], "CC") + 1}
}

// measured is what a report says of the metrics of its launches.
type measured struct {
	numbers, texts []map[string]string // by launch; numbers in full
}

func measuredOf(t *testing.T, a artifacts.Artifact, launches int) measured {
	t.Helper()
	m := measured{numbers: make([]map[string]string, launches), texts: make([]map[string]string, launches)}
	for i := range launches {
		m.numbers[i], m.texts[i] = map[string]string{}, map[string]string{}
	}
	f := load(t, a, "metrics")
	for i := range f.Len() {
		launch, name := f.Column("launch").Int(i), f.Column("metric").Str(i)
		if f.Column("value").IsNull(i) {
			m.texts[launch][name] = f.Column("text").Str(i)
		} else {
			m.numbers[launch][name] = strconv.FormatFloat(f.Column("value").Float(i), 'g', -1, 64)
		}
	}
	return m
}

// within reports whether a printed number, in a unit of 10^exp base units, is the
// value rounded to its decimals; one printed whole is the value.
func within(printed string, exp int, value float64) bool {
	_, fraction, _ := strings.Cut(printed, ".")
	number, err := strconv.ParseFloat(printed, 64)
	if err != nil {
		return false
	}
	scale := math.Pow10(exp)
	margin := 1e-12 * math.Abs(value) // of the product
	if fraction != "" {
		margin += 0.5 * math.Pow10(-len(fraction)) * scale
	}
	return math.Abs(number*scale-value) <= margin
}

// isList reports whether a metric is a list of others, which raw pages leave out.
func isList(name string) bool {
	return strings.HasPrefix(name, "breakdown:") || strings.HasPrefix(name, "group:")
}

// compare holds every metric cell of a print-out against the report and returns how
// many were numbers, and how many text.
func compare(t *testing.T, p printout, m measured) (numbers, texts int) {
	t.Helper()
	for launch, fields := range p.rows {
		seen := 0
		for i := p.first; i < len(fields); i++ {
			name, cell := p.names[i], strings.ReplaceAll(fields[i], ",", "")
			number, isNumber := m.numbers[launch][name]
			text, isText := m.texts[launch][name]
			unit, _ := ncu.ParseUnit(p.units[i])
			value, _ := strconv.ParseFloat(number, 64)
			switch {
			case isNumber && within(cell, unit.Exp, value):
				numbers++
				seen++
			case isText && text == fields[i]:
				texts++
				seen++
			case !isNumber && !isText && (cell == "" || cell == "no data" || cell == "nan"):
			default:
				t.Errorf("launch %d, %s: %q %s, the report has %q%q", launch, name, fields[i], p.units[i], number, text)
			}
		}
		for _, values := range []map[string]string{m.numbers[launch], m.texts[launch]} {
			for name := range values {
				if isList(name) {
					seen++
				}
			}
		}
		if all := len(m.numbers[launch]) + len(m.texts[launch]); all != seen {
			t.Errorf("launch %d: the report has %d values, the print-out %d of them", launch, all, seen)
		}
	}
	return numbers, texts
}

// TestReportAgreesWithPrintouts holds every number of four reports to what ncu
// itself prints of them, in base units and scaled: none is left out.
func TestReportAgreesWithPrintouts(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct{ launches, numbers, texts int }{
		"basic": {28, 15372, 140}, "full": {28, 61796, 140}, "roof": {28, 36344, 140}, "graphprof": {12, 25124, 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := openReport(t, reportCapture(t, name))
			m := measuredOf(t, a, want.launches)
			paths := map[string]string{"base": capture(name + "_raw_base"), "scaled": capture(name + "_raw")}
			if name == "full" {
				paths["scaled"] = fullCapture
			}
			for page, path := range paths {
				p := readPrintout(t, path)
				if len(p.rows) != want.launches {
					t.Fatalf("%d launches in print, want %d", len(p.rows), want.launches)
				}
				if numbers, texts := compare(t, p, m); numbers != want.numbers || texts != want.texts {
					t.Errorf("%s: %d numbers and %d texts agree, want %d and %d", page, numbers, texts, want.numbers, want.texts)
				}
			}
		})
	}
}

// TestReportLaunches holds the launch table of a report to that of its print-out:
// what is printed whole and what is text is equal, the rest within the rounding.
func TestReportLaunches(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"basic", "full", "roof", "graphprof"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := capture(name + "_raw")
			if name == "full" {
				path = fullCapture
			}
			a, b := openReport(t, reportCapture(t, name)), open(t, unpacked(t, path))
			got, want := load(t, a, "launches"), load(t, b, "launches")
			if got.Len() != want.Len() {
				t.Fatalf("%d launches, want %d", got.Len(), want.Len())
			}
			for j := range want.Width() {
				compareColumns(t, got, want, want.At(j).Field)
			}
			if diff := cmp.Diff(dump(t, load(t, b, "device")), dump(t, load(t, a, "device"))); diff != "" {
				t.Errorf("devices:\n%s", diff)
			}
		})
	}
}

func compareColumns(t *testing.T, got, want *frames.Frame, field frames.Field) {
	t.Helper()
	g, w := got.Column(field.Name), want.Column(field.Name)
	for i := range want.Len() {
		margin := 0.0
		switch field.Name {
		case "flop_fp64", "flop_fp32", "flop_fp16":
			margin = want.Column("flop_margin").Float(i)
		case "dram_bytes", "l2_bytes", "l1_bytes": // where the set has rates only, in print with six decimals, times the time
			margin = 5e-5 * w.Float(i)
		case "flop_margin":
			if !g.IsNull(i) && g.Float(i) != 0 {
				t.Errorf("launch %d: rounding in print moved a report by %v", i, g.Float(i))
			}
			continue
		}
		if field.Kind == frames.Float64 {
			margin = 1e-6 * (1 + math.Abs(w.Float(i)))
		}
		if field.Name == "waves" { // two decimals on any page
			margin = 0.00501
		}
		if g.IsNull(i) != w.IsNull(i) || field.Kind == frames.String && g.Str(i) != w.Str(i) ||
			field.Kind != frames.String && math.Abs(g.Float(i)-w.Float(i)) > margin {
			t.Errorf("launch %d: %s is %s, the print-out says %s", i, field.Name, g.Str(i), w.Str(i))
		}
	}
}

// TestReportFLOP holds the counts of a report to the source of the profiled
// program, exactly.
func TestReportFLOP(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"full", "roof"} {
		f := load(t, openReport(t, reportCapture(t, name)), "launches")
		known := 0
		for i := range f.Len() {
			want, ok := knownFLOP[f.Column("function").Str(i)+" "+f.Column("grid").Str(i)]
			if !ok {
				continue
			}
			known++
			if got := f.Column(want.column).Int(i); got != want.flop {
				t.Errorf("%s: launch %d: %s = %d, want %d", name, i, want.column, got, want.flop)
			}
		}
		if known != 20 {
			t.Errorf("%s: %d launches of known work, want 20", name, known)
		}
	}
}

// TestReportRules holds the rules of a report to ncu's details page: every message
// in its words, with its estimate.
func TestReportRules(t *testing.T) {
	t.Parallel()
	a := openReport(t, reportCapture(t, "full"))
	f := load(t, a, "rules")
	var got []string
	for i := range f.Len() {
		speedup := ""
		if c := f.Column("speedup"); !c.IsNull(i) {
			speedup = strconv.FormatFloat(c.Float(i), 'g', 4, 64)
		}
		kind := ""
		if c := f.Column("speedup_kind"); !c.IsNull(i) {
			kind = c.Str(i)
		}
		got = append(got, strings.Join([]string{f.Column("launch").Str(i), f.Column("section").Str(i), f.Column("rule").Str(i),
			f.Column("type").Str(i), f.Column("message").Str(i), kind, speedup}, "|"))
	}
	want := detailRows(t, func(cell func(string) string) string {
		if cell("Rule Name") == "" {
			return ""
		}
		speedup := cell("Estimated Speedup")
		if v, err := strconv.ParseFloat(speedup, 64); err == nil {
			speedup = strconv.FormatFloat(v, 'g', 4, 64)
		}
		return strings.Join([]string{cell("ID"), cell("Section Name"), cell("Rule Name"), cell("Rule Type"),
			cell("Rule Description"), cell("Estimated Speedup Type"), speedup}, "|")
	})
	sort.Strings(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-details +report:\n%s", diff)
	}
}

// TestReportSections holds the sections to the details page: every metric of the
// page stands under its section and label.
func TestReportSections(t *testing.T) {
	t.Parallel()
	a := openReport(t, reportCapture(t, "full"))
	f := load(t, a, "sections")
	labels := map[string]bool{}
	for i := range f.Len() {
		if !f.Column("label").IsNull(i) {
			labels[fmt.Sprint(f.Column("launch").Str(i), "|", f.Column("name").Str(i), "|", f.Column("label").Str(i))] = true
		}
	}
	rows := detailRows(t, func(cell func(string) string) string {
		if cell("Metric Name") == "" {
			return ""
		}
		return cell("ID") + "|" + cell("Section Name") + "|" + cell("Metric Name")
	})
	if len(rows) < 1000 {
		t.Fatalf("only %d rows in the details page", len(rows))
	}
	for _, row := range rows {
		if !labels[row] {
			t.Errorf("no section has %s", row)
		}
	}
}

// detailRows returns what fn makes of each row of the details page, sorted, "" left
// out.
func detailRows(t *testing.T, fn func(cell func(string) string) string) []string {
	t.Helper()
	in := csv.NewReader(strings.NewReader(unpacked(t, capture("full_details"))))
	in.FieldsPerRecord = -1
	records, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range records[1:] {
		row := fn(func(name string) string {
			if at := slices.Index(records[0], name); at < len(r) {
				return r[at]
			}
			return ""
		})
		if row != "" {
			out = append(out, row)
		}
	}
	sort.Strings(out)
	return out
}
