package analysistest

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"profilemate/workbench/result"
)

// CheckFindings fails the test for a finding that does not read as the others do: the
// text and the remedy are sentences with a period, the remedy begins with a capital
// letter, and a number agrees with its noun.
func CheckFindings(t testing.TB, list []result.Finding) {
	t.Helper()
	for _, f := range list {
		for _, fault := range faultsOf(f) {
			t.Errorf("finding %q, remedy %q: %s", f.Text, f.Remedy, fault)
		}
	}
}

func faultsOf(f result.Finding) []string {
	var faults []string
	say := func(wrong bool, fault string) {
		if wrong {
			faults = append(faults, fault)
		}
	}
	say(!isSentence(f.Text), "the text does not end with a period")
	say(f.Remedy != "" && !isSentence(f.Remedy), "the remedy does not end with a period")
	first, _ := utf8.DecodeRuneInString(f.Remedy)
	say(f.Remedy != "" && !unicode.IsUpper(first), "the remedy does not begin with a capital letter")
	for _, text := range []string{f.Text, f.Remedy} {
		say(strings.Contains(text, "%!") || strings.Contains(text, "NaN") || strings.Contains(text, "+Inf"), "a number is not one")
		say(oneOfMany(text), "a single thing stands in the plural: write it with result.Count")
	}
	return faults
}

func isSentence(text string) bool {
	return text == strings.TrimSpace(text) && strings.HasSuffix(text, ".")
}

// oneOfMany finds "1 streams". Units and nouns that end like a plural are none.
func oneOfMany(text string) bool {
	for _, m := range regexp.MustCompile(`(?:^|[^\w.,:×/-])1 ([a-z]{3,})s\b`).FindAllStringSubmatch(text, -1) {
		if !strings.HasSuffix(m[1], "s") && !strings.HasSuffix(m[1], "u") && !strings.HasSuffix(m[1], "i") {
			return true
		}
	}
	return false
}
