package layeraffinity

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

func sameGPU(list []*crossing, p Params) result.Chart {
	names := make([]string, len(list))
	local, chance := make([]result.Number, len(list)), make([]result.Number, len(list))
	for i, c := range list {
		names[i] = c.span()
		local[i], chance[i] = result.Number(100*c.local), result.Number(100*c.chance)
	}
	return result.Chart{Name: "same-gpu", Title: "Transitions that stay on their GPU", Kind: result.Bar,
		X: result.Axis{Label: "layers", Categories: names}, Y: result.Axis{Label: "of all transitions", Unit: "%"},
		Series: []result.Series{{Name: "recorded", Y: local}, {Name: "independent layers", Color: "chance", Y: chance}},
		Note:   fmt.Sprintf("Experts lie in the order of their indexes on %s.", result.Count(int64(p.GPUs), "GPU"))}
}

// span is how the pair of layers is marked: "0 → 1".
func (c *crossing) span() string {
	if c.layer < 0 {
		return "unknown"
	}
	return fmt.Sprintf("%d → %d", c.layer, c.after)
}

func heatMap(c *crossing, p Params) result.Chart {
	rows, columns := busiest(c.from, p.Experts), busiest(c.to, p.Experts)
	heat := &result.Heat{Label: "P(column given row)", Values: c.matrix(rows, columns, p.Measure)}
	switch p.Measure {
	case timesChance:
		heat.Label, heat.Diverging, heat.Middle = "times chance", true, 1
	case counted:
		heat.Label = "transitions"
	}
	return result.Chart{Name: "layer-" + strconv.FormatInt(c.layer, 10), Title: "From layer to layer, " + c.span(), Kind: result.HeatMap, Group: "layer", Heat: heat,
		X: result.Axis{Label: "expert of the next layer", Categories: routing.Marks(columns)}, Y: result.Axis{Label: "expert", Categories: routing.Marks(rows)}}
}

// matrix returns the measure of all shown transitions. A row without a token has no
// conditional probability, and independent layers give its transitions nothing.
func (c *crossing) matrix(rows, columns []int, measure string) [][]result.Number {
	row, column := map[int]int{}, map[int]int{}
	tokens := make([][]float64, len(rows))
	for i, e := range rows {
		row[e], tokens[i] = i, make([]float64, len(columns))
	}
	for j, e := range columns {
		column[e] = j
	}
	for _, x := range c.cells {
		i, ok := row[x.from]
		j, both := column[x.to]
		if ok && both {
			tokens[i][j] = float64(x.count)
		}
	}
	values := make([][]result.Number, len(rows))
	for i, a := range rows {
		for j, b := range columns {
			over := 1.0
			switch measure {
			case conditional:
				over = c.tokens(a)
			case timesChance:
				over = c.expected(a, b)
			}
			v := math.NaN()
			if over > 0 {
				v = tokens[i][j] / over
			}
			values[i] = append(values[i], result.Number(v))
		}
	}
	return values
}

// busiest returns at most n experts in the order of their indexes; all of them where
// there are no more, those without a token too.
func busiest(counts []int64, n int) []int {
	if len(counts) > n {
		return slices.Sorted(slices.Values(routing.Busiest(counts, n)))
	}
	return routing.UpTo(len(counts))
}
