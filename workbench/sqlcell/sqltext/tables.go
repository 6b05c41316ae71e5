package sqltext

import (
	"slices"
	"strings"
)

// Reference is a table that a statement reads.
type Reference struct {
	Schema string // what stands before the point; empty for none
	Name   string
	Alias  string // what the statement calls it; empty for its name
	At     int    // byte at which the name starts
}

// References returns the tables that stand behind FROM, JOIN and commas between
// them, without those that the statement itself defines with WITH.
func (s Statement) References() []Reference {
	defined := s.defined()
	return slices.DeleteFunc(s.Mentions(), func(r Reference) bool {
		return r.Schema == "" && slices.ContainsFunc(defined, func(d string) bool { return strings.EqualFold(d, r.Name) })
	})
}

// Mentions returns References with those that the statement defines itself.
func (s Statement) Mentions() []Reference {
	var list []Reference
	expects := []bool{false} // by depth: a table may come next
	lists := []bool{false}   // by depth: within a list of tables, so that a comma is followed by one
	for i := 0; i < len(s.Tokens); i++ {
		t, top := s.Tokens[i], len(expects)-1
		switch {
		case step(t) > 0:
			expects, lists = append(expects, expects[top]), append(lists, expects[top])
			expects[top] = false
		case step(t) < 0 && top > 0:
			expects, lists = expects[:top], lists[:top]
		case t.Is("FROM") && i > 0 && s.Tokens[i-1].Is("DISTINCT"): // IS DISTINCT FROM
		case t.Is("FROM", "JOIN"):
			expects[top], lists[top] = true, true
		case t.Is("ON", "USING"):
			expects[top] = false
		case t.Is(","):
			expects[top] = lists[top]
		case endsTables(t):
			expects[top], lists[top] = false, false
		case expects[top] && t.IsName():
			r, used := s.reference(i)
			if !s.calls(i + used) {
				list = append(list, r)
			}
			expects[top] = false
			i += used - 1
		}
	}
	return list
}

// endsTables reports whether a keyword ends the list of tables.
func endsTables(t Token) bool {
	return t.Is("SELECT", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "WINDOW", "UNION", "EXCEPT", "INTERSECT", "VALUES")
}

// calls reports whether a round bracket opens at token i: a table function.
func (s Statement) calls(i int) bool { return i < len(s.Tokens) && step(s.Tokens[i]) > 0 }

// reference reads a table's name at token i, with its schema and alias, and returns
// how many tokens the name has.
func (s Statement) reference(i int) (r Reference, used int) {
	r, used = Reference{Name: s.Tokens[i].Name(), At: s.Tokens[i].At}, 1
	if i+2 < len(s.Tokens) && s.Tokens[i+1].Is(".") && s.Tokens[i+2].IsName() {
		r.Schema, r.Name, used = r.Name, s.Tokens[i+2].Name(), 3
	}
	rest := s.Tokens[i+used:]
	if len(rest) > 1 && rest[0].Is("AS") && rest[1].IsName() {
		r.Alias = rest[1].Name()
	} else if len(rest) > 0 && rest[0].IsName() && (rest[0].Kind == Quoted || !IsKeyword(rest[0].Text)) {
		r.Alias = rest[0].Name()
	}
	return r, used
}

// defined returns the names that WITH gives to tables, at any depth.
func (s Statement) defined() []string {
	var names []string
	for i := 0; i+1 < len(s.Tokens); i++ {
		if !s.Tokens[i].IsName() {
			continue
		}
		j := i + 1
		if step(s.Tokens[j]) > 0 { // columns of the table
			for depth := 0; j < len(s.Tokens); j++ {
				if depth += step(s.Tokens[j]); depth == 0 {
					j++
					break
				}
			}
		}
		if j+1 >= len(s.Tokens) || !s.Tokens[j].Is("AS") {
			continue
		}
		for j++; j < len(s.Tokens) && s.Tokens[j].Is("NOT", "MATERIALIZED"); j++ {
		}
		before := i > 0 && s.Tokens[i-1].Is("WITH", "RECURSIVE", ",")
		if before && s.calls(j) {
			names = append(names, s.Tokens[i].Name())
		}
	}
	return names
}
