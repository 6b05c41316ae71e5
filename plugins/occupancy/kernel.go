package occupancy

import (
	"math"
	"strings"

	"profilemate/workbench/analysis/launch"
)

// limit is a resource of an SM that bounds how many blocks it holds.
type limit struct{ column, name string }

func limits() []limit {
	return []limit{{"limit_registers", "registers"}, {"limit_shared_mem", "shared memory"}, {"limit_warps", "warps"},
		{"limit_blocks", "blocks"}, {"limit_barriers", "barriers"}}
}

// kernel is what is known of a kernel's occupancy. What is missing is NaN or "".
type kernel struct {
	*launch.Kernel
	theoretical, achieved float64   // %
	limits                []float64 // blocks of an SM, in the order of limits()
	blocks                float64   // of an SM: the least of the limits
	limiter               string    // names of the least limits
	waves                 waves
	block                 block
	device                device
	steps                 []step
}

// varies is the limiter of launches that differ in it.
const varies = "varies"

func measure(p *launch.Profile, k *launch.Kernel) kernel {
	out := kernel{Kernel: k, theoretical: k.Mean(p.Column("occupancy_theoretical")), achieved: k.Mean(p.Column("occupancy")), blocks: math.NaN()}
	for _, l := range limits() {
		out.limits = append(out.limits, k.Same(p.Column(l.column)))
	}
	out.limiter, out.blocks = least(out.limits)
	if k.Mean(p.Column("limit_warps")) > 0 && math.IsNaN(out.blocks) {
		out.limiter = varies
	}
	out.block, out.device = blockOf(p, k), deviceOf(p, k)
	if k.Graph {
		out.block.threads = math.NaN() // the block that ncu prints for a graph is of no kernel in it
	}
	out.waves = wavesOf(p, k, out.blocks)
	out.steps = out.gains()
	return out
}

// least names the least limits; all must be known but barriers, which old reports
// lack.
func least(values []float64) (names string, blocks float64) {
	blocks = math.Inf(1)
	for i, v := range values {
		if math.IsNaN(v) && i < len(values)-1 {
			return "", math.NaN()
		}
		if v < blocks {
			blocks = v
		}
	}
	var list []string
	for i, v := range values {
		if v == blocks {
			list = append(list, limits()[i].name)
		}
	}
	return strings.Join(list, ", "), blocks
}

// limitedBy reports whether a resource is the limiter or one of several.
func (k kernel) limitedBy(name string) bool {
	for i, l := range limits() {
		if l.name == name {
			return k.limits[i] == k.blocks
		}
	}
	return false
}

// waves is how a grid fills the device.
type waves struct {
	count  float64 // waves of blocks over the device; NaN when not known
	blocks float64 // of the grid; NaN when not known
	sms    float64 // NaN when not known
	seen   bool    // the report has a number for some launch
}

// printRounding is how far a print-out may be from its number of waves.
const printRounding = 0.0051

// wavesOf works the waves out of whole numbers where these give what the report
// says; the report's own number is rounded in print-outs.
func wavesOf(p *launch.Profile, k *launch.Kernel, blocksOfSM float64) waves {
	grid := 1.0
	for _, axis := range []string{"grid_x", "grid_y", "grid_z"} {
		grid *= k.Same(p.Column(axis))
	}
	w := waves{count: k.Same(p.Column("waves")), blocks: grid, sms: k.Same(p.Metric(smCount, smAttribute)),
		seen: k.Mean(p.Column("waves")) >= 0}
	if exact := grid / (w.sms * blocksOfSM); math.Abs(exact-w.count) <= printRounding || math.IsNaN(w.count) {
		w.count = exact
	}
	return w
}

// full is the number of full waves.
func (w waves) full() float64 { return math.Floor(w.count) }

// last is how full the last wave is, in %.
func (w waves) last() float64 {
	part := w.count - w.full()
	if part == 0 {
		return 100
	}
	return 100 * part
}

// tailTime is the part of the run that a partial last wave takes, in %: 0 when the
// last wave is full.
func (w waves) tailTime() float64 {
	if w.count == w.full() {
		return 0
	}
	return 100 / math.Ceil(w.count)
}

// tailLoss is the part of the device-time that no block fills, in %.
func (w waves) tailLoss() float64 {
	whole := math.Ceil(w.count)
	return 100 * (whole - w.count) / whole
}
