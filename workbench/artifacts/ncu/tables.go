package ncu

import (
	"profilemate/frames"
	"profilemate/workbench/artifacts"
)

// table is one table of an artifact. fill writes what a launch adds to it.
type table struct {
	info  artifacts.TableInfo
	begin func() (fill func(row, *batcher) error)
}

// commonTables are the tables that every source has. The dictionaries hold the
// names and units of all metrics and are not added to.
func commonTables(launches int64, metrics, units *frames.Dictionary) []table {
	return []table{launchesTable(launches), workTable(), metricsTable(metrics, units), devicesTable(), sourcesTable()}
}

func launchesTable(rows int64) table {
	columns := launchColumns()
	schema := make(frames.Schema, len(columns))
	for i, c := range columns {
		schema[i] = c.field
	}
	info := artifacts.TableInfo{Name: "launches", Schema: schema, Rows: rows,
		Doc: "one row a launch in the order of the file, in base units; missing means not collected, never zero"}
	return table{info, func() func(row, *batcher) error {
		return func(r row, b *batcher) error {
			for i, c := range columns {
				b.set(i, func() any { return c.value(r) })
			}
			return b.endRow()
		}
	}}
}

func workTable() table {
	info := artifacts.TableInfo{Name: "work", Rows: -1,
		Doc: "one row a launch, precision and path that it computed on: how much, and the peak rate at the clock during profiling",
		Schema: frames.Schema{
			{Name: "launch", Kind: frames.Int64, Doc: "key of launches"},
			{Name: "precision", Kind: frames.String, Doc: "fp64, fp32, fp16, or the type of a tensor operation's factors"},
			{Name: "path", Kind: frames.String, Doc: "cuda for ordinary instructions; the tensor instruction and its sum, as hmma>fp32"},
			{Name: "tensor", Kind: frames.Bool, Doc: "computed by tensor instructions"},
			{Name: "integer", Kind: frames.Bool, Doc: "operations on integers: OP, not FLOP"},
			{Name: "ops", Kind: frames.Int64, Unit: "FLOP", Doc: "operations, an FMA being 2"},
			{Name: "margin", Kind: frames.Float64, Unit: "FLOP", Doc: "how far rounding in print may have moved ops"},
			{Name: "peak", Kind: frames.Float64, Unit: "FLOP/s", Doc: "peak rate of this path at the clock during profiling"},
			{Name: "best_path", Kind: frames.String, Doc: "of tensor operations: the instruction with the highest dense peak for these factors"},
			{Name: "best_peak", Kind: frames.Float64, Unit: "FLOP/s", Doc: "its peak rate at the clock during profiling"},
			{Name: "method", Kind: frames.String, Doc: "exact (a counter), rate (a printed rate times the cycles), estimate (512 FLOP a tensor instruction)"},
			{Name: "source", Kind: frames.String, Doc: "metrics that ops came from"},
		}}
	return table{info, func() func(row, *batcher) error {
		return func(r row, b *batcher) error {
			for _, w := range r.works() {
				if err := b.row(r.launch, w.precision, w.path, w.tensor, w.integer, w.ops.whole, w.ops.margin,
					float(w.peak, w.hasPeak), text(w.best), float(w.bestPeak, w.best != ""), w.method, w.ops.source); err != nil {
					return err
				}
			}
			return nil
		}
	}}
}

// metricsTable is long, so that it has room for the two thousand metrics of a full
// set.
func metricsTable(names, units *frames.Dictionary) table {
	info := artifacts.TableInfo{Name: "metrics", Rows: -1,
		Doc: "one row a launch and metric that has a value, in base units",
		Schema: frames.Schema{
			{Name: "launch", Kind: frames.Int64, Doc: "key of launches"},
			{Name: "metric", Kind: frames.String, Doc: "name of the metric"},
			{Name: "value", Kind: frames.Float64, Doc: "in unit; missing for text"},
			{Name: "unit", Kind: frames.String, Doc: "base unit, or the printed one where that is not known"},
			{Name: "text", Kind: frames.String, Doc: "value of a metric that is no number"},
		}}
	return table{info, func() func(row, *batcher) error {
		return func(r row, b *batcher) error { return fillMetrics(r, b, names, units) }
	}}
}

func fillMetrics(r row, b *batcher, names, units *frames.Dictionary) error {
	return r.metrics(func(cell metricCell) error {
		b.setInt(0, r.launch)
		b.setCode(1, names, cell.name)
		b.setCode(3, units, cell.unit)
		if cell.text == "" {
			b.setFloat(2, cell.value)
			b.set(4, noValue)
		} else {
			b.set(2, noValue)
			b.set(4, func() any { return cell.text })
		}
		return b.endRow()
	})
}

func noValue() any { return nil }

func deviceColumns() []column {
	attribute := func(name string) func(row) any { return metricInt("device__attribute_" + name) }
	return []column{
		col("device", frames.Int64, "", "device index", cellInt("Device", "device__attribute_device_index")),
		col("name", frames.String, "", "name of the device", cellText("device__attribute_display_name")),
		col("cc", frames.String, "", "compute capability", func(r row) any { return text(r.capability()) }),
		col("sm_count", frames.Int64, "", "streaming multiprocessors", attribute("multiprocessor_count")),
		col("memory", frames.Int64, "B", "device memory", attribute("total_memory")),
		col("l2", frames.Int64, "B", "L2 cache", attribute("l2_cache_size")),
		col("bus_width", frames.Int64, "bit", "width of the memory bus", attribute("global_memory_bus_width")),
		col("clock_max", frames.Float64, "Hz", "highest SM clock", kilohertz("clock_rate")),
		col("memory_clock_max", frames.Float64, "Hz", "highest memory clock", kilohertz("memory_clock_rate")),
	}
}

// kilohertz reads a clock attribute, which CUDA gives in kHz and ncu prints bare.
func kilohertz(name string) func(row) any {
	return func(r row) any {
		m, ok := r.metric("device__attribute_" + name)
		return float(m.scaled(1000), ok)
	}
}

func devicesTable() table {
	columns := deviceColumns()
	info := artifacts.TableInfo{Name: "device", Rows: -1, Doc: "the devices that launches ran on, in the order of first use"}
	for _, c := range columns {
		info.Schema = append(info.Schema, c.field)
	}
	return table{info, func() func(row, *batcher) error {
		seen := map[[3]any]bool{}
		return func(r row, b *batcher) error {
			key := [3]any{columns[0].value(r), columns[1].value(r), columns[2].value(r)}
			if seen[key] || key == ([3]any{}) {
				return nil
			}
			seen[key] = true
			for i, c := range columns {
				b.set(i, func() any { return c.value(r) })
			}
			return b.endRow()
		}
	}}
}
