package moe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"profilemate/frames"
)

// summary gathers moe_summary.json: an object "layer_N" for each layer.
type summary struct {
	*frames.Builder
	experts map[int64]bool // the values of num_experts
	topK    map[int64]bool // the values of top_k
	layers  map[int64]bool
}

// summaryFields are the members of a layer's object and the columns they fill.
func summaryFields() (members []string, schema frames.Schema) {
	members = []string{"num_experts", "top_k", "total_activations", "unique_experts_activated", "activation_coverage_pct",
		"mean_activations_per_expert", "std_dev_activations", "min_activations", "max_activations", "load_balance_ratio", "most_activated_expert"}
	schema = frames.Schema{layerField(),
		intField("experts", "experts of the layer"), intField("top_k", "experts each token chooses"),
		intField("activations", "tokens times top_k"), intField("active_experts", "experts with a token"),
		floatField("coverage", "%", "experts with a token, of all"),
		floatField("mean", "", "activations per expert; the tracker leaves experts without tokens out"),
		floatField("std_dev", "", "deviation of the activations; experts without tokens left out"),
		intField("min", "activations of the least busy expert that has any"), intField("max", "activations of the busiest expert"),
		floatField("load_balance_ratio", "", "max over min, as the tracker computed it"),
		intField("most_activated_expert", "index of the busiest expert")}
	return members, schema
}

func newSummary() *summary {
	_, schema := summaryFields()
	return &summary{Builder: frames.NewBuilder("summary", schema),
		experts: map[int64]bool{}, topK: map[int64]bool{}, layers: map[int64]bool{}}
}

// readSummary reads moe_summary.json. Where the text breaks off, the layers before
// are kept.
func readSummary(ctx context.Context, data []byte, s *summary, n *notes) error {
	data, blanked := plainJSON(data)
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		n.broken(data, dec, fmt.Errorf("it does not begin as an object"))
		return nil
	}
	for dec.More() {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := dec.InputOffset()
		name, err := dec.Token()
		var value json.RawMessage
		if err == nil {
			err = dec.Decode(&value)
		}
		if err != nil {
			n.broken(data, dec, err)
			break
		}
		s.member(fmt.Sprint(name), value, lineAt(data, start), n)
	}
	if _, err := dec.Token(); err != nil && n.cut == nil {
		n.broken(data, dec, err)
	}
	n.noteBlanks(blanked)
	return nil
}

// member takes one member of the file's object. Members that are no layers belong to
// somebody else and are passed over.
func (s *summary) member(name string, value json.RawMessage, line int, n *notes) {
	number, ok := strings.CutPrefix(name, "layer_")
	if !ok {
		return
	}
	n.rows++
	l, err := parseInteger(number)
	var fields map[string]json.RawMessage
	switch {
	case err != nil || l < -1 || l >= maxID:
		n.refuse(line, fmt.Errorf("%q names no layer", name))
	case s.layers[l]:
		n.refuse(line, fmt.Errorf("%q stands twice", name))
	case json.Unmarshal(value, &fields) != nil || fields == nil:
		n.refuse(line, fmt.Errorf("%q is no object", name))
	default:
		s.layers[l] = true
		s.layer(l, fields, line, n)
	}
}

func (s *summary) layer(l int64, fields map[string]json.RawMessage, line int, n *notes) {
	members, schema := summaryFields()
	values := []any{l}
	for i, member := range members {
		v, err := summaryValue(fields[member], schema[i+1].Kind)
		if err != nil && !errors.Is(err, errNoValue) {
			n.miss(fmt.Errorf("line %d, layer %d, %s: %w", line, l, member, err))
		}
		values = append(values, v)
	}
	s.Row(values...)
	if e, ok := values[1].(int64); ok {
		s.experts[e] = true
	}
	if k, ok := values[2].(int64); ok {
		s.topK[k] = true
	}
}

// summaryValue reads a member as the column's kind; nil when it is missing.
func summaryValue(raw json.RawMessage, kind frames.Kind) (any, error) {
	if kind == frames.Int64 {
		v, err := jsonInteger(raw, 0, 1<<62)
		if err != nil {
			return nil, err
		}
		return v, nil
	}
	v, err := jsonNumber(raw)
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (s *summary) finish(*notes) *frames.Frame { return s.Frame() }
