package kernelfamilies_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/plugins/kernelfamilies"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/trace/names"
)

// sum is what a family has: ns, instances, names, and ns in ambiguous names.
type sum struct{ Total, Instances, Names, Ambiguous int64 }

// The families are the rows of nsys stats added up by the rules, with one worker
// and with several.
//
// The oracle in testdata is what nsys stats 2023.4.4 prints with
// --report cuda_gpu_kern_sum --format csv.
func TestFamiliesAddUp(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Captures() {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", name, workers), func(t *testing.T) {
				t.Parallel()
				want := map[string]sum{}
				for _, row := range enginetest.CSV(t, filepath.Join("testdata", name+".csv.gz"))[1:] {
					family, ambiguous := names.Family(row[len(row)-1])
					total, instances := integer(t, row[1]), integer(t, row[2])
					s := want[family]
					s.Total, s.Instances, s.Names = s.Total+total, s.Instances+instances, s.Names+1
					if ambiguous {
						s.Ambiguous += total
					}
					want[family] = s
				}
				path := enginetest.Capture(t, name)
				f := enginetest.Run(t, kernelfamilies.Analysis, nsys.Format(), path, workers, nil).Table("families").Frame
				got := map[string]sum{}
				for i, family := range f.Strings("family") {
					total := f.Ints("total")[i]
					got[family] = sum{total, f.Ints("instances")[i], f.Ints("names")[i], int64(f.Floats("ambiguous")[i]*float64(total)/100 + 0.5)}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-nsys stats +kernel-families)\n%s", diff)
				}
			})
		}
	}
}

func integer(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// BenchmarkKernelFamilies reads the graph demo (26,466 kernels), without a store.
func BenchmarkKernelFamilies(b *testing.B) {
	path := enginetest.Capture(b, "demo_cudagraph")
	b.ReportAllocs()
	for b.Loop() {
		enginetest.Run(b, kernelfamilies.Analysis, nsys.Format(), path, 2, nil)
	}
}
