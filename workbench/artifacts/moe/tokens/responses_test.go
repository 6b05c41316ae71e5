package tokens_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/workbench/artifacts/moe/tokens"
)

// A response with several choices has the output of all in its usage: its shape is still
// found, nothing is called lost that is there, and what is lost is still told.
func TestSeveralChoices(t *testing.T) {
	t.Parallel()
	const prompt, layers, k = 50, 3, 2
	answer := func(id string, outputs ...int) string {
		var choices []any
		sum := 0
		for i, output := range outputs {
			var flat []byte
			random := rand.New(rand.NewPCG(5, uint64(i)))
			for range (prompt + output - 1) * layers {
				for _, e := range random.Perm(16)[:k] {
					flat = binary.LittleEndian.AppendUint32(flat, uint32(e))
				}
			}
			choices = append(choices, map[string]any{"index": i, "sgl_ext": map[string]any{"routed_experts": base64.StdEncoding.EncodeToString(flat)}})
			sum += output
		}
		text, _ := json.Marshal(map[string]any{"id": id, "choices": choices, "usage": map[string]int{"prompt_tokens": prompt, "completion_tokens": sum}})
		return string(text)
	}
	a := open(t, write(t, map[string]string{"a.jsonl": answer("two", 7, 11) + "\n" + answer("one", 4)}))
	if m := a.Info().Metadata; m["layers"] != "3" || m["top_k"] != "2" || m["tokens"] != "169" { // 56 + 60 + 53
		t.Errorf("metadata: %v", m)
	}
	if got := findings(a); strings.Contains(got, "usage field") || !strings.Contains(got, "1 response has several choices: the tokens of a prompt count once for each choice.") {
		t.Errorf("findings: %s", got)
	}
	lost := strings.Replace(answer("two", 7, 11), `"completion_tokens":18`, `"completion_tokens":19`, 1)
	a = open(t, write(t, map[string]string{"a.jsonl": answer("one", 14) + "\n" + lost}))
	if got := findings(a); !strings.Contains(got, "In 1 response the tokens are not those of the usage field") {
		t.Errorf("findings: %s", got)
	}
}

// A first response without a token of ids does not hide the shape of the others.
func TestEmptyFirst(t *testing.T) {
	t.Parallel()
	var flat []byte
	for i := range 40 * 2 {
		for _, e := range []int{i % 3, 3 + i%5} {
			flat = binary.LittleEndian.AppendUint32(flat, uint32(e))
		}
	}
	sgl := func(ids []byte) string {
		return fmt.Sprintf(`{"meta_info": {"prompt_tokens": 30, "completion_tokens": 11, "routed_experts": "%s"}}`, base64.StdEncoding.EncodeToString(ids))
	}
	a := open(t, write(t, map[string]string{"a.jsonl": sgl(nil) + "\n" + sgl(flat), "config.json": `{"num_experts_per_tok": 2, "num_experts": 8}`}))
	if m := a.Info().Metadata; m["layers"] != "2" || m["tokens"] != "40" {
		t.Errorf("metadata: %v", m)
	}
}

// A streamed response is saved as server-sent events: the ids come in one piece, the
// usage in another. It is read as the whole response is.
func TestEvents(t *testing.T) {
	t.Parallel()
	blob := npy("|u1", small(), 4, 3, 2)
	whole := open(t, write(t, map[string]string{"a.json": response("x", blob, 3, 2)}))
	stream := ": ping\r\n\r\nevent: completion\r\n" +
		`data: {"id": "x", "choices": [{"text": "data: {"}], "usage": null}` + "\r\n\r\n" +
		`data:{"id": "x", "choices": [{"text": "", "routed_experts": "` + base64.StdEncoding.EncodeToString([]byte(blob)) + `"}]}` + "\n\n" +
		`data: {"id": "x", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}` + "\n\ndata: [DONE]\n\n"
	path := filepath.Join(write(t, map[string]string{"f": stream}), "f")
	for _, p := range []string{path, filepath.Dir(path)} {
		a := open(t, p)
		for _, table := range []string{"tokens", "requests", "coselection"} {
			if got, want := lines(load(t, a, table)), lines(load(t, whole, table)); got != want {
				t.Errorf("%s of the stream:\n%s\nof the response:\n%s", table, got, want)
			}
		}
		if got := findings(a); strings.Contains(got, "without") || got != findings(whole) {
			t.Errorf("findings of the stream:\n%s\nof the response:\n%s", got, findings(whole))
		}
	}
	if _, err := tokens.Format().Open(context.Background(), filepath.Join(write(t, map[string]string{"f": stream[:len(stream)/2]}), "f")); err == nil {
		t.Error("a stream that breaks off before its ids is opened")
	}
}

// A response that cannot be read does not spoil the others, and a text that breaks off
// gives what came before.
func TestDamagedResponses(t *testing.T) {
	t.Parallel()
	good := response("good", npy("|u1", small(), 4, 3, 2), 3, 2)
	other := response("other", npy("|u1", small(), 4, 2, 3), 3, 2)
	a := open(t, write(t, map[string]string{"a.jsonl": good + "\n" + strings.Replace(good, "k05VTVBZ", "xxxxxxxx", 1) + "\n" + other + "\n" + response("moved", npy("|u1", small(), 4, 3, 2), 9, 2) + "\n" + good[:50], "b.txt": "hello", "c.json": `{"choices": []}`}))
	if n := load(t, a, "requests").Len(); n != 2 {
		t.Errorf("%d responses are used, want 2", n)
	}
	for _, want := range []string{"2 parts of the recording cannot be used, the first: response \"good\"", "a.jsonl breaks off", "In 1 response the tokens are not those of the usage field"} {
		if !strings.Contains(findings(a), want) {
			t.Errorf("findings lack %q:\n%s", want, findings(a))
		}
	}
}

// A line that is no JSON is left out, counted and named; reading goes on behind it. A list
// and a file without a line behind the bad one break off.
func TestBadLines(t *testing.T) {
	t.Parallel()
	blob := npy("|u1", small(), 4, 3, 2)
	good := func(id string) string { return response(id, blob, 3, 2) + "\n" }
	event := func(id string) string { return "data: " + strings.TrimSpace(good(id)) + "\n\n" }
	for _, c := range []struct{ name, text, ids, want string }{
		{"one", good("a") + good("b")[:70] + "\n" + good("c"), "a c", "f: 1 line is no JSON and is left out: line 2 (the first: after byte "},
		{"first", "{\"choices\": [{\"routed_experts\": \"\"\n" + good("c"), "c", "f: 1 line is no JSON and is left out: line 1 ("},
		{"behind a key", good("a") + `{"id": "b", "choices": [` + "\n" + good("c") + good("d"), "a c d", "f: 1 line is no JSON and is left out: line 2 ("},
		{"blank lines", good("a") + "\n\r\n{\n\n" + good("c") + "oops\n", "a c", "f: 2 lines are no JSON and are left out: lines 4 and 7 ("},
		{"on the line of another", good("a") + strings.TrimSpace(good("b")) + " {]\n" + good("c"), "a b c", "f: 1 line is no JSON and is left out: line 2 ("},
		{"and cut", good("a") + "{]\n" + good("c") + good("d")[:40], "a c", "f: 2 lines are no JSON and are left out: lines 2 and 4 ("},
		{"many", good("a") + strings.Repeat("{]\n", 1000) + good("c"), "a c", "f: 1,000 lines are no JSON and are left out: lines 2, 3, 4, 5, 6 and more ("},
		{"stream", event("a") + "data: {\"id\": \"b\", \"choices\n\n" + event("c"), "a c", "f: 1 line is no JSON and is left out: line 3 ("},
		{"at the end", good("a") + "{]\n", "a", "f breaks off after byte "},
		{"several lines", good("a") + "{\n  \"id\": x,\n  \"choices\": []\n}\n", "a", "f breaks off after byte "},
		{"list", "[" + good("a") + ",\n{]\n,\n" + good("c") + "]", "a", "f breaks off after byte "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := open(t, filepath.Join(write(t, map[string]string{"f": c.text}), "f"))
			requests := load(t, a, "requests")
			if got := strings.Join(requests.Strings("id"), " "); got != c.ids {
				t.Errorf("responses %q are used, want %q", got, c.ids)
			}
			if got := findings(a); !strings.Contains(got, c.want) {
				t.Errorf("findings lack %q:\n%s", c.want, got)
			}
			if got := load(t, a, "tokens").Len(); got != requests.Len()*14 {
				t.Errorf("%d choices of %d responses, want 14 of each", got, requests.Len())
			}
		})
	}
}
