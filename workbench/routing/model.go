package routing

import (
	"strconv"

	"profilemate/workbench/result"
)

// Model is what a recording of routing says as a whole, whatever wrote it: which parts
// it has, and what its counts mean. Readers write it into an artifact's metadata, and
// analyses take it from there.
type Model struct {
	Source  string // who recorded it, in words; "" unknown
	Experts int    // of a layer; 0 unknown
	TopK    int    // experts each token chooses; 0 unknown
	Layers  int    // that route; 0 unknown
	Level   string // Logical, Physical or "" where not known
	Padding string // PaddingRemoved, PaddingKept or "" where not known

	Tokens  bool   // the choices of each token are there
	Steps   string // what a step is: "step", "request", "window of tokens"; "" without counts by step
	Pairs   string // AllPairs, AdjacentPairs or "" without co-selection
	Next    string // AllChoices, FirstChoices or "" without affinity
	Weights bool   // weights of choices are there
}

// The values of Model.Level: experts of the model, or their replicas on GPUs.
const (
	Logical  = "logical"
	Physical = "physical"
)

// The values of Model.Padding: whether tokens that only fill up a batch were counted.
const (
	PaddingRemoved = "removed"
	PaddingKept    = "kept"
)

// The values of Model.Pairs. Adjacent pairs are those of neighbors in rank: a biased
// count, which with top-2 is whole.
const (
	AllPairs      = "yes"
	AdjacentPairs = "adjacent pairs only"
)

// The values of Model.Next.
const (
	AllChoices   = "all choices"
	FirstChoices = "first choices"
)

// The metadata keys of a model. Those that older readers wrote keep their names.
const (
	sourceKey  = "routing_source"
	expertsKey = "experts"
	topKKey    = "top_k"
	layersKey  = "layers"
	levelKey   = "expert_level"
	paddingKey = "padding"
	tokensKey  = "token_level"
	stepsKey   = "step_means"
	pairsKey   = "coselection_complete"
	nextKey    = "affinity_counts"
	weightsKey = "weights_known"
)

// Write puts what is known into metadata; what is not leaves no key.
func (m Model) Write(metadata map[string]string) {
	set := func(key, value string) {
		if value != "" {
			metadata[key] = value
		}
	}
	number := func(key string, n int) {
		if n > 0 {
			metadata[key] = strconv.Itoa(n)
		}
	}
	set(sourceKey, m.Source)
	number(expertsKey, m.Experts)
	number(topKKey, m.TopK)
	number(layersKey, m.Layers)
	set(levelKey, m.Level)
	set(paddingKey, m.Padding)
	set(stepsKey, m.Steps)
	set(pairsKey, m.Pairs)
	set(nextKey, m.Next)
	metadata[tokensKey] = yesNo(m.Tokens)
	metadata[weightsKey] = yesNo(m.Weights)
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// ModelOf takes a model from an artifact's metadata. A value that is none counts as not
// known.
func ModelOf(metadata map[string]string) Model {
	number := func(key string) int {
		n, err := strconv.Atoi(metadata[key])
		if err != nil || n < 0 || n > mostExperts {
			return 0
		}
		return n
	}
	return Model{Source: metadata[sourceKey], Experts: number(expertsKey), TopK: number(topKKey), Layers: number(layersKey),
		Level: metadata[levelKey], Padding: metadata[paddingKey], Tokens: metadata[tokensKey] == "yes", Steps: metadata[stepsKey],
		Pairs: metadata[pairsKey], Next: metadata[nextKey], Weights: metadata[weightsKey] == "yes"}
}

// Use is what an analysis does with a recording.
type Use int

// The uses that not every recording allows.
const (
	FanOut      Use = iota // GPUs that a token's choices touch: needs the choices of each token
	OverTime               // counts by step
	UnbiasedUse            // co-selection of all pairs
	ByWeight               // weights of choices
	Placing                // experts of the model, not the slots that a placement filled
)

// Allows reports whether a recording is good for a use, and where it is not, why and
// what would help.
func (m Model) Allows(u Use) (ok bool, why Doubt) {
	switch {
	case u == FanOut && !m.Tokens:
		return false, Doubt{"The recording holds counts, not the choices of each token, so that what one token touches is not known.",
			"Record the routed experts of each token, such as with vLLM's --enable-return-routed-experts."}
	case u == OverTime && m.Steps == "":
		return false, Doubt{"The recording holds no counts by step, so that nothing can be said over time.",
			"Record expert_counts_by_step.json or the routed experts of each token."}
	case u == UnbiasedUse && m.Pairs != AllPairs:
		return false, Doubt{"The co-selection of this recording does not hold all pairs of each token.",
			"Count all pairs of each token's experts, or record the routed experts themselves."}
	case u == ByWeight && !m.Weights:
		return false, Doubt{"The recording holds no weights of choices.", "Record router logits, or the weights of a sample of tokens."}
	case u == Placing && m.Level == Physical:
		return false, Doubt{"The experts of this recording are physical ones, slots that a placement has filled, replicas among them: what another placement of the model's experts would do is not known.",
			logicalRemedy}
	}
	return true, Doubt{}
}

const logicalRemedy = "Record logical experts, with a vLLM whose routers have a capture function or with --enable-return-routed-experts, or without expert load balancing."

// Doubts returns what readers of any figure of the recording must know of its counts.
func (m Model) Doubts() []Doubt {
	var list []Doubt
	if m.Level == Physical {
		list = append(list, Doubt{"Experts are physical ones here: slots on GPUs, where load balancing places an expert of the model, at times in several. Loads and pairs are those of slots.", logicalRemedy})
	}
	if m.Padding == PaddingKept {
		list = append(list, Doubt{"Tokens that only fill up batches are counted too: they route alike and make experts look hot.", "Record without padded tokens."})
	}
	return list
}

// Finding turns a doubt into a warning.
func (d Doubt) Finding() result.Finding {
	return result.Finding{Severity: result.Warning, Text: d.Text, Remedy: d.Remedy}
}
