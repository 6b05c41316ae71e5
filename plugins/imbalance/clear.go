package imbalance

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"profilemate/workbench/routing"
)

// sure is the probability of chance below which a sentence states a difference, over all
// layers together: of many layers one is bound to look uneven.
const sure = 0.01

// freedom is the degrees of freedom of the difference of two windows.
func (t trend) freedom() float64 { return 2 * float64(t.window-1) }

// clearTrends says of each layer whether its rise or fall is stated: where it is clear by
// itself among so many layers, or where more layers change than chance would have.
func clearTrends(trends []trend) []bool {
	clear, moved, tested, byChance := make([]bool, len(trends)), 0.0, 0.0, 0.0
	for _, t := range trends {
		if t.direction == short {
			continue
		}
		tested++
		byChance = max(byChance, 2*studentTail(2, t.freedom()))
		if t.direction != steady {
			moved++
		}
	}
	many := tested > 0 && distuv.Binomial{N: tested, P: byChance}.Survival(moved-1) < sure
	for i, t := range trends {
		if t.direction == rising || t.direction == falling {
			alone := 2 * studentTail(math.Abs(t.last-t.first)/t.errorOf, t.freedom())
			clear[i] = many || alone*tested < sure
		}
	}
	return clear
}

// studentTail is the probability that Student's t lies above v.
func studentTail(v, freedom float64) float64 {
	if math.IsInf(v, 1) {
		return 0
	}
	return distuv.StudentsT{Sigma: 1, Nu: freedom}.Survival(v)
}

// beyondChance reports whether the last steps are clearly more uneven than chance, among
// so many layers: by the chi-square of each step, joined by Fisher's method, and where
// experts have less than one choice on average by Student's t of max/mean. It is true
// where chance is not known: then there is nothing to hold them against.
func (t trend) beyondChance(r routing.Router, layers int) bool {
	if math.IsNaN(t.lastChance) {
		return true
	}
	if t.last <= t.lastChance*(1+nearChance) {
		return false
	}
	sum, n := 0.0, 0.0
	for _, p := range t.tail {
		if chance := r.ChiSquare(p.Spread); p.Sum >= int64(r.Experts) && !math.IsNaN(chance) {
			sum -= 2 * math.Log(max(chance, math.SmallestNonzeroFloat64))
			n++
		}
	}
	if n == float64(len(t.tail)) {
		return distuv.ChiSquared{K: 2 * n}.Survival(sum)*float64(layers) < sure
	}
	if len(t.tail) < 2 {
		return false // one step of so few tokens shows nothing
	}
	return studentTail((t.last-t.lastChance)/t.lastError, float64(len(t.tail)-1))*float64(layers) < sure
}
