package serversteps_test

import (
	"strings"
	"testing"

	"profilemate/plugins/serversteps"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/moe/serverlog"
	"profilemate/workbench/engine/enginetest"
)

func TestServerSteps(t *testing.T) { analysistest.Run(t, serversteps.Analysis) }

// Lines of vLLM 0.15: 2,621 + 127 + 127 tokens in 9.91 + 64.31 ms are 38,736 a second.
func TestLog(t *testing.T) {
	t.Parallel()
	r := enginetest.Run(t, serversteps.Analysis, serverlog.Format(), "../../workbench/artifacts/moe/serverlog/testdata/vllm.log", 1, nil)
	f := r.Table("phases").Frame
	want := []string{"decode", "mixed", "prefill", "idle"}
	if f.Len() != len(want) {
		t.Fatalf("phases %v", f.Strings("phase"))
	}
	var text strings.Builder
	for _, finding := range r.Findings {
		text.WriteString(finding.Text + "\n")
	}
	for _, want := range []string{"Engine 0 took 74.2 ms in 2 steps: 38736 tokens/s, of which 3422 generated.", "6.5 times", "passes over 1 step:", "pull request 51813"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("findings lack %q:\n%s", want, text.String())
		}
	}
	if got := r.Table("balance").Frame.Floats("from_tokens"); len(got) != 2 || got[0] != 0.5 || got[1] != 0.75 {
		t.Errorf("balance from tokens %v", got)
	}
}
