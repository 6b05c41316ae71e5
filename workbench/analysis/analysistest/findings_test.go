package analysistest_test

import (
	"fmt"
	"strings"
	"testing"

	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/result"
)

// recorder keeps the errors of a test instead of failing it.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestCheckFindings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, remedy, want string }{
		{"1 stream ran 2 kernels, each 1 block of 64 threads.", "Capture with nsys profile.", ""},
		{"It took 1 ms, 1.1 times as long, in 1 pass and 1,001 steps.", "", ""},
		{"No period", "", "the text does not end with a period"},
		{"A sentence.", "capture again.", "the remedy does not begin with a capital letter"},
		{"A sentence.", "Capture again", "the remedy does not end with a period"},
		{"2 kernels ran on 1 streams.", "", "plural"},
		{"1 launches failed.", "", "plural"},
		{"The mean is NaN ns.", "", "not one"},
		{"It took %!d(string=x) ns.", "", "not one"},
	} {
		r := &recorder{TB: t}
		analysistest.CheckFindings(r, []result.Finding{{Text: c.text, Remedy: c.remedy}})
		got := strings.Join(r.errors, "\n")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) || len(r.errors) > 1 {
			t.Errorf("%q, %q: %q, want %q", c.text, c.remedy, got, c.want)
		}
	}
}
