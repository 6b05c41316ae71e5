package analysis_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/analysis"
)

// A need of a table that is there adds its columns, one of another table comes last,
// and what was given stays as it was, however much room its slices have.
func TestExtend(t *testing.T) {
	t.Parallel()
	columns := func(names ...string) (out []frames.Field) {
		for _, name := range names {
			out = append(out, frames.Field{Name: name, Kind: frames.Int64})
		}
		return out
	}
	shared := columns("start", "end", "spare")[:2]
	base := []analysis.Need{{Table: "kernels", Doc: "work", Columns: shared}, {Table: "copies", Optional: true, Columns: shared}}
	got := analysis.Extend(base, analysis.Need{Table: "copies", Columns: columns("kind")}, analysis.Need{Table: "nvtx", Columns: columns("text")})
	want := []analysis.Need{{Table: "kernels", Doc: "work", Columns: columns("start", "end")},
		{Table: "copies", Optional: true, Columns: columns("start", "end", "kind")}, {Table: "nvtx", Columns: columns("text")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if spare := shared[:3][2].Name; spare != "spare" || len(base) != 2 || len(base[1].Columns) != 2 {
		t.Errorf("the needs given have become %+v, with %s behind", base, spare)
	}
}
