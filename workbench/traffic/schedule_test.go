package traffic_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"profilemate/workbench/traffic"
)

func TestEvenSchedule(t *testing.T) {
	t.Parallel()
	due := traffic.Schedule(1001, 300, false, 1)
	for i, d := range due {
		if want := float64(i) / 300; math.Abs(d.Seconds()-want) > 2e-9 {
			t.Fatalf("request %d is due at %v, want %v s", i, d, want)
		}
	}
	if n := len(traffic.Schedule(0, 1, true, 1)); n != 0 {
		t.Errorf("%d dues of no requests", n)
	}
}

// The gaps of a Poisson process are exponential: the distance of Kolmogorov and
// Smirnov from 1 - exp(-rate t) stays below its 0.1 % bound, 1.95/sqrt(n). Counts in
// slots of a second are Poisson: their index of dispersion, variance over mean, times
// (slots - 1) is chi-square, here within its 0.05 % tails on both sides.
func TestPoissonSchedule(t *testing.T) {
	t.Parallel()
	const n, rate = 20_000, 50.0
	for seed := range uint64(8) {
		due := traffic.Schedule(n+1, rate, true, seed)
		if due[0] != 0 || !slices.IsSorted(due) {
			t.Fatalf("seed %d: begins at %v, sorted %v", seed, due[0], slices.IsSorted(due))
		}
		gaps := make([]float64, n)
		slots := make([]float64, 350) // of a second; about 400 s pass
		for i := range gaps {
			gaps[i] = (due[i+1] - due[i]).Seconds()
			if s := int(due[i+1] / time.Second); s < len(slots) {
				slots[s]++
			}
		}
		slices.Sort(gaps)
		worst := 0.0
		for i, g := range gaps {
			f := 1 - math.Exp(-rate*g)
			worst = max(worst, f-float64(i)/n, float64(i+1)/n-f)
		}
		if bound := 1.95 / math.Sqrt(n); worst > bound {
			t.Errorf("seed %d: the gaps are %.4f away from exponential, more than %.4f", seed, worst, bound)
		}
		chi := 0.0
		for _, s := range slots {
			chi += (s - rate) * (s - rate) / rate
		}
		if z := (chi - float64(len(slots))) / math.Sqrt(2*float64(len(slots))); math.Abs(z) > 3.6 {
			t.Errorf("seed %d: counts a second have chi-square %.0f of %d, %.1f deviations off", seed, chi, len(slots), z)
		}
	}
}

func TestScheduleIsSeeded(t *testing.T) {
	t.Parallel()
	a, b, c := traffic.Schedule(50, 10, true, 3), traffic.Schedule(50, 10, true, 3), traffic.Schedule(50, 10, true, 4)
	if !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Error("equal seeds must give equal schedules, others not")
	}
}
