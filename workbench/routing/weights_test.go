package routing_test

import (
	"testing"

	"profilemate/workbench/fault"
	"profilemate/workbench/routing"
)

// An expert of Mixtral-8x7B has 3·4096·14336 = 176,160,768 weights, in bf16 352,321,536
// bytes.
func TestWeights(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		weights routing.Weights
		want    int64
		refused bool
	}{
		{routing.Weights{}, 0, false},
		{routing.Weights{Size: 1000}, 1000, false},
		{routing.Weights{Hidden: 4096, Intermediate: 14336, Precision: "bf16"}, 352_321_536, false},
		{routing.Weights{Hidden: 4096, Intermediate: 14336, Precision: "fp4"}, 88_080_384, false},
		{routing.Weights{Hidden: 4096, Intermediate: 14336, Precision: "int7"}, 0, true},
		{routing.Weights{Hidden: 4096, Precision: "bf16"}, 0, true},
		{routing.Weights{Size: 1, Hidden: 2, Intermediate: 3, Precision: "bf16"}, 0, true},
	} {
		got, err := c.weights.Bytes()
		if got != c.want || (fault.KindOf(err) == fault.Misuse) != c.refused || (err != nil) != c.refused {
			t.Errorf("%+v: %d, %v, want %d", c.weights, got, err, c.want)
		}
	}
}
