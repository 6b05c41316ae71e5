package moe_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/routing"
)

const trackerMetadata = `{"tracker_version": 1, "engine": "vllm", "engine_version": "0.22.0", "hook": "BaseRouter.set_capture_fn",
 "ids": "physical", "padded_tokens_removed": true, "experts": 3, "top_k": 2, "layers": [0], "model": "m", "notes": ["a second model was loaded"]}`

// What the tracker says of its recording reaches the model that analyses ask. Expert 2 of
// 3 got nothing and is known from the metadata alone.
func TestTrackerMetadata(t *testing.T) {
	t.Parallel()
	a := open(t, write(t, map[string]string{
		"moe_metadata.json":          trackerMetadata,
		"moe_expert_activations.csv": "layer_idx,expert_id,activation_count\n0,0,3\n0,1,3\n",
		"moe_expert_coselection.csv": "layer_idx,expert_id_1,expert_id_2,coselection_count\n0,0,1,3\n",
		"expert_counts_by_step.json": "[[0,0,[1,1,0]],[1,0,[2,2,0]]]",
		"moe_steps.csv":              "step,steps,timestamp_sec,phase,tokens\n0,1,0.5,prefill,1\n1,2,1.25,,2\n",
		"moe_weight_sums.csv":        "layer_idx,expert_id,weight_sum\n0,0,2.25\n0,1,0.75\n",
	}))
	want := routing.Model{Source: "profilemate tracker in vllm 0.22.0 (BaseRouter.set_capture_fn)", Experts: 3, TopK: 2, Layers: 1,
		Level: routing.Physical, Padding: routing.PaddingRemoved, Steps: "window of steps", Pairs: routing.AllPairs}
	got := routing.ModelOf(a.Info().Metadata)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("model (-want +got):\n%s", diff)
	}
	for use, want := range map[routing.Use]bool{routing.OverTime: true, routing.UnbiasedUse: true, routing.FanOut: false, routing.ByWeight: false} {
		if ok, _ := got.Allows(use); ok != want {
			t.Errorf("use %d: allowed %v", use, ok)
		}
	}
	for table, want := range map[string]string{
		"step_times":  "0,1,500000000,prefill,1\n1,2,1250000000,-,2\n",
		"weight_sums": "0,0,2.25\n0,1,0.75\n",
	} {
		if diff := cmp.Diff(want, text(load(t, a, table))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", table, diff)
		}
	}
	if !strings.Contains(texts(a), "warning: Experts are physical ones here") {
		t.Errorf("physical experts are not told: %s", texts(a))
	}
	if !strings.Contains(texts(a), "the tracker noted: \"a second model was loaded\".") || a.Info().Metadata["model"] != "m" {
		t.Errorf("findings %s, metadata %v", texts(a), a.Info().Metadata)
	}
}

// Damaged metadata are a finding; the counts are still read.
func TestTrackerMetadataDamaged(t *testing.T) {
	t.Parallel()
	a := open(t, write(t, map[string]string{"moe_metadata.json": `{"tracker_version": 1, "experts": "many"}`,
		"moe_expert_activations.csv": "layer_idx,expert_id,activation_count\n0,0,3\n"}))
	if load(t, a, "activations").Len() != 1 || !strings.Contains(texts(a), "moe_metadata.json: it is left out: ") {
		t.Errorf("findings %s", texts(a))
	}
}

// Metadata alone are no recording.
func TestTrackerMetadataAlone(t *testing.T) {
	t.Parallel()
	if _, err := moe.Format().Open(t.Context(), write(t, map[string]string{"moe_metadata.json": trackerMetadata})); err == nil {
		t.Error("opened")
	}
}
