package routing

import (
	"fmt"
	"slices"
	"strconv"

	"profilemate/frames"
	"profilemate/workbench/fault"
)

// Router is what is known of a router.
type Router struct {
	Experts int    // experts of a layer, at least those seen
	TopK    int    // experts each token chooses; 0: unknown
	Guessed string // what the number of experts rests on when nobody states it, "" otherwise
	ByToken bool   // the recording holds the choices of each token, not counts
}

// mostExperts is more than any model has; metadata that say more are not believed.
const mostExperts = 1 << 16

// RouterOf takes a router from an artifact's metadata. A topK above 0 goes before the
// recorded one. seen is the number of experts that have rows (see Seen); these count
// even where the metadata say fewer.
func RouterOf(metadata map[string]string, topK, seen int) Router {
	r := Router{TopK: topK, ByToken: metadata[tokensKey] == "yes"}
	if n, err := strconv.Atoi(metadata["experts"]); err == nil && n <= mostExperts {
		r.Experts = n
	}
	if topK == 0 {
		r.TopK, _ = strconv.Atoi(metadata["top_k"])
	}
	if r.Experts <= 0 {
		r.Guessed = "the highest expert with a row"
	}
	r.Experts = max(r.Experts, seen)
	return r
}

// Seen returns one more than the highest index in the columns of a frame, 0 for a
// frame that is nil or empty.
func Seen(f *frames.Frame, columns ...string) int {
	seen := int64(0)
	if f == nil {
		return 0
	}
	for _, c := range columns {
		if list := f.Ints(c); len(list) > 0 {
			seen = max(seen, slices.Max(list)+1)
		}
	}
	return int(seen)
}

// CheckTopK is Misuse for a top-k, given as a parameter, that is more than there are
// experts. It is nil for 0 and where no expert is known.
func (r Router) CheckTopK(topK int) error {
	if r.Experts == 0 || topK <= r.Experts {
		return nil
	}
	return fault.Errorf(fault.Misuse, "parameter top-k: a token cannot choose %d of %d experts", topK, r.Experts)
}

// Known reports whether experts and top-k are known and fit each other. Without that
// there are no tokens and no level of chance.
func (r Router) Known() bool { return r.TopK >= 1 && r.TopK <= r.Experts }

// Tokens returns the tokens behind a number of choices, rounded, and whether the
// choices are a multiple of top-k. It is 0 and true when top-k is unknown.
func (r Router) Tokens(choices int64) (tokens int64, whole bool) {
	if r.TopK < 1 {
		return 0, true
	}
	k := int64(r.TopK)
	return (choices + k/2) / k, choices%k == 0
}

// Doubt is something that is not known of a router, what that costs, and what would
// help.
type Doubt struct{ Text, Remedy string }

// Doubts returns what is not known of the router.
func (r Router) Doubts() []Doubt {
	var list []Doubt
	switch {
	case r.TopK <= 0:
		list = append(list, Doubt{"How many experts a token chooses is not known, so the level of chance is not known either.",
			"Set top-k to the number of experts each token chooses, or record moe_summary.json."})
	case r.TopK > r.Experts:
		list = append(list, Doubt{fmt.Sprintf("A token cannot choose %d of %d experts, so there is no level of chance.", r.TopK, r.Experts),
			"Set top-k to the number of experts each token chooses."})
	}
	if r.Guessed != "" {
		remedy := "Record moe_summary.json beside the counts."
		if r.ByToken {
			remedy = "Open the recording in a folder with the model's config.json, which says num_experts."
		}
		list = append(list, Doubt{fmt.Sprintf("The number of experts, %d, rests on %s: experts above it that never got a token would make the imbalance higher.", r.Experts, r.Guessed),
			remedy})
	}
	return list
}
