package trace_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"profilemate/workbench/trace"
)

// The statistics are those of rational arithmetic over sorted values.
func TestDescribeAgainstRationals(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 7))
	for range 500 {
		values := make([]int64, 1+random.IntN(40))
		spread := []int64{1, 10, 1 << 40}[random.IntN(3)]
		for i := range values {
			values[i] = random.Int64N(spread) * 32
		}
		got := trace.Describe(slices.Clone(values))
		slices.Sort(values)
		n := len(values)
		if got.Count != int64(n) || got.Min != values[0] || got.Max != values[n-1] {
			t.Fatalf("%v: %+v", values, got)
		}
		mean, median, deviation := rational(values)
		for name, pair := range map[string][2]float64{"mean": {got.Mean, mean}, "median": {got.Median, median}, "deviation": {got.StdDev, deviation}} {
			if math.Abs(pair[0]-pair[1]) > 1e-12*math.Abs(pair[1]) {
				t.Fatalf("%v: %s %v, want %v", values, name, pair[0], pair[1])
			}
		}
	}
}

// rational computes mean, median and sample deviation of sorted values.
func rational(values []int64) (mean, median, deviation float64) {
	n := int64(len(values))
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, big.NewRat(v, 1))
	}
	exact := new(big.Rat).Quo(sum, big.NewRat(n, 1))
	mean, _ = exact.Float64()
	median, _ = new(big.Rat).Add(big.NewRat(values[(n-1)/2], 2), big.NewRat(values[n/2], 2)).Float64()
	if n == 1 {
		return mean, median, 0
	}
	squares := new(big.Rat)
	for _, v := range values {
		d := new(big.Rat).Sub(big.NewRat(v, 1), exact)
		squares.Add(squares, d.Mul(d, d))
	}
	variance, _ := squares.Quo(squares, big.NewRat(n-1, 1)).Float64()
	return mean, median, math.Sqrt(variance)
}

func TestDescribeNothing(t *testing.T) {
	t.Parallel()
	if got := trace.Describe(nil); got != (trace.Stats{}) {
		t.Errorf("nothing is %+v", got)
	}
	if got := trace.Quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	sorted := []int64{10, 20, 30, 50}
	for p, want := range map[float64]float64{0: 10, 0.5: 25, 0.95: 47, 1: 50} {
		if got := trace.Quantile(sorted, p); math.Abs(got-want) > 1e-9 {
			t.Errorf("p%v is %v, want %v", 100*p, got, want)
		}
	}
}
