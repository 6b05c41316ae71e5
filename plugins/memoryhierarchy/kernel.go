package memoryhierarchy

import (
	"math"

	"profilemate/workbench/analysis/launch"
)

// kernel is the memory traffic of a kernel, all launches together. What the report
// lacks is NaN.
type kernel struct {
	*launch.Kernel
	l1                           float64 // bytes
	l2Read, l2Write              float64 // bytes
	dram, dramRead, dramWrite    float64 // bytes
	l1Hit, l2Hit                 float64 // %
	dramPercent                  float64 // of the peak
	seen, ideal                  float64 // sectors of global accesses
	accesses                     []traffic
	shared                       []banks
	sharedWavefronts, sharedFree float64 // of all, and those of them without conflicts
}

// traffic is one kind of access to global or local memory.
type traffic struct {
	access
	requests, sectors float64
	hit               float64 // %
	used              float64 // bytes of a sector
}

// perRequest is the sectors of a request.
func (t traffic) perRequest() float64 { return t.sectors / t.requests }

// least is the sectors of a request if all their bytes were used.
func (t traffic) least() float64 { return t.perRequest() * t.used / sector }

// banks is one kind of access to shared memory.
type banks struct {
	sharedAccess
	instructions, wavefronts, conflicts float64
}

func measure(p *launch.Profile, k *launch.Kernel) kernel {
	sum := func(names ...string) float64 { return k.Sum(p.Metric(names...)) }
	inSectors := func(name string) launch.Reading { return p.Metric(name).Times(sector) }
	looked := l1Sectors(p)
	out := kernel{Kernel: k,
		l1:     sector * k.Sum(looked),
		l2Read: k.Sum(p.Metric(l2ReadBytes).Or(inSectors(l2ReadSectors)).Or(p.Column("l2_bytes"))), l2Write: k.Sum(p.Metric(l2WriteBytes).Or(inSectors(l2WriteSectors))),
		dram: k.Sum(p.Column("dram_bytes")), dramRead: k.Sum(p.Column("dram_read")), dramWrite: k.Sum(p.Column("dram_write")),
		l1Hit: k.MeanBy(p.Column("l1_hit"), looked), l2Hit: k.MeanBy(p.Column("l2_hit"), p.Metric(l2Sectors)),
		dramPercent: k.Mean(p.Column("dram_pct")), seen: sum(seenSectors), ideal: sum(idealSectors)}
	for _, a := range accesses() {
		sectors := p.Metric(a.sectors())
		t := traffic{access: a, requests: sum(a.requests()), sectors: k.Sum(sectors),
			hit: k.MeanBy(p.Metric(a.hitRate()), sectors), used: k.MeanBy(p.Metric(a.used()), sectors)}
		if t.sectors > 0 || t.requests > 0 {
			out.accesses = append(out.accesses, t)
		}
	}
	for _, a := range sharedAccesses() {
		b := banks{sharedAccess: a, instructions: sum(a.instructions()...), wavefronts: sum(a.wavefronts()), conflicts: sum(a.conflicts())}
		if b.wavefronts > 0 {
			out.shared = append(out.shared, b)
			out.sharedWavefronts += b.wavefronts
			out.sharedFree += b.wavefronts - b.conflicts
		}
	}
	return out
}

// l1Sectors reads the sectors that L1 is asked for. Loads and stores of global memory
// must be counted; a report that counts those leaves out only what it has no metric
// for, and ncu has had no set without the others.
func l1Sectors(p *launch.Profile) launch.Reading {
	var others []launch.Reading
	for _, a := range accesses()[2:] {
		others = append(others, p.Metric(a.sectors()))
	}
	for _, name := range otherSectors() {
		others = append(others, p.Metric(name))
	}
	global := p.Metric(accesses()[0].sectors()).Plus(p.Metric(accesses()[1].sectors()))
	return func(row int) float64 {
		total := global(row)
		for _, other := range others {
			if v := other(row); !math.IsNaN(v) {
				total += v
			}
		}
		return total
	}
}

// l2 is the bytes between the SMs and L2.
func (k kernel) l2() float64 { return k.l2Read + k.l2Write }

// excess is the part of the sectors of global accesses that better addresses would
// save, in %.
func (k kernel) excess() float64 { return 100 * (k.seen - k.ideal) / k.seen }

// rate is bytes of the kernel per second: NaN when the profile is not timed.
func (k kernel) rate(bytes float64) float64 {
	if k.Time == 0 {
		return math.NaN()
	}
	return bytes * 1e9 / float64(k.Time)
}
