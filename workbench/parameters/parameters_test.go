package parameters_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/fault"
	"profilemate/workbench/parameters"
)

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := parameters.Parse("%%params\n# a comment\nprofile = a b.sqlite   # an nsys export\ntop=20\nshare = 0.5\nlong = true\nname = \"20\" # text\nempty = \"\"\n")
	if err != nil {
		t.Fatal(err)
	}
	p := func(name string, value any, doc string) parameters.Parameter {
		return parameters.Parameter{Name: name, Value: value, Doc: doc}
	}
	want := []parameters.Parameter{p("profile", "a b.sqlite", "an nsys export"), p("top", int64(20), ""), p("share", 0.5, ""),
		p("long", true, ""), p("name", "20", "text"), p("empty", "", "")}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	again, err := parameters.Parse(parameters.Format(got))
	if d := cmp.Diff(want, again); err != nil || d != "" {
		t.Errorf("written and read: %v\n%s", err, d)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, words := range map[string]string{
		"%%params\nnot a line":      "line 2 of %%params: \"not a line\" is not of the form NAME = VALUE",
		"%%params\na = 1\n\na = 2":  "line 4 of %%params: the parameter a stands twice",
		"%%params\na = \"x":         "not closed",
		"%%params\na = \"x\" y":     "something follows",
		"%%params\na =":             "no value",
		"x = 1":                     "starts with %%params",
		"%%params\na = \"\\q\" # x": "not closed",
	} {
		_, err := parameters.Parse(text)
		if fault.KindOf(err) != fault.Misuse || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	values := map[string]any{"file": "run 1.sqlite", "top": int64(5), "plain": "a.sqlite", "q": `x"y`}
	lookup := func(name string) (any, bool) { v, ok := values[name]; return v, ok }
	for code, want := range map[string]string{
		"%%analysis kernel-summary {plain}\n  top={top}": "%%analysis kernel-summary a.sqlite\n  top=5",
		"%%analysis kernel-summary {file} top={top}":     "%%analysis kernel-summary \"run 1.sqlite\" top=5",
		"%%analysis kernel-summary \"{file}\" top={top}": "%%analysis kernel-summary \"run 1.sqlite\" top=5",
		"%%analysis x \"a/{q}\"":                         `%%analysis x "a/x\"y"`,
		"%%sql {plain}\nSELECT '{plain}'":                "%%sql a.sqlite\nSELECT '{plain}'",
		"x := map[string]int{plain}":                     "x := map[string]int{plain}",
		"%%analysis x no braces":                         "%%analysis x no braces",
	} {
		got, err := parameters.Expand(code, lookup)
		if err != nil || got != want {
			t.Errorf("%q became %q, %v; want %q", code, got, err, want)
		}
	}
	if _, err := parameters.Expand("%%analysis x {other}", lookup); fault.KindOf(err) != fault.Misuse || !strings.Contains(err.Error(), "{other}") {
		t.Errorf("an unset parameter: %v", err)
	}
	if got := parameters.Named("%%sql {a} {b} {a}\nSELECT {c}"); !cmp.Equal(got, []string{"a", "b"}) {
		t.Errorf("named: %q", got)
	}
}

func TestAs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text      string
		old, want any
	}{{"5", int64(1), int64(5)}, {"5", 0.5, 5.0}, {"5", "x", "5"}, {"false", true, false}} {
		if got, err := parameters.As("p", c.text, c.old); err != nil || got != c.want {
			t.Errorf("%q as %T: %v, %v", c.text, c.old, got, err)
		}
	}
	for text, old := range map[string]any{"x": int64(1), "0.5": int64(1), "1": true, "NaN": 0.5} {
		if _, err := parameters.As("p", text, old); fault.KindOf(err) != fault.Misuse {
			t.Errorf("%q as %T: %v", text, old, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"%%params\na = 1", "%%params\na = \"x\\n\" # y", " %%params a=1", "%%params\na = 1e400", "%%params\na = #"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parameters.Parse(text)
		if err != nil {
			return
		}
		values := map[string]any{}
		for i, p := range list {
			values[p.Name] = p.Value
			list[i].Doc = ""
		}
		again, err := parameters.Parse(parameters.Format(list))
		if err != nil {
			t.Fatalf("%q was written as %q: %v", text, parameters.Format(list), err)
		}
		for _, p := range again {
			if p.Value != values[p.Name] {
				t.Fatalf("%q: %s is %v, then %v", text, p.Name, values[p.Name], p.Value)
			}
		}
	})
}
