package report_test

import (
	"os"
	"path/filepath"
	"testing"

	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/report"
)

// A folder that is one of routing may hold the one profile too: each is taken from it
// under its own flag.
func TestFolderOfTwoKinds(t *testing.T) {
	t.Parallel()
	traced := enginetest.Capture(t, "h100_mini_nodes")
	dir := filepath.Dir(traced)
	const counts = "layer_idx,expert_id,activation_count\n0,0,3\n0,1,1\n"
	if err := os.WriteFile(filepath.Join(dir, "moe_expert_activations.csv"), []byte(counts), 0o600); err != nil {
		t.Fatal(err)
	}
	r := gather(t, newEngine(t), report.Request{Nsys: dir, MoE: dir})
	if len(r.Inputs) != 2 || r.Inputs[0].Name != filepath.Base(traced) || r.Inputs[1].Format != "moe-folder" {
		t.Errorf("inputs %+v", r.Inputs)
	}
}
