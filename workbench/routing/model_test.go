package routing_test

import (
	"testing"

	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// A model comes back from the metadata as it was written, whole or empty.
func TestModelMetadata(t *testing.T) {
	t.Parallel()
	for _, m := range []routing.Model{{}, {Source: "vLLM routed_experts", Experts: 64, TopK: 8, Layers: 16, Level: routing.Logical,
		Padding: routing.PaddingRemoved, Tokens: true, Steps: "request", Pairs: routing.AllPairs, Next: routing.AllChoices, Weights: true}} {
		metadata := map[string]string{}
		m.Write(metadata)
		if got := routing.ModelOf(metadata); got != m {
			t.Errorf("%+v came back as %+v from %v", m, got, metadata)
		}
	}
	if m := routing.ModelOf(map[string]string{"experts": "many", "top_k": "-2", "layers": "99999999"}); m.Experts != 0 || m.TopK != 0 || m.Layers != 0 {
		t.Errorf("odd numbers are believed: %+v", m)
	}
}

// A recording allows what its parts allow; a refusal says why and what would help.
func TestModelAllows(t *testing.T) {
	t.Parallel()
	counts := routing.Model{Pairs: routing.AdjacentPairs}
	whole := routing.Model{Tokens: true, Steps: "step", Pairs: routing.AllPairs, Weights: true}
	for _, use := range []routing.Use{routing.FanOut, routing.OverTime, routing.UnbiasedUse, routing.ByWeight} {
		if ok, _ := whole.Allows(use); !ok {
			t.Errorf("a whole recording does not allow use %d", use)
		}
		ok, why := counts.Allows(use)
		if ok || why.Text == "" || why.Remedy == "" {
			t.Errorf("counts alone allow use %d, or say not why: %+v", use, why)
		}
		analysistest.CheckFindings(t, []result.Finding{why.Finding()})
	}
}

// Physical experts cannot be placed, and are told, as padding is; what is not said is not
// doubted.
func TestModelDoubts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		model  routing.Model
		places bool
		doubts int
	}{{routing.Model{}, true, 0}, {routing.Model{Level: routing.Logical, Padding: routing.PaddingRemoved}, true, 0},
		{routing.Model{Level: routing.Physical}, false, 1}, {routing.Model{Level: routing.Physical, Padding: routing.PaddingKept}, false, 2}} {
		ok, why := c.model.Allows(routing.Placing)
		doubts := c.model.Doubts()
		if ok != c.places || len(doubts) != c.doubts {
			t.Errorf("%+v: may be placed %v, doubts %+v", c.model, ok, doubts)
		}
		for _, d := range append(doubts, why) {
			if d != (routing.Doubt{}) {
				analysistest.CheckFindings(t, []result.Finding{d.Finding()})
			}
		}
	}
}
