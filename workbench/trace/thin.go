package trace

// Thin returns which of the values a chart of at most limit points shows, as
// ascending indices: all where they fit, and otherwise of each of limit/2 stretches
// of equal length the smallest and the largest, so that no peak is lost. A limit
// below 2 counts as 2.
func Thin(values []int64, limit int) []int {
	var out []int
	limit = max(2, limit)
	if len(values) <= limit {
		for i := range values {
			out = append(out, i)
		}
		return out
	}
	stretches := limit / 2
	for s := range stretches {
		from, to := s*len(values)/stretches, (s+1)*len(values)/stretches
		low, high := from, from
		for i := from; i < to; i++ {
			if values[i] < values[low] {
				low = i
			}
			if values[i] > values[high] {
				high = i
			}
		}
		if low != high {
			out = append(out, min(low, high))
		}
		out = append(out, max(low, high))
	}
	return out
}
