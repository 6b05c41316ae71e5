package tokens_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe/tokens"
	"profilemate/workbench/fault"
)

// write makes a folder of files.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t testing.TB, path string) artifacts.Artifact {
	t.Helper()
	a, err := artifacts.Formats{tokens.Format()}.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	analysistest.CheckFindings(t, a.Info().Findings)
	return a
}

func load(t testing.TB, a artifacts.Artifact, table string, columns ...string) *frames.Frame {
	t.Helper()
	f, err := artifacts.Load(context.Background(), a, table, columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// lines gives a table as text, a row a line.
func lines(f *frames.Frame) string {
	var b strings.Builder
	for i := range f.Len() {
		for j := range f.Width() {
			if j > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(f.At(j).Str(i))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func findings(a artifacts.Artifact) string {
	var list []string
	for _, f := range append(a.Info().Findings, a.(artifacts.Finder).ScanFindings()...) {
		list = append(list, f.Text)
	}
	return strings.Join(list, "\n")
}

// npy is a .npy file of ids of the given type.
func npy(descr string, ids []int, shape ...int) string {
	data := npyHeader(descr, shape...)
	for _, id := range ids {
		switch descr {
		case "|u1":
			data = append(data, byte(id))
		case "<u2":
			data = binary.LittleEndian.AppendUint16(data, uint16(id))
		case ">i2":
			data = binary.BigEndian.AppendUint16(data, uint16(id))
		case "<i4":
			data = binary.LittleEndian.AppendUint32(data, uint32(id))
		case "<i8":
			data = binary.LittleEndian.AppendUint64(data, uint64(id))
		}
	}
	return string(data)
}

// response is an answer of vLLM whose choice has the ids.
func response(id, blob string, prompt, output int) string {
	text, _ := json.Marshal(map[string]any{"id": id, "object": "text_completion",
		"choices": []any{map[string]any{"index": 0, "text": "…", "routed_experts": base64.StdEncoding.EncodeToString([]byte(blob))}},
		"usage":   map[string]int{"prompt_tokens": prompt, "completion_tokens": output}})
	return string(text)
}

// Four tokens of three layers, top-2; layer 1 is dense, and token 2 was not seen in
// layer 2. Worked by hand:
//
//	token   layer 0   layer 2
//	0       0 1       3 2
//	1       1 0       2 1
//	2       2 0       (0 0)
//	3       1 2       1 3
func small() []int {
	return []int{0, 1, 0, 0, 3, 2, 1, 0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 0, 1, 2, 0, 0, 1, 3}
}

const (
	smallActivations = "0 0 3 37.5\n0 1 3 37.5\n0 2 2 25\n0 3 0 0\n2 0 0 0\n2 1 2 33.333333333333336\n2 2 2 33.333333333333336\n2 3 2 33.333333333333336\n"
	smallPairs       = "0 0 1 2\n0 0 2 1\n0 1 2 1\n2 1 2 1\n2 1 3 1\n2 2 3 1\n"
	smallAffinity    = "0 0 1 1\n0 0 2 2\n0 0 3 1\n0 1 1 2\n0 1 2 2\n0 1 3 2\n0 2 1 1\n0 2 3 1\n"
)

// All integer types give the same tables, from a file and from a response.
func TestTablesByHand(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i, descr := range []string{"|u1", "<u2", ">i2", "<i4", "<i8"} {
		blob := npy(descr, small(), 4, 3, 2)
		files[fmt.Sprintf("%d.npy", i)] = blob
		files[fmt.Sprintf("%d.json", i)] = response("cmpl-1", blob, 3, 2)
	}
	dir := write(t, files)
	for name := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := open(t, filepath.Join(dir, name))
			for table, want := range map[string]string{"activations": smallActivations, "coselection": smallPairs, "affinity": smallAffinity} {
				if got := lines(load(t, a, table)); got != want {
					t.Errorf("%s:\n%swant\n%s", table, got, want)
				}
			}
			if got := findings(a); !strings.Contains(got, "1 layer names expert 0 alone") || !strings.Contains(got, "1 row names expert 0 for every choice") {
				t.Errorf("findings: %s", got)
			}
			analysistest.CheckFindings(t, a.(artifacts.Finder).ScanFindings())
		})
	}
}

// The prompt ends where usage says; the last token of a response has no row.
func TestTokensOfAResponse(t *testing.T) {
	t.Parallel()
	a := open(t, write(t, map[string]string{"a.jsonl": response("cmpl-1", npy("|u1", small(), 4, 3, 2), 3, 2) + "\n" + response("cmpl-2", npy("|u1", small()[:6], 1, 3, 2), 1, 1)}))
	got := lines(load(t, a, "tokens", "request", "position", "phase", "layer", "rank", "expert"))
	want := `0 0 prompt 0 0 0
0 0 prompt 0 1 1
0 0 prompt 2 0 3
0 0 prompt 2 1 2
0 1 prompt 0 0 1
0 1 prompt 0 1 0
0 1 prompt 2 0 2
0 1 prompt 2 1 1
0 2 prompt 0 0 2
0 2 prompt 0 1 0
0 3 output 0 0 1
0 3 output 0 1 2
0 3 output 2 0 1
0 3 output 2 1 3
1 0 prompt 0 0 0
1 0 prompt 0 1 1
1 0 prompt 2 0 3
1 0 prompt 2 1 2
`
	if got != want {
		t.Errorf("tokens:\n%swant\n%s", got, want)
	}
	if got, want := lines(load(t, a, "requests")), "0 cmpl-1 4 3 2\n1 cmpl-2 1 1 1\n"; got != want {
		t.Errorf("requests:\n%swant\n%s", got, want)
	}
	m := a.Info().Metadata
	for key, want := range map[string]string{"top_k": "2", "tokens": "5", "token_level": "yes", "expert_level": "logical", "padding": "removed", "routing_source": "vLLM routed_experts", "coselection_complete": "yes"} {
		if m[key] != want {
			t.Errorf("metadata %s = %q, want %q", key, m[key], want)
		}
	}
	if a.Info().Producer != "vLLM" {
		t.Errorf("producer %q", a.Info().Producer)
	}
}

// Workers share the tokens in order.
func TestScanByWorkers(t *testing.T) {
	t.Parallel()
	var ids []int
	for i := range 999 {
		ids = append(ids, i%5, 5+i%3)
	}
	a := open(t, filepath.Join(write(t, map[string]string{"a.npy": npy("|u1", ids, 999, 1, 2)}), "a.npy"))
	parts := make([][]int64, 3)
	err := a.Scan(context.Background(), artifacts.Request{Table: "tokens", Columns: []string{"expert", "phase"}, Workers: 3}, func(worker int, b *frames.Batch) error {
		parts[worker] = append(parts[worker], b.Ints("expert")...)
		if !b.Column("phase").IsNull(0) {
			return fmt.Errorf("the phase of an array is known")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all := append(append(parts[0], parts[1]...), parts[2]...)
	if len(all) != len(ids) || len(parts[2]) == 0 {
		t.Fatalf("%d ids, want %d", len(all), len(ids))
	}
	for i, id := range ids {
		if all[i] != int64(id) {
			t.Fatalf("id %d is %d, want %d", i, all[i], id)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	none := func(int, *frames.Batch) error { return nil }
	for _, table := range []string{"tokens", "steps"} {
		if err := a.Scan(ended, artifacts.Request{Table: table}, none); fault.KindOf(err) != fault.Canceled {
			t.Errorf("canceled scan of %s: %v", table, err)
		}
	}
	if load(t, a, "steps").Len() == 0 {
		t.Error("a canceled scan is remembered")
	}
	if err := a.Scan(context.Background(), artifacts.Request{Table: "steps", Columns: []string{"x"}}, none); fault.KindOf(err) != fault.Misuse {
		t.Errorf("unknown column: %v", err)
	}
}

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

// What cannot be read is refused with the place and what would help.
func TestRefused(t *testing.T) {
	t.Parallel()
	whole := npy("|u1", small(), 4, 3, 2)
	for _, c := range []struct {
		name, content, want string
		kind                fault.Kind
	}{
		{"fortran", strings.Replace(whole, "False", "True ", 1), "Fortran order", fault.Unsupported},
		{"cut", whole[:len(whole)-5], "it is cut off", fault.Corrupt},
		{"four axes", npy("|u1", small(), 2, 2, 3, 2), "no array of expert ids", fault.Unsupported},
		{"wide", npy("|u1", make([]int, 400), 2, 2, 100), "no routing has 2 layers with 100 choices", fault.Unsupported},
		{"logits without top-k", string(append(npyHeader("<f4", 2, 2, 4), make([]byte, 64)...)), "nothing says how many a token chooses", fault.Missing},
		{"torch", "PK\x03\x04" + strings.Repeat("\x00", 22) + "\x10\x00\x00\x00archive/data.pkl" + strings.Repeat("\x00", 90), "torch.save", fault.Unsupported},
		{"no base64", `{"choices": [{"routed_experts": "%%%"}]}`, "decoding routed experts", fault.Corrupt},
		{"null", `{"choices": [{"routed_experts": null}]}`, "none of 1 response has routed experts", fault.Missing},
		{"no usage", `{"meta_info": {"routed_experts": "AAAA"}}`, "no prompt_tokens", fault.Missing},
		{"few tokens", `{"meta_info": {"prompt_tokens": 2, "completion_tokens": 1, "routed_experts": "AAAAAAEAAAACAAAAAwAAAA=="}}`, "too few tokens", fault.Missing},
		{"no tokens", npy("|u1", nil, 0, 3, 2), "no array of expert ids", fault.Unsupported},
	} {
		path := filepath.Join(write(t, map[string]string{"f": c.content}), "f")
		_, err := artifacts.Formats{tokens.Format()}.Open(context.Background(), path)
		if fault.KindOf(err) != c.kind || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: kind %s: %v", c.name, fault.KindOf(err), err)
		}
	}
}

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

// What is left out is named for what it is: padding is no dense layer.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		ids        []int
	}{
		{"padding alone", "1 layer has no token with a choice that can be used and is left out.\n2 rows have an id below 0 or above 4095 and are left out: padding, or damage.", []int{0, 1, -1, -1, 2, 1, -1, -1}},
		{"one row", "1 row has an id below 0 or above 4095 and is left out: padding, or damage.", []int{0, 1, 3, 2, 2, 1, 5000, 1}},
		{"dense", "1 layer names expert 0 alone for every token and is left out: dense layers have no router.", []int{0, 1, 0, 0, 2, 1, 0, 0}},
		{"dense and padding", "1 layer names expert 0 alone for every token and is left out: dense layers have no router.\n1 row has an id below 0 or above 4095 and is left out: padding, or damage.", []int{0, 1, 0, 0, 2, 1, -1, -1}},
		{"unseen", "1 row names expert 0 for every choice and is left out: the recorder did not see those tokens in those layers.", []int{0, 1, 3, 1, 2, 1, 0, 0}},
	} {
		a := open(t, filepath.Join(write(t, map[string]string{"f": npy("<i4", c.ids, 2, 2, 2)}), "f"))
		load(t, a, "activations")
		analysistest.CheckFindings(t, a.(artifacts.Finder).ScanFindings())
		var got []string
		for _, f := range a.(artifacts.Finder).ScanFindings() {
			got = append(got, f.Text)
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: %q, want %q", c.name, strings.Join(got, "\n"), c.want)
		}
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

// A config.json says how many experts there are, also where nobody chose the highest; a
// number that no model has is not believed.
func TestExpertsOfTheModel(t *testing.T) {
	t.Parallel()
	blob := npy("|u1", small(), 4, 3, 2)
	for _, c := range []struct{ config, want string }{
		{`{"num_experts_per_tok": 2, "num_experts": 8}`, "8"},
		{`{"num_experts_per_tok": 2, "num_experts": 1000000000}`, ""},
	} {
		for name, content := range map[string]string{"a.npy": blob, "a.json": response("a", blob, 3, 2)} {
			a := open(t, write(t, map[string]string{name: content, "config.json": c.config}))
			if got := a.Info().Metadata["experts"]; got != c.want {
				t.Errorf("%s with %s: %q experts, want %q", name, c.config, got, c.want)
			}
			rows := 2 * 4 // layers that route, experts seen
			if c.want != "" {
				rows = 2 * 8
			}
			if n := load(t, a, "activations").Len(); n != rows {
				t.Errorf("%s with %s: %d rows of activations, want %d", name, c.config, n, rows)
			}
		}
	}
}
