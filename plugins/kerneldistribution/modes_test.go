package kerneldistribution_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/kerneldistribution"
)

// One hump of any common form is one group, however many instances there are; two
// that stand apart are two.
func TestModes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	normal := func(mean, deviation float64) float64 { return mean + deviation*random.NormFloat64() }
	for _, c := range []struct {
		name  string
		draw  func(i int) float64
		modes int64
	}{
		{"one value", func(int) float64 { return 1440 }, 1},
		{"normal", func(int) float64 { return normal(5000, 150) }, 1},
		{"wide normal", func(int) float64 { return math.Abs(normal(50_000, 15_000)) }, 1},
		{"log-normal", func(int) float64 { return 5000 * math.Exp(0.8*random.NormFloat64()) }, 1},
		{"uniform", func(int) float64 { return 1000 + 9000*random.Float64() }, 1},
		{"uniform logarithm", func(int) float64 { return 1000 * math.Exp(4*random.Float64()) }, 1},
		{"exponential", func(int) float64 { return 1000 * random.ExpFloat64() }, 1},
		{"a rare outlier", func(i int) float64 { return normal(5000, 150) + 95_000*float64(1-min(1, i%50)) }, 1},
		{"close together", func(i int) float64 { return normal(5000, 100) + 1000*float64(i%2) }, 1},
		{"two apart", func(i int) float64 { return normal(2000, 60) + 3500*float64(i%2) }, 2},
		{"few slow", func(i int) float64 { return normal(4900, 200) + 3500*float64(1-min(1, i%10)) }, 2},
		{"spread slow", func(i int) float64 {
			if i%3 == 0 {
				return normal(60_000, 9000)
			}
			return normal(5000, 150)
		}, 2},
	} {
		for _, n := range []int{200, 5000} {
			b := frames.NewBuilder("kernels", frames.Schema{{Name: "name", Kind: frames.String}, {Name: "start", Kind: frames.Int64}, {Name: "end", Kind: frames.Int64}})
			for i := range n {
				b.Row("k", 0, int64(max(1, c.draw(i))))
			}
			if got := modesOf(t, b.Frame()); got != c.modes {
				t.Errorf("%s, %d instances: %d modes, want %d", c.name, n, got, c.modes)
			}
		}
	}
}

func modesOf(t *testing.T, kernels *frames.Frame) int64 {
	t.Helper()
	begin, err := kerneldistribution.Analysis.Begin(nil)
	if err != nil {
		t.Fatal(err)
	}
	fold := begin()
	if err := fold.Scan("profile", "kernels", kernels); err != nil {
		t.Fatal(err)
	}
	r, err := fold.Finish(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.Table("kernels").Frame.Ints("modes")[0]
}
