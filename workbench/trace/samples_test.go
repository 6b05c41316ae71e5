package trace_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/trace"
)

// What goes in comes out sorted, whichever width a value has and however the values
// were split.
func TestSamplesKeepEveryValue(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 15, 16, 17, 1000, 70_000} {
		var want []int64
		parts := make([]trace.Samples, 3)
		total := int64(0)
		for range n {
			v := random.Int64N(1 << (1 + random.IntN(40)))
			want = append(want, v)
			total += v
			parts[random.IntN(len(parts))].Add(v)
		}
		all := &parts[0]
		all.Join(&parts[1])
		all.Join(&parts[2])
		all.Add(math.MaxUint32)
		all.Add(math.MaxUint32 + 1)
		want = append(want, math.MaxUint32, math.MaxUint32+1)
		slices.Sort(want)
		if diff := cmp.Diff(want, all.Sorted(make([]int64, 0, 8))); diff != "" {
			t.Fatalf("%d values (-want +got)\n%s", n, diff)
		}
		if all.Len() != int64(n)+2 || all.Total() != total+2*math.MaxUint32+1 {
			t.Errorf("%d values: count %d, total %d", n, all.Len(), all.Total())
		}
	}
}

// Worked by hand: of 2, 4, 4, 10 the mean is 20/4 = 5, the middle two are 4 and 4,
// the squares 9 + 1 + 1 + 25 = 36, divided by 3 is 12.
func TestSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []int64
		want   trace.Spread
	}{
		{nil, trace.Spread{}},
		{[]int64{7}, trace.Spread{Count: 1, Total: 7, Mean: 7, Median: 7, Min: 7, Max: 7}},
		{[]int64{1, 2}, trace.Spread{Count: 2, Total: 3, Mean: 1.5, Median: 1.5, Min: 1, Max: 2, Deviation: math.Sqrt(0.5)}},
		{[]int64{2, 4, 4, 10}, trace.Spread{Count: 4, Total: 20, Mean: 5, Median: 4, Min: 2, Max: 10, Deviation: math.Sqrt(12)}},
	} {
		if diff := cmp.Diff(c.want, trace.SpreadOf(c.values)); diff != "" {
			t.Errorf("%v (-want +got)\n%s", c.values, diff)
		}
	}
}

// BenchmarkSorted sorts a million durations as GPUs give them: many equal ones.
func BenchmarkSorted(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	var s trace.Samples
	for range 1_000_000 {
		s.Add(9000 + 32*random.Int64N(64))
	}
	var scratch []int64
	b.ReportAllocs()
	for b.Loop() {
		scratch = s.Sorted(scratch)
	}
}
