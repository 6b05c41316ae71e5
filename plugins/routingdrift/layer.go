package routingdrift

import (
	"context"
	"math"
	"math/rand/v2"

	"profilemate/workbench/routing"
)

// layer is one layer's steps, cut into windows.
type layer struct {
	index   int64
	experts int
	steps   []routing.Step
	windows []window
	changes []change
}

// window is a run of steps, compared with a reference.
type window struct {
	steps  []routing.Step
	counts []int64
	noise
	divergence float64 // NaN for the reference itself, as all that follows
	moved      float64 // part of the tokens
	overlap    float64
	verdict    string
}

// noise is what random halves of the same steps show; NaN where there are too few.
type noise struct {
	mean, deviation, overlap float64
}

// The verdicts on a window.
const (
	drifted   = "drifted"
	steady    = "within noise"
	unknown   = "noise unknown"
	reference = "reference"
)

const (
	fewestBlocks, mostBlocks = 6, 8 // of a window whose noise is looked for
	halves                   = 99   // random halves or orders
	sure                     = 5    // deviations of noise that make a drift or a change
)

// newLayer cuts the steps of a layer into windows. A rest shorter than half a window
// goes to the last one.
func newLayer(s routing.Series, experts int, p Params) *layer {
	l := &layer{index: s.Layer, experts: experts, steps: s.Steps}
	size := p.Window
	if size == 0 {
		size = max(len(s.Steps)/10, fewestBlocks)
	}
	for at := 0; at < len(s.Steps); {
		to := min(at+size, len(s.Steps))
		if len(s.Steps)-to < (size+1)/2 {
			to = len(s.Steps)
		}
		l.windows = append(l.windows, window{steps: s.Steps[at:to], counts: routing.Add(s.Steps[at:to], experts)})
		at = to
	}
	return l
}

// measure compares each window with its reference, and looks for changes.
func (l *layer) measure(ctx context.Context, p Params) error {
	for i := range l.windows {
		if err := ctx.Err(); err != nil {
			return err
		}
		w, ref := &l.windows[i], &l.windows[0]
		if p.Reference == previous && i > 0 {
			ref = &l.windows[i-1]
		}
		if i == 0 {
			w.verdict = reference
			w.divergence, w.moved, w.overlap = math.NaN(), math.NaN(), math.NaN()
			w.noise = noise{math.NaN(), math.NaN(), math.NaN()}
			continue
		}
		rng := rand.New(rand.NewPCG(uint64(p.Seed), uint64(l.index+1)<<32^uint64(i)))
		w.compare(ref, l.experts, p.Hot, rng)
	}
	var err error
	l.changes, err = l.findChanges(ctx, rand.New(rand.NewPCG(uint64(p.Seed), uint64(l.index+1)<<32^1<<31)))
	return err
}

func (w *window) compare(ref *window, experts, hot int, rng *rand.Rand) {
	w.divergence = routing.JensenShannon(ref.counts, w.counts)
	w.moved = moved(ref.counts, w.counts)
	w.overlap = overlap(ref.counts, w.counts, hot)
	w.noise = noiseOf(ref.steps, w.steps, experts, hot, rng)
	switch {
	case math.IsNaN(w.mean):
		w.verdict = unknown
	case w.divergence-w.mean > sure*w.deviation && w.divergence > w.mean:
		w.verdict = drifted
	default:
		w.verdict = steady
	}
}

// z is how many deviations of noise the divergence lies above it, to a thousandth; NaN
// where noise does not vary or is not known.
func (w *window) z() float64 {
	if !(w.deviation > 0) {
		return math.NaN()
	}
	return math.Round(1e3*(w.divergence-w.mean)/w.deviation) / 1e3
}

func overlap(a, b []int64, hot int) float64 {
	return routing.Jaccard(routing.Busiest(a, hot), routing.Busiest(b, hot))
}

// moved is half the sum of the differences of two distributions.
func moved(a, b []int64) float64 {
	sumA, sumB := total(a), total(b)
	part := 0.0
	for e := range a {
		part += math.Abs(float64(a[e])/sumA-float64(b[e])/sumB) / 2
	}
	return part
}

func total(counts []int64) float64 { return float64(routing.Layer{Counts: counts}.Sum()) }

// noiseOf compares random halves of the steps of two windows.
func noiseOf(a, b []routing.Step, experts, hot int, rng *rand.Rand) noise {
	blocks := blocksOf(a, experts, mostBlocks)
	inA := len(blocks)
	blocks = append(blocks, blocksOf(b, experts, mostBlocks)...)
	if inA < fewestBlocks || len(blocks)-inA < fewestBlocks {
		return noise{math.NaN(), math.NaN(), math.NaN()}
	}
	var n noise
	squares := 0.0
	for range halves {
		rng.Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })
		x, y := add(blocks[:inA], experts), add(blocks[inA:], experts)
		d := routing.JensenShannon(x, y)
		n.mean += d
		squares += d * d
		n.overlap += overlap(x, y, hot)
	}
	n.mean, n.overlap = n.mean/halves, n.overlap/halves
	n.deviation = math.Sqrt(max(squares/halves-n.mean*n.mean, 0))
	return n
}

// blocksOf adds up neighboring steps to at most so many blocks.
func blocksOf(steps []routing.Step, experts, most int) [][]int64 {
	n := min(len(steps), most)
	blocks := make([][]int64, n)
	for i := range blocks {
		blocks[i] = routing.Add(steps[i*len(steps)/n:(i+1)*len(steps)/n], experts)
	}
	return blocks
}

func add(blocks [][]int64, experts int) []int64 {
	sum := make([]int64, experts)
	for _, b := range blocks {
		for e, n := range b {
			sum[e] += n
		}
	}
	return sum
}
