package nsys

import (
	"regexp"
	"strings"
)

// cleaner makes stored strings fit to show: valid UTF-8, and no secret in them.
type cleaner struct {
	hints []string // what a text with a secret contains, in lower case
	named *regexp.Regexp
	known *regexp.Regexp
}

const masked = "***"

func newCleaner() cleaner {
	return cleaner{
		hints: []string{"token", "secret", "passw", "api_key", "apikey", "api-key", "access_key", "access-key", "credential",
			"bearer ", "hf_", "sk-", "ghp_", "github_pat_", "akia"},
		// A name that speaks of a secret, what joins it to its value, and the value.
		named: regexp.MustCompile(`(?i)([a-z0-9_-]*(?:token|secret|passwd|password|api[_-]?key|access[_-]?key|credential)[a-z0-9_-]*(?:\s*=\s*|:\s+|\s+))([^\s"',;()<>]{8,})`),
		// Values that carry their own mark.
		known: regexp.MustCompile(`\b(?:hf_[A-Za-z0-9]{16,}|sk-[A-Za-z0-9_-]{16,}|ghp_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|AKIA[0-9A-Z]{16})|\bBearer +[A-Za-z0-9._~+/=-]{8,}`),
	}
}

// text returns s with broken UTF-8 replaced and secrets masked.
func (c cleaner) text(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	lower := strings.ToLower(s)
	for _, hint := range c.hints {
		if strings.Contains(lower, hint) {
			return c.mask(s)
		}
	}
	return s
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
