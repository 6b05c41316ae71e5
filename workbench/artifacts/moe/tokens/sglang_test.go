package tokens_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// SGLang's ids have no shape: usage gives the tokens, the ids themselves top-k, and the
// model's config.json goes before them. The ids begin at routed_experts_start_len.
func TestSGLang(t *testing.T) {
	t.Parallel()
	const count, layers, k, start = 40, 3, 4, 2
	var flat []byte
	random := rand.New(rand.NewPCG(3, 4))
	for range count * layers {
		for _, id := range random.Perm(32)[:k] {
			flat = binary.LittleEndian.AppendUint32(flat, uint32(id))
		}
	}
	text := base64.StdEncoding.EncodeToString(flat)
	ours := fmt.Sprintf(`{"text": "…", "meta_info": {"id": "r1", "prompt_tokens": 30, "completion_tokens": 13, "routed_experts": "%s", "routed_experts_start_len": %d}}`, text, start)
	openAI := fmt.Sprintf(`[{"id": "r2", "choices": [{"sgl_ext": {"routed_experts": "%s", "routed_experts_start_len": %d}}], "usage": {"prompt_tokens": 30, "completion_tokens": 13}}]`,
		strings.ReplaceAll(text, "/", `\/`), start)
	for name, c := range map[string]struct {
		files map[string]string
		from  string
	}{
		"own":    {map[string]string{"a.json": ours}, "the ids: the longest rows that name no expert twice"},
		"openai": {map[string]string{"a.json": openAI}, "the ids: the longest rows that name no expert twice"},
		"config": {map[string]string{"a.json": ours, "config.json": `{"num_experts_per_tok": 4, "num_experts": 32}`}, "config.json of the model"},
	} {
		a := open(t, write(t, c.files))
		m := a.Info().Metadata
		if m["top_k"] != "4" || m["layers"] != "3" || m["top_k_source"] != c.from || a.Info().Producer != "SGLang" {
			t.Errorf("%s: %v", name, m)
		}
		f := load(t, a, "tokens")
		if f.Len() != count*layers*k || f.Ints("position")[0] != start || f.Column("phase").Str(0) != "prompt" || f.Column("phase").Str(f.Len()-1) != "output" {
			t.Errorf("%s: %d rows, first position %d", name, f.Len(), f.Ints("position")[0])
		}
		for i, e := range f.Ints("expert") {
			if want := int64(binary.LittleEndian.Uint32(flat[4*i:])); e != want {
				t.Fatalf("%s: id %d is %d, want %d", name, i, e, want)
			}
		}
	}
}
