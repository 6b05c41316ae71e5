package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/parse"
	"profilemate/workbench/result"
)

// csvTable is a file of a parsed folder by column name.
type csvTable struct {
	at   map[string]int
	rows [][]string
}

func readCSV(dir, name string) (csvTable, error) {
	path := filepath.Join(dir, name)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return csvTable{}, nil
	}
	if err != nil {
		return csvTable{}, fault.Errorf(fault.Denied, "reading %s: %w", path, err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return csvTable{}, fault.Errorf(fault.Corrupt, "reading %s: %w", path, err)
	}
	t := csvTable{at: map[string]int{}}
	if len(rows) > 0 {
		t.rows = rows[1:]
		for i, c := range rows[0] {
			t.at[c] = i
		}
	}
	return t, nil
}

func (t csvTable) text(row int, column string) string {
	i, ok := t.at[column]
	if !ok || i >= len(t.rows[row]) {
		return ""
	}
	return t.rows[row][i]
}

// number is nil for a missing value, and for what is no finite number.
func (t csvTable) number(row int, column string) any {
	v, err := strconv.ParseFloat(t.text(row, column), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// parsedNCU gives the rows of the two CSV files of a parsed folder the names they have
// in the analyses bottlenecks and roofline.
func parsedNCU(dir string) (results map[string]*result.Result, summary string, err error) {
	bandwidth, err := readCSV(dir, parse.BandwidthFile)
	if err != nil {
		return nil, "", err
	}
	roof, err := readCSV(dir, parse.RooflineFile)
	if err != nil {
		return nil, "", err
	}
	results = map[string]*result.Result{"bottlenecks": parsedBottlenecks(bandwidth, roof)}
	if len(roof.at) > 0 {
		results["roofline"] = parsedRoofline(roof)
	}
	for _, r := range results {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info,
			Text: "These numbers are those of a parsed folder: a row is all launches of a kernel name.", Remedy: "Give the report of ncu itself to see shapes, stalls, memory levels and ncu's advice."})
	}
	return results, fmt.Sprintf("the files of a parsed folder, %s", result.Count(int64(len(bandwidth.rows)), "kernel")), nil
}

func parsedBottlenecks(t, roof csvTable) *result.Result {
	limits := map[string]string{}
	for i := range roof.rows {
		limits[roof.text(i, "kernel_name")] = roof.text(i, "bottleneck")
	}
	b := frames.NewBuilder("bottlenecks", frames.Schema{
		{Name: "function", Kind: frames.String}, {Name: "launches", Kind: frames.Int64}, {Name: "time", Kind: frames.Int64, Unit: "ns"}, {Name: "share", Kind: frames.Float64, Unit: "%"},
		{Name: "class", Kind: frames.String}, {Name: "limit", Kind: frames.String}, {Name: "sm_pct", Kind: frames.Float64, Unit: "%"}, {Name: "memory_pct", Kind: frames.Float64, Unit: "%"},
		{Name: "dram_pct", Kind: frames.Float64, Unit: "%"}, {Name: "bandwidth", Kind: frames.Float64, Unit: "B/s"},
	})
	total := 0.0
	for i := range t.rows {
		if v, ok := t.number(i, "duration_ns").(float64); ok {
			total += v
		}
	}
	for i := range t.rows {
		name := t.text(i, "kernel_name")
		b.Row(name, wholeOf(t.number(i, "launches")), wholeOf(t.number(i, "duration_ns")), times(t.number(i, "duration_ns"), 100/total),
			nilIfEmpty(t.text(i, "ncu_class")), nilIfEmpty(limits[name]), t.number(i, "sm_throughput_pct"), t.number(i, "memory_throughput_pct"),
			t.number(i, "dram_throughput_pct"), times(t.number(i, "bandwidth_gbps"), 1e9))
	}
	return (&result.Result{}).Add("bottlenecks", "What limits each kernel", b.Frame())
}

func parsedRoofline(t csvTable) *result.Result {
	b := frames.NewBuilder("roofline", frames.Schema{
		{Name: "function", Kind: frames.String}, {Name: "launches", Kind: frames.Int64}, {Name: "time", Kind: frames.Int64, Unit: "ns"}, {Name: "ops", Kind: frames.Int64, Unit: "FLOP"},
		{Name: "intensity", Kind: frames.Float64, Unit: "FLOP/B"}, {Name: "rate", Kind: frames.Float64, Unit: "FLOP/s"}, {Name: "roof", Kind: frames.Float64, Unit: "FLOP/s"},
		{Name: "of_roof", Kind: frames.Float64, Unit: "%"}, {Name: "side", Kind: frames.String}, {Name: "ridge", Kind: frames.Float64, Unit: "FLOP/B"},
	})
	for i := range t.rows {
		b.Row(t.text(i, "kernel_name"), wholeOf(t.number(i, "launches")), wholeOf(t.number(i, "duration_ns")), wholeOf(t.number(i, "flop")),
			t.number(i, "arithmetic_intensity"), t.number(i, "flop_per_second"), t.number(i, "roof_flop_per_second"), t.number(i, "roof_share_pct"),
			nilIfEmpty(t.text(i, "roofline_side")), t.number(i, "ridge_intensity"))
	}
	return (&result.Result{}).Add("roofline", "Kernels under their roofs", b.Frame())
}

func wholeOf(v any) any {
	if f, ok := v.(float64); ok && math.Abs(f) < 1<<62 {
		return int64(math.Round(f))
	}
	return nil
}

func times(v any, factor float64) any {
	if f, ok := v.(float64); ok && !math.IsInf(factor, 0) {
		return f * factor
	}
	return nil
}

func nilIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}
