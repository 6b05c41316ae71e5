package report_test

import (
	"html"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/workbench/compare"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/report"
)

// The report judges as profilemate check does with no threshold given, and says the same
// in HTML and in Markdown.
func TestBaselineIsJudged(t *testing.T) {
	t.Parallel()
	request, r := shared(t, "graphs")
	if len(r.Comparisons) != 1 || r.Comparisons[0].Report == nil {
		t.Fatalf("the comparisons are %+v", r.Comparisons)
	}
	got := r.Comparisons[0].Report
	want := judged(t, request.Baselines[0], request.Nsys)
	if got.Summary() != want.Summary() || got.Proof != want.Proof || len(got.Changes) != len(want.Changes) {
		t.Errorf("the report says %q %q, check says %q %q", got.Summary(), got.Proof, want.Summary(), want.Proof)
	}
	list, _ := want.Listed()
	if len(list) < 5 || want.Counts.Improved == 0 {
		t.Fatalf("eager and graphs differ in %d changes, %d of them better", len(list), want.Counts.Improved)
	}
	page, text := html.UnescapeString(written(t, r, report.HTML)), written(t, r, report.Markdown)
	for _, c := range list {
		if !strings.Contains(page, "<td>"+string(c.Verdict)+"</td><td>"+c.Label()+"</td>") {
			t.Errorf("the page lacks %s %s", c.Verdict, c.Label())
		}
	}
	if !strings.Contains(page, want.Proof) || !strings.Contains(text, "## Beside the baseline") || strings.Count(text, "| improvement |") == 0 {
		t.Error("the page lacks the proof, or the Markdown what improved")
	}
}

func judged(t *testing.T, baseline, current string) *compare.Report {
	t.Helper()
	var sides [2][]*compare.Run
	for i, path := range []string{baseline, current} {
		runs, err := compare.Open(t.Context(), keeping(t), []string{path}, nil)
		if err != nil {
			t.Fatal(err)
		}
		sides[i] = runs
	}
	r, err := compare.Compare(sides[0], sides[1], compare.Options{Thresholds: compare.Thresholds{Default: 10}, MinShare: 0.5, AllowUnlike: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A baseline of a kind that the profile lacks is no error of the report: it says so,
// and names no path.
func TestBaselineOfAnotherKind(t *testing.T) {
	t.Parallel()
	experts := enginetest.UnzipFolder(t, routing)
	r := gather(t, newEngine(t), report.Request{Nsys: capture(t, "h100_mini_nodes"), Baselines: []string{experts}})
	if len(r.Comparisons) != 1 || r.Comparisons[0].Report != nil || !strings.Contains(r.Comparisons[0].Missing, "--moe-results") {
		t.Fatalf("the comparisons are %+v", r.Comparisons)
	}
	for _, form := range []report.Format{report.HTML, report.Markdown} {
		if text := written(t, r, form); !strings.Contains(text, "Cannot tell: The baseline") || strings.Contains(text, filepath.Dir(experts)) {
			t.Errorf("%s does not say why, or names the folder", form)
		}
	}
}
