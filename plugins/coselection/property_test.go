package coselection_test

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/coselection"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
)

// inputs is a recording in memory.
type inputs struct {
	pairs, loads *frames.Frame
	metadata     map[string]string
}

// Frame implements analysis.Inputs.
func (in inputs) Frame(_, table string) (*frames.Frame, error) {
	if table == "coselection" {
		return in.pairs, nil
	}
	return in.loads, nil
}

// Source implements analysis.Inputs.
func (in inputs) Source(string) analysis.Source { return analysis.Source{Metadata: in.metadata} }

func schema(names ...string) frames.Schema {
	s := make(frames.Schema, len(names))
	for i, name := range names {
		s[i] = frames.Field{Name: name, Kind: frames.Int64}
	}
	return s
}

func run(t testing.TB, in analysis.Inputs, v analysis.Values) *result.Result {
	t.Helper()
	begin, err := coselection.Analysis.Begin(v)
	if err != nil {
		t.Fatal(err)
	}
	r, err := begin().Finish(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readCSV reads a packed file of integers below a header, the first columns only.
func readCSV(t testing.TB, name string, columns ...string) *frames.Frame {
	t.Helper()
	file, err := os.Open("../../notebooks/demo/captures/moe/" + name + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	b := frames.NewBuilder(name, schema(columns...))
	for _, record := range records[1:] {
		for i := range columns {
			v, err := strconv.ParseInt(record[i], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			b.Int(i, v)
		}
	}
	return b.Frame()
}

func capture(t testing.TB) inputs {
	return inputs{pairs: readCSV(t, "moe_expert_coselection.csv", "layer", "expert_a", "expert_b", "count"),
		loads:    readCSV(t, "moe_expert_activations.csv", "layer", "expert", "count"),
		metadata: map[string]string{"experts": "16", "top_k": "2"}}
}

// In each layer of the real recording 81,920 tokens make as many pairs, which is what
// the activations imply, and by chance the pairs add up to the same.
func TestCapture(t *testing.T) {
	t.Parallel()
	r := run(t, capture(t), analysis.Values{"top": "120"})
	layers := r.Table("layers").Frame
	if layers.Len() != 8 || len(r.Charts) != 8 {
		t.Fatalf("%d layers and %d charts, want 8", layers.Len(), len(r.Charts))
	}
	for i, identity := range layers.Strings("identity") {
		if sum := layers.Ints("pair_sum")[i]; sum != 81920 || layers.Ints("tokens")[i] != 81920 || identity != "holds" {
			t.Errorf("layer %d: pairs %d of %d tokens, identity %s", i, sum, layers.Ints("tokens")[i], identity)
		}
		heat := r.Charts[i].Heat.Values
		for a := range heat {
			for b := range heat[a] {
				if x, y := float64(heat[a][b]), float64(heat[b][a]); a != b && x != y || (a == b) != math.IsNaN(x) {
					t.Fatalf("layer %d: cell %d,%d is %v and %d,%d is %v", i, a, b, x, b, a, y)
				}
			}
		}
	}
	for _, f := range r.Findings {
		t.Logf("%s: %s", f.Severity, f.Text)
	}
}

// The chance level keeps every expert's total and is a product, expected_ab expected_cd
// = expected_ac expected_bd: the two marks of quasi-independence, which has one
// solution. Experts may be alike, uneven, or one may have nearly every token.
func TestChanceIsQuasiIndependent(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	for trial := range 60 {
		experts := 4 + trial%9
		counts, totals := randomPairs(rng, experts, []int64{1, 100, 100000}[trial%3])
		f := run(t, inputs{pairs: counts}, analysis.Values{"top": "10000"}).Table("pairs").Frame
		expected := map[[2]int64]float64{}
		sums := make([]float64, experts)
		for i, e := range f.Floats("expected") {
			a, b := f.Ints("expert_a")[i], f.Ints("expert_b")[i]
			expected[[2]int64{a, b}], expected[[2]int64{b, a}] = e, e
			sums[a] += e
			sums[b] += e
		}
		for e := range sums {
			if math.Abs(sums[e]-totals[e]) > 1e-6*totals[e] {
				t.Errorf("trial %d: expert %d is expected in %v pairs, it has %v", trial, e, sums[e], totals[e])
			}
		}
		left := expected[[2]int64{0, 1}] * expected[[2]int64{2, 3}]
		right := expected[[2]int64{0, 2}] * expected[[2]int64{1, 3}]
		if math.Abs(left-right) > 1e-6*left {
			t.Errorf("trial %d: %v and %v are no products", trial, left, right)
		}
	}
}

// randomPairs counts every pair at least once; pairs of expert 0 count hot times more.
func randomPairs(rng *rand.Rand, experts int, hot int64) (*frames.Frame, []float64) {
	b := frames.NewBuilder("coselection", schema("layer", "expert_a", "expert_b", "count"))
	totals := make([]float64, experts)
	for i := range experts {
		for j := i + 1; j < experts; j++ {
			n := 1 + rng.Int64N(50)
			if i == 0 {
				n *= hot
			}
			b.Row(0, i, j, n)
			totals[i] += float64(n)
			totals[j] += float64(n)
		}
	}
	return b.Frame(), totals
}

func BenchmarkCapture(b *testing.B) {
	in := capture(b)
	b.ReportAllocs()
	for b.Loop() {
		run(b, in, nil)
	}
}

// A big router: 60 layers of 256 experts, all pairs.
func BenchmarkBigRouter(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	pairs := frames.NewBuilder("coselection", schema("layer", "expert_a", "expert_b", "count"))
	for layer := range 60 {
		for i := range 256 {
			for j := i + 1; j < 256; j++ {
				pairs.Row(layer, i, j, 1+rng.Int64N(1000))
			}
		}
	}
	in := inputs{pairs: pairs.Frame()}
	b.ReportAllocs()
	for b.Loop() {
		run(b, in, nil)
	}
}
