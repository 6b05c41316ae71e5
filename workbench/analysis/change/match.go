package change

import (
	"math"
	"slices"
)

// Kernel is what a kernel of one side is matched by.
type Kernel struct {
	Name, Grid, Block string // sizes are empty where they are not known
	Family            string
	PerStep           float64 // executions a step
	Time              float64 // mean of an execution in ns
}

// How kernels of two sides were found to be the same.
const (
	ByShape = "name and shape" // the rule
	ByName  = "name"           // the one shape of the name that is left over on each side
	Renamed = "renamed"        // same shape, family, calls and time under another name
)

// Match is a kernel of both sides by index; -1 where a side lacks it.
type Match struct {
	Baseline, Current int
	How               string // empty for new and vanished kernels
}

// MatchKernels matches the kernels of two sides, each of which has a name and shape
// once: by name and shape, then by name where one shape of it is left on each side,
// then by all but the name. The matches come in the order of current, then what
// vanished in that of baseline.
func MatchKernels(baseline, current []Kernel) []Match {
	type key struct{ name, grid, block string }
	keyOf := func(k Kernel) key { return key{k.Name, k.Grid, k.Block} }
	left := map[key]int{}
	for i, k := range baseline {
		left[keyOf(k)] = i
	}
	list := make([]Match, len(current))
	taken := make([]bool, len(baseline))
	for i, k := range current {
		list[i] = Match{-1, i, ""}
		if j, ok := left[keyOf(k)]; ok {
			list[i], taken[j] = Match{j, i, ByShape}, true
		}
	}
	rest := func(how string, find func(i int) int) {
		for at := range list {
			if m := &list[at]; m.Baseline < 0 {
				if j := find(m.Current); j >= 0 {
					m.Baseline, m.How, taken[j] = j, how, true
				}
			}
		}
	}
	alone := func(name string) (before, after []int) {
		for j, k := range baseline {
			if !taken[j] && k.Name == name {
				before = append(before, j)
			}
		}
		for _, m := range list {
			if m.Baseline < 0 && current[m.Current].Name == name {
				after = append(after, m.Current)
			}
		}
		return before, after
	}
	rest(ByName, func(i int) int {
		if before, after := alone(current[i].Name); len(before) == 1 && len(after) == 1 {
			return before[0]
		}
		return -1
	})
	rest(Renamed, func(i int) int { return closest(current[i], baseline, taken) })
	for j := range baseline {
		if !taken[j] {
			list = append(list, Match{j, -1, ""})
		}
	}
	return list
}

// How alike a renamed kernel must be: calls a step and time of a call, as parts of the
// larger.
const (
	callsAlike = 0.02
	timeAlike  = 0.15
)

// closest finds what a kernel was called before: the one of the same grid and block,
// called as often, of no other family, and nearest in time. Without sizes there is too
// little to tell by.
func closest(k Kernel, baseline []Kernel, taken []bool) int {
	best, least := -1, timeAlike
	for j, other := range baseline {
		if taken[j] || k.Grid == "" || other.Grid != k.Grid || other.Block != k.Block || !sameFamily(other.Family, k.Family) || Apart(k.PerStep, other.PerStep) > callsAlike {
			continue
		}
		if d := Apart(k.Time, other.Time); d < least {
			best, least = j, d
		}
	}
	return best
}

// sameFamily lets a name that says nothing be of any family.
func sameFamily(a, b string) bool { return a == b || slices.Contains([]string{a, b}, "other") }

// Apart is the difference of two numbers as a part of the larger, 0 for equal ones.
func Apart(a, b float64) float64 {
	if a == b {
		return 0
	}
	return math.Abs(a-b) / max(math.Abs(a), math.Abs(b))
}
