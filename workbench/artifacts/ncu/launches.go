package ncu

import (
	"strconv"
	"strings"

	"profilemate/frames"
)

// column is a column of a table and how a launch fills it: int64, float64, bool,
// string, or nil when the source lacks it.
type column struct {
	field    frames.Field
	value    func(row) any
	measured func(row) (measure, bool) // of a number that was measured: where it came from
}

func col(name string, kind frames.Kind, unit, doc string, value func(row) any) column {
	return column{field: frames.Field{Name: name, Kind: kind, Unit: unit, Doc: doc}, value: value}
}

// whole and real are columns of measured numbers.
func whole(name, unit, doc string, measured func(row) (measure, bool)) column {
	c := col(name, frames.Int64, unit, doc, func(r row) any { return integer(measured(r)) })
	c.measured = measured
	return c
}

func real(name, unit, doc string, measured func(row) (measure, bool)) column {
	c := col(name, frames.Float64, unit, doc, func(r row) any { return float(measured(r)) })
	c.measured = measured
	return c
}

// launchColumns is the launches table: who and where, time and traffic, work,
// peaks, and how well the device was used.
func launchColumns() []column {
	var list []column
	for _, part := range [][]column{identityColumns(), shapeColumns(), trafficColumns(), workColumns(), peakColumns(), usageColumns()} {
		list = append(list, part...)
	}
	return list
}

func identityColumns() []column {
	return []column{
		col("launch", frames.Int64, "", "position in the file from 0: the key of all tables", func(r row) any { return r.launch }),
		col("id", frames.Int64, "", "ncu's ID, which repeats in joined files", cellInt("ID")),
		col("pid", frames.Int64, "", "process", cellInt("Process ID")),
		col("process", frames.String, "", "name of the process", cellText("Process Name")),
		col("host", frames.String, "", "host name", cellText("Host Name")),
		col("kernel", frames.String, "", "kernel name as printed", cellText("Kernel Name")),
		col("function", frames.String, "", "kernel name without namespaces, template arguments and parameters",
			func(r row) any { return text(functionOf(r.cell("Kernel Name"))) }),
		col("workload", frames.String, "", "what was profiled as one: kernel, graph or range", func(r row) any { return r.workload() }),
		col("nvtx", frames.String, "", "open NVTX ranges of the launching thread, outermost first, joined by /", func(r row) any { return text(strings.Join(r.nvtx(), "/")) }),
		col("context", frames.Int64, "", "CUDA context", cellInt("Context")),
		col("stream", frames.Int64, "", "CUDA stream", cellInt("Stream")),
		col("device", frames.Int64, "", "device index", cellInt("Device", "device__attribute_device_index")),
		col("device_name", frames.String, "", "name of the device", cellText("device__attribute_display_name")),
		col("cc", frames.String, "", "compute capability", func(r row) any { return text(r.capability()) }),
	}
}

func shapeColumns() []column {
	return []column{
		col("grid", frames.String, "", "blocks, as (x, y, z)", func(r row) any { return text(r.shape("Grid Size", "grid").text) }),
		col("block", frames.String, "", "threads of a block, as (x, y, z)", func(r row) any { return text(r.shape("Block Size", "block").text) }),
		col("grid_x", frames.Int64, "", "blocks in x", func(r row) any { return r.shape("Grid Size", "grid").side(0) }),
		col("grid_y", frames.Int64, "", "blocks in y", func(r row) any { return r.shape("Grid Size", "grid").side(1) }),
		col("grid_z", frames.Int64, "", "blocks in z", func(r row) any { return r.shape("Grid Size", "grid").side(2) }),
		col("block_x", frames.Int64, "", "threads in x", func(r row) any { return r.shape("Block Size", "block").side(0) }),
		col("block_y", frames.Int64, "", "threads in y", func(r row) any { return r.shape("Block Size", "block").side(1) }),
		col("block_z", frames.Int64, "", "threads in z", func(r row) any { return r.shape("Block Size", "block").side(2) }),
		whole("threads", "", "threads of the launch", metrics("launch__thread_count")),
		whole("registers", "", "registers of a thread", metrics("launch__registers_per_thread")),
		whole("shared_static", "B", "static shared memory of a block", metrics("launch__shared_mem_per_block_static")),
		whole("shared_dynamic", "B", "dynamic shared memory of a block", metrics("launch__shared_mem_per_block_dynamic")),
		whole("shared_driver", "B", "shared memory of a block that the driver takes", metrics("launch__shared_mem_per_block_driver")),
		real("waves", "", "waves of blocks over the device", metrics("launch__waves_per_multiprocessor")),
	}
}

func trafficColumns() []column {
	return []column{
		whole("time", "ns", "GPU time of the launch", row.duration),
		col("time_source", frames.String, "", "metric that time came from", func(r row) any { return sourceOf(r.duration()) }),
		whole("dram_read", "B", "bytes read from DRAM", row.dramRead),
		whole("dram_write", "B", "bytes written to DRAM", row.dramWrite),
		whole("dram_bytes", "B", "bytes read from and written to DRAM", row.dramBytes),
		col("dram_source", frames.String, "", "metrics that dram_bytes came from", func(r row) any { return sourceOf(r.dramBytes()) }),
		whole("l2_bytes", "B", "bytes from L2 to the SMs, as ncu's roofline counts them", row.l2Bytes),
		whole("l1_bytes", "B", "bytes from L1 to registers, as ncu's roofline counts them", row.l1Bytes),
	}
}

func workColumns() []column {
	list := []column{}
	for _, f := range families {
		list = append(list, whole("flop_"+f.precision, "FLOP", f.precision+" operations of ordinary instructions (an FMA is 2); 0 was counted, missing was not",
			func(r row) (measure, bool) { w, ok := r.flops(f); return w.ops, ok }))
	}
	return append(list,
		col("flop_margin", frames.Float64, "FLOP", "how far rounding in print may have moved the sum of these counts", func(r row) any { return r.flopMargin() }),
		whole("flop_tensor", "FLOP", "floating-point operations of tensor instructions", func(r row) (measure, bool) { return r.tensorSum(false) }),
		whole("op_tensor", "OP", "integer operations of tensor instructions", func(r row) (measure, bool) { return r.tensorSum(true) }),
		col("tensor_estimated", frames.Bool, "", "flop_tensor is 512 times the tensor instructions, an estimate", func(r row) any { return r.tensorEstimated() }),
	)
}

func peakColumns() []column {
	list := []column{
		real("clock_sm", "Hz", "SM clock during profiling", func(r row) (measure, bool) { return r.clock("sm") }),
		real("clock_dram", "Hz", "DRAM clock during profiling", func(r row) (measure, bool) { return r.clock("dram") }),
		real("peak_dram", "B/s", "DRAM bandwidth at the clock during profiling", row.peakDRAM),
		real("peak_l2", "B/s", "bandwidth of L2 to the SMs at that clock", row.peakL2),
		real("peak_l1", "B/s", "bandwidth of L1 to registers at that clock", row.peakL1),
	}
	for _, f := range families {
		list = append(list, real("peak_"+f.precision, "FLOP/s", "peak of "+f.precision+" on ordinary instructions at the clock during profiling",
			func(r row) (measure, bool) { return r.peakOf(f) }))
	}
	return list
}

func usageColumns() []column {
	const elapsed = ".avg.pct_of_peak_sustained_elapsed"
	list := []column{
		real("sm_pct", "%", "compute throughput: the busiest SM unit against its peak", metrics("sm__throughput"+elapsed)),
		real("memory_pct", "%", "memory throughput: the busiest of DRAM, L2, L1 and their pipes against its peak", metrics("gpu__compute_memory_throughput"+elapsed)),
		real("dram_pct", "%", "DRAM throughput against its peak", metrics("gpu__dram_throughput"+elapsed, "dram__throughput"+elapsed)),
		real("l2_pct", "%", "L2 throughput against its peak", metrics("lts__throughput"+elapsed)),
		real("l1_pct", "%", "L1 throughput against its peak, while active", metrics("l1tex__throughput.avg.pct_of_peak_sustained_active")),
		real("tensor_pct", "%", "tensor pipe busy", metrics("sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_active",
			"sm__pipe_tensor_cycles_active"+elapsed, "sm__inst_executed_pipe_tensor.avg.pct_of_peak_sustained_active")),
		real("l2_hit", "%", "L2 hit rate", metrics("lts__t_sector_hit_rate.pct", "lts__average_t_sector_hit_rate_realtime.pct")),
		real("l1_hit", "%", "L1 hit rate", metrics("l1tex__t_sector_hit_rate.pct")),
		real("occupancy_theoretical", "%", "occupancy that the launch allows", metrics("sm__maximum_warps_per_active_cycle_pct")),
		real("occupancy", "%", "occupancy achieved", metrics("sm__warps_active.avg.pct_of_peak_sustained_active")),
	}
	for _, limit := range []string{"registers", "shared_mem", "warps", "blocks", "barriers"} {
		list = append(list, whole("limit_"+limit, "block", "blocks of an SM that "+limit+" allow", metrics("launch__occupancy_limit_"+limit)))
	}
	return list
}

func cellText(names ...string) func(row) any {
	return func(r row) any {
		for _, name := range names {
			if s := r.cell(name); s != "" {
				return s
			}
		}
		return nil
	}
}

func cellInt(names ...string) func(row) any {
	return func(r row) any {
		for _, name := range names {
			if d, ok := r.parse(r.cell(name)); ok {
				if n, ok := d.Int(); ok {
					return n
				}
			}
		}
		return nil
	}
}

func metricInt(names ...string) func(row) any {
	return func(r row) any { return integer(r.metric(names...)) }
}

func metrics(names ...string) func(row) (measure, bool) {
	return func(r row) (measure, bool) { return r.metric(names...) }
}

func sourceOf(m measure, ok bool) any {
	if !ok {
		return nil
	}
	return m.source
}

// capability returns the compute capability as "9.0".
func (r row) capability() string {
	if cc := r.cell("CC"); cc != "" {
		return cc
	}
	major, ok := r.metric("device__attribute_compute_capability_major")
	minor, ok2 := r.metric("device__attribute_compute_capability_minor")
	if !ok || !ok2 {
		return ""
	}
	return strconv.FormatInt(major.whole, 10) + "." + strconv.FormatInt(minor.whole, 10)
}

// shape is a grid or a block.
type shape struct {
	text  string
	sides []int64
}

// shape reads "(256, 1, 1)"; older headers lack it, and the launch metrics give the
// sides or, before those, only their product.
func (r row) shape(header, name string) shape {
	s := shape{text: r.cell(header)}
	for _, part := range strings.Split(strings.Trim(s.text, "()"), ", ") {
		if d, ok := r.parse(part); ok {
			n, _ := d.Int()
			s.sides = append(s.sides, n)
		}
	}
	if s.text != "" {
		return s
	}
	for _, axis := range []string{"x", "y", "z"} {
		if m, ok := r.metric("launch__" + name + "_dim_" + axis); ok {
			s.sides = append(s.sides, m.whole)
		}
	}
	if len(s.sides) == 3 {
		s.text = "(" + strconv.FormatInt(s.sides[0], 10) + ", " + strconv.FormatInt(s.sides[1], 10) + ", " + strconv.FormatInt(s.sides[2], 10) + ")"
		return s
	}
	if m, ok := r.metric("launch__" + name + "_size"); ok {
		return shape{text: strconv.FormatInt(m.whole, 10)}
	}
	return shape{}
}

func (s shape) side(axis int) any {
	if len(s.sides) != 3 {
		return nil
	}
	return s.sides[axis]
}

func (r row) flopMargin() any {
	margin, any := 0.0, false
	for _, f := range families {
		if w, ok := r.flops(f); ok {
			any = true
			margin += w.ops.margin
		}
	}
	if !any {
		return nil
	}
	return margin
}

// tensorSum adds the integer or the floating-point tensor operations. ok is false
// when no counter of them was collected.
func (r row) tensorSum(integers bool) (sum measure, ok bool) {
	list, collected := r.tensors()
	sum.isInt = true
	for _, w := range list {
		switch {
		case w.integer != integers:
		case sum.source == "":
			sum = w.ops
		default:
			sum = sum.plus(w.ops)
		}
	}
	return sum, collected
}

func (r row) tensorEstimated() any {
	list, collected := r.tensors()
	if !collected {
		return nil
	}
	return len(list) > 0 && list[0].method == estimateMethod
}
