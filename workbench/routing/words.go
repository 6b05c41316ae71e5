package routing

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// told is the most layers or experts that one list names.
const told = 16

// LayerName is how a layer is called in sentences and charts: "layer 3", or "unknown
// layer" below 0.
func LayerName(layer int64) string {
	if layer < 0 {
		return "unknown layer"
	}
	return fmt.Sprintf("layer %d", layer)
}

// LayerList names layers in ascending order: "layer 3", "layers 0 to 7", "layers 0, 2,
// 5", at most 16 of them one by one.
func LayerList(layers []int64) string {
	n := len(layers)
	switch {
	case n == 1:
		return LayerName(layers[0])
	case n > 2 && layers[n-1]-layers[0] == int64(n-1):
		return fmt.Sprintf("layers %d to %d", layers[0], layers[n-1])
	}
	return "layers " + list(layers)
}

// LayerValues returns layers as text, for the rows that a finding speaks of.
func LayerValues(layers []int64) []string {
	values := make([]string, len(layers))
	for i, l := range layers {
		values[i] = strconv.FormatInt(l, 10)
	}
	return values
}

// ExpertList names experts: "3, 7 and 9 more".
func ExpertList(experts []int) string { return list(experts) }

func list[N int | int64](items []N) string {
	words := make([]string, 0, told)
	for _, v := range items[:min(len(items), told)] {
		words = append(words, fmt.Sprint(v))
	}
	text := strings.Join(words, ", ")
	if len(items) > told {
		text += fmt.Sprintf(" and %d more", len(items)-told)
	}
	return text
}

// Value turns NaN into no value, for a cell of a table.
func Value(v float64) any {
	if math.IsNaN(v) {
		return nil
	}
	return v
}

// Mean is the mean of the values that are there; NaN when none is.
func Mean(values []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}
