package sqlcell

import (
	"strings"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
	"profilemate/workbench/sqlcell/functions"
	"profilemate/workbench/sqlcell/sqltext"
	"profilemate/workbench/sqlcell/vtab"
)

// fields says what is known of the columns that a statement gives, from the tables
// that it reads: a plain column keeps its unit, and so do sums and differences of
// columns of one unit and functions such as max. What may be something else has no
// unit.
func (d *database) fields(stmt *sqlite.Stmt, s sqltext.Statement) []frames.Field {
	u := d.scope.units(s)
	fields := make([]frames.Field, stmt.ColumnCount())
	for i := range fields {
		fields[i] = u.result(stmt.ColumnName(i))
	}
	return fields
}

// units is what is known of the columns of a statement.
type units struct {
	aliases map[string]map[string]frames.Field // by what the statement calls a table
	columns map[string]frames.Field            // of all tables, where they agree
	derived map[string]frames.Field            // of SELECTs, where they agree
	outer   map[string]frames.Field            // of the statement itself
	keeps   map[string]bool                    // functions that keep the unit
}

func (s scope) units(of sqltext.Statement) *units {
	u := &units{aliases: map[string]map[string]frames.Field{}, columns: map[string]frames.Field{}, derived: map[string]frames.Field{},
		outer: map[string]frames.Field{}, keeps: map[string]bool{}}
	for _, f := range append(functions.Own(0), functions.BuiltIn()...) {
		u.keeps[f.Name] = f.KeepsUnit
	}
	for _, r := range of.References() {
		t, ok := s.lookup(r)
		if !ok {
			continue
		}
		called := r.Alias
		if called == "" {
			called = r.Name
		}
		u.addTable(strings.ToLower(called), t.source.Schema())
	}
	items := of.Items()
	for range 3 { // a SELECT may stand before or after the one that it reads
		u.derived, u.outer = u.derive(items)
	}
	return u
}

func (u *units) addTable(called string, schema frames.Schema) {
	fields := map[string]frames.Field{}
	for i, name := range vtab.ColumnNames(schema) {
		lower := strings.ToLower(name)
		fields[lower] = schema[i]
		agree(u.columns, lower, schema[i])
	}
	u.aliases[called] = fields
}

// agree adds a field under a name, or leaves only what it shares with one that is
// there.
func agree(to map[string]frames.Field, name string, f frames.Field) {
	was, ok := to[name]
	switch {
	case !ok:
		to[name] = f
	case was.Unit != f.Unit || was.Kind != f.Kind:
		to[name] = frames.Field{}
	}
}

func (u *units) derive(items []sqltext.Item) (derived, outer map[string]frames.Field) {
	derived, outer = map[string]frames.Field{}, map[string]frames.Field{}
	for _, item := range items {
		if item.Name == "" {
			continue
		}
		f := u.field(item.Tokens)
		if !handsOn(item) { // what it hands on is known from where it comes
			agree(derived, strings.ToLower(item.Name), f)
		}
		if item.Outer {
			agree(outer, strings.ToLower(item.Name), f)
		}
	}
	return derived, outer
}

// handsOn reports whether a column is another one under its own name.
func handsOn(item sqltext.Item) bool {
	last := item.Tokens[len(item.Tokens)-1]
	plain := len(item.Tokens) == 1 || len(item.Tokens) == 3 && item.Tokens[1].Is(".")
	return plain && last.IsName() && strings.EqualFold(last.Name(), item.Name)
}

// result is what is known of a column of the statement's result.
func (u *units) result(name string) frames.Field {
	lower := strings.ToLower(name)
	if f, ok := u.outer[lower]; ok {
		return f
	}
	if f, ok := u.derived[lower]; ok { // by way of "*"
		return f
	}
	return u.columns[lower]
}

// field is what is known of an expression.
func (u *units) field(tokens []sqltext.Token) frames.Field {
	tokens = sqltext.Argument(tokens)
	if f, n := u.column(tokens); n > 0 && n == len(tokens) {
		return f
	}
	return frames.Field{Unit: u.unit(tokens)}
}

// column is what is known of the column that tokens begin with, and how many tokens
// its name has; 0 where it is no known column.
func (u *units) column(tokens []sqltext.Token) (frames.Field, int) {
	if len(tokens) == 0 || !tokens[0].IsName() {
		return frames.Field{}, 0
	}
	first := strings.ToLower(tokens[0].Name())
	if len(tokens) > 2 && tokens[1].Is(".") && tokens[2].IsName() {
		name := strings.ToLower(tokens[2].Name())
		if f, ok := u.aliases[first][name]; ok {
			return f, 3
		}
		f, ok := u.derived[name]
		if !ok {
			return frames.Field{}, 0
		}
		return f, 3
	}
	f, ok := u.columns[first]
	if !ok {
		f, ok = u.derived[first]
	}
	if !ok {
		return frames.Field{}, 0
	}
	return f, 1
}

// unit is the unit that all columns of an expression share, where nothing in it makes
// another of it; empty for none.
func (u *units) unit(tokens []sqltext.Token) string {
	unit := ""
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if t.Kind == sqltext.Word && i+1 < len(tokens) && tokens[i+1].Is("(") {
			if !u.keeps[strings.ToLower(t.Text)] {
				return ""
			}
			continue
		}
		switch {
		case t.Kind == sqltext.Number, t.Is("(", ")", ",", "+", "-", "DISTINCT", "NULL"):
			continue
		}
		f, n := u.column(tokens[i:])
		if n == 0 || f.Unit == "" || unit != "" && unit != f.Unit {
			return ""
		}
		unit = f.Unit
		i += n - 1
	}
	return unit
}
