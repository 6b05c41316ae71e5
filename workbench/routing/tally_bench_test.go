package routing_test

import (
	"testing"

	"profilemate/workbench/routing"
)

// Token-level counting of 64 layers, top-8 of 256 experts: ns for each token and layer.
// The whole way from a file is measured in workbench/artifacts/moe/tokens.
func BenchmarkTally(b *testing.B) {
	const tokens, experts = 1 << 14, 256
	s := routing.Shape{Layers: 64, TopK: 8}
	wide := drawn(1, tokens, s, experts)
	ids := narrow(wide)
	each := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/tokens/float64(s.Layers), "ns/row")
	}
	b.Run("choices", func(b *testing.B) {
		c := routing.NewChoices(s)
		for b.Loop() {
			routing.Count(c, ids)
		}
		each(b)
	})
	b.Run("choices16", func(b *testing.B) {
		c := routing.NewChoices(s)
		for b.Loop() {
			routing.Count(c, wide)
		}
		each(b)
	})
	layers := make([]int, s.Layers)
	for i := range layers {
		layers[i] = i
	}
	b.Run("pairs", func(b *testing.B) {
		for b.Loop() {
			if err := routing.CountPairs(routing.NewPairs(s, layers, experts), ids); err != nil {
				b.Fatal(err)
			}
		}
		each(b)
	})
	b.Run("transitions", func(b *testing.B) {
		for b.Loop() {
			if err := routing.CountTransitions(routing.NewTransitions(s, layers, experts), ids); err != nil {
				b.Fatal(err)
			}
		}
		each(b)
	})
}
