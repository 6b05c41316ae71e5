package analysis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/fault"
)

// mostListed bounds how much of what there is an error lists.
const mostListed = 8

// NothingSelected is the error of an analysis whose parameters select nothing of what
// the artifact has. what is the kind of thing ("device"), wanted the reader's choice of
// it, have what could be chosen, in the order to list it; nil where there is nothing
// at all. Its kind is Missing: the parameters are sound, and another artifact may have it.
func NothingSelected(what, wanted string, have []string) error {
	err := fault.Errorf(fault.Missing, "nothing is selected: there is no %s %s", what, wanted)
	if len(have) == 0 {
		return err
	}
	list := strings.Join(have[:min(len(have), mostListed)], ", ")
	if more := len(have) - mostListed; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return fault.WithRemedy(err, "there are: %s", list)
}

// Contradicted is the error of an analysis whose parameter cannot be with the artifact
// at hand, such as more choices than there are things to choose from. It is Misuse.
func Contradicted(parameter, format string, args ...any) error {
	return fault.Errorf(fault.Misuse, "parameter %s: %w", parameter, fmt.Errorf(format, args...))
}

// Selected is nil when the parameter wanted selects one of have, or all of it with a
// negative number, and where there is nothing to select from, which an analysis tells
// of by itself. Otherwise it is NothingSelected.
func Selected(what string, wanted int, have []int64) error {
	if wanted < 0 || len(have) == 0 || slices.Contains(have, int64(wanted)) {
		return nil
	}
	names := make([]string, len(have))
	for i, n := range have {
		names[i] = strconv.FormatInt(n, 10)
	}
	return NothingSelected(what, strconv.Itoa(wanted), names)
}
