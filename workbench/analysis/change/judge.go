package change

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Better says which way a figure should go.
type Better string

// The ways.
const (
	Lower   Better = "lower"
	Higher  Better = "higher"
	Neither Better = "" // it is told and never judged
)

// Verdict is what became of a figure.
type Verdict string

// The verdicts. Worse and Improved are beyond the threshold and beyond noise.
const (
	Worse    Verdict = "regression"
	Improved Verdict = "improvement"
	Noise    Verdict = "within noise" // beyond the threshold, and as much may be chance
	Same     Verdict = "unchanged"    // within the threshold
	New      Verdict = "new"          // only the current runs have it
	Vanished Verdict = "vanished"     // only the baseline has it
	Told     Verdict = "not judged"   // neither way is better, or its threshold is off
	Unknown  Verdict = "unknown"      // neither side has it

	Untold     Verdict = "cannot tell"  // beyond the threshold, and of its noise nothing is known
	Unrecorded Verdict = "not recorded" // a side did not record it: Judge leaves it to the caller to tell this from New and Vanished
)

// Question is one figure of both sides, and how it is judged.
type Question struct {
	Baseline, Current []Figure // one a run; NaN values are left out
	Better            Better
	Points            bool    // the figure is a percentage: its change is in points
	Threshold         float64 // change, in % or points, that is let pass; negative: not judged
	Primary           bool    // one of the few that matter most: see Judge
}

// Answer is the judgement of a question. All changes are in % of the baseline, or in
// points where that is asked for; NaN where not known.
type Answer struct {
	Verdict           Verdict
	Baseline, Current float64 // means over the runs
	Change            float64 // above 0: larger now
	Low, High         float64 // 95 % interval of the change, of this figure alone
	Floor             float64 // smallest change that chance is told from, beside all others
	P                 float64 // probability of such a change by chance, adjusted for all questions (Holm)

	error, free, raw float64
}

// Alpha is the probability with which any of all answers calls chance a change.
const Alpha = 0.05

// primaryPart is the part of Alpha that the primary questions share. They are few, so
// that they are judged more sharply than one in a hundred kernels.
const primaryPart = 0.5

// Judge answers questions together. Each change is set against its error by Welch's t,
// and the probabilities are adjusted by Holm's method, so that all figures together give
// a false alarm in at most 5 % of comparisons of like with like; the primary ones share
// half of that, the others the rest. Holm holds however the figures depend on each other
// and with as few as two runs, where permutations cannot reach 5 %.
//
// The error of a side is that of its runs' spread where it has three runs or more, and
// with two the larger of that and of the errors within the runs; with one it is the
// latter. A figure whose error is not known on either side is judged by the threshold
// alone, and its P is NaN; one that was measured once on a side is never called changed:
// where it is beyond the threshold, the answer is Untold.
func Judge(questions []Question) []Answer {
	answers := make([]Answer, len(questions))
	for i, q := range questions {
		answers[i] = q.estimate()
	}
	for _, primary := range []bool{true, false} {
		part := Alpha * primaryPart
		if !slices.ContainsFunc(questions, func(q Question) bool { return q.Primary != primary && q.judged() }) {
			part = Alpha
		}
		var family []int
		for i, q := range questions {
			if q.Primary == primary && q.judged() && !math.IsNaN(answers[i].raw) {
				family = append(family, i)
			}
		}
		holm(answers, family, Alpha/part)
	}
	for i, q := range questions {
		answers[i].Verdict = q.verdict(answers[i])
	}
	return answers
}

func (q Question) judged() bool { return q.Better != Neither && q.Threshold >= 0 }

// estimate works out the change and its error.
func (q Question) estimate() Answer {
	base, now := sideOf(q.Baseline), sideOf(q.Current)
	nan := math.NaN()
	a := Answer{Baseline: base.mean, Current: now.mean, Change: nan, Low: nan, High: nan, Floor: nan, P: nan, raw: nan}
	scale := 1.0
	switch {
	case base.runs == 0 || now.runs == 0:
		return a
	case !q.Points && base.mean == 0 && now.mean != 0:
		return a // from nothing to something has no percentage
	case !q.Points && base.mean != 0:
		scale = 100 / math.Abs(base.mean)
	}
	a.Change = scale * (now.mean - base.mean)
	if !q.Points && base.mean != 0 {
		// The error of a quotient: that of the baseline counts as the current value does.
		base.error *= math.Abs(now.mean / base.mean)
	}
	a.error = scale * math.Hypot(base.error, now.error)
	a.free = welch(base, now)
	switch {
	case math.IsNaN(a.error):
	case math.IsInf(a.error, 1):
		a.raw = 1
	case a.error == 0 && a.Change == 0:
		a.raw, a.Low, a.High = 1, 0, 0
	case a.error == 0:
		a.raw, a.Low, a.High = 0, a.Change, a.Change
	default:
		t := distuv.StudentsT{Sigma: 1, Nu: a.free}
		a.raw = 2 * t.Survival(math.Abs(a.Change)/a.error)
		reach := t.Quantile(1-Alpha/2) * a.error
		a.Low, a.High = a.Change-reach, a.Change+reach
	}
	return a
}

// side is the mean of a figure over runs, with its error.
type side struct {
	runs              int
	mean, error, free float64
}

func sideOf(list []Figure) side {
	var values []float64
	within, free := 0.0, 0.0
	for _, f := range list {
		if !math.IsNaN(f.Value) {
			values = append(values, f.Value)
			within += f.Error * f.Error
			free += f.Free
		}
	}
	s := side{runs: len(values)}
	if s.runs == 0 {
		s.mean = math.NaN()
		return s
	}
	n := float64(s.runs)
	s.mean, s.error, s.free = average(values), math.Sqrt(within)/n, free
	if s.runs >= 2 {
		between := deviation(values) / math.Sqrt(n)
		// NaN, an error that is not known, is never the larger one.
		if s.runs > 2 || !(s.error > between) {
			s.error, s.free = between, n-1
		}
	}
	return s
}

// welch returns the degrees of freedom of the difference of two means.
func welch(a, b side) float64 {
	x, y := a.error*a.error, b.error*b.error
	if x+y == 0 || math.IsInf(x+y, 1) {
		return 1
	}
	return max(1, (x+y)*(x+y)/(x*x/max(1, a.free)+y*y/max(1, b.free)))
}

// holm adjusts the probabilities of a family of answers, which has 1/scale of Alpha,
// and sets their floors by the strictest step.
func holm(answers []Answer, family []int, scale float64) {
	slices.SortStableFunc(family, func(i, j int) int {
		switch {
		case answers[i].raw < answers[j].raw:
			return -1
		case answers[i].raw > answers[j].raw:
			return 1
		}
		return 0
	})
	highest := 0.0
	for rank, i := range family {
		a := &answers[i]
		highest = max(highest, min(1, a.raw*float64(len(family)-rank)*scale))
		a.P = highest
		a.Floor = 0
		switch {
		case math.IsInf(a.error, 1):
			a.Floor = math.NaN()
		case a.error > 0:
			t := distuv.StudentsT{Sigma: 1, Nu: a.free}
			a.Floor = t.Quantile(1-Alpha/scale/2/float64(len(family))) * a.error
		}
	}
}

func (q Question) verdict(a Answer) Verdict {
	base, now := math.IsNaN(a.Baseline), math.IsNaN(a.Current)
	switch {
	case base && now:
		return Unknown
	case base:
		return New
	case now:
		return Vanished
	case !q.judged():
		return Told
	case math.IsNaN(a.Change): // from 0 to something
		if q.Better == Lower {
			return Worse
		}
		return Improved
	case math.Abs(a.Change) <= q.Threshold || a.Change == 0:
		return Same
	case a.P > Alpha && math.IsNaN(a.Floor): // measured once on a side
		return Untold
	case a.P > Alpha: // NaN, not known, is not
		return Noise
	case (a.Change > 0) == (q.Better == Lower):
		return Worse
	}
	return Improved
}
