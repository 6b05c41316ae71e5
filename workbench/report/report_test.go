package report_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/plugins"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/fault"
	"profilemate/workbench/report"
	"profilemate/workbench/result"
	"profilemate/workbench/store"
)

const (
	ncuFull = "../artifacts/ncu/testdata/h100_mini_full.ncu-rep.zst"
	routing = "../../notebooks/demo/captures/moe" // each file packed
)

// newEngine computes everything anew.
func newEngine(t testing.TB) *engine.Engine {
	t.Helper()
	e, err := withStore(nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func withStore(results *store.Store) (*engine.Engine, error) {
	registry, err := analysis.NewRegistry(plugins.All()...)
	return engine.New(engine.Config{Registry: registry, Store: results, Formats: artifacts.Formats{nsys.Format(), ncu.ReportFormat(), ncu.Format(), moe.Format()}}), err
}

func gather(t testing.TB, e *engine.Engine, r report.Request) *report.Report {
	t.Helper()
	got, err := report.Gather(t.Context(), e, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func written(t testing.TB, r *report.Report, f report.Format) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.Write(&out, r, f, report.Options{}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Every number of a report is the one that the analysis gives by itself: figures are
// cells of its tables, tables are its rows, charts its charts.
func TestNumbersAreTheAnalyses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"graphs", "hidden", "ncu", "moe"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, r := shared(t, name)
			e, alone := newEngine(t), map[string]*result.Result{}
			run := func(name string) *result.Result {
				if alone[name] == nil {
					alone[name] = runAlone(t, e, request, name)
				}
				return alone[name]
			}
			checkFigures(t, r, run)
			for _, s := range r.Sections {
				for _, p := range s.Parts {
					if p.Result != nil {
						checkPart(t, p, run(p.Analysis))
					}
				}
			}
		})
	}
}

func runAlone(t *testing.T, e *engine.Engine, r report.Request, name string) *result.Result {
	t.Helper()
	a, err := e.Registry.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{artifacts.Nsys: r.Nsys, artifacts.NCU: r.NCU, artifacts.MoE: r.MoE}
	var inputs []analysis.CallInput
	for _, role := range a.Roles {
		inputs = append(inputs, analysis.CallInput{Role: role.Name, Path: paths[role.Kind]})
	}
	out, err := e.Run(t.Context(), engine.Request{Analysis: name, Inputs: inputs}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out.Result
}

func checkFigures(t *testing.T, r *report.Report, run func(string) *result.Result) {
	t.Helper()
	known := 0
	for _, f := range r.Figures {
		if math.IsNaN(float64(f.Value)) {
			if f.Why == "" {
				t.Errorf("%s is missing without a reason", f.Name)
			}
			continue
		}
		known++
		column := run(f.Cell.Analysis).Table(f.Cell.Table).Frame.Column(f.Cell.Column)
		if want := column.Float(f.Cell.Row); want != float64(f.Value) {
			t.Errorf("%s is %v, but %s has %v", f.Name, f.Value, f.Cell.Analysis, want)
		}
		if f.Unit != column.Field.Unit && f.Unit != "tokens/s" {
			t.Errorf("%s is in %q, but %s has it in %q", f.Name, f.Unit, f.Cell.Analysis, column.Field.Unit)
		}
	}
	if known < 3 {
		t.Errorf("only %d figures are known", known)
	}
}

func checkPart(t *testing.T, p report.Part, want *result.Result) {
	t.Helper()
	for _, table := range p.Result.Tables {
		own := result.NewPreview(*want.Table(table.Name), len(table.Rows))
		if !reflect.DeepEqual(own, table) {
			t.Errorf("the table %s of %s is not the analysis's own", table.Name, p.Analysis)
		}
	}
	for _, c := range p.Result.Charts {
		if got, own := asJSON(t, c), asJSON(t, want.Chart(c.Name)); got != own {
			t.Errorf("the chart %s of %s is not the analysis's own", c.Name, p.Analysis)
		}
	}
	for _, f := range p.Result.Findings {
		if !slices.ContainsFunc(want.Findings, func(own result.Finding) bool { return asJSON(t, own) == asJSON(t, f) }) {
			t.Errorf("%s does not say: %s", p.Analysis, f.Text)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A report is the same bytes whoever runs it, from the store and without one, in each
// form, and below its cap.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"hidden", "ncu", "moe"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, first := shared(t, name)
			second := gather(t, newEngine(t), request)
			for _, form := range []report.Format{report.HTML, report.Markdown, report.JSON} {
				if written(t, first, form) != written(t, second, form) {
					t.Errorf("two reports as %s differ", form)
				}
			}
		})
	}
}

// No path of the writer's machine and nothing from elsewhere is in a report, and it keeps
// to its size.
func TestNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	for name := range gatherings {
		request, r := shared(t, name)
		page := written(t, r, report.HTML)
		for _, path := range append([]string{request.Nsys, request.NCU, request.MoE}, request.Baselines...) {
			if dir := filepath.Dir(path); path != "" && strings.Contains(page, dir) {
				t.Errorf("%s: the page names the folder %s", name, dir)
			}
		}
		for _, m := range regexp.MustCompile(`(?:src|href)="([^"]{0,40})`).FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(m[1], "#") && !strings.HasPrefix(m[1], "data:") {
				t.Errorf("%s: the page refers to %s", name, m[1])
			}
		}
		for _, form := range []string{page, written(t, r, report.Markdown), written(t, r, report.JSON)} {
			if len(form) > report.MaxHTML || len(form) < 5000 {
				t.Errorf("%s: a report has %d bytes", name, len(form))
			}
		}
	}
}

// Where a graph-level trace hides what the GPU did, no rule praises or blames it.
func TestCannotTell(t *testing.T) {
	t.Parallel()
	_, r := shared(t, "hidden")
	for _, rule := range []string{"graph-coverage", "host-bound-decode", "graph-gaps", "idle-gpu"} {
		a := adviceOf(t, r, rule)
		if a.State != report.CannotTell || !strings.Contains(a.Evidence, "--cuda-graph-trace=node") {
			t.Errorf("%s: %s: %s", rule, a.State, a.Evidence)
		}
	}
	if a := adviceOf(t, r, "dram-use"); a.State != report.CannotTell || !strings.Contains(a.Evidence, "--ncu-results") {
		t.Errorf("dram-use without a profile of ncu: %s: %s", a.State, a.Evidence)
	}
}

func adviceOf(t *testing.T, r *report.Report, rule string) report.Advice {
	t.Helper()
	for _, a := range r.Advice {
		if a.Rule == rule {
			return a
		}
	}
	t.Fatalf("there is no rule %s", rule)
	return report.Advice{}
}

// The advice on real captures, its gain worked out again from the tables.
func TestAdvice(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	request, r := shared(t, "eager")
	graphs := adviceOf(t, r, "graph-coverage")
	launches := runAlone(t, e, request, "launch-overhead").Table("kernels").Frame
	want := int64(0)
	for i := range launches.Len() {
		want += launches.Column("idle_before").Int(i) // none of an eager run is of a graph
	}
	if graphs.State != report.Act || graphs.GainNs != want || want == 0 {
		t.Errorf("of an eager run: %s, %d ns, not %d", graphs.State, graphs.GainNs, want)
	}
	phases := runAlone(t, e, request, "phases").Table("phases").Frame
	for i := range phases.Len() {
		if phases.Column("phase").Str(i) == "decode" {
			want = int64(phases.Column("total").Float(i) * (1 - phases.Column("gpu_active").Float(i)/100))
		}
	}
	if a := adviceOf(t, r, "host-bound-decode"); a.State != report.Act || a.GainNs != want {
		t.Errorf("decode: %s, %d ns, not %d", a.State, a.GainNs, want)
	}
	_, replayed := shared(t, "graphs")
	if a := adviceOf(t, replayed, "graph-coverage"); a.State != report.WithinBound {
		t.Errorf("of a run with graphs: %s: %s", a.State, a.Evidence)
	}
}

// Every piece of advice is whole sentences and says what it rests on; what is to be done
// comes first, by gain.
func TestAdviceIsWhole(t *testing.T) {
	t.Parallel()
	order := []report.State{report.Act, report.CannotTell, report.WithinBound}
	for name := range gatherings {
		_, r := shared(t, name)
		last, gain := 0, int64(math.MaxInt64)
		for _, a := range r.Advice {
			place := slices.Index(order, a.State)
			if place < last || a.State == report.Act && a.GainNs > gain {
				t.Errorf("%s: %s is out of order", name, a.Rule)
			}
			last, gain = place, a.GainNs
			checkAdvice(t, name, a)
		}
	}
}

func checkAdvice(t *testing.T, name string, a report.Advice) {
	t.Helper()
	sentences := []string{a.Evidence}
	if a.State == report.Act {
		sentences = append(sentences, a.Action)
		if a.Confidence == "" || a.Because == "" || a.GainNs < 0 || a.GainNs > 0 && a.GainOf == "" {
			t.Errorf("%s: %s does not say how sure it is: %+v", name, a.Rule, a)
		}
	}
	for _, s := range sentences {
		first, _, _ := strings.Cut(s, " ") // a kernel's name may begin a sentence
		if s == "" || strings.ToUpper(s[:1]) != s[:1] && !strings.Contains(first, "_") || !strings.HasSuffix(s, ".") || strings.Contains(s, "NaN") || strings.Contains(s, "%!") || strings.Contains(s, "..") {
			t.Errorf("%s: %s: no sentence: %q", name, a.Rule, s)
		}
	}
	if a.Title == "" || a.Threshold == "" || len(a.Source) == 0 {
		t.Errorf("%s: %s lacks its title, threshold or source", name, a.Rule)
	}
}

// A baseline's figures stand beside those of the run.
func TestBaseline(t *testing.T) {
	t.Parallel()
	_, r := shared(t, "graphs")
	_, eager := shared(t, "eager")
	for i, f := range r.Figures {
		if then := float64(eager.Figures[i].Value); float64(f.Baseline) != then && !math.IsNaN(then) {
			t.Errorf("the baseline of %s is %v, not %v", f.Name, f.Baseline, then)
		}
	}
	page := written(t, r, report.HTML)
	if !strings.Contains(page, `id="baseline"`) || !strings.Contains(page, `data-name="baseline"`) {
		t.Error("the page does not set the figures side by side")
	}
	if strings.Contains(written(t, eager, report.HTML), `id="baseline"`) || strings.Contains(written(t, eager, report.Markdown), "## Beside the baseline") {
		t.Error("a report without a baseline compares")
	}
}

// A kernel may be called anything; a hundred thousand rows and letters stay below the cap.
func TestHostileAndHuge(t *testing.T) {
	t.Parallel()
	const hostile = "</script><img src=x onerror=alert(1)>`|*_"
	b := frames.NewBuilder("kernels", frames.Schema{{Name: hostile, Kind: frames.String}, {Name: "total", Kind: frames.Int64, Unit: "ns"}})
	for i := range 1000 {
		b.Row(hostile+strings.Repeat("x", 5000), int64(i))
	}
	big := result.NewPreview(result.Table{Name: "kernels", Title: hostile, Frame: b.Frame()}, 1000)
	r := &report.Report{Version: 1, Title: hostile, Sections: []report.Section{{ID: `"><b>`, Title: hostile, Parts: []report.Part{{Analysis: "a", Title: hostile, Result: &result.Bundle{Tables: []result.Preview{big}}}}}},
		Advice: []report.Advice{{Rule: `"><b>`, Title: hostile, State: report.Act, Evidence: hostile, Action: hostile}}, Figures: []report.Figure{{Name: hostile, Of: hostile, Why: hostile}},
		Inputs: []report.Input{{Role: "profile", Name: hostile, Summary: hostile}}}
	page := written(t, r, report.HTML)
	if strings.Contains(page, "<img src=x") || strings.Contains(page, `"><b>`) || len(page) > report.MaxHTML {
		t.Errorf("a name breaks out, or the page has %d bytes", len(page))
	}
	if !strings.Contains(page, "of 1000 rows") && !strings.Contains(page, "of 1,000 rows") {
		t.Error("the page does not say that the table was cut")
	}
	if text := written(t, r, report.Markdown); strings.Contains(text, "<img") {
		t.Error("a name breaks out of the Markdown")
	}
}

func TestWrongInputs(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	note := filepath.Join(t.TempDir(), "note.txt")
	if err := os.WriteFile(note, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	experts := enginetest.UnzipFolder(t, routing)
	for name, test := range map[string]struct {
		request report.Request
		kind    fault.Kind
	}{
		"nothing":       {report.Request{}, fault.Misuse},
		"no such file":  {report.Request{Nsys: filepath.Join(t.TempDir(), "none")}, fault.NotFound},
		"wrong kind":    {report.Request{NCU: capture(t, "demo_eager")}, fault.Misuse},
		"wrong folder":  {report.Request{NCU: experts}, fault.Misuse},
		"no profile":    {report.Request{Nsys: note}, fault.Unsupported},
		"two baselines": {report.Request{MoE: experts, Baselines: []string{experts, experts}}, fault.Misuse},
	} {
		if _, err := report.Gather(t.Context(), e, test.request, nil); fault.KindOf(err) != test.kind {
			t.Errorf("%s: %v, not %s", name, err, test.kind)
		}
	}
	if err := report.Write(&bytes.Buffer{}, &report.Report{}, "docx", report.Options{}); fault.KindOf(err) != fault.Misuse {
		t.Errorf("an unknown format: %v", err)
	}
}

// The page about reports explains every rule.
func TestRulesAreExplained(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	_, r := shared(t, "moe")
	for _, a := range r.Advice {
		if !regexp.MustCompile(`(?m)^\| [^|]*\b` + a.Rule + `\b[^|]* \| [^|]+ \| [^|]+ \|$`).Match(page) {
			t.Errorf("docs/report.md does not explain %s", a.Rule)
		}
	}
}
