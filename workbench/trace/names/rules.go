package names

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"profilemate/workbench/fault"
)

// Other is the family of a name that no rule matches.
const Other = "other"

// Nothing is the family, written in a rule, of names that belong to none: such a
// rule keeps the ones below it from claiming them.
const Nothing = "-"

// Rules tell a name's family: the first that matches wins. They are read-only and
// safe for concurrent use.
type Rules struct {
	rules    []rule
	families []string // in order of their first rule
	subject  subject
}

// rule gives the names that a regular expression matches (RE2 syntax) a family.
type rule struct {
	family  string
	text    string // the expression as it was written
	pattern pattern
}

// subject is what the patterns are matched against.
type subject string

const (
	kernelNames subject = "kernel" // the name in lower case
	rangeParts  subject = "range"  // the words of the parts of a path, the last part first
	rangeWords  subject = "phase"  // the words of the whole name
)

// ParseRules reads rules for kernel names: one a line, a family, blanks or tabs, and
// a regular expression up to the end of the line, which is matched against the
// name in lower case. Empty lines and those that begin with # say nothing. The
// first rule that matches wins; one of the family "-" says that a name has no
// family. Errors are Misuse and name the line.
func ParseRules(r io.Reader) (*Rules, error) { return parseRules(r, kernelNames) }

// ParseComponentRules reads rules for the names of NVTX ranges in the format of
// ParseRules. Patterns are matched against words in lower case with one space
// between them ("layer 0 rms norm"; see Words), so that \bnorm\b does not find
// "normal". Of a path such as model.layers.0.mlp the last part is tried first.
func ParseComponentRules(r io.Reader) (*Rules, error) { return parseRules(r, rangeParts) }

func parseRules(r io.Reader, s subject) (*Rules, error) {
	out := &Rules{subject: s}
	lines := bufio.NewScanner(r)
	number := 0
	for lines.Scan() {
		number++
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff")) // some editors begin a file with it
		if line == "" || line[0] == '#' {
			continue
		}
		family, _, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
		pattern := strings.TrimSpace(line[len(family):])
		if pattern == "" {
			return nil, fault.WithRemedy(fault.Errorf(fault.Misuse, "rules: line %d: family %q has no pattern", number, family),
				"write a family, a blank and a regular expression")
		}
		if err := out.add(family, pattern); err != nil {
			return nil, fault.Errorf(fault.Misuse, "rules: line %d: family %q: %w", number, family, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fault.Errorf(fault.Misuse, "rules: line %d is longer than 64 KiB", number+1)
	} else if err != nil {
		return nil, fault.Errorf(fault.KindOf(err), "rules: reading line %d: %w", number+1, err)
	}
	if len(out.rules) == 0 {
		return nil, fault.WithRemedy(fault.Errorf(fault.Misuse, "rules: there is no rule"), "write a family, a blank and a regular expression a line")
	}
	return out, nil
}

// CheckRuleList says what is wrong with rules that stand in one line, separated by
// semicolons: between stands between the family and the pattern of each, a blank for
// any white space. Empty rules say nothing. The error names the rule by its number and
// its text and has no kind.
func CheckRuleList(text, between string) error {
	number := 0
	for rule := range strings.SplitSeq(text, ";") {
		number++
		if rule = strings.TrimSpace(rule); rule == "" {
			continue
		}
		if err := checkRule(rule, between); err != nil {
			return fmt.Errorf("rule %d, %q: %w", number, rule, err)
		}
	}
	return nil
}

func checkRule(rule, between string) error {
	text := rule
	if between == " " {
		text = strings.ReplaceAll(rule, "\t", " ")
	}
	family, pattern, _ := strings.Cut(text, between)
	family, pattern = strings.TrimSpace(family), strings.TrimSpace(pattern)
	switch {
	case strings.ContainsAny(rule, "\r\n"):
		return errors.New("a rule has one line")
	case family == "" || pattern == "":
		return fmt.Errorf("a rule is written family%spattern", between)
	case family[0] == '#':
		return errors.New("a family cannot begin with #")
	}
	_, err := compilePattern(pattern)
	return err
}

func (r *Rules) add(family, text string) error {
	pattern, err := compilePattern(text)
	if err != nil {
		return err
	}
	if !slices.Contains(r.families, family) {
		r.families = append(r.families, family)
	}
	r.rules = append(r.rules, rule{family, text, pattern})
	return nil
}

// Match returns the family of a name, Other where no rule matches, and whether
// rules of more than one family match, so that another order of the rules would
// have told another.
func (r *Rules) Match(name string) (family string, ambiguous bool) {
	all := r.Matches(name)
	if len(all) == 0 || all[0] == Nothing {
		return Other, false
	}
	return all[0], len(all) > 1
}

// Matches returns the families whose rules match a name, each once, the winner
// first. It is empty where none does. The family Nothing ends the list.
func (r *Rules) Matches(name string) []string {
	switch r.subject {
	case rangeParts:
		parts := pathParts(PlainName(name))
		for _, part := range slices.Backward(parts) {
			if found := r.matches(Words(part)); len(found) > 0 {
				return found
			}
		}
		return nil
	case rangeWords:
		return r.matches(Words(PlainName(name)))
	}
	return r.matches(strings.ToLower(name))
}

func (r *Rules) matches(text string) []string {
	var out []string
	for i := range r.rules {
		rule := &r.rules[i]
		if slices.Contains(out, rule.family) || !rule.pattern.matches(text) {
			continue
		}
		out = append(out, rule.family)
		if rule.family == Nothing {
			break
		}
	}
	return out
}

// Families lists the families in order of their first rule, without Nothing and
// Other. The caller owns the slice.
func (r *Rules) Families() []string {
	return slices.DeleteFunc(slices.Clone(r.families), func(f string) bool { return f == Nothing || f == Other })
}

// String returns the rules as the text that they can be parsed from.
func (r *Rules) String() string {
	var b strings.Builder
	for i := range r.rules {
		b.WriteString(r.rules[i].family + "\t" + r.rules[i].text + "\n")
	}
	return b.String()
}
