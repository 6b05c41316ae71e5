package expertplacement_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/expertplacement"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
)

// inputs are activations of 16 experts, top-3.
type inputs struct{ counts *frames.Frame }

// Frame implements analysis.Inputs.
func (in inputs) Frame(_, table string) (*frames.Frame, error) {
	if table == "activations" {
		return in.counts, nil
	}
	return nil, nil
}

// Source implements analysis.Inputs.
func (in inputs) Source(string) analysis.Source {
	return analysis.Source{Metadata: map[string]string{"experts": "16", "top_k": "3", "token_level": "yes"}}
}

func ints(names ...string) frames.Schema {
	s := make(frames.Schema, len(names))
	for i, name := range names {
		s[i] = frames.Field{Name: name, Kind: frames.Int64}
	}
	return s
}

// routed draws tokens whose experts lie near each other, and works out how many of 8
// GPUs, with two experts each, they reach on average.
func routed(tokens int) (ids *frames.Frame, in inputs, mean float64) {
	rng := rand.New(rand.NewPCG(9, 9))
	b, loads, gpus := frames.NewBuilder("tokens", ints("request", "position", "layer", "expert")), make([]int64, 16), 0
	for t := range tokens {
		first := rng.IntN(16)
		reached := map[int]bool{}
		for i := range 3 {
			e := (first + i*(1+t%3)) % 16
			b.Row(t/100, t%100, 0, e)
			loads[e]++
			reached[e/2] = true
		}
		gpus += len(reached)
	}
	c := frames.NewBuilder("activations", ints("layer", "expert", "count"))
	for e, n := range loads {
		c.Row(0, e, n)
	}
	return b.Frame(), inputs{c.Frame()}, float64(gpus) / float64(tokens)
}

// place streams the tokens over so many workers, each with an uneven part.
func place(t *testing.T, ids *frames.Frame, in inputs, workers int) *result.Result {
	t.Helper()
	begin, err := expertplacement.Analysis.Begin(nil)
	if err != nil {
		t.Fatal(err)
	}
	var first analysis.Fold
	for w := range workers {
		f := begin()
		part := ids.Slice(w*ids.Len()/workers, (w+1)*ids.Len()/workers)
		for b := range part.Batches(1000) {
			if err := f.Scan("routing", "tokens", b); err != nil {
				t.Fatal(err)
			}
		}
		if first == nil {
			first = f
		} else if err := first.Merge(f); err != nil {
			t.Fatal(err)
		}
	}
	r, err := first.Finish(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A few tokens are all used, and the fan-out is exact; of many an even sample is, which
// comes close. Who saw which part of the tokens makes no difference, even where a token
// is split.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tokens int
		within float64
		says   string
	}{{3000, 1e-9, "from all 3,000 tokens recorded one by one: linear"}, {70000, 0.02, " tokens that lie evenly over the recording: linear"}} {
		ids, in, want := routed(c.tokens)
		one := place(t, ids, in, 1)
		low, high := one.Table("strategies").Frame.Floats("fanout_low"), one.Table("strategies").Frame.Floats("fanout_high")
		if math.Abs(low[0]-want) > c.within || low[0] != high[0] {
			t.Errorf("%d tokens: fan-out %v to %v, want %v", c.tokens, low[0], high[0], want)
		}
		if !slices.ContainsFunc(one.Findings, func(f result.Finding) bool { return strings.Contains(f.Text, c.says) }) {
			t.Errorf("%d tokens: no finding says %q: %+v", c.tokens, c.says, one.Findings)
		}
		several := place(t, ids, in, 7).Table("strategies").Frame.Floats("fanout_low")
		if !slices.Equal(low, several) {
			t.Errorf("%d tokens: one worker gives %v, seven %v", c.tokens, low, several)
		}
	}
}
