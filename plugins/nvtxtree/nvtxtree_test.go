package nvtxtree_test

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/plugins/nvtxtree"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	analysistest.Run(t, nvtxtree.Analysis)
}

// sums are the numbers of one name in nsys stats 2023.4.4 --report nvtx_gpu_proj_sum.
type sums struct{ Span, Host, Calls, Launches, Depth int64 }

// All paths of a name together have nsys's projected time, host time, instances,
// GPU operations and levels.
func TestOracle(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Captures()[:3] {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := map[string]sums{}
			for _, row := range enginetest.CSV(t, filepath.Join("testdata", "nvtx_gpu_proj_sum_"+name+".csv.gz"))[1:] {
				level, err := strconv.ParseFloat(row[12], 64)
				if err != nil {
					t.Fatal(err)
				}
				calls := number(t, row[4])
				want[row[0]] = sums{number(t, row[2]), number(t, row[3]), calls, number(t, row[10]), int64(level*float64(calls) + 0.5)}
			}
			if diff := cmp.Diff(want, byName(tree(t, name))); diff != "" {
				t.Errorf("(-nsys stats +nvtx-tree)\n%s", diff)
			}
		})
	}
}

func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func tree(t *testing.T, name string) *frames.Frame {
	t.Helper()
	path := enginetest.Capture(t, name)
	r := enginetest.Run(t, nvtxtree.Analysis, nsys.Format(), path, 2, analysis.Values{"names": "exact", "min-share": "0", "depth": "100"})
	return r.Table("tree").Frame
}

// byName adds up the paths that end in one name.
func byName(f *frames.Frame) map[string]sums {
	got := map[string]sums{}
	for i, path := range f.Strings("path") {
		if f.Column("calls").IsNull(i) {
			continue
		}
		name := leaf(path)
		s := got[name]
		s.Span += f.Ints("gpu_span")[i]
		s.Host += f.Ints("host")[i]
		s.Calls += f.Ints("calls")[i]
		s.Launches += f.Ints("launches")[i]
		s.Depth += f.Ints("depth")[i] * f.Ints("calls")[i]
		got[name] = s
	}
	return got
}

func leaf(path string) string {
	const separator = " > "
	for at := len(path) - len(separator); at >= 0; at-- {
		if path[at:at+len(separator)] == separator {
			return path[at+len(separator):]
		}
	}
	return path
}

// Self times add up to the outermost ranges, and own GPU time to the busy time of
// these programs, which use one stream.
func TestPartsAddUp(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"demo_eager", "demo_cudagraph"} {
		f := tree(t, name)
		var outer, self, busy, own int64
		for i := range f.Len() {
			if f.Ints("depth")[i] == 0 {
				outer += f.Ints("host")[i]
				busy += f.Ints("gpu_busy")[i]
			}
			self += f.Ints("self")[i]
			own += f.Ints("gpu_own")[i]
		}
		if self != outer || own != busy || busy == 0 {
			t.Errorf("%s: self %d of %d ns, own %d of %d ns", name, self, outer, own, busy)
		}
	}
}
