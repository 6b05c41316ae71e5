package launchcompare

import (
	"cmp"
	"math"
	"slices"

	"profilemate/workbench/analysis/launch"
)

// How a pair came together.
const (
	byName     = "name"
	byFunction = "function"
)

// side is a kernel in one of the profiles.
type side struct {
	*launch.Kernel // nil when the profile does not have it
	profile        *launch.Profile
}

// mean is the mean of a column over launches, each weighing alike: NaN when there is
// none.
func (s side) mean(column string) float64 {
	if s.Kernel == nil {
		return math.NaN()
	}
	mean, _, _ := s.Spread(s.profile.Column(column))
	return mean
}

// launches is 0 for a kernel that the profile does not have.
func (s side) launches() float64 {
	if s.Kernel == nil {
		return 0
	}
	return float64(len(s.Rows))
}

// pair is a kernel before and after.
type pair struct {
	before, after side
	matched       string // byName or byFunction, empty for one that has no other
	elsewhere     string // of such a one: a shape that the other profile has of the kernel

	verdict string
	change  float64 // of the mean time of a launch, in %
	noise   float64 // half of the confidence interval of the change, in %; NaN when not known
	effect  float64 // ns
}

// kernel is the one of the current profile, or the vanished one.
func (p pair) kernel() *launch.Kernel {
	if p.after.Kernel != nil {
		return p.after.Kernel
	}
	return p.before.Kernel
}

func match(baseline, current *launch.Profile) []pair {
	left := map[launch.Key]*launch.Kernel{}
	for _, k := range baseline.Kernels {
		left[k.Key] = k
	}
	var pairs []pair
	var alone []*launch.Kernel
	for _, k := range current.Kernels {
		if other := left[k.Key]; other != nil {
			pairs = append(pairs, pair{before: side{other, baseline}, after: side{k, current}, matched: byName})
			delete(left, k.Key)
			continue
		}
		alone = append(alone, k)
	}
	var gone []*launch.Kernel
	for _, k := range baseline.Kernels {
		if left[k.Key] != nil {
			gone = append(gone, k)
		}
	}
	return append(pairs, matchRest(baseline, current, gone, alone)...)
}

// shortKey is what is left of a key without the arguments of templates and functions.
func shortKey(k *launch.Kernel) launch.Key {
	short := k.Key
	short.Name = k.Function
	return short
}

// matchRest matches what has no other of the same name, where one kernel of a short
// name and shape is on each side.
func matchRest(baseline, current *launch.Profile, gone, alone []*launch.Kernel) []pair {
	before, after := byShortKey(gone), byShortKey(alone)
	single := func(key launch.Key) bool { return len(before[key]) == 1 && len(after[key]) == 1 }
	var pairs []pair
	for _, k := range alone {
		key := shortKey(k)
		if single(key) {
			pairs = append(pairs, pair{before: side{before[key][0], baseline}, after: side{k, current}, matched: byFunction})
			continue
		}
		pairs = append(pairs, pair{before: side{nil, baseline}, after: side{k, current}, elsewhere: otherShape(baseline, k)})
	}
	for _, k := range gone {
		if !single(shortKey(k)) {
			pairs = append(pairs, pair{before: side{k, baseline}, after: side{nil, current}, elsewhere: otherShape(current, k)})
		}
	}
	return pairs
}

func byShortKey(list []*launch.Kernel) map[launch.Key][]*launch.Kernel {
	groups := map[launch.Key][]*launch.Kernel{}
	for _, k := range list {
		groups[shortKey(k)] = append(groups[shortKey(k)], k)
	}
	return groups
}

// otherShape finds the kernel in a profile with another grid or block, the one with
// most time: "" when it is not there, or alike in shape and only launched less often.
func otherShape(p *launch.Profile, k *launch.Kernel) string {
	for _, other := range p.Kernels {
		if other.Name == k.Name && (other.Grid != k.Grid || other.Block != k.Block) {
			return "grid " + other.Grid + ", block " + other.Block
		}
	}
	return ""
}

// rank sorts by the size of the effect, largest first.
func rank(pairs []pair) {
	size := func(p pair) float64 {
		if math.IsNaN(p.effect) {
			return -1
		}
		return math.Abs(p.effect)
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(size(b), size(a)) })
}
