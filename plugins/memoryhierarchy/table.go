package memoryhierarchy

import (
	"profilemate/frames"
	"profilemate/workbench/analysis/launch"
)

func float(name, unit, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Float64, Unit: unit, Doc: doc}
}

func whole(name, unit, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Int64, Unit: unit, Doc: doc}
}

func memoryTable(p *launch.Profile, list []kernel) *frames.Frame {
	b := frames.NewBuilder("memory", launch.Schema(
		whole("l1_bytes", "B", "sectors of 32 B that L1 was asked for"),
		float("l1_hit", "%", "of them found in L1, weighted by sectors"),
		whole("l2_read", "B", "from L2 to the SMs"),
		whole("l2_write", "B", "from the SMs to L2"),
		float("l2_hit", "%", "of the sectors that L2 was asked for found there, weighted by sectors"),
		whole("dram_read", "B", ""),
		whole("dram_write", "B", ""),
		whole("dram_bytes", "B", "read and written"),
		float("dram_pct", "%", "DRAM throughput against its peak, weighted by time"),
		float("l1_rate", "B/s", "l1_bytes over time"),
		float("l2_rate", "B/s", "l2_read and l2_write over time"),
		float("dram_rate", "B/s", "dram_bytes over time"),
		whole("global_sectors", "sector", "of global accesses, by ncu's source counters"),
		whole("ideal_sectors", "sector", "that the same instructions would need with the best addresses"),
		float("excess", "%", "of global_sectors beyond ideal_sectors"),
	))
	for _, k := range list {
		p.Row(b, k.Kernel, launch.Whole(k.l1), launch.Number(k.l1Hit), launch.Whole(k.l2Read), launch.Whole(k.l2Write), launch.Number(k.l2Hit),
			launch.Whole(k.dramRead), launch.Whole(k.dramWrite), launch.Whole(k.dram), launch.Number(k.dramPercent),
			launch.Number(k.rate(k.l1)), launch.Number(k.rate(k.l2())), launch.Number(k.rate(k.dram)),
			launch.Whole(k.seen), launch.Whole(k.ideal), launch.Number(k.excess()))
	}
	return b.Frame()
}

func accessTable(p *launch.Profile, list []kernel) *frames.Frame {
	b := frames.NewBuilder("access", launch.Schema(
		frames.Field{Name: "access", Kind: frames.String},
		whole("requests", "request", "instructions of a warp"),
		whole("sectors", "sector", "of 32 B"),
		float("per_request", "sector/request", "sectors of a request"),
		float("least", "sector/request", "sectors of a request if all their bytes were used"),
		float("used", "B", "bytes of a sector's 32 that threads asked for, weighted by sectors"),
		float("hit", "%", "of the sectors found in L1, weighted by sectors"),
		whole("bytes", "B", "sectors times 32"),
	))
	for _, k := range list {
		for _, t := range k.accesses {
			p.Row(b, k.Kernel, t.name, launch.Whole(t.requests), launch.Whole(t.sectors), launch.Number(t.perRequest()),
				launch.Number(t.least()), launch.Number(t.used), launch.Number(t.hit), launch.Whole(sector*t.sectors))
		}
	}
	return b.Frame()
}

func sharedTable(p *launch.Profile, list []kernel) *frames.Frame {
	b := frames.NewBuilder("shared", launch.Schema(
		frames.Field{Name: "access", Kind: frames.String},
		whole("instructions", "inst", "of warps"),
		whole("wavefronts", "", "passes over the banks"),
		float("per_instruction", "", "wavefronts of an instruction: 1 for 4 B a thread without conflicts"),
		whole("conflicts", "", "wavefronts that bank conflicts added"),
	))
	for _, k := range list {
		for _, s := range k.shared {
			p.Row(b, k.Kernel, s.name, launch.Whole(s.instructions), launch.Whole(s.wavefronts),
				launch.Number(s.wavefronts/s.instructions), launch.Whole(s.conflicts))
		}
	}
	return b.Frame()
}
