package traffic_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"profilemate/workbench/fault"
	"profilemate/workbench/traffic"
	"profilemate/workbench/traffic/standin"
)

const shareGPT = `[
 {"id": "1", "conversations": [{"from": "system", "value": "s"}, {"from": "human", "value": "What is 2+2?"}, {"from": "gpt", "value": "4"}]},
 {"id": "2", "conversations": []},
 {"id": "3", "conversations": [{"from": "user", "value": "Why?"}]}
]`

func TestDatasets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []traffic.Prompt
	}{
		{"sharegpt", shareGPT, []traffic.Prompt{{Text: "What is 2+2?"}, {Text: "Why?"}}},
		{"custom", "{\"prompt\": \"a b\", \"output_tokens\": 5}\n\n{\"prompt\": \"c\"}\n", []traffic.Prompt{{Text: "a b", Output: 5}, {Text: "c"}}},
		{"chat", `{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "Hi"}], "max_tokens": 3}`, []traffic.Prompt{{Text: "Hi", Output: 3}}},
		{"text", "\n one \r\ntwo", []traffic.Prompt{{Text: "one"}, {Text: "two"}}},
		{"negative", `{"prompt": "a", "output_len": -4}`, []traffic.Prompt{{Text: "a"}}},
	} {
		got, err := traffic.ReadDataset(strings.NewReader(c.text))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

func TestBadDatasets(t *testing.T) {
	t.Parallel()
	for text, c := range map[string]struct {
		kind fault.Kind
		want string
	}{
		"":                            {fault.Missing, "holds no prompts"},
		" \n\t":                       {fault.Missing, "holds no prompts"},
		"[]":                          {fault.Missing, "holds no prompts"},
		"[{\"conversations\": [":      {fault.Corrupt, "at byte"},
		"[{\"prompt\": \"a\"}":        {fault.Corrupt, "at byte"},
		"{\"prompt\": \"a\"}\n{\"b\"": {fault.Corrupt, "prompt line 2"},
		strings.Repeat("x", 17<<20):   {fault.Corrupt, "too long"},
	} {
		if _, err := traffic.ReadDataset(strings.NewReader(text)); fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.30q: %v, want %s (%s)", text, err, c.want, c.kind)
		}
	}
}

// Prompts of a data set go out in turn; a second round begins otherwise.
func TestDatasetIsSent(t *testing.T) {
	t.Parallel()
	s, o := serve(t, standin.Options{})
	o.Requests, o.Concurrency, o.InputLen, o.OutputLen = 3, 1, 0, 0
	o.Prompts = []traffic.Prompt{{Text: "first", Output: 2}, {Text: "second"}}
	r, err := traffic.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	got := s.Requests()[1:]
	if got[0].Prompt != "first" || got[0].MaxTokens != 2 || got[1].Prompt != "second" || got[1].MaxTokens != 128 {
		t.Errorf("sent %+v", got)
	}
	if p := got[2].Prompt; !strings.HasSuffix(p, "\nfirst") || len(strings.Fields(p)) != 9 {
		t.Errorf("the second round begins with %q", p)
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "2 prompts for 3 requests") }) || !r.Data {
		t.Errorf("notes %q", r.Notes)
	}
}

func FuzzReadDataset(f *testing.F) {
	for _, text := range []string{shareGPT, "[", "{\"prompt\":\"a\"}\n{", "one\ntwo", "[[]]", "\xff", "{\"prompt\":1}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		prompts, err := traffic.ReadDataset(strings.NewReader(string(text)))
		if err != nil && fault.KindOf(err) != fault.Corrupt && fault.KindOf(err) != fault.Missing {
			t.Errorf("a fault of kind %s: %v", fault.KindOf(err), err)
		}
		for _, p := range prompts {
			if strings.TrimSpace(p.Text) == "" || p.Output < 0 || p.IDs != nil {
				t.Errorf("prompt %+v", p)
			}
		}
	})
}
