package moe

import "profilemate/frames"

// form is the shape of one file, named after the table it fills.
type form string

// The forms, and the tables of the same names.
const (
	activationsForm form = "activations"
	choicesForm     form = "choices" // one row per choice, as llama.cpp's trace has
	coselectionForm form = "coselection"
	stepsForm       form = "steps" // as CSV
	stepsJSONForm   form = "steps-json"
	imbalanceForm   form = "imbalance"
	weightsForm     form = "weights"
	weightBinsForm  form = "weight_bins"
	affinityForm    form = "affinity"
	summaryForm     form = "summary"
	stepTimesForm   form = "step_times"
	weightSumsForm  form = "weight_sums"
	metadataForm    form = "metadata" // fills no table but says what the recording is
)

// table returns the table that a file of the form fills.
func (f form) table() string {
	switch f {
	case stepsJSONForm:
		return string(stepsForm)
	case choicesForm:
		return string(activationsForm)
	}
	return string(f)
}

// adds reports whether the files of several ranks make one table by adding their counts.
// What a rank worked out of its own counts cannot be added.
func (f form) adds() bool {
	switch f.table() {
	case string(activationsForm), string(coselectionForm), string(affinityForm), string(stepsForm):
		return true
	}
	return false
}

// ownName is the name a tracker gives to a file of one form. It decides only between
// files that would fill the same table, and names a file whose content is damaged.
func ownName(name string) form {
	switch name {
	case "moe_expert_activations.csv":
		return activationsForm
	case "moe_expert_coselection.csv":
		return coselectionForm
	case "moe_load_imbalance.csv":
		return imbalanceForm
	case "moe_routing_weights_hist.csv":
		return weightsForm
	case "layer_affinity.csv":
		return affinityForm
	case "moe_summary.json":
		return summaryForm
	case "moe_steps.csv":
		return stepTimesForm
	case "moe_weight_sums.csv":
		return weightSumsForm
	case "moe_metadata.json":
		return metadataForm
	case "expert_counts_by_step.json":
		return stepsJSONForm
	}
	return ""
}

// tableOrder is the order in which tables are listed, the most useful first.
func tableOrder() []string {
	return []string{"steps", "activations", "coselection", "affinity", "imbalance", "weights", "weight_bins", "summary", "step_times", "weight_sums"}
}

func tableDoc(table string) string {
	switch table {
	case "steps":
		return "Tokens that each expert got in each step and layer. A dense file lists every expert, a sparse one only those with tokens. Rows of one step, layer and expert add up."
	case "activations":
		return "Tokens that each expert got over the whole recording, one row per layer and expert. An expert without a row got none."
	case "coselection":
		return "Tokens that chose both experts, one row per layer and unordered pair (expert_a below expert_b). A pair without a row was not counted."
	case "affinity":
		return "Tokens whose first choice was expert in this layer and next_expert in the next one."
	case "imbalance":
		return "Spread of the experts' loads at points in time, as the tracker worked it out."
	case "weights":
		return "Router weights of sampled tokens. token counts within its batch and repeats over batches, so layer and token are no key."
	case "weight_bins":
		return "Histogram of router weights."
	case "step_times":
		return "For each record of the steps: the first step it covers, how many, when it began, what they worked on and their tokens without padding."
	case "weight_sums":
		return "Sum of the router weights that each expert got over the whole recording."
	}
	return "What the tracker says of each layer."
}

func intField(name, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Int64, Doc: doc}
}

func floatField(name, unit, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Float64, Unit: unit, Doc: doc}
}

func layerField() frames.Field { return intField("layer", "index of the layer; -1: unknown") }

func expertField(name string) frames.Field { return intField(name, "index of the expert") }

func tokensField() frames.Field { return intField("count", "tokens") }
