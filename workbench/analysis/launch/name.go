package launch

import (
	"regexp"
	"strings"
)

// PlainNames returns a function that writes a kernel's name as all demanglers would
// print it. It remembers what it has
// seen, since names repeat with each launch, and so is not for several goroutines.
func PlainNames() func(string) string {
	type rewrite struct {
		pattern *regexp.Regexp
		with    string
	}
	rewrites := []rewrite{
		{regexp.MustCompile(`<unnamed>`), "(anonymous namespace)"},
		{regexp.MustCompile(`\(([A-Za-z_][\w: ]*)\)(-?\d)`), "$2"},              // (int)64, (Mode)1
		{regexp.MustCompile(`\b(\d+)(?:[uU][lL]{0,2}|[lL]{1,2}[uU]?)\b`), "$1"}, // 64u, 64ul
		{regexp.MustCompile(`\btrue\b`), "1"},                                   // (bool)1
		{regexp.MustCompile(`\bfalse\b`), "0"},                                  // (bool)0
		{regexp.MustCompile(`\b([A-Za-z_][\w:]*) const\b`), "const $1"},         // float const*
		{regexp.MustCompile(`\s*([<>,*&()\[\]])\s*`), "$1"},                     // > > and >>, float * and float*
		{regexp.MustCompile(`,`), ", "},
	}
	known := map[string]string{}
	return func(name string) string {
		plain, ok := known[name]
		if ok {
			return plain
		}
		plain = name
		for _, r := range rewrites {
			plain = r.pattern.ReplaceAllString(plain, r.with)
		}
		known[name] = strings.TrimSpace(plain)
		return known[name]
	}
}
