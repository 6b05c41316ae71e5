package pages

import "strings"

// The reasons for which a declaration is declined.
const (
	unreadable = "its declaration is not understood"
	virtual    = "it is a virtual table"
	noRowid    = "it is declared WITHOUT ROWID"
	generated  = "it has generated columns"
)

// parseTable returns the columns of a CREATE TABLE statement, or why it is declined.
func parseTable(sql string) (columns []Column, reason string) {
	list, ok := tokens(sql)
	if len(list) > 1 && list[1].is("VIRTUAL") {
		return nil, virtual
	}
	if !ok || len(list) < 2 || !list[0].is("CREATE") || !list[1].is("TABLE") {
		return nil, unreadable
	}
	open := 2
	for open < len(list) && !list[open].is("(") {
		open++
	}
	parts, rest, ok := split(list[open:])
	if !ok {
		return nil, unreadable
	}
	if reason := options(rest); reason != "" {
		return nil, reason
	}
	for i, part := range parts {
		if len(part) > 0 && part[0].is("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN") {
			return keyed(columns, parts[i:])
		}
		c, reason := parseColumn(part)
		if reason != "" {
			return nil, reason
		}
		columns = append(columns, c)
	}
	return columns, ""
}

// split returns what stands between the commas of a list in parentheses, and what
// comes after it.
func split(list []token) (parts [][]token, rest []token, ok bool) {
	if len(list) == 0 {
		return nil, nil, false
	}
	depth, from := 0, 1
	for i, t := range list {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		}
		if depth == 0 || depth == 1 && t.is(",") {
			parts = append(parts, list[from:i])
			from = i + 1
		}
		if depth == 0 {
			return parts, list[i+1:], true
		}
	}
	return nil, nil, false
}

// options reads what stands behind the columns.
func options(rest []token) string {
	for i, t := range rest {
		switch {
		case t.is("ROWID") && i > 0 && rest[i-1].is("WITHOUT"):
			return noRowid
		case !t.is("WITHOUT", "STRICT", ",", ";"):
			return unreadable
		}
	}
	return ""
}

// parseColumn reads the declaration of one column: name, type, constraints.
func parseColumn(part []token) (Column, string) {
	if len(part) == 0 {
		return Column{}, unreadable
	}
	n := 1
	var words []string
	for n < len(part) && !startsConstraint(part[n]) {
		words = append(words, part[n].text)
		n++
	}
	c := Column{Name: part[0].text, Type: strings.Join(words, " "), empty: true}
	// Only this one word, quoted or not, makes a key the rowid.
	plain := n == 2 && strings.EqualFold(part[1].text, "INTEGER")
	reason := c.constrain(part[n:], plain)
	return c, reason
}

func startsConstraint(t token) bool {
	return t.is("CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS", "ON")
}

// constrain reads the constraints of a column; plain says that it is an INTEGER. A
// key with DESC is not the rowid: an old mistake that SQLite keeps.
func (c *Column) constrain(part []token, plain bool) (reason string) {
	at := func(i int) token {
		if i < len(part) {
			return part[i]
		}
		return token{}
	}
	depth := 0
	for i := 0; i < len(part); i++ {
		switch t := part[i]; {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case depth > 0:
		case t.is("CONSTRAINT", "COLLATE", "REFERENCES"):
			i++ // a name follows
		case t.is("GENERATED", "AS"):
			return generated
		case t.is("PRIMARY"):
			c.Rowid = plain && !at(i+2).is("DESC")
		case t.is("DEFAULT"):
			c.empty = at(i + 1).is("NULL")
			if !at(i + 1).is("(") {
				i++
			}
		}
	}
	return ""
}

// keyed looks for a key of one column among the constraints behind the columns. It
// is the rowid when the column is an INTEGER, whatever its direction.
func keyed(columns []Column, parts [][]token) ([]Column, string) {
	for _, part := range parts {
		depth := 0
		for i, t := range part {
			switch {
			case t.is("("):
				depth++
			case t.is(")"):
				depth--
			case depth == 0 && t.is("PRIMARY") && i+2 < len(part):
				keys, _, ok := split(part[i+2:])
				if !ok || len(keys) == 0 || len(keys[0]) == 0 {
					return nil, unreadable
				}
				if len(keys) == 1 && !markKey(columns, keys[0]) {
					return nil, unreadable
				}
			}
		}
	}
	return columns, ""
}

// markKey reports whether there is the column that a key of one names.
func markKey(columns []Column, key []token) bool {
	for i := range columns {
		if fold(columns[i].Name) == fold(key[0].text) {
			columns[i].Rowid = strings.EqualFold(columns[i].Type, "INTEGER")
			return true
		}
	}
	return false
}
