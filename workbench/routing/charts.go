package routing

import (
	"fmt"
	"strconv"
	"strings"

	"profilemate/workbench/result"
)

const (
	// LinesPerChart is as many as there are colors.
	LinesPerChart = 8
	// MostCells is the most cells of a heat map that a page can draw.
	MostCells = 1 << 16
)

// LayerMark is a layer's mark on an axis: "3", or "unknown" below 0.
func LayerMark(layer int64) string {
	if layer < 0 {
		return "unknown"
	}
	return strconv.FormatInt(layer, 10)
}

// Marks are the marks of experts, ranks or GPUs on an axis.
func Marks(ids []int) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = strconv.Itoa(id)
	}
	return list
}

// Row lists experts or slots in one cell of a table: "3 0 5".
func Row(ids []int) string { return strings.Join(Marks(ids), " ") }

// UpTo returns 0 to n-1: all experts in the order of their indexes.
func UpTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// LayerCharts draws the lines of layers, so many to a chart as there are colors. Charts of
// more layers than that are one group, each with its first and last layer in name and
// title. index is the number of a layer; draw makes the chart of some of them.
func LayerCharts[T any](layers []T, index func(T) int64, draw func(part []T) result.Chart) []result.Chart {
	var charts []result.Chart
	for at := 0; at < len(layers); at += LinesPerChart {
		part := layers[at:min(at+LinesPerChart, len(layers))]
		c := draw(part)
		if len(layers) > LinesPerChart {
			first, last := index(part[0]), index(part[len(part)-1])
			c.Group = c.Name
			c.Name = fmt.Sprintf("%s-%d-%d", c.Name, first, last)
			c.Title += fmt.Sprintf(", layers %d to %d", first, last)
		}
		charts = append(charts, c)
	}
	return charts
}
