package tokens

import (
	"context"
	"math"

	"profilemate/frames"
	"profilemate/workbench/routing"
)

// The tables. All but tokens and requests have the names and columns of a tracker's
// folder.
const (
	tokensTable      = "tokens"
	stepsTable       = "steps"
	activationsTable = "activations"
	coselectionTable = "coselection"
	affinityTable    = "affinity"
	weightsTable     = "weights"
	requestsTable    = "requests"
)

func (r *recording) tableNames() []string {
	list := []string{tokensTable, stepsTable, activationsTable}
	if r.shape.TopK > 1 {
		list = append(list, coselectionTable)
	}
	if r.shape.Layers > 1 {
		list = append(list, affinityTable)
	}
	if r.facts.weights {
		list = append(list, weightsTable)
	}
	if r.facts.requests != nil {
		list = append(list, requestsTable)
	}
	return list
}

func tableDoc(table string) string {
	switch table {
	case tokensTable:
		return "The choices of each token, one row per token, layer and chosen expert, in the order of the recording. A token without a row in a layer was not seen there."
	case stepsTable:
		return "Tokens that each expert got in each step and layer; experts without a row got none. What a step is stands in the metadata (step_means)."
	case activationsTable:
		return "Tokens that each expert got over the whole recording, one row per layer and expert; experts above the last row of any layer got none."
	case coselectionTable:
		return "Tokens that chose both experts, one row per layer and unordered pair (expert_a below expert_b), counted over all pairs. A pair without a row was never chosen."
	case affinityTable:
		return "Choices of expert in this layer and next_expert in the next layer that routes, counted over all pairs of a token's choices."
	case weightsTable:
		return "Router weights of the choices of tokens that lie evenly over the recording."
	}
	return "What each response says of its request."
}

func intField(name, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Int64, Doc: doc}
}

func schemaOf(table string) frames.Schema {
	layer, expert, count := intField("layer", "index of the layer"), intField("expert", "index of the expert"), intField("count", "tokens")
	weight := frames.Field{Name: "weight", Kind: frames.Float64, Doc: "router weight of the expert for the token"}
	switch table {
	case tokensTable:
		return frames.Schema{intField("request", "number of the response or the file, from 0"), intField("position", "of the token in its request"),
			{Name: "phase", Kind: frames.String, Doc: "prompt or output; missing where it is not known"}, layer,
			intField("rank", "order of the choice, from 0; the recorder's own order"), expert, weight}
	case stepsTable:
		return frames.Schema{intField("step", "number of the step"), layer, expert, count}
	case activationsTable:
		return frames.Schema{layer, expert, count, {Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the layer's activations"}}
	case coselectionTable:
		return frames.Schema{layer, intField("expert_a", "index of the expert"), intField("expert_b", "index of the other expert, above expert_a"), count}
	case affinityTable:
		return frames.Schema{layer, expert, intField("next_expert", "index of the expert in the next layer"), count}
	case weightsTable:
		return frames.Schema{layer, intField("token", "index in the recording"), expert, weight}
	}
	return frames.Schema{intField("request", "number of the response, from 0"), {Name: "id", Kind: frames.String, Doc: "of the response"},
		intField("tokens", "with routed experts"), intField("prompt_tokens", "as the usage field says"), intField("output_tokens", "as the usage field says")}
}

// stepFrame gives the counts by window.
func (r *recording) stepFrame(c *counted) *frames.Frame {
	routes := make([]bool, r.shape.Layers)
	for _, l := range c.layers {
		routes[l] = true
	}
	b := frames.NewBuilder(stepsTable, schemaOf(stepsTable))
	for i, rows := range c.steps {
		for _, row := range rows {
			if !routes[row.layer] {
				continue
			}
			b.Int(0, r.windows[i].number)
			b.Int(1, r.layers[row.layer])
			b.Int(2, int64(row.expert))
			b.Int(3, int64(row.count))
		}
	}
	return b.Frame()
}

// activationFrame has a row for every expert up to the highest one seen in any layer.
func (r *recording) activationFrame(c *counted) *frames.Frame {
	b := frames.NewBuilder(activationsTable, schemaOf(activationsTable))
	experts := max(c.experts, r.facts.experts)
	for _, l := range c.layers {
		counts := c.choices.Counts(l)
		whole, _, _ := c.choices.Rows(l)
		for e := range experts {
			n := int64(0)
			if e < len(counts) {
				n = counts[e]
			}
			b.Row(r.layers[l], int64(e), n, 100*float64(n)/float64(whole*int64(r.shape.TopK)))
		}
	}
	return b.Frame()
}

func (r *recording) pairFrame(c *counted, p *routing.Pairs) *frames.Frame {
	b := frames.NewBuilder(coselectionTable, schemaOf(coselectionTable))
	for i, l := range c.layers {
		p.Each(i, func(x, y int, n int64) { fill(b, r.layers[l], int64(x), int64(y), n) })
	}
	return b.Frame()
}

func (r *recording) affinityFrame(c *counted, t *routing.Transitions) *frames.Frame {
	b := frames.NewBuilder(affinityTable, schemaOf(affinityTable))
	for i, l := range c.layers[:max(len(c.layers)-1, 0)] {
		t.Each(i, func(x, y int, n int64) { fill(b, r.layers[l], int64(x), int64(y), n) })
	}
	return b.Frame()
}

func fill(b *frames.Builder, values ...int64) {
	for i, v := range values {
		b.Int(i, v)
	}
}

func (r *recording) requestFrame() *frames.Frame {
	b := frames.NewBuilder(requestsTable, schemaOf(requestsTable))
	for i, q := range r.facts.requests {
		id := any(nil)
		if q.id != "" {
			id = q.id
		}
		b.Row(int64(i), id, int64(q.tokens), known(q.usage.Prompt), known(q.usage.Output))
	}
	return b.Frame()
}

func known(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

// weightRows bounds the table of weights, which analyses hold whole.
const weightRows = 2 << 20

// weightFrame samples tokens evenly where all would be too many.
func (r *recording) weightFrame(ctx context.Context) (*frames.Frame, error) {
	width := r.shape.Width()
	every := max((r.tokens()*width+weightRows-1)/weightRows, 1)
	b := frames.NewBuilder(weightsTable, schemaOf(weightsTable))
	var chunk ids
	token := 0
	err := r.each(ctx, 0, r.tokens(), &chunk, func(*segment, int) error {
		for t := range len(chunk.weights) / width {
			if token++; (token-1)%every == 0 {
				r.addWeights(b, &chunk, t, int64(token-1))
			}
		}
		return nil
	})
	return b.Frame(), err
}

func (r *recording) addWeights(b *frames.Builder, chunk *ids, t int, token int64) {
	for i := range r.shape.Width() {
		at := t*r.shape.Width() + i
		id, ok := chunk.id(at)
		if !ok {
			continue
		}
		b.Int(0, r.layers[i/r.shape.TopK])
		b.Int(1, token)
		b.Int(2, id)
		if w := float64(chunk.weights[at]); math.IsNaN(w) || math.IsInf(w, 0) {
			b.Null(3)
		} else {
			b.Float(3, w)
		}
	}
}

// id returns choice i; ok is false where it was not recorded.
func (b *ids) id(i int) (id int64, ok bool) {
	if b.narrow != nil {
		return int64(b.narrow[i]), true
	}
	return int64(b.wide[i]), b.wide[i] < routing.MostExperts
}
