package kerneldistribution_test

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/plugins/kerneldistribution"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

// By shape, every cell that both have is the oracle's, with one worker and with
// several. nsys leaves the order of equal totals open, so rows are compared as a
// set.
//
// The oracle in testdata is what nsys stats 2023.4.4 prints with
// --report cuda_gpu_kern_gb_sum --format csv.
func TestOracle(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Captures() {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", name, workers), func(t *testing.T) {
				t.Parallel()
				want := enginetest.CSV(t, filepath.Join("testdata", name+".csv.gz"))[1:]
				got := oracleCells(run(t, name, workers, analysis.Values{"by": "shape"}).Table("kernels").Frame)
				slices.SortFunc(want, slices.Compare)
				slices.SortFunc(got, slices.Compare)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-nsys stats +kernel-distribution)\n%s", diff)
				}
			})
		}
	}
}

func run(t testing.TB, name string, workers int, params analysis.Values) *result.Result {
	t.Helper()
	return enginetest.Run(t, kerneldistribution.Analysis, nsys.Format(), enginetest.Capture(t, name), workers, params)
}

// oracleCells writes the table as nsys stats does: one decimal, halves away from
// zero; the standard deviation follows from the CV, which one instance has not.
func oracleCells(f *frames.Frame) [][]string {
	var rows [][]string
	for i := range f.Len() {
		deviation := 0.0
		if cv := f.Column("cv"); !cv.IsNull(i) {
			deviation = cv.Float(i) / 100 * f.Floats("avg")[i]
		}
		text := func(name string) string { return f.Column(name).Str(i) }
		rows = append(rows, []string{enginetest.Tenth(f.Floats("share")[i]), text("total"), text("instances"), enginetest.Tenth(f.Floats("avg")[i]), enginetest.Tenth(f.Floats("p50")[i]),
			text("min"), text("max"), enginetest.Tenth(deviation), nsysShape(text("grid")), nsysShape(text("block")), text("name")})
	}
	return rows
}

// nsysShape writes "8×4" as nsys stats does: three numbers of four places.
func nsysShape(text string) string {
	extent := [3]int{1, 1, 1}
	fmt.Sscanf(text, "%d×%d×%d", &extent[0], &extent[1], &extent[2])
	return fmt.Sprintf("%4d %4d %4d", extent[0], extent[1], extent[2])
}

// The quantiles, the tail and what is at stake are those of a second computation,
// which sorts the durations of each name and follows the definitions.
func TestQuantiles(t *testing.T) {
	t.Parallel()
	path := enginetest.Capture(t, "demo_eager")
	durations := durationsByName(t, path)
	f := enginetest.Run(t, kerneldistribution.Analysis, nsys.Format(), path, 2, nil).Table("kernels").Frame
	if f.Len() != len(durations) {
		t.Fatalf("%d rows for %d names", f.Len(), len(durations))
	}
	for i, name := range f.Strings("name") {
		list := durations[name]
		slices.Sort(list)
		p50, p95, p99 := quantile(list, 0.5), quantile(list, 0.95), quantile(list, 0.99)
		stake, tail, total := 0.0, 0.0, 0.0
		for _, d := range list {
			stake += max(0, d-p50)
			total += d
			if d > p95 {
				tail += d
			}
		}
		for column, want := range map[string]float64{"p50": p50, "p95": p95, "p99": p99, "at_stake": math.Round(stake), "tail": 100 * tail / total} {
			if got := f.Column(column).Float(i); math.Abs(got-want) > 1e-9*want {
				t.Errorf("%s of %s is %v, want %v", column, name, got, want)
			}
		}
	}
}

func durationsByName(t *testing.T, path string) map[string][]float64 {
	t.Helper()
	artifact, err := nsys.Format().Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer artifact.Close()
	kernels, err := artifacts.Load(t.Context(), artifact, "kernels", "name", "start", "end")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for i, name := range kernels.Strings("name") {
		out[name] = append(out[name], float64(kernels.Ints("end")[i]-kernels.Ints("start")[i]))
	}
	return out
}

// quantile stands at place (n-1)p.
func quantile(sorted []float64, p float64) float64 {
	place := float64(len(sorted)-1) * p
	low := math.Floor(place)
	high := min(low+1, float64(len(sorted)-1))
	return sorted[int(low)]*(1-(place-low)) + sorted[int(high)]*(place-low)
}

// Each histogram counts all instances of its kernel, and its edges ascend.
func TestHistogramsAreWhole(t *testing.T) {
	t.Parallel()
	r := run(t, "demo_eager", 2, analysis.Values{"top": "50"})
	instances := r.Table("kernels").Frame.Ints("instances")
	seen := 0
	for _, c := range r.Charts {
		if c.Group != "histogram" {
			continue
		}
		sum := 0.0
		for _, y := range c.Series[0].Y {
			sum += float64(y)
		}
		if sum != float64(instances[seen]) {
			t.Errorf("%s counts %v of %d instances", c.Name, sum, instances[seen])
		}
		seen++
	}
	if seen != 50 {
		t.Errorf("%d histograms, want 50", seen)
	}
}

// BenchmarkKernelDistribution reads the graph demo (26,466 kernels), without a
// store, by name and by shape.
func BenchmarkKernelDistribution(b *testing.B) {
	path := enginetest.Capture(b, "demo_cudagraph")
	for _, by := range []string{"name", "shape"} {
		b.Run(by, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				enginetest.Run(b, kerneldistribution.Analysis, nsys.Format(), path, 2, analysis.Values{"by": by})
			}
		})
	}
}
