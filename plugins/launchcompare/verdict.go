package launchcompare

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// The verdicts.
const (
	faster    = "faster"
	slower    = "slower"
	unchanged = "unchanged"
	inNoise   = "within noise"
	isNew     = "new"
	vanished  = "vanished"
	untimed   = "no time"
)

// confidence is that of the interval of the noise.
const confidence = 0.95

// judge works out the change and its verdict. A change below least % does not count.
func (p *pair) judge(least float64) {
	p.change, p.noise = math.NaN(), math.NaN()
	old, now := p.before.mean("time"), p.after.mean("time")
	switch {
	case p.before.Kernel == nil:
		p.verdict, p.effect = isNew, now*p.after.launches()
		return
	case p.after.Kernel == nil:
		p.verdict, p.effect = vanished, -old*p.before.launches()
		return
	}
	p.effect = (now - old) * p.after.launches()
	p.change = 100 * (now - old) / old
	p.noise = 100 * noise(p.before, p.after) / old
	switch size := math.Abs(p.change); {
	case math.IsNaN(size):
		p.verdict = untimed
	case size < least || size == 0:
		p.verdict = unchanged
	case size <= p.noise:
		p.verdict = inNoise
	case p.change < 0:
		p.verdict = faster
	default:
		p.verdict = slower
	}
}

// noise is half of the confidence interval of the difference of two mean times, in ns,
// by Welch's t: NaN when a side has less than two launches.
func noise(a, b side) float64 {
	_, deviationA, countA := a.Spread(a.profile.Column("time"))
	_, deviationB, countB := b.Spread(b.profile.Column("time"))
	if countA < 2 || countB < 2 {
		return math.NaN()
	}
	partA, partB := deviationA*deviationA/float64(countA), deviationB*deviationB/float64(countB)
	variance := partA + partB
	if variance == 0 {
		return 0
	}
	freedom := variance * variance / (partA*partA/float64(countA-1) + partB*partB/float64(countB-1))
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}
	return t.Quantile(1-(1-confidence)/2) * math.Sqrt(variance)
}

const (
	bytesTold     = 5 // % of DRAM bytes
	clockTold     = 5 // % of the SM clock of a kernel; less is the inexactness of short ones
	occupancyTold = 5 // points of occupancy
)

// also says what else differs in a matched pair, or where an unmatched kernel is.
func (p pair) also() string {
	var list []string
	say := func(told bool, format string, args ...any) {
		if told {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	say(p.elsewhere != "", "the other profile has it with %s", p.elsewhere)
	both := func(column string) (old, now float64) { return p.before.mean(column), p.after.mean(column) }
	old, now := both("registers")
	say(math.Abs(now-old) > 0, "registers %.4g → %.4g", old, now)
	old, now = both("dram_bytes")
	say(math.Abs(now-old) >= bytesTold*old/100 && now != old, "DRAM bytes %s → %s", size(old), size(now))
	old, now = both("occupancy")
	say(math.Abs(now-old) >= occupancyTold, "occupancy %s → %s", launch.Percent(old), launch.Percent(now))
	old, now = both("clock_sm")
	say(math.Abs(now-old) >= clockTold*old/100 && now != old, "SM clock %.2f → %.2f GHz", old/1e9, now/1e9)
	return strings.Join(list, "; ")
}

func size(bytes float64) string { return result.Size(int64(math.Round(bytes))) }
