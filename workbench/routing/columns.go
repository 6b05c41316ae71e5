package routing

import "profilemate/frames"

// LayerColumn is the first column of tables by layer.
func LayerColumn() frames.Field {
	return frames.Field{Name: "layer", Kind: frames.Int64, Doc: "index of the layer; -1: unknown"}
}

// StepColumns are the columns of the table steps that Steps and SeriesOf read.
func StepColumns() []frames.Field { return integers("step", "layer", "expert", "count") }

// LoadColumns are the columns of the table activations that Layers reads.
func LoadColumns() []frames.Field { return integers("layer", "expert", "count") }

// PairColumns are the columns of the table coselection.
func PairColumns() []frames.Field { return integers("layer", "expert_a", "expert_b", "count") }

// TransitionColumns are the columns of the table affinity.
func TransitionColumns() []frames.Field { return integers("layer", "expert", "next_expert", "count") }

func integers(names ...string) []frames.Field {
	list := make([]frames.Field, len(names))
	for i, name := range names {
		list[i] = frames.Field{Name: name, Kind: frames.Int64}
	}
	return list
}
