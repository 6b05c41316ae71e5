package trace_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/trace"
)

// moments is the length of the time that random intervals lie in.
const moments = 64

// clock says of each unit of time how many intervals cover it.
type clock [moments]int

func (c *clock) add(start, end int64) {
	for t := start; t < end; t++ {
		c[t]++
	}
}

// set is what the clock says, as intervals, of the times for which want is true.
func (c *clock) set(want func(t, covered int) bool) trace.Set {
	out := trace.Set{}
	for t, covered := range c {
		switch at := int64(t); {
		case !want(t, covered):
		case len(out) > 0 && out[len(out)-1].End == at:
			out[len(out)-1].End++
		default:
			out = append(out, trace.Interval{Start: at, End: at + 1})
		}
	}
	return out
}

func covered(_, n int) bool { return n > 0 }

// scatter makes up to n intervals, some of them empty or turned around, in order of
// start in every second round.
func scatter(random *rand.Rand, n, round int) (start, end []int64, c clock) {
	for range random.IntN(n + 1) {
		s := random.Int64N(moments)
		e := min(s+random.Int64N(9)-1, moments)
		start, end = append(start, s), append(end, e)
	}
	if round%2 == 0 {
		for i := range start {
			for j := i; j > 0 && start[j] < start[j-1]; j-- {
				start[j], start[j-1], end[j], end[j-1] = start[j-1], start[j], end[j-1], end[j]
			}
		}
	}
	for i := range start {
		c.add(start[i], end[i])
	}
	return start, end, c
}

// Sets are what counting every unit of time says.
func TestSetsAgainstClock(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 1))
	for round := range 3000 {
		aStart, aEnd, a := scatter(random, 12, round)
		bStart, bEnd, b := scatter(random, 12, round/2)
		one, other := trace.Merge(aStart, aEnd), trace.Merge(bStart, bEnd)
		from := random.Int64N(moments)
		window := trace.Interval{Start: from, End: from + random.Int64N(moments-from+1)}
		in := func(t int) bool { return window.Start <= int64(t) && int64(t) < window.End }
		got := map[string]trace.Set{"merge": one, "clip": one.Clip(window), "gaps": one.Gaps(window),
			"overlap": one.Overlap(other), "without": one.Without(other), "plus": one.Plus(other)}
		want := map[string]trace.Set{"merge": a.set(covered),
			"clip":    a.set(func(t, n int) bool { return n > 0 && in(t) }),
			"gaps":    a.set(func(t, n int) bool { return n == 0 && in(t) }),
			"overlap": a.set(func(t, n int) bool { return n > 0 && b[t] > 0 }),
			"without": a.set(func(t, n int) bool { return n > 0 && b[t] == 0 }),
			"plus":    a.set(func(t, n int) bool { return n > 0 || b[t] > 0 })}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round %d: %v %v and %v %v, window %v (-clock +sets)\n%s", round, aStart, aEnd, bStart, bEnd, window, diff)
		}
		checkTotals(t, aStart, aEnd, one, window, want)
	}
}

func checkTotals(t *testing.T, start, end []int64, s trace.Set, window trace.Interval, want map[string]trace.Set) {
	t.Helper()
	long := func(s trace.Set) int64 {
		sum := int64(0)
		for _, i := range s {
			sum += i.End - i.Start
		}
		return sum
	}
	if got := trace.Busy(start, end); got != long(want["merge"]) || got != s.Total() {
		t.Fatalf("%v %v are busy for %d and total %d, want %d", start, end, got, s.Total(), long(want["merge"]))
	}
	if got := s.TotalIn(window); got != long(want["clip"]) {
		t.Fatalf("%v lasts %d within %v, want %d", s, got, window, long(want["clip"]))
	}
}

// Levels are what counting every unit of time says, without a gap.
func TestLevelsAgainstClock(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 2))
	for round := range 2000 {
		start, end, c := scatter(random, 12, round)
		levels := slices.Collect(trace.Levels(start, end))
		span := c.set(covered).Span()
		var got clock
		at, before := span.Start, 0
		for _, l := range levels {
			if l.Start != at || l.End <= l.Start || l.Running == before {
				t.Fatalf("%v %v: level %v after %d at %d", start, end, l, before, at)
			}
			for range l.Running {
				got.add(l.Start, l.End)
			}
			at, before = l.End, l.Running
		}
		if got != c || at != span.End {
			t.Fatalf("%v %v: %v", start, end, levels)
		}
		checkTimeAt(t, c, span, trace.TimeAt(start, end))
	}
}

func checkTimeAt(t *testing.T, c clock, span trace.Interval, got []int64) {
	t.Helper()
	var want []int64
	for at := span.Start; at < span.End; at++ {
		for len(want) <= c[at] {
			want = append(want, 0)
		}
		want[c[at]]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-clock +levels)\n%s", diff)
	}
}

// Times before zero and far from it are as good as others.
func TestSetsFarFromZero(t *testing.T) {
	t.Parallel()
	const far = 1 << 61
	start, end := []int64{far, -far, -far + 5}, []int64{far + 3, -far + 4, -far + 7}
	want := trace.Set{{Start: -far, End: -far + 4}, {Start: -far + 5, End: -far + 7}, {Start: far, End: far + 3}}
	got := trace.Merge(start, end)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if busy := trace.Busy(start, end); busy != 9 {
		t.Errorf("busy for %d, want 9", busy)
	}
}

func ExampleSet_Overlap() {
	communication := trace.Merge([]int64{0, 50}, []int64{20, 80})
	compute := trace.Merge([]int64{10, 60, 70}, []int64{40, 65, 90})
	hidden := communication.Overlap(compute)
	fmt.Println("communication", communication.Total(), "ns, of which", hidden.Total(), "ns under compute")
	fmt.Println("exposed", communication.Without(compute))
	// Output:
	// communication 50 ns, of which 25 ns under compute
	// exposed [{0 10} {50 60} {65 70}]
}
