package tokens_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe/tokens"
	"profilemate/workbench/fault"
)

type entry struct{ name, content string }

// npz is an archive of arrays, stored plain or compressed.
func npz(t testing.TB, method uint16, entries ...entry) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		f, err := w.CreateHeader(&zip.FileHeader{Name: e.name + ".npy", Method: method})
		if err == nil {
			_, err = f.Write([]byte(e.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// floats is a .npy file of float32.
func floats(values []float64, shape ...int) string {
	data := npyHeader("<f4", shape...)
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
	}
	return string(data)
}

// Steps, weights, layer numbers and what the file declares, stored and compressed; layers
// may come first, or one array each.
func TestNpz(t *testing.T) {
	t.Parallel()
	weights := []float64{.75, .25, 0, 0, .5, .5, .9, .1, 0, 0, .6, .4, .7, .3, 0, 0, 0, 0, .8, .2, 0, 0, math.NaN(), .5}
	whole := []entry{{"topk_ids", npy("<u2", small(), 4, 3, 2)}, {"topk_weights", floats(weights, 4, 3, 2)}, {"step", npy("<i8", []int{5, 5, 6, 9}, 4)},
		{"layers", npy("<i4", []int{3, 4, 7}, 3)}, {"num_experts", npy("<i8", []int{6})}, {"note", floats([]float64{1}, 1)}}
	var each []entry
	for l, name := range []string{"layer_3", "layer_4", "layer_7"} {
		var ids []int
		for token := range 4 {
			ids = append(ids, small()[token*6+l*2:][:2]...)
		}
		each = append([]entry{{name, npy("|u1", ids, 4, 2)}}, each...)
	}
	for name, content := range map[string]string{"stored": npz(t, zip.Store, whole...), "packed": npz(t, zip.Deflate, whole...), "one a layer": npz(t, zip.Store, append(each, whole[2], whole[4])...)} {
		a := open(t, filepath.Join(write(t, map[string]string{"f": content}), "f"))
		if got, want := lines(load(t, a, "steps")), "5 3 0 2\n5 3 1 2\n5 7 1 1\n5 7 2 2\n5 7 3 1\n6 3 0 1\n6 3 2 1\n9 3 1 1\n9 3 2 1\n9 7 1 1\n9 7 3 1\n"; got != want {
			t.Errorf("%s: steps:\n%swant\n%s", name, got, want)
		}
		if got := lines(load(t, a, "coselection")); got != strings.NewReplacer("\n0 ", "\n3 ", "\n2 ", "\n7 ").Replace("\n" + smallPairs)[1:] {
			t.Errorf("%s: pairs:\n%s", name, got)
		}
		if m := a.Info().Metadata; m["experts"] != "6" || m["step_means"] != "step" {
			t.Errorf("%s: %v", name, m)
		}
		if load(t, a, "activations").Len() != 12 {
			t.Errorf("%s: experts that nobody chose are missing", name)
		}
		if name == "one a layer" {
			continue
		}
		if got, want := lines(load(t, a, "weights").Slice(0, 4)), "3 0 0 0.75\n3 0 1 0.25\n4 0 0 0\n4 0 0 0\n"; got != want {
			t.Errorf("%s: weights:\n%s", name, got)
		}
		if w := load(t, a, "tokens", "weight").Column("weight"); !w.IsNull(w.Len()-2) || w.Float(0) != 0.75 {
			t.Errorf("%s: a weight that is no number is not missing", name)
		}
	}
}

// Two tokens of four experts, top-2, worked by hand: of logits 0, ln 3, ln 2, ln 2 the
// softmax is 1/8, 3/8, 2/8, 2/8, and the lower of two equal experts goes first. The
// second token has the same logits in another order.
func logits() []float64 {
	l2, l3 := math.Log(2), math.Log(3)
	return []float64{0, l3, l2, l2, l3, l2, 0, l2}
}

func TestRouterLogits(t *testing.T) {
	t.Parallel()
	plain := npz(t, zip.Store, entry{"layer_1", floats(logits(), 2, 4)}, entry{"top_k", npy("<i8", []int{2})})
	renormed := npz(t, zip.Store, entry{"router_logits", floats(logits(), 1, 2, 4)}, entry{"top_k", npy("<i8", []int{2})}, entry{"norm_topk_prob", npy("<i8", []int{1})})
	tensor := func(metadata string) string {
		index := `{"__metadata__": ` + metadata + `, "model.layers.1.gate": {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32]}}`
		out := binary.LittleEndian.AppendUint64(nil, uint64(len(index)))
		return string(append(out, index...)) + floats(logits(), 2, 4)[len(npyHeader("<f4", 2, 4)):]
	}
	third := func(a, b float64) [4]float64 { return [4]float64{a, b, a, b} }
	for _, c := range []struct {
		name, content, layer string
		weights              [4]float64
	}{
		{"softmax", plain, "1", third(3./8, 2./8)},
		{"renormalized", renormed, "0", third(3./5, 2./5)},
		{"safetensors", tensor(`{"top_k": "2"}`), "1", third(3./8, 2./8)},
		{"sigmoid", tensor(`{"top_k": "2", "scoring": "sigmoid"}`), "1", third(3./4, 2./3)},
	} {
		a := open(t, filepath.Join(write(t, map[string]string{"f": c.content}), "f"))
		f := load(t, a, "tokens")
		if got := strings.Join([]string{f.Column("expert").Str(0), f.Column("expert").Str(1), f.Column("expert").Str(2), f.Column("expert").Str(3)}, " "); got != "1 2 0 1" {
			t.Errorf("%s: experts %s", c.name, got)
		}
		for i, want := range c.weights {
			if got := f.Column("weight").Float(i); math.Abs(got-want) > 1e-6 {
				t.Errorf("%s: weight %d is %g, want %g", c.name, i, got, want)
			}
		}
		if m := a.Info().Metadata; f.Column("layer").Str(0) != c.layer || m["experts"] != "4" || m["routing_source"] != "router logits" || m["weights_known"] != "yes" {
			t.Errorf("%s: layer %s, %v", c.name, f.Column("layer").Str(0), m)
		}
	}
	config, _ := json.Marshal(map[string]any{"text_config": map[string]any{"num_experts_per_tok": 2, "num_local_experts": 4, "norm_topk_prob": true}})
	a := open(t, write(t, map[string]string{"logits.npy": floats(logits(), 2, 4), "config.json": string(config)}))
	if w := load(t, a, "weights").Column("weight"); math.Abs(w.Float(0)-.6) > 1e-6 || a.Info().Metadata["top_k_source"] != "config.json of the model" {
		t.Errorf("with config.json: weight %g, %v", w.Float(0), a.Info().Metadata)
	}
}

// A row with a logit that is no number chose nothing that can be known.
func TestLogitsThatAreNone(t *testing.T) {
	t.Parallel()
	values := append(logits(), math.NaN(), 1, 2, 3, math.Inf(-1), math.Inf(-1), math.Inf(-1), 1)
	a := open(t, filepath.Join(write(t, map[string]string{"f": npz(t, zip.Store, entry{"l", floats(values, 4, 4)}, entry{"top_k", npy("<i8", []int{2})})}), "f"))
	if n := load(t, a, "tokens").Len(); n != 4 {
		t.Errorf("%d rows, want those of two tokens", n)
	}
	load(t, a, "steps")
	if !strings.Contains(findings(a), "2 rows have a logit that is no number, or fewer than 2 finite ones, and are left out: what was chosen is not known.") {
		t.Errorf("findings: %s", findings(a))
	}
}

// FuzzRead opens any bytes as each kind of file, in a folder so that no first byte
// decides: no panic, no negative id, no row without a layer.
func FuzzRead(f *testing.F) {
	blob := npy("<u2", small(), 4, 3, 2)
	for _, seed := range []string{blob, response("a", blob, 3, 2), npz(f, zip.Store, entry{"ids", blob}, entry{"step", npy("<i8", []int{5, 5, 6, 9}, 4)}),
		npz(f, zip.Deflate, entry{"l", floats(logits(), 2, 4)}, entry{"top_k", npy("<i8", []int{2})}),
		`{"meta_info": {"prompt_tokens": 2, "completion_tokens": 1, "routed_experts": "AAAAAAEAAAACAAAAAwAAAA=="}}`,
		": ping\ndata: " + response("a", blob, 3, 2) + "\n\ndata: [DONE]\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := artifacts.Formats{tokens.Format()}.Open(t.Context(), path)
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Unsupported && kind != fault.Corrupt && kind != fault.Missing {
				t.Fatalf("kind %s: %v", kind, err)
			}
			return
		}
		for _, table := range a.Tables() {
			f, err := artifacts.Load(t.Context(), a, table.Name)
			if err != nil {
				if kind := fault.KindOf(err); kind != fault.Corrupt && kind != fault.Unsupported {
					t.Fatalf("%s: kind %s: %v", table.Name, kind, err)
				}
				continue
			}
			for _, name := range []string{"layer", "expert", "count", "step", "position"} {
				for i, v := range f.Ints(name) {
					if v < 0 {
						t.Fatalf("%s row %d: %s is %d", table.Name, i, name, v)
					}
				}
			}
		}
	})
}
