package compare

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/fault"
)

// Thresholds say how much each figure may change for the worse, in % or, of
// percentages, in points.
type Thresholds struct {
	Default float64
	rules   []thresholdRule
}

type thresholdRule struct {
	pattern string
	limit   float64 // negative: not judged
}

// notJudged is the limit of a figure whose threshold is off.
const notJudged = -1

// Of returns the threshold of a figure: that of the last rule that matches its name;
// negative where the figure is not judged.
func (t Thresholds) Of(name string) float64 {
	limit := t.Default
	for _, r := range t.rules {
		if matches(r.pattern, name) {
			limit = r.limit
		}
	}
	return limit
}

// idle returns the patterns that match none of the changes, in order.
func (t Thresholds) idle(changes []Change) []string {
	var list []string
	for _, r := range t.rules {
		if !slices.ContainsFunc(changes, func(c Change) bool { return matches(r.pattern, c.Name) }) {
			list = append(list, r.pattern)
		}
	}
	return list
}

// matches reports whether a pattern matches a name: * is any text, slashes too.
func matches(pattern, name string) bool {
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x00") }
	ok, err := path.Match(flat(pattern), flat(name))
	return err == nil && ok
}

// ReadThresholds reads a file of rules into t: on each line a pattern of names and a
// number or off, with # before a remark. The pattern may hold spaces; * is any text, ?
// any letter, [a-z] one of these. Of several that match the last one counts. name is
// how errors, which are Misuse, call the file.
func (t *Thresholds) ReadThresholds(r io.Reader, name string) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		rule, err := parseRule(text)
		if err != nil {
			return fault.WithRemedy(fault.Errorf(fault.Misuse, "%s, line %d: %w", name, n, err), "write a pattern and a number of percent or off, as in: phase/decode/* 3")
		}
		t.rules = append(t.rules, rule)
	}
	if err := lines.Err(); err != nil {
		return fault.Errorf(fault.Misuse, "reading %s: %w", name, err)
	}
	return nil
}

func parseRule(text string) (thresholdRule, error) {
	at := strings.LastIndexAny(text, " \t")
	if at < 0 {
		return thresholdRule{}, fmt.Errorf("%q has no threshold", text)
	}
	r := thresholdRule{pattern: strings.TrimSpace(text[:at]), limit: notJudged}
	if _, err := path.Match(r.pattern, ""); err != nil {
		return r, fmt.Errorf("pattern %q: %w", r.pattern, err)
	}
	number := strings.TrimSuffix(text[at+1:], "%")
	if number == "off" {
		return r, nil
	}
	limit, err := strconv.ParseFloat(number, 64)
	if err != nil || !(limit >= 0 && limit < 1e6) {
		return r, fmt.Errorf("threshold %q is neither off nor a number from 0", number)
	}
	r.limit = limit
	return r, nil
}
