package occupancy

import (
	"fmt"
	"math"

	"profilemate/workbench/analysis/launch"
)

// The granularity of NVIDIA's occupancy rules for compute capability 7.0 and later:
// CUDA Programming Guide, "Compute Capabilities", and the occupancy calculator.
const (
	warpThreads  = 32
	partitions   = 4   // of an SM, each with its part of the registers and warps
	registerUnit = 8   // registers of a thread are given out in eights
	sharedUnit   = 256 // bytes; 128 from 8.0 on, which 256 is on the safe side of
)

// block is what one block asks for.
type block struct {
	threads   float64
	registers float64 // of a thread
	shared    float64 // bytes as allocated, the driver's part included
	driver    float64 // bytes
}

// device is what an SM has.
type device struct {
	registers  float64
	warps      float64
	blocks     float64
	threads    float64 // most of a block
	shared     float64 // bytes as configured for the launch
	sharedMost float64 // bytes that the largest configuration has
}

func blockOf(p *launch.Profile, k *launch.Kernel) block {
	b := block{threads: 1, registers: k.Same(p.Column("registers")), shared: k.Same(p.Metric(sharedAllocated)), driver: k.Same(p.Column("shared_driver"))}
	for _, axis := range []string{"block_x", "block_y", "block_z"} {
		b.threads *= k.Same(p.Column(axis))
	}
	return b
}

func deviceOf(p *launch.Profile, k *launch.Kernel) device {
	read := func(metric string) float64 { return k.Same(p.Metric(metric)) }
	return device{registers: read(registerFile), warps: read(warpSlots), blocks: read(blockSlots), threads: read(mostThreads),
		shared: read(sharedConfig), sharedMost: read(sharedMost)}
}

func (b block) warps() float64 { return math.Ceil(b.threads / warpThreads) }

// byRegisters is how many blocks the registers allow: each partition gives registers
// to whole warps, and a block needs all its warps.
func (d device) byRegisters(b block) float64 {
	each := math.Max(1, math.Ceil(b.registers/registerUnit)) * registerUnit * warpThreads
	return math.Floor(partitions * math.Floor(d.registers/partitions/each) / b.warps())
}

func (d device) byWarps(b block) float64 { return math.Floor(d.warps / b.warps()) }

func (d device) byShared(b block) float64 {
	if b.shared == 0 {
		return d.blocks
	}
	return math.Floor(d.shared / b.shared)
}

// occupancy is what the rules allow, in %. NaN when anything is not known.
func (d device) occupancy(b block) float64 {
	blocks := d.blocks
	for _, v := range []float64{d.byRegisters(b), d.byWarps(b), d.byShared(b)} {
		blocks = math.Min(blocks, v)
	}
	return 100 * blocks * b.warps() / d.warps
}

// step is a change that gains occupancy.
type step struct {
	text      string
	occupancy float64 // %
}

// gains are the smallest changes of registers, shared memory and block size that
// raise theoretical occupancy, each by itself; of the first two only where they
// limit. There are none where the rules do not give what the report says.
func (k kernel) gains() []step {
	b, d := k.block, k.device
	if !(k.theoretical < 100) || !k.explained() {
		return nil
	}
	var list []step
	if s, ok := fewerRegisters(d, b); ok && k.limitedBy("registers") {
		list = append(list, s)
	}
	if s, ok := lessShared(d, b); ok && k.limitedBy("shared memory") {
		list = append(list, s)
	}
	if s, ok := otherBlock(d, b); ok {
		list = append(list, s)
	}
	return list
}

// explained reports whether the rules give the limits and the occupancy of the
// report; they do not for clusters, for example.
func (k kernel) explained() bool {
	return k.device.byRegisters(k.block) == k.limits[0] && k.device.byWarps(k.block) == k.limits[2] &&
		math.Min(k.device.byShared(k.block), k.device.blocks) == math.Min(k.limits[1], k.device.blocks) &&
		math.Abs(k.device.occupancy(k.block)-k.theoretical) < 0.01
}

func fewerRegisters(d device, b block) (step, bool) {
	now := d.occupancy(b)
	for b.registers--; b.registers >= 16; b.registers-- {
		if gained := d.occupancy(b); gained > now {
			return step{fmt.Sprintf("at most %.0f registers a thread", b.registers), gained}, true
		}
	}
	return step{}, false
}

func lessShared(d device, b block) (step, bool) {
	now := d.occupancy(b)
	for b.shared = math.Floor((b.shared-1)/sharedUnit) * sharedUnit; b.shared > b.driver; b.shared -= sharedUnit {
		if gained := d.occupancy(b); gained > now {
			return step{fmt.Sprintf("at most %.0f B of shared memory a block", b.shared-b.driver), gained}, true
		}
	}
	return step{}, false
}

// otherBlock looks for the block size nearest to the present one, the larger of two
// equally near. Registers of a thread and shared memory of a block stay.
func otherBlock(d device, b block) (step, bool) {
	now, size := d.occupancy(b), b.warps()
	for away := 1.0; away*warpThreads <= d.threads; away++ {
		for _, warps := range []float64{size + away, size - away} {
			b.threads = warps * warpThreads
			if warps < 1 || b.threads > d.threads {
				continue
			}
			if gained := d.occupancy(b); gained > now {
				return step{fmt.Sprintf("blocks of %.0f threads", b.threads), gained}, true
			}
		}
	}
	return step{}, false
}
