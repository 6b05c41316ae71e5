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

// Values that come so often that they are counted are described and sorted as a
// list of them is: ticks of 32 ns, values that never repeat, rare ones far beyond, and
// parts of which only one has many.
func TestSamplesCountManyValues(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for name, value := range map[string]func(i int) int64{
		"ticks":  func(int) int64 { return 1000 + 32*random.Int64N(200) },
		"wide":   func(int) int64 { return random.Int64N(1 << 24) },
		"rare":   func(i int) int64 { return []int64{5000, 5001, 5_000_000_000, 70_000_000}[max(0, i%5000-4996)] },
		"rising": func(i int) int64 { return int64(i) / 3 },
	} {
		for _, first := range []int{0, 100, 35_000, 69_900} {
			var want []int64
			parts := make([]trace.Samples, 2)
			for i := range 70_000 {
				v := value(i)
				want = append(want, v)
				parts[min(i/max(1, first), 1)].Add(v)
			}
			parts[0].Join(&parts[1])
			if got := parts[0].Sorted(nil); !slices.Equal(slices.Sorted(slices.Values(want)), got) {
				t.Fatalf("%s, split at %d: other values than were added", name, first)
			}
			if got, _ := parts[0].Describe(nil); got != trace.Describe(want) {
				t.Errorf("%s, split at %d: %+v, want %+v", name, first, got, trace.Describe(want))
			}
		}
	}
	if got, _ := new(trace.Samples).Describe(nil); got != (trace.Stats{}) {
		t.Errorf("nothing is %+v", got)
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
