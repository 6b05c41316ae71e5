package gocell

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// loopCopy is a loop whose variables are new ones in each iteration, as in Go since
// 1.22: the interpreter has one of each for the whole loop.
type loopCopy struct {
	copyBack string // what an iteration does at its end
}

// rangeLoop rewrites a range over an integer or a text into a counting loop, and gives
// every iteration its own variables.
func (l *lowering) rangeLoop(n *ast.RangeStmt) string {
	switch under := l.typeOf(n.X).Underlying().(type) {
	case *types.Signature:
		l.refuse(n, "range over a function is not run by cells; call it with a function that takes the values")
		return l.splice(n)
	case *types.Basic:
		if under.Info()&types.IsInteger != 0 {
			return l.rangeInt(n)
		}
		return l.rangeText(n)
	case *types.Pointer:
		return l.rangeArray(n, under.Elem().Underlying().(*types.Array).Len())
	}
	head, places, temps := "for ", []string{}, []string{}
	for _, e := range []ast.Expr{n.Key, n.Value} {
		if e == nil {
			continue
		}
		if id, ok := e.(*ast.Ident); ok && id.Name == "_" {
			head += "_, "
			continue
		}
		temp := l.temp()
		head, places, temps = head+temp+", ", append(places, l.out(e)), append(temps, temp)
	}
	if len(places) == 0 {
		return "for range " + l.out(n.X) + " " + l.out(n.Body)
	}
	return strings.TrimSuffix(head, ", ") + " := range " + l.gap(n.For, n.X) + l.out(n.X) + l.gapBlock(n.X, n.Body) +
		l.block(n.Body, l.iteration(n, places, temps))
}

// iteration sets the variables of one iteration.
func (l *lowering) iteration(n *ast.RangeStmt, places, values []string) string {
	if len(places) == 0 {
		return ""
	}
	set := strings.Join(places, ", ") + " " + n.Tok.String() + " " + strings.Join(values, ", ") + "; "
	if n.Tok == token.DEFINE {
		return set + use(places)
	}
	for _, e := range []ast.Expr{n.Key, n.Value} {
		if e != nil && (types.IsInterface(l.typeOf(e)) || l.hasCall(e)) {
			l.refuse(e, "range into an interface or the result of a call is not run by cells; use := and assign in the loop")
		}
	}
	return set
}

// rangeText goes through a text by its bytes: the interpreter loses their places after
// one that is no UTF-8.
func (l *lowering) rangeText(n *ast.RangeStmt) string {
	text, at, value, width := l.temp(), l.temp(), l.temp(), l.temp()
	var places, values []string
	for i, e := range []ast.Expr{n.Key, n.Value} {
		if id, ok := e.(*ast.Ident); e == nil || ok && id.Name == "_" {
			continue
		}
		places, values = append(places, l.out(e)), append(values, []string{at, value}[i])
	}
	return "for " + text + ", " + at + " := string(" + l.out(n.X) + "), 0; " + at + " < len(" + text + "); { " + l.gap(n.For, n.Body) +
		value + ", " + width + " := " + l.host("Rune") + "(" + text + ", " + at + "); _ = " + value + "; " +
		l.iteration(n, places, values) + at + " += " + width + "; " + strings.TrimPrefix(l.out(n.Body), "{")
}

// rangeArray goes through the array that a pointer points to.
func (l *lowering) rangeArray(n *ast.RangeStmt, length int64) string {
	array, at := l.temp(), l.temp()
	var places, values []string
	for i, e := range []ast.Expr{n.Key, n.Value} {
		if id, ok := e.(*ast.Ident); e == nil || ok && id.Name == "_" {
			continue
		}
		places, values = append(places, l.out(e)), append(values, []string{at, array + "[" + at + "]"}[i])
	}
	return "for " + array + ", " + at + " := " + l.out(n.X) + ", 0; " + at + " < " + strconv.FormatInt(length, 10) + "; " + at + "++ { " +
		l.gap(n.For, n.Body) + "_ = " + array + "; " + l.iteration(n, places, values) + strings.TrimPrefix(l.out(n.Body), "{")
}

// use keeps variables from being called unused.
func use(names []string) string {
	return strings.TrimSuffix(strings.Repeat("_, ", len(names)), ", ") + " = " + strings.Join(names, ", ") + ";"
}

// gap and gapBlock keep the lines between parts.
func (l *lowering) gap(from token.Pos, to ast.Node) string {
	return strings.Repeat("\n", strings.Count(l.source(from, to.Pos()), "\n"))
}

func (l *lowering) gapBlock(from, to ast.Node) string { return " " + l.gap(from.End(), to) }

// block is a block with text put before its first statement.
func (l *lowering) block(b *ast.BlockStmt, first string) string {
	return "{ " + first + strings.TrimPrefix(l.out(b), "{")
}

func (l *lowering) rangeInt(n *ast.RangeStmt) string {
	counter, limit := l.temp(), l.temp()
	t := l.typeOf(n.X)
	first := ""
	if n.Key != nil {
		if id, ok := n.Key.(*ast.Ident); !ok || id.Name != "_" {
			t = l.typeOf(n.Key)
			first = l.out(n.Key) + " " + n.Tok.String() + " " + counter + ";"
			if n.Tok == token.DEFINE {
				first += use([]string{l.out(n.Key)})
			}
		}
	}
	of := l.typeText(t)
	return "for " + counter + ", " + limit + " := " + of + "(0), " + of + "(" + l.out(n.X) + "); " + counter + " < " + limit + "; " +
		counter + "++ " + l.gap(n.For, n.Body) + l.block(n.Body, first)
}

// forLoop gives each iteration its own variables where it matters: where a function
// or a pointer may hold them.
func (l *lowering) forLoop(n *ast.ForStmt) string {
	init, ok := n.Init.(*ast.AssignStmt)
	l.header[n.Init], l.header[n.Post] = true, true
	if !ok || init.Tok != token.DEFINE || !l.loopEscapes(n, init) {
		return l.splice(n)
	}
	var names, outer []string
	for _, e := range init.Lhs {
		if id := e.(*ast.Ident); id.Name != "_" {
			names, outer = append(names, l.out(id)), append(outer, l.temp())
		}
	}
	left, right := strings.Join(names, ", "), strings.Join(outer, ", ")
	began := l.temp()
	l.header[n.Init], l.header[n.Post] = false, false
	c := &loopCopy{copyBack: right + " = " + left + ";"}
	l.loops[n] = c
	head := "{ " + l.out(init) + "; " + right + " := " + left + "; " + began + " := false; " + l.label[n] +
		"for { " + left + " := " + right + "; " + use(names)
	if n.Post != nil {
		head += " if " + began + " { " + l.out(n.Post) + " }; "
	}
	head += began + " = true; "
	if n.Cond != nil {
		head += "if !(" + l.out(n.Cond) + ") { break }; "
	}
	return head + l.gap(n.For, n.Body) + l.out(n.Body) + "; " + c.copyBack + " } }"
}

// loopEscapes reports whether a function literal or an address in the loop may keep
// its variables.
func (l *lowering) loopEscapes(n *ast.ForStmt, init *ast.AssignStmt) bool {
	vars := map[types.Object]bool{}
	for _, e := range init.Lhs {
		if id, ok := e.(*ast.Ident); ok {
			vars[l.objectOf(id)] = true
		}
	}
	return l.escapes(n, vars)
}

// escapes reports whether a function literal or an address may keep one of the
// variables.
func (l *lowering) escapes(n ast.Node, vars map[types.Object]bool) bool {
	found := false
	mentions := func(n ast.Node) {
		ast.Inspect(n, func(c ast.Node) bool {
			id, ok := c.(*ast.Ident)
			found = found || ok && vars[l.objectOf(id)]
			return true
		})
	}
	ast.Inspect(n, func(c ast.Node) bool {
		switch c := c.(type) {
		case *ast.FuncLit:
			mentions(c)
		case *ast.UnaryExpr:
			if c.Op == token.AND {
				mentions(c.X)
			}
		case *ast.SliceExpr: // of an array
			mentions(c.X)
		case *ast.SelectorExpr: // a method with a pointer receiver takes the address
			if s := l.info.Selections[c]; s != nil && s.Kind() == types.MethodVal {
				mentions(c.X)
			}
		}
		return true
	})
	return found
}

// labeled moves the label of a loop that is copied in front of its rewritten form.
func (l *lowering) labeled(n *ast.LabeledStmt) string {
	if f, ok := n.Stmt.(*ast.ForStmt); ok {
		if init, ok := f.Init.(*ast.AssignStmt); ok && init.Tok == token.DEFINE && l.loopEscapes(f, init) {
			l.label[f] = l.out(n.Label) + ": "
			return l.gap(n.Pos(), n.Stmt) + l.out(f)
		}
	}
	if s, ok := n.Stmt.(*ast.SwitchStmt); ok && l.choosesFirst(s) {
		l.label[s] = l.out(n.Label) + ": "
		return l.gap(n.Pos(), n.Stmt) + l.out(s)
	}
	return l.out(n.Label) + ":" + l.gap(n.Pos(), n.Stmt) + " " + l.out(n.Stmt)
}

// branch makes a continue of a loop with copied variables keep their values.
func (l *lowering) branch(n *ast.BranchStmt) string {
	if n.Tok == token.GOTO {
		l.refuse(n, "goto is not run by cells; use a loop")
	}
	if n.Tok != token.CONTINUE {
		return l.splice(n)
	}
	if c := l.loops[l.target(n)]; c != nil {
		return "{ " + c.copyBack + " " + l.splice(n) + " }"
	}
	return l.splice(n)
}

// target is the loop that a continue goes on with.
func (l *lowering) target(n *ast.BranchStmt) ast.Node {
	var found ast.Node
	label := ""
	for _, file := range []*ast.File{l.decls, l.unit.body} {
		ast.Inspect(file, func(c ast.Node) bool {
			if c == nil || n.Pos() < c.Pos() || n.Pos() >= c.End() || l.fset.File(c.Pos()) != l.fset.File(n.Pos()) {
				return false
			}
			switch c := c.(type) {
			case *ast.LabeledStmt:
				label = c.Label.Name
				return true
			case *ast.ForStmt, *ast.RangeStmt:
				if n.Label == nil || n.Label.Name == label {
					found = c
				}
			}
			if _, ok := c.(*ast.LabeledStmt); !ok {
				label = ""
			}
			return true
		})
	}
	return found
}
