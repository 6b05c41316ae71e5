package memoryusage_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/plugins/memoryusage"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine"
	"profilemate/workbench/engine/enginetest"
)

const (
	demo    = "../../notebooks/demo/captures"
	nsysDir = "../../workbench/artifacts/nsys/testdata"
)

// What is live at the end is what SQL adds up over the same files; nothing is freed
// in them, so it is the peak too.
func TestCaptures(t *testing.T) {
	t.Parallel()
	type row struct {
		Kind                     string
		Peak, Begin, Allocations int64
	}
	for _, c := range []struct {
		folder, name string
		want         []row
	}{
		{demo, "demo_eager", []row{{"pinned", 32768, 0, 1}}},
		{demo, "demo_cudagraph", []row{{"device", 46137344, 0, 4}, {"pinned", 32768, 0, 1}, {"device static", 1237, 0, 352}}},
		{nsysDir, "h100_mini_nodes", []row{{"device", 159383556, 159383556, 9}, {"pinned", 67108864, 67108864, 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := enginetest.Unpack(t, filepath.Join(c.folder, c.name+".sqlite.zst"))
			f := enginetest.Run(t, memoryusage.Analysis, nsys.Format(), path, 2, nil).Table("memory").Frame
			var got []row
			for i := range f.Len() {
				got = append(got, row{f.Strings("kind")[i], f.Ints("peak")[i], f.Ints("at_begin")[i], f.Ints("allocations")[i]})
				if f.Ints("at_end")[i] != f.Ints("peak")[i] {
					t.Errorf("%s: %d B at the end, peak %d", got[i].Kind, f.Ints("at_end")[i], f.Ints("peak")[i])
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A capture without memory usage is refused with the flag that records it.
func TestMissingTable(t *testing.T) {
	t.Parallel()
	registry, err := analysis.NewRegistry(memoryusage.Analysis)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Config{Registry: registry, Formats: artifacts.Formats{nsys.Format()}, Workers: 1})
	defer e.Wait()
	path := enginetest.Unpack(t, filepath.Join(nsysDir, "h100_mini_graphs_hidden.sqlite.zst"))
	_, err = e.Run(t.Context(), engine.Request{Analysis: "memory-usage", Inputs: []analysis.CallInput{{Path: path}}}, nil)
	if err == nil || !strings.Contains(err.Error(), "--cuda-memory-usage=true") {
		t.Errorf("error %v", err)
	}
}
