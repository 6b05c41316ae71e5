package capture

import (
	"fmt"
	"strings"

	"profilemate/workbench/analysis"
	"profilemate/workbench/job"
	"profilemate/workbench/result"
)

// unused warns of values that play no part in a plan.
func unused(groups []job.Group, params []analysis.Param, values analysis.Values) []result.Finding {
	defaults := map[string]string{}
	for _, p := range params {
		defaults[p.Name] = p.Default
	}
	value := func(name string) string {
		if text, ok := values[name]; ok {
			return text
		}
		return defaults[name]
	}
	var notes []result.Finding
	for _, g := range groups {
		var given []string
		for _, name := range g.Params {
			if value(name) != defaults[name] {
				given = append(given, "--"+name)
			}
		}
		if len(given) > 0 && !g.Used(value) {
			notes = append(notes, result.Finding{Severity: result.Warning, Text: fmt.Sprintf("This capture does not use %s.", listed(given, "and")),
				Remedy: fmt.Sprintf("Add %s, or leave %s out.", listed(g.Flags(), "or"), them(given))})
		}
	}
	return notes
}

func them(list []string) string {
	if len(list) == 1 {
		return "it"
	}
	return "them"
}

// listed joins words with commas, and the last one with a word of its own.
func listed(list []string, last string) string {
	n := len(list) - 1
	if n == 0 {
		return list[0]
	}
	return strings.Join(list[:n], ", ") + " " + last + " " + list[n]
}
