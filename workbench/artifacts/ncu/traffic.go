package ncu

// Sizes of the units that traffic is counted in, in bytes.
const (
	sectorBytes    = 32  // of DRAM and L2; one L2-to-crossbar cycle moves one
	writebackBytes = 128 // of L1: one LSU write-back cycle moves a cache line
)

// duration returns the launch's time in ns: what ncu measured, else cycles over
// their frequency.
func (r row) duration() (measure, bool) {
	if m, ok := r.metric("gpu__time_duration.sum", "gpu__time_duration.avg", "gpu__time_duration.max",
		"gpu__time_duration_measured_wallclock.sum", "gpu__time_duration_measured_user.sum"); ok {
		return m, true
	}
	for _, clock := range [][2]string{
		{"sm__cycles_elapsed.avg", "sm__cycles_elapsed.avg.per_second"},
		{"gpc__cycles_elapsed.max", "gpc__cycles_elapsed.avg.per_second"},
	} {
		cycles, ok := r.metric(clock[0])
		frequency, ok2 := r.metric(clock[1])
		if ok && ok2 && frequency.value > 0 {
			return cycles.over(frequency, 1e9), true
		}
	}
	return measure{}, false
}

// dramRead and dramWrite return the bytes between DRAM and L2, by direction.
func (r row) dramRead() (measure, bool) {
	return r.bytesOr("dram__sectors_read.sum", "dram__bytes_read.sum", "dram__bytes_op_read.sum")
}

func (r row) dramWrite() (measure, bool) {
	return r.bytesOr("dram__sectors_write.sum", "dram__bytes_write.sum", "dram__bytes_op_write.sum")
}

func (r row) bytesOr(sectors string, bytes ...string) (measure, bool) {
	if m, ok := r.metric(bytes...); ok {
		return m, true
	}
	m, ok := r.metric(sectors)
	return m.scaled(sectorBytes), ok
}

// dramBytes returns all bytes between DRAM and L2: both directions, else the sum,
// else the rate times the launch's time.
func (r row) dramBytes() (measure, bool) {
	read, ok := r.dramRead()
	write, ok2 := r.dramWrite()
	if ok && ok2 {
		return read.plus(write), true
	}
	if m, ok := r.metric("dram__bytes.sum"); ok {
		return m, true
	}
	return r.overTime(r.metric("dram__bytes.sum.per_second"))
}

// l2Bytes returns the bytes that L2 sent to the SMs, as ncu's roofline counts them.
func (r row) l2Bytes() (measure, bool) {
	if m, ok := r.metric("lts__lts2xbar_cycles_active.sum"); ok {
		return m.scaled(sectorBytes), true
	}
	if m, ok := r.metric("derived__lts__lts2xbar_bytes.sum.per_second"); ok {
		return r.overTime(m, true)
	}
	m, ok := r.metric("lts__lts2xbar_cycles_active.sum.per_second")
	return r.overTime(m.scaled(sectorBytes), ok)
}

// l1Bytes returns the bytes that L1 wrote back to registers, as ncu's roofline
// counts them. The counter's name depends on the compute capability.
func (r row) l1Bytes() (measure, bool) {
	for _, suffix := range writebacks {
		if m, ok := r.metric("l1tex__lsu_writeback_active" + suffix + ".sum"); ok {
			return m.scaled(writebackBytes), true
		}
	}
	for _, suffix := range writebacks {
		if m, ok := r.metric("derived__l1tex__lsu_writeback_bytes" + suffix + ".sum.per_second"); ok {
			return r.overTime(m, true)
		}
		if m, ok := r.metric("l1tex__lsu_writeback_active" + suffix + ".sum.per_second"); ok {
			return r.overTime(m.scaled(writebackBytes), true)
		}
	}
	return measure{}, false
}

// writebacks are the suffixes of the L1 counter: compute capability 9.0 and later,
// 7.5 to 8.9, before.
var writebacks = [...]string{"_mem_lgds", "_mem_lg", ""}

// overTime turns a rate per second into an amount.
func (r row) overTime(rate measure, ok bool) (measure, bool) {
	time, ok2 := r.duration()
	if !ok || !ok2 {
		return measure{}, false
	}
	m := rate.times(time)
	out := fromFloat(m.value/1e9, m.source)
	out.margin = m.margin / 1e9
	return out, true
}

// perSecond turns a peak per cycle of the named clock domain into a rate, at the
// clock during profiling. Without a frequency it is cycles over time.
func (r row) perSecond(peak measure, ok bool, domain string) (measure, bool) {
	if !ok {
		return measure{}, false
	}
	clock, ok := r.clock(domain)
	return peak.times(clock), ok
}

func (r row) clock(domain string) (measure, bool) {
	if m, ok := r.metric(domain + "__cycles_elapsed.avg.per_second"); ok {
		return m, true
	}
	cycles, ok := r.metric(domain + "__cycles_elapsed.avg")
	time, ok2 := r.duration()
	if !ok || !ok2 || time.value <= 0 {
		return measure{}, false
	}
	return cycles.over(time, 1e9), true
}

// peakDRAM, peakL2 and peakL1 return the bandwidths that ncu draws, in B/s.
func (r row) peakDRAM() (measure, bool) {
	m, ok := r.metric("dram__bytes.sum.peak_sustained")
	return r.perSecond(m, ok, "dram")
}

func (r row) peakL2() (measure, bool) {
	m, ok := r.metric("derived__lts__lts2xbar_bytes.sum.peak_sustained")
	if !ok {
		m, ok = r.metric("lts__lts2xbar_cycles_active.sum.peak_sustained")
		m = m.scaled(sectorBytes)
	}
	return r.perSecond(m, ok, "lts")
}

func (r row) peakL1() (measure, bool) {
	for _, suffix := range writebacks {
		if m, ok := r.metric("derived__l1tex__lsu_writeback_bytes" + suffix + ".sum.peak_sustained"); ok {
			return r.perSecond(m, true, "l1tex")
		}
		if m, ok := r.metric("l1tex__lsu_writeback_active" + suffix + ".sum.peak_sustained"); ok {
			return r.perSecond(m.scaled(writebackBytes), true, "l1tex")
		}
	}
	return measure{}, false
}
