package nvtx_test

import (
	"testing"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/nvtx"
)

func TestNaming(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, exact, plain, numbers string }{
		{"decode", "decode", "decode", "decode"},
		{"layer_12.moe", "layer_12.moe", "layer_12.moe", "layer_#.moe"},
		{"aten::mul, op_id = 322567", "aten::mul, op_id = 322567", "aten::mul", "aten::mul"},
		{"{'Module': 'model.layers.3.mlp', 'Inputs': [[8, 4096]]}", "{'Module': 'model.layers.3.mlp', 'Inputs': [[8, 4096]]}",
			"model.layers.3.mlp", "model.layers.#.mlp"},
		{"execute_context_0(0)_generation_8(8)", "execute_context_0(0)_generation_8(8)", "execute_context_0(0)_generation_8(8)",
			"execute_context_#(#)_generation_#(#) [decode]"},
		{"execute_context_2(512)_generation_8(8)", "execute_context_2(512)_generation_8(8)", "execute_context_2(512)_generation_8(8)",
			"execute_context_#(#)_generation_#(#) [mixed]"},
	} {
		for way, want := range map[string]string{nvtx.Exact: c.exact, nvtx.Plain: c.plain, nvtx.Numbers: c.numbers} {
			if got := nvtx.Naming(way)(c.name); got != want {
				t.Errorf("%s of %q is %q, want %q", way, c.name, got, want)
			}
		}
	}
}

// A need of a table that is declared already adds its columns to it, and only to
// this role.
func TestRole(t *testing.T) {
	t.Parallel()
	name := frames.Field{Name: "name", Kind: frames.String}
	with := nvtx.Role(true, analysis.Need{Table: "kernels", Columns: []frames.Field{name}}, analysis.Need{Table: "graph_nodes", Optional: true})
	without := nvtx.Role(false)
	if len(with.Tables) != len(without.Tables)+1 {
		t.Errorf("%d tables with one more, %d without", len(with.Tables), len(without.Tables))
	}
	for i, need := range without.Tables {
		if need.Optional == (need.Table == "nvtx") || !with.Tables[i].Optional {
			t.Errorf("%s is optional: %v, and %v where ranges are", need.Table, need.Optional, with.Tables[i].Optional)
		}
		extra := len(with.Tables[i].Columns) - len(need.Columns)
		if want := map[bool]int{true: 1}[need.Table == "kernels"]; extra != want {
			t.Errorf("%s has %d more columns, want %d", need.Table, extra, want)
		}
		if err := frames.Schema(with.Tables[i].Columns).Validate(); err != nil {
			t.Errorf("%s: %v", need.Table, err)
		}
	}
}
