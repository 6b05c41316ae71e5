// Package launchtest reads what ncu itself says of a capture, the oracle of analyses
// of Nsight Compute profiles: the details page as CSV.
package launchtest

import (
	"encoding/csv"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"profilemate/frames"
)

// Detail is what the details page says of one launch.
type Detail struct {
	Kernel, Grid, Block string
	Values              map[string]float64   // by "SECTION/LABEL", in base units of time (ns), otherwise as printed
	Rules               map[string][]string  // what each rule says, by its name
	Global              map[string][]float64 // the estimates of global speed-up that rules make, in %, by name
}

// Key names the kernel and its shape.
func (d *Detail) Key() string { return d.Kernel + " " + d.Grid + " " + d.Block }

// Details reads a details page in the C or en_US form, packed with zstd, in the
// order of launches. It fails when there is none.
func Details(t testing.TB, path string) []*Detail {
	t.Helper()
	rows := readRows(t, path)
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var list []*Detail
	id := ""
	for _, row := range rows[1:] {
		cell := func(name string) string {
			if i := column[name]; i < len(row) {
				return row[i]
			}
			return ""
		}
		if len(list) == 0 || cell("ID") != id {
			id = cell("ID")
			list = append(list, &Detail{Kernel: cell("Kernel Name"), Grid: cell("Grid Size"), Block: cell("Block Size"),
				Values: map[string]float64{}, Rules: map[string][]string{}, Global: map[string][]float64{}})
		}
		list[len(list)-1].add(cell)
	}
	if len(list) == 0 {
		t.Fatalf("%s: no launch", path)
	}
	return list
}

func (d *Detail) add(cell func(string) string) {
	if rule := cell("Rule Name"); rule != "" {
		d.Rules[rule] = append(d.Rules[rule], cell("Rule Description"))
		if v, err := strconv.ParseFloat(cell("Estimated Speedup"), 64); err == nil && cell("Estimated Speedup Type") == "global" {
			d.Global[rule] = append(d.Global[rule], v)
		}
		return
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(cell("Metric Value"), ",", ""), 64)
	if err != nil {
		return // text, such as the policy of a cluster
	}
	switch cell("Metric Unit") {
	case "us":
		v *= 1e3
	case "ms":
		v *= 1e6
	case "s":
		v *= 1e9
	}
	d.Values[cell("Section Name")+"/"+cell("Metric Name")] = v
}

func readRows(t testing.TB, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := zstd.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer unpacked.Close()
	r := csv.NewReader(unpacked)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", path, len(rows), err)
	}
	return rows
}

// Mean is the mean of a value over the launches of a kernel and shape, weighted by
// their durations. It fails when any launch lacks it, or there is none.
func Mean(t testing.TB, list []*Detail, key, value string) float64 {
	t.Helper()
	sum, time := 0.0, 0.0
	for _, d := range list {
		if d.Key() != key {
			continue
		}
		v, ok := d.Values[value]
		duration, ok2 := d.Values["GPU Speed Of Light Throughput/Duration"]
		if !ok || !ok2 {
			t.Fatalf("%s has no %s", key, value)
		}
		sum, time = sum+v*duration, time+duration
	}
	if time == 0 {
		t.Fatalf("no launch of %s", key)
	}
	return sum / time
}

// RowKey is the Key of a row of a table with columns kernel, grid and block.
func RowKey(f *frames.Frame, row int) string {
	return f.Column("kernel").Str(row) + " " + f.Column("grid").Str(row) + " " + f.Column("block").Str(row)
}
