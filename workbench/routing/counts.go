package routing

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"profilemate/frames"
)

// Layer is the load of one layer's experts.
type Layer struct {
	Index  int64   // -1: unknown
	Counts []int64 // choices by expert
}

// Sum returns the choices of all experts.
func (l Layer) Sum() int64 {
	sum := int64(0)
	for _, n := range l.Counts {
		sum += n
	}
	return sum
}

// Layers adds up the columns layer, expert and count of a frame by layer, in ascending
// order. All layers have the given number of experts, which is at least Seen of the
// frame; a nil frame has no layer. Rows with an expert below 0 are left out.
func Layers(f *frames.Frame, experts int) []Layer {
	if f == nil {
		return nil
	}
	byLayer := map[int64][]int64{}
	layers, ids, counts := f.Ints("layer"), f.Ints("expert"), f.Ints("count")
	for i, l := range layers {
		if byLayer[l] == nil {
			byLayer[l] = make([]int64, experts)
		}
		if e := ids[i]; e >= 0 {
			byLayer[l][e] += counts[i]
		}
	}
	list := make([]Layer, 0, len(byLayer))
	for _, l := range slices.Sorted(maps.Keys(byLayer)) {
		list = append(list, Layer{l, byLayer[l]})
	}
	return list
}

// Step is the load of one layer's experts in one step.
type Step struct {
	Layer
	Number int64 // of the step
}

// Steps yields every layer's steps of a frame with the columns step, layer, expert and
// count: layer by layer, steps in ascending order. Rows of one step, layer and expert
// add up; experts without a row got no token. The counts are valid until the next
// step.
func Steps(f *frames.Frame, experts int) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		step, layer, expert, count := f.Ints("step"), f.Ints("layer"), f.Ints("expert"), f.Ints("count")
		rows := make([]int, len(step))
		for i := range rows {
			rows[i] = i
		}
		slices.SortStableFunc(rows, func(a, b int) int {
			return cmp.Or(cmp.Compare(layer[a], layer[b]), cmp.Compare(step[a], step[b]))
		})
		counts := make([]int64, experts)
		for at := 0; at < len(rows); {
			first := rows[at]
			clear(counts)
			for ; at < len(rows) && layer[rows[at]] == layer[first] && step[rows[at]] == step[first]; at++ {
				if e := expert[rows[at]]; e >= 0 {
					counts[e] += count[rows[at]]
				}
			}
			if !yield(Step{Layer{layer[first], counts}, step[first]}) {
				return
			}
		}
	}
}

// Series is one layer's steps in ascending order.
type Series struct {
	Layer int64
	Steps []Step // those with a token; each has counts of its own
}

// SeriesOf gathers the steps that have a token by layer.
func SeriesOf(f *frames.Frame, experts int) []Series {
	var list []Series
	for s := range Steps(f, experts) {
		if len(list) == 0 || list[len(list)-1].Layer != s.Index {
			list = append(list, Series{Layer: s.Index})
		}
		if s.Sum() == 0 {
			continue
		}
		s.Counts = slices.Clone(s.Counts)
		last := &list[len(list)-1]
		last.Steps = append(last.Steps, s)
	}
	return list
}

// Add returns the sum of the counts of steps by expert.
func Add(steps []Step, experts int) []int64 {
	sum := make([]int64, experts)
	for _, s := range steps {
		for e, n := range s.Counts {
			sum[e] += n
		}
	}
	return sum
}
