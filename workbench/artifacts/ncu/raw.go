package ncu

import (
	"strconv"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu/report"
)

// RawTable is the name of the table that a report has beside those that are listed:
// ncu's raw page, a row a launch and a column a metric.
const RawTable = "raw"

// rawColumns is what the survey of a report learns for the raw page: the metrics that
// results have, of which kind, and whether ranges were recorded.
type rawColumns struct {
	kinds []frames.Kind // by number of the name: Invalid where no result has the metric
	nvtx  bool
}

// note takes the columns of a result.
func (r *rawColumns) note(names *nameTable, x *report.Result) {
	if r.kinds == nil {
		r.kinds = make([]frames.Kind, len(names.order))
		for _, attributes := range names.attributes {
			for number, v := range attributes {
				r.include(number, v)
			}
		}
	}
	for _, m := range x.Metrics {
		r.include(names.canonical[m.Name], m.Value)
	}
	r.nvtx = r.nvtx || x.HasRanges()
}

// include widens the kind of a column so that it holds a value: whole numbers, then
// numbers, then text. A metric without any value is a column of numbers.
func (r *rawColumns) include(number int32, v report.Value) {
	kind := frames.Invalid
	switch _, isInt := v.Int(); {
	case v.Form == report.Text:
		kind = frames.String
	case isInt:
		kind = frames.Int64
	case v.Form != report.NoValue:
		kind = frames.Float64
	}
	if kind > r.kinds[number] || r.kinds[number] == frames.Invalid {
		r.kinds[number] = max(kind, frames.Int64)
	}
}

// rawLists begin the names of lists of other metrics, which raw pages leave out.
const rawBreakdown, rawGroup = "breakdown:", "group:"

// rawTable is the raw page in base units: the columns of
// ncu --import FILE --csv --page raw --print-units base, under its headers and in its
// order, with the values that were measured instead of rounded ones.
func (a *reportArtifact) rawTable() table {
	columns := rawIdentity(a.raw.nvtx)
	for _, n := range a.names.order {
		name := a.names.metrics.String(n)
		if a.raw.kinds[n] == frames.Invalid || strings.HasPrefix(name, rawBreakdown) || strings.HasPrefix(name, rawGroup) {
			continue
		}
		columns = append(columns, rawMetric(name, a.names.units.String(a.names.unitCodes[n]), n, a.raw.kinds[n]))
	}
	info := artifacts.TableInfo{Name: RawTable, Rows: a.launches, Schema: make(frames.Schema, len(columns)),
		Doc: "ncu's raw page: one row a launch and one column a metric, in base units"}
	for i, c := range columns {
		info.Schema[i] = c.field
	}
	return table{info, func() func(row, *batcher) error {
		return func(r row, b *batcher) error {
			for i, c := range columns {
				b.set(i, func() any { return c.value(r) })
			}
			if err := b.endRow(); err != nil || b.rows < rawRows {
				return err
			}
			return b.flush()
		}
	}}
}

// rawRows bounds a batch of the raw page, which may have thousands of columns.
const rawRows = 512

// rawIdentity are the columns before the metrics.
func rawIdentity(nvtx bool) []column {
	whole := func(name string) column { return col(name, frames.Int64, "", "", cellInt(name)) }
	word := func(name string) column { return col(name, frames.String, "", "", cellText(name)) }
	list := []column{whole("ID"), whole("Process ID"), word("Process Name"), word("Host Name")}
	if nvtx {
		list = append(list,
			col("thread Domain:Push/Pop_Range:PL_Type:PL_Value:CLR_Type:Color:Msg_Type:Msg", frames.String, "", "", rawRanges),
			col("Id:Domain:Start/Stop_Range:PL_Type:PL_Value:CLR_Type:Color:Msg_Type:Msg", frames.String, "", "", func(row) any { return nil }))
	}
	return append(list, word("Kernel Name"), whole("Context"), whole("Stream"),
		col("Block Size", frames.String, "", "", func(r row) any { return text(r.shape("Block Size", "block").text) }),
		col("Grid Size", frames.String, "", "", func(r row) any { return text(r.shape("Grid Size", "grid").text) }),
		whole("Device"),
		col("CC", frames.String, "", "", func(r row) any { return text(r.capability()) }))
}

// rawRanges writes the open ranges as raw pages do. Payloads, colors and messages of
// ranges are not read: they stand as none.
func rawRanges(r row) any {
	var out strings.Builder
	threads, _ := r.values.(*reported).result.OpenThreads()
	for _, t := range threads {
		out.WriteString(strconv.FormatInt(t.ID, 10) + " ")
		for _, open := range t.Ranges {
			out.WriteString(` "` + open.Domain + ":" + open.Name + `:none:none:none:none:none:none" `)
		}
	}
	return text(out.String())
}

func rawMetric(name, unit string, number int32, kind frames.Kind) column {
	return col(name, kind, unit, "", func(r row) any {
		v := r.values.(*reported).value(number)
		switch kind {
		case frames.String:
			return text(v.String())
		case frames.Int64:
			n, ok := v.Int()
			return rawCell(n, ok)
		}
		f, ok := v.Number()
		return rawCell(f, ok)
	})
}

func rawCell[T int64 | float64](v T, ok bool) any {
	if !ok {
		return nil
	}
	return v
}

// PrintedUnit returns the unit of a metric as ncu spells it in the units row of a raw
// page printed in base units: "byte/s" where MetricUnit says "B/s".
func PrintedUnit(name string) string {
	over, under, fraction := strings.Cut(MetricUnit(name), "/")
	stem := unprefixed(name)
	switch plural := strings.HasPrefix(stem, "memory_l1_") || strings.HasPrefix(stem, "memory_l2_"); {
	case over == "sector" && plural:
		over = "sectors"
	case over == "branch":
		over = "branches"
	case over == "Hz":
		over = "hz"
	}
	if !fraction {
		return printedBytes(over)
	}
	return printedBytes(over) + "/" + printedBytes(under)
}

func printedBytes(word string) string {
	if word == "B" {
		return "byte"
	}
	return word
}
