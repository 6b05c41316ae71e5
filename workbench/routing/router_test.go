package routing_test

import (
	"testing"

	"profilemate/workbench/fault"
	"profilemate/workbench/routing"
)

func TestCheckTopK(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		experts, topK int
		want          string
	}{
		{16, 0, ""},
		{16, 16, ""},
		{0, 17, ""},
		{16, 17, "parameter top-k: a token cannot choose 17 of 16 experts"},
	} {
		err := routing.Router{Experts: tc.experts}.CheckTopK(tc.topK)
		if text := errorText(err); text != tc.want || err != nil && fault.KindOf(err) != fault.Misuse {
			t.Errorf("%d of %d: got %q of kind %s, want %q", tc.topK, tc.experts, text, fault.KindOf(err), tc.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Where nobody says how many experts there are, the remedy is one for what was recorded.
func TestDoubtOfExperts(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]string{
		"yes": "Open the recording in a folder with the model's config.json, which says num_experts.",
		"no":  "Record moe_summary.json beside the counts.",
		"":    "Record moe_summary.json beside the counts.",
	} {
		doubts := routing.RouterOf(map[string]string{"top_k": "2", "token_level": level}, 0, 4).Doubts()
		if len(doubts) != 1 || doubts[0].Remedy != want {
			t.Errorf("token level %q: %+v, want the remedy %q", level, doubts, want)
		}
	}
}
