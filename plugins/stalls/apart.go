package stalls

import (
	"cmp"
	"slices"
)

// apart returns the reasons with most of the kernels' time, most first, at most
// mostSeries of them.
func apart(list []kernel) []string {
	sums := map[string]float64{}
	var reasons []string
	for _, k := range list {
		weight := float64(max(k.Time, 1)) // alike where the profile is not timed
		for _, s := range k.waits() {
			if _, known := sums[s.reason]; !known {
				reasons = append(reasons, s.reason)
			}
			sums[s.reason] += weight * s.weight
		}
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return cmp.Compare(sums[b], sums[a]) })
	return reasons[:min(len(reasons), mostSeries)]
}
