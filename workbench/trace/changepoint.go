package trace

import (
	"cmp"
	"math"
	"slices"
)

// robust is the factor that makes a median absolute deviation a standard deviation,
// for values spread normally.
const robust = 1.4826

// Median returns the middle of values in any order, the mean of the middle two of an
// even number, and NaN without any.
func Median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// Spread returns the robust deviation of values around a center: 1.4826 times the
// median distance, which for values spread normally is the standard deviation. It is
// NaN without any.
func Spread(values []float64, center float64) float64 {
	distances := make([]float64, len(values))
	for i, v := range values {
		distances[i] = math.Abs(v - center)
	}
	return robust * Median(distances)
}

// What makes a warm-up or a shift of the level one.
const (
	fewestSteps = 10   // values that a warm-up is looked for in
	leastShift  = 0.05 // of a level, to be worth saying
	farthest    = 5.0  // robust deviations; what lies beyond counts as that far
)

// WarmUp returns how many of the first values are a warm-up: those whose removal
// makes the standard error of the mean of the rest least (the marginal standard error
// rule, MSER), as far as their median is 5 % and three robust deviations above that
// of the rest. Values farther than five robust deviations from the median of all
// count as that far, so that a single late one decides nothing. settled is false
// where the least error is found with half of the values gone: then the rule does
// not tell where they become steady, if at all. Fewer than 10 values have no
// warm-up. It takes O(n log n).
func WarmUp(values []float64) (n int, settled bool) {
	if len(values) < fewestSteps {
		return 0, true
	}
	at := leastError(values)
	if at == 0 {
		return 0, true
	}
	before, behind := Median(values[:at]), Median(values[at:])
	if before < behind*(1+leastShift) || before < behind+3*Spread(values[at:], behind) {
		return 0, true
	}
	if at >= len(values)/2 {
		return 0, false
	}
	return at, true
}

// leastError returns how many of the first values, at most half, must go for the
// standard error of the mean of the rest to be least; the fewest of equal ones.
func leastError(values []float64) int {
	n := len(values)
	center := Median(values)
	reach := farthest * max(Spread(values, center), 0.01*math.Abs(center))
	best, at := math.Inf(1), 0
	sum, squares := 0.0, 0.0
	for i := n - 1; i >= 0; i-- {
		v := min(max(values[i]-center, -reach), reach) // around the center, so that squares keep their digits
		sum += v
		squares += v * v
		if i > n/2 {
			continue
		}
		rest := float64(n - i)
		if score := (squares - sum*sum/rest) / (rest * rest); score <= best {
			best, at = score, i
		}
	}
	return at
}

// LevelShift returns where the level of values changes, as the index of the first
// value of the new level: the change point of Pettitt's test, which looks at ranks
// alone. ok is false when chance explains it in more than 1 % of cases, when the
// medians on both sides are within 5 %, and for fewer than 20 values. It takes
// O(n log n).
func LevelShift(values []float64) (at int, ok bool) {
	n := len(values)
	if n < 2*fewestSteps {
		return 0, false
	}
	most, u := 0.0, 0.0
	for i, rank := range ranks(values)[:n-1] {
		u += 2*rank - float64(n+1)
		if math.Abs(u) > most {
			most, at = math.Abs(u), i+1
		}
	}
	size := float64(n)
	if chance := 2 * math.Exp(-6*most*most/(size*size*size+size*size)); chance > 0.01 {
		return 0, false
	}
	before, behind := Median(values[:at]), Median(values[at:])
	return at, math.Abs(behind-before) >= leastShift*before
}

// ranks returns the rank of each value from 1, the mean rank of equal ones.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	out := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			out[i] = float64(from+to+1) / 2
		}
		from = to
	}
	return out
}

// Drift returns how much the median of the last quarter of values lies above that of
// the first one, as a part of the latter. ok is false for fewer than 20 values and
// where the first median is not above 0.
func Drift(values []float64) (part float64, ok bool) {
	quarter := len(values) / 4
	if quarter < fewestSteps/2 {
		return 0, false
	}
	first, last := Median(values[:quarter]), Median(values[len(values)-quarter:])
	if first <= 0 {
		return 0, false
	}
	return last/first - 1, true
}
