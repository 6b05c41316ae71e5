package tokens_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe/tokens"
	"profilemate/workbench/fault"
)

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
