package gputrace_test

import (
	"slices"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/gputrace"
)

// Every declaration can be read as it stands, and only CUDA calls can be required.
func TestNeeds(t *testing.T) {
	t.Parallel()
	docs := gputrace.Docs{Kernels: "k", Copies: "c", Sets: "s", Graphs: "g"}
	needs := slices.Concat(gputrace.NamedWork(docs), []analysis.Need{gputrace.Calls("a"), gputrace.OptionalCalls("a"), gputrace.Ranges("r")})
	tables, required := "", 0
	for _, n := range needs {
		tables += n.Doc + ":" + n.Table + " "
		if !n.Optional {
			required++
		}
		if err := frames.Schema(n.Columns).Validate(); err != nil {
			t.Errorf("%s: %v", n.Table, err)
		}
	}
	if want := "k:kernels c:copies s:sets g:graph_traces a:api_calls a:api_calls r:nvtx "; tables != want || required != 1 {
		t.Errorf("%d of these are required: %s", required, tables)
	}
}

// What one declaration adds to its tables another does not see.
func TestWorkAlone(t *testing.T) {
	t.Parallel()
	mine := gputrace.Work(gputrace.Docs{}, analysis.Need{Table: "copies", Columns: []frames.Field{{Name: "source_kind", Kind: frames.String}}})
	named, plain := gputrace.NamedWork(gputrace.Docs{}), gputrace.Work(gputrace.Docs{})
	for i, table := range []struct {
		mine, named []string
	}{{nil, []string{"name"}}, {[]string{"source_kind"}, []string{"kind"}}, {nil, nil}, {nil, []string{"graph_id"}}} {
		least := frames.Schema(plain[i].Columns).Names()
		for added, got := range map[*[]string][]analysis.Need{&table.mine: mine, &table.named: named} {
			if names := frames.Schema(got[i].Columns).Names(); !slices.Equal(names, slices.Concat(least, *added)) {
				t.Errorf("%s has the columns %v, not %v and %v", plain[i].Table, names, least, *added)
			}
		}
	}
}
