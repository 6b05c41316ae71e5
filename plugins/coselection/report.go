package coselection

import (
	"math"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// report builds the result layer by layer.
type report struct {
	params    Params
	layers    *frames.Builder
	pairs     *frames.Builder
	charts    []result.Chart
	clusters  *frames.Builder
	strongest []strong
	apart     []apart
	cut       int  // layers whose heat map leaves experts out
	guessed   bool // nobody says how many experts there are
	fellBack  int  // layers whose measure cannot be had, so that counts are shown
}

// strong is the strongest pair of a layer, if any is beyond chance.
type strong struct {
	layer int64
	found bool
	pair
}

// apart is a layer whose experts fall into clusters.
type apart struct {
	*pairing
	clusters
	within, expected float64 // tokens of pairs within clusters, and by chance
}

func newReport(p Params) *report {
	return &report{params: p, layers: frames.NewBuilder("layers", layersSchema()), pairs: frames.NewBuilder("pairs", pairsSchema()),
		clusters: frames.NewBuilder("clusters", clustersSchema())}
}

func layersSchema() frames.Schema {
	return frames.Schema{
		routing.LayerColumn(),
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
		{Name: "clusters", Kind: frames.Int64, Doc: "groups that the experts fall into; 1: they do not fall apart"},
		{Name: "eigengap", Kind: frames.Float64, Doc: "widest gap of the eigenvalues, 0 to 2: that behind the clusters, if there are any"},
	}
}

func clustersSchema() frames.Schema {
	return frames.Schema{
		routing.LayerColumn(),
		{Name: "cluster", Kind: frames.Int64, Doc: "number of the cluster, from 0, in the order of the heat map"},
		{Name: "size", Kind: frames.Int64, Doc: "its experts"},
		{Name: "experts", Kind: frames.String, Doc: "in the order of the heat map"},
		{Name: "within", Kind: frames.Int64, Doc: "tokens of pairs within the cluster"},
		{Name: "expected", Kind: frames.Float64, Doc: "tokens that the experts' popularity alone would give these pairs"},
		{Name: "times_chance", Kind: frames.Float64, Doc: "within over expected"},
		{Name: "kept", Kind: frames.Float64, Unit: "%", Doc: "of the partners of its experts, those in the cluster"},
		{Name: "counted", Kind: frames.String, Doc: "which pairs the source has: all, neighbors in rank only, which is biased, or not checked"},
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
		{Name: "z", Kind: frames.Float64, Doc: "count less expected, in deviations of chance"},
		{Name: "chance_lift", Kind: frames.Float64, Doc: "lift that the expected tokens would have"},
		{Name: "chance_b_given_a", Kind: frames.Float64, Unit: "%", Doc: "b_given_a by chance"},
		{Name: "chance_a_given_b", Kind: frames.Float64, Unit: "%", Doc: "a_given_b by chance"},
		{Name: "chance_jaccard", Kind: frames.Float64, Doc: "jaccard by chance"},
		{Name: "chance_npmi", Kind: frames.Float64, Doc: "npmi by chance"},
	}
}

func (rep *report) add(r *pairing, found clusters) {
	if r.pairSum == 0 {
		rep.addLayer(r, nil, clusters{gap: math.NaN()})
		return
	}
	measure := rep.measure(r)
	list := r.measured()
	rep.addLayer(r, list, found)
	rep.addClusters(r, list, found)
	for _, p := range strongestFirst(list, measure, rep.params.MinExpected, rep.params.Top) {
		rep.pairs.Row(r.layer, p.a, p.b, p.count, routing.Value(p.expected), routing.Value(p.times), routing.Value(p.lift),
			routing.Value(100*p.bGivenA), routing.Value(100*p.aGivenB), routing.Value(p.jaccard), routing.Value(p.npmi), routing.Value(math.Round(1e3*p.z)/1e3),
			routing.Value(p.chance.lift), routing.Value(100*p.chance.bGivenA), routing.Value(100*p.chance.aGivenB), routing.Value(p.chance.jaccard), routing.Value(p.chance.npmi))
	}
	rep.charts = append(rep.charts, rep.heatMap(r, measure, found))
	best, ok := strongest(list, rep.params.MinExpected, r.partnered()*(r.partnered()-1)/2)
	rep.strongest = append(rep.strongest, strong{r.layer, ok, best})
}

// addClusters lists the clusters of a layer that falls apart.
func (rep *report) addClusters(r *pairing, list []pair, c clusters) {
	if c.count < 2 {
		return
	}
	within, expected := make([]int64, c.count), make([]float64, c.count)
	for _, p := range list {
		if of := c.of[p.a]; of == c.of[p.b] {
			within[of] += p.count
		}
	}
	members, partners := make([][]int, c.count), make([]int64, c.count)
	for _, e := range c.order {
		of := c.of[e]
		if of < 0 {
			continue
		}
		for _, other := range members[of] {
			expected[of] += r.null.expected(e, other)
		}
		members[of] = append(members[of], e)
		partners[of] += r.together[e]
	}
	one := apart{pairing: r, clusters: c}
	for i, experts := range members {
		rep.clusters.Row(r.layer, i, len(experts), routing.Row(experts), within[i], expected[i], routing.Value(ratio(float64(within[i]), expected[i])),
			routing.Value(ratio(200*float64(within[i]), float64(partners[i]))), r.counted())
		one.within += float64(within[i])
		one.expected += expected[i]
	}
	rep.apart = append(rep.apart, one)
}

// measure is the wanted one, or counts where the recording does not determine it.
func (rep *report) measure(r *pairing) string {
	m := rep.params.Measure
	if r.loadSum == 0 && m != counts && m != timesChance || r.topK == 0 && (m == lift || m == npmi) {
		rep.fellBack++
		return counts
	}
	return m
}

func (rep *report) addLayer(r *pairing, list []pair, c clusters) {
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
	var count any
	if c.count > 0 {
		count = c.count
	}
	partnered := r.partnered()
	rep.layers.Row(r.layer, tokens, topK, len(r.together), dead, r.pairSum, implied, r.identity(), len(r.pairs),
		partnered*(partnered-1)/2-len(r.pairs), routing.Value(r.liftLevel()), routing.Value(100*r.structure(list)), count, routing.Value(c.gap))
}
