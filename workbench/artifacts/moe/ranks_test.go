package moe_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Two data-parallel ranks: 3+4 and 0+2 tokens on experts 0 and 1 of layer 0, worked by
// hand. What a rank computed of its own counts is that of the first one.
func TestRanksAddUp(t *testing.T) {
	t.Parallel()
	one, two := "moe_expert_tracking/rank-dp0/", "moe_expert_tracking/rank-dp1/"
	a := open(t, write(t, map[string]string{
		one + "moe_expert_activations.csv":   "layer_idx,expert_id,activation_count,percentage\n0,0,3,100.00\n",
		two + "moe_expert_activations.csv":   "layer_idx,expert_id,activation_count,percentage\n0,0,4,66.67\n0,1,2,33.33\n",
		one + "expert_counts_by_step.json":   "[[0,0,[3,0]]]",
		two + "expert_counts_by_step.json":   "[[0,0,[4,2]]]",
		one + "layer_affinity.csv":           "layer_idx,expert_id,next_expert_id,count\n0,0,1,3\n",
		two + "layer_affinity.csv":           "layer_idx,expert_id,next_expert_id,count\n0,0,1,4\n",
		one + "moe_expert_coselection.csv":   "layer_idx,expert_id_1,expert_id_2,coselection_count\n0,0,1,5\n",
		two + "moe_expert_coselection.csv":   "layer_idx,expert_id_1,expert_id_2,coselection_count\n0,0,1,6\n",
		one + "moe_load_imbalance.csv":       "layer_idx,timestamp_sec,std_dev,max_min_ratio\n0,1,1.5,2\n",
		two + "moe_load_imbalance.csv":       "layer_idx,timestamp_sec,std_dev,max_min_ratio\n0,1,1.0,2\n",
		two + "moe_routing_weights_hist.csv": "layer_idx,token_idx,expert_id,weight\n0,0,1,0.5\n",
	}))
	for table, want := range map[string]string{
		"activations": "0,0,7,77.77777777777777\n0,1,2,22.22222222222222\n",
		"steps":       "0,0,0,3\n0,0,1,0\n0,0,0,4\n0,0,1,2\n",
		"affinity":    "0,0,1,7\n",
		"coselection": "0,0,1,11\n",
		"imbalance":   "0,1000000000,1.5,2,false\n",
		"weights":     "0,0,1,0.5\n",
	} {
		if diff := cmp.Diff(want, text(load(t, a, table))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", table, diff)
		}
	}
	if got := a.Info().Metadata["experts"]; got != "2" {
		t.Errorf("%s experts, want 2", got)
	}
	if got := texts(a); !strings.Contains(got, "info: The counts of 2 ranks are added up; weights, spreads and summary are the first rank's that has them.") || strings.Contains(got, "repeat") {
		t.Errorf("findings: %s", got)
	}
}

// A folder that two runs wrote into is read, with a warning.
func TestRanksOfTwoRuns(t *testing.T) {
	t.Parallel()
	const counts = "layer_idx,expert_id,activation_count\n0,0,2\n"
	a := open(t, write(t, map[string]string{"rank-tp0-pid1-a/a.csv": counts, "rank-tp0-pid2-b/a.csv": counts}))
	if got := texts(a); !strings.Contains(got, "warning: rank-tp0-pid2-b is the second recording of one rank") {
		t.Errorf("findings: %s", got)
	}
}

// The counts of two ranks, each within bounds, cannot wrap: the second is left out.
func TestRanksTooMany(t *testing.T) {
	t.Parallel()
	const most = "layer_idx,expert_id,activation_count\n0,0,2305843009213693952\n"
	a := open(t, write(t, map[string]string{"rank-0/a.csv": most, "rank-1/a.csv": most}))
	if got := text(load(t, a, "activations")); got != "0,0,2305843009213693952,100\n" {
		t.Errorf("rows %q", got)
	}
	if got := texts(a); !strings.Contains(got, "warning: a.csv: it is left out: with it the counts add up to more than 2^61.") {
		t.Errorf("findings: %s", got)
	}
}
