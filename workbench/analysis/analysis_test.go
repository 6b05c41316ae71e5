package analysis_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

type params struct {
	Top   int           `param:"top" doc:"rows of the chart" min:"1" max:"100"`
	Peak  float64       `param:"peak" doc:"compute ceiling" unit:"FLOP/s" min:"0"`
	Gap   time.Duration `param:"gap" doc:"shortest gap" min:"0s"`
	By    string        `param:"by" doc:"what bars show" enum:"time,count"`
	Exact bool          `param:"exact" doc:"leave nothing out"`
	Match string        `param:"match" doc:"part of a name"`
}

var defaults = params{Top: 20, Peak: 1e12, Gap: time.Millisecond, By: "time"}

// spec is a sound declaration whose result repeats its parameters.
func spec() analysis.Spec[params] {
	return analysis.Spec[params]{
		Name: "probe", Doc: "repeat the parameters\n\nFor tests.", Version: 1, Defaults: defaults,
		Roles:   []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "a capture"}, {Name: "baseline", Kind: "nsys", Doc: "another"}},
		Outputs: []analysis.Output{{Name: "t", Kind: analysis.TableOutput}},
		Whole: func(_ context.Context, _ analysis.Inputs, p params) (*result.Result, error) {
			r := &result.Result{}
			r.Note("%+v", p)
			return r, nil
		},
	}
}

func probe(t *testing.T) analysis.Analysis {
	t.Helper()
	a := analysis.Define(spec())
	if _, err := analysis.NewRegistry(a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestRegistryRefusesFaultyDeclarations(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*analysis.Spec[params])
		want   string
	}{
		"bad name":    {func(s *analysis.Spec[params]) { s.Name = "Big Name" }, "lower case words"},
		"no doc":      {func(s *analysis.Spec[params]) { s.Doc = "title only" }, "needs a title line"},
		"period":      {func(s *analysis.Spec[params]) { s.Doc = "title.\n\ntext" }, "without a period"},
		"no version":  {func(s *analysis.Spec[params]) { s.Version = 0 }, "counts from 1"},
		"no run":      {func(s *analysis.Spec[params]) { s.Whole = nil }, "exactly one"},
		"no output":   {func(s *analysis.Spec[params]) { s.Outputs = nil }, "declares no output"},
		"no role":     {func(s *analysis.Spec[params]) { s.Roles = nil }, "declares no role"},
		"role twice":  {func(s *analysis.Spec[params]) { s.Roles[1].Name = "profile" }, "unique name"},
		"bad default": {func(s *analysis.Spec[params]) { s.Defaults.Top = 1000 }, "top: 1000 is above 100"},
		"stray stream": {func(s *analysis.Spec[params]) {
			s.Roles[0].Tables = []analysis.Need{{Table: "kernels", Stream: true}}
		}, "go together"},
		"column twice": {func(s *analysis.Spec[params]) {
			f := frames.Field{Name: "start", Kind: frames.Int64}
			s.Roles[0].Tables = []analysis.Need{{Table: "kernels", Columns: []frames.Field{f, f}}}
		}, "stands twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := spec()
			tc.change(&s)
			_, err := analysis.NewRegistry(analysis.Define(s))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want …%s…", err, tc.want)
			}
		})
	}
	a := probe(t)
	if _, err := analysis.NewRegistry(a, a); err == nil || !strings.Contains(err.Error(), "declared twice") {
		t.Errorf("a repeated analysis: %v", err)
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	a := probe(t)
	for name, tc := range map[string]struct {
		values analysis.Values
		want   string // canonical values, or the error
	}{
		"none":               {nil, ""},
		"at its default":     {analysis.Values{"top": "20", "gap": "1000us", "peak": "1000000000000"}, ""},
		"canonical spelling": {analysis.Values{"gap": "1500us", "peak": "2E12", "exact": "T"}, "exact=true gap=1.5ms peak=2e+12"},
		"quoted":             {analysis.Values{"match": "a b"}, `match="a b"`},
		"below":              {analysis.Values{"top": "0"}, "probe: parameter top: 0 is below 1"},
		"above":              {analysis.Values{"top": "101"}, "probe: parameter top: 101 is above 100"},
		"unit in bound":      {analysis.Values{"peak": "-1"}, "probe: parameter peak: -1 is below 0 FLOP/s"},
		"no int":             {analysis.Values{"top": "1.5"}, `probe: parameter top: "1.5" is not a whole number`},
		"no number":          {analysis.Values{"peak": "NaN"}, `probe: parameter peak: "NaN" is not a finite number`},
		"no duration":        {analysis.Values{"gap": "5"}, `probe: parameter gap: "5" is not a duration such as 100ms`},
		"no truth":           {analysis.Values{"exact": "yes"}, `probe: parameter exact: "yes" is not true or false`},
		"no option":          {analysis.Values{"by": "size"}, `probe: parameter by: "size" is none of time, count`},
		"unknown":            {analysis.Values{"tpo": "1"}, `probe: there is no parameter "tpo" (there are: top, peak, gap, by, exact, match)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := a.Normalize(tc.values)
			text := got.Canonical()
			if err != nil {
				text = err.Error()
				if fault.KindOf(err) != fault.Misuse {
					t.Errorf("the kind is %s, want misuse", fault.KindOf(err))
				}
			}
			if text != tc.want {
				t.Errorf("got  %s\nwant %s", text, tc.want)
			}
		})
	}
}

// Two cells may run one analysis with different parameters at once.
func TestParametersAreAValue(t *testing.T) {
	t.Parallel()
	a := probe(t)
	for _, v := range []analysis.Values{{"top": "3"}, {}, {"top": "4", "exact": "true"}} {
		begin, err := a.Begin(v)
		if err != nil {
			t.Fatal(err)
		}
		r, err := begin().Finish(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		want := "{Top:20 "
		if v["top"] != "" {
			want = "{Top:" + v["top"] + " "
		}
		if !strings.HasPrefix(r.Findings[0].Text, want) {
			t.Errorf("%v ran with %s", v, r.Findings[0].Text)
		}
	}
}

func TestParseCell(t *testing.T) {
	t.Parallel()
	a := probe(t)
	lookup := func(name string) (analysis.Analysis, error) {
		if name != "probe" {
			return a, fault.Errorf(fault.NotFound, "there is no analysis %q", name)
		}
		return a, nil
	}
	in := func(role, path string) analysis.CallInput { return analysis.CallInput{Role: role, Path: path} }
	for text, want := range map[string]analysis.Call{
		"%%analysis probe":            {Analysis: "probe", Params: analysis.Values{}},
		"\n%%analysis probe a.sqlite": {Analysis: "probe", Inputs: []analysis.CallInput{in("", "a.sqlite")}, Params: analysis.Values{}},
		"%%analysis probe profile=a\n  baseline=\"b c\"\n top=5 match=\"x=\\\"y\\\"\"": {Analysis: "probe",
			Inputs: []analysis.CallInput{in("profile", "a"), in("baseline", "b c")}, Params: analysis.Values{"top": "5", "match": `x="y"`}},
		`%%analysis probe "dir=1/a.csv"`:  {Analysis: "probe", Inputs: []analysis.CallInput{in("", "dir=1/a.csv")}, Params: analysis.Values{}},
		`%%analysis probe ../run=1/a.csv`: {Analysis: "probe", Inputs: []analysis.CallInput{in("", "../run=1/a.csv")}, Params: analysis.Values{}},
		`%%analysis probe a as=x`:         {Analysis: "probe", Inputs: []analysis.CallInput{in("", "a")}, Params: analysis.Values{}, As: "x"},
		`%%analysis probe match=""`:       {Analysis: "probe", Params: analysis.Values{"match": ""}},
	} {
		got, err := analysis.ParseCell(text, lookup)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
		again, err := analysis.ParseCell(got.String(), lookup)
		if err != nil || !cmp.Equal(again, got) {
			t.Errorf("%q was written as %q and read as %v, %v", text, got.String(), again, err)
		}
	}
	for text, want := range map[string]string{
		"print(1)":                     "starts with",
		"%%analysisprobe":              "starts with",
		"%%analysis":                   "needs the name",
		"%%analysis nope":              "there is no analysis",
		"%%analysis probe size=1":      "neither a role nor a parameter",
		"%%analysis probe top=1 top=2": "stands twice",
		"%%analysis probe as=a as=b":   "one name",
		"%%analysis probe as=":         "one name",
		`%%analysis probe "a`:          "not closed",
	} {
		if _, err := analysis.ParseCell(text, lookup); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want …%s…", text, err, want)
		}
	}
}

// FuzzCell holds writing and reading of cells to each other for any text.
func FuzzCell(f *testing.F) {
	f.Add("a.sqlite", "x")
	f.Add(`b "c"`, `\`)
	f.Add("k=v", "\n\t")
	a := analysis.Define(spec())
	f.Fuzz(func(t *testing.T, path, match string) {
		call := analysis.Call{Analysis: "probe", Inputs: []analysis.CallInput{{Path: path}, {Role: "baseline", Path: path}},
			Params: analysis.Values{"match": match}, As: path}
		if path == "" {
			call.As = match
		}
		got, err := analysis.ParseCell(call.String(), func(string) (analysis.Analysis, error) { return a, nil })
		if err != nil || !cmp.Equal(call, got) {
			t.Errorf("%q read as %+v, %v", call.String(), got, err)
		}
	})
}
