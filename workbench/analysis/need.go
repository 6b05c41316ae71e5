package analysis

import "slices"

// Extend returns the needs with the columns of those in more that are of one of their
// tables, and behind them the rest of more. The lists given are not changed.
func Extend(needs []Need, more ...Need) []Need {
	needs = slices.Clone(needs)
	for _, m := range more {
		i := slices.IndexFunc(needs, func(n Need) bool { return n.Table == m.Table })
		if i < 0 {
			needs = append(needs, m)
		} else {
			needs[i].Columns = slices.Concat(needs[i].Columns, m.Columns)
		}
	}
	return needs
}
