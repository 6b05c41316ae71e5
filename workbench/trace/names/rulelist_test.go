package names_test

import (
	"strings"
	"testing"

	"profilemate/workbench/trace/names"
)

func TestCheckRuleList(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, between, want string }{
		{"", "=", ""},
		{"moe=topk|sort;fused = my_kernel;", "=", ""},
		{"moe=a=b", "=", ""},
		{`moe \bmixture\b; - \bwarmup\b`, " ", ""},
		{"moe\tmixture", " ", ""},
		{"moe=x;gemm", "=", `rule 2, "gemm": a rule is written family=pattern`},
		{";moe=", "=", `rule 2, "moe=": a rule is written family=pattern`},
		{"=x", "=", `rule 1, "=x": a rule is written family=pattern`},
		{"moe", " ", `rule 1, "moe": a rule is written family pattern`},
		{"moe=(", "=", "rule 1, \"moe=(\": error parsing regexp: missing closing ): `(`"},
		{"#moe=x", "=", `rule 1, "#moe=x": a family cannot begin with #`},
		{"moe=a\nb", "=", `rule 1, "moe=a\nb": a rule has one line`},
	} {
		text := ""
		if err := names.CheckRuleList(tc.text, tc.between); err != nil {
			text = err.Error()
		}
		if text != tc.want {
			t.Errorf("%q: got %q, want %q", tc.text, text, tc.want)
		}
	}
}

// FuzzCheckRuleList holds the check to the parser: what it accepts can be read as
// rules, unless it holds none.
func FuzzCheckRuleList(f *testing.F) {
	for _, text := range []string{"moe topk;norm rms", "moe (", ";", "- x", "a \\Q", "a\x00 b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if names.CheckRuleList(text, " ") != nil || len(text) > 1<<15 {
			return
		}
		_, err := names.ParseRules(strings.NewReader(strings.ReplaceAll(text, ";", "\n")))
		if err != nil && !strings.Contains(err.Error(), "there is no rule") {
			t.Errorf("%q is accepted and cannot be read: %v", text, err)
		}
	})
}
