package tokens

import (
	"cmp"
	"encoding/json"
	"strconv"

	"profilemate/workbench/routing"
)

// config is what is known of the model's routers beside the ids: from the config.json
// of a Hugging Face model in the same folder, or from what the arrays' file declares.
type config struct {
	topK    int    // 0: unknown
	experts int    // 0: unknown
	scoring string // "", softmaxScoring or sigmoidScoring
	renorm  bool
	from    string // who says so
}

// The ways that router logits become weights.
const (
	softmaxScoring = "softmax"
	sigmoidScoring = "sigmoid"
)

// model is a config.json, with the names that model families use.
type model struct {
	ExpertsPerToken  int    `json:"num_experts_per_tok"`
	ExpertsPerToken2 int    `json:"num_experts_per_token"`
	MoETopK          int    `json:"moe_topk"`
	Experts          int    `json:"num_experts"`
	LocalExperts     int    `json:"num_local_experts"`
	RoutedExperts    int    `json:"n_routed_experts"`
	Scoring          string `json:"scoring_func"`
	Renorm           bool   `json:"norm_topk_prob"`
	Text             *model `json:"text_config"`
}

// parseModel reads a config.json; ok is false for any other JSON text.
func parseModel(data []byte) (c config, ok bool) {
	var m model
	if json.Unmarshal(data, &m) != nil {
		return config{}, false
	}
	if m.Text != nil {
		m = *m.Text
	}
	c = config{topK: max(m.ExpertsPerToken, m.ExpertsPerToken2, m.MoETopK), experts: max(m.Experts, m.LocalExperts, m.RoutedExperts),
		scoring: m.Scoring, renorm: m.Renorm, from: "config.json of the model"}
	if c.experts > routing.MostExperts {
		c.experts = 0
	}
	return c, c.topK > 0 && c.topK <= mostTopK
}

// or takes what the files do not declare from the model: the number of experts alone
// where they say top-k, and else all the rest too.
func (c config) or(model config) config {
	experts := cmp.Or(c.experts, model.experts)
	if c.topK == 0 && model.topK > 0 {
		c = model
	}
	c.experts = experts
	return c
}

// fromMetadata takes what the __metadata__ of a safetensors file declares.
func (c *config) fromMetadata(metadata map[string]string) {
	if k, err := strconv.Atoi(metadata["top_k"]); err == nil && k > 0 && k <= mostTopK {
		c.topK, c.from = k, "top_k of the file's metadata"
	}
	if n, err := strconv.Atoi(metadata["num_experts"]); err == nil && n > 0 && n <= routing.MostExperts {
		c.experts = n
	}
	if s := metadata["scoring"]; s != "" {
		c.scoring = s
	}
	if v, err := strconv.ParseBool(metadata["norm_topk_prob"]); err == nil {
		c.renorm = v
	}
}

// mostLayer is a higher number than any layer has.
const mostLayer = 1 << 15

// parseTracker takes the numbers of the layers from the metadata of profilemate's
// tracker, whose array of ids has none; nil where they do not say, or say what is none:
// numbers ascend from 0, or from -1 for a layer without a known one.
func parseTracker(data []byte) []int64 {
	var m struct {
		Layers []int64 `json:"layers"`
	}
	if json.Unmarshal(data, &m) != nil {
		return nil
	}
	for i, l := range m.Layers {
		if l < -1 || l > mostLayer || i > 0 && l <= m.Layers[i-1] {
			return nil
		}
	}
	return m.Layers
}
