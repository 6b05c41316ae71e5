package kerneldistribution

import (
	"math"
	"slices"
)

const (
	mostBins = 24
	tick     = 32 // ns; the clock of a GPU moves in such steps
)

// histogram counts durations in bins that are equally wide on a logarithmic scale.
// Bin i holds those from edges[i] up to, but without, edges[i+1]; the last bin holds
// the longest too. Edges are whole ns and ascend.
type histogram struct {
	edges     []int64
	instances []int64
	time      []int64 // ns
}

// newHistogram bins at least one duration, in ascending order.
func newHistogram(sorted []int64) histogram {
	h := histogram{edges: binEdges(sorted[0], sorted[len(sorted)-1])}
	bins := len(h.edges) - 1
	h.instances, h.time = make([]int64, bins), make([]int64, bins)
	from := 0
	for bin := range bins {
		to := len(sorted)
		if bin < bins-1 {
			to, _ = slices.BinarySearch(sorted, h.edges[bin+1])
		}
		h.instances[bin] = int64(to - from)
		for _, d := range sorted[from:to] {
			h.time[bin] += d
		}
		from = to
	}
	return h
}

// binEdges returns the edges of as many bins as fit between the shortest and the
// longest duration, the first of them a tick wide at least. A duration of 0 counts
// as 1 ns.
func binEdges(shortest, longest int64) []int64 {
	low, high := float64(max(1, shortest)), float64(max(1, longest))
	span := math.Log(high / low)
	bins := int(span / math.Log1p(tick/low))
	bins = min(max(bins, 1), mostBins)
	edges := make([]int64, 0, bins+1)
	for i := range bins + 1 {
		edge := int64(math.Round(low * math.Exp(span*float64(i)/float64(bins))))
		if i == 0 {
			edge = shortest
		}
		if n := len(edges); n == 0 || edge > edges[n-1] || i == bins {
			edges = append(edges, edge)
		}
	}
	return edges
}
