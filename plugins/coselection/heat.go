package coselection

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// heatMap draws all pairs of a layer, of the busiest experts where there are too many.
func (rep *report) heatMap(r *pairing, measure string, c clusters) result.Chart {
	shown := r.busiest(rep.params.Experts)
	if rep.params.Order == byCluster {
		shown = slices.DeleteFunc(slices.Clone(c.order), func(e int) bool { _, ok := slices.BinarySearch(shown, e); return !ok })
	}
	if len(shown) < len(r.together) {
		rep.cut++
	}
	edges := routing.Marks(shown)
	heat := heatOf(measure)
	heat.Values = r.matrix(shown, measure)
	if measure == lift {
		heat.Middle = r.liftLevel()
	}
	return result.Chart{Name: "layer-" + routing.LayerMark(r.layer), Title: "Layer " + routing.LayerMark(r.layer) + ": experts chosen together",
		Kind: result.HeatMap, Group: "layer", Heat: heat, Note: rep.noteOf(measure, r, c),
		X: result.Axis{Label: "expert", Categories: edges}, Y: result.Axis{Label: "expert", Categories: edges}}
}

// matrix returns the measure of all pairs of the shown experts; a pair without a token
// has count 0.
func (r *pairing) matrix(shown []int, measure string) [][]result.Number {
	place := map[int]int{}
	tokens := make([][]int64, len(shown))
	for i, e := range shown {
		place[e], tokens[i] = i, make([]int64, len(shown))
	}
	for _, c := range r.pairs {
		i, ok := place[c.a]
		j, both := place[c.b]
		if ok && both {
			tokens[i][j], tokens[j][i] = c.count, c.count
		}
	}
	values := make([][]result.Number, len(shown))
	for i, a := range shown {
		values[i] = make([]result.Number, len(shown))
		for j, b := range shown {
			values[i][j] = result.Number(math.NaN())
			if a != b {
				values[i][j] = result.Number(r.measure(pairCount{a, b, tokens[i][j]}).value(measure))
			}
		}
	}
	return values
}

func heatOf(measure string) *result.Heat {
	switch measure {
	case counts:
		return &result.Heat{Label: "tokens that chose both"}
	case lift:
		return &result.Heat{Label: "lift", Diverging: true}
	case conditional:
		return &result.Heat{Label: "P(column given row)"}
	case jaccard:
		return &result.Heat{Label: "Jaccard index"}
	case npmi:
		return &result.Heat{Label: "NPMI", Diverging: true}
	}
	return &result.Heat{Label: "times chance", Diverging: true, Middle: 1}
}

// noteOf says what a reader of the heat map must know.
func (rep *report) noteOf(measure string, r *pairing, c clusters) string {
	var parts []string
	switch measure {
	case timesChance:
		parts = append(parts, "1 is what the experts' popularity alone would give.")
	case lift:
		parts = append(parts, fmt.Sprintf("Without structure lift would be about %.3g, not 1.", r.liftLevel()))
	}
	if rep.params.Order == byCluster && c.count > 0 {
		parts = append(parts, "Experts that are chosen together lie beside each other.")
	}
	if r.identity() == adjacent {
		parts = append(parts, "Biased: only experts that are neighbors in rank were counted.")
	}
	return strings.Join(parts, " ")
}

// busiest returns at most n experts, those in most pairs, in the order of their
// indexes.
func (r *pairing) busiest(n int) []int {
	list := routing.UpTo(len(r.together))
	if len(list) > n {
		slices.SortFunc(list, func(a, b int) int {
			return cmp.Or(cmp.Compare(r.together[b], r.together[a]), cmp.Compare(a, b))
		})
		list = list[:n]
		slices.Sort(list)
	}
	return list
}
