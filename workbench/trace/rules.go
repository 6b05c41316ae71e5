package trace

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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

// Rule gives the names that a regular expression matches (RE2 syntax) a family.
type Rule struct {
	Family  string
	Pattern string
}

// Rules tell a name's family: the first that matches wins. They are read-only and
// safe for concurrent use.
type Rules struct {
	rules    []compiled
	families []string // in order of their first rule
	subject  subject
}

type compiled struct {
	Rule
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

// ParsePhaseRules reads rules that tell the phase (prefill, decode, mixed) of a
// range from its name, in the format of ParseRules. Patterns are matched against
// the words of the whole name.
func ParsePhaseRules(r io.Reader) (*Rules, error) {
	rules, err := parseRules(r, rangeWords)
	if err != nil {
		return nil, err
	}
	for _, family := range rules.families {
		if !slices.Contains([]string{string(Prefill), string(Decode), string(Mixed), Nothing}, family) {
			return nil, fault.Errorf(fault.Misuse, "rules: %q is no phase (they are prefill, decode, mixed and - for none)", family)
		}
	}
	return rules, nil
}

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
		family, pattern, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
		if pattern = strings.TrimSpace(line[len(family):]); pattern == "" {
			return nil, fault.WithRemedy(fault.Errorf(fault.Misuse, "rules: line %d: family %q has no pattern", number, family),
				"write a family, a blank and a regular expression")
		}
		if err := out.add(Rule{family, pattern}); err != nil {
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

func (r *Rules) add(rule Rule) error {
	pattern, err := compilePattern(rule.Pattern)
	if err != nil {
		return err
	}
	if !slices.Contains(r.families, rule.Family) {
		r.families = append(r.families, rule.Family)
	}
	r.rules = append(r.rules, compiled{rule, pattern})
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
		if slices.Contains(out, rule.Family) || !rule.pattern.matches(text) {
			continue
		}
		out = append(out, rule.Family)
		if rule.Family == Nothing {
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

// List returns the rules in order. The caller owns the slice.
func (r *Rules) List() []Rule {
	out := make([]Rule, len(r.rules))
	for i := range r.rules {
		out[i] = r.rules[i].Rule
	}
	return out
}

// String returns the rules as the text that they can be parsed from.
func (r *Rules) String() string {
	var b strings.Builder
	for i := range r.rules {
		b.WriteString(r.rules[i].Family + "\t" + r.rules[i].Pattern + "\n")
	}
	return b.String()
}

// Digest identifies what the rules say, for keys of stored results: 64 hexadecimal
// digits. Comments and blanks do not change it.
func (r *Rules) Digest() string {
	sum := sha256.Sum256([]byte(string(r.subject) + "\n" + r.String()))
	return hex.EncodeToString(sum[:])
}
