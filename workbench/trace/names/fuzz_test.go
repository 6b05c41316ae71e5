package names_test

import (
	"regexp"
	"strings"
	"testing"

	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// Rules are read or refused, and those that are read match what their expressions
// match and can be written and read again.
func FuzzParseRules(f *testing.F) {
	f.Add("gemm nvjet|gemm|(^|[^a-z])bmm_", "void nvjet_tst<1>(int)")
	f.Add("# x\n- a+b?\nmoe (?i)Expert|m[oa]e", "EXPERT")
	f.Add("x a{2,3}|b.|\\bc\\b|$", "aa")
	f.Add("x", "")
	f.Fuzz(func(t *testing.T, text, name string) {
		rules, err := names.ParseRules(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := names.ParseRules(strings.NewReader(rules.String()))
		if err != nil || again.String() != rules.String() {
			t.Fatalf("%q read again is %v, %v", rules.String(), again, err)
		}
		want := ""
		for _, rule := range written(rules) {
			if regexp.MustCompile(rule.pattern).MatchString(strings.ToLower(name)) {
				want = rule.family
				break
			}
		}
		got := ""
		if all := rules.Matches(name); len(all) > 0 {
			got = all[0]
		}
		if got != want {
			t.Fatalf("%q is %q by %q, want %q", name, got, text, want)
		}
	})
}

// Any names are shortened without a panic, different ones differently.
func FuzzShortNames(f *testing.F) {
	f.Add("void ns::f<(int)1, float>(int)", "void ns::f<(int)2, float>(int)", "f<1>")
	f.Add("<<<", "a::", "operator()")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		checkDistinct(t, []string{a, b, c, a})
		names.Family(a)
		names.DefaultComponents().Match(b)
		trace.ParsePhase(c)
		names.Layer(a)
	})
}
