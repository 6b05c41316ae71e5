package compare

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/analysis/change"
)

// alike is how far numeric conditions, such as the tokens in a step, may differ, as a
// part of the larger.
const alike = 0.1

// differences lists the conditions that runs do not share, in sentences. What one side
// does not say is not held against it. A version differs when its first two numbers do.
func differences(baseline, current []*Run) []string {
	before, after := valuesOf(baseline), valuesOf(current)
	list := []string{}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		old, now := before[name], after[name]
		if len(now) == 0 || same(name, append(slices.Clone(old), now...)) {
			continue
		}
		list = append(list, fmt.Sprintf("The %s is %s in the baseline and %s now.", name, strings.Join(old, " and "), strings.Join(now, " and ")))
	}
	return list
}

// valuesOf lists the different values of each condition.
func valuesOf(runs []*Run) map[string][]string {
	values := map[string][]string{}
	for _, r := range runs {
		for name, v := range r.Conditions {
			if !slices.Contains(values[name], v) {
				values[name] = append(values[name], v)
			}
		}
	}
	return values
}

func same(name string, values []string) bool {
	for _, v := range values[1:] {
		if !sameValue(name, values[0], v) {
			return false
		}
	}
	return true
}

func sameValue(name, a, b string) bool {
	if strings.HasSuffix(name, "version") {
		return release(a) == release(b)
	}
	if strings.HasPrefix(name, "mean number of tokens ") {
		x, err := strconv.ParseFloat(a, 64)
		y, other := strconv.ParseFloat(b, 64)
		return err == nil && other == nil && change.Apart(x, y) <= alike
	}
	return a == b
}

// release is a version without what follows its second number.
func release(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

func joined(sentences []string) string { return strings.Join(sentences, " ") }
