package sqltext

import (
	"slices"
	"strings"
)

// Keywords lists the words that SQLite's SELECT is made of, in upper case and order.
// The caller owns the slice.
func Keywords() []string {
	return strings.Fields(`ALL AND AS ASC BETWEEN BY CASE CAST COLLATE CROSS CURRENT DESC DISTINCT ELSE END ESCAPE EXCEPT EXCLUDE EXISTS EXPLAIN FILTER
		FIRST FOLLOWING FROM FULL GLOB GROUP GROUPS HAVING IN INNER INTERSECT IS ISNULL JOIN LAST LEFT LIKE LIMIT MATERIALIZED NATURAL NOT NOTNULL NULL
		NULLS OFFSET ON OR ORDER OUTER OVER PARTITION PLAN PRECEDING QUERY RANGE RECURSIVE REGEXP RIGHT ROW ROWS SELECT THEN TIES UNBOUNDED UNION USING
		VALUES WHEN WHERE WINDOW WITH WITHOUT`)
}

// IsKeyword reports whether a word is one of Keywords, letter case ignored.
func IsKeyword(word string) bool {
	_, found := slices.BinarySearch(Keywords(), strings.ToUpper(word))
	return found
}

// Nearest returns the candidates that a mistyped name may mean, the likeliest first,
// at most three: they differ in few letters, or one holds the other.
func Nearest(name string, candidates []string) []string {
	type scored struct {
		text  string
		score int
	}
	var near []scored
	lower := strings.ToLower(name)
	for _, c := range candidates {
		other := strings.ToLower(c)
		d := distance(lower, other)
		holds := len(lower) > 2 && (strings.Contains(other, lower) || len(other) > 2 && strings.Contains(lower, other))
		if d <= max(1, (len(lower)+1)/3) || holds {
			near = append(near, scored{c, d})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int { return a.score - b.score })
	var list []string
	for _, n := range near {
		if !slices.Contains(list, n.text) && len(list) < 3 {
			list = append(list, n.text)
		}
	}
	return list
}

// distance is the number of bytes to insert, delete or replace to make b of a
// (Levenshtein). Texts of more than 64 bytes are far from everything.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
