package nsys

import (
	"regexp"
	"strings"
)

// cleaner makes stored strings fit to show: valid UTF-8, no secret in them, and,
// unless asked for, nothing that tells of people and their machines.
type cleaner struct {
	showPrivate bool
	hints       []string // what a text with a secret contains, in lower case
	named       *regexp.Regexp
	known       *regexp.Regexp
	homes       *regexp.Regexp
	people      *regexp.Regexp // nil: no name is known
}

const masked = "***"

func newCleaner(showPrivate bool) cleaner {
	return cleaner{
		showPrivate: showPrivate,
		hints: []string{"token", "secret", "passw", "api_key", "apikey", "api-key", "access_key", "access-key", "credential",
			"bearer ", "hf_", "sk-", "ghp_", "github_pat_", "akia"},
		// A name that speaks of a secret, what joins it to its value, and the value.
		named: regexp.MustCompile(`(?i)([a-z0-9_-]*(?:token|secret|passwd|password|api[_-]?key|access[_-]?key|credential)[a-z0-9_-]*(?:\s*=\s*|:\s+|\s+))([^\s\x00"',;()<>]{8,})`),
		// Values that carry their own mark.
		known: regexp.MustCompile(`\b(?:hf_[A-Za-z0-9]{16,}|sk-[A-Za-z0-9_-]{16,}|ghp_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|AKIA[0-9A-Z]{16})|\bBearer +[A-Za-z0-9._~+/=-]{8,}`),
		homes: regexp.MustCompile(`(/home/|/Users/|\\Users\\|/root/)[^/\\\s"':;,)]*(?:[/\\][^/\\\s"':;,)]+)*([/\\])`),
	}
}

// knowing returns a cleaner that masks the names as well.
func (c cleaner) knowing(names []string) cleaner {
	if len(names) == 0 || c.showPrivate {
		return c
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	c.people = regexp.MustCompile(`(?i)(^|[^A-Za-z0-9_])(` + strings.Join(quoted, "|") + `)($|[^A-Za-z0-9_])`)
	return c
}

// text returns s with broken UTF-8 replaced, and secrets and what is private masked.
func (c cleaner) text(s string) string {
	s = c.unsigned(strings.ToValidUTF8(s, "\uFFFD"))
	lower := strings.ToLower(s)
	for _, hint := range c.hints {
		if strings.Contains(lower, hint) {
			return c.mask(s)
		}
	}
	return s
}

// unsigned masks who made the export and where.
func (c cleaner) unsigned(s string) string {
	if c.showPrivate {
		return s
	}
	if isEnvironment(s) {
		return masked
	}
	if strings.Contains(s, "/home/") || strings.Contains(s, "Users") || strings.Contains(s, "/root/") {
		s = c.homes.ReplaceAllString(s, "${1}"+masked+"${2}")
	}
	if c.people != nil {
		s = c.people.ReplaceAllString(s, "${1}"+masked+"${3}")
	}
	return s
}

// isEnvironment reports whether a text is the environment of a process, which Linux
// gives as NAME=value with a zero byte behind each.
func isEnvironment(s string) bool {
	first, _, several := strings.Cut(s, "\x00")
	return several && strings.Contains(first, "=")
}

func (c cleaner) mask(s string) string {
	s = c.known.ReplaceAllString(s, masked)
	return c.named.ReplaceAllStringFunc(s, func(found string) string {
		parts := c.named.FindStringSubmatch(found)
		if !isSecret(parts[1], parts[2]) {
			return found
		}
		return parts[1] + masked
	})
}

// isSecret tells HF_TOKEN=abc… and --api-key abc… from num_tokens=40960000 and
// from words that merely follow the word token.
func isSecret(name, value string) bool {
	if strings.Trim(value, "0123456789.") == "" {
		return false
	}
	return strings.ContainsAny(name, "=:") || strings.HasPrefix(name, "--")
}
