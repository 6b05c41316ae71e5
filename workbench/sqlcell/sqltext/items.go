package sqltext

// Item is a column that a SELECT gives, of the whole statement or of a part.
type Item struct {
	Name   string  // as SQLite calls the column; empty for "*"
	Tokens []Token // the expression, without "AS name"
	Outer  bool    // of the statement itself, not of a subquery or of WITH
}

// Items returns the columns of all SELECTs of a statement, in the order of the text.
func (s Statement) Items() []Item {
	var list []Item
	depth := 0
	for i, t := range s.Tokens {
		depth += step(t)
		if t.Is("SELECT") {
			list = append(list, s.itemsAt(i+1, depth == 0)...)
		}
	}
	return list
}

// itemsAt reads the columns of a SELECT from token i on.
func (s Statement) itemsAt(i int, outer bool) []Item {
	for i < len(s.Tokens) && s.Tokens[i].Is("DISTINCT", "ALL") {
		i++
	}
	var list []Item
	depth, start := 0, i
	end := func(at int) {
		if at > start {
			list = append(list, s.item(s.Tokens[start:at], outer))
		}
		start = at + 1
	}
	for ; i < len(s.Tokens); i++ {
		t := s.Tokens[i]
		distinctFrom := t.Is("FROM") && s.Tokens[i-1].Is("DISTINCT")
		depth += step(t)
		switch {
		case depth < 0, depth == 0 && !distinctFrom && t.Is("FROM", "WHERE", "GROUP", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT", "WINDOW"):
			end(i)
			return list
		case depth == 0 && t.Is(","):
			end(i)
		}
	}
	end(len(s.Tokens))
	return list
}

// item takes the name off an expression.
func (s Statement) item(tokens []Token, outer bool) Item {
	n := len(tokens)
	last := tokens[n-1]
	named := last.IsName() && (last.Kind == Quoted || !IsKeyword(last.Text))
	switch {
	case last.Is("*"):
		return Item{Tokens: tokens, Outer: outer}
	case n > 2 && named && tokens[n-2].Is("AS"):
		return Item{Name: last.Name(), Tokens: tokens[:n-2], Outer: outer}
	case n > 1 && named && (tokens[n-2].IsName() && !IsKeyword(tokens[n-2].Text) || tokens[n-2].Is(")") || tokens[n-2].Kind == Number):
		return Item{Name: last.Name(), Tokens: tokens[:n-1], Outer: outer}
	case named && (n == 1 || n == 3 && tokens[1].Is(".")):
		return Item{Name: last.Name(), Tokens: tokens, Outer: outer}
	}
	return Item{Name: s.Text[tokens[0].At-s.At : last.End()-s.At], Tokens: tokens, Outer: outer}
}

// Argument returns the tokens of an expression without the window and the filter of
// its last function: OVER (…), FILTER (…).
func Argument(tokens []Token) []Token {
	depth := 0
	for i, t := range tokens {
		if depth == 0 && i > 0 && t.Is("OVER", "FILTER") {
			return tokens[:i]
		}
		depth += step(t)
	}
	return tokens
}
