package ncu

import (
	"fmt"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
)

// summaryTable is what ncu prints with --print-summary: a row a kernel and metric,
// with the extremes and the mean over its launches. It stands apart from launches,
// which it is not.
func summaryTable(rows int64) table {
	columns := summaryColumns()
	info := artifacts.TableInfo{Name: "summary", Rows: rows, Doc: "one row a kernel, shape and metric: least, most and mean over its launches, in base units"}
	for _, c := range columns {
		info.Schema = append(info.Schema, c.field)
	}
	return table{info, func() func(row, *batcher) error {
		return func(r row, b *batcher) error {
			for i, c := range columns {
				b.set(i, func() any { return c.value(r) })
			}
			return b.endRow()
		}
	}}
}

func summaryColumns() []column {
	return []column{
		col("pid", frames.Int64, "", "process; missing in a summary by NVTX range", cellInt("Process ID")),
		col("process", frames.String, "", "name of the process", cellText("Process Name")),
		col("host", frames.String, "", "host name", cellText("Host Name")),
		col("domain", frames.String, "", "NVTX domain, in a summary by NVTX range", cellText("Domain")),
		col("nvtx", frames.String, "", "open NVTX ranges, outermost first, joined by /; in a summary by NVTX range", func(r row) any { return text(strings.Join(r.nvtx(), "/")) }),
		col("kernel", frames.String, "", "kernel name as printed", cellText("Kernel Name")),
		col("function", frames.String, "", "kernel name without namespaces, template arguments and parameters",
			func(r row) any { return text(functionOf(r.cell("Kernel Name"))) }),
		col("grid", frames.String, "", "blocks, as (x, y, z)", cellText("Grid Size")),
		col("block", frames.String, "", "threads of a block, as (x, y, z)", cellText("Block Size")),
		col("device", frames.Int64, "", "device index", cellInt("Device", "Device Id")),
		col("cc", frames.String, "", "compute capability", cellText("CC")),
		col("calls", frames.Int64, "", "launches of the kernel that the row sums up", cellInt(callsColumn)),
		col("section", frames.String, "", "title of the section of the page", cellText(sectionColumn)),
		col("metric", frames.String, "", "name of the metric, or its label where the name is not known", func(r row) any { return summaryMetric(r).metric }),
		col("minimum", frames.Float64, "", "least value, in unit", summaryValue(leastColumn)),
		col("maximum", frames.Float64, "", "greatest value, in unit", summaryValue(mostColumn)),
		col("average", frames.Float64, "", "mean over the launches, each counting alike, in unit", summaryValue(averageColumn)),
		col("unit", frames.String, "", "base unit, or the printed one where that is not known", func(r row) any { return summaryMetric(r).unitName() }),
		col("text", frames.String, "", "value of a metric that is no number", summaryText),
	}
}

// summaryMetric reads which metric a row is about.
func summaryMetric(r row) entry {
	e := entry{section: r.cell(sectionColumn), label: r.cell(metricColumn), printedUnit: r.cell(unitColumn)}
	e.unit, e.known = ParseUnit(e.printedUnit)
	e.metric, _ = labels{capability: r.cell("CC")}.metric(e)
	return e
}

// summaryValue reads a value in base units, which is missing in a unit that is not
// known.
func summaryValue(name string) func(row) any {
	return func(r row) any {
		u, ok := ParseUnit(r.cell(unitColumn))
		if !ok {
			return nil
		}
		return float(r.values.(printed).measureOf(r.cell(name), u, name))
	}
}

func summaryText(r row) any {
	cell := r.cell(averageColumn)
	if _, ok := r.parse(cell); ok || isMissing(cell) {
		return nil
	}
	return cell
}

// noteSummary counts what a summary is of.
func (s *summary) noteSummary(r row) {
	s.rows++
	key := strings.Join([]string{r.cell("Process ID"), r.cell("Domain"), r.cell(nvtxSummaryName), r.cell("Device"), r.cell("Device Id"), r.cell("Kernel Name"), r.cell("Block Size"), r.cell("Grid Size")}, "\x00")
	if s.summed[key] {
		return
	}
	s.summed[key] = true
	s.kernels[r.cell("Kernel Name")] = true
	if n, ok := cellInt(callsColumn)(r).(int64); ok && n > 0 {
		s.calls += min(n, maxCalls)
	}
}

// maxCalls bounds what one row may claim to sum up.
const maxCalls = 1 << 40

// summaryWords describes the summary in a line.
func (s *summary) summaryWords() string {
	return fmt.Sprintf("a summary of %d launches of %d kernels", s.calls, len(s.kernels))
}
