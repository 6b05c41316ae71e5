package coselection

import (
	"math"

	"profilemate/frames"
	"profilemate/workbench/result"
)

// report builds the result layer by layer.
type report struct {
	params    Params
	layers    *frames.Builder
	pairs     *frames.Builder
	charts    []result.Chart
	strongest []strong
	cut       int  // layers whose heat map leaves experts out
	guessed   bool // nobody says how many experts there are
	fellBack  int  // layers whose measure cannot be had, so that counts are shown
}

// strong is the strongest pair of a layer.
type strong struct {
	layer int64
	pair
}

func newReport(p Params) *report {
	return &report{params: p, layers: frames.NewBuilder("layers", layersSchema()), pairs: frames.NewBuilder("pairs", pairsSchema())}
}

func layersSchema() frames.Schema {
	return frames.Schema{
		{Name: "layer", Kind: frames.Int64, Doc: "index of the layer; -1: unknown"},
		{Name: "tokens", Kind: frames.Int64, Doc: "activations over top-k"},
		{Name: "top_k", Kind: frames.Int64, Doc: "experts each token chooses"},
		{Name: "experts", Kind: frames.Int64, Doc: "experts of the layer"},
		{Name: "dead", Kind: frames.Int64, Doc: "experts without a token"},
		{Name: "pair_sum", Kind: frames.Int64, Doc: "sum of the counts over unordered pairs"},
		{Name: "implied_sum", Kind: frames.Int64, Doc: "tokens times k(k-1)/2: what pair_sum must be"},
		{Name: "identity", Kind: frames.String, Doc: "whether pair_sum, and the pairs of each expert, are what the activations imply"},
		{Name: "pairs_seen", Kind: frames.Int64, Doc: "pairs with a token"},
		{Name: "pairs_never", Kind: frames.Int64, Doc: "pairs of experts that both have partners, never chosen together"},
		{Name: "lift_without_structure", Kind: frames.Float64, Doc: "lift of every pair if experts were alike and chose partners at random"},
		{Name: "structure", Kind: frames.Float64, Unit: "%", Doc: "share of the pairs that would have to change partners to reach chance"},
	}
}

func pairsSchema() frames.Schema {
	return frames.Schema{
		{Name: "layer", Kind: frames.Int64}, {Name: "expert_a", Kind: frames.Int64}, {Name: "expert_b", Kind: frames.Int64},
		{Name: "count", Kind: frames.Int64, Doc: "tokens that chose both"},
		{Name: "expected", Kind: frames.Float64, Doc: "tokens that the experts' popularity alone would give the pair"},
		{Name: "times_chance", Kind: frames.Float64, Doc: "count over expected; 1 is chance"},
		{Name: "lift", Kind: frames.Float64, Doc: "T n_ij / (n_i n_j); its level without structure is in the layers table"},
		{Name: "b_given_a", Kind: frames.Float64, Unit: "%", Doc: "of the tokens of expert_a, those that chose expert_b too"},
		{Name: "a_given_b", Kind: frames.Float64, Unit: "%", Doc: "of the tokens of expert_b, those that chose expert_a too"},
		{Name: "jaccard", Kind: frames.Float64, Doc: "tokens that chose both over tokens that chose either"},
		{Name: "npmi", Kind: frames.Float64, Doc: "normalized pointwise mutual information, -1 to 1"},
	}
}

func (rep *report) add(r *routing) {
	if r.pairSum == 0 {
		rep.addLayer(r, nil)
		return
	}
	measure := rep.measure(r)
	list := r.measured()
	rep.addLayer(r, list)
	for _, p := range strongestFirst(list, measure, rep.params.MinExpected, rep.params.Top) {
		rep.pairs.Row(r.layer, p.a, p.b, p.count, value(p.expected), value(p.times), value(p.lift),
			value(100*p.bGivenA), value(100*p.aGivenB), value(p.jaccard), value(p.npmi))
	}
	rep.charts = append(rep.charts, rep.heatMap(r, measure))
	if best, ok := strongest(list, rep.params.MinExpected); ok {
		rep.strongest = append(rep.strongest, strong{r.layer, best})
	}
}

// measure is the wanted one, or counts where the recording does not determine it.
func (rep *report) measure(r *routing) string {
	m := rep.params.Measure
	if r.loadSum == 0 && m != counts && m != timesChance || r.topK == 0 && (m == lift || m == npmi) {
		rep.fellBack++
		return counts
	}
	return m
}

func (rep *report) addLayer(r *routing, list []pair) {
	var tokens, topK, implied, dead any
	if t, ok := r.tokens(); ok {
		tokens = t
	}
	if sum, ok := r.implied(); ok {
		implied = sum
	}
	if r.topK > 0 {
		topK = r.topK
	}
	if r.loads != nil {
		dead = len(r.dead())
	}
	partnered := 0
	for _, n := range r.together {
		if n > 0 {
			partnered++
		}
	}
	rep.layers.Row(r.layer, tokens, topK, len(r.together), dead, r.pairSum, implied, r.identity(), len(r.pairs),
		partnered*(partnered-1)/2-len(r.pairs), value(r.liftLevel()), value(100*r.structure(list)))
}

// value turns NaN into no value.
func value(v float64) any {
	if math.IsNaN(v) {
		return nil
	}
	return v
}
